//! How often somebody may try. Every attempt takes one of a handful that fills up again by itself, so nobody is locked out
//! for good. A guesser from elsewhere does not use up what the real person has from their own network.

use std::hash::{BuildHasher as _, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::config::Limits;

/// An office shares one address: all accounts together from one network may try this much more often than one.
const NETWORK_SHARE: u32 = 30;
/// One account from all networks together.
const EVERYWHERE_SHARE: u32 = 5;

type Limiter = RateLimiter<u64, DashMapStateStore<u64>, MonotonicClock, NoOpMiddleware<std::time::Instant>>;

/// What is tried; each has its own handful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Door {
    /// Any question for a password or a code.
    Password,
    ResetLink,
}

pub struct Attempts {
    by_network: Limiter,
    by_account_here: Limiter,
    by_account: Limiter,
    /// Keys are hashes that only this process can make: of bounded size, and chosen by nobody.
    chance: RandomState,
}

impl Attempts {
    pub fn new(limits: &Limits) -> Self {
        let limiter = |share: u32| {
            let burst = NonZeroU32::new(limits.sign_in_attempts.saturating_mul(share)).unwrap_or(NonZeroU32::MIN);
            let period = Duration::from_secs(limits.sign_in_refill_seconds.max(1)) / share;
            let quota = Quota::with_period(period).unwrap_or_else(|| Quota::per_second(NonZeroU32::MIN));
            RateLimiter::dashmap_with_clock(quota.allow_burst(burst), MonotonicClock)
        };
        Self {
            by_network: limiter(NETWORK_SHARE),
            by_account_here: limiter(1),
            by_account: limiter(EVERYWHERE_SHARE),
            chance: RandomState::new(),
        }
    }

    /// `Err`: how long to wait. `email` in lower case.
    pub fn at(&self, door: Door, ip: Option<IpAddr>, email: &str) -> Result<(), Duration> {
        self.network(ip)?;
        take(&self.by_account_here, self.key(&(door, network(ip), email)))?;
        take(&self.by_account, self.key(&(door, email)))
    }

    /// For what has no account yet.
    pub fn network(&self, ip: Option<IpAddr>) -> Result<(), Duration> {
        take(&self.by_network, self.key(&network(ip)))
    }

    /// Forgets those whose handful is full again.
    pub fn forget_idle(&self) {
        for limiter in [&self.by_network, &self.by_account_here, &self.by_account] {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }

    fn key(&self, of: &impl Hash) -> u64 {
        self.chance.hash_one(of)
    }
}

fn take(limiter: &Limiter, key: u64) -> Result<(), Duration> {
    limiter.check_key(&key).map_err(|until| until.wait_time_from(MonotonicClock.now()))
}

/// What one person can have many addresses of: /24 of IPv4, /48 of IPv6.
fn network(ip: Option<IpAddr>) -> Vec<u8> {
    match ip.map(|ip| ip.to_canonical()) {
        Some(IpAddr::V4(ip)) => ip.octets().into_iter().take(3).collect(),
        Some(IpAddr::V6(ip)) => ip.octets().into_iter().take(6).collect(),
        None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn attempts() -> Attempts {
        // Nothing fills up again while the test runs.
        Attempts::new(&Limits {
            sign_in_attempts: 3,
            sign_in_refill_seconds: 36_000,
            ..Config::defaults().unwrap().limits
        })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_guesser_elsewhere_does_not_use_up_what_the_real_person_has() {
        let attempts = attempts();
        let guess = |from: &str| attempts.at(Door::Password, Some(ip(from)), "lina@aurora.example");
        for last in 1..=3 {
            assert_eq!(guess(&format!("198.51.100.{last}")), Ok(()), "one network");
        }
        assert!(guess("198.51.100.4").is_err_and(|wait| wait > Duration::ZERO));
        assert_eq!(guess("203.0.113.1"), Ok(()));
        assert_eq!(
            attempts.at(Door::ResetLink, Some(ip("198.51.100.4")), "lina@aurora.example"),
            Ok(()),
            "another door"
        );
        assert_eq!(
            attempts.at(Door::Password, Some(ip("198.51.100.4")), "omar@aurora.example"),
            Ok(()),
            "another person"
        );
    }

    #[test]
    fn many_networks_together_are_limited_too() {
        let attempts = attempts();
        let tried = (0..100)
            .filter(|net| attempts.at(Door::Password, Some(ip(&format!("10.0.{net}.1"))), "a@b.example").is_ok());
        assert_eq!(tried.count(), 15);
    }

    #[test]
    fn one_network_is_limited_over_all_accounts() {
        let attempts = attempts();
        let tried = (0..200_u32).filter(|n| {
            let from = format!("2001:db8:1:{n:x}::1");
            attempts.at(Door::Password, Some(ip(&from)), &format!("{n}@b.example")).is_ok()
        });
        assert_eq!(tried.count(), 90, "a /48 is one network");
    }
}
