//! Signed inbound text webhooks, made before the clock starts, and the connections that post them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hdrhistogram::Histogram;
use loadtest::payload::wamid::{Direction, wamid};
use loadtest::payload::{Content, Inbound, Line, Phone, Sender, Wamid, webhook, wire};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::connection::{Connection, Target};
use crate::error::LoadError;
use crate::report::{histogram, micros};

/// Meta repeats what was refused; so often at most here.
const ATTEMPTS: u32 = 200;
/// … at first after this, then after twice as long each time, up to a second: a server that says it is pressed gets some rest.
const RETRY_AFTER: Duration = Duration::from_millis(25);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(1);

/// What is posted, and for whom.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) line: Line,
    pub(crate) customers: usize,
    pub(crate) messages: usize,
    /// Bytes of each text; what is said anyway is never cut.
    pub(crate) text_bytes: usize,
    /// Makes wamids and phones of two runs differ.
    pub(crate) run: u64,
    pub(crate) at_s: u64,
}

#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) wamid: Wamid,
    pub(crate) request: Arc<[u8]>,
}

pub(crate) fn messages(shape: &Shape, target: &Target, secret: &str) -> Vec<Message> {
    (0..shape.messages).map(|index| message(shape, index, target, secret)).collect()
}

fn message(shape: &Shape, index: usize, target: &Target, secret: &str) -> Message {
    let customer = index % shape.customers.max(1);
    let phone = Phone::from(format!("1{:03}{customer:07}", 200 + shape.run % 700));
    let unique = (u128::from(shape.run) << 64) | u128::try_from(index).unwrap_or(0);
    let id = wamid(phone.as_str(), Direction::Inbound, unique);
    let sender = Sender {
        name: Some(format!("Customer {customer}")),
        username: None,
        bsuid: Some(format!("US.{:04}{customer:016}", shape.run % 10_000).into()),
        phone: Some(phone),
    };
    let mut body = format!("Message {index}: does it come in another colour, and can I have it by Friday? Olá 👍");
    body.extend(std::iter::repeat_n('.', shape.text_bytes.saturating_sub(body.len())));
    let inbound = Inbound::new(shape.line.clone(), sender, id.clone(), shape.at_s, Content::Text { body });
    let bytes = wire::to_wire(&webhook([&inbound.update()]));
    Message { wamid: id, request: target.request(secret, &bytes).into() }
}

/// When each message is due: all at once, or at a rate.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) connections: usize,
    /// Per second; 0 is as fast as possible.
    pub(crate) rate: u32,
    pub(crate) longest: Duration,
}

#[derive(Debug)]
pub(crate) struct Posted {
    /// From the moment when it was due (or sent) to the 200.
    pub(crate) latencies: Histogram<u64>,
    pub(crate) accepted: Vec<usize>,
    pub(crate) refused: u64,
    pub(crate) elapsed: Duration,
}

/// Posts every message until it is answered with 200; `started` is told each index when it leaves.
pub(crate) async fn post_all(
    messages: Arc<Vec<Message>>,
    target: &Target,
    pace: Pace,
    started: Arc<dyn Fn(usize) + Send + Sync>,
) -> Result<Posted, LoadError> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers = JoinSet::new();
    let begin = Instant::now();
    for _ in 0..pace.connections.max(1) {
        let lane = Lane {
            messages: Arc::clone(&messages),
            next: Arc::clone(&next),
            started: Arc::clone(&started),
            target: target.clone(),
            pace,
            begin,
        };
        workers.spawn(lane.run());
    }
    let mut posted = Posted { latencies: histogram()?, accepted: Vec::new(), refused: 0, elapsed: Duration::ZERO };
    while let Some(done) = workers.join_next().await {
        let done = done.map_err(|error| LoadError::refused(error.to_string()))??;
        posted.latencies.add(&done.latencies).map_err(|error| LoadError::refused(error.to_string()))?;
        posted.accepted.extend(done.accepted);
        posted.refused += done.refused;
    }
    posted.elapsed = begin.elapsed();
    Ok(posted)
}

struct Lane {
    messages: Arc<Vec<Message>>,
    next: Arc<AtomicUsize>,
    started: Arc<dyn Fn(usize) + Send + Sync>,
    target: Target,
    pace: Pace,
    begin: Instant,
}

impl Lane {
    async fn run(self) -> Result<Posted, LoadError> {
        let mut posted = Posted { latencies: histogram()?, accepted: Vec::new(), refused: 0, elapsed: Duration::ZERO };
        let mut connection = Connection::open(&self.target).await?;
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(message) = self.messages.get(index).filter(|_| self.begin.elapsed() < self.pace.longest) else {
                return Ok(posted);
            };
            let due = self.due(index);
            if due > Instant::now() {
                tokio::time::sleep_until(due).await;
            }
            let from = if self.pace.rate == 0 { Instant::now() } else { due };
            (self.started)(index);
            let refusals = self.post(&message.request, &mut connection).await?;
            posted.refused += u64::from(refusals);
            posted.latencies.saturating_record(micros(from.elapsed()));
            posted.accepted.push(index);
        }
    }

    fn due(&self, index: usize) -> Instant {
        let index = u32::try_from(index).unwrap_or(u32::MAX);
        if self.pace.rate == 0 { self.begin } else { self.begin + Duration::from_secs(1) * index / self.pace.rate }
    }

    /// Answers how often it was refused before the 200.
    async fn post(&self, request: &[u8], connection: &mut Connection) -> Result<u32, LoadError> {
        let mut wait = RETRY_AFTER;
        for attempt in 0..ATTEMPTS {
            match connection.post(request).await {
                Ok(200) => return Ok(attempt),
                Ok(status @ (400 | 401 | 403 | 404 | 413)) => {
                    return Err(LoadError::refused(format!("the webhook was answered with {status}")));
                }
                Ok(_) => {}
                Err(_) => *connection = Connection::open(&self.target).await?,
            }
            loadtest::clock::pause(wait).await;
            wait = (2 * wait).min(RETRY_AFTER_MAX);
        }
        Err(LoadError::refused(format!("a webhook was refused {ATTEMPTS} times")))
    }
}
