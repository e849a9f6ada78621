use async_trait::async_trait;

use super::StoreError;
use crate::account::Account;
use crate::audit::AuditEntry;
use crate::id::{AccountId, ApiKeyId, InvitationId, MemberId, TenantId};
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Updated {
    Applied,
    /// Somebody else changed the account, or there is none: nothing was written.
    Conflict,
    /// Another account has the e-mail; nothing was written.
    EmailTaken,
}

/// People of the installation, and what finds out where somebody belongs. New accounts come with the organization or
/// the change that needs them, see [`super::Administration`].
#[async_trait]
pub trait Accounts: Send + Sync {
    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError>;
    /// `email` in lower case.
    async fn account_by_email(&self, email: &str) -> Result<Option<Account>, StoreError>;

    /// Writes over exactly this revision; the stored one is one higher. A changed name or e-mail is that of all
    /// memberships in the same commit, and raises the revision of their households. `audit` goes to each tenant's log.
    async fn update_account(
        &self,
        account: Account,
        expected_revision: u64,
        audit: Vec<(TenantId, AuditEntry)>,
    ) -> Result<Updated, StoreError>;

    /// In order of tenant; those that are deactivated too.
    async fn memberships(&self, account: AccountId) -> Result<Vec<(TenantId, MemberId)>, StoreError>;

    /// A link to set a new password, in place of an earlier one of this account. `hash`: SHA-256 of its token. It ends in
    /// the future: not before what [`forget_expired`](super::Sessions::forget_expired) was told last.
    async fn put_reset(
        &self,
        account: AccountId,
        hash: [u8; 32],
        expires_at: Timestamp,
        audit: Vec<(TenantId, AuditEntry)>,
    ) -> Result<(), StoreError>;
    /// Whose link it is, as long as it is good.
    async fn reset(&self, hash: [u8; 32], now: Timestamp) -> Result<Option<AccountId>, StoreError>;
    /// The same, and nobody takes it again.
    async fn take_reset(&self, hash: [u8; 32], now: Timestamp) -> Result<Option<AccountId>, StoreError>;

    /// Finds the tenant. SHA-256 of the token; whether the invitation stands is for the rules to say.
    async fn invitation_by_token(&self, hash: [u8; 32]) -> Result<Option<(TenantId, InvitationId)>, StoreError>;
    /// Finds the tenant. SHA-256 of the key.
    async fn api_key_by_hash(&self, hash: [u8; 32]) -> Result<Option<(TenantId, ApiKeyId)>, StoreError>;
}
