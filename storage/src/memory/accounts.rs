use async_trait::async_trait;
use engine::account::Account;
use engine::audit::AuditEntry;
use engine::id::{AccountId, ApiKeyId, InvitationId, MemberId, TenantId};
use engine::ports::{Accounts, StoreError, Updated};
use engine::time::Timestamp;

use super::MemoryStore;

#[async_trait]
impl Accounts for MemoryStore {
    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        Ok(self.state()?.accounts.get(&id).cloned())
    }

    async fn account_by_email(&self, email: &str) -> Result<Option<Account>, StoreError> {
        Ok(self.state()?.accounts.values().find(|account| account.email == email).cloned())
    }

    async fn update_account(
        &self,
        account: Account,
        expected_revision: u64,
        audit: Vec<(TenantId, AuditEntry)>,
    ) -> Result<Updated, StoreError> {
        let mut state = self.state()?;
        let before = state.accounts.get(&account.id).filter(|before| before.revision == expected_revision).cloned();
        let Some(before) = before else { return Ok(Updated::Conflict) };
        if state.accounts.values().any(|other| other.email == account.email && other.id != account.id) {
            return Ok(Updated::EmailTaken);
        }
        let (renamed, moved) = (account.name != before.name, account.email != before.email);
        for household in state.households.values_mut().filter(|_| renamed || moved) {
            let Some(member) = household.members.values_mut().find(|member| member.account == Some(account.id)) else {
                continue;
            };
            household.revision += 1;
            member.email.clone_from(&account.email);
            if renamed {
                member.name.clone_from(&account.name);
            }
        }
        state.accounts.insert(account.id, Account { revision: expected_revision + 1, ..account });
        for (tenant, entry) in audit {
            state.append_audit(tenant, vec![entry]);
        }
        Ok(Updated::Applied)
    }

    async fn memberships(&self, account: AccountId) -> Result<Vec<(TenantId, MemberId)>, StoreError> {
        let state = self.state()?;
        let of_account = state.households.iter().flat_map(|(tenant, household)| {
            let members = household.members.values().filter(move |member| member.account == Some(account));
            members.map(|member| (*tenant, member.id))
        });
        Ok(of_account.collect())
    }

    async fn put_reset(
        &self,
        account: AccountId,
        hash: [u8; 32],
        expires_at: Timestamp,
        audit: Vec<(TenantId, AuditEntry)>,
    ) -> Result<(), StoreError> {
        let mut state = self.state()?;
        state.resets.retain(|_, (other, _)| *other != account);
        state.resets.insert(hash, (account, expires_at));
        for (tenant, entry) in audit {
            state.append_audit(tenant, vec![entry]);
        }
        Ok(())
    }

    async fn reset(&self, hash: [u8; 32], now: Timestamp) -> Result<Option<AccountId>, StoreError> {
        let state = self.state()?;
        Ok(state.resets.get(&hash).filter(|(_, expires_at)| now < *expires_at).map(|(account, _)| *account))
    }

    async fn take_reset(&self, hash: [u8; 32], now: Timestamp) -> Result<Option<AccountId>, StoreError> {
        let taken = self.state()?.resets.remove(&hash);
        Ok(taken.filter(|(_, expires_at)| now < *expires_at).map(|(account, _)| account))
    }

    async fn invitation_by_token(&self, hash: [u8; 32]) -> Result<Option<(TenantId, InvitationId)>, StoreError> {
        let state = self.state()?;
        let mut all = state.households.iter().flat_map(|(tenant, household)| {
            household.invitations.values().map(move |invitation| (*tenant, invitation))
        });
        let found = all.find(|(_, invitation)| invitation.token_hash == hash);
        Ok(found.map(|(tenant, invitation)| (tenant, invitation.id)))
    }

    async fn api_key_by_hash(&self, hash: [u8; 32]) -> Result<Option<(TenantId, ApiKeyId)>, StoreError> {
        let state = self.state()?;
        let mut all = state
            .households
            .iter()
            .flat_map(|(tenant, household)| household.api_keys.values().map(move |key| (*tenant, key)));
        Ok(all.find(|(_, key)| key.hash == hash).map(|(tenant, key)| (tenant, key.id)))
    }
}
