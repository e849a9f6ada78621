use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use crate::crypto::Lookup;

/// Locks of each kind; enough that two strangers seldom wait for each other.
const LOCKS: usize = 256;

/// Far longer than a queue of changes of one thing takes.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whoever changes the same thing on this node takes turns: compare-and-sets that race each other on the server cost far
/// more than those that follow each other. Nothing depends on it, since other nodes take no turns here.
///
/// Who has one kind takes one of the next, not of an earlier one. Where something half done is met, and what it leads to has
/// to be finished first, that cannot be kept; so whoever has waited for [`PATIENCE`] goes on without a turn.
#[derive(Default)]
pub(super) struct Turns {
    pub(super) conversations: Locks,
    pub(super) logs: Locks,
    pub(super) offices: Locks,
    pub(super) documents: Locks,
}

pub(super) struct Locks(Vec<Mutex<()>>);

impl Default for Locks {
    fn default() -> Self {
        Self((0..LOCKS).map(|_| Mutex::new(())).collect())
    }
}

impl Locks {
    pub(super) async fn take(&self, name: &Lookup) -> Option<MutexGuard<'_, ()>> {
        let index = usize::from(name.first().copied().unwrap_or(0)) % LOCKS;
        match self.0.get(index) {
            Some(lock) => tokio::time::timeout(PATIENCE, lock.lock()).await.ok(),
            None => None,
        }
    }
}
