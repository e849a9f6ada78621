//! Turns, one a gap after the other. One that came late is made up for: a timer or a process that stands still for a moment costs no rate.

use std::time::Duration;

use tokio::time::Instant;

/// A turn is made up for while it is no older. What that brings into one second is counted at the door.
const MADE_UP_MAX: Duration = Duration::from_millis(250);
/// Over so much time lie as many turns as Meta allows in a second: more than the door counts over, so that what has piled up there drains.
const TURNS_TAKE: Duration = Duration::from_millis(1_007);

pub(super) struct Beat {
    next: Instant,
}

impl Beat {
    pub(super) fn from(next: Instant) -> Self {
        Self { next }
    }

    /// Nobody's turn is before.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// So many turns are used at `now`, the first by somebody who had been there `since`.
    pub(super) fn use_up(&mut self, turns: u32, since: Instant, now: Instant, per_second: u32) {
        let oldest = now.checked_sub(MADE_UP_MAX).unwrap_or(now);
        self.next = self.next.max(since).max(oldest) + gap(per_second) * turns;
    }

    /// No more than that is owed.
    pub(super) fn owe_until(&mut self, last: Instant) {
        self.next = self.next.min(last);
    }
}

pub(super) fn gap(per_second: u32) -> Duration {
    TURNS_TAKE / per_second.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many turns there are in ten seconds of somebody who always wants one, and can take them at these times.
    fn turns(after: impl Fn(u32) -> Duration) -> u32 {
        let began = Instant::now();
        let (mut beat, mut used) = (Beat::from(began), 0);
        for time in (0..).map(after).take_while(|time| *time < Duration::from_secs(10)) {
            let now = began + time;
            while beat.next() <= now {
                beat.use_up(1, began, now, 1_000);
                used += 1;
            }
        }
        used
    }

    #[test]
    fn late_turns_are_made_up_for_unless_they_are_old() {
        let millis = |millis: u32| Duration::from_millis(u64::from(millis));
        let in_time = turns(millis);
        assert!((9_925..=9_935).contains(&in_time), "{in_time}");
        let late = turns(|n| millis(n * 240));
        assert!(late + 250 >= in_time, "{late} of {in_time}");
        let too_late = turns(|n| millis(n * 500));
        assert!((4_700..=5_000).contains(&too_late), "{too_late}");
    }

    #[test]
    fn who_was_not_there_makes_up_for_nothing() {
        let began = Instant::now();
        let (mut beat, now) = (Beat::from(began), began + Duration::from_secs(1));
        beat.use_up(1, now, now, 80);
        assert_eq!(beat.next(), now + gap(80));
    }
}
