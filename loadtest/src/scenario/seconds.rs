//! How full the seconds were at Meta's door, wherever they begin. Pure, so that it is tested without a server.

use std::collections::{HashMap, VecDeque};

use loadtest::payload::PhoneNumberId;
use loadtest::simulator::LedgerEntry;

use super::torture_promises::{Promise, Violation};

pub(crate) const SECOND_MS: u64 = 1_000;

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

/// `allowed`: what Meta takes of each number, messages per second.
pub(crate) fn check_rates(ledger: &[LedgerEntry], allowed: u32) -> Vec<Violation> {
    let above = busiest_seconds(ledger).into_iter().filter(|(_, most)| *most > allowed as usize);
    above
        .map(|(number, most)| format!("{most} messages of number {number} in one second, Meta allows {allowed}"))
        .map(|words| Violation::new(Promise::Rate, words))
        .collect()
}

#[cfg(test)]
mod tests {
    use loadtest::simulator::Answer;

    use super::*;
    use crate::scenario::fixture;

    fn sent(number: &str, at_ms: u64) -> LedgerEntry {
        LedgerEntry { at_ms, phone_number_id: number.into(), ..fixture::sent() }
    }

    #[test]
    fn a_second_that_is_too_full_is_found_wherever_it_begins() {
        let mut ledger: Vec<_> = (0..80).map(|n| sent("1", 500 + n * 12)).collect();
        ledger.extend((0..80).map(|_| sent("2", 700)));
        ledger.push(LedgerEntry { answer: Answer::ResetBeforeAccept, ..sent("1", 1_499) });
        assert!(check_rates(&ledger, 80).is_empty(), "another number, and one that did not arrive");
        ledger.push(sent("1", 1_499));
        assert_eq!((check_rates(&ledger, 80).len(), check_rates(&ledger, 81).len()), (1, 0));
        ledger.pop();
        ledger.push(sent("1", 1_500));
        assert!(check_rates(&ledger, 80).is_empty(), "the first is a second ago");
    }
}
