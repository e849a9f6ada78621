//! JSON in the form in which Meta puts it on the wire, and the signature over those bytes. A receiver that parses, serialises
//! again and hashes the result passes with ASCII and fails here, as it fails with Meta.

use std::io;

use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};
use sha2::Sha256;

/// `é` → `\u00e9`, `/` → `\/`, `<` → `\u003C`, `%` → `\u0025`, `@` → `\u0040`.
struct WireFormatter;

impl Formatter for WireFormatter {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((index, character)) = rest.char_indices().find(|(_, character)| needs_escape(*character)) {
            let (clean, tail) = rest.split_at(index);
            writer.write_all(clean.as_bytes())?;
            write_escape(writer, character)?;
            rest = tail.split_at(character.len_utf8()).1;
        }
        writer.write_all(rest.as_bytes())
    }
}

fn needs_escape(character: char) -> bool {
    !character.is_ascii() || matches!(character, '/' | '<' | '%' | '@')
}

fn write_escape<W: ?Sized + io::Write>(writer: &mut W, character: char) -> io::Result<()> {
    match character {
        '/' => writer.write_all(br"\/"),
        '<' => writer.write_all(br"\u003C"),
        _ => {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            Ok(())
        }
    }
}

/// The bytes that go into the POST and into the signature.
pub fn to_wire(body: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1024);
    // A Vec takes every write and JSON has string keys: there is no error to pass on.
    drop(body.serialize(&mut Serializer::with_formatter(&mut bytes, WireFormatter)));
    bytes
}

/// The value of `X-Hub-Signature-256`.
pub fn signature(app_secret: &str, body: &[u8]) -> String {
    // HMAC takes keys of every length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(app_secret.as_bytes()) else { return String::new() };
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_body_is_escaped_as_meta_escapes_it() {
        let bytes = to_wire(&json!({"body": "Olá 👍 a@b.example / 50% <ok> \"q\"\n"}));
        assert_eq!(
            String::from_utf8(bytes).unwrap(),
            r#"{"body":"Ol\u00e1 \ud83d\udc4d a\u0040b.example \/ 50\u0025 \u003Cok> \"q\"\n"}"#
        );
    }

    #[test]
    fn a_body_is_signed_over_its_escaped_bytes() {
        let body = include_bytes!("../../tests/samples/raw_signature_vector.body");
        let vector: Value =
            serde_json::from_str(include_str!("../../tests/samples/raw_signature_vector.json")).unwrap();
        let secret = vector["app_secret"].as_str().unwrap();
        assert_eq!(signature(secret, body), vector["x_hub_signature_256"]);
        let parsed: Value = serde_json::from_slice(body).unwrap();
        let reserialised: Value = serde_json::from_slice(&to_wire(&parsed)).unwrap();
        assert_eq!(parsed, reserialised);
        assert_eq!(to_wire(&parsed).len(), body.len(), "the same escapes, whatever the order of the keys");
    }
}
