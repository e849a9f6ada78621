//! What no log may hold: every test plants what people write, are called and are reached by, and their secrets; when its
//! installation goes, the log of every binary that it started is searched for them.

use std::cell::RefCell;
use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use memchr::memmem;
use serde_json::Value;

use super::{CUSTOMER, PASSWORD, SECRET, TOKEN, VERIFY_TOKEN};

/// Texts of a test that are searched for; a test of order plants thousands that are all alike.
const PLANTED_MAX: usize = 64;
/// Shorter texts, and words that a log may use itself, are no canaries.
const LENGTH_MIN: usize = 8;
/// Keys of answers whose values are told once and to nobody else.
const SECRET_KEYS: [&str; 4] = ["key", "link", "secret", "recovery_codes"];
const ALWAYS: [&str; 6] = [CUSTOMER, PASSWORD, SECRET, TOKEN, VERIFY_TOKEN, "an_older_secret"];
/// Customers of tests have numbers that begin so; the business has the one that ends so.
const CUSTOMERS: (&str, &str) = ("1202555", "0100");

thread_local! {
    /// A test has a thread of its own.
    static PLANTED: RefCell<BTreeSet<String>> = const { RefCell::new(BTreeSet::new()) };
}

/// From now on no log of this test may hold this.
pub(crate) fn plant(text: &str) {
    let text = text.trim();
    if text.len() >= LENGTH_MIN && text.contains(|char: char| !char.is_ascii_lowercase()) {
        PLANTED.with_borrow_mut(|planted| {
            if planted.len() < PLANTED_MAX {
                planted.insert(text.to_owned());
            }
        });
    }
}

/// What an answer tells once.
pub(super) fn plant_secrets(answer: &Value) {
    for key in SECRET_KEYS {
        match &answer[key] {
            Value::String(secret) => plant(secret.rsplit('/').next().unwrap_or(secret)),
            Value::Array(codes) => codes.iter().filter_map(Value::as_str).for_each(plant),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
        }
    }
}

/// The canary and the line that holds it.
pub(crate) fn betrayed(log: &str) -> Option<(String, &str)> {
    let bytes = log.as_bytes();
    let planted: Vec<String> = PLANTED.with_borrow(|planted| planted.iter().cloned().collect());
    let all = ALWAYS.into_iter().map(str::to_owned).chain(planted);
    let known = all.filter(|canary| holds(bytes, canary)).map(|canary| {
        let at = spellings(&canary).iter().find_map(|spelling| memmem::find(bytes, spelling)).unwrap_or_default();
        let start = log.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        let line = log.get(start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        (canary, line)
    });
    let kinds = log.lines().filter_map(|line| kind_of(line).map(|kind| (kind.to_owned(), line)));
    known.chain(kinds).next()
}

/// What never was planted but can be nothing else.
fn kind_of(line: &str) -> Option<&'static str> {
    let (begins, ours) = CUSTOMERS;
    let customers = line.match_indices(begins).any(|(at, _)| !line[at + begins.len()..].starts_with(ours));
    if customers {
        return Some("a customer's number");
    }
    if line.contains("wamid.") {
        return Some("a message id of WhatsApp, which has the number in it");
    }
    if line.contains("eyJ") {
        return Some("a signed token");
    }
    let mut words = line.split(|char: char| !(char.is_ascii_alphanumeric() || "-_.@+".contains(char)));
    if words.any(|word| word.contains('@') && word.ends_with(".example")) {
        return Some("an address");
    }
    let mut secrets = line.split(|char: char| !(char.is_ascii_alphanumeric() || "-_".contains(char)));
    secrets.any(is_secret).then_some("a secret of 32 bytes")
}

/// 32 bytes of chance in base64, maybe behind `jetto_`.
fn is_secret(word: &str) -> bool {
    let word = word.strip_prefix("jetto_").unwrap_or(word);
    let has = |kind: fn(&char) -> bool| word.chars().any(|char| kind(&char));
    word.len() == 43 && has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) && has(char::is_ascii_digit)
}

/// The text as it may stand in a file: plain, in JSON or an address, in hex, in base64 at any place, in 16 bits.
pub(crate) fn spellings(text: &str) -> Vec<Vec<u8>> {
    let bytes = text.as_bytes();
    let mut found = vec![
        bytes.to_vec(),
        text.to_uppercase().into_bytes(),
        text.to_lowercase().into_bytes(),
        serde_json::to_string(text).unwrap().trim_matches('"').as_bytes().to_vec(),
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string().into_bytes(),
        hex::encode(bytes).into_bytes(),
        hex::encode_upper(bytes).into_bytes(),
        text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    ];
    for start in 0..3 {
        let whole = bytes.len() - (bytes.len() - start) % 3;
        found.push(STANDARD.encode(&bytes[start..whole]).into_bytes());
        found.push(URL_SAFE.encode(&bytes[start..whole]).into_bytes());
    }
    found
}

pub(crate) fn holds(bytes: &[u8], canary: &str) -> bool {
    spellings(canary).iter().any(|spelling| memmem::find(bytes, spelling).is_some())
}
