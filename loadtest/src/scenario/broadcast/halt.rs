//! A pause holds within a second, and afterwards everybody who was held gets it, once.

use std::time::Duration;

use loadtest::clock::pause;
use loadtest::simulator::LedgerEntry;

use super::campaign::Words;
use super::checks::{check, reached};
use super::{Shown, calm};
use crate::cli::Broadcast;
use crate::error::LoadError;
use crate::report::Report;
use crate::scenario::seconds::{SECOND_MS, check_rates};
use crate::scenario::torture_promises::{Promise, Violation};

/// How long nothing may come, and is looked at.
const HELD: Duration = Duration::from_secs(5);
/// The pause comes when this part has it.
const PART: u32 = 3;

/// By Meta's clock.
#[derive(Clone, Copy, Debug)]
struct Held {
    /// The API had answered the pause.
    paused_ms: u64,
    /// Somebody asked the API to go on.
    resumed_ms: u64,
}

pub(crate) async fn run(options: &Broadcast, rate: u32) -> Result<Shown, LoadError> {
    let Broadcast { trial, numbers, .. } = options;
    let stage = Box::pin(calm(options, rate)).await?;
    let campaign = stage.launch(Words::Same).await?;
    let _has_begun = stage.until_sends(u64::from(stage.people / PART)).await;
    campaign.pause().await?;
    let paused_ms = stage.simulator.now_ms();
    pause(HELD).await;
    let waiting = campaign.progress().await?.counts.waiting;
    if waiting == 0 {
        return Err(LoadError::refused("nobody was left to be held; give more people or --seconds"));
    }
    let before = reached(&stage.ledger()?, campaign.id);
    let held = Held { paused_ms, resumed_ms: stage.simulator.now_ms() };
    campaign.resume().await?;
    stage.until_over(&campaign).await?;
    let evidence = stage.gather(&campaign).await?;
    let rest = reached(&evidence.ledger, campaign.id) - before;
    let mut violations = check(&evidence);
    violations.extend(check_held(&evidence.ledger, held));
    violations.extend(check_rest(rest, u64::from(stage.people).saturating_sub(before)));
    violations.extend(check_rates(&evidence.ledger, rate));
    let mut report = Report::new("broadcast --pause-check");
    report.add("numbers", *numbers);
    report.add("allowed_per_s_and_number", rate);
    report.add("people", stage.people);
    report.add("before_the_pause", before);
    report.add("last_send_after_ms", last_send(&evidence.ledger, held).saturating_sub(held.paused_ms));
    report.add("after_the_pause", rest);
    report.add("code_130429", stage.too_fast());
    violations.extend(stage.strike(trial).await?);
    Ok((report, violations))
}

/// The last before somebody asked to go on.
fn last_send(ledger: &[LedgerEntry], held: Held) -> u64 {
    let before = ledger.iter().filter(|entry| entry.was_accepted() && entry.at_ms < held.resumed_ms);
    before.map(|entry| entry.at_ms).max().unwrap_or(0)
}

fn check_held(ledger: &[LedgerEntry], held: Held) -> Option<Violation> {
    let after_ms = last_send(ledger, held).saturating_sub(held.paused_ms);
    let words = || format!("the last send came {after_ms} ms after the pause");
    (after_ms > SECOND_MS).then(|| Violation::new(Promise::Pause, words()))
}

fn check_rest(rest: u64, wanted: u64) -> Option<Violation> {
    let words = || format!("{rest} got it after the pause, of {wanted} who had been held");
    (rest != wanted).then(|| Violation::new(Promise::Pause, words()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::fixture;

    #[test]
    fn what_leaves_more_than_a_second_after_the_pause_is_found_and_what_leaves_after_it_ended_is_not() {
        let held = Held { paused_ms: 10_000, resumed_ms: 15_000 };
        let sent = |at_ms| LedgerEntry { at_ms, ..fixture::sent() };
        let mut ledger = vec![sent(9_000), sent(11_000), sent(15_000), sent(20_000)];
        assert_eq!((check_held(&ledger, held), last_send(&ledger, held)), (None, 11_000));
        ledger.push(sent(11_001));
        assert!(check_held(&ledger, held).is_some());
    }

    #[test]
    fn the_rest_is_everybody_who_was_held() {
        assert_eq!(check_rest(7, 7), None);
        assert!(check_rest(6, 7).is_some() && check_rest(8, 7).is_some());
    }
}
