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

pub(crate) async fn run(options: Ingest) -> Result<bool, LoadError> {
    let Ingest { server, load, settle } = options;
    let target = Target::parse(&server.url).await?;
    let api = match (&server.email, &server.password) {
        (Some(email), Some(password)) => Some(Api::sign_in(&server.url, email, password).await?),
        (Some(_) | None, None) | (None, Some(_)) => None,
    };
    let made = Arc::new(prepare(&load, &server.line(), &target, &server.secret));
    let before = match &api {
        Some(api) => finished(&api.get("webhook-log/summary").await?),
        None => 0,
    };
    let begin = Instant::now();
    let posted = post(&made, &target, &load).await?;
    let mut report = Report::new("ingest");
    describe(&mut report, &load, &posted);
    let Some(api) = api else {
        report.add("checked", "no: needs --email and --password");
        report.print()?;
        return Ok(true);
    };
    let wanted = before + u64::try_from(posted.accepted.len()).unwrap_or(0);
    let is_processed = wait_until_processed(&api, wanted, Duration::from_secs(settle)).await?;
    report.rate("processed_per_s", u64::try_from(posted.accepted.len()).unwrap_or(0), begin.elapsed());
    report.add("all_processed", is_processed);
    let (lost, doubled) = compare(&api, &made, &posted).await?;
    report.add("lost", lost);
    report.add("doubled", doubled);
    report.print()?;
    Ok(is_processed && lost == 0 && doubled == 0)
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

fn finished(summary: &Value) -> u64 {
    let count = |key: &str| summary.get(key).and_then(Value::as_u64).unwrap_or(0);
    count("processed") + count("duplicate") + count("quarantined")
}

async fn wait_until_processed(api: &Api, wanted: u64, longest: Duration) -> Result<bool, LoadError> {
    let deadline = Instant::now() + longest;
    while Instant::now() < deadline {
        if finished(&api.get("webhook-log/summary").await?) >= wanted {
            return Ok(true);
        }
        pause(Duration::from_millis(20)).await;
    }
    Ok(false)
}

async fn compare(api: &Api, made: &[Message], posted: &Posted) -> Result<(usize, usize), LoadError> {
    let history = api.history().await?;
    let counts = count_wamids(&history);
    let of = |index: &usize| {
        made.get(*index).and_then(|message| counts.get(mask::wamid(message.wamid.as_str()).as_str())).copied()
    };
    let lost = posted.accepted.iter().filter(|index| of(index).is_none()).count();
    let doubled = posted.accepted.iter().filter(|index| of(index).is_some_and(|count| count > 1)).count();
    Ok((lost, doubled))
}
