use std::cmp::Reverse;

use async_trait::async_trait;
use engine::account::{Rotation, Session};
use engine::audit::AuditEntry;
use engine::id::{AccountId, SessionId, TenantId};
use engine::ports::{Rotated, Sessions, StoreError};
use engine::time::Timestamp;

use super::MemoryStore;

#[async_trait]
impl Sessions for MemoryStore {
    async fn open_session(&self, session: Session, audit: Vec<AuditEntry>) -> Result<(), StoreError> {
        let mut state = self.state()?;
        if !state.sessions.contains_key(&session.id) {
            state.append_audit(session.tenant, audit);
            state.sessions.insert(session.id, session);
        }
        Ok(())
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        Ok(self.state()?.sessions.get(&id).cloned())
    }

    async fn sessions_of(&self, account: AccountId) -> Result<Vec<Session>, StoreError> {
        let state = self.state()?;
        let mut own: Vec<_> = state.sessions.values().filter(|session| session.account == account).cloned().collect();
        own.sort_by_key(|session| (Reverse(session.last_seen_at), session.id));
        Ok(own)
    }

    async fn rotate_session(
        &self,
        id: SessionId,
        presented: [u8; 32],
        next: [u8; 32],
        now: Timestamp,
        reuse: AuditEntry,
    ) -> Result<Rotated, StoreError> {
        let mut state = self.state()?;
        let Some(session) = state.sessions.get_mut(&id) else { return Ok(Rotated::Ended) };
        match session.rotate(&presented, next, now) {
            Rotation::Fresh(fresh) => {
                session.clone_from(&fresh);
                Ok(Rotated::Fresh(fresh))
            }
            Rotation::Reused => {
                let ended = session.clone();
                state.sessions.remove(&id);
                state.append_audit(ended.tenant, vec![reuse]);
                Ok(Rotated::Reused(Box::new(ended)))
            }
            Rotation::Ended => Ok(Rotated::Ended),
        }
    }

    async fn end_sessions(&self, ids: Vec<SessionId>, audit: Vec<(TenantId, AuditEntry)>) -> Result<usize, StoreError> {
        let mut state = self.state()?;
        let ended = ids.iter().filter(|id| state.sessions.remove(id).is_some()).count();
        for (tenant, entry) in audit.into_iter().filter(|_| ended > 0) {
            state.append_audit(tenant, vec![entry]);
        }
        Ok(ended)
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        if let Some(session) = self.state()?.sessions.get_mut(&id) {
            session.last_seen_at = session.last_seen_at.max(at);
        }
        Ok(())
    }

    async fn forget_expired(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut state = self.state()?;
        state.sessions.retain(|_, session| now < session.expires_at);
        state.resets.retain(|_, (_, expires_at)| now < *expires_at);
        Ok(())
    }
}
