//! Amounts, exactly: millionths of a currency in whole numbers. Nothing here is ever a float.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::country;
use crate::id::InvalidId;
use crate::identity;
use crate::outgoing::Recipient;

/// So many capital letters, as of a country or a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code<const N: usize>([u8; N]);

/// ISO 3166 alpha-2.
pub type Country = Code<2>;
/// ISO 4217.
pub type Currency = Code<3>;

impl<const N: usize> Code<N> {
    pub fn as_str(&self) -> &str {
        // Made of ASCII letters only.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl<const N: usize> FromStr for Code<N> {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let letters: Option<[u8; N]> = text.as_bytes().try_into().ok();
        let letters = letters.filter(|letters| letters.iter().all(u8::is_ascii_uppercase));
        letters.map(Self).ok_or(InvalidId { kind: if N == 2 { "country" } else { "currency" } })
    }
}

impl<const N: usize> fmt::Display for Code<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<const N: usize> Serialize for Code<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de, const N: usize> Deserialize<'de> for Code<N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Country {
    /// Whose prices hold: WhatsApp goes by the calling code, and by the BSUID where it shows no number.
    pub fn of_recipient(to: &Recipient) -> Option<Self> {
        let by_number = to.wa_id.as_ref().and_then(country::of_number).and_then(|country| country.parse().ok());
        let by_bsuid = || to.bsuid.as_ref().and_then(identity::country)?.parse().ok();
        by_number.or_else(by_bsuid)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Money {
    /// Millionths.
    pub micros: i64,
    /// ISO 4217.
    #[cfg_attr(feature = "schema", schema(value_type = String))]
    pub currency: Currency,
}

/// `USD 612.80`, and not rounded.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, micros) = (if self.micros < 0 { "-" } else { "" }, self.micros.unsigned_abs());
        let part = format!("{:06}", micros % 1_000_000);
        let part = part.trim_end_matches('0');
        write!(f, "{} {sign}{}.{part:0<2}", self.currency, micros / 1_000_000)
    }
}

impl Money {
    #[must_use]
    pub fn times(self, count: u64) -> Self {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        Self { micros: self.micros.saturating_mul(count), ..self }
    }

    /// A part for each of so many, rounded to the nearest millionth. `None`: there is nobody.
    pub fn shared_by(self, count: u64) -> Option<Self> {
        let count = i64::try_from(count).ok().filter(|count| *count > 0)?;
        Some(Self { micros: self.micros.saturating_add(count / 2) / count, ..self })
    }
}

/// Amounts of several currencies, which are never added to each other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sums(BTreeMap<Currency, i64>);

impl Sums {
    pub fn add(&mut self, money: Money) {
        let sum = self.0.entry(money.currency).or_default();
        *sum = sum.saturating_add(money.micros);
    }

    pub fn of(&self, currency: Currency) -> Money {
        Money { micros: self.0.get(&currency).copied().unwrap_or_default(), currency }
    }

    pub fn list(&self) -> Vec<Money> {
        self.0.iter().map(|(currency, micros)| Money { micros: *micros, currency: *currency }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(micros: i64) -> Money {
        Money { micros, currency: "USD".parse().unwrap() }
    }

    #[test]
    fn a_code_is_just_its_letters() {
        assert_eq!("BR".parse::<Country>().map(|code| code.to_string()), Ok("BR".to_owned()));
        for wrong in ["", "B", "BRA", "br", "B1", "É"] {
            assert!(wrong.parse::<Country>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn currencies_are_not_added_to_each_other() {
        let mut sums = Sums::default();
        for money in [usd(5), usd(7), Money { micros: 3, currency: "EUR".parse().unwrap() }] {
            sums.add(money);
        }
        assert_eq!(sums.list().iter().map(|sum| sum.micros).collect::<Vec<_>>(), [3, 12]);
        assert_eq!(sums.of("INR".parse().unwrap()).micros, 0);
    }

    #[test]
    fn a_part_is_rounded_to_the_nearest_millionth() {
        assert_eq!(usd(10).shared_by(4), Some(usd(3)));
        assert_eq!((usd(9).shared_by(4), usd(9).shared_by(0)), (Some(usd(2)), None));
    }

    #[test]
    fn an_amount_is_written_whole() {
        let written = [612_800_000, 62_500, 1, -1_500_000, 3_000_000].map(|micros| usd(micros).to_string());
        assert_eq!(written, ["USD 612.80", "USD 0.0625", "USD 0.000001", "USD -1.50", "USD 3.00"]);
    }

    #[test]
    fn the_number_says_whose_prices_hold_before_the_bsuid() {
        let to = |wa_id: Option<&str>, bsuid: Option<&str>| Recipient {
            wa_id: wa_id.map(|text| text.parse().unwrap()),
            bsuid: bsuid.map(|text| text.parse().unwrap()),
        };
        let of = |to: Recipient| Country::of_recipient(&to).map(|country| country.to_string());
        assert_eq!(of(to(Some("5511987654321"), Some("US.1"))).as_deref(), Some("BR"));
        assert_eq!(of(to(None, Some("IN.1"))).as_deref(), Some("IN"));
        assert_eq!(of(to(None, None)), None);
    }
}
