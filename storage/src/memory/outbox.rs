use async_trait::async_trait;
use engine::id::{ClaimToken, MessageId, TenantId};
use engine::outgoing::{OutboxEntry, OutboxState};
use engine::ports::{Claim, Outbox, StoreError};
use engine::time::Timestamp;

use super::{MemoryStore, State};

impl State {
    fn claim(&mut self, key: (TenantId, MessageId), token: ClaimToken, at: Timestamp) -> Claim {
        let Some(entry) = self.outbox.get_mut(&key) else { return Claim::Lost };
        match entry.row.state {
            OutboxState::Queued => {
                entry.row.state = OutboxState::Claimed { token, at };
                Claim::Won
            }
            // The same claim again, by someone who did not get the answer.
            OutboxState::Claimed { token: holder, .. } if holder == token => Claim::Won,
            OutboxState::Claimed { .. } | OutboxState::InDoubt { .. } | OutboxState::Settled => Claim::Lost,
        }
    }
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn claim(
        &self,
        tenant: TenantId,
        id: MessageId,
        token: ClaimToken,
        at: Timestamp,
    ) -> Result<Claim, StoreError> {
        let claim = self.state()?.claim((tenant, id), token, at);
        self.answer_late().await;
        Ok(claim)
    }

    async fn release(&self, tenant: TenantId, id: MessageId, token: ClaimToken) -> Result<(), StoreError> {
        let mut state = self.state()?;
        if let Some(entry) = state.outbox.get_mut(&(tenant, id))
            && matches!(entry.row.state, OutboxState::Claimed { token: holder, .. } if holder == token)
        {
            entry.row.state = OutboxState::Queued;
        }
        Ok(())
    }

    async fn outbox_entry(&self, tenant: TenantId, id: MessageId) -> Result<Option<OutboxEntry>, StoreError> {
        Ok(self.state()?.outbox.get(&(tenant, id)).map(|entry| entry.row.clone()))
    }

    async fn unsettled(
        &self,
        tenant: TenantId,
        after: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let state = self.state()?;
        let start = after.and_then(|id| state.outbox.get(&(tenant, id))).map_or(0, |entry| entry.place);
        let own = state.outbox.iter().filter(|((owner, _), _)| *owner == tenant).map(|(_, entry)| entry);
        let open = own.filter(|entry| entry.row.state != OutboxState::Settled && entry.place > start);
        let mut open: Vec<_> = open.collect();
        open.sort_by_key(|entry| entry.place);
        Ok(open.into_iter().take(limit as usize).map(|entry| entry.row.clone()).collect())
    }
}
