use std::cmp::Reverse;

use async_trait::async_trait;
use engine::account::{Rotation, Session};
use engine::audit::AuditEntry;
use engine::id::{AccountId, MemberId, SessionId, TenantId};
use engine::ports::{Rotated, Sessions, StoreError};
use engine::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::accounts::Notes;
use super::documents::{Edit, Place};
use super::{CqlStore, names};
use crate::crypto::{Lookup, Sealer};

/// Sessions that are forgotten in one go.
const EXPIRED_MAX: u32 = 10_000;

/// Write times on the list of ends: a session comes once and goes once.
const COMES: i64 = 1;
const GOES: i64 = 2;

#[derive(Serialize, Deserialize)]
struct StoredSession {
    session: Session,
    /// It is over, and what the log says of that is on its way.
    ended: bool,
    notes: Vec<Notes>,
}

/// By the installation's key: the session says where it belongs.
fn at<'a>(store: &CqlStore, ours: &'a Sealer, id: &SessionId) -> Place<'a> {
    Place { name: store.name("session", &[id.as_bytes()]), sealer: ours }
}

/// Micros of the end, as a place.
fn end(session: &Session) -> i64 {
    session.expires_at.0.saturating_mul(1000)
}

impl CqlStore {
    fn session_ends(&self) -> Lookup {
        self.name("session_ends", &[])
    }

    fn sessions_of_account(&self, account: AccountId) -> Lookup {
        self.name("sessions_of_account", &[account.as_bytes()])
    }

    fn sessions_of_member(&self, tenant: TenantId, member: MemberId) -> Lookup {
        self.name("sessions_of_member", &[tenant.as_bytes(), member.as_bytes()])
    }

    /// The session, when it is not over; after what the log says of it is written.
    async fn settled_session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let ours = self.keyring.installation();
        let place = at(self, &ours, &id);
        let Some(stored) = self.document::<StoredSession>(place).await? else { return Ok(None) };
        for notes in &stored.notes {
            self.leave(notes).await?;
        }
        if stored.ended {
            self.forget_session(&stored.session).await?;
        } else if !stored.notes.is_empty() {
            let left: Vec<_> = stored.notes.iter().map(|notes| notes.change).collect();
            let clear = |known: Option<StoredSession>| {
                let Some(mut known) = known else { return Edit::Keep(()) };
                known.notes.retain(|notes| !left.contains(&notes.change));
                Edit::Put(known, ())
            };
            self.edit(place, clear).await?;
        }
        for notes in &stored.notes {
            self.forget_notes(notes).await?;
        }
        Ok((!stored.ended).then_some(stored.session))
    }

    /// The document last: until then somebody comes back to this.
    async fn forget_session(&self, session: &Session) -> Result<(), StoreError> {
        let ours = self.keyring.installation();
        let id = session.id.as_bytes();
        self.unpoint(self.sessions_of_account(session.account), id).await?;
        self.unpoint(self.sessions_of_member(session.tenant, session.member), id).await?;
        self.unshelve(self.session_ends(), end(session), id, GOES).await?;
        let remove = |known: Option<StoredSession>| match known {
            Some(known) if known.ended => Edit::Remove(()),
            Some(_) | None => Edit::Keep(()),
        };
        self.edit(at(self, &ours, &session.id), remove).await
    }

    /// `false`: it was over before.
    async fn end_session(&self, id: SessionId, notes: Option<Notes>) -> Result<bool, StoreError> {
        let ours = self.keyring.installation();
        let over = |known: Option<StoredSession>| match known {
            Some(mut known) if !known.ended => {
                known.notes.extend(notes.clone());
                Edit::Put(StoredSession { ended: true, ..known }, true)
            }
            Some(_) | None => Edit::Keep(false),
        };
        let ended = self.edit(at(self, &ours, &id), over).await?;
        self.settled_session(id).await?;
        Ok(ended)
    }

    pub(super) async fn end_sessions_of(&self, tenant: TenantId, member: MemberId) -> Result<(), StoreError> {
        for (id, _) in self.pointers(self.sessions_of_member(tenant, member)).await? {
            self.end_session(SessionId::from_bytes(names::id(&id)?), None).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl Sessions for CqlStore {
    async fn open_session(&self, session: Session, audit: Vec<AuditEntry>) -> Result<(), StoreError> {
        let ours = self.keyring.installation();
        let id = session.id;
        let key = id.as_bytes();
        // Where it is looked for first, so that it can always be found and ended.
        self.point(self.sessions_of_account(session.account), key, &[]).await?;
        self.point(self.sessions_of_member(session.tenant, session.member), key, &[]).await?;
        self.shelve(self.session_ends(), end(&session), key, COMES).await?;
        let tenant = session.tenant;
        let entries: Vec<_> = audit.into_iter().map(|entry| (tenant, entry)).collect();
        let notes: Vec<_> = Notes::of(&entries).into_iter().collect();
        let open = |known: Option<StoredSession>| match known {
            Some(_) => Edit::Keep(()),
            None => Edit::Put(StoredSession { session: session.clone(), ended: false, notes: notes.clone() }, ()),
        };
        self.edit(at(self, &ours, &id), open).await?;
        self.settled_session(id).await.map(drop)
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.settled_session(id).await
    }

    async fn sessions_of(&self, account: AccountId) -> Result<Vec<Session>, StoreError> {
        let mut own = Vec::new();
        for (id, _) in self.pointers(self.sessions_of_account(account)).await? {
            let session = self.settled_session(SessionId::from_bytes(names::id(&id)?)).await?;
            own.extend(session.filter(|session| session.account == account));
        }
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
        if self.settled_session(id).await?.is_none() {
            return Ok(Rotated::Ended);
        }
        let ours = self.keyring.installation();
        let rotate = |known: Option<StoredSession>| {
            let Some(known) = known.filter(|known| !known.ended) else { return Edit::Keep(Rotated::Ended) };
            match known.session.rotate(&presented, next, now) {
                Rotation::Fresh(fresh) => {
                    Edit::Put(StoredSession { session: (*fresh).clone(), ..known }, Rotated::Fresh(fresh))
                }
                Rotation::Reused => {
                    let mut known = known;
                    known.notes.extend(Notes::of(&[(known.session.tenant, reuse.clone())]));
                    let ended = Rotated::Reused(Box::new(known.session.clone()));
                    Edit::Put(StoredSession { ended: true, ..known }, ended)
                }
                Rotation::Ended => Edit::Keep(Rotated::Ended),
            }
        };
        let rotated = self.edit(at(self, &ours, &id), rotate).await?;
        if matches!(rotated, Rotated::Reused(_)) {
            self.settled_session(id).await?;
        }
        Ok(rotated)
    }

    async fn end_sessions(&self, ids: Vec<SessionId>, audit: Vec<(TenantId, AuditEntry)>) -> Result<usize, StoreError> {
        let mut notes = Notes::of(&audit);
        let mut ended = 0;
        for id in ids {
            // With the first that ends.
            if self.end_session(id, notes.clone()).await? {
                ended += 1;
                notes = None;
            }
        }
        Ok(ended)
    }

    async fn touch_session(&self, id: SessionId, at_time: Timestamp) -> Result<(), StoreError> {
        let ours = self.keyring.installation();
        let touch = |known: Option<StoredSession>| match known {
            Some(mut known) if !known.ended && known.session.last_seen_at < at_time => {
                known.session.last_seen_at = at_time;
                Edit::Put(known, ())
            }
            Some(_) | None => Edit::Keep(()),
        };
        self.edit(at(self, &ours, &id), touch).await
    }

    async fn forget_expired(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut from = i64::MIN;
        loop {
            let listed = self.oldest(self.session_ends(), from, EXPIRED_MAX).await?;
            let Some((last, _)) = listed.last() else { break };
            from = *last;
            for (place, id) in &listed {
                if *place > now.0.saturating_mul(1000) {
                    break;
                }
                let id = SessionId::from_bytes(names::id(id)?);
                let expired = self.settled_session(id).await?.is_some_and(|session| session.expires_at <= now);
                if expired {
                    self.end_session(id, None).await?;
                }
            }
            if from > now.0.saturating_mul(1000) {
                break;
            }
        }
        self.forget_resets(now).await
    }
}
