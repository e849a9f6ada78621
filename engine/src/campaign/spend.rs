//! How much it may cost. Known charges count, and what may still come of everything that has left: whatever is on its way when
//! the limit is reached is still sent.

use super::{Campaign, Class, Cost, PauseReason, Plan, Tallies};
use crate::price::{Money, Prices, Sums};
use crate::rejection::Rejection;
use crate::time::Timestamp;

impl Plan {
    pub(super) fn check_spend(&self) -> Result<(), Rejection> {
        match self.spend_max {
            Some(max) if max.micros <= 0 => Err(Rejection::Invalid("A limit of spending is more than nothing.")),
            Some(_) | None => Ok(()),
        }
    }
}

impl Campaign {
    /// Why nobody more must get it: it has cost, or may come to cost, as much as it may. People of no known price, and prices
    /// in another currency, cannot be counted.
    pub fn overspent(&self, tallies: &Tallies, now: Timestamp, prices: &Prices) -> Option<PauseReason> {
        let max = self.plan.spend_max?;
        if tallies.of(Class::Waiting) == 0 {
            return None;
        }
        let cost = Cost::of(self, tallies, now, prices);
        let mut sums = Sums::default();
        cost.billed.iter().chain(&cost.expected).for_each(|money| sums.add(*money));
        let spent = sums.of(max.currency);
        (spent.micros >= max.micros).then_some(PauseReason::Spent { max, spent })
    }

    /// With another limit, or none; allowed at any time until it ends.
    pub fn limited(&self, spend_max: Option<Money>) -> Result<Self, Rejection> {
        if self.phase.is_over() {
            return Err(Rejection::Invalid("This broadcast has ended."));
        }
        let plan = Plan { spend_max, ..self.plan.clone() };
        plan.check_spend()?;
        Ok(Self { plan, ..self.next() })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::campaign::TallyKey;
    use crate::campaign::fixture::{draft, launched, tally};
    use crate::price::{Charge, PriceCategory, PriceKind, Pricing};

    const NOW: Timestamp = Timestamp(1_795_392_000_000);

    fn money(micros: i64, currency: &str) -> Money {
        Money { micros, currency: currency.parse().unwrap() }
    }

    fn of(class: Class, kind: Option<PriceKind>) -> TallyKey {
        let charge = kind.map(|kind| Charge::of(Pricing { category: PriceCategory::Marketing, kind }, NOW));
        TallyKey { country: Some("BR".parse().unwrap()), charge, ..tally(class) }
    }

    fn overspent(max: Money, tallies: &Tallies) -> Option<PauseReason> {
        let prices = Prices::with_own(Some("price, 2025-07-01, Brazil, marketing, USD, 0.05")).unwrap();
        launched(&draft()).limited(Some(max)).unwrap().overspent(tallies, NOW, &prices)
    }

    #[test]
    fn what_is_billed_and_what_is_on_its_way_count_against_the_limit() {
        let tallies = Tallies(BTreeMap::from([
            (of(Class::Waiting, None), 1_000),
            (of(Class::UnderWay, None), 1),
            (of(Class::Sent, None), 1),
            (of(Class::Delivered, Some(PriceKind::Regular)), 2),
            (of(Class::Read, Some(PriceKind::FreeEntryPoint)), 50),
        ]));
        let spent = money(200_000, "USD");
        assert_eq!(overspent(money(200_001, "USD"), &tallies), None);
        assert_eq!(overspent(spent, &tallies), Some(PauseReason::Spent { max: spent, spent }));
        assert_eq!(overspent(money(1, "EUR"), &tallies), None, "nothing is converted");
        let mut last = tallies.clone();
        last.0.remove(&of(Class::Waiting, None));
        assert_eq!(overspent(spent, &last), None, "nobody is left to be spared");
    }

    #[test]
    fn a_limit_is_more_than_nothing_and_can_be_changed_until_the_end() {
        let running = launched(&draft());
        assert!(running.limited(Some(money(0, "USD"))).is_err());
        let limited = running.limited(Some(money(5, "USD"))).unwrap();
        assert_eq!((limited.plan.spend_max, limited.revision), (Some(money(5, "USD")), running.revision + 1));
        assert_eq!(limited.limited(None).map(|free| free.plan.spend_max), Ok(None));
        assert!(running.cancelled(NOW).unwrap().limited(None).is_err());
    }
}
