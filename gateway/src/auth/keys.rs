//! The keys that sign tokens. Each has a name (`kid`) that its tokens carry, so that the next one can take over while the
//! tokens of the one before are still about.

use std::io::{Error, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use engine::id::{MemberId, SessionId, TenantId};
use engine::time::{Span, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use crate::shell;

/// A stolen token is worth this long at most; the refresh token brings the next.
pub const TOKEN_LIFE: Span = Span::seconds(15 * 60);
/// After this long another key signs.
const KEY_AGE_MAX: Span = Span::hours(30 * 24);
/// The one that signs and the one before: tokens of an older one ended weeks ago.
const KEYS_KEPT: usize = 2;
/// The one algorithm; a token that names another is refused.
const ALGORITHM: Algorithm = Algorithm::HS256;

#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    /// Member.
    pub sub: MemberId,
    pub org: TenantId,
    pub sid: SessionId,
    /// Seconds since the epoch.
    pub iat: i64,
    pub exp: i64,
}

#[derive(Clone, Serialize, Deserialize)]
struct Key {
    kid: String,
    #[serde(with = "hex::serde")]
    secret: [u8; 32],
    made_at: Timestamp,
}

/// The file.
#[derive(Clone, Serialize, Deserialize)]
struct KeySet {
    /// What successors of refresh tokens are derived with.
    #[serde(with = "hex::serde")]
    refresh: [u8; 32],
    /// The newest first: it signs.
    keys: Vec<Key>,
}

pub struct Keys {
    file: PathBuf,
    set: RwLock<Arc<KeySet>>,
    validation: Validation,
}

impl Keys {
    pub fn open(file: &Path, now: Timestamp) -> Result<Self, Error> {
        let set = match std::fs::read(file) {
            Ok(bytes) => serde_json::from_slice::<KeySet>(&bytes)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let set = KeySet { refresh: random(), keys: vec![Key::new(now)] };
                write(file, &set)?;
                set
            }
            Err(error) => return Err(error),
        };
        if set.keys.is_empty() {
            return Err(Error::new(ErrorKind::InvalidData, "the file holds no key"));
        }
        let mut validation = Validation::new(ALGORITHM);
        validation.set_required_spec_claims(&["exp", "sub"]);
        validation.leeway = 0;
        // The time is compared with the process's own clock.
        validation.validate_exp = false;
        let keys = Self { file: file.to_owned(), set: RwLock::new(Arc::new(set)), validation };
        keys.rotate_if_old(now)?;
        Ok(keys)
    }

    /// Puts a new key in front of one that has signed for long enough.
    pub fn rotate_if_old(&self, now: Timestamp) -> Result<(), Error> {
        let set = self.set();
        if set.keys.first().is_some_and(|key| now.since(key.made_at) < KEY_AGE_MAX) {
            return Ok(());
        }
        let mut next = KeySet::clone(&set);
        next.keys.insert(0, Key::new(now));
        next.keys.truncate(KEYS_KEPT);
        write(&self.file, &next)?;
        *self.set.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        tracing::info!("sessions are signed with a new key; tokens of the one before hold until they expire");
        Ok(())
    }

    pub fn sign(&self, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
        let set = self.set();
        let Some(key) = set.keys.first() else { return Err(jsonwebtoken::errors::ErrorKind::InvalidKeyFormat.into()) };
        let header = Header { kid: Some(key.kid.clone()), ..Header::new(ALGORITHM) };
        jsonwebtoken::encode(&header, claims, &EncodingKey::from_secret(&key.secret))
    }

    /// `None` unless one of our keys signed it and it has not expired.
    pub fn claims(&self, token: &str, now: Timestamp) -> Option<Claims> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let set = self.set();
        let key = set.keys.iter().find(|key| key.kid == kid)?;
        let decoding = DecodingKey::from_secret(&key.secret);
        let claims = jsonwebtoken::decode::<Claims>(token, &decoding, &self.validation).ok()?.claims;
        (now.0 / 1000 < claims.exp).then_some(claims)
    }

    /// What follows a refresh token. The same one always has the same successor: two tabs that present it at once, or one
    /// whose answer was lost, go on with one token.
    pub fn successor(&self, secret: &[u8; 32]) -> [u8; 32] {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.set().refresh) else { return random() };
        mac.update(secret);
        mac.finalize().into_bytes().into()
    }

    fn set(&self) -> Arc<KeySet> {
        Arc::clone(&self.set.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Key {
    fn new(now: Timestamp) -> Self {
        let mut kid = [0; 8];
        shell::fill(&mut kid);
        Self { kid: hex::encode(kid), secret: random(), made_at: now }
    }
}

fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    shell::fill(&mut bytes);
    bytes
}

/// Whole or not at all: what is there is replaced by a file that is complete on disk.
fn write(file: &Path, set: &KeySet) -> Result<(), Error> {
    let next = file.with_extension("next");
    match std::fs::remove_file(&next) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&next)?;
    out.write_all(&serde_json::to_vec(set)?)?;
    out.sync_all()?;
    std::fs::rename(&next, file)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_392_000_000);

    fn claims(now: Timestamp) -> Claims {
        Claims {
            sub: MemberId::from_bytes([1; 16]),
            org: TenantId::from_bytes([2; 16]),
            sid: SessionId::from_bytes([3; 16]),
            iat: now.0 / 1000,
            exp: now.plus(TOKEN_LIFE).0 / 1000,
        }
    }

    fn kid(token: &str) -> Option<String> {
        jsonwebtoken::decode_header(token).unwrap().kid
    }

    #[test]
    fn a_new_key_takes_over_and_tokens_of_the_one_before_hold_until_they_expire() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("session.keys");
        let keys = Keys::open(&file, NOW).unwrap();
        let then = NOW.plus(KEY_AGE_MAX);
        let before = keys.sign(&claims(then)).unwrap();
        keys.rotate_if_old(then.minus(Span(1))).unwrap();
        assert_eq!(kid(&keys.sign(&claims(then)).unwrap()), kid(&before), "not yet");
        keys.rotate_if_old(then).unwrap();
        let after = keys.sign(&claims(then)).unwrap();
        assert_ne!(kid(&after), kid(&before));
        assert!(keys.claims(&before, then).is_some() && keys.claims(&after, then).is_some());
        assert!(keys.claims(&before, then.plus(TOKEN_LIFE)).is_none());
        // The file has both for the next start.
        let again = Keys::open(&file, then).unwrap();
        assert!(again.claims(&before, then).is_some() && again.claims(&after, then).is_some());
        keys.rotate_if_old(then.plus(KEY_AGE_MAX)).unwrap();
        assert!(keys.claims(&before, then).is_none(), "its key is forgotten");
    }

    #[test]
    fn a_token_counts_only_with_our_key_under_its_name() {
        let place = tempfile::tempdir().unwrap();
        let keys = Keys::open(&place.path().join("one"), NOW).unwrap();
        let others = Keys::open(&place.path().join("two"), NOW).unwrap();
        let token = keys.sign(&claims(NOW)).unwrap();
        assert!(keys.claims(&token, NOW).is_some() && others.claims(&token, NOW).is_none());
        let header = Header { kid: kid(&token), ..Header::new(ALGORITHM) };
        let forged = jsonwebtoken::encode(&header, &claims(NOW), &EncodingKey::from_secret(b"another")).unwrap();
        assert!(keys.claims(&forged, NOW).is_none());
    }

    #[test]
    fn a_refresh_token_has_one_successor_after_a_restart_too() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("session.keys");
        let next = Keys::open(&file, NOW).unwrap().successor(&[7; 32]);
        assert_eq!(Keys::open(&file, NOW.plus(KEY_AGE_MAX)).unwrap().successor(&[7; 32]), next);
        assert_ne!(next, [7; 32]);
    }

    #[test]
    fn the_file_is_for_its_owner_only_and_a_broken_one_is_told() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("session.keys");
        Keys::open(&file, NOW).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&file, "{}").unwrap();
        assert!(Keys::open(&file, NOW).is_err(), "a new one would sign everybody out without a word");
    }
}
