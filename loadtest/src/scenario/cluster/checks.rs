//! What only several nodes can break, as checks on what was seen: pure, so that each is tested without a server.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use loadtest::payload::PhoneNumberId;
use loadtest::simulator::LedgerEntry;

use crate::scenario::torture_promises::{Promise, Violation};

/// What Meta allows a number, messages per second.
const RATE_MAX: usize = 80;
const SECOND_MS: u64 = 1_000;
const TAKE_OVER_MAX: Duration = Duration::from_secs(5);

/// How long nobody sent for an organization after the node that did was killed or paused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TakeOver {
    pub(crate) tenant: usize,
    /// From the fault to the first send by another node; none was seen.
    pub(crate) took: Option<Duration>,
}

/// The most sends of each number in any one second, wherever it begins.
pub(crate) fn busiest_seconds(ledger: &[LedgerEntry]) -> HashMap<PhoneNumberId, usize> {
    let mut windows: HashMap<&PhoneNumberId, VecDeque<u64>> = HashMap::new();
    let mut busiest: HashMap<PhoneNumberId, usize> = HashMap::new();
    for entry in ledger.iter().filter(|entry| entry.was_accepted()) {
        let window = windows.entry(&entry.phone_number_id).or_default();
        window.push_back(entry.at_ms);
        while window.front().is_some_and(|first| first + SECOND_MS <= entry.at_ms) {
            window.pop_front();
        }
        let most = busiest.entry(entry.phone_number_id.clone()).or_default();
        *most = window.len().max(*most);
    }
    busiest
}

pub(crate) fn check_rates(ledger: &[LedgerEntry]) -> Vec<Violation> {
    let above = busiest_seconds(ledger).into_iter().filter(|(_, most)| *most > RATE_MAX);
    above
        .map(|(number, most)| format!("{most} messages of number {number} in one second, Meta allows {RATE_MAX}"))
        .map(|words| Violation::new(Promise::Rate, words))
        .collect()
}

pub(crate) fn check_take_overs(take_overs: &[TakeOver]) -> Vec<Violation> {
    let late = take_overs.iter().filter(|one| one.took.is_none_or(|took| took >= TAKE_OVER_MAX));
    late.map(|one| {
        format!(
            "the work of organization {} was taken over after {:?}, not within {TAKE_OVER_MAX:?}",
            one.tenant, one.took
        )
    })
    .map(|words| Violation::new(Promise::TakeOver, words))
    .collect()
}

#[cfg(test)]
mod tests {
    use loadtest::simulator::Answer;

    use super::*;

    fn sent(number: &str, at_ms: u64) -> LedgerEntry {
        LedgerEntry {
            sequence: 0,
            at_ms,
            phone_number_id: number.into(),
            to: "2".into(),
            kind: "text".into(),
            body_sha256: String::new(),
            text: None,
            biz_opaque_callback_data: None,
            wamid: None,
            answer: Answer::Given,
            outcome: None,
        }
    }

    #[test]
    fn a_second_that_is_too_full_is_found_wherever_it_begins() {
        let mut ledger: Vec<_> = (0..80).map(|n| sent("1", 500 + n * 12)).collect();
        ledger.extend((0..80).map(|_| sent("2", 700)));
        ledger.push(LedgerEntry { answer: Answer::ResetBeforeAccept, ..sent("1", 1_499) });
        assert!(check_rates(&ledger).is_empty(), "another number, and one that did not arrive");
        ledger.push(sent("1", 1_499));
        assert_eq!(check_rates(&ledger).len(), 1);
        ledger.pop();
        ledger.push(sent("1", 1_500));
        assert!(check_rates(&ledger).is_empty(), "the first is a second ago");
    }

    #[test]
    fn a_take_over_that_is_late_or_never_came_is_found() {
        let took = |seconds: Option<f64>| TakeOver { tenant: 0, took: seconds.map(Duration::from_secs_f64) };
        assert_eq!(check_take_overs(&[took(Some(4.9)), took(Some(5.0)), took(None)]).len(), 2);
    }
}
