//! What people type to find somebody.

use super::Contact;
use crate::id::Bsuid;
use crate::rejection::Rejection;

/// Longest text that is looked for, in characters.
const TEXT_MAX: usize = 100;
/// Fewer digits are in every second number.
const DIGITS_MIN: usize = 3;

/// Part of a name, a username, a number or a BSUID, of a merged contact too, whatever the case of its letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sought {
    text: String,
    /// When it may be a number.
    digits: Option<String>,
    sees_numbers: bool,
}

impl Sought {
    /// Who does not see whole numbers could read one off digit by digit: for them only the whole number matches.
    pub fn new(text: &str, sees_numbers: bool) -> Result<Self, Rejection> {
        let text = text.trim();
        if text.is_empty() || text.chars().count() > TEXT_MAX {
            return Err(Rejection::Invalid("What is looked for has 1 to 100 characters."));
        }
        let is_number = text.chars().all(|char| char.is_ascii_digit() || "+-(). \u{a0}".contains(char));
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        let digits = Some(digits).filter(|digits| is_number && digits.len() >= DIGITS_MIN);
        Ok(Self { text: text.trim_start_matches('@').to_lowercase(), digits, sees_numbers })
    }

    pub fn matches(&self, contact: &Contact) -> bool {
        let has = |text: Option<&str>| text.is_some_and(|text| text.to_lowercase().contains(&self.text));
        has(contact.name.as_deref())
            || has(contact.username.as_deref())
            || has(contact.bsuid.as_ref().map(Bsuid::as_str))
            || contact
                .merged
                .iter()
                .any(|merge| has(merge.name.as_deref()) || has(merge.bsuid.as_ref().map(Bsuid::as_str)))
            || self.is_number_of(contact)
    }

    fn is_number_of(&self, contact: &Contact) -> bool {
        let Some(digits) = &self.digits else { return false };
        let mut phones = contact.phone.iter().chain(contact.merged.iter().filter_map(|merge| merge.phone.as_ref()));
        phones.any(
            |phone| {
                if self.sees_numbers { phone.as_str().contains(digits.as_str()) } else { phone.as_str() == digits }
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ContactId;

    fn contact() -> Contact {
        Contact {
            name: Some("Marina Duarte".into()),
            username: Some("marina.duarte".into()),
            phone: Some("12025550123".parse().unwrap()),
            bsuid: Some("BR.77120943186650238".parse().unwrap()),
            ..Contact::new(ContactId::from_bytes([1; 16]))
        }
    }

    fn finds(text: &str, sees_numbers: bool) -> bool {
        Sought::new(text, sees_numbers).unwrap().matches(&contact())
    }

    #[test]
    fn somebody_is_found_by_any_part_of_what_they_are_known_by() {
        for text in ["marina", "DUARTE", "@marina.d", "+1 202 555-0123", "5550", "br.7712"] {
            assert!(finds(text, true), "{text}");
        }
        for text in ["Mariana", "55 51", "55", "BR.78"] {
            assert!(!finds(text, true), "{text}");
        }
    }

    #[test]
    fn a_number_cannot_be_read_off_digit_by_digit() {
        assert!(finds("+1 202 555 0123", false));
        assert!(!finds("202555", false));
    }

    #[test]
    fn nothing_and_a_novel_are_not_looked_for() {
        assert!(Sought::new("  ", true).is_err());
        assert!(Sought::new(&"a".repeat(101), true).is_err());
    }
}
