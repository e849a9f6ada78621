use std::sync::atomic::{AtomicI64, Ordering};

use engine::time::Timestamp;

/// Gives out places in order of arrival: microseconds, and one more than the last when the clock has not moved.
#[derive(Default)]
pub(super) struct Places {
    last: AtomicI64,
}

impl Places {
    pub(super) fn next(&self, now: Timestamp) -> i64 {
        let now = now.0.saturating_mul(1000);
        let before = self.last.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |last| Some(now.max(last + 1)));
        before.map_or(now, |last| now.max(last + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_never_given_twice_and_never_goes_back() {
        let places = Places::default();
        let given: Vec<_> = [5, 5, 4, 9].map(|now| places.next(Timestamp(now))).into();
        assert_eq!(given, [5_000, 5_001, 5_002, 9_000]);
    }
}
