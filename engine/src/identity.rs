//! Who is who. A contact is a set of identities: a BSUID within a business portfolio, a WhatsApp number, and the numbers
//! that are equivalent to it. A username is for display only, it may change hands.

use crate::id::{Bsuid, WaId};
use crate::time::Timestamp;

/// What a webhook says about a customer. At least one of `bsuid` and `wa_id` is set on every message.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identities {
    pub bsuid: Option<Bsuid>,
    pub wa_id: Option<WaId>,
    pub name: Option<String>,
    pub username: Option<String>,
    /// When this was said.
    pub seen_at: Option<Timestamp>,
    /// Whether it was said by a message of theirs.
    pub wrote: bool,
}

impl Identities {
    /// Look-up keys in the order in which they are believed: BSUID, exact number, equivalent number.
    /// `portfolio` scopes the BSUID: the same person has another one in each business portfolio.
    pub fn keys(&self, portfolio: &str) -> Vec<String> {
        let mut keys = Vec::with_capacity(3);
        if let Some(bsuid) = &self.bsuid {
            keys.push(format!("bsuid:{portfolio}:{bsuid}"));
        }
        if let Some(wa_id) = &self.wa_id {
            keys.push(format!("wa:{wa_id}"));
            if let Some(equivalent) = equivalence(wa_id.as_str()) {
                keys.push(format!("eq:{equivalent}"));
            }
        }
        keys
    }
}

/// Whether a look-up key is that of an id of this portfolio.
pub fn is_bsuid_key(key: &str, portfolio: &str) -> bool {
    key.strip_prefix("bsuid:").and_then(|key| key.strip_prefix(portfolio)).is_some_and(|key| key.starts_with(':'))
}

/// Whether a look-up key is that of this number, however it is spelled.
pub fn is_number_key(key: &str, number: &WaId) -> bool {
    match key.split_once(':') {
        Some(("wa", digits)) => is_same(digits, number.as_str()),
        Some(("eq", spelled)) => equivalence(number.as_str()).is_some_and(|number| number == spelled),
        Some(_) | None => false,
    }
}

pub fn is_same_number(one: &WaId, other: &WaId) -> bool {
    is_same(one.as_str(), other.as_str())
}

fn is_same(digits: &str, others: &str) -> bool {
    let spelled = equivalence(digits);
    digits == others || spelled.is_some() && spelled == equivalence(others)
}

/// One text for all spellings of a number that WhatsApp treats as one: Brazil with and without the ninth digit,
/// Mexico 52/521, Argentina 54/549. `None` where a number has one spelling only.
pub fn equivalence(digits: &str) -> Option<String> {
    let brazil = |rest: &str| match rest.len() {
        // Two digits of area code; mobile numbers start with 6 to 9 after the ninth digit.
        11 if rest.get(2..3) == Some("9") => Some(format!("55{}{}", rest.get(..2)?, rest.get(3..)?)),
        10 if rest.get(2..3).is_some_and(|digit| digit >= "6") => Some(format!("55{rest}")),
        _ => None,
    };
    if let Some(rest) = digits.strip_prefix("55") {
        brazil(rest)
    } else if let Some(rest) = digits.strip_prefix("52") {
        let national = if rest.len() == 11 { rest.strip_prefix('1')? } else { rest };
        (national.len() == 10).then(|| format!("52{national}"))
    } else if let Some(rest) = digits.strip_prefix("54") {
        let national = if rest.len() == 11 { rest.strip_prefix('9')? } else { rest };
        (national.len() == 10).then(|| format!("54{national}"))
    } else {
        None
    }
}

/// The country of a customer, as far as the BSUID says it (`US.…`).
pub fn country(bsuid: &Bsuid) -> Option<String> {
    let (country, _) = bsuid.as_str().split_once('.')?;
    (country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase())).then(|| country.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_number_share_a_key() {
        assert_eq!(equivalence("5511987654321"), equivalence("551187654321"));
        assert_eq!(equivalence("5215512345678"), equivalence("525512345678"));
        assert_eq!(equivalence("5491123456789"), equivalence("541123456789"));
        let told = |digits: &str| Identities { wa_id: Some(digits.parse().unwrap()), ..Identities::default() };
        let number = "551187654321".parse().unwrap();
        for key in told("5511987654321").keys("p").into_iter().chain(told("551187654321").keys("p")) {
            assert!(is_number_key(&key, &number), "{key}");
        }
        for key in told("5511987654322").keys("p").into_iter().chain(["bsuid:p:BR.551187654321".into()]) {
            assert!(!is_number_key(&key, &number), "{key}");
        }
    }

    #[test]
    fn a_landline_in_brazil_is_not_a_mobile() {
        assert_eq!(equivalence("551132345678"), None);
    }

    #[test]
    fn other_countries_have_one_spelling() {
        assert_eq!(equivalence("12025550123"), None);
    }

    #[test]
    fn a_bsuid_is_looked_up_within_its_portfolio() -> Result<(), crate::id::InvalidId> {
        let identities = Identities { bsuid: Some("US.123".parse()?), ..Identities::default() };
        assert_ne!(identities.keys("a"), identities.keys("b"));
        let key = identities.keys("a").remove(0);
        assert!(is_bsuid_key(&key, "a") && !is_bsuid_key(&key, "b") && !is_bsuid_key("bsuid:ab:US.123", "a"));
        Ok(())
    }
}
