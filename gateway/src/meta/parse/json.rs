//! Reading an item without trusting it: a member of another type than expected is a member that is not there.

use std::str::FromStr;

use engine::time::Timestamp;
use serde_json::Value;

use super::ParseError;

/// Before WhatsApp existed, and after anything that makes sense: such times are typing errors, not times.
const SECONDS_MIN: i64 = 1_230_768_000;
const SECONDS_MAX: i64 = 253_402_300_799;

/// The whole item. A half of a surrogate pair (an emoji that some app cut in two) becomes `U+FFFD`: the rest of the
/// message is worth more than that character.
pub(super) fn read(raw: &[u8]) -> Result<Value, ParseError> {
    serde_json::from_slice(raw).or_else(|_| serde_json::from_slice(&mended(raw))).map_err(|_| ParseError {
        path: "The stored item".to_owned(),
        problem: "is not readable JSON (cut off, nested too deep, or not UTF-8)",
    })
}

fn mended(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((&first, tail)) = rest.split_first() {
        let (whole, length) = match unit(rest) {
            Some(0xd800..=0xdbff) => (matches!(rest.get(6..).and_then(unit), Some(0xdc00..=0xdfff)), 12),
            Some(0xdc00..=0xdfff) => (false, 6),
            Some(_) => (true, 6),
            // Any other escape, so that the `u` of `\\u` is not taken for one.
            None if first == b'\\' => (true, 2),
            None => {
                out.push(first);
                rest = tail;
                continue;
            }
        };
        let length = if whole { length } else { 6 };
        let (taken, left) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        out.extend_from_slice(if whole { taken } else { b"\\ufffd" });
        rest = left;
    }
    out
}

/// The code unit of a `\uxxxx` at the start.
fn unit(text: &[u8]) -> Option<u16> {
    let hex = std::str::from_utf8(text.strip_prefix(b"\\u")?.get(..4)?).ok()?;
    u16::from_str_radix(hex, 16).ok()
}

pub(super) fn text<'a>(json: &'a Value, key: &str) -> Option<&'a str> {
    json.get(key)?.as_str()
}

/// `/a/b`
pub(super) fn text_at<'a>(json: &'a Value, pointer: &str) -> Option<&'a str> {
    json.pointer(pointer)?.as_str()
}

pub(super) fn list<'a>(json: &'a Value, key: &str) -> &'a [Value] {
    json.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(super) fn is_set(json: &Value, key: &str) -> bool {
    json.get(key).and_then(Value::as_bool) == Some(true)
}

/// A number, or a text that is one.
pub(super) fn decimal(json: &Value, key: &str) -> Option<f64> {
    let value = json.get(key)?;
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number| number.is_finite())
}

pub(super) fn integer(json: &Value, key: &str) -> Option<i64> {
    let value = json.get(key)?;
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// Ids are texts; whole numbers are taken as such.
pub(super) fn id<T: FromStr>(json: &Value, key: &str) -> Option<T> {
    match json.get(key)? {
        Value::String(text) => text.trim().parse().ok(),
        Value::Number(number) => number.to_string().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Seconds as text or number. `otherwise` stands in for a time that cannot be.
pub(super) fn time(json: &Value, key: &str, otherwise: Timestamp) -> Option<Timestamp> {
    let seconds = decimal(json, key)?;
    #[expect(clippy::cast_possible_truncation, reason = "a cast from f64 saturates, and the range is checked next")]
    let seconds = seconds as i64;
    let plausible = (SECONDS_MIN..=SECONDS_MAX).contains(&seconds);
    Some(if plausible { Timestamp::from_seconds(seconds) } else { otherwise })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn half_an_emoji_does_not_cost_the_message() {
        let value = read(br#"{"a":"x \ud83d y \udc4d z \ud83d\udc4d \\ud83d","\ud800":1}"#).unwrap();
        assert_eq!(text(&value, "a"), Some("x \u{fffd} y \u{fffd} z 👍 \\ud83d"));
        assert!(read(br#"{"a":"\ud83d"#).is_err());
        assert!(read(br#"{"a":"\ud8"#).is_err());
    }

    #[test]
    fn times_are_texts_or_numbers_of_seconds() {
        let at = Some(Timestamp(1_795_392_001_000));
        let odd = Timestamp(7);
        for stated in [json!("1795392001"), json!(1_795_392_001), json!(1_795_392_001.4), json!(" 1795392001 ")] {
            assert_eq!(time(&json!({"t": stated}), "t", odd), at, "{stated}");
        }
        for stated in [json!("0"), json!(-1), json!(i64::MAX), json!("99999999999999999999"), json!(1e300)] {
            assert_eq!(time(&json!({"t": stated}), "t", odd), Some(odd), "{stated}");
        }
        for stated in [json!(""), json!("soon"), json!(null), json!([1]), json!("NaN")] {
            assert_eq!(time(&json!({"t": stated}), "t", odd), None, "{stated}");
        }
    }
}
