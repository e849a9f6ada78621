//! A person of the installation and the browsers they are signed in with. What they are in an organization is a
//! [`crate::directory::Member`].

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{AccountId, MemberId, SessionId, TenantId};
use crate::rejection::Rejection;
use crate::time::{Span, Timestamp};

/// Longest e-mail address, in bytes (RFC 5321).
const EMAIL_MAX: usize = 254;

/// Longest name of a person, in characters.
const NAME_MAX: usize = 120;

/// Longest preferences, in bytes: the browser's own settings.
const PREFERENCES_MAX: usize = 4 * 1024;

/// A refresh token that was replaced this recently is accepted again: the answer that brought its successor was lost.
pub const ROTATION_GRACE: Span = Span::seconds(10);

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub id: AccountId,
    /// Lower case, unique in the installation.
    pub email: String,
    pub name: String,
    pub phone: Option<String>,
    /// PHC string of argon2id; `None`: never set yet.
    pub password_hash: Option<String>,
    pub second_factor: Option<SecondFactor>,
    /// A JSON object of at most 4 KiB, the browser's own; see [`check_preferences`].
    pub preferences: String,
    /// Raised by a change of the password and by "sign out everywhere": sessions of a lower one are worth nothing.
    pub token_version: u32,
    /// Raised by every change; an update names the one it was decided on.
    pub revision: u64,
    pub created_at: Timestamp,
}

impl Account {
    /// As it is stored first: revision 1.
    pub fn new(id: AccountId, email: String, name: String, password_hash: Option<String>, now: Timestamp) -> Self {
        Self {
            id,
            email,
            name,
            phone: None,
            password_hash,
            second_factor: None,
            preferences: "{}".to_owned(),
            token_version: 0,
            revision: 1,
            created_at: now,
        }
    }
}

/// Hashes, secrets and the person stay out of logs.
impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Account({}, revision {})", self.id, self.revision)
    }
}

/// Codes that change every 30 seconds (RFC 6238), and codes on paper for when the phone is lost.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecondFactor {
    #[serde(with = "hex::serde")]
    pub secret: Vec<u8>,
    /// Asked for at sign-in only after the person has shown that their phone has it.
    pub confirmed: bool,
    /// Of the last accepted code: one of this step or before is refused, so that nobody can use a code they saw.
    pub last_step: u64,
    /// SHA-256 of the recovery codes that were not used yet.
    pub recovery: Vec<[u8; 32]>,
}

impl SecondFactor {
    /// Takes a right code of this step; `false` when it, or a later one, was taken before.
    pub fn take_step(&mut self, step: u64) -> bool {
        let fresh = step > self.last_step;
        if fresh {
            self.last_step = step;
        }
        fresh
    }

    /// Uses up a recovery code; `false` when there is none of this hash.
    pub fn take_recovery(&mut self, hash: &[u8; 32]) -> bool {
        let before = self.recovery.len();
        self.recovery.retain(|unused| unused != hash);
        self.recovery.len() < before
    }
}

/// The e-mail as accounts are found by it: trimmed, in lower case.
pub fn check_email(text: &str) -> Result<String, Rejection> {
    let email = text.trim().to_lowercase();
    let looks_right = email.split_once('@').is_some_and(|(before, after)| {
        !before.is_empty() && after.contains('.') && !after.starts_with('.') && !after.ends_with('.')
    });
    let plain = !email.chars().any(|character| character.is_whitespace() || character.is_control());
    if looks_right && plain && email.len() <= EMAIL_MAX && email.matches('@').count() == 1 {
        Ok(email)
    } else {
        Err(Rejection::Invalid("This is not an e-mail address."))
    }
}

/// The name as people read it: trimmed, one line.
pub fn check_name(text: &str) -> Result<String, Rejection> {
    let name = text.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(Rejection::Invalid("A name has 1 to 120 characters."));
    }
    Ok(name.to_owned())
}

/// Preferences are a JSON object that nobody but the browser reads.
pub fn check_preferences(text: &str) -> Result<(), Rejection> {
    if text.len() > PREFERENCES_MAX {
        return Err(Rejection::Invalid("Preferences have at most 4 KiB."));
    }
    let parsed = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text);
    parsed.map(drop).map_err(|_| Rejection::Invalid("Preferences are a JSON object."))
}

/// A signed-in browser. The JWT names it; ending it ends every token and socket of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub tenant: TenantId,
    pub account: AccountId,
    pub member: MemberId,
    /// Of the account when it was opened.
    pub token_version: u32,
    /// SHA-256 of the refresh token that is good now, …
    pub refresh_hash: [u8; 32],
    /// … and of the one before.
    pub previous_refresh_hash: Option<[u8; 32]>,
    pub rotated_at: Timestamp,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub last_seen_at: Timestamp,
    pub ip: String,
    pub browser: String,
    pub device: String,
}

/// What a presented refresh token is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotation {
    /// The session with the next token in force.
    Fresh(Box<Session>),
    /// It was used before: somebody has a copy. The session must end.
    Reused,
    Ended,
}

impl Session {
    /// The token just replaced is accepted for [`ROTATION_GRACE`] and leads to the same generation again; any other
    /// token that is not the current one is a copy.
    #[must_use]
    pub fn rotate(&self, presented: &[u8; 32], next: [u8; 32], now: Timestamp) -> Rotation {
        if self.expires_at <= now {
            return Rotation::Ended;
        }
        let mut session = Self { last_seen_at: now, ..self.clone() };
        if *presented == self.refresh_hash {
            session.previous_refresh_hash = Some(self.refresh_hash);
            session.refresh_hash = next;
            session.rotated_at = now;
            return Rotation::Fresh(Box::new(session));
        }
        let lost = self.previous_refresh_hash.as_ref() == Some(presented);
        if lost && now.since(self.rotated_at) <= ROTATION_GRACE {
            session.refresh_hash = next;
            return Rotation::Fresh(Box::new(session));
        }
        Rotation::Reused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_392_000_000);

    fn session() -> Session {
        Session {
            id: SessionId::from_bytes([1; 16]),
            tenant: TenantId::from_bytes([2; 16]),
            account: AccountId::from_bytes([3; 16]),
            member: MemberId::from_bytes([4; 16]),
            token_version: 0,
            refresh_hash: [1; 32],
            previous_refresh_hash: None,
            rotated_at: NOW,
            created_at: NOW,
            expires_at: NOW.plus(Span::hours(12)),
            last_seen_at: NOW,
            ip: String::new(),
            browser: String::new(),
            device: String::new(),
        }
    }

    fn fresh(rotation: Rotation) -> Session {
        match rotation {
            Rotation::Fresh(session) => *session,
            Rotation::Reused | Rotation::Ended => panic!("{rotation:?}"),
        }
    }

    #[test]
    fn a_token_is_good_once_and_shortly_after_for_a_lost_answer() {
        let second = fresh(session().rotate(&[1; 32], [2; 32], NOW));
        let again = fresh(second.rotate(&[1; 32], [2; 32], NOW.plus(ROTATION_GRACE)));
        assert_eq!(again.refresh_hash, second.refresh_hash);
        assert_eq!(second.rotate(&[1; 32], [3; 32], NOW.plus(ROTATION_GRACE).plus(Span(1))), Rotation::Reused);
        let third = fresh(second.rotate(&[2; 32], [3; 32], NOW));
        assert_eq!(third.rotate(&[1; 32], [4; 32], NOW), Rotation::Reused);
        assert_eq!(third.rotate(&[9; 32], [4; 32], NOW), Rotation::Reused);
        assert_eq!(third.rotate(&[3; 32], [4; 32], third.expires_at), Rotation::Ended);
    }

    #[test]
    fn a_lost_answer_does_not_prolong_its_grace() {
        let second = fresh(session().rotate(&[1; 32], [2; 32], NOW));
        let again = fresh(second.rotate(&[1; 32], [3; 32], NOW.plus(Span::seconds(9))));
        assert_eq!(again.rotate(&[1; 32], [4; 32], NOW.plus(Span::seconds(11))), Rotation::Reused);
        assert_eq!(again.rotate(&[2; 32], [4; 32], NOW.plus(Span::seconds(9))), Rotation::Reused);
    }

    #[test]
    fn a_code_is_taken_once() {
        let mut factor = SecondFactor { secret: vec![1], confirmed: true, last_step: 7, recovery: vec![[5; 32]] };
        assert!(factor.take_step(8) && !factor.take_step(8) && !factor.take_step(7));
        assert!(factor.take_recovery(&[5; 32]) && !factor.take_recovery(&[5; 32]));
    }

    #[test]
    fn an_email_is_found_however_it_is_typed() {
        assert_eq!(check_email(" Lina@Aurora.Example ").as_deref(), Ok("lina@aurora.example"));
        for wrong in ["", "lina", "lina@aurora", "@aurora.example", "a b@aurora.example", "a@b@aurora.example"] {
            assert!(check_email(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn preferences_are_a_small_object() {
        assert_eq!(check_preferences("{\"dark\":true}"), Ok(()));
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(PREFERENCES_MAX));
        for wrong in ["", "[]", "true", large.as_str()] {
            assert!(check_preferences(wrong).is_err());
        }
    }

    #[test]
    fn an_account_keeps_to_itself_in_debug_output() {
        let hash = Some("$argon2id$x".to_owned());
        let account =
            Account::new(AccountId::from_bytes([1; 16]), "lina@aurora.example".into(), "Lina".into(), hash, NOW);
        let shown = format!("{account:?}");
        assert!(!shown.contains("ina") && !shown.contains("argon"), "{shown}");
    }
}
