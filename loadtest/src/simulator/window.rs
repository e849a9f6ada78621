//! The 24 h customer service window and the 72 h free entry point, per business number and person (§8).

use std::collections::HashMap;

use super::identity::PersonId;
use crate::payload::PhoneNumberId;

const WINDOW_MS: u64 = 24 * 3_600_000;
const FREE_ENTRY_MS: u64 = 72 * 3_600_000;

/// Each time is an end, in milliseconds.
#[derive(Clone, Copy, Debug, Default)]
struct Pair {
    open: u64,
    /// Came by an advertisement: the first answer within the window starts the free time.
    entered: u64,
    free: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Windows {
    pairs: HashMap<(PhoneNumberId, PersonId), Pair>,
}

impl Windows {
    pub(crate) fn note_inbound(&mut self, number: &PhoneNumberId, person: PersonId, by_ad: bool, now_ms: u64) {
        let pair = self.pairs.entry((number.clone(), person)).or_default();
        pair.open = now_ms + WINDOW_MS;
        if by_ad {
            pair.entered = now_ms + WINDOW_MS;
        }
    }

    /// A window that reaches further stays as it is.
    pub(crate) fn open_until(&mut self, number: &PhoneNumberId, person: PersonId, until_ms: u64) {
        let pair = self.pairs.entry((number.clone(), person)).or_default();
        pair.open = pair.open.max(until_ms);
    }

    pub(crate) fn note_answer(&mut self, number: &PhoneNumberId, person: PersonId, now_ms: u64) {
        if let Some(pair) = self.pairs.get_mut(&(number.clone(), person))
            && pair.entered > now_ms
            && pair.free <= now_ms
        {
            pair.free = now_ms + FREE_ENTRY_MS;
        }
    }

    pub(crate) fn is_open(&self, number: &PhoneNumberId, person: PersonId, now_ms: u64) -> bool {
        self.pair(number, person).open > now_ms
    }

    pub(crate) fn is_free_entry(&self, number: &PhoneNumberId, person: PersonId, now_ms: u64) -> bool {
        self.pair(number, person).free > now_ms
    }

    fn pair(&self, number: &PhoneNumberId, person: PersonId) -> Pair {
        self.pairs.get(&(number.clone(), person)).copied().unwrap_or_default()
    }
}
