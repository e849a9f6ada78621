//! How many statements went to the servers: what an operation costs is theirs to carry, and a test holds it.

use std::ops::Sub;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
pub(super) struct Tally {
    writes: AtomicU64,
    compare_and_sets: AtomicU64,
    reads: AtomicU64,
}

/// Since this node began; a read counts once for each page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statements {
    pub writes: u64,
    pub compare_and_sets: u64,
    pub reads: u64,
}

impl Sub for Statements {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            writes: self.writes - before.writes,
            compare_and_sets: self.compare_and_sets - before.compare_and_sets,
            reads: self.reads - before.reads,
        }
    }
}

impl Tally {
    pub(super) fn write(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn compare_and_set(&self) {
        self.compare_and_sets.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn so_far(&self) -> Statements {
        Statements {
            writes: self.writes.load(Ordering::Relaxed),
            compare_and_sets: self.compare_and_sets.load(Ordering::Relaxed),
            reads: self.reads.load(Ordering::Relaxed),
        }
    }
}
