//! What a campaign would cost and what it has cost. Both are counts times a dated price: people of a country by what the template
//! is, before; people of a country by what WhatsApp said that they were charged as, afterwards. No row is ever read for it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Campaign, Class, Group, Launch, Tallies, TallyKey};
use crate::day::Day;
use crate::price::{Charge, Country, FreeWhen, Money, PriceCategory, PriceKind, Prices, Pricing, Sums};
use crate::time::Timestamp;

/// What it costs if everybody gets it and nobody's is free.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Estimate {
    /// The dearest first, then those without a price.
    pub rows: Vec<EstimateRow>,
    /// One for each currency.
    pub totals: Vec<Money>,
    /// People of whose country no price is known: they are in no total.
    pub unpriced: u64,
    /// When a message of this kind is free at that time: the estimate does not count on it.
    pub free_when: Vec<FreeWhen>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct EstimateRow {
    /// ISO 3166 alpha-2; `null`: neither number nor id tells it.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub country: Option<Country>,
    pub category: PriceCategory,
    pub people: u64,
    /// Of one message; `null`: not known.
    pub price: Option<Money>,
    /// Since when it holds.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub since: Option<Day>,
    pub cost: Option<Money>,
}

impl Estimate {
    pub fn of(
        people: &BTreeMap<Option<Country>, u64>,
        category: PriceCategory,
        at: Timestamp,
        prices: &Prices,
    ) -> Self {
        let on = Day::of(at);
        let mut sums = Sums::default();
        let row = |(country, people): (&Option<Country>, &u64)| {
            let price = country.and_then(|country| prices.of(country, category, on));
            let cost = price.map(|price| price.money.times(*people));
            EstimateRow {
                country: *country,
                category,
                people: *people,
                price: price.map(|price| price.money),
                since: price.map(|price| price.since),
                cost,
            }
        };
        let mut rows: Vec<_> = people.iter().map(row).collect();
        rows.iter().filter_map(|row| row.cost).for_each(|cost| sums.add(cost));
        rows.sort_by_key(|row| std::cmp::Reverse((row.cost.map(|cost| cost.micros), row.people)));
        let unpriced = rows.iter().filter(|row| row.cost.is_none()).map(|row| row.people).sum();
        Self { rows, totals: sums.list(), unpriced, free_when: prices.free_when(category, on) }
    }
}

/// What it has cost so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Cost {
    /// By what WhatsApp said of those who got it; the dearest first.
    pub rows: Vec<CostRow>,
    /// Of the rows, one for each currency.
    pub billed: Vec<Money>,
    /// Of those whom it is on its way to, and of whom WhatsApp has not said it, if it costs what the template does.
    pub expected: Vec<Money>,
    /// Charged, or to be charged, at a price that the table does not know: in no amount.
    pub unpriced: u64,
    /// What is billed, for each person who answered.
    pub per_reply: Vec<Money>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CostRow {
    /// ISO 3166 alpha-2; `null`: neither number nor id tells it.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub country: Option<Country>,
    pub category: PriceCategory,
    pub kind: PriceKind,
    pub people: u64,
    /// One for each currency: none where it is free, or where the price is not known.
    pub cost: Vec<Money>,
}

impl CostRow {
    fn largest(&self) -> i64 {
        self.cost.iter().map(|cost| cost.micros).max().unwrap_or_default()
    }
}

/// What one recipient's place among the tallies says about money.
enum Bill {
    /// Got it, and WhatsApp said what it is charged as.
    Told(Charge),
    /// May come to be charged as this.
    Open(PriceCategory, Day),
    /// Costs nothing, or not yet.
    Nothing,
}

impl Bill {
    /// It is the delivery that is charged.
    fn of(key: &TallyKey, category: PriceCategory, on: Day) -> Self {
        match (key.class, key.charge) {
            (Class::Delivered | Class::Read, Some(charge)) => Self::Told(charge),
            (Class::Sent, Some(charge)) if charge.pricing.kind.is_billed() => {
                Self::Open(charge.pricing.category, charge.month)
            }
            (Class::Delivered | Class::Read | Class::Sent, None)
            | (Class::UnderWay | Class::Unknown | Class::Held, _) => Self::Open(category, on),
            (Class::Sent, Some(_)) | (Class::Waiting | Class::Parked | Class::Failed(_), _) => Self::Nothing,
        }
    }
}

fn priced(prices: &Prices, country: Option<Country>, category: PriceCategory, on: Day) -> Option<Money> {
    Some(prices.of(country?, category, on)?.money)
}

impl Cost {
    pub fn of(campaign: &Campaign, tallies: &Tallies, now: Timestamp, prices: &Prices) -> Self {
        let mut rows: BTreeMap<_, (u64, Sums)> = BTreeMap::new();
        let (mut billed, mut expected, mut unpriced) = (Sums::default(), Sums::default(), 0);
        for (key, people) in &tallies.0 {
            match Bill::of(key, campaign.price_category(key.group), Day::of(now)) {
                Bill::Told(Charge { pricing, month }) => {
                    let (count, sums) = rows.entry((key.country, pricing)).or_default();
                    *count += people;
                    if !pricing.kind.is_billed() {
                        continue;
                    }
                    match priced(prices, key.country, pricing.category, month) {
                        Some(price) => {
                            sums.add(price.times(*people));
                            billed.add(price.times(*people));
                        }
                        None => unpriced += people,
                    }
                }
                Bill::Open(category, on) => match priced(prices, key.country, category, on) {
                    Some(price) => expected.add(price.times(*people)),
                    None => unpriced += people,
                },
                Bill::Nothing => {}
            }
        }
        let row = |((country, pricing), (people, sums)): ((_, Pricing), (_, Sums))| CostRow {
            country,
            category: pricing.category,
            kind: pricing.kind,
            people,
            cost: sums.list(),
        };
        let mut rows: Vec<_> = rows.into_iter().map(row).collect();
        rows.sort_by_key(|row| std::cmp::Reverse((row.largest(), row.people)));
        let replied = tallies.sum(|key| key.replied);
        let billed = billed.list();
        let per_reply = billed.iter().filter_map(|sum| sum.shared_by(replied)).collect();
        Self { rows, billed, expected: expected.list(), unpriced, per_reply }
    }
}

/// What became of the people of one country.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CountryFigures {
    /// ISO 3166 alpha-2; `null`: neither number nor id tells it.
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub country: Option<Country>,
    pub people: u64,
    /// Handed to WhatsApp, whatever became of it.
    pub sent: u64,
    /// With those who read it.
    pub delivered: u64,
    pub read: u64,
    pub failed: u64,
    pub replied: u64,
    pub clicked: u64,
    pub opted_out: u64,
    /// What is billed, one for each currency.
    pub cost: Vec<Money>,
}

/// The largest first.
pub fn countries(tallies: &Tallies, cost: &Cost) -> Vec<CountryFigures> {
    let mut found: BTreeMap<Option<Country>, CountryFigures> = BTreeMap::new();
    for (key, count) in &tallies.0 {
        let figures = found.entry(key.country).or_default();
        let counted = |is_in: bool| if is_in { *count } else { 0 };
        figures.country = key.country;
        figures.people += count;
        figures.sent += counted(!matches!(key.class, Class::Waiting | Class::UnderWay));
        figures.delivered += counted(matches!(key.class, Class::Delivered | Class::Read));
        figures.read += counted(key.class == Class::Read);
        figures.failed += counted(matches!(key.class, Class::Failed(_)));
        figures.replied += counted(key.replied);
        figures.clicked += counted(key.clicked);
        figures.opted_out += counted(key.opted_out);
    }
    let mut costs: BTreeMap<Option<Country>, Sums> = BTreeMap::new();
    for row in &cost.rows {
        row.cost.iter().for_each(|money| costs.entry(row.country).or_default().add(*money));
    }
    for (country, sums) in costs {
        if let Some(figures) = found.get_mut(&country) {
            figures.cost = sums.list();
        }
    }
    let mut figures: Vec<_> = found.into_values().collect();
    figures.sort_by_key(|one| std::cmp::Reverse(one.people));
    figures
}

impl Campaign {
    /// What a group's messages are charged as, unless WhatsApp says otherwise.
    pub fn price_category(&self, group: Option<Group>) -> PriceCategory {
        let template = |launch: &Launch| launch.template_of(group).unwrap_or(&launch.template).category;
        self.launch.as_ref().map_or(PriceCategory::Other, |launch| template(launch).into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::campaign::FailureClass;
    use crate::campaign::fixture::{draft, launched, tally};

    const TABLE: &str = "
        price, 2026-07-01, Brazil, marketing, USD, 0.0625
        price, 2026-10-01, Brazil, marketing, USD, 0.07
        price, 2026-10-01, India, marketing, INR, 0.9
        price, 2026-10-01, Brazil, utility, USD, 0.0068";

    fn prices() -> Prices {
        Prices::with_own(Some(TABLE)).unwrap()
    }

    fn at(day: &str) -> Timestamp {
        day.parse::<Day>().unwrap().start()
    }

    fn country(code: &str) -> Option<Country> {
        code.parse().ok()
    }

    fn money(micros: i64, currency: &str) -> Money {
        Money { micros, currency: currency.parse().unwrap() }
    }

    fn place(class: Class, code: &str, charge: impl Into<Option<Charge>>) -> TallyKey {
        TallyKey { country: country(code), charge: charge.into(), ..tally(class) }
    }

    fn charged(category: PriceCategory, kind: PriceKind, day: &str) -> Charge {
        Charge::of(Pricing { category, kind }, at(day))
    }

    fn cost(tallies: &Tallies) -> Cost {
        Cost::of(&launched(&draft()), tallies, at("2026-11-30"), &prices())
    }

    #[test]
    fn an_estimate_is_by_country_and_says_of_whom_no_price_is_known() {
        let people = BTreeMap::from([(country("BR"), 10), (country("IN"), 1), (country("EG"), 7), (None, 2)]);
        let found = Estimate::of(&people, PriceCategory::Marketing, at("2026-11-30"), &prices());
        assert_eq!(found.totals, [money(900_000, "INR"), money(700_000, "USD")]);
        assert_eq!((found.unpriced, found.free_when.as_slice()), (9, &[FreeWhen::FreeEntryPoint][..]));
        let seen: Vec<_> = found.rows.iter().map(|row| (row.people, row.cost.is_some())).collect();
        assert_eq!(seen, [(1, true), (10, true), (7, false), (2, false)]);
        let before = Estimate::of(&people, PriceCategory::Marketing, at("2026-09-30"), &prices());
        assert_eq!((before.totals, before.unpriced), (vec![money(625_000, "USD")], 10));
    }

    proptest! {
        #[test]
        fn the_sum_is_that_of_each_person(people in proptest::collection::vec(0..5_usize, 0..200)) {
            let codes = ["BR", "IN", "EG", "US", ""];
            let countries = people.iter().map(|n| codes[*n].parse::<Country>().ok());
            let (mut counts, mut each, mut unpriced) = (BTreeMap::new(), Sums::default(), 0);
            for country in countries {
                *counts.entry(country).or_default() += 1;
                match priced(&prices(), country, PriceCategory::Marketing, Day::of(at("2026-11-30"))) {
                    Some(price) => each.add(price),
                    None => unpriced += 1,
                }
            }
            let found = Estimate::of(&counts, PriceCategory::Marketing, at("2026-11-30"), &prices());
            prop_assert_eq!((found.totals, found.unpriced), (each.list(), unpriced));
        }

        #[test]
        fn what_it_has_cost_is_what_each_person_has(people in proptest::collection::vec((0..6_usize, 0..4_usize, 0..4_usize), 0..60)) {
            let classes = [Class::Waiting, Class::UnderWay, Class::Sent, Class::Delivered, Class::Read, Class::Parked];
            let charges = [
                None,
                Some(charged(PriceCategory::Marketing, PriceKind::Regular, "2026-09-30")),
                Some(charged(PriceCategory::Utility, PriceKind::Regular, "2026-11-01")),
                Some(charged(PriceCategory::ReferralConversion, PriceKind::FreeEntryPoint, "2026-11-01")),
            ];
            let key = |(class, code, charge): &(usize, usize, usize)| {
                place(classes[*class], ["BR", "IN", "EG", "US"][*code], charges[*charge])
            };
            let (mut all, mut billed, mut expected, mut unpriced) = (Tallies::default(), Sums::default(), Sums::default(), 0);
            for person in &people {
                all.add(key(person));
                let alone = cost(&Tallies(BTreeMap::from([(key(person), 1)])));
                alone.billed.iter().for_each(|money| billed.add(*money));
                alone.expected.iter().for_each(|money| expected.add(*money));
                unpriced += alone.unpriced;
            }
            let found = cost(&all);
            prop_assert_eq!((found.billed, found.expected, found.unpriced), (billed.list(), expected.list(), unpriced));
        }
    }

    #[test]
    fn a_message_costs_what_it_did_in_its_month() {
        let regular = |day| charged(PriceCategory::Marketing, PriceKind::Regular, day);
        let tallies = Tallies(BTreeMap::from([
            (place(Class::Delivered, "BR", regular("2026-09-30")), 2),
            (place(Class::Read, "BR", regular("2026-10-01")), 1),
        ]));
        let found = cost(&tallies);
        assert_eq!(found.billed, [money(195_000, "USD")]);
        assert_eq!(found.rows.iter().map(|row| row.people).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn only_what_arrived_is_billed_and_the_rest_is_expected() {
        let regular = charged(PriceCategory::Marketing, PriceKind::Regular, "2026-11-01");
        let free = charged(PriceCategory::ReferralConversion, PriceKind::FreeEntryPoint, "2026-11-01");
        let utility = charged(PriceCategory::Utility, PriceKind::Regular, "2026-11-01");
        let failed = Class::Failed(FailureClass::Permanent);
        let tallies = Tallies(BTreeMap::from([
            (place(Class::Waiting, "BR", None), 1_000),
            (place(Class::Parked, "BR", None), 1_000),
            (place(failed, "BR", regular), 1_000),
            (place(Class::UnderWay, "BR", None), 1),
            (place(Class::Unknown, "BR", None), 1),
            (place(Class::Sent, "BR", None), 1),
            (place(Class::Sent, "BR", regular), 1),
            (place(Class::Sent, "BR", free), 1_000),
            (place(Class::Delivered, "BR", None), 1),
            (place(Class::Delivered, "BR", utility), 10),
            (place(Class::Read, "BR", free), 5),
            (place(Class::Read, "EG", regular), 3),
        ]));
        let found = cost(&tallies);
        assert_eq!(
            (found.billed.clone(), found.expected.clone()),
            (vec![money(68_000, "USD")], vec![money(350_000, "USD")])
        );
        assert_eq!((found.unpriced, found.per_reply.len()), (3, 0));
        let rows: Vec<_> = found.rows.iter().map(|row| (row.category, row.kind, row.people)).collect();
        let expected = [
            (PriceCategory::Utility, PriceKind::Regular, 10),
            (PriceCategory::ReferralConversion, PriceKind::FreeEntryPoint, 5),
            (PriceCategory::Marketing, PriceKind::Regular, 3),
        ];
        assert_eq!(rows, expected);
    }

    #[test]
    fn an_answer_has_its_share_of_the_cost_and_a_country_its_figures() {
        let regular = charged(PriceCategory::Marketing, PriceKind::Regular, "2026-11-01");
        let answered = TallyKey { replied: true, clicked: true, opted_out: true, ..place(Class::Read, "BR", regular) };
        let tallies = Tallies(BTreeMap::from([
            (answered, 2),
            (place(Class::Delivered, "BR", regular), 2),
            (place(Class::Sent, "IN", None), 1),
            (place(Class::Failed(FailureClass::Permanent), "IN", None), 1),
        ]));
        let found = cost(&tallies);
        assert_eq!(
            (found.billed.as_slice(), found.per_reply.as_slice()),
            (&[money(280_000, "USD")][..], &[money(140_000, "USD")][..])
        );
        let figures = countries(&tallies, &found);
        let seen = |one: &CountryFigures| [one.people, one.sent, one.delivered, one.read, one.failed, one.replied];
        assert_eq!(figures.iter().map(seen).collect::<Vec<_>>(), [[4, 4, 4, 2, 0, 2], [2, 2, 0, 0, 1, 0]]);
        assert_eq!((figures[0].clicked, figures[0].opted_out, figures[1].opted_out), (2, 2, 0));
        assert_eq!((figures[0].cost.as_slice(), figures[1].cost.len()), (&[money(280_000, "USD")][..], 0));
    }
}
