//! Meta's limits as real buckets (§3). All pure: the time comes in.

use std::collections::HashMap;

use super::identity::PersonId;

const DAY_MS: u64 = 24 * 3_600_000;
/// Sends to one person that may be borrowed from the future.
const PAIR_BURST: f64 = 45.0;
/// One send to the same person per six seconds pays the loan back.
const PAIR_MS: f64 = 6_000.0;

/// Messages per second of one number, inbound and outbound together.
#[derive(Clone, Debug)]
pub(crate) struct RateBucket {
    per_second: f64,
    tokens: f64,
    at_ms: u64,
}

impl RateBucket {
    pub(crate) fn new(per_second: u32) -> Self {
        Self { per_second: f64::from(per_second), tokens: f64::from(per_second), at_ms: 0 }
    }

    pub(crate) fn change_rate(&mut self, per_second: u32) {
        self.per_second = f64::from(per_second);
    }

    pub(crate) fn is_high(&self) -> bool {
        self.per_second >= 1_000.0
    }

    pub(crate) fn take(&mut self, now_ms: u64) -> bool {
        self.refill(now_ms);
        let has_room = self.tokens >= 1.0;
        if has_room {
            self.tokens -= 1.0;
        }
        has_room
    }

    /// A customer's message uses the rate but is never refused.
    pub(crate) fn note_inbound(&mut self, now_ms: u64) {
        self.refill(now_ms);
        self.tokens = (self.tokens - 1.0).max(0.0);
    }

    fn refill(&mut self, now_ms: u64) {
        let gained = millis(now_ms.saturating_sub(self.at_ms)) / 1_000.0 * self.per_second;
        self.tokens = (self.tokens + gained).min(self.per_second);
        self.at_ms = now_ms;
    }
}

/// The loan of one business number with one person.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PairBucket {
    owed: f64,
    at_ms: u64,
}

impl PairBucket {
    pub(crate) fn take(&mut self, now_ms: u64) -> bool {
        let paid = millis(now_ms.saturating_sub(self.at_ms)) / PAIR_MS;
        self.owed = (self.owed - paid).max(0.0);
        self.at_ms = now_ms;
        let has_room = self.owed + 1.0 <= PAIR_BURST;
        if has_room {
            self.owed += 1.0;
        }
        has_room
    }
}

/// How many marketing messages one person got from anybody in the last 24 h.
#[derive(Clone, Debug, Default)]
pub(crate) struct MarketingCap {
    received: HashMap<PersonId, Vec<u64>>,
}

impl MarketingCap {
    pub(crate) fn admit(&mut self, person: PersonId, per_day: u32, now_ms: u64) -> bool {
        let received = self.received.entry(person).or_default();
        received.retain(|at| at + DAY_MS > now_ms);
        let has_room = received.len() < per_day as usize;
        if has_room {
            received.push(now_ms);
        }
        has_room
    }
}

#[expect(clippy::cast_precision_loss, reason = "spans of days fit into 53 bits of milliseconds")]
fn millis(span_ms: u64) -> f64 {
    span_ms as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_takes_a_burst_of_45_and_then_one_per_six_seconds() {
        let mut pair = PairBucket::default();
        let start = 1_000_000;
        assert_eq!((0..60).filter(|_| pair.take(start)).count(), 45);
        assert!(!pair.take(start + 5_999));
        assert!(pair.take(start + 6_001));
        assert!(!pair.take(start + 6_002));
    }

    #[test]
    fn a_number_takes_its_rate_per_second_and_inbound_counts() {
        let mut bucket = RateBucket::new(80);
        for _ in 0..30 {
            bucket.note_inbound(5_000);
        }
        assert_eq!((0..100).filter(|_| bucket.take(5_000)).count(), 50);
        assert_eq!((0..100).filter(|_| bucket.take(5_500)).count(), 40);
    }
}
