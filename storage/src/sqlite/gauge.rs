use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

/// How far the commits lag behind the callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Pressure {
    /// Operations that are not answered yet.
    pub queued: usize,
    /// How long the oldest of those that cannot wait (what comes in), or the group in work, has been waiting.
    pub oldest_ms: u64,
}

/// Written by the writer and the callers, read by everybody without a lock.
pub(super) struct Gauge {
    epoch: Instant,
    queued: AtomicUsize,
    /// When the oldest urgent operation in work was queued, or the group was begun; [`NOBODY`] when there is no work.
    since_us: AtomicU64,
    /// Urgent operations of a group, averaged over the last few groups.
    urgent: AtomicUsize,
}

/// From so many urgent operations in a group on, intake is what the machine is busy with. Five thousand webhooks a second
/// make groups of 15 to 30.
const PRESSING: usize = 40;

const NOBODY: u64 = u64::MAX;

impl Gauge {
    #[expect(clippy::disallowed_methods, reason = "measures real waiting of real threads; no rule depends on it")]
    pub(super) fn new() -> Self {
        Self {
            epoch: Instant::now(),
            queued: AtomicUsize::new(0),
            since_us: AtomicU64::new(NOBODY),
            urgent: AtomicUsize::new(0),
        }
    }

    pub(super) fn now_us(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    pub(super) fn queued(&self) {
        self.queued.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn settled(&self, operations: usize) {
        self.queued.fetch_sub(operations, Ordering::Relaxed);
    }

    /// The queue is first in, first out: the first urgent one of a group is the oldest of all.
    pub(super) fn working_since(&self, at_us: u64) {
        self.since_us.store(at_us, Ordering::Relaxed);
    }

    /// Told of each group; only the writer calls this.
    pub(super) fn was_urgent(&self, operations: usize) {
        let average = (self.urgent.load(Ordering::Relaxed) * 3 + operations) / 4;
        self.urgent.store(average, Ordering::Relaxed);
    }

    pub(super) fn is_pressing(&self) -> bool {
        self.urgent.load(Ordering::Relaxed) >= PRESSING
    }

    pub(super) fn idle(&self) {
        self.since_us.store(NOBODY, Ordering::Relaxed);
    }

    pub(super) fn pressure(&self) -> Pressure {
        let since = self.since_us.load(Ordering::Relaxed);
        let oldest_ms = if since == NOBODY { 0 } else { self.now_us().saturating_sub(since) / 1000 };
        Pressure { queued: self.queued.load(Ordering::Relaxed), oldest_ms }
    }
}
