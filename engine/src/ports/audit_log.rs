use async_trait::async_trait;

use super::{ListError, Page, PageRequest, StoreError};
use crate::audit::{AuditEntry, AuditRecord, Link};
use crate::id::{ActorId, TenantId};
use crate::time::Timestamp;

/// `None` does not narrow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditQuery {
    pub actor: Option<ActorId>,
    /// The key of an action or its beginning.
    pub action: Option<String>,
    pub from: Option<Timestamp>,
    /// Exclusive.
    pub to: Option<Timestamp>,
    pub page: PageRequest,
}

/// Where the chain begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ChainEnds {
    /// The last entry that was trimmed: what the first that is kept follows from.
    pub anchor: Link,
    /// The newest entry; the anchor when there is none.
    pub head: Link,
}

/// One chain per organization. Most entries come with the change that they are about, through the other ports.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// For what happens without a change: a refused sign-in, an export.
    async fn record(&self, tenant: TenantId, entries: Vec<AuditEntry>) -> Result<(), StoreError>;

    /// Newest first.
    async fn audit_page(&self, tenant: TenantId, query: AuditQuery) -> Result<Page<AuditRecord>, ListError>;

    /// Records with `n > after`, in order, at most `limit`.
    async fn audit_chain(&self, tenant: TenantId, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError>;

    async fn audit_ends(&self, tenant: TenantId) -> Result<ChainEnds, StoreError>;

    /// Forgets the oldest entries up to the first that is not before `before`. `entry` is written once, with the first
    /// that goes; not at all when nothing does.
    async fn trim_audit(&self, tenant: TenantId, before: Timestamp, entry: AuditEntry) -> Result<(), StoreError>;
}
