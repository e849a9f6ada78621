//! Reads the table: lines of comma-separated values, `#` begins a line that only explains. The head of
//! `engine/prices/whatsapp.csv` says what each kind of line holds.

use super::table::{Free, FreeWhen, OTHER, Prices};
use super::{Country, Currency, Money, PriceCategory};
use crate::day::Day;

/// Digits behind the point: millionths.
const DECIMALS: usize = 6;
/// Before the point: more is a mistyped price.
const WHOLE_MAX: usize = 9;

/// One line for whoever wrote the table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct BadPrices {
    pub line: usize,
    pub what: String,
}

impl Prices {
    /// Adds what the text says. A day about which it says two things is a mistake; what was known before gives way.
    pub(super) fn read(&mut self, text: &str) -> Result<(), BadPrices> {
        let mut read = Self::default();
        let mut named = Vec::new();
        for (line, text) in (1..).zip(text.lines()) {
            let text = text.trim();
            if text.is_empty() || text.starts_with('#') {
                continue;
            }
            let cells: Vec<_> = text.split(',').map(str::trim).collect();
            let bad = |what| BadPrices { line, what };
            match *cells.as_slice() {
                ["market", from, name, countries] => read.market_line(from, name, countries).map_err(bad)?,
                ["price", from, market, category, currency, price] => {
                    read.price_line(from, market, category, (currency, price)).map_err(bad)?;
                    named.push((line, market));
                }
                ["free", from, until, category, when] => {
                    read.free.push(free(from, until, category, when).map_err(bad)?);
                }
                ["market" | "price" | "free", ..] => {
                    return Err(bad(format!("has {} cells, which is not what this kind of line has", cells.len())));
                }
                _ => return Err(bad("begins with none of market, price, free".to_owned())),
            }
        }
        self.markets.extend(read.markets);
        for (key, dated) in read.dated {
            self.dated.entry(key).or_default().extend(dated);
        }
        self.free.extend(read.free);
        let is_market = |name: &str| name == OTHER || self.markets.values().any(|market| **market == *name);
        match named.into_iter().find(|(_, market)| !is_market(market)) {
            Some((line, market)) => Err(BadPrices { line, what: format!("there is no market {market:?}") }),
            None => Ok(()),
        }
    }

    fn market_line(&mut self, from: &str, name: &str, countries: &str) -> Result<(), String> {
        let from = first_of_month(from)?;
        if name.is_empty() || countries.is_empty() {
            return Err("a market has a name and countries".to_owned());
        }
        for country in countries.split_whitespace() {
            let country: Country =
                country.parse().map_err(|_| format!("{country:?} is no country; one is written like BR"))?;
            if self.markets.insert((country, from), name.into()).is_some() {
                return Err(format!("{country} is in two markets on {from}"));
            }
        }
        Ok(())
    }

    fn price_line(
        &mut self,
        from: &str,
        market: &str,
        category: &str,
        (currency, price): (&str, &str),
    ) -> Result<(), String> {
        let from = first_of_month(from)?;
        let category = category_of(category)?;
        let currency: Currency =
            currency.parse().map_err(|_| format!("{currency:?} is no currency; one is written like USD"))?;
        let micros = micros(price).ok_or_else(|| {
            format!("{price:?} is no price; one is written like 0.0625, with at most {DECIMALS} decimals")
        })?;
        let dated = self.dated.entry((market.into(), category)).or_default();
        if dated.insert(from, Money { micros, currency }).is_some() {
            return Err(format!("a second price for {} in {market} on {from}", category.key()));
        }
        Ok(())
    }
}

fn free(from: &str, until: &str, category: &str, when: &str) -> Result<Free, String> {
    let from = first_of_month(from)?;
    let until = (!until.is_empty()).then(|| first_of_month(until)).transpose()?;
    if until.is_some_and(|until| until <= from) {
        return Err("ends before it begins".to_owned());
    }
    let category = (!category.is_empty()).then(|| category_of(category)).transpose()?;
    let when = match when {
        "window" => FreeWhen::Window,
        "free_entry_point" => FreeWhen::FreeEntryPoint,
        _ => return Err(format!("{when:?} is none of window, free_entry_point")),
    };
    Ok(Free { from, until, category, when })
}

fn category_of(key: &str) -> Result<PriceCategory, String> {
    PriceCategory::from_key(key).ok_or_else(|| {
        let keys: Vec<_> = PriceCategory::ALL.iter().map(|category| category.key()).collect();
        format!("{key:?} is no category; there are {}", keys.join(", "))
    })
}

/// Charges are kept by month.
fn first_of_month(text: &str) -> Result<Day, String> {
    let day: Day = text.parse().map_err(|_| format!("{text:?} is no day; one is written like 2026-10-01"))?;
    if day.first_of_month() == day {
        Ok(day)
    } else {
        Err(format!("{text} is not the first of a month, on which WhatsApp's prices begin"))
    }
}

/// Millionths, exactly.
fn micros(price: &str) -> Option<i64> {
    let (whole, part) = price.split_once('.').unwrap_or((price, "0"));
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(part) || whole.len() > WHOLE_MAX || part.len() > DECIMALS {
        return None;
    }
    format!("{whole}{part:0<DECIMALS$}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_read_to_the_millionth() {
        for (text, read) in [
            ("0.0625", Some(62_500)),
            ("0.000001", Some(1)),
            ("12", Some(12_000_000)),
            ("2280.5", Some(2_280_500_000)),
            ("0.0000001", None),
            ("-1", None),
            ("1e3", None),
            (".5", None),
            ("1.", None),
            ("0,5", None),
            ("", None),
            ("12345678901", None),
        ] {
            assert_eq!(micros(text), read, "{text}");
        }
    }

    #[test]
    fn a_mistake_is_named_with_its_line() {
        for (line, words) in [
            ("price, 2026-10-01, Brasil, marketing, USD, 0.06", "no market \"Brasil\""),
            ("price, 2026-10-02, Brazil, marketing, USD, 0.06", "not the first of a month"),
            ("price, 2026-13-01, Brazil, marketing, USD, 0.06", "is no day"),
            ("price, 2026-10-01, Brazil, promotion, USD, 0.06", "is no category"),
            ("price, 2026-10-01, Brazil, marketing, $US, 0.06", "is no currency"),
            ("price, 2026-10-01, Brazil, marketing, USD, n/a", "is no price"),
            ("price, 2026-10-01, Brazil, marketing, USD", "has 5 cells"),
            ("prize, 2026-10-01", "none of market, price, free"),
            ("market, 2026-10-01, Brazil, br", "is no country"),
            ("market, 2026-10-01, Brazil, BR BR", "two markets"),
            ("market, 2026-10-01, , BR", "a name and countries"),
            ("free, 2026-10-01, 2026-07-01, utility, window", "ends before"),
            ("free, 2026-10-01, , utility, sundays", "none of window"),
        ] {
            let found = Prices::with_own(Some(&format!("# mine\n\n{line}"))).unwrap_err();
            assert!(found.line == 3 && found.what.contains(words), "{line}: {found}");
        }
        let twice = "price, 2026-10-01, Brazil, utility, USD, 0.06\nprice, 2026-10-01, Brazil, utility, EUR, 0.05";
        assert!(Prices::with_own(Some(twice)).unwrap_err().to_string().starts_with("line 2: a second price"));
    }
}
