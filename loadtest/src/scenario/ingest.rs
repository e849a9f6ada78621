//! How many webhooks per second are answered, durable and processed; and whether one is lost or doubled.

use std::sync::Arc;
use std::time::Duration;

use engine::mask;
use loadtest::clock::{pause, unix_millis};
use serde_json::Value;
use tokio::time::Instant;

use crate::api::{Api, count_wamids};
use crate::cli::{Ingest, Load};
use crate::connection::Target;
use crate::error::LoadError;
use crate::report::{Report, progress};
use crate::traffic::{Message, Pace, Posted, Shape, messages, post_all};
use loadtest::payload::Line;

/// How often it is looked whether all is processed.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub(crate) async fn run(options: Ingest) -> Result<bool, LoadError> {
    let Ingest { server, load, settle } = options;
    let target = Target::parse(&server.url).await?;
    let api = match (&server.email, &server.password) {
        (Some(email), Some(password)) => Some(Api::sign_in(&server.url, email, password).await?),
        (Some(_) | None, None) | (None, Some(_)) => None,
    };
    let made = Arc::new(prepare(&load, &server.line(), &target, &server.secret));
    let mut report = Report::new("ingest");
    let Some(api) = api else {
        describe(&mut report, &load, &post(&made, &target, &load).await?);
        report.add("checked", "no: needs --email and --password");
        report.print()?;
        return Ok(true);
    };
    let Taken { posted, processed_in } = take_in(&api, &made, &target, &load, Duration::from_secs(settle)).await?;
    let ReadBack { lost, doubled } = read_back(&api, &made, &posted).await?;
    describe(&mut report, &load, &posted);
    let accepted = u64::try_from(posted.accepted.len()).unwrap_or(0);
    report.rate("processed_per_s", accepted, processed_in.unwrap_or(posted.elapsed + Duration::from_secs(settle)));
    report.add("all_processed", processed_in.is_some());
    report.add("lost", lost);
    report.add("doubled", doubled);
    report.print()?;
    Ok(processed_in.is_some() && lost == 0 && doubled == 0)
}

/// What became of what was posted.
pub(crate) struct Taken {
    pub(crate) posted: Posted,
    /// From the first post to the last message in its conversation; `None`: some waited for too long.
    pub(crate) processed_in: Option<Duration>,
}

/// Messages that were answered with 200 and are not in the history, or more than once.
pub(crate) struct ReadBack {
    pub(crate) lost: usize,
    pub(crate) doubled: usize,
}

/// Posts, and waits at most `settle` after it until all is processed.
pub(crate) async fn take_in(
    api: &Api,
    made: &Arc<Vec<Message>>,
    target: &Target,
    load: &Load,
    settle: Duration,
) -> Result<Taken, LoadError> {
    let before = finished(&api.get("webhook-log/summary").await?);
    let begin = Instant::now();
    let posted = post(made, target, load).await?;
    let wanted = before + u64::try_from(posted.accepted.len()).unwrap_or(0);
    let is_processed = wait_until_processed(api, wanted, settle).await?;
    let processed_in = is_processed.then(|| begin.elapsed());
    Ok(Taken { posted, processed_in })
}

pub(crate) fn prepare(load: &Load, line: &Line, target: &Target, secret: &str) -> Vec<Message> {
    let now_ms = unix_millis();
    let shape = Shape {
        line: line.clone(),
        customers: load.customers,
        text_bytes: 0,
        messages: load.messages,
        run: now_ms,
        at_s: now_ms / 1_000,
    };
    progress(&format!("making {} signed webhooks", load.messages));
    messages(&shape, target, secret)
}

pub(crate) async fn post(made: &Arc<Vec<Message>>, target: &Target, load: &Load) -> Result<Posted, LoadError> {
    let pace = Pace { connections: load.connections, rate: load.rate, longest: Duration::from_secs(load.duration) };
    post_all(Arc::clone(made), target, pace, Arc::new(|_| {})).await
}

pub(crate) fn describe(report: &mut Report, load: &Load, posted: &Posted) {
    let accepted = u64::try_from(posted.accepted.len()).unwrap_or(0);
    report.add("connections", load.connections);
    report.add("rate_wanted", if load.rate == 0 { Value::from("max") } else { Value::from(load.rate) });
    report.add("accepted", accepted);
    report.add("refused_first", posted.refused);
    report.rate("accepted_per_s", accepted, posted.elapsed);
    report.latencies("ack_", &posted.latencies);
}

pub(crate) fn finished(summary: &Value) -> u64 {
    let count = |key: &str| summary.get(key).and_then(Value::as_u64).unwrap_or(0);
    count("processed") + count("duplicate") + count("quarantined")
}

pub(crate) async fn wait_until_processed(api: &Api, wanted: u64, longest: Duration) -> Result<bool, LoadError> {
    let deadline = Instant::now() + longest;
    while Instant::now() < deadline {
        let asked = Instant::now();
        if finished(&api.get("webhook-log/summary").await?) >= wanted {
            return Ok(true);
        }
        // Where counting takes long, looking must not be what the server does most.
        pause(LOOK_EVERY.max(10 * asked.elapsed())).await;
    }
    Ok(false)
}

/// Reads every conversation whole.
pub(crate) async fn read_back(api: &Api, made: &[Message], posted: &Posted) -> Result<ReadBack, LoadError> {
    let history = api.history().await?;
    let counts = count_wamids(&history);
    let of = |index: &usize| {
        made.get(*index).and_then(|message| counts.get(mask::wamid(message.wamid.as_str()).as_str())).copied()
    };
    let lost = posted.accepted.iter().filter(|index| of(index).is_none()).count();
    let doubled = posted.accepted.iter().filter(|index| of(index).is_some_and(|count| count > 1)).count();
    Ok(ReadBack { lost, doubled })
}
