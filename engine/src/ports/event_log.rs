use async_trait::async_trait;

use super::StoreError;
use crate::event::LoggedEvent;
use crate::id::TenantId;

/// `n` of the oldest event kept and of the newest that ever was; both 0 when there never was one. When all were forgotten, the
/// oldest is the one that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRange {
    pub oldest: u64,
    pub head: u64,
}

/// Live events in order. Appended through [`super::ConversationStore::commit`].
#[async_trait]
pub trait EventLog: Send + Sync {
    async fn range(&self, tenant: TenantId) -> Result<LogRange, StoreError>;

    /// Events with `n > after`, in order, at most `limit`. Shorter when the oldest were trimmed: compare with [`LogRange::oldest`].
    async fn events(&self, tenant: TenantId, after: u64, limit: u32) -> Result<Vec<LoggedEvent>, StoreError>;

    /// Forgets all but the newest `keep` events.
    async fn trim(&self, tenant: TenantId, keep: u64) -> Result<(), StoreError>;
}
