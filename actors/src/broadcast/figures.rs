//! The last minutes of a broadcast, for the page that shows it live. Only in memory: what was sent in all is in the tallies.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use engine::id::PhoneNumberId;
use engine::time::Timestamp;
use tokio::time::Instant;

/// Seconds that are kept of each lane.
const SECONDS_KEPT: usize = 600;

/// What left a lane in one second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaceSecond {
    /// Since 1970.
    pub second: u64,
    pub sent: u32,
    /// What WhatsApp allowed the number.
    pub allowed: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneState {
    Running,
    /// WhatsApp asked to slow down, or cannot be reached: nothing leaves for so many seconds.
    Slower {
        seconds: u64,
    },
    /// Everybody who still waits in it sleeps, the first until then.
    Asleep {
        until: Timestamp,
    },
    /// So many as may begin in a day have begun; some more may from then on.
    DayIsFull {
        until: Timestamp,
    },
    /// Its business portfolio has begun to write to as many people as WhatsApp lets it in 24 hours; one more may be from then on.
    PortfolioIsFull {
        until: Timestamp,
    },
    Paused,
}

/// One number of a broadcast.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanePace {
    pub number: PhoneNumberId,
    pub state: LaneState,
    /// Oldest first; seconds in which nothing was on its way are left out.
    pub seconds: Vec<PaceSecond>,
}

pub(crate) struct Figures {
    lanes: Vec<(PhoneNumberId, Mutex<Lane>)>,
    full_until: Mutex<Option<Timestamp>>,
}

#[derive(Default)]
struct Lane {
    seconds: VecDeque<PaceSecond>,
    slower_until: Option<Instant>,
    asleep_until: Option<Timestamp>,
    portfolio_full_until: Option<Timestamp>,
}

impl Figures {
    pub(super) fn new(numbers: &[PhoneNumberId]) -> Self {
        let lanes = numbers.iter().map(|number| (number.clone(), Mutex::default())).collect();
        Self { lanes, full_until: Mutex::default() }
    }

    pub(super) fn lanes(&self) -> impl Iterator<Item = &PhoneNumberId> {
        self.lanes.iter().map(|(number, _)| number)
    }

    pub(super) fn count_sent(&self, lane: u8, second: u64) {
        if let Some(mut lane) = self.lane(lane) {
            lane.change(second, |it| it.sent += 1);
        }
    }

    pub(super) fn allow(&self, lane: u8, second: u64, per_second: u32) {
        if let Some(mut lane) = self.lane(lane) {
            lane.change(second, |it| it.allowed = per_second);
        }
    }

    pub(super) fn slow_down(&self, lane: u8, until: Instant) {
        if let Some(mut lane) = self.lane(lane) {
            lane.slower_until = lane.slower_until.max(Some(until));
        }
    }

    pub(super) fn sleep(&self, lane: u8, until: Option<Timestamp>) {
        if let Some(mut lane) = self.lane(lane) {
            lane.asleep_until = until;
        }
    }

    pub(super) fn fill_portfolio(&self, lane: u8, until: Option<Timestamp>) {
        if let Some(mut lane) = self.lane(lane) {
            lane.portfolio_full_until = until;
        }
    }

    pub(super) fn fill_day(&self, until: Option<Timestamp>) {
        *self.full_until.lock().unwrap_or_else(PoisonError::into_inner) = until;
    }

    pub(super) fn shown(&self, is_paused: bool, now: Instant) -> Vec<LanePace> {
        let full_until = *self.full_until.lock().unwrap_or_else(PoisonError::into_inner);
        let shown = self.lanes.iter().map(|(number, lane)| {
            let lane = lane.lock().unwrap_or_else(PoisonError::into_inner);
            let slower = lane.slower_until.filter(|until| *until > now);
            let state = match (slower, lane.asleep_until, lane.portfolio_full_until, full_until) {
                _ if is_paused => LaneState::Paused,
                (Some(until), ..) => LaneState::Slower { seconds: until.duration_since(now).as_secs() + 1 },
                (None, Some(until), ..) => LaneState::Asleep { until },
                (None, None, Some(until), _) => LaneState::PortfolioIsFull { until },
                (None, None, None, Some(until)) => LaneState::DayIsFull { until },
                (None, None, None, None) => LaneState::Running,
            };
            LanePace { number: number.clone(), state, seconds: lane.seconds.iter().copied().collect() }
        });
        shown.collect()
    }

    fn lane(&self, lane: u8) -> Option<MutexGuard<'_, Lane>> {
        let (_, lane) = self.lanes.get(usize::from(lane))?;
        Some(lane.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Lane {
    /// The clock may have been set back: what is late counts for the newest second.
    fn change(&mut self, second: u64, change: impl FnOnce(&mut PaceSecond)) {
        if self.seconds.back().is_none_or(|last| last.second < second) {
            if self.seconds.len() >= SECONDS_KEPT {
                self.seconds.pop_front();
            }
            self.seconds.push_back(PaceSecond { second, sent: 0, allowed: 0 });
        }
        if let Some(last) = self.seconds.back_mut() {
            change(last);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn ten_minutes_are_kept_and_each_second_says_what_left() -> Result<(), engine::id::InvalidId> {
        let figures = Figures::new(&["200".parse()?]);
        for second in 0..1_000 {
            figures.allow(0, second, 80);
            figures.count_sent(0, second);
            figures.count_sent(0, second);
        }
        let now = Instant::now();
        figures.slow_down(0, now + Duration::from_secs(4));
        let shown = figures.shown(false, now);
        assert_eq!((shown[0].seconds.len(), shown[0].state), (SECONDS_KEPT, LaneState::Slower { seconds: 5 }));
        let last = PaceSecond { second: 999, sent: 2, allowed: 80 };
        assert_eq!(shown[0].seconds.last(), Some(&last));
        assert_eq!(figures.shown(true, now)[0].state, LaneState::Paused);
        Ok(())
    }
}
