//! The dated table, and what it says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{BadPrices, Country, Money, PriceCategory};
use crate::day::Day;

/// Of countries that no market names.
pub(super) const OTHER: &str = "Other";
/// Comes with Jetto.
const BUNDLED: &str = include_str!("../../prices/whatsapp.csv");

/// When a message that is charged otherwise is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FreeWhen {
    /// Within 24 hours after the customer wrote.
    Window,
    /// The customer came by an ad.
    FreeEntryPoint,
}

/// One line of the table about what is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Free {
    pub(super) from: Day,
    /// Not on this day any more.
    pub(super) until: Option<Day>,
    /// `None`: of every category.
    pub(super) category: Option<PriceCategory>,
    pub(super) when: FreeWhen,
}

/// Of one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Price {
    pub money: Money,
    /// The first day on which it held.
    pub since: Day,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prices {
    /// To which market a country belongs from this day on.
    pub(super) markets: BTreeMap<(Country, Day), Box<str>>,
    /// By market and category, from their day on.
    pub(super) dated: BTreeMap<(Box<str>, PriceCategory), BTreeMap<Day, Money>>,
    pub(super) free: Vec<Free>,
}

impl Prices {
    /// What comes with Jetto, and the operator's own on top: where both say something of the same day, the operator's holds.
    pub fn with_own(own: Option<&str>) -> Result<Self, BadPrices> {
        let mut prices = Self::default();
        prices.read(BUNDLED)?;
        if let Some(own) = own {
            prices.read(own)?;
        }
        Ok(prices)
    }

    /// Whose price holds there on this day.
    pub fn market(&self, country: Country, on: Day) -> &str {
        let until = self.markets.range((country, Day(i32::MIN))..=(country, on)).next_back();
        until.map_or(OTHER, |(_, market)| market)
    }

    /// `None`: the table does not know it. Nothing is ever guessed.
    pub fn of(&self, country: Country, category: PriceCategory, on: Day) -> Option<Price> {
        let key = (self.market(country, on).into(), category);
        let (since, money) = self.dated.get(&key)?.range(..=on).next_back()?;
        Some(Price { money: *money, since: *since })
    }

    /// When a message of this category is free on this day.
    pub fn free_when(&self, category: PriceCategory, on: Day) -> Vec<FreeWhen> {
        let holds = |free: &&Free| free.from <= on && free.until.is_none_or(|until| on < until);
        let is_of = |free: &&Free| free.category.is_none_or(|of| of == category);
        let mut when: Vec<_> = self.free.iter().filter(holds).filter(is_of).map(|free| free.when).collect();
        when.sort_unstable();
        when.dedup();
        when
    }

    /// Since when the newest of its prices hold; `None`: it knows none.
    pub fn newest(&self) -> Option<Day> {
        self.dated.values().filter_map(|dated| dated.keys().next_back()).max().copied()
    }

    /// How many prices it knows, of every date.
    pub fn len(&self) -> usize {
        self.dated.values().map(BTreeMap::len).sum()
    }

    pub fn is_empty(&self) -> bool {
        self.dated.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn country(text: &str) -> Country {
        text.parse().unwrap()
    }

    fn own(text: &str) -> Prices {
        Prices::with_own(Some(text)).unwrap()
    }

    #[test]
    fn what_comes_with_jetto_can_be_read_and_guesses_no_price() {
        let prices = Prices::with_own(None).unwrap();
        assert_eq!((prices.len(), prices.newest()), (0, None));
        assert_eq!(prices.of(country("BR"), PriceCategory::Marketing, day("2026-11-30")), None);
    }

    #[test]
    fn a_country_moves_to_another_market_on_its_day() {
        let prices = Prices::with_own(None).unwrap();
        let market = |code: &str, on: &str| prices.market(country(code), day(on)).to_owned();
        assert_eq!(market("BD", "2026-09-30"), "Rest of Asia Pacific");
        assert_eq!(market("BD", "2026-10-01"), "Bangladesh");
        assert_eq!(market("PL", "2026-06-30"), "Rest of Central & Eastern Europe");
        assert_eq!(market("PL", "2026-07-01"), "Poland");
        assert_eq!(market("US", "2026-10-01"), "North America");
        assert_eq!((market("KR", "2026-10-01"), market("BB", "2026-10-01")), ("Other".into(), "Other".into()));
    }

    #[test]
    fn utility_in_the_window_is_free_until_october_2026_and_an_ad_makes_everything_free() {
        let prices = Prices::with_own(None).unwrap();
        let when = |category, on: &str| prices.free_when(category, day(on));
        let both = [FreeWhen::Window, FreeWhen::FreeEntryPoint];
        assert_eq!(when(PriceCategory::Utility, "2026-09-30"), both);
        assert_eq!(when(PriceCategory::Utility, "2026-10-01"), [FreeWhen::FreeEntryPoint]);
        assert_eq!(when(PriceCategory::Service, "2026-09-30"), both);
        assert_eq!(when(PriceCategory::Marketing, "2026-09-30"), [FreeWhen::FreeEntryPoint]);
    }

    #[test]
    fn a_price_holds_from_its_day_until_the_next_one() {
        let prices =
            own("price, 2026-07-01, Brazil, marketing, USD, 0.0625\nprice, 2026-10-01, Brazil, marketing, USD, 0.07");
        let micros =
            |on: &str| prices.of(country("BR"), PriceCategory::Marketing, day(on)).map(|price| price.money.micros);
        assert_eq!((micros("2026-06-30"), micros("2026-09-30")), (None, Some(62_500)));
        assert_eq!((micros("2026-10-01"), micros("2027-10-01")), (Some(70_000), Some(70_000)));
        assert_eq!(prices.of(country("BR"), PriceCategory::Utility, day("2026-10-01")), None);
        assert_eq!(prices.of(country("IN"), PriceCategory::Marketing, day("2026-10-01")), None);
        assert_eq!(prices.newest(), Some(day("2026-10-01")));
    }

    #[test]
    fn a_country_that_became_a_market_of_its_own_has_no_price_of_the_region_any_more() {
        let prices = own("price, 2026-07-01, Rest of Asia Pacific, marketing, USD, 0.0732");
        let is_known = |on: &str| prices.of(country("BD"), PriceCategory::Marketing, day(on)).is_some();
        assert_eq!((is_known("2026-09-30"), is_known("2026-10-01")), (true, false));
    }

    #[test]
    fn an_operator_may_make_a_market_and_end_what_is_free() {
        let prices = own("market, 2027-01-01, Ghana, GH\nfree, 2027-01-01, , marketing, window");
        let market = |on: &str| prices.market(country("GH"), day(on)).to_owned();
        assert_eq!((market("2026-12-31"), market("2027-01-01")), ("Rest of Africa".into(), "Ghana".into()));
        assert!(prices.free_when(PriceCategory::Marketing, day("2027-02-01")).contains(&FreeWhen::Window));
    }
}
