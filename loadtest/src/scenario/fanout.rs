//! Agents on live sockets: from the webhook to the event in every browser, and what a connection costs.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hdrhistogram::Histogram;
use loadtest::clock::{pause, unix_millis};
use loadtest::payload::Line;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::agent::{Door, Live};
use crate::api::Api;
use crate::cli::{Fanout, Listeners, Server};
use crate::connection::Target;
use crate::error::LoadError;
use crate::process::{cpu_time, resident_kib};
use crate::report::{Report, histogram, micros, millis, per_second, progress, rounded};
use crate::traffic::{Message, Pace, Shape, messages, post_all};

/// Connections that are opened at the same time.
const OPENING: usize = 128;
/// Histograms that share the readers, so that ten thousand of them need no histogram each.
const SHARDS: usize = 8;
/// The run is over when nothing has come for so long.
const QUIET: Duration = Duration::from_secs(3);
const PUBLISHERS: usize = 8;
/// How long webhooks are published to nobody first.
const ALONE_SECONDS: u64 = 5;

/// The server under test, and how to reach it.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) target: Target,
    pub(crate) door: Door,
    pub(crate) secret: String,
    pub(crate) line: Line,
    pub(crate) pid: Option<u32>,
}

impl Stage {
    /// Signed in, with the cookie and the exact Origin.
    pub(crate) async fn of(server: &Server, pid: Option<u32>) -> Result<(Self, Api), LoadError> {
        let (Some(email), Some(password)) = (&server.email, &server.password) else {
            return Err(LoadError::refused("agents sign in: --email and --password (or JETTO_LOAD_PASSWORD)"));
        };
        let api = Api::sign_in(&server.url, email, password).await?;
        let target = Target::parse(&server.url).await?;
        let door = Door {
            address: target.address,
            path: "/api/v1/live".into(),
            origin: api.url().into(),
            session: Some(api.session().clone()),
        };
        Ok((Self { target, door, secret: server.secret.clone(), line: server.line(), pid }, api))
    }

    pub(crate) fn traffic(&self, listeners: &Listeners) -> Vec<Message> {
        messages(&self.shape(listeners.rate, listeners.duration, listeners.customers), &self.target, &self.secret)
    }

    /// `rate` messages per second for `duration` seconds, unlike those of any run before.
    pub(crate) fn shape(&self, rate: u32, duration: u64, customers: usize) -> Shape {
        let (now_ms, wanted) = (unix_millis(), u64::from(rate.max(1)) * duration);
        Shape {
            line: self.line.clone(),
            customers,
            messages: usize::try_from(wanted).unwrap_or(0),
            text_bytes: 0,
            run: now_ms,
            at_s: now_ms / 1_000,
        }
    }
}

pub(crate) async fn run(options: Fanout) -> Result<bool, LoadError> {
    let (stage, _) = Stage::of(&options.server, options.pid).await?;
    let report = measure("fanout", &options.listeners, &stage).await?;
    report.print()?;
    Ok(report.number("missing").is_some_and(|missing| missing < 0.5))
}

/// When each message left, and how long each delivery took.
pub(crate) struct Board {
    begin: Instant,
    positions: HashMap<String, usize>,
    left_us: Vec<AtomicU64>,
    pub(crate) delivered: AtomicU64,
    shards: Vec<Mutex<Histogram<u64>>>,
}

impl Board {
    pub(crate) fn new(messages: &[Message]) -> Result<Self, LoadError> {
        // Jetto shows them masked, the bare server as they are.
        let names = |(index, one): (usize, &Message)| {
            let wamid = one.wamid.as_str();
            [(wamid.to_owned(), index), (engine::mask::wamid(wamid), index)]
        };
        let positions = messages.iter().enumerate().flat_map(names).collect();
        let shards: Result<Vec<_>, LoadError> = (0..SHARDS).map(|_| histogram().map(Mutex::new)).collect();
        Ok(Self {
            begin: Instant::now(),
            positions,
            left_us: messages.iter().map(|_| AtomicU64::new(0)).collect(),
            delivered: AtomicU64::new(0),
            shards: shards?,
        })
    }

    pub(crate) fn note_left(&self, index: usize) {
        if let Some(place) = self.left_us.get(index) {
            place.store(micros(self.begin.elapsed()), Ordering::Relaxed);
        }
    }

    /// Only the first event of a message counts: later ones are its ticks.
    fn note_event(&self, frame: &[u8], reader: usize) {
        let now_us = micros(self.begin.elapsed());
        let Some(index) = wamid_in(frame).and_then(|wamid| self.positions.get(wamid)) else { return };
        let Some(left) = self.left_us.get(*index) else { return };
        self.delivered.fetch_add(1, Ordering::Relaxed);
        if let Some(shard) = self.shards.get(reader % SHARDS) {
            let latency = now_us.saturating_sub(left.load(Ordering::Relaxed)).max(1);
            shard.lock().unwrap_or_else(PoisonError::into_inner).saturating_record(latency);
        }
    }
}

/// The first wamid in a `message_added` frame, without parsing the whole of it a thousand times.
fn wamid_in(frame: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(frame).ok()?;
    if !text.contains("\"message_added\"") {
        return None;
    }
    let start = text.find("\"wamid.")? + 1;
    text.get(start..)?.split('"').next()
}

/// What the server needs for a webhook when nobody listens: the share of a delivery's cost that is not the delivery.
async fn cpu_per_publish(listeners: &Listeners, stage: &Stage) -> Result<Option<Duration>, LoadError> {
    let Some(before) = stage.pid.and_then(cpu_time) else { return Ok(None) };
    let shape = stage.shape(listeners.rate, ALONE_SECONDS, listeners.customers);
    let made = Arc::new(messages(&shape, &stage.target, &stage.secret));
    let count = u32::try_from(made.len().max(1)).unwrap_or(u32::MAX);
    let pace = Pace { connections: PUBLISHERS, rate: listeners.rate, longest: Duration::from_mins(1) };
    post_all(made, &stage.target, pace, Arc::new(|_| {})).await?;
    // What was accepted last is still being processed.
    pause(Duration::from_secs(1)).await;
    Ok(stage.pid.and_then(cpu_time).map(|after| after.saturating_sub(before) / count))
}

pub(crate) async fn measure(name: &str, listeners: &Listeners, stage: &Stage) -> Result<Report, LoadError> {
    let alone = cpu_per_publish(listeners, stage).await?;
    let made = Arc::new(stage.traffic(listeners));
    let board = Arc::new(Board::new(&made)?);
    let before_kib = stage.pid.and_then(resident_kib);
    let opened = Instant::now();
    let lives = open_all(&stage.door, listeners.connections).await?;
    let connect_time = opened.elapsed();
    pause(Duration::from_secs(1)).await;
    let idle_kib = stage.pid.and_then(resident_kib);
    let mut readers = JoinSet::new();
    for (reader, live) in lives.into_iter().enumerate() {
        readers.spawn(read(live, reader, Arc::clone(&board)));
    }
    progress(&format!("{} sockets listen; publishing {} webhooks", listeners.connections, made.len()));
    let cpu_before = stage.pid.and_then(cpu_time);
    let published = Instant::now();
    let pace = Pace { connections: PUBLISHERS, rate: listeners.rate, longest: Duration::from_mins(10) };
    let noting = Arc::clone(&board);
    let posted =
        post_all(Arc::clone(&made), &stage.target, pace, Arc::new(move |index| noting.note_left(index))).await?;
    let wanted = u64::try_from(made.len() * listeners.connections).unwrap_or(u64::MAX);
    let elapsed = wait_for(&board, wanted, published).await;
    let cpu = stage.pid.and_then(cpu_time).zip(cpu_before).map(|(after, before)| after.saturating_sub(before));
    readers.shutdown().await;
    let delivered = board.delivered.load(Ordering::Relaxed);
    let mut report = Report::new(name);
    report.add("connections", listeners.connections);
    report.rate("connects_per_s", u64::try_from(listeners.connections).unwrap_or(0), connect_time);
    report.add("published", made.len());
    report.rate("published_per_s", u64::try_from(made.len()).unwrap_or(0), posted.elapsed);
    report.add("delivered", delivered);
    report.add("missing", wanted.saturating_sub(delivered));
    report.rate("deliveries_per_s", delivered, elapsed);
    let mut latencies = histogram()?;
    for shard in &board.shards {
        let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        latencies.add(&*shard).map_err(|error| LoadError::refused(error.to_string()))?;
    }
    report.latencies("publish_to_receive_", &latencies);
    report.latencies("ack_", &posted.latencies);
    if let (Some(before), Some(idle)) = (before_kib, idle_kib) {
        let per_connection =
            per_second(idle.saturating_sub(before), Duration::from_secs(1)) / as_f64(listeners.connections);
        report.add("server_kib_before", before);
        report.add("server_kib_per_idle_connection", rounded(per_connection, 2));
    }
    if let Some(cpu) = cpu {
        report.add("server_cpu_ms", millis(micros(cpu)));
        report.add("server_cpu_us_per_delivery", rounded(1_000_000.0 / per_second(delivered.max(1), cpu), 2));
        if let Some(alone) = alone {
            let publishing = alone * u32::try_from(made.len()).unwrap_or(u32::MAX);
            let delivering = cpu.saturating_sub(publishing).max(Duration::from_micros(1));
            report.add("server_cpu_us_per_webhook_alone", micros(alone));
            let rest = rounded(1_000_000.0 / per_second(delivered.max(1), delivering), 2);
            report.add("server_cpu_us_per_delivery_without_webhook", rest);
        }
    }
    Ok(report)
}

fn as_f64(count: usize) -> f64 {
    f64::from(u32::try_from(count.max(1)).unwrap_or(u32::MAX))
}

pub(crate) async fn open_all(door: &Door, count: usize) -> Result<Vec<Live>, LoadError> {
    let mut opening: JoinSet<Result<Live, LoadError>> = JoinSet::new();
    let mut lives = Vec::with_capacity(count);
    for index in 0..count {
        if opening.len() >= OPENING
            && let Some(live) = opening.join_next().await
        {
            lives.push(live.map_err(|error| LoadError::refused(error.to_string()))??);
        }
        let door = door.clone();
        opening.spawn(async move { Live::open(&door, None, index).await });
    }
    while let Some(live) = opening.join_next().await {
        lives.push(live.map_err(|error| LoadError::refused(error.to_string()))??);
    }
    Ok(lives)
}

pub(crate) async fn read(mut live: Live, reader: usize, board: Arc<Board>) {
    while let Some(frame) = live.next().await {
        board.note_event(&frame, reader);
    }
}

/// Until all has come, or nothing more comes; answers the time up to the last delivery.
pub(crate) async fn wait_for(board: &Board, wanted: u64, published: Instant) -> Duration {
    let (mut seen, mut last) = (0, Instant::now());
    loop {
        let delivered = board.delivered.load(Ordering::Relaxed);
        if delivered > seen {
            (seen, last) = (delivered, Instant::now());
        }
        if delivered >= wanted || last.elapsed() > QUIET {
            return last.duration_since(published);
        }
        pause(Duration::from_millis(5)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wamid_is_found_only_in_an_added_message() {
        assert_eq!(wamid_in(br#"{"type":"message_added","message":{"wamid":"wamid.AB="}}"#), Some("wamid.AB="));
        assert_eq!(wamid_in(br#"{"type":"message_changed","message":{"wamid":"wamid.AB="}}"#), None);
    }
}
