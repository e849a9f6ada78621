//! Faults that tests put between two physical writes, or before a read.

use std::sync::atomic::{AtomicI64, Ordering};

use engine::ports::StoreError;
use tokio::sync::Notify;

const NEVER: i64 = i64::MAX;

/// A process that dies is a store that does nothing more: what it wrote stays, what it was about to write does not come.
///
/// A process that is held stands still between two writes, or before a read, as one that the system has stopped, until it is
/// let go.
pub struct Faults {
    writes_left: AtomicI64,
    answers_left: AtomicI64,
    denials_left: AtomicI64,
    until_held: AtomicI64,
    until_read_held: AtomicI64,
    held: Notify,
    let_go: Notify,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            writes_left: AtomicI64::new(NEVER),
            answers_left: AtomicI64::new(NEVER),
            denials_left: AtomicI64::new(NEVER),
            until_held: AtomicI64::new(NEVER),
            until_read_held: AtomicI64::new(NEVER),
            held: Notify::new(),
            let_go: Notify::new(),
        }
    }
}

/// Whether the write that is about to be made is the last one.
pub(super) struct Permit {
    last: bool,
}

impl Faults {
    /// The store dies when it has made this many physical writes from now on; the answer of the last one is lost.
    pub fn die_after(&self, writes: u32) {
        self.writes_left.store(i64::from(writes), Ordering::SeqCst);
    }

    /// Of the compare-and-sets from now on, the answer of this one is lost, though it was made. From 1.
    pub fn lose_answer(&self, nth: u32) {
        self.answers_left.store(i64::from(nth), Ordering::SeqCst);
    }

    /// Of the compare-and-sets from now on, this one is said to be refused, though it was made, as a coordinator says that has
    /// made it in a second round. From 1.
    pub fn deny_answer(&self, nth: u32) {
        self.denials_left.store(i64::from(nth), Ordering::SeqCst);
    }

    /// The write that comes after this many from now on waits until [`Faults::let_go`].
    pub fn hold_after(&self, writes: u32) {
        self.until_held.store(i64::from(writes), Ordering::SeqCst);
    }

    /// The same for reads.
    pub fn hold_reading_after(&self, reads: u32) {
        self.until_read_held.store(i64::from(reads), Ordering::SeqCst);
    }

    /// Returns when what is to be held waits.
    pub async fn is_held(&self) {
        self.held.notified().await;
    }

    pub fn let_go(&self) {
        for until in [&self.until_held, &self.until_read_held] {
            if until.swap(NEVER, Ordering::SeqCst) < 0 {
                self.let_go.notify_one();
            }
        }
    }

    /// Whether [`Faults::die_after`] has come to its end.
    pub fn is_dead(&self) -> bool {
        self.writes_left.load(Ordering::SeqCst) <= 0
    }

    pub(super) async fn reading(&self) -> Result<(), StoreError> {
        self.hold(&self.until_read_held).await;
        if self.is_dead() { Err(dead()) } else { Ok(()) }
    }

    pub(super) async fn writing(&self) -> Result<Permit, StoreError> {
        self.hold(&self.until_held).await;
        if self.writes_left.load(Ordering::Relaxed) == NEVER {
            return Ok(Permit { last: false });
        }
        match self.writes_left.fetch_sub(1, Ordering::SeqCst) {
            left if left <= 0 => Err(dead()),
            left => Ok(Permit { last: left == 1 }),
        }
    }

    async fn hold(&self, until: &AtomicI64) {
        if until.load(Ordering::Relaxed) != NEVER && until.fetch_sub(1, Ordering::SeqCst) == 0 {
            self.held.notify_one();
            self.let_go.notified().await;
        }
    }

    pub(super) fn loses_this_answer(&self) -> bool {
        is_this_one(&self.answers_left)
    }

    pub(super) fn denies_this_answer(&self) -> bool {
        is_this_one(&self.denials_left)
    }
}

fn is_this_one(left: &AtomicI64) -> bool {
    left.load(Ordering::Relaxed) != NEVER && left.fetch_sub(1, Ordering::SeqCst) == 1
}

impl Permit {
    pub(super) fn used(self) -> Result<(), StoreError> {
        if self.last { Err(dead()) } else { Ok(()) }
    }
}

fn dead() -> StoreError {
    StoreError::Unavailable("a fault that a test has put here".to_owned())
}
