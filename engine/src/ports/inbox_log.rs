use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;

use super::{ListError, Page, PageRequest, StoreError};
use crate::id::{IntakeId, PhoneNumberId, TenantId};
use crate::intake::{IntakeEntry, IntakeMark, IntakeOutcome, IntakeRecord, IntakeSummary};
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntakeQuery {
    pub outcome: Option<IntakeOutcome>,
    pub page: PageRequest,
}

/// What came from Meta, durable before it is answered.
#[async_trait]
pub trait InboxLog: Send + Sync {
    /// All or nothing, durable on return. Each record names its tenant. The same ids again change nothing.
    async fn append(&self, records: Arc<[IntakeRecord]>) -> Result<(), StoreError>;

    /// A hint: so much comes in that whoever works off a backlog should give way to it.
    fn is_pressing(&self) -> bool;

    /// Writes what became of an item, unless that is known already (`Stored` is the only outcome that changes).
    async fn mark(&self, tenant: TenantId, mark: IntakeMark) -> Result<(), StoreError>;

    /// A run of this item panicked: raises and returns its attempts, durable on return.
    async fn raise_attempts(&self, tenant: TenantId, id: IntakeId) -> Result<u32, StoreError>;

    /// Items that are `Stored`, in order of arrival, after `after` (an id that an earlier call returned last).
    async fn unfinished(
        &self,
        tenant: TenantId,
        after: Option<IntakeId>,
        limit: u32,
    ) -> Result<Vec<IntakeRecord>, StoreError>;

    /// Installation-wide: who has unfinished items, for the start.
    async fn tenants_with_unfinished(&self) -> Result<Vec<TenantId>, StoreError>;

    /// Newest first.
    async fn entries(&self, tenant: TenantId, query: IntakeQuery) -> Result<Page<IntakeEntry>, ListError>;

    /// The item and its raw body.
    async fn entry(&self, tenant: TenantId, id: IntakeId) -> Result<Option<(IntakeEntry, Bytes)>, StoreError>;

    /// Replay: the item is `Stored` again with no attempts. `None` when there is no such item.
    async fn reopen(&self, tenant: TenantId, id: IntakeId) -> Result<Option<IntakeRecord>, StoreError>;

    /// Counts of what was received since `since`.
    async fn summary(&self, tenant: TenantId, since: Timestamp) -> Result<IntakeSummary, StoreError>;

    /// Installation-wide: how many items wait in quarantine for a number that nobody has connected, newest number first.
    async fn unclaimed(&self) -> Result<Vec<(Option<PhoneNumberId>, u64)>, StoreError>;
}
