use std::collections::BTreeSet;

use async_trait::async_trait;
use engine::directory::{Member, Number, Organization, Session};
use engine::id::{MemberId, PhoneNumberId, SessionId, TenantId, WabaId};
use engine::ports::{Directory, StoreError};

use super::MemoryStore;
use crate::order;

#[async_trait]
impl Directory for MemoryStore {
    async fn put_organization(&self, organization: Organization) -> Result<(), StoreError> {
        self.state().organizations.insert(organization.id, organization);
        Ok(())
    }

    async fn organization(&self, tenant: TenantId) -> Result<Option<Organization>, StoreError> {
        Ok(self.state().organizations.get(&tenant).cloned())
    }

    async fn organizations(&self) -> Result<Vec<Organization>, StoreError> {
        let mut all: Vec<_> = self.state().organizations.values().cloned().collect();
        all.sort_by_key(|organization| (order::by_name(&organization.name), organization.id));
        Ok(all)
    }

    async fn put_member(&self, tenant: TenantId, member: Member) -> Result<bool, StoreError> {
        let mut state = self.state();
        let taken = state.members.iter().any(|(key, other)| *key != (tenant, member.id) && other.email == member.email);
        if !taken {
            state.members.insert((tenant, member.id), member);
        }
        Ok(!taken)
    }

    async fn member(&self, tenant: TenantId, id: MemberId) -> Result<Option<Member>, StoreError> {
        Ok(self.state().members.get(&(tenant, id)).cloned())
    }

    async fn members(&self, tenant: TenantId) -> Result<Vec<Member>, StoreError> {
        let state = self.state();
        let own = state.members.iter().filter(|((owner, _), _)| *owner == tenant);
        let mut members: Vec<_> = own.map(|(_, member)| member.clone()).collect();
        members.sort_by_key(|member| (order::by_name(&member.name), member.id));
        Ok(members)
    }

    async fn member_by_email(&self, email: &str) -> Result<Option<(TenantId, Member)>, StoreError> {
        let state = self.state();
        let found = state.members.iter().find(|(_, member)| member.email == email);
        Ok(found.map(|((tenant, _), member)| (*tenant, member.clone())))
    }

    async fn put_number(&self, tenant: TenantId, number: Number) -> Result<bool, StoreError> {
        let mut state = self.state();
        let id = number.phone_number_id.clone();
        if state.numbers.get(&id).is_some_and(|(owner, _)| *owner != tenant) {
            return Ok(false);
        }
        for item in state.intake.values_mut() {
            if item.record.tenant.is_none() && item.record.number.as_ref() == Some(&id) {
                item.record.tenant = Some(tenant);
                item.reopen();
            }
        }
        state.numbers.insert(id, (tenant, number));
        Ok(true)
    }

    async fn numbers(&self, tenant: TenantId) -> Result<Vec<Number>, StoreError> {
        let state = self.state();
        Ok(state.numbers.values().filter(|(owner, _)| *owner == tenant).map(|(_, number)| number.clone()).collect())
    }

    async fn number(&self, id: &PhoneNumberId) -> Result<Option<(TenantId, Number)>, StoreError> {
        Ok(self.state().numbers.get(id).cloned())
    }

    async fn tenants_of_account(&self, waba: &WabaId) -> Result<Vec<TenantId>, StoreError> {
        let state = self.state();
        let of_account = state.numbers.values().filter(|(_, number)| number.waba_id == *waba);
        let tenants: BTreeSet<_> = of_account.map(|(tenant, _)| *tenant).collect();
        Ok(tenants.into_iter().collect())
    }

    async fn put_session(&self, tenant: TenantId, session: Session) -> Result<(), StoreError> {
        self.state().sessions.insert((tenant, session.id), session);
        Ok(())
    }

    async fn session(&self, tenant: TenantId, id: SessionId) -> Result<Option<Session>, StoreError> {
        Ok(self.state().sessions.get(&(tenant, id)).cloned())
    }

    async fn end_session(&self, tenant: TenantId, id: SessionId) -> Result<(), StoreError> {
        self.state().sessions.remove(&(tenant, id));
        Ok(())
    }
}
