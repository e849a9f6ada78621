//! How fast Meta lets a number send: a rate for the number that inbound counts against, and a bucket per recipient.

use std::num::NonZeroU32;
use std::time::Duration;

use engine::outgoing::Recipient;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};

use crate::clock::{TokioClock, TokioInstant};

/// Meta's default: 80 messages per second and number, both directions together.
pub(super) const RATE_STANDARD: u32 = 80;
/// This part of a second's messages is let through at once after a pause. Rate and burst together stay at what Meta allows
/// in any one second.
const BURST_PART: u32 = 10;
/// One message per 6 s to the same person …
const PAIR_PERIOD: Duration = Duration::from_secs(6);
/// … with up to 45 borrowed from the future.
const PAIR_BURST: u32 = 45;
/// Buckets that are full again are forgotten after this many sends.
const FORGET_EVERY: u32 = 1024;

type Direct = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<TokioInstant>>;
type Keyed = RateLimiter<Recipient, HashMapStateStore<Recipient>, TokioClock, NoOpMiddleware<TokioInstant>>;

pub(super) struct Pace {
    rate: Direct,
    pairs: Keyed,
    sends: u32,
    per_second: u32,
    counts_inbound: bool,
}

impl Pace {
    /// `per_second` is what Meta allows the number. Starts with what a quiet second leaves, never with more.
    pub(super) fn new(per_second: u32) -> Self {
        let one = NonZeroU32::MIN;
        let burst = (per_second / BURST_PART).max(1);
        let rate = Quota::per_second(NonZeroU32::new(per_second.saturating_sub(burst)).unwrap_or(one));
        let rate = rate.allow_burst(NonZeroU32::new(burst).unwrap_or(one));
        let pair =
            Quota::with_period(PAIR_PERIOD).unwrap_or(rate).allow_burst(NonZeroU32::new(PAIR_BURST).unwrap_or(one));
        Self {
            rate: RateLimiter::direct_with_clock(rate, TokioClock),
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

    /// As [`Pace::new`], but as if everything was used up just now.
    pub(super) fn empty(per_second: u32) -> Self {
        let pace = Self::new(per_second);
        pace.count_inbound(per_second);
        pace
    }

    pub(super) fn per_second(&self) -> u32 {
        self.per_second
    }

    /// `None`: takes one from the number's rate, go. Otherwise how long to wait.
    pub(super) fn rate_wait(&self) -> Option<Duration> {
        self.rate.check().err().map(|wait| wait.wait_time_from(TokioClock.now()))
    }

    /// What came in uses up the rate; it cannot be refused, so it only makes the next send wait.
    pub(super) fn count_inbound(&self, messages: u32) {
        if !self.counts_inbound {
            return;
        }
        for _ in 0..messages.min(self.per_second) {
            if self.rate.check().is_err() {
                return;
            }
        }
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

    #[tokio::test(start_paused = true)]
    async fn no_second_sees_more_than_meta_allows() {
        let pace = Pace::new(RATE_STANDARD);
        tokio::time::advance(Duration::from_mins(1)).await;
        let mut sent = 0;
        for _ in 0..1000 {
            while pace.rate_wait().is_none() {
                sent += 1;
            }
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert!((RATE_STANDARD * 8 / 10..=RATE_STANDARD).contains(&sent), "{sent} in one second");
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
    async fn whoever_takes_over_adds_nothing_to_what_was_sent_just_now() {
        let (mut pace, mut sent) = (Pace::new(RATE_STANDARD), 0);
        tokio::time::advance(Duration::from_mins(1)).await;
        for millis in 0..1000 {
            if millis == 400 {
                pace = Pace::empty(RATE_STANDARD);
            }
            while pace.rate_wait().is_none() {
                sent += 1;
            }
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        assert!(sent <= RATE_STANDARD, "{sent} in one second");
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_in_keeps_no_new_holder_from_asking_for_its_rate() {
        let pace = Pace::unknown();
        pace.count_inbound(500);
        assert_eq!(pace.rate_wait(), None);
        assert!(pace.rate_wait().is_some(), "one message");
    }

    #[tokio::test(start_paused = true)]
    async fn what_comes_in_counts() {
        let pace = Pace::new(RATE_STANDARD);
        pace.count_inbound(500);
        assert!(pace.rate_wait().is_some());
    }
}
