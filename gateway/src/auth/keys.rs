//! The keys that sign tokens. Each has a name (`kid`) that its tokens carry, so that the next one can take over while the
//! tokens of the one before are still about.

use std::io::{Error, ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use engine::id::{MemberId, SessionId, TenantId};
use engine::ports::StoreError;
use engine::time::{Span, Timestamp};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use storage::cql::CqlStore;

use crate::limits::count_reached;
use crate::shell;

/// A stolen token is worth this long at most; the refresh token brings the next.
pub const TOKEN_LIFE: Span = Span::seconds(15 * 60);
/// After this long another key signs.
const KEY_AGE_MAX: Span = Span::hours(30 * 24);
/// The one that signs and the one before: tokens of an older one ended weeks ago.
const KEYS_KEPT: usize = 2;
/// A new key signs after this long: by then every node has read it.
const SETTLES_WITHIN: Span = Span::seconds(30);
/// A change is made again this often when another node was faster.
const CHANGES_MAX: usize = 8;
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

#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct Key {
    kid: String,
    #[serde(with = "hex::serde")]
    secret: [u8; 32],
    made_at: Timestamp,
}

/// What is kept.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
struct KeySet {
    /// What successors of refresh tokens are derived with.
    #[serde(with = "hex::serde")]
    refresh: [u8; 32],
    /// The newest first.
    keys: Vec<Key>,
}

/// Where the keys lie: whole or not at all.
#[async_trait]
pub trait KeyPlace: Send + Sync {
    async fn read(&self) -> Result<Option<Vec<u8>>, StoreError>;

    /// Puts `after` in place of exactly `before`, `None`: where there was nothing. `false`: something else is there.
    async fn replace(&self, before: Option<&[u8]>, after: &[u8]) -> Result<bool, StoreError>;
}

/// A file of one process.
pub struct KeyFile(pub PathBuf);

#[async_trait]
impl KeyPlace for KeyFile {
    async fn read(&self) -> Result<Option<Vec<u8>>, StoreError> {
        match std::fs::read(&self.0) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StoreError::Unavailable(error.to_string())),
        }
    }

    async fn replace(&self, before: Option<&[u8]>, after: &[u8]) -> Result<bool, StoreError> {
        if self.read().await?.as_deref() != before {
            return Ok(false);
        }
        write(&self.0, after).map(|()| true).map_err(|error| StoreError::Unavailable(error.to_string()))
    }
}

/// Beside what all nodes share.
const DOCUMENT: &str = "session keys";

#[async_trait]
impl KeyPlace for CqlStore {
    async fn read(&self) -> Result<Option<Vec<u8>>, StoreError> {
        self.shared_document(DOCUMENT).await
    }

    async fn replace(&self, before: Option<&[u8]>, after: &[u8]) -> Result<bool, StoreError> {
        self.replace_shared_document(DOCUMENT, before, after).await
    }
}

pub struct Keys {
    place: Arc<dyn KeyPlace>,
    set: RwLock<Arc<KeySet>>,
    validation: Validation,
}

impl Keys {
    pub async fn open(place: Arc<dyn KeyPlace>, now: Timestamp) -> Result<Self, StoreError> {
        let set = current(place.as_ref(), now).await?;
        let mut validation = Validation::new(ALGORITHM);
        validation.set_required_spec_claims(&["exp", "sub"]);
        validation.leeway = 0;
        // The time is compared with the process's own clock.
        validation.validate_exp = false;
        Ok(Self { place, set: RwLock::new(Arc::new(set)), validation })
    }

    /// As they are kept now, with a new key in front of one that has signed for long enough.
    pub async fn refresh(&self, now: Timestamp) -> Result<(), StoreError> {
        let set = current(self.place.as_ref(), now).await?;
        if *self.set() != set {
            *self.set.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(set);
            tracing::info!("sessions are signed with a new key; tokens of the one before hold until they expire");
        }
        Ok(())
    }

    pub fn sign(&self, claims: &Claims) -> Result<String, jsonwebtoken::errors::Error> {
        let set = self.set();
        let known = |key: &&Key| key.made_at.plus(SETTLES_WITHIN).0 / 1000 <= claims.iat;
        let Some(key) = set.keys.iter().find(known).or(set.keys.last()) else {
            return Err(jsonwebtoken::errors::ErrorKind::InvalidKeyFormat.into());
        };
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

/// Reads the keys; makes the first ones, and another one when the newest is old.
async fn current(place: &dyn KeyPlace, now: Timestamp) -> Result<KeySet, StoreError> {
    for _ in 0..CHANGES_MAX {
        let before = place.read().await?;
        let next = match &before {
            None => KeySet { refresh: random(), keys: vec![Key::new(now)] },
            Some(bytes) => {
                let mut set: KeySet = serde_json::from_slice(bytes)?;
                let newest = set.keys.first().ok_or_else(|| StoreError::Corrupt("there is no key".to_owned()))?;
                if now.since(newest.made_at) < KEY_AGE_MAX {
                    return Ok(set);
                }
                count_reached("key_age");
                set.keys.insert(0, Key::new(now));
                set.keys.truncate(KEYS_KEPT);
                set
            }
        };
        if place.replace(before.as_deref(), &serde_json::to_vec(&next)?).await? {
            return Ok(next);
        }
    }
    Err(StoreError::Busy)
}

/// What is there is replaced by a file that is complete on disk.
fn write(file: &Path, bytes: &[u8]) -> Result<(), Error> {
    let next = file.with_extension("next");
    match std::fs::remove_file(&next) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut out = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&next)?;
    out.write_all(bytes)?;
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

    async fn opened(file: &Path, now: Timestamp) -> Result<Keys, StoreError> {
        Keys::open(Arc::new(KeyFile(file.to_owned())), now).await
    }

    #[tokio::test]
    async fn a_new_key_takes_over_and_tokens_of_the_one_before_hold_until_they_expire() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("session.keys");
        let keys = opened(&file, NOW).await.unwrap();
        let made = NOW.plus(KEY_AGE_MAX);
        let then = made.plus(SETTLES_WITHIN);
        let before = keys.sign(&claims(then)).unwrap();
        keys.refresh(made.minus(Span(1))).await.unwrap();
        assert_eq!(kid(&keys.sign(&claims(then)).unwrap()), kid(&before), "not yet");
        // Another node makes the next one: it is not used before everybody has read it.
        let neighbour = opened(&file, made).await.unwrap();
        assert_eq!(kid(&neighbour.sign(&claims(then.minus(Span::seconds(1)))).unwrap()), kid(&before));
        keys.refresh(made).await.unwrap();
        let after = neighbour.sign(&claims(then)).unwrap();
        assert_ne!(kid(&after), kid(&before));
        assert!(keys.claims(&before, then).is_some() && keys.claims(&after, then).is_some());
        assert!(keys.claims(&before, then.plus(TOKEN_LIFE)).is_none());
        keys.refresh(made.plus(KEY_AGE_MAX)).await.unwrap();
        assert!(keys.claims(&before, then).is_none(), "its key is forgotten");
        assert_eq!(kid(&keys.sign(&claims(then)).unwrap()), kid(&after));
    }

    #[tokio::test]
    async fn a_token_counts_only_with_our_key_under_its_name() {
        let place = tempfile::tempdir().unwrap();
        let keys = opened(&place.path().join("one"), NOW).await.unwrap();
        let others = opened(&place.path().join("two"), NOW).await.unwrap();
        let token = keys.sign(&claims(NOW)).unwrap();
        assert!(keys.claims(&token, NOW).is_some() && others.claims(&token, NOW).is_none());
        let header = Header { kid: kid(&token), ..Header::new(ALGORITHM) };
        let forged = jsonwebtoken::encode(&header, &claims(NOW), &EncodingKey::from_secret(b"another")).unwrap();
        assert!(keys.claims(&forged, NOW).is_none());
    }

    #[tokio::test]
    async fn a_refresh_token_has_one_successor_after_a_restart_too() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("session.keys");
        let next = opened(&file, NOW).await.unwrap().successor(&[7; 32]);
        assert_eq!(opened(&file, NOW.plus(KEY_AGE_MAX)).await.unwrap().successor(&[7; 32]), next);
        assert_ne!(next, [7; 32]);
    }

    #[tokio::test]
    async fn the_file_is_for_its_owner_only_and_a_broken_one_is_told() {
        use std::os::unix::fs::PermissionsExt as _;
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("session.keys");
        opened(&file, NOW).await.unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&file, "{}").unwrap();
        assert!(opened(&file, NOW).await.is_err(), "a new one would sign everybody out without a word");
    }
}
