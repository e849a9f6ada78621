//! An agent who never goes away: reconnects with `after=n` whenever the socket ends, and counts what was missed or came twice.

use std::time::Duration;

use loadtest::clock::pause;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Bytes;

use crate::agent::{Door, Frame, Live, Sequence};

const RECONNECT_AFTER: Duration = Duration::from_millis(20);
/// The server is heard every 5 s; one that is silent for longer has gone, whatever the connection says.
const SILENCE_MAX: Duration = Duration::from_secs(12);

/// What the followers are told while they run.
#[derive(Clone, Debug)]
pub(crate) struct Orders {
    /// A new number means: drop the socket and come back.
    pub(crate) cut: watch::Receiver<u32>,
    /// The last event that must be seen; set when nothing more will come.
    pub(crate) goal: watch::Receiver<Option<u64>>,
    pub(crate) deadline: Instant,
}

#[derive(Debug, Default)]
pub(crate) struct Followed {
    pub(crate) sequence: Sequence,
    /// From each cut to having everything that the server had at the reconnect.
    pub(crate) catch_ups: Vec<Duration>,
    pub(crate) connects: u32,
    /// The server asked to load everything anew, a gap for who wants every event: what it was asked for, and its head. A head
    /// below what was seen means that an event was shown before it was durable.
    pub(crate) resyncs: Vec<(Option<u64>, Option<u64>)>,
    pub(crate) is_complete: bool,
}

/// Follows from `after` (from now on, if none) until the goal or the deadline: by one door, and after each end by the next.
pub(crate) async fn follow(
    doors: Vec<Door>,
    index: usize,
    after: Option<u64>,
    mut orders: Orders,
    mut on_event: impl FnMut(&Bytes) + Send,
) -> Followed {
    let mut followed = Followed { sequence: after.map(Sequence::after).unwrap_or_default(), ..Followed::default() };
    let mut cut_at: Option<Instant> = None;
    for door in doors.iter().cycle().skip(index % doors.len().max(1)) {
        if Instant::now() >= orders.deadline {
            break;
        }
        let opened = tokio::time::timeout(SILENCE_MAX, Live::open(door, followed.sequence.last, index)).await;
        let Ok(Ok(mut live)) = opened else {
            pause(RECONNECT_AFTER).await;
            continue;
        };
        followed.connects += 1;
        orders.cut.mark_unchanged();
        let mut wanted = None;
        loop {
            if orders.goal.borrow().is_some_and(|goal| followed.sequence.last >= Some(goal)) {
                followed.is_complete = true;
                return followed;
            }
            let frame = tokio::select! {
                frame = tokio::time::timeout(SILENCE_MAX, live.next()) => frame.ok().flatten(),
                _ = orders.cut.changed() => { cut_at = Some(Instant::now()); None }
                _ = orders.goal.changed() => continue,
                () = tokio::time::sleep_until(orders.deadline) => None,
            };
            let Some(bytes) = frame else { break };
            wanted = wanted.or(note(&mut followed, &bytes, &mut on_event));
            if let (Some(at), Some(head)) = (cut_at, wanted)
                && followed.sequence.last >= Some(head)
            {
                followed.catch_ups.push(at.elapsed());
                cut_at = None;
            }
        }
        if orders.goal.has_changed().is_err() {
            pause(RECONNECT_AFTER).await;
        }
    }
    followed
}

/// Answers the head that a hello names.
fn note(followed: &mut Followed, bytes: &Bytes, on_event: &mut impl FnMut(&Bytes)) -> Option<u64> {
    let frame: Frame = serde_json::from_slice(bytes).ok()?;
    match (frame.kind.as_str(), frame.n) {
        ("hello", _) => {
            if followed.sequence.last.is_none() {
                followed.sequence.last = frame.head;
            }
            return frame.head;
        }
        ("resync", _) => followed.resyncs.push((followed.sequence.last, frame.head)),
        (_, Some(n)) => {
            followed.sequence.note(n);
            on_event(bytes);
        }
        (_, None) => {}
    }
    None
}
