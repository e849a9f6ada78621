//! The messaging limit of a portfolio: how many people it may write to first, and how that grows (§3.3).

use std::collections::{HashSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::identity::PersonId;
use super::world::World;
use crate::payload::{PortfolioId, Update, WabaId, account};

const HOUR_MS: u64 = 3_600_000;
const DAY_MS: u64 = 24 * HOUR_MS;
const WEEK_MS: u64 = 7 * DAY_MS;
/// From the moment when half of the limit was used, until Meta raises it.
const GROWTH_MS: u64 = 6 * HOUR_MS;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Tier {
    #[serde(rename = "TIER_250")]
    Few,
    #[serde(rename = "TIER_2K")]
    TwoThousand,
    #[serde(rename = "TIER_10K")]
    TenThousand,
    #[serde(rename = "TIER_100K")]
    HundredThousand,
    #[serde(rename = "TIER_UNLIMITED")]
    Unlimited,
}

impl Tier {
    /// Distinct people in 24 h.
    pub(crate) fn people(self) -> Option<usize> {
        match self {
            Self::Few => Some(250),
            Self::TwoThousand => Some(2_000),
            Self::TenThousand => Some(10_000),
            Self::HundredThousand => Some(100_000),
            Self::Unlimited => None,
        }
    }

    /// What a portfolio grows to by itself. Beyond the first tier it gets only by a verification.
    fn next(self) -> Option<Self> {
        match self {
            Self::TwoThousand => Some(Self::TenThousand),
            Self::TenThousand => Some(Self::HundredThousand),
            Self::HundredThousand => Some(Self::Unlimited),
            Self::Few | Self::Unlimited => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Few => "TIER_250",
            Self::TwoThousand => "TIER_2K",
            Self::TenThousand => "TIER_10K",
            Self::HundredThousand => "TIER_100K",
            Self::Unlimited => "TIER_UNLIMITED",
        }
    }
}

/// Distinct people whom a portfolio reached outside a window.
#[derive(Debug)]
pub(crate) struct Reach {
    pub(crate) tier: Tier,
    day: Distinct,
    week: Distinct,
    grows_at_ms: Option<u64>,
}

impl Reach {
    pub(crate) fn new(tier: Tier) -> Self {
        Self { tier, day: Distinct::new(DAY_MS), week: Distinct::new(WEEK_MS), grows_at_ms: None }
    }

    pub(crate) fn admit(&mut self, person: PersonId, now_ms: u64) -> bool {
        let Some(limit) = self.tier.people() else { return true };
        self.day.forget(now_ms);
        self.week.forget(now_ms);
        if !self.day.people.contains(&person) && self.day.people.len() >= limit {
            return false;
        }
        self.day.note(person, now_ms);
        self.week.note(person, now_ms);
        if self.tier.next().is_some() && self.week.people.len() * 2 >= limit {
            self.grows_at_ms.get_or_insert(now_ms + GROWTH_MS);
        }
        true
    }

    /// The next tier, once it is due. Who has bad quality by then waits until it is used and due again.
    fn grow(&mut self, is_good: bool, now_ms: u64) -> Option<Tier> {
        self.grows_at_ms.take_if(|at| *at <= now_ms)?;
        self.tier = self.tier.next().filter(|_| is_good)?;
        Some(self.tier)
    }
}

/// Who was met within a time.
#[derive(Debug)]
struct Distinct {
    life_ms: u64,
    people: HashSet<PersonId>,
    order: VecDeque<(u64, PersonId)>,
}

impl Distinct {
    fn new(life_ms: u64) -> Self {
        Self { life_ms, people: HashSet::new(), order: VecDeque::new() }
    }

    /// The first time counts, until it is forgotten.
    fn note(&mut self, person: PersonId, now_ms: u64) {
        if self.people.insert(person) {
            self.order.push_back((now_ms, person));
        }
    }

    fn forget(&mut self, now_ms: u64) {
        while let Some((_, person)) = self.order.pop_front_if(|(at, _)| *at + self.life_ms <= now_ms) {
            self.people.remove(&person);
        }
    }
}

impl World {
    /// What is posted about the portfolios whose limit grows now.
    pub(crate) fn grow(&mut self, now_ms: u64) -> Vec<Update> {
        let bad: HashSet<PortfolioId> = self
            .numbers
            .values()
            .filter(|number| number.quality != "GREEN")
            .map(|number| number.portfolio.clone())
            .collect();
        let grown = self.reaches.iter_mut().filter_map(|(portfolio, reach)| {
            reach.grow(!bad.contains(portfolio), now_ms).map(|tier| (portfolio.clone(), tier))
        });
        let grown: Vec<(PortfolioId, Tier)> = grown.collect();
        grown.iter().flat_map(|(portfolio, tier)| self.capability(portfolio, *tier, now_ms)).collect()
    }

    /// As after a verification of the business. `None` when there is no such portfolio.
    pub(crate) fn set_tier(&mut self, portfolio: &PortfolioId, tier: Tier, now_ms: u64) -> Option<Vec<Update>> {
        *self.reaches.get_mut(portfolio)? = Reach::new(tier);
        Some(self.capability(portfolio, tier, now_ms))
    }

    fn capability(&self, portfolio: &PortfolioId, tier: Tier, now_ms: u64) -> Vec<Update> {
        let numbers = self.numbers.values().filter(|number| number.portfolio == *portfolio);
        let wabas: HashSet<&WabaId> = numbers.map(|number| &number.config.waba_id).collect();
        wabas.into_iter().map(|waba| account::limit_raised(waba, now_ms / 1_000, tier.people())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn people(reach: &mut Reach, people: std::ops::Range<u32>, now_ms: u64) -> usize {
        people.filter(|person| reach.admit(PersonId(*person), now_ms)).count()
    }

    #[test]
    fn a_portfolio_reaches_its_tier_of_distinct_people_in_24_hours() {
        let mut reach = Reach::new(Tier::Few);
        assert_eq!(people(&mut reach, 0..300, 1), 250);
        assert!(reach.admit(PersonId(3), 2), "again to the same person costs nothing");
        assert!(reach.admit(PersonId(900), DAY_MS + 1), "a day later there is room");
        assert_eq!(reach.grow(true, WEEK_MS), None, "the first tier grows only by a verification");
    }

    #[test]
    fn who_used_half_of_the_limit_in_a_week_with_good_quality_has_the_next_tier_six_hours_later() {
        let mut reach = Reach::new(Tier::TwoThousand);
        people(&mut reach, 0..500, 0);
        people(&mut reach, 0..999, DAY_MS);
        assert_eq!(reach.grow(true, DAY_MS + GROWTH_MS), None, "one is missing");
        people(&mut reach, 999..1_000, 2 * DAY_MS);
        assert_eq!(reach.grow(true, 2 * DAY_MS + GROWTH_MS - 1), None);
        assert_eq!(reach.grow(true, 2 * DAY_MS + GROWTH_MS), Some(Tier::TenThousand));
        assert_eq!(reach.grow(true, WEEK_MS), None, "that is no half of the new one");
    }

    #[test]
    fn bad_quality_keeps_the_tier() {
        let mut reach = Reach::new(Tier::TwoThousand);
        people(&mut reach, 0..1_000, 0);
        assert_eq!((reach.grow(false, GROWTH_MS), reach.tier), (None, Tier::TwoThousand));
    }
}
