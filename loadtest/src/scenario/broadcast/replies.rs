//! Agents write while a broadcast runs: a reply waits for the next free place in the number's rate, and for nothing else.

use std::collections::HashMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use loadtest::simulator::LedgerEntry;
use rand::SeedableRng;
use rand::rngs::StdRng;
use serde_json::Value;
use tokio::time::Instant;

use super::campaign::Words;
use super::checks::check;
use super::stage::Stage;
use super::{Shown, calm};
use crate::cli::Broadcast;
use crate::error::LoadError;
use crate::report::{Report, histogram, micros};
use crate::scenario::seconds::check_rates;
use crate::scenario::torture::uuid;
use crate::scenario::torture_promises::{Promise, Violation};

const REPLIES: u32 = 200;
/// Beside the time of one place in the rate.
const SPARE: Duration = Duration::from_millis(50);
/// One part of so many of the broadcast lies before the first reply, and as much after the last.
const MARGIN: u32 = 4;

/// A reply that the API took, and when it said so by Meta's clock.
#[derive(Clone, Debug)]
struct Written {
    text: String,
    taken_ms: u64,
}

pub(crate) async fn run(options: &Broadcast, rate: u32) -> Result<Shown, LoadError> {
    let Broadcast { trial, numbers, .. } = options;
    let stage = Box::pin(calm(options, rate)).await?;
    let conversations = conversations(&stage).await?;
    let lasts = Duration::from_secs(u64::from(stage.people / (rate * u32::from(*numbers)).max(1)));
    let campaign = stage.launch(Words::Same).await?;
    let _has_begun = stage.until_sends(u64::from(stage.people / MARGIN)).await;
    let between = lasts / 2 / REPLIES;
    let written = write(&stage, &conversations, between, trial.seed).await?;
    if stage.simulator.sends() >= u64::from(stage.people + REPLIES) {
        return Err(LoadError::refused("the broadcast had ended before the last reply; give more people or --seconds"));
    }
    stage.until_over(&campaign).await?;
    let evidence = stage.gather(&campaign).await?;
    let (waits, missing) = waits(&written, &evidence.ledger)?;
    let longest = longest(rate);
    let mut violations = check(&evidence);
    violations.extend(check_waits(&waits, &missing, longest));
    violations.extend(check_rates(&evidence.ledger, rate));
    let mut report = Report::new("broadcast --reply-check");
    report.add("numbers", *numbers);
    report.add("allowed_per_s_and_number", rate);
    report.add("replies", written.len());
    report.latencies("reply_", &waits);
    report.add("promised_ms", u64::try_from(longest.as_millis()).unwrap_or(u64::MAX));
    report.add("code_130429", stage.too_fast());
    violations.extend(stage.strike(trial).await?);
    Ok((report, violations))
}

async fn conversations(stage: &Stage) -> Result<Vec<String>, LoadError> {
    let found = stage.api.first("conversations?view=all", REPLIES as usize).await?;
    let ids: Vec<_> = found.iter().filter_map(|one| one.get("id").and_then(Value::as_str).map(str::to_owned)).collect();
    if ids.is_empty() { Err(LoadError::refused("nobody wrote: there is nothing to reply to")) } else { Ok(ids) }
}

/// One after the other.
async fn write(
    stage: &Stage,
    conversations: &[String],
    between: Duration,
    seed: u64,
) -> Result<Vec<Written>, LoadError> {
    let mut rng = StdRng::seed_from_u64(seed ^ 0x4E97);
    let mut written = Vec::new();
    let mut due = Instant::now();
    for (_, conversation) in (0..REPLIES).zip(conversations.iter().cycle()) {
        tokio::time::sleep_until(due).await;
        due += between;
        let key = uuid(&mut rng);
        let text = format!("Reply {key}");
        let status = stage.api.reply(conversation, &key, &text).await?;
        if !status.is_success() {
            return Err(LoadError::refused(format!("a reply was answered with {status}")));
        }
        written.push(Written { text, taken_ms: stage.simulator.now_ms() });
    }
    Ok(written)
}

/// From the API's answer to Meta's door; and the replies that never came there.
fn waits(written: &[Written], ledger: &[LedgerEntry]) -> Result<(Histogram<u64>, Vec<String>), LoadError> {
    let arrived: HashMap<&str, u64> =
        ledger.iter().filter_map(|entry| Some((entry.text.as_deref()?, entry.at_ms))).collect();
    let (mut waits, mut missing) = (histogram()?, Vec::new());
    for reply in written {
        match arrived.get(reply.text.as_str()) {
            Some(at_ms) => {
                waits.saturating_record(micros(Duration::from_millis(at_ms.saturating_sub(reply.taken_ms))));
            }
            None => missing.push(reply.text.clone()),
        }
    }
    Ok((waits, missing))
}

fn longest(rate: u32) -> Duration {
    Duration::from_secs(1) / rate.max(1) + SPARE
}

fn check_waits(waits: &Histogram<u64>, missing: &[String], longest: Duration) -> Vec<Violation> {
    let p99 = Duration::from_micros(waits.value_at_quantile(0.99));
    let late = (p99 > longest).then(|| {
        Violation::new(
            Promise::Reply,
            format!("1 % of the replies left after {p99:?} or later, not within {longest:?}"),
        )
    });
    late.into_iter().chain(Violation::of(Promise::Reply, "replies never left", missing)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::fixture;

    #[test]
    fn a_reply_waits_from_the_answer_of_the_api_to_the_door_of_meta() {
        let reply = |n: u64| Written { text: format!("Reply {n}"), taken_ms: 1_000 };
        let arrived = |n: u64, at_ms| LedgerEntry { text: Some(format!("Reply {n}")), at_ms, ..fixture::sent() };
        // The first was there before the API's answer was.
        let ledger = [arrived(1, 990), arrived(2, 1_060)];
        let (seen, missing) = waits(&[reply(1), reply(2)], &ledger).unwrap();
        assert!((59_900..=60_100).contains(&seen.max()) && seen.min() == 1 && missing.is_empty());
        assert_eq!(check_waits(&seen, &missing, longest(80)), []);
        assert_eq!(check_waits(&seen, &missing, longest(1_000)).len(), 1, "51 ms");
        let (seen, missing) = waits(&[reply(1), reply(3)], &ledger).unwrap();
        assert_eq!(check_waits(&seen, &missing, longest(80)).len(), 1, "the third never left");
    }
}
