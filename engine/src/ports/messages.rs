use async_trait::async_trait;

use super::{ListError, Page, PageRequest, StoreError};
use crate::id::{ConversationId, MessageId, TenantId, Wamid};
use crate::inbound::StatusUpdate;
use crate::message::Message;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Located {
    pub conversation: ConversationId,
    pub message: MessageId,
}

/// Reading history. It is written through [`super::ConversationStore::commit`].
#[async_trait]
pub trait MessageStore: Send + Sync {
    async fn message(
        &self,
        tenant: TenantId,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<Option<Message>, StoreError>;

    /// Newest first: by `at`, then by arrival.
    async fn history(
        &self,
        tenant: TenantId,
        conversation: ConversationId,
        page: PageRequest,
    ) -> Result<Page<Message>, ListError>;

    /// Finds a message that went out by Meta's id.
    async fn locate(&self, tenant: TenantId, wamid: &Wamid) -> Result<Option<Located>, StoreError>;

    /// Keeps a status whose message is not known (yet). The same status again changes nothing.
    async fn park_status(&self, tenant: TenantId, update: &StatusUpdate) -> Result<(), StoreError>;

    /// Takes out what was parked for this wamid, in order of arrival.
    async fn unpark_statuses(&self, tenant: TenantId, wamid: &Wamid) -> Result<Vec<StatusUpdate>, StoreError>;

    /// Bulk import of ready history into conversations that nobody is using: no events, no outbox.
    /// What is there already is left as it is. A file that a message says is ready becomes known, tied to the conversation.
    async fn import(
        &self,
        tenant: TenantId,
        conversations: Vec<crate::conversation::Conversation>,
        messages: Vec<Message>,
    ) -> Result<(), StoreError>;
}
