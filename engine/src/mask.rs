//! What is shown of a phone number to people who may not see it whole.

use std::collections::BTreeSet;

/// Digits at the end that stay readable: enough to tell two callers apart, too few to call.
const SHOWN: usize = 4;
/// Shorter numbers are masked wholly: their last four digits would be nearly all of them.
const SHOWN_FROM: usize = 8;
/// Fewer digits than this are a price or a year; more than [`DIGITS_MAX`] are no number that can be called.
const DIGITS_MIN: usize = 7;
const DIGITS_MAX: usize = 15;
const BULLET: char = '•';

/// `+55 11 91234-1234` becomes `+•• •• •••••-1234`; what is no digit stays where it is.
pub fn phone(text: &str) -> String {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    let hidden = if digits < SHOWN_FROM { digits } else { digits - SHOWN };
    let mut passed = 0;
    let show = |char: char| {
        if !char.is_ascii_digit() {
            return char;
        }
        passed += 1;
        if passed > hidden { char } else { BULLET }
    };
    text.chars().map(show).collect()
}

/// As much of an address as its owner needs to know it: `l•••@aurora.example`.
pub fn email(text: &str) -> String {
    let (before, domain) = text.split_once('@').unwrap_or((text, ""));
    format!("{}@{domain}", initial(before))
}

/// `Philippa` becomes `P•••`, however long it is.
pub fn initial(name: &str) -> String {
    name.trim().chars().take(1).chain([BULLET; 3]).collect()
}

/// Stands for a message id of WhatsApp, which has the customer's number in it. The same id always gives the same text.
pub fn wamid(wamid: &str) -> String {
    let hash = blake3::hash(wamid.as_bytes());
    format!("wamid.{}", hex::encode(hash.as_bytes().get(..16).unwrap_or_default()))
}

/// The numbers of people that a text must not show, as bare digits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hidden(BTreeSet<String>);

impl Hidden {
    /// Takes the digits of `text`, if they can be somebody's number.
    pub fn add(&mut self, text: &str) {
        let digits: String = text.chars().filter(char::is_ascii_digit).collect();
        if (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()) {
            self.0.insert(digits);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whole, or without its country or area code.
    fn has(&self, digits: &str) -> bool {
        self.0.contains(digits) || (digits.len() >= DIGITS_MIN && self.0.iter().any(|known| known.ends_with(digits)))
    }

    /// The text with these numbers masked, however they are written; `None` when none is in it.
    pub fn within(&self, text: &str) -> Option<String> {
        if self.is_empty() { None } else { replace(text, |digits| self.has(digits)) }
    }
}

/// The text with everything masked that could be a phone number; `None` when nothing could.
pub fn any_within(text: &str) -> Option<String> {
    replace(text, |digits| (DIGITS_MIN..=DIGITS_MAX).contains(&digits.len()))
}

/// Masks the longest groups of digits, with what people write between them, that are `wanted`.
fn replace(text: &str, wanted: impl Fn(&str) -> bool) -> Option<String> {
    if text.bytes().filter(u8::is_ascii_digit).count() < DIGITS_MIN {
        return None;
    }
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut found) = (text, false);
    while let Some(start) = rest.find(|char: char| char.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let end = longest(from, &wanted);
        found |= end.is_some();
        let run = from.find(|char: char| !char.is_ascii_digit()).unwrap_or(from.len());
        let (number, behind) = from.split_at(end.unwrap_or(run));
        if end.is_some() {
            out.push_str(&phone(number));
        } else {
            out.push_str(number);
        }
        rest = behind;
    }
    out.push_str(rest);
    found.then_some(out)
}

/// How far the longest wanted number reaches that starts here, in bytes. It ends where a group of digits ends.
fn longest(text: &str, wanted: &impl Fn(&str) -> bool) -> Option<usize> {
    let mut digits = String::new();
    let (mut end, mut gap) = (None, 0);
    for (at, char) in text.char_indices() {
        if char.is_ascii_digit() {
            if digits.len() == DIGITS_MAX {
                return end;
            }
            gap = 0;
            digits.push(char);
            let next = text.get(at + 1..).and_then(|rest| rest.chars().next());
            if next.is_none_or(|next| !next.is_ascii_digit()) && wanted(&digits) {
                end = Some(at + 1);
            }
        } else if gap == 2 || !matches!(char, ' ' | '\u{a0}' | '\u{202f}' | '-' | '\u{2011}' | '.' | '(' | ')' | '/') {
            return end;
        } else {
            gap += 1;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_last_four_digits_stay_and_short_numbers_go_wholly() {
        assert_eq!(phone("+12025550123"), "+•••••••0123");
        assert_eq!(phone("+55 11 91234-1234"), "+•• •• •••••-1234");
        assert_eq!(phone("12345678"), "••••5678");
        assert_eq!(phone("1234567"), "•••••••");
        assert_eq!(phone("112"), "•••");
        assert_eq!(phone(""), "");
    }

    #[test]
    fn names_and_addresses_keep_their_first_letter() {
        assert_eq!(email("lina@aurora.example"), "l•••@aurora.example");
        assert_eq!(email("å@b"), "å•••@b");
        assert_eq!(initial(" Philippa F."), "P•••");
        assert_eq!(initial(""), "•••");
    }

    #[test]
    fn a_number_is_found_however_it_is_written() {
        let mut hidden = Hidden::default();
        hidden.add("+12025550123");
        for (text, shown) in [
            ("call 12025550123 now", "call •••••••0123 now"),
            ("+1 (202) 555-0123!", "+• (•••) •••-0123!"),
            ("202.555.0123 or 12025550199", "•••.•••.0123 or 12025550199"),
            ("7 12025550123", "7 •••••••0123"),
        ] {
            assert_eq!(hidden.within(text).as_deref(), Some(shown), "{text}");
        }
        for text in ["12025550124", "120255501234", "order 0123", "", "é1é2é3é4é5é6é7é"] {
            assert_eq!(hidden.within(text), None, "{text}");
        }
        let both = any_within("from 12025550123 to 5511912341234");
        assert_eq!(both.as_deref(), Some("from •••••••0123 to •••••••••1234"));
        assert_eq!(any_within("at 9:30, 12 of 2026"), None);
    }

    #[test]
    fn a_masked_message_id_does_not_carry_the_number() {
        let shown = wamid("wamid.HBgLMTIwMjU1NTAxMjMVAgASGBQzNzUyNjFGQ0ZDOTkwMDI3QURFRQA=");
        assert!(shown.starts_with("wamid.") && !shown.contains("MTIwMjU1NTAxMjM"), "{shown}");
        assert_eq!(shown.len(), 38);
    }

    proptest! {
        #[test]
        fn a_masked_number_is_not_in_the_text(digits in "[1-9][0-9]{7,14}", before in "\\PC{0,20}", after in "\\PC{0,20}") {
            let mut hidden = Hidden::default();
            hidden.add(&digits);
            let text = format!("{before}:{digits}:{after}");
            let shown = hidden.within(&text).unwrap_or(text);
            prop_assert!(!shown.contains(&digits));
        }

        #[test]
        fn masking_takes_any_text(text in any::<String>()) {
            let mut hidden = Hidden::default();
            hidden.add(&text);
            hidden.add("12025550123");
            drop((phone(&text), hidden.within(&text), any_within(&text)));
        }
    }
}
