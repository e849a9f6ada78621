//! What leaves the machine sealed for people: a backup of keys, the secrets of an export. Its key is made from a passphrase,
//! slowly (Argon2id). The nonce is a keyed hash of what is sealed, so that the same text sealed by the same passphrase for the
//! same place is the same bytes, and two exports of the same data can be compared.

use argon2::{Algorithm, Argon2, Params, Version};
use zeroize::Zeroizing;

use super::cipher::{Cipher, NONCE_BYTES};
use super::secret::Secret;

pub(super) const SALT_BYTES: usize = 16;
/// Shorter ones are guessed, however slow each guess is.
const CHARACTERS_MIN: usize = 12;
/// KiB of memory, and how often it is gone through, for one guess.
const MEMORY_KIB: u32 = 64 * 1024;
const PASSES: u32 = 3;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PassphraseError {
    #[error("a passphrase has at least {CHARACTERS_MIN} characters; put a longer one into its file")]
    Short,
    #[error("a key cannot be made from the passphrase: {0}")]
    Unusable(String),
    #[error("the passphrase is another one than this was sealed by, or what was sealed was changed")]
    Wrong,
}

pub struct Passphrase {
    cipher: Cipher,
    nonces: Secret,
}

impl Passphrase {
    /// Takes some 100 ms, on purpose. `place`: what is sealed, so that equal passphrases of two places have different keys.
    pub fn new(text: &str, place: &str) -> Result<Self, PassphraseError> {
        let mut salt = [0; SALT_BYTES];
        blake3::Hasher::new_derive_key("jetto passphrase salt 1")
            .update(place.as_bytes())
            .finalize_xof()
            .fill(&mut salt);
        Self::salted(text, &salt)
    }

    pub(super) fn salted(text: &str, salt: &[u8; SALT_BYTES]) -> Result<Self, PassphraseError> {
        if text.chars().count() < CHARACTERS_MIN {
            return Err(PassphraseError::Short);
        }
        let unusable = |error: argon2::Error| PassphraseError::Unusable(error.to_string());
        let parameters = Params::new(MEMORY_KIB, PASSES, 1, Some(32)).map_err(unusable)?;
        let mut key = Zeroizing::new([0; 32]);
        let slow = Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters);
        slow.hash_password_into(text.as_bytes(), salt, key.as_mut()).map_err(unusable)?;
        let key = Secret::from_bytes(*key);
        Ok(Self { cipher: Cipher::new(key.derive("seal")), nonces: key.derive("nonce") })
    }

    /// `context` says what it is: sealed for one, it does not open as another.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Result<Vec<u8>, PassphraseError> {
        let mut nonce = [0; NONCE_BYTES];
        let mut hasher = blake3::Hasher::new_keyed(self.nonces.bytes());
        hasher.update(&(context.len() as u64).to_le_bytes()).update(context.as_bytes()).update(plain);
        hasher.finalize_xof().fill(&mut nonce);
        let mut sealed = [&nonce[..], plain].concat();
        let body = sealed.get_mut(NONCE_BYTES..).unwrap_or_default();
        let tag = self.cipher.seal(nonce, context.as_bytes(), body);
        let tag = tag.ok_or_else(|| PassphraseError::Unusable("too much to seal".to_owned()))?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    pub fn open(&self, context: &str, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, PassphraseError> {
        let (nonce, rest) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(PassphraseError::Wrong)?;
        let mut rest = Zeroizing::new(rest.to_vec());
        let plain = self.cipher.open(*nonce, context.as_bytes(), &mut rest).ok_or(PassphraseError::Wrong)?;
        Ok(Zeroizing::new(plain.to_vec()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_passphrase_opens_and_the_same_text_seals_alike() {
        let sealed = |text: &str, place: &str| Passphrase::new(text, place).unwrap().seal("token", b"secret").unwrap();
        let ours = sealed("a long passphrase", "one");
        assert_eq!(ours, sealed("a long passphrase", "one"));
        assert_ne!(ours, sealed("a long passphrase", "other"));
        let key = Passphrase::new("a long passphrase", "one").unwrap();
        assert_eq!(**key.open("token", &ours).unwrap(), *b"secret");
        assert_eq!(key.open("password", &ours), Err(PassphraseError::Wrong));
        for at in 0..ours.len() {
            let mut changed = ours.clone();
            changed[at] ^= 1;
            assert_eq!(key.open("token", &changed), Err(PassphraseError::Wrong), "byte {at}");
        }
        let other = Passphrase::new("another passphrase", "one").unwrap();
        assert_eq!(other.open("token", &ours), Err(PassphraseError::Wrong));
        assert!(matches!(Passphrase::new("short", "one"), Err(PassphraseError::Short)));
    }
}
