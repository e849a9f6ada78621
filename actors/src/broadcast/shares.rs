//! How many more may begin today, of all lanes together. What has begun is in the tallies and what is on its way is here; in between it may
//! be in both for a moment, and never in neither.

use std::sync::{Mutex, MutexGuard, PoisonError};

pub(super) struct Shares(Mutex<Inner>);

struct Inner {
    /// Handed out since the run began, less those that came back.
    taken: u64,
    /// Of these, on their way.
    out: u64,
    /// Handed out up to this many. `None`: no limit.
    upto: Option<u64>,
}

/// Before the tallies were read.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    taken: u64,
    out: u64,
}

impl Shares {
    /// With a limit, none until it is known how many have begun.
    pub(super) fn new(is_limited: bool) -> Self {
        Self(Mutex::new(Inner { taken: 0, out: 0, upto: is_limited.then_some(0) }))
    }

    pub(super) fn take(&self) -> bool {
        let mut inner = self.inner();
        let is_free = inner.upto.is_none_or(|upto| inner.taken < upto);
        if is_free {
            inner.taken += 1;
            inner.out += 1;
        }
        is_free
    }

    pub(super) fn give_back(&self, is_spent: bool) {
        let mut inner = self.inner();
        inner.out -= 1;
        if !is_spent {
            inner.taken -= 1;
        }
    }

    pub(super) fn seen(&self) -> Seen {
        let inner = self.inner();
        Seen { taken: inner.taken, out: inner.out }
    }

    /// What was on its way is counted as begun, whether the tallies have it already or not.
    pub(super) fn allow(&self, seen: Seen, more: Option<u64>) {
        self.inner().upto = more.map(|more| seen.taken + more.saturating_sub(seen.out));
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_on_its_way_is_counted_and_what_did_not_leave_is_free_again() {
        let shares = Shares::new(true);
        assert!(!shares.take(), "it is not known yet how many");
        shares.allow(shares.seen(), Some(3));
        assert!(shares.take() && shares.take());
        // The tallies have neither of the two yet; another leaves while they are read.
        let seen = shares.seen();
        assert!(shares.take());
        shares.allow(seen, Some(3));
        assert!(!shares.take());
        shares.give_back(false);
        assert!(shares.take() && !shares.take());
        shares.give_back(true);
        assert!(!shares.take());
        shares.allow(shares.seen(), None);
        assert!(shares.take());
    }
}
