//! The real clock and real chance, for the whole process.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use engine::time::{Clock, IdSource, Timestamp};

#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Timestamp(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }
}

/// Ids that sort by the time they were made: 6 bytes of milliseconds, 2 of a counter, 8 of chance. Not secret: the chance
/// is a hash under a key that the process drew once, because asking the system each time costs more than the rest.
#[derive(Debug, Default)]
pub struct TimeOrderedIds {
    counter: AtomicU64,
    chance: RandomState,
}

impl IdSource for TimeOrderedIds {
    fn next(&self) -> [u8; 16] {
        let millis = SystemClock.now().0.to_be_bytes();
        let count = self.counter.fetch_add(1, Ordering::Relaxed);
        let mut id = [0; 16];
        let (time, rest) = id.split_at_mut(6);
        time.copy_from_slice(&millis[2..]);
        let (order, chance) = rest.split_at_mut(2);
        order.copy_from_slice(&count.to_be_bytes()[6..]);
        chance.copy_from_slice(&self.chance.hash_one(count).to_be_bytes());
        id
    }
}

/// Secrets and tokens.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn next(&self) -> [u8; 16] {
        let mut id = [0; 16];
        fill(&mut id);
        id
    }
}

/// Fills from the operating system.
///
/// # Panics
/// When the operating system has no randomness: nothing that must not be guessed can be made then.
#[expect(clippy::panic, reason = "no id or secret may be made without chance")]
pub fn fill(bytes: &mut [u8]) {
    if let Err(error) = getrandom::fill(bytes) {
        panic!("no randomness: {error}");
    }
}
