use async_trait::async_trait;

use super::StoreError;
use crate::audit::AuditEntry;
use crate::directory::{MetaApp, Number, NumberChange};
use crate::id::{PhoneNumberId, TenantId, WabaId};

/// Business numbers and whose they are.
#[async_trait]
pub trait Directory: Send + Sync {
    /// `false` when another organization has the number. Takes over what waits in quarantine for this number:
    /// those items become the tenant's and `Stored` again.
    async fn put_number(&self, tenant: TenantId, number: Number) -> Result<bool, StoreError> {
        self.connect_number(tenant, number, Vec::new()).await
    }
    /// [`Directory::put_number`], with what is said of it in the same commit.
    async fn connect_number(
        &self,
        tenant: TenantId,
        number: Number,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError>;
    /// The number as it is now, `None` when the tenant has none of this id. Two changes at once do not undo each other.
    async fn change_number(
        &self,
        tenant: TenantId,
        id: &PhoneNumberId,
        change: NumberChange,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Number>, StoreError>;
    /// Its conversations stay; what comes for it from now on is nobody's. `false` when the tenant has none of this id.
    async fn disconnect_number(
        &self,
        tenant: TenantId,
        id: &PhoneNumberId,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError>;
    async fn numbers(&self, tenant: TenantId) -> Result<Vec<Number>, StoreError>;
    /// Finds the tenant: for routing a webhook.
    async fn number(&self, id: &PhoneNumberId) -> Result<Option<(TenantId, Number)>, StoreError>;
    /// Finds the tenants: for routing account-level webhooks.
    async fn tenants_of_account(&self, waba: &WabaId) -> Result<Vec<TenantId>, StoreError>;
    /// The tenant's own app, in place of the one before.
    async fn put_meta_app(&self, tenant: TenantId, app: MetaApp, audit: Vec<AuditEntry>) -> Result<(), StoreError>;
    async fn meta_app(&self, tenant: TenantId) -> Result<Option<MetaApp>, StoreError>;
}
