use async_trait::async_trait;

use super::StoreError;
use crate::directory::Number;
use crate::id::{PhoneNumberId, TenantId, WabaId};

/// Business numbers and whose they are.
#[async_trait]
pub trait Directory: Send + Sync {
    /// `false` when another organization has the number. Takes over what waits in quarantine for this number:
    /// those items become the tenant's and `Stored` again.
    async fn put_number(&self, tenant: TenantId, number: Number) -> Result<bool, StoreError>;
    async fn numbers(&self, tenant: TenantId) -> Result<Vec<Number>, StoreError>;
    /// Finds the tenant: for routing a webhook.
    async fn number(&self, id: &PhoneNumberId) -> Result<Option<(TenantId, Number)>, StoreError>;
    /// Finds the tenants: for routing account-level webhooks.
    async fn tenants_of_account(&self, waba: &WabaId) -> Result<Vec<TenantId>, StoreError>;
}
