//! How people and programs get in. A person signs in and has a session, which is a row; the cookie `auth_token` holds a
//! short-lived signed token that names it, the cookie `auth_refresh` what the next such token is given for. A program has
//! an API key. Ending a session or a key ends every token and socket of it.

pub mod accounts;
pub mod api_keys;
pub mod cookies;
pub mod keys;
pub mod limits;
pub mod links;
pub mod origin;
pub mod passwords;
pub mod refresh;
pub mod second_factor;
pub mod sessions;
pub mod sign_in;

use std::sync::Arc;

use dashmap::DashMap;
use engine::id::MemberId;
use engine::ports::StoreError;
use engine::time::{Span, Timestamp};

use crate::config;

/// A use of a session or a key is written down at most this often.
const TOUCH_EVERY: Span = Span::seconds(60);
/// Entries of a cache that is simply emptied when it is full.
const CACHE_MAX: usize = 20_000;

/// What getting in needs besides the store.
pub struct Auth {
    pub(crate) keys: keys::Keys,
    pub(crate) passwords: passwords::Passwords,
    pub(crate) limits: limits::Attempts,
    pub(crate) sessions: sessions::Known,
    pub(crate) api_keys: api_keys::Known,
    pub(crate) used: Touches,
}

impl Auth {
    /// The keys are made when they are missing.
    pub async fn open(
        place: Arc<dyn keys::KeyPlace>,
        limits: &config::Limits,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            keys: keys::Keys::open(place, now).await?,
            passwords: passwords::Passwords::new().map_err(StoreError::Unavailable)?,
            limits: limits::Attempts::new(limits),
            sessions: sessions::Known::default(),
            api_keys: api_keys::Known::default(),
            used: Touches::default(),
        })
    }

    /// The member's sessions are looked up again.
    pub fn doubt_member(&self, member: MemberId) {
        self.sessions.doubt_member(member);
    }

    /// Called now and then: what is not needed any more, and the age of the signing key.
    pub async fn keep_house(&self, now: Timestamp) {
        self.limits.forget_idle();
        self.sessions.forget_old(now);
        if let Err(error) = self.keys.refresh(now).await {
            tracing::error!(%error, "the key that signs sessions was not renewed; the old one stays in use");
        }
    }
}

/// When ids were last said to be in use.
#[derive(Default)]
pub(crate) struct Touches(DashMap<[u8; 16], Timestamp>);

impl Touches {
    /// `true` at most once in [`TOUCH_EVERY`] for an id.
    pub(crate) fn due(&self, id: [u8; 16], now: Timestamp) -> bool {
        if self.0.len() >= CACHE_MAX {
            self.0.clear();
        }
        let mut due = false;
        let mut last = self.0.entry(id).or_insert_with(|| {
            due = true;
            now
        });
        if now.since(*last) >= TOUCH_EVERY {
            due = true;
            *last = now;
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_is_written_down_once_a_minute() {
        let (touches, start) = (Touches::default(), Timestamp(1_795_392_000_000));
        assert!(touches.due([1; 16], start) && !touches.due([1; 16], start.plus(Span::seconds(59))));
        assert!(touches.due([1; 16], start.plus(TOUCH_EVERY)) && touches.due([2; 16], start));
    }
}
