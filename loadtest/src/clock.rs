//! The only file that reads the machine's clock or waits for it; everything else takes the time as an argument.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

/// Milliseconds since the Unix epoch.
pub fn unix_millis() -> u64 {
    #[expect(clippy::disallowed_methods, reason = "the edge where wall time enters")]
    let now = std::time::SystemTime::now();
    now.duration_since(std::time::UNIX_EPOCH).map_or(0, whole_millis)
}

pub async fn pause(duration: Duration) {
    #[expect(clippy::disallowed_methods, reason = "delays are what the simulator and the load generator are made of")]
    tokio::time::sleep(duration).await;
}

pub fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Time as the simulated Meta sees it: runs with real time, and can be pushed ahead so that a test passes 24 h in no time.
#[derive(Debug)]
pub struct SimulatedClock {
    started: Instant,
    epoch_ms: u64,
    ahead_ms: AtomicU64,
}

impl SimulatedClock {
    pub fn starting_at(epoch_ms: u64) -> Self {
        Self { started: Instant::now(), epoch_ms, ahead_ms: AtomicU64::new(0) }
    }

    pub fn now_ms(&self) -> u64 {
        self.epoch_ms + whole_millis(self.started.elapsed()) + self.ahead_ms.load(Ordering::Relaxed)
    }

    pub fn advance(&self, by: Duration) {
        self.ahead_ms.fetch_add(whole_millis(by), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_can_pass_at_once() {
        let clock = SimulatedClock::starting_at(1_000);
        clock.advance(Duration::from_hours(24));
        assert!(clock.now_ms() >= 86_401_000);
    }
}
