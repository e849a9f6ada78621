use async_trait::async_trait;

use super::StoreError;
use crate::id::{ContactId, TenantId};
use crate::time::Timestamp;

/// Whom a business portfolio has written to outside a window of late; see [`crate::outreach`]. Of no organization's export: it is a day old at most.
#[async_trait]
pub trait OutreachStore: Send + Sync {
    /// The latest time stays. Durable on return.
    async fn reach(
        &self,
        tenant: TenantId,
        portfolio: &str,
        contact: ContactId,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Those whose time is later than `after`, up to `now`, in order of contacts.
    async fn reached(
        &self,
        tenant: TenantId,
        portfolio: &str,
        after: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<(ContactId, Timestamp)>, StoreError>;

    /// Whose time is this or earlier need not be known any more, and may be told of no longer.
    async fn forget_reached(&self, tenant: TenantId, portfolio: &str, before: Timestamp) -> Result<(), StoreError>;
}
