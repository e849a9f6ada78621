use async_trait::async_trait;
use engine::id::{ClaimToken, ConversationId, MessageId, TenantId};
use engine::outgoing::{OutboxEntry, OutboxState, Outgoing};
use engine::ports::{Belonging, Claim, Outbox, StoreError};
use engine::time::Timestamp;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::documents::{Edit, Place};
use super::{CqlStore, names};
use crate::crypto::{Lookup, Sealer};

/// Entries that are looked at together.
const CHUNK: u32 = 200;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum StoredState {
    Queued,
    Claimed { token: ClaimToken, at: Timestamp },
    InDoubt { since: Timestamp },
    Settled,
}

impl StoredState {
    fn of(state: OutboxState) -> Self {
        match state {
            OutboxState::Queued => Self::Queued,
            OutboxState::Claimed { token, at } => Self::Claimed { token, at },
            OutboxState::InDoubt { since } => Self::InDoubt { since },
            OutboxState::Settled => Self::Settled,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct StoredEntry {
    outgoing: Outgoing,
    state: StoredState,
    /// On the list of all, and on that of what is not settled.
    place: i64,
    /// The last change that touched it, by conversation and step there: a replay of it or of an earlier one does nothing.
    by: ConversationId,
    step: i64,
    /// Raised when it goes on the list or off; the write time there.
    turn: i64,
}

impl StoredEntry {
    fn has_seen(&self, by: ConversationId, step: i64) -> bool {
        self.by == by && self.step >= step
    }

    fn entry(self) -> OutboxEntry {
        let state = match self.state {
            StoredState::Queued => OutboxState::Queued,
            StoredState::Claimed { token, at } => OutboxState::Claimed { token, at },
            StoredState::InDoubt { since } => OutboxState::InDoubt { since },
            StoredState::Settled => OutboxState::Settled,
        };
        OutboxEntry { outgoing: self.outgoing, state }
    }
}

fn at<'a>(store: &CqlStore, tenant: TenantId, sealer: &'a Sealer, id: &MessageId) -> Place<'a> {
    Place { name: store.name_of("outbox", tenant, id.as_bytes()), sealer }
}

impl CqlStore {
    pub(super) fn unsettled_list(&self, tenant: TenantId) -> Lookup {
        self.name_of("unsettled", tenant, &[])
    }

    /// Settled entries too.
    pub(super) fn outbox_list(&self, tenant: TenantId) -> Lookup {
        self.name_of("outbox", tenant, &[])
    }

    pub(super) async fn bring_outgoing(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        entry: &OutboxEntry,
    ) -> Result<(), StoreError> {
        let OutboxEntry { outgoing, state } = entry;
        let (at_id, id) = (at(self, tenant, sealer, &outgoing.id), outgoing.id.as_bytes());
        if self.document::<StoredEntry>(at_id).await?.is_some() {
            return Ok(());
        }
        let (place, state) = (self.place(), StoredState::of(*state));
        self.shelve(self.outbox_list(tenant), place, id, 1).await?;
        if state != StoredState::Settled {
            self.shelve(self.unsettled_list(tenant), place, id, 1).await?;
        }
        // Changes of the conversation come after it.
        let (by, step) = (outgoing.conversation, 0);
        let bring = |known: Option<StoredEntry>| match known {
            Some(_) => Edit::Keep(()),
            None => Edit::Put(StoredEntry { outgoing: outgoing.clone(), state, place, by, step, turn: 1 }, ()),
        };
        self.edit(at_id, bring).await
    }

    pub(super) async fn leaving_outgoing(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        place: i64,
        id: MessageId,
    ) -> Result<Option<Belonging>, StoreError> {
        let found: Option<StoredEntry> = self.document(at(self, tenant, sealer, &id)).await?;
        let found = found.filter(|found| found.place == place);
        Ok(found.map(|found| Belonging::Outgoing(Box::new(found.entry()))))
    }

    /// Puts it on its lists before it is there to be found: an entry that is not on them would never be sent, or stay behind.
    pub(super) async fn enqueue(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        outgoing: &Outgoing,
        (by, step): (ConversationId, i64),
    ) -> Result<(), StoreError> {
        let (place, list, id) = (at(self, tenant, sealer, &outgoing.id), self.unsettled_list(tenant), outgoing.id);
        let known: Option<StoredEntry> = self.document(place).await?;
        let (position, turn) = if let Some(known) = known {
            (known.place, known.turn + 1)
        } else {
            let position = self.place();
            self.shelve(self.outbox_list(tenant), position, id.as_bytes(), 1).await?;
            (position, 1)
        };
        self.shelve(list, position, id.as_bytes(), turn).await?;
        let queue = |known: Option<StoredEntry>| {
            let state = StoredState::Queued;
            let Some(known) = known else {
                let outgoing = outgoing.clone();
                return Edit::Put(StoredEntry { outgoing, state, place: position, by, step, turn }, position);
            };
            let (place, turn) = (known.place, known.turn + 1);
            match known.state {
                StoredState::InDoubt { .. } | StoredState::Settled if !known.has_seen(by, step) => {
                    Edit::Put(StoredEntry { outgoing: outgoing.clone(), state, place, by, step, turn }, place)
                }
                StoredState::Queued
                | StoredState::Claimed { .. }
                | StoredState::InDoubt { .. }
                | StoredState::Settled => Edit::Keep(place),
            }
        };
        let taken = self.edit(place, queue).await?;
        if taken != position {
            // Somebody else rolls the same change forward and gave it another place, which is on the list.
            self.unshelve(list, position, id.as_bytes(), turn).await?;
        }
        Ok(())
    }

    pub(super) async fn settle(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: MessageId,
        (by, step): (ConversationId, i64),
    ) -> Result<(), StoreError> {
        let settle = |known: Option<StoredEntry>| {
            let Some(known) = known else { return Edit::Keep(None) };
            if known.has_seen(by, step) {
                return Edit::Keep((known.state == StoredState::Settled).then_some((known.place, known.turn)));
            }
            let (place, turn) = (known.place, known.turn + 1);
            Edit::Put(StoredEntry { state: StoredState::Settled, by, step, turn, ..known }, Some((place, turn)))
        };
        if let Some((place, turn)) = self.edit(at(self, tenant, sealer, &id), settle).await? {
            self.unshelve(self.unsettled_list(tenant), place, id.as_bytes(), turn).await?;
        }
        Ok(())
    }

    pub(super) async fn doubt(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: MessageId,
        since: Timestamp,
        (by, step): (ConversationId, i64),
    ) -> Result<(), StoreError> {
        let doubt = |known: Option<StoredEntry>| match known {
            Some(known) if !known.has_seen(by, step) && known.state != StoredState::Settled => {
                Edit::Put(StoredEntry { state: StoredState::InDoubt { since }, by, step, ..known }, ())
            }
            Some(_) | None => Edit::Keep(()),
        };
        self.edit(at(self, tenant, sealer, &id), doubt).await
    }
}

#[async_trait]
impl Outbox for CqlStore {
    async fn claim(
        &self,
        tenant: TenantId,
        id: MessageId,
        token: ClaimToken,
        now: Timestamp,
    ) -> Result<Claim, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Claim::Lost) };
        let claim = |known: Option<StoredEntry>| {
            let Some(known) = known else { return Edit::Keep(Claim::Lost) };
            match known.state {
                StoredState::Queued => {
                    Edit::Put(StoredEntry { state: StoredState::Claimed { token, at: now }, ..known }, Claim::Won)
                }
                // The same claim again, by someone who did not get the answer.
                StoredState::Claimed { token: holder, .. } if holder == token => Edit::Keep(Claim::Won),
                StoredState::Claimed { .. } | StoredState::InDoubt { .. } | StoredState::Settled => {
                    Edit::Keep(Claim::Lost)
                }
            }
        };
        self.edit(at(self, tenant, &sealer, &id), claim).await
    }

    async fn release(&self, tenant: TenantId, id: MessageId, token: ClaimToken) -> Result<(), StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(()) };
        let release = |known: Option<StoredEntry>| match known {
            Some(known) if matches!(known.state, StoredState::Claimed { token: holder, .. } if holder == token) => {
                Edit::Put(StoredEntry { state: StoredState::Queued, ..known }, ())
            }
            Some(_) | None => Edit::Keep(()),
        };
        self.edit(at(self, tenant, &sealer, &id), release).await
    }

    async fn outbox_entry(&self, tenant: TenantId, id: MessageId) -> Result<Option<OutboxEntry>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let entry: Option<StoredEntry> = self.document(at(self, tenant, &sealer, &id)).await?;
        Ok(entry.map(StoredEntry::entry))
    }

    async fn unsettled(
        &self,
        tenant: TenantId,
        after: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Vec::new()) };
        let sealer = &sealer;
        let last: Option<StoredEntry> = match after {
            Some(id) => self.document(at(self, tenant, sealer, &id)).await?,
            None => None,
        };
        let mut from = last.map_or(i64::MIN, |last| last.place);
        let mut found = Vec::new();
        loop {
            let entries = self.oldest(self.unsettled_list(tenant), from, CHUNK).await?;
            let Some((end, _)) = entries.last() else { return Ok(found) };
            from = *end;
            let read = entries.iter().map(|(place, id)| async move {
                let id = MessageId::from_bytes(names::id(id)?);
                let entry: Option<StoredEntry> = self.document(at(self, tenant, sealer, &id)).await?;
                Ok::<_, StoreError>(entry.filter(|entry| entry.place == *place))
            });
            for entry in try_join_all(read).await?.into_iter().flatten() {
                if entry.state != StoredState::Settled {
                    found.push(entry.entry());
                    if found.len() >= limit as usize {
                        return Ok(found);
                    }
                }
            }
        }
    }
}
