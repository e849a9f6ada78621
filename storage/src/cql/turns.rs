use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::Instant;

use crate::crypto::Lookup;

/// Locks of each kind; enough that two strangers seldom wait for each other.
const LOCKS: usize = 256;

/// Far longer than one change of one thing takes: if nobody got a turn for so long, somebody who has it waits for us.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest wait in a queue that goes on.
const QUEUES_MAX: u32 = 15;

/// Some compare-and-sets of a server that is busy.
const WAIT_MAX_MS: u64 = 64;

/// Whoever changes the same thing on this node takes turns: compare-and-sets that race each other on the server cost far
/// more than those that follow each other. Nothing depends on it, since other nodes take no turns here.
///
/// Who has one kind takes one of the next, not of an earlier one. Where something half done is met, and what it leads to has
/// to be finished first, that cannot be kept; so whoever has waited in a queue that stood still for [`PATIENCE`] goes on
/// without a turn. In one that moves, however slowly, everybody stays: a crowd without turns would only be slower.
#[derive(Default)]
pub(super) struct Turns {
    pub(super) conversations: Locks,
    pub(super) logs: Locks,
    pub(super) offices: Locks,
    pub(super) additions: Locks,
    pub(super) documents: Locks,
    pub(super) recipients: Locks,
}

pub(super) struct Locks(Vec<Queue>);

#[derive(Default)]
struct Queue {
    lock: Mutex<()>,
    /// Turns that were given.
    given: AtomicU64,
}

impl Default for Locks {
    fn default() -> Self {
        Self((0..LOCKS).map(|_| Queue::default()).collect())
    }
}

impl Locks {
    pub(super) async fn take(&self, name: &Lookup) -> Option<MutexGuard<'_, ()>> {
        let index = usize::from(name.first().copied().unwrap_or(0)) % LOCKS;
        let Queue { lock, given } = self.0.get(index)?;
        // Asked once, so that whoever waits keeps the place in the queue.
        let mut turn = pin!(lock.lock());
        for _ in 0..QUEUES_MAX {
            let before = given.load(Ordering::Relaxed);
            if let Ok(turn) = tokio::time::timeout(PATIENCE, turn.as_mut()).await {
                given.fetch_add(1, Ordering::Relaxed);
                return Some(turn);
            }
            if given.load(Ordering::Relaxed) == before {
                return None;
            }
        }
        None
    }
}

/// After the `nth` refusal of a compare-and-set, from 0: other nodes take no turns here, and who tries again at the same
/// moment as they do is refused again. At once at first, then a growing and uneven while of at most [`WAIT_MAX_MS`].
pub(super) async fn step_aside(nth: usize) {
    let most = 1_u64.checked_shl(u32::try_from(nth).unwrap_or(u32::MAX)).unwrap_or(WAIT_MAX_MS).min(WAIT_MAX_MS);
    if nth > 0 {
        let wait = Duration::from_micros(rand::random_range(0..=most * 1000));
        tokio::time::sleep_until(Instant::now() + wait).await;
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;

    const NAME: Lookup = [0; 16];

    #[tokio::test(start_paused = true)]
    async fn a_queue_that_moves_is_kept_however_long_it_is() {
        let locks = Locks::default();
        // Each takes a second, the last waits for nine.
        let works = (0..10).map(|_| async {
            let turn = locks.take(&NAME).await;
            tokio::time::sleep_until(Instant::now() + Duration::from_secs(1)).await;
            turn.is_some()
        });
        assert!(join_all(works).await.into_iter().all(|had_a_turn| had_a_turn));
    }

    #[tokio::test(start_paused = true)]
    async fn a_queue_that_stands_still_is_left() {
        let locks = Locks::default();
        let turn = locks.take(&NAME).await;
        let begun = Instant::now();
        assert!(turn.is_some() && locks.take(&NAME).await.is_none());
        assert_eq!(begun.elapsed(), PATIENCE);
    }
}
