use tokio::sync::{Mutex, MutexGuard};

use crate::crypto::Lookup;

/// Locks of each kind; enough that two strangers seldom wait for each other.
const LOCKS: usize = 256;

/// Whoever changes the same thing on this node takes turns: compare-and-sets that race each other on the server cost far
/// more than those that follow each other. Nothing depends on it, since other nodes take no turns here.
///
/// Who has one kind may take one of the next, never of the same or an earlier one: so nobody waits in a circle.
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
            Some(lock) => Some(lock.lock().await),
            None => None,
        }
    }
}
