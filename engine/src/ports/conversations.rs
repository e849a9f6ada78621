use std::collections::BTreeMap;

use async_trait::async_trait;

use super::{ListError, Page, PageRequest, StoreError};
use crate::access::Visibility;
use crate::conversation::Conversation;
use crate::decision::Record;
use crate::event::{Event, LoggedEvent};
use crate::id::{ContactId, ConversationId, MemberId, TenantId};
use crate::intake::IntakeMark;

/// A decision on its way into the store: everything or nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Commit {
    /// The new state. It is written only over the revision just below it (0 = there is no row yet).
    pub conversation: Conversation,
    pub records: Vec<Record>,
    pub events: Vec<Event>,
    /// The inbox item that caused it, with the outcome to write.
    pub intake: Option<IntakeMark>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Committed {
    /// Written; the events with their places in the log, which follow each other without a gap.
    Applied(Vec<LoggedEvent>),
    /// A message to insert is there already: nothing was written, except that the intake item, if it was still
    /// `Stored`, is now a `Duplicate`.
    AlreadyApplied,
    /// Somebody else changed the conversation: nothing was written. Load it again and decide again.
    Conflict,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// Open or snoozed, assigned to this member.
    Mine(MemberId),
    /// Open or snoozed, assigned to nobody.
    Unassigned,
    /// Open or snoozed.
    All,
    Closed,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationQuery {
    pub view: View,
    /// Only those with unread messages.
    pub unread: bool,
    pub visibility: Visibility,
    pub page: PageRequest,
}

/// Conversations (not messages) per view, as far as the member sees them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ConversationCounts {
    pub mine: u64,
    pub unassigned: u64,
    pub all: u64,
    pub closed: u64,
    pub mine_unread: u64,
}

/// Conversations, and the one door through which they change.
#[async_trait]
pub trait ConversationStore: Send + Sync {
    async fn conversation(&self, tenant: TenantId, id: ConversationId) -> Result<Option<Conversation>, StoreError>;

    /// Conversation, messages, outbox, files to fetch, events and intake mark in one commit.
    async fn commit(&self, tenant: TenantId, commit: Commit) -> Result<Committed, StoreError>;

    /// Newest activity first.
    async fn conversations(&self, tenant: TenantId, query: ConversationQuery) -> Result<Page<Conversation>, ListError>;

    /// Exact, and without counting rows: kept with every commit.
    async fn counts(
        &self,
        tenant: TenantId,
        me: MemberId,
        visibility: Visibility,
    ) -> Result<ConversationCounts, StoreError>;

    /// Open or snoozed conversations per assignee, as exact; members with none are missing.
    async fn workloads(&self, tenant: TenantId) -> Result<BTreeMap<MemberId, u64>, StoreError>;

    /// Newest activity first, at most 50.
    async fn conversations_of(
        &self,
        tenant: TenantId,
        contact: ContactId,
        visibility: Visibility,
    ) -> Result<Vec<Conversation>, StoreError>;

    /// Of each of these contacts the one with the newest activity, in any order. For a page of contacts at once.
    async fn newest_of(
        &self,
        tenant: TenantId,
        contacts: &[ContactId],
        visibility: Visibility,
    ) -> Result<Vec<Conversation>, StoreError>;
}
