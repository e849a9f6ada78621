use async_trait::async_trait;

use super::StoreError;
use crate::directory::{Member, Number, Organization, Session};
use crate::id::{MemberId, PhoneNumberId, SessionId, TenantId, WabaId};

/// Organizations, members, numbers, sessions.
#[async_trait]
pub trait Directory: Send + Sync {
    /// Creates the organization, or renames it when the id is known.
    async fn put_organization(&self, organization: Organization) -> Result<(), StoreError>;
    async fn organization(&self, tenant: TenantId) -> Result<Option<Organization>, StoreError>;
    /// Installation-wide: for the command line and the demo.
    async fn organizations(&self) -> Result<Vec<Organization>, StoreError>;

    /// `false` when the e-mail belongs to somebody else; the same member again is an update.
    async fn put_member(&self, tenant: TenantId, member: Member) -> Result<bool, StoreError>;
    async fn member(&self, tenant: TenantId, id: MemberId) -> Result<Option<Member>, StoreError>;
    /// In order of name.
    async fn members(&self, tenant: TenantId) -> Result<Vec<Member>, StoreError>;
    /// Finds the tenant: for signing in. `email` in lower case.
    async fn member_by_email(&self, email: &str) -> Result<Option<(TenantId, Member)>, StoreError>;

    /// `false` when another organization has the number. Takes over what waits in quarantine for this number:
    /// those items become the tenant's and `Stored` again.
    async fn put_number(&self, tenant: TenantId, number: Number) -> Result<bool, StoreError>;
    async fn numbers(&self, tenant: TenantId) -> Result<Vec<Number>, StoreError>;
    /// Finds the tenant: for routing a webhook.
    async fn number(&self, id: &PhoneNumberId) -> Result<Option<(TenantId, Number)>, StoreError>;
    /// Finds the tenants: for routing account-level webhooks.
    async fn tenants_of_account(&self, waba: &WabaId) -> Result<Vec<TenantId>, StoreError>;

    async fn put_session(&self, tenant: TenantId, session: Session) -> Result<(), StoreError>;
    async fn session(&self, tenant: TenantId, id: SessionId) -> Result<Option<Session>, StoreError>;
    /// The session and everything signed for it ends. Unknown: no change.
    async fn end_session(&self, tenant: TenantId, id: SessionId) -> Result<(), StoreError>;
}
