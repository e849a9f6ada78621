//! How fast Meta lets a number send: a rate for the number that inbound counts against, and a bucket per recipient.

use std::num::NonZeroU32;
use std::time::Duration;

use engine::outgoing::Recipient;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::time::Instant;

use super::beat::{Beat, gap};
use crate::clock::{TokioClock, TokioInstant};

/// Meta's default: 80 messages per second and number, both directions together.
pub(super) const RATE_STANDARD: u32 = 80;
/// A message waits for its turn so many gaps at most, and what came in is paid for by those after it: a flood must not keep
/// every reply from leaving. If Meta minds, it says so.
const HELD_UP_MAX: u32 = 2;
/// One message per 6 s to the same person …
const PAIR_PERIOD: Duration = Duration::from_secs(6);
/// … with up to 45 borrowed from the future.
const PAIR_BURST: u32 = 45;
/// Buckets that are full again are forgotten after this many sends.
const FORGET_EVERY: u32 = 1024;

type Keyed = RateLimiter<Recipient, HashMapStateStore<Recipient>, TokioClock, NoOpMiddleware<TokioInstant>>;

pub(super) struct Pace {
    /// What comes in uses up some of it.
    beat: Beat,
    /// Since when the next message waits for its turn.
    wanted: Option<Instant>,
    /// Since when somebody always waits.
    busy: Option<Instant>,
    pairs: Keyed,
    sends: u32,
    per_second: u32,
    counts_inbound: bool,
}

impl Pace {
    /// `per_second` is what Meta allows the number.
    pub(super) fn new(per_second: u32) -> Self {
        let one = NonZeroU32::MIN;
        let pair = Quota::with_period(PAIR_PERIOD)
            .unwrap_or(Quota::per_second(one))
            .allow_burst(NonZeroU32::new(PAIR_BURST).unwrap_or(one));
        Self {
            beat: Beat::from(Instant::now()),
            wanted: None,
            busy: None,
            pairs: RateLimiter::new(pair, HashMapStateStore::default(), TokioClock),
            sends: 0,
            per_second,
            counts_inbound: true,
        }
    }

    /// Of a number that was another node's, which may have used up all of this second: one message, whose answer says what Meta
    /// allows. What comes in does not count until then, because it would keep that message from leaving.
    pub(super) fn unknown() -> Self {
        Self { counts_inbound: false, ..Self::new(1) }
    }

    /// Meta allows another pace from now on; the last message has just left.
    pub(super) fn change(&mut self, per_second: u32) {
        self.per_second = per_second;
        self.beat = Beat::from(Instant::now() + gap(per_second));
        self.wanted = None;
        self.counts_inbound = true;
    }

    pub(super) fn per_second(&self) -> u32 {
        self.per_second
    }

    /// `None`: takes one from the number's rate, go. Otherwise how long to wait.
    pub(super) fn rate_wait(&mut self) -> Option<Duration> {
        let now = Instant::now();
        let wanted = *self.wanted.get_or_insert(now);
        self.busy.get_or_insert(now);
        let early = self.beat.next().saturating_duration_since(now);
        let held_up = (wanted + gap(self.per_second) * HELD_UP_MAX).saturating_duration_since(now);
        let wait = early.min(held_up);
        if !wait.is_zero() {
            return Some(wait);
        }
        self.wanted = None;
        self.use_up(1, now);
        None
    }

    /// Turns that nobody wants are not made up for.
    pub(super) fn nobody_waits(&mut self) {
        (self.wanted, self.busy) = (None, None);
    }

    /// What came in uses up the rate; it cannot be refused, so the next sends pay for it.
    pub(super) fn count_inbound(&mut self, messages: u32) {
        if self.counts_inbound {
            self.use_up(messages.min(self.per_second), Instant::now());
        }
    }

    /// No more than a second is owed.
    fn use_up(&mut self, messages: u32, now: Instant) {
        self.beat.use_up(messages, self.busy.unwrap_or(now), now, self.per_second);
        self.beat.owe_until(now + gap(self.per_second).max(Duration::from_secs(1)));
    }

    /// `None`: takes one from the recipient's bucket, go. Otherwise how long to wait.
    pub(super) fn pair_wait(&mut self, recipient: &Recipient) -> Option<Duration> {
        self.sends += 1;
        if self.sends.is_multiple_of(FORGET_EVERY) {
            self.pairs.retain_recent();
        }
        self.pairs.check_key(recipient).err().map(|wait| wait.wait_time_from(TokioClock.now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recipient() -> Recipient {
        Recipient { wa_id: Some("12025550123".parse().unwrap()), bsuid: None }
    }

    /// Sends as a timer lets it, which may be late.
    async fn sends(pace: &mut Pace, seconds: u64, late: impl Fn(u64) -> u64) -> Vec<Instant> {
        let (end, mut sent) = (Instant::now() + Duration::from_secs(seconds), Vec::new());
        for step in 0.. {
            while pace.rate_wait().is_none() {
                sent.push(Instant::now());
            }
            tokio::time::advance(Duration::from_millis(1 + late(step))).await;
            if Instant::now() >= end {
                break;
            }
        }
        sent
    }

    #[tokio::test(start_paused = true)]
    async fn no_second_sees_more_than_meta_allows_and_hardly_less() {
        for per_second in [20, RATE_STANDARD, 1_000] {
            let mut pace = Pace::new(per_second);
            tokio::time::advance(Duration::from_mins(1)).await;
            let sent = sends(&mut pace, 60, |step| step % 6).await;
            for window in sent.windows(per_second as usize + 1) {
                let time = window[per_second as usize].duration_since(window[0]);
                assert!(time >= Duration::from_secs(1), "{per_second} and one in {time:?}");
            }
            let least = per_second as usize * 60 * 99 / 100;
            assert!(sent.len() >= least, "{} of {per_second} per second", sent.len());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_person_gets_45_at_once_and_then_one_in_6_seconds() {
        let mut pace = Pace::new(RATE_STANDARD);
        let burst = (0..100).take_while(|_| pace.pair_wait(&recipient()).is_none()).count();
        assert_eq!(burst, 45);
        let wait = pace.pair_wait(&recipient()).unwrap();
        assert!(wait <= PAIR_PERIOD && wait > Duration::from_secs(5));
        tokio::time::advance(wait).await;
        assert_eq!(pace.pair_wait(&recipient()), None);
    }

    #[tokio::test(start_paused = true)]
    async fn another_pace_begins_with_a_gap() {
        let mut pace = Pace::unknown();
        assert_eq!(pace.rate_wait(), None);
        pace.change(RATE_STANDARD);
        assert!(pace.rate_wait().is_some_and(|wait| wait < Duration::from_millis(13)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_late_is_made_up_for_and_what_nobody_wanted_is_not() {
        let mut pace = Pace::new(RATE_STANDARD);
        assert_eq!(pace.rate_wait(), None);
        let at_once = |pace: &mut Pace| (0..100).take_while(|_| pace.rate_wait().is_none()).count();
        assert_eq!(at_once(&mut pace), 0);
        let stood_still = Duration::from_millis(200);
        tokio::time::advance(stood_still).await;
        assert_eq!(at_once(&mut pace), 15, "turns of 200 ms");
        pace.nobody_waits();
        tokio::time::advance(stood_still).await;
        assert_eq!(at_once(&mut pace), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_in_keeps_no_new_holder_from_asking_for_its_rate() {
        let mut pace = Pace::unknown();
        pace.count_inbound(500);
        assert_eq!(pace.rate_wait(), None);
        assert!(pace.rate_wait().is_some(), "one message");
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_of_what_comes_in_does_not_keep_everything_from_leaving() {
        let mut pace = Pace::new(RATE_STANDARD);
        let mut sent = 0;
        for _ in 0..10_000 {
            pace.count_inbound(1);
            sent += u32::from(pace.rate_wait().is_none());
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert!((350..=450).contains(&sent), "{sent} in ten seconds of 1,000 a second");
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_in_is_paid_for() {
        let mut pace = Pace::new(RATE_STANDARD);
        tokio::time::advance(Duration::from_secs(1)).await;
        pace.count_inbound(40);
        let wait = pace.rate_wait().unwrap();
        assert!(wait <= gap(RATE_STANDARD) * HELD_UP_MAX, "{wait:?}");
        let sent = sends(&mut pace, 1, |_| 0).await.len();
        assert!((38..=42).contains(&sent), "{sent} beside 40");
        pace.count_inbound(5_000);
        let sent = sends(&mut pace, 4, |_| 0).await.len();
        assert!((230..=285).contains(&sent), "{sent}: a second is owed, not a minute");
    }
}
