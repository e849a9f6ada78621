use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a tenant reads its items from the log. Shared with those who announce new ones: while it does, they need not
/// wake it for each.
#[derive(Debug, Default)]
pub(crate) struct Backlog {
    reading: AtomicBool,
    /// Items came meanwhile; the last page may not have seen them.
    missed: AtomicBool,
}

impl Backlog {
    /// `true`: the items just committed are read from the log, without a word to the actor.
    pub(crate) fn takes(&self) -> bool {
        if !self.reading.load(Ordering::SeqCst) {
            return false;
        }
        self.missed.store(true, Ordering::SeqCst);
        // It may have ended between the two lines, and not have seen that something was missed.
        self.reading.load(Ordering::SeqCst)
    }

    /// `false` when the log is being read already; it is read again then.
    pub(super) fn begin(&self) -> bool {
        let begun = !self.reading.swap(true, Ordering::SeqCst);
        if !begun {
            self.missed.store(true, Ordering::SeqCst);
        }
        begun
    }

    pub(super) fn end(&self) {
        self.reading.store(false, Ordering::SeqCst);
    }

    pub(crate) fn is_reading(&self) -> bool {
        self.reading.load(Ordering::SeqCst)
    }

    pub(super) fn miss(&self) {
        self.missed.store(true, Ordering::SeqCst);
    }

    pub(super) fn has_missed(&self) -> bool {
        self.missed.swap(false, Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_that_comes_while_the_log_is_read_is_taken_and_noticed() {
        let backlog = Backlog::default();
        assert!(!backlog.takes(), "nobody reads the log: the actor must be told");
        assert!(backlog.begin());
        assert!(backlog.takes());
        backlog.end();
        assert!(backlog.has_missed(), "the reader must look once more");
        assert!(!backlog.has_missed());
    }

    #[test]
    fn a_second_reader_only_makes_the_first_look_again() {
        let backlog = Backlog::default();
        assert!(backlog.begin());
        assert!(!backlog.begin());
        assert!(backlog.has_missed());
    }
}
