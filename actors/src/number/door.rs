//! The last thing before a message leaves, in two steps. Before its claim, a broadcast's message waits for its turn: what a process that
//! dies has claimed is in doubt, so few may wait behind their claims. There it waits for room only: a slow commit claims many at once, and
//! what is held up on its way arrives together with those after it, and neither may make a second too full.

use std::collections::{BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::outgoing::Lane;
use tokio::time::Instant;

/// What Meta counts its limit over.
const WINDOW: Duration = Duration::from_secs(1);
/// A message may leave this much before its time, so that timers that are late lose nothing …
const EARLY_MAX: Duration = Duration::from_millis(4);
/// … and the gap between messages is longer by as much over a second. Shorter than between two turns: what has piled up here drains.
const LONGER: Duration = Duration::from_millis(5);
/// Between two looks whether somebody who was held up has arrived.
const LOOK: Duration = Duration::from_millis(2);
/// An answer after so many times the usual time was held up.
const UNUSUAL: u32 = 2;
/// How long what has arrived counts: clocks tell milliseconds, and a full machine tells them late.
const COUNTS_FOR: Duration = Duration::from_millis(1_002);
/// What has no answer after this time counts no more: it is there, or lost.
const ARRIVES_WITHIN: Duration = Duration::from_secs(2);
/// Of a new answer in the usual time: one part of so many.
const SHARE: u32 = 16;
/// What is usual is never less: from nothing it would not grow again.
const USUAL_MIN: Duration = Duration::from_millis(1);

/// Of one number.
pub(super) struct Door {
    /// Broadcasts stand here one behind the other, before their claims …
    queue: tokio::sync::Mutex<()>,
    /// … and behind them; replies do not.
    exit: tokio::sync::Mutex<()>,
    beyond: Mutex<Beyond>,
}

/// What has left, and when the next is let in.
struct Beyond {
    next: Instant,
    /// Are claimed, and wait for room.
    held: usize,
    /// When each arrived, as far as its answer tells, in about that order.
    arrived: VecDeque<Instant>,
    /// Without an answer, by when they left; told apart by their number.
    under_way: BTreeSet<(Instant, u64)>,
    passed: u64,
    /// From leaving to the answer.
    usual: Duration,
}

/// Of a message that may be claimed.
pub(super) struct Turn<'a> {
    door: &'a Door,
    lane: Lane,
    per_second: u32,
}

/// Of a message that has left, until its answer.
pub(super) struct Passed<'a> {
    door: &'a Door,
    at: Instant,
    no: u64,
}

impl Door {
    pub(super) fn new() -> Self {
        let beyond = Beyond {
            next: Instant::now(),
            held: 0,
            arrived: VecDeque::new(),
            under_way: BTreeSet::new(),
            passed: 0,
            usual: Duration::ZERO,
        };
        Self { queue: tokio::sync::Mutex::default(), exit: tokio::sync::Mutex::default(), beyond: Mutex::new(beyond) }
    }

    fn beyond(&self) -> MutexGuard<'_, Beyond> {
        self.beyond.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for its time; a reply does not. `per_second`: what Meta allows the number.
    pub(super) async fn turn(&self, lane: Lane, per_second: u32) -> Turn<'_> {
        let _place = match lane {
            Lane::Reply => None,
            Lane::Broadcast => Some(self.queue.lock().await),
        };
        loop {
            let let_in = self.beyond().let_in(Instant::now(), lane, per_second);
            match let_in {
                Ok(()) => return Turn { door: self, lane, per_second },
                Err(again) => tokio::time::sleep_until(again).await,
            }
        }
    }
}

impl<'a> Turn<'a> {
    /// Waits until there is room.
    pub(super) async fn pass(self) -> Passed<'a> {
        let door = self.door;
        let _held = Held::at(door);
        let _place = match self.lane {
            Lane::Reply => None,
            Lane::Broadcast => Some(door.exit.lock().await),
        };
        loop {
            let now = Instant::now();
            let left = door.beyond().leave(now, self.lane, self.per_second);
            match left {
                Ok(no) => return Passed { door, at: now, no },
                Err(again) => tokio::time::sleep_until(again).await,
            }
        }
    }
}

/// Of a message that is claimed, until it leaves.
struct Held<'a>(&'a Door);

impl<'a> Held<'a> {
    fn at(door: &'a Door) -> Self {
        door.beyond().held += 1;
        Self(door)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.beyond().held -= 1;
    }
}

impl Beyond {
    /// `Err`: not before.
    fn let_in(&mut self, now: Instant, lane: Lane, per_second: u32) -> Result<(), Instant> {
        if lane == Lane::Broadcast {
            if self.next > now + EARLY_MAX {
                return Err(self.next - EARLY_MAX);
            }
            // They go first, and nobody more is claimed meanwhile.
            if self.held > 0 {
                return Err(now + LOOK);
            }
            self.move_on(now, per_second);
        }
        Ok(())
    }

    /// `Err`: not before.
    fn leave(&mut self, now: Instant, lane: Lane, per_second: u32) -> Result<u64, Instant> {
        if self.may_arrive_by(now) >= per_second.max(1) as usize {
            return Err(now + LOOK);
        }
        if lane == Lane::Reply {
            self.move_on(now, per_second);
        }
        self.passed += 1;
        self.under_way.insert((now, self.passed));
        Ok(self.passed)
    }

    /// The next broadcast's turn comes a gap later.
    fn move_on(&mut self, now: Instant, per_second: u32) {
        self.next = self.next.max(now) + (WINDOW + LONGER) / per_second.max(1);
    }

    /// How many arrived in the second that ends now, or may have.
    fn may_arrive_by(&mut self, now: Instant) -> usize {
        while self.arrived.front().is_some_and(|at| now.duration_since(*at) >= COUNTS_FOR) {
            self.arrived.pop_front();
        }
        let unusual = self.usual * UNUSUAL;
        while self.under_way.first().is_some_and(|(at, _)| now.duration_since(*at) >= ARRIVES_WITHIN + unusual) {
            self.under_way.pop_first();
        }
        let may_arrive = |since: Duration| since < COUNTS_FOR || !unusual.is_zero() && since > unusual;
        self.arrived.len() + self.under_way.iter().filter(|(at, _)| may_arrive(now.duration_since(*at))).count()
    }
}

impl Passed<'_> {
    /// Only what was sent tells how long an answer takes: what turned back at the door took no time.
    pub(super) fn answered(self) {
        let mut beyond = self.door.beyond();
        let (took, usual) = (self.at.elapsed(), beyond.usual);
        let learned = if usual.is_zero() { took } else { (usual * (SHARE - 1) + took.min(usual * UNUSUAL)) / SHARE };
        beyond.usual = learned.max(USUAL_MIN);
    }
}

impl Drop for Passed<'_> {
    fn drop(&mut self) {
        let mut beyond = self.door.beyond();
        let (took, usual) = (self.at.elapsed(), beyond.usual);
        if beyond.under_way.remove(&(self.at, self.no)) {
            let held_up = if took > usual * UNUSUAL { took } else { Duration::ZERO };
            beyond.arrived.push_back(self.at + held_up);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use futures_util::stream::FuturesUnordered;
    use futures_util::{FutureExt as _, StreamExt as _};

    use super::*;

    /// When each arrives, in order. `came`: to the door. `claimed`: when one is that had its turn then. `held_up`: when one arrives
    /// that left then.
    async fn arrivals(
        per_second: u32,
        came: impl Fn(u32) -> Duration,
        claimed: impl Fn(Duration) -> Duration,
        held_up: impl Fn(Duration) -> Duration,
    ) -> Vec<Duration> {
        let (door, began, arrived) = (Door::new(), Instant::now(), RefCell::new(Vec::new()));
        let send = async |after: Duration| {
            tokio::time::sleep_until(began + after).await;
            let turn = door.turn(Lane::Broadcast, per_second).await;
            tokio::time::sleep_until(began + claimed(began.elapsed())).await;
            let passed = turn.pass().await;
            let at = held_up(began.elapsed());
            arrived.borrow_mut().push(at);
            tokio::time::sleep_until(began + at).await;
            passed.answered();
        };
        let sending: FuturesUnordered<_> = (0..per_second * 6).map(|n| send(came(n)).boxed_local()).collect();
        sending.collect::<()>().await;
        let mut arrived = arrived.into_inner();
        arrived.sort_unstable();
        arrived
    }

    #[track_caller]
    fn are_as_meta_allows(arrived: &[Duration], per_second: u32) {
        for window in arrived.windows(per_second as usize + 1) {
            let time = window[per_second as usize].saturating_sub(window[0]);
            assert!(time >= WINDOW, "{per_second} and one in {time:?}, from {:?} on", window[0]);
        }
    }

    fn in_time(per_second: u32) -> impl Fn(u32) -> Duration {
        move |n| Duration::from_millis(1_008) * n / per_second
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_slow_commit_claims_at_once_leaves_as_meta_allows() {
        for per_second in [20, 80, 1_000] {
            let slow = Duration::from_secs(1)..Duration::from_millis(1_500);
            let claimed = |at: Duration| if slow.contains(&at) { slow.end } else { at };
            let arrived = arrivals(per_second, in_time(per_second), claimed, |at| at).await;
            are_as_meta_allows(&arrived, per_second);
            let end = arrived[arrived.len() - 1];
            assert!(end < Duration::from_millis(6_600), "{per_second}: {end:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_to_the_door_at_once_is_claimed_one_by_one() {
        let (door, began) = (Door::new(), Instant::now());
        let mut coming: FuturesUnordered<_> = (0..80).map(|_| door.turn(Lane::Broadcast, 80)).collect();
        let mut claimed = 0_u32;
        while let Some(turn) = coming.next().await {
            claimed += 1;
            let due = Duration::from_millis(1_005) * (claimed - 1) / 80;
            assert!(began.elapsed() + EARLY_MAX >= due, "{claimed} after {:?}", began.elapsed());
            drop(turn.pass().await);
        }
        assert_eq!(claimed, 80);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_let_in_while_one_that_is_claimed_waits_for_room() {
        let door = Door::new();
        let first = door.turn(Lane::Broadcast, 20).await;
        let filling: FuturesUnordered<_> = (0..20).map(|_| door.turn(Lane::Reply, 20)).collect();
        let filling: Vec<_> = filling.collect().await;
        for reply in filling {
            drop(reply.pass().await);
        }
        let mut held = std::pin::pin!(first.pass());
        assert!(held.as_mut().now_or_never().is_none(), "the second is full");
        let far = Instant::now() + WINDOW * 3;
        assert!(door.beyond().let_in(far, Lane::Broadcast, 20).is_err());
        drop(held.await);
        assert!(door.beyond().let_in(far, Lane::Broadcast, 20).is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_held_up_on_its_way_does_not_arrive_on_top_of_a_full_second() {
        for per_second in [80, 1_000] {
            // Each takes 5 ms, and who leaves in this fifth of a second arrives at its end.
            let stuck = Duration::from_secs(2)..Duration::from_millis(2_200);
            let held_up = |at: Duration| if stuck.contains(&at) { stuck.end } else { at } + Duration::from_millis(5);
            let arrived = arrivals(per_second, in_time(per_second), |at| at, held_up).await;
            are_as_meta_allows(&arrived, per_second);
            let end = arrived[arrived.len() - 1];
            assert!(end < Duration::from_millis(6_500), "{per_second}: {end:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn slow_answers_cost_no_rate_not_even_after_many_have_turned_back() {
        let door = Door::new();
        let send = async |answer: Duration| {
            let passed = door.turn(Lane::Broadcast, 80).await.pass().await;
            tokio::time::sleep_until(Instant::now() + answer).await;
            passed.answered();
        };
        let slow = Duration::from_millis(200);
        send(slow).await;
        for place in 0..250 {
            let turn = door.turn(Lane::Broadcast, 80).await;
            if place % 2 == 0 {
                drop(turn.pass().await);
            }
        }
        tokio::time::sleep_until(Instant::now() + WINDOW).await;
        let began = Instant::now();
        let sending: FuturesUnordered<_> = (0..800).map(|_| send(slow).boxed_local()).collect();
        sending.collect::<()>().await;
        let took = began.elapsed();
        assert!(took < Duration::from_millis(10_300), "800 messages at 80 a second took {took:?}");
    }
}
