use async_trait::async_trait;

use super::StoreError;
use crate::account::Session;
use crate::audit::AuditEntry;
use crate::id::{AccountId, SessionId, TenantId};
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rotated {
    /// The next token is in force.
    Fresh(Box<Session>),
    /// Somebody has a copy of the token: the session is ended, in the same commit as its entry in the audit log.
    Reused(Box<Session>),
    /// There is no such session any more.
    Ended,
}

/// Signed-in browsers. A session is found by its id, which is not guessed.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// The same session again changes nothing.
    async fn open_session(&self, session: Session, audit: Vec<AuditEntry>) -> Result<(), StoreError>;
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError>;
    /// In every organization, the last seen first.
    async fn sessions_of(&self, account: AccountId) -> Result<Vec<Session>, StoreError>;

    /// As [`Session::rotate`] decides. `reuse` is what the log says when the token is a copy.
    async fn rotate_session(
        &self,
        id: SessionId,
        presented: [u8; 32],
        next: [u8; 32],
        now: Timestamp,
        reuse: AuditEntry,
    ) -> Result<Rotated, StoreError>;

    /// Those that are there end; the entries are written if at least one was. Answers how many ended.
    async fn end_sessions(&self, ids: Vec<SessionId>, audit: Vec<(TenantId, AuditEntry)>) -> Result<usize, StoreError>;

    /// Somebody used it; keeps the latest. For callers to ask at most once a minute.
    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError>;

    /// Forgets sessions and links to set a password that have expired.
    async fn forget_expired(&self, now: Timestamp) -> Result<(), StoreError>;
}
