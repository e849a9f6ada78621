use std::collections::BTreeMap;

use async_trait::async_trait;

use super::StoreError;
use crate::account::Account;
use crate::audit::AuditEntry;
use crate::directory::{Organization, Settings};
use crate::household::{Household, Write};
use crate::id::{ApiKeyId, TenantId};
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Created {
    Created,
    /// There is this organization already; nothing was written.
    Exists,
    /// An account to add has the e-mail of another one; nothing was written.
    EmailTaken,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    Applied {
        revision: u64,
    },
    /// Somebody else changed the household, or there is none: nothing was written. Load it again and decide again.
    Conflict,
    /// An account to add has the e-mail of another one; nothing was written.
    EmailTaken,
}

/// What tells, for little, whether something about an organization has changed since somebody looked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pulse {
    /// Of the household.
    pub revision: u64,
    /// `n` of the newest entry of the audit log.
    pub audit: u64,
}

/// Organizations with their people, roles, teams, invitations and keys, and the one door through which they change.
#[async_trait]
pub trait Administration: Send + Sync {
    /// With revision 1. `accounts` are new in the installation, in the same commit.
    async fn create_organization(
        &self,
        household: Household,
        accounts: Vec<Account>,
        audit: Vec<AuditEntry>,
    ) -> Result<Created, StoreError>;

    async fn household(&self, tenant: TenantId) -> Result<Option<Household>, StoreError>;

    /// What the household has in its settings, without reading the rest of it. `None`: there is no such organization.
    async fn settings(&self, tenant: TenantId) -> Result<Option<Settings>, StoreError>;

    /// Of those that there are. For many at once, as often as every few seconds.
    async fn pulses(&self, tenants: &[TenantId]) -> Result<BTreeMap<TenantId, Pulse>, StoreError>;

    /// Installation-wide, in order of name: for routing, recovery and the command line.
    async fn organizations(&self) -> Result<Vec<Organization>, StoreError>;

    /// Writes and audit entries in one commit, over exactly this revision.
    async fn change(
        &self,
        tenant: TenantId,
        expected_revision: u64,
        writes: Vec<Write>,
        audit: Vec<AuditEntry>,
    ) -> Result<Changed, StoreError>;

    /// The key was used; keeps the latest. No change of the household: its revision stays.
    async fn touch_api_key(&self, tenant: TenantId, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError>;
}
