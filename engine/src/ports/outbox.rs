use async_trait::async_trait;

use super::StoreError;
use crate::id::{ClaimToken, MessageId, TenantId};
use crate::outgoing::OutboxEntry;
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Ours: send it now. Durable on return.
    Won,
    /// It is not queued any more: somebody else has it, or it is done.
    Lost,
}

/// What waits to leave. Entries come in and are settled through [`super::ConversationStore::commit`].
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Queued → claimed, at most one winner.
    async fn claim(
        &self,
        tenant: TenantId,
        id: MessageId,
        token: ClaimToken,
        at: Timestamp,
    ) -> Result<Claim, StoreError>;

    /// Claimed by `token` → queued: only for what Meta provably refused before processing.
    async fn release(&self, tenant: TenantId, id: MessageId, token: ClaimToken) -> Result<(), StoreError>;

    async fn outbox_entry(&self, tenant: TenantId, id: MessageId) -> Result<Option<OutboxEntry>, StoreError>;

    /// Everything not settled, oldest first, after `after` (the id that an earlier call returned last): for the start and the doubt policy.
    async fn unsettled(
        &self,
        tenant: TenantId,
        after: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError>;
}
