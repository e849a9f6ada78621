//! Did Meta sign this body? Checked on the bytes as they came: Meta signs its own escaping (`\u00e1`, `\/`), so a body
//! that was parsed and written again no longer matches.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const PREFIX: &str = "sha256=";

/// `secrets` are all app secrets that are valid now: more than one while a secret is being replaced. An empty secret
/// signs nothing.
pub fn verify<S: AsRef<[u8]>>(body: &[u8], header: &str, secrets: &[S]) -> bool {
    let Some(claimed) = digest(header) else { return false };
    // Every secret is tried, so that the time taken does not tell which one matched.
    let mut valid = false;
    for secret in secrets.iter().map(AsRef::as_ref).filter(|secret| !secret.is_empty()) {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { continue };
        mac.update(body);
        valid |= mac.verify_slice(&claimed).is_ok();
    }
    valid
}

fn digest(header: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    hex::decode_to_slice(header.strip_prefix(PREFIX)?, &mut digest).ok()?;
    Some(digest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = include_bytes!("../../tests/samples/webhooks/raw_signature_vector.body");
    const SIGNATURE: &str = "sha256=2b3ce0fac4555a712f0632ef2ff8dd6a6ebb82856f2a1831252850a014b0f992";
    const SECRET: &str = "demo_app_secret";

    #[test]
    fn the_bytes_as_they_came_are_accepted() {
        assert!(verify(BODY, SIGNATURE, &[SECRET]));
    }

    #[test]
    fn the_same_body_written_again_is_refused() {
        let value: serde_json::Value = serde_json::from_slice(BODY).unwrap();
        let again = serde_json::to_vec(&value).unwrap();
        assert!(!verify(&again, SIGNATURE, &[SECRET]));
        let twin = "sha256=5990911827040179f1223e41eaf25f117c70761df2a8d6672d853426eaf491d3";
        assert!(!verify(BODY, twin, &[SECRET]), "the digest of the re-serialised twin");
    }

    #[test]
    fn one_of_several_secrets_is_enough() {
        assert!(verify(BODY, SIGNATURE, &["old", SECRET]));
        assert!(verify(BODY, SIGNATURE, &[SECRET, "next"]));
        assert!(!verify(BODY, SIGNATURE, &["old", "next"]));
        assert!(!verify::<&str>(BODY, SIGNATURE, &[]));
    }

    #[test]
    fn an_empty_secret_is_no_secret() {
        let mut mac = Hmac::<Sha256>::new_from_slice(b"").unwrap();
        mac.update(BODY);
        let forged = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        assert!(!verify(BODY, &forged, &[""]));
    }

    #[test]
    fn prefix_and_64_hex_digits_are_required() {
        let hex = SIGNATURE.trim_start_matches("sha256=");
        for header in [
            "",
            "sha256=",
            hex,
            &format!("sha1={hex}"),
            &format!("SHA256={hex}"),
            &SIGNATURE[..70],
            &format!("{SIGNATURE}00"),
            &format!(" {SIGNATURE}"),
            &SIGNATURE.replace('2', "g"),
            &SIGNATURE.replace('0', "é"),
        ] {
            assert!(!verify(BODY, header, &[SECRET]), "{header}");
        }
    }
}
