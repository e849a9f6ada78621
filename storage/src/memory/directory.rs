use std::collections::BTreeSet;

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::directory::{MetaApp, Number, NumberChange};
use engine::id::{PhoneNumberId, TenantId, WabaId};
use engine::ports::{Directory, StoreError};

use super::{MemoryStore, State};

impl State {
    /// With what waited for it.
    pub(super) fn put_number(&mut self, tenant: TenantId, number: Number) {
        let id = number.phone_number_id.clone();
        for item in self.intake.values_mut() {
            if item.record.tenant.is_none() && item.record.number.as_ref() == Some(&id) {
                item.record.tenant = Some(tenant);
                item.reopen();
            }
        }
        self.numbers.insert(id, (tenant, number));
    }
}

#[async_trait]
impl Directory for MemoryStore {
    async fn connect_number(
        &self,
        tenant: TenantId,
        number: Number,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        if state.numbers.get(&number.phone_number_id).is_some_and(|(owner, _)| *owner != tenant) {
            return Ok(false);
        }
        state.put_number(tenant, number);
        state.append_audit(tenant, audit);
        Ok(true)
    }

    async fn change_number(
        &self,
        tenant: TenantId,
        id: &PhoneNumberId,
        change: NumberChange,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Number>, StoreError> {
        let mut state = self.state()?;
        let found = state.numbers.get_mut(id).filter(|(owner, _)| *owner == tenant);
        let Some((_, number)) = found else { return Ok(None) };
        number.apply(change);
        let changed = number.clone();
        state.append_audit(tenant, audit);
        Ok(Some(changed))
    }

    async fn disconnect_number(
        &self,
        tenant: TenantId,
        id: &PhoneNumberId,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        if state.numbers.get(id).is_none_or(|(owner, _)| *owner != tenant) {
            return Ok(false);
        }
        state.numbers.remove(id);
        state.append_audit(tenant, audit);
        Ok(true)
    }

    async fn numbers(&self, tenant: TenantId) -> Result<Vec<Number>, StoreError> {
        let state = self.state()?;
        Ok(state.numbers.values().filter(|(owner, _)| *owner == tenant).map(|(_, number)| number.clone()).collect())
    }

    async fn number(&self, id: &PhoneNumberId) -> Result<Option<(TenantId, Number)>, StoreError> {
        Ok(self.state()?.numbers.get(id).cloned())
    }

    async fn tenants_of_account(&self, waba: &WabaId) -> Result<Vec<TenantId>, StoreError> {
        let state = self.state()?;
        let of_account = state.numbers.values().filter(|(_, number)| number.waba_id == *waba);
        let tenants: BTreeSet<_> = of_account.map(|(tenant, _)| *tenant).collect();
        Ok(tenants.into_iter().collect())
    }

    async fn put_meta_app(&self, tenant: TenantId, app: MetaApp, audit: Vec<AuditEntry>) -> Result<(), StoreError> {
        let mut state = self.state()?;
        state.apps.insert(tenant, app);
        state.append_audit(tenant, audit);
        Ok(())
    }

    async fn meta_app(&self, tenant: TenantId) -> Result<Option<MetaApp>, StoreError> {
        Ok(self.state()?.apps.get(&tenant).cloned())
    }
}
