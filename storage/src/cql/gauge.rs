//! How long plain writes take now: what comes in is refused while its writes would take too long (Meta repeats).

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Part of the average that a new measurement is: one slow write among many quick ones is no lag.
const WEIGHT: u64 = 16;
/// What was measured counts half after so long, or a lag would last for ever when it stops everybody from writing.
const FORGETS_HALF: Duration = Duration::from_millis(500);

pub(super) struct Gauge {
    epoch: Instant,
    under_way: AtomicUsize,
    /// The last answer, or the first write after a time without any.
    since_us: AtomicU64,
    /// Over the last writes that were answered.
    average_us: AtomicU64,
}

/// A write that is under way; it ends when this is dropped.
pub(super) struct UnderWay<'a> {
    gauge: &'a Gauge,
    begun_us: u64,
}

impl Gauge {
    pub(super) fn new() -> Self {
        Self {
            epoch: Instant::now(),
            under_way: AtomicUsize::new(0),
            since_us: AtomicU64::new(0),
            average_us: AtomicU64::new(0),
        }
    }

    fn now_us(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    pub(super) fn begin(&self) -> UnderWay<'_> {
        let begun_us = self.now_us();
        if self.under_way.fetch_add(1, Ordering::Relaxed) == 0 {
            self.since_us.store(begun_us, Ordering::Relaxed);
        }
        UnderWay { gauge: self, begun_us }
    }

    /// What a write takes, or how long nothing was answered although something waits.
    pub(super) fn lag(&self) -> Duration {
        let quiet = self.now_us().saturating_sub(self.since_us.load(Ordering::Relaxed));
        if self.under_way.load(Ordering::Relaxed) > 0 {
            return Duration::from_micros(self.average_us.load(Ordering::Relaxed).max(quiet));
        }
        let halves = u128::from(quiet) / FORGETS_HALF.as_micros();
        let average = self.average_us.load(Ordering::Relaxed);
        Duration::from_micros(average.checked_shr(u32::try_from(halves).unwrap_or(u32::MAX)).unwrap_or(0))
    }
}

impl UnderWay<'_> {
    /// The server has taken it.
    pub(super) fn answered(self) {
        let now = self.gauge.now_us();
        let took = now.saturating_sub(self.begun_us);
        let average = self.gauge.average_us.load(Ordering::Relaxed);
        // Two at once may forget one of them, which an average survives.
        self.gauge.average_us.store((average * (WEIGHT - 1) + took) / WEIGHT, Ordering::Relaxed);
        self.gauge.since_us.store(now, Ordering::Relaxed);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.gauge.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn write_of(gauge: &Gauge, takes: Duration) {
        let under_way = gauge.begin();
        tokio::time::advance(takes).await;
        under_way.answered();
    }

    #[tokio::test(start_paused = true)]
    async fn slow_writes_are_a_lag_and_one_among_many_is_none() {
        let gauge = Gauge::new();
        for _ in 0..50 {
            write_of(&gauge, Duration::from_millis(4)).await;
        }
        write_of(&gauge, Duration::from_secs(1)).await;
        assert!(gauge.lag() < Duration::from_millis(100), "{:?}", gauge.lag());
        for _ in 0..50 {
            write_of(&gauge, Duration::from_millis(400)).await;
        }
        assert!(gauge.lag() > Duration::from_millis(300), "{:?}", gauge.lag());
    }

    #[tokio::test(start_paused = true)]
    async fn servers_that_do_not_answer_are_a_lag_from_the_first_write_on() {
        let gauge = Gauge::new();
        tokio::time::advance(Duration::from_mins(1)).await;
        let hangs = gauge.begin();
        assert_eq!(gauge.lag(), Duration::ZERO);
        tokio::time::advance(Duration::from_millis(300)).await;
        assert_eq!(gauge.lag(), Duration::from_millis(300));
        drop(hangs);
        assert_eq!(gauge.lag(), Duration::ZERO, "nothing was measured");
    }

    #[tokio::test(start_paused = true)]
    async fn a_lag_that_stops_everybody_is_forgotten() {
        let gauge = Gauge::new();
        for _ in 0..200 {
            write_of(&gauge, Duration::from_secs(2)).await;
        }
        assert!(gauge.lag() > Duration::from_secs(1));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert!(gauge.lag() < Duration::from_millis(200), "{:?}", gauge.lag());
    }
}
