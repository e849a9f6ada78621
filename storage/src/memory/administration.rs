use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use engine::account::Account;
use engine::audit::AuditEntry;
use engine::directory::{Organization, Settings};
use engine::household::{Household, Write};
use engine::id::{ApiKeyId, TenantId};
use engine::ports::{Administration, Changed, Created, Pulse, StoreError};
use engine::time::Timestamp;

use super::{MemoryStore, State};
use crate::order;

impl State {
    /// Whether one of these is not new.
    fn taken(&self, accounts: &[&Account]) -> bool {
        let emails: BTreeSet<_> = accounts.iter().map(|account| account.email.as_str()).collect();
        let known = |account: &&Account| {
            self.accounts.values().any(|other| other.email == account.email || other.id == account.id)
        };
        emails.len() < accounts.len() || accounts.iter().any(known)
    }
}

#[async_trait]
impl Administration for MemoryStore {
    async fn create_organization(
        &self,
        household: Household,
        accounts: Vec<Account>,
        audit: Vec<AuditEntry>,
    ) -> Result<Created, StoreError> {
        let mut state = self.state()?;
        let tenant = household.organization.id;
        if state.households.contains_key(&tenant) {
            return Ok(Created::Exists);
        }
        if state.taken(&accounts.iter().collect::<Vec<_>>()) {
            return Ok(Created::EmailTaken);
        }
        state.accounts.extend(accounts.into_iter().map(|account| (account.id, account)));
        state.households.insert(tenant, Household { revision: 1, ..household });
        state.append_audit(tenant, audit);
        Ok(Created::Created)
    }

    async fn household(&self, tenant: TenantId) -> Result<Option<Household>, StoreError> {
        Ok(self.state()?.households.get(&tenant).cloned())
    }

    async fn settings(&self, tenant: TenantId) -> Result<Option<Settings>, StoreError> {
        Ok(self.state()?.households.get(&tenant).map(|household| household.settings.clone()))
    }

    async fn pulses(&self, tenants: &[TenantId]) -> Result<BTreeMap<TenantId, Pulse>, StoreError> {
        let state = self.state()?;
        let pulse = |tenant: &TenantId| {
            let audit = state.audit.get(tenant).map_or(0, |chain| chain.ends.head.n);
            let household = state.households.get(tenant)?;
            Some((*tenant, Pulse { revision: household.revision, audit }))
        };
        Ok(tenants.iter().filter_map(pulse).collect())
    }

    async fn organizations(&self) -> Result<Vec<Organization>, StoreError> {
        let mut all: Vec<_> = self.state()?.households.values().map(|each| each.organization.clone()).collect();
        all.sort_by_key(|organization| (order::by_name(&organization.name), organization.id));
        Ok(all)
    }

    async fn change(
        &self,
        tenant: TenantId,
        expected_revision: u64,
        writes: Vec<Write>,
        audit: Vec<AuditEntry>,
    ) -> Result<Changed, StoreError> {
        let mut state = self.state()?;
        if state.households.get(&tenant).is_none_or(|household| household.revision != expected_revision) {
            return Ok(Changed::Conflict);
        }
        let new = writes
            .iter()
            .filter_map(|write| if let Write::AddAccount(account) = write { Some(account.as_ref()) } else { None });
        if state.taken(&new.collect::<Vec<_>>()) {
            return Ok(Changed::EmailTaken);
        }
        let revision = expected_revision + 1;
        if let Some(household) = state.households.get_mut(&tenant) {
            household.apply(&writes, revision);
        }
        for write in writes {
            if let Write::EndSessions(member) = write {
                state.sessions.retain(|_, session| (session.tenant, session.member) != (tenant, member));
            } else if let Write::AddAccount(account) = write {
                state.accounts.insert(account.id, *account);
            }
        }
        state.append_audit(tenant, audit);
        Ok(Changed::Applied { revision })
    }

    async fn touch_api_key(&self, tenant: TenantId, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        let mut state = self.state()?;
        let key = state.households.get_mut(&tenant).and_then(|household| household.api_keys.get_mut(&id));
        if let Some(key) = key {
            key.last_used_at = key.last_used_at.max(Some(at));
        }
        Ok(())
    }
}
