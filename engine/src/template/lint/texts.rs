use super::Findings;
use crate::template::slots;

/// With fewer words than this around each variable WhatsApp sees no message in it.
const WORDS_PER_VARIABLE: usize = 2;

pub(super) fn braces(place: &str, text: &str, found: &mut Findings) {
    let closed = text.split("{{").skip(1).all(|part| part.split_once("}}").is_some_and(|(name, _)| is_name(name)));
    if !closed || text.matches("{{").count() != text.matches("}}").count() {
        found.error(place, "A variable is written {{1}} or {{first_name}}: two braces on each side, and a name.");
    }
}

fn is_name(name: &str) -> bool {
    let mut chars = name.bytes();
    let numbered = name.parse::<u16>().is_ok_and(|number| number > 0);
    let begins = chars.next().is_some_and(|first| first.is_ascii_lowercase());
    numbered || (begins && chars.all(|char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == b'_'))
}

pub(super) fn variables(place: &str, text: &str, found: &mut Findings) {
    braces(place, text, found);
    let names = slots::names_in(text);
    if names.is_empty() {
        return;
    }
    let trimmed = text.trim();
    if trimmed.starts_with("{{") || trimmed.ends_with("}}") {
        found.error(place, "A text neither begins nor ends with a variable.");
    }
    if text.contains("}}{{") || text.contains("}} {{") {
        found.warn(place, "Two variables without words between them are often refused.");
    }
    let numbers = names.iter().filter(|name| name.parse::<u16>().is_ok()).count();
    if numbers > 0 && numbers < names.len() {
        found.error(place, "Variables have either numbers or names, not both.");
    } else if numbers > 0 && !(1..).zip(&names).all(|(wanted, name): (u16, _)| name.parse() == Ok(wanted)) {
        found.error(place, "Variables are numbered from 1 without a gap.");
    }
    let words = text.split_whitespace().filter(|word| !word.contains("{{")).count();
    if words < names.len() * WORDS_PER_VARIABLE + 1 {
        found.warn(place, "There are too many variables for so few words; WhatsApp often refuses that.");
    }
}
