use async_trait::async_trait;
use engine::id::{ContactId, TenantId};
use engine::ports::{OutreachStore, StoreError};
use engine::time::Timestamp;

use super::MemoryStore;

#[async_trait]
impl OutreachStore for MemoryStore {
    async fn reach(
        &self,
        tenant: TenantId,
        portfolio: &str,
        contact: ContactId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut state = self.state()?;
        let latest = state.outreach.entry((tenant, portfolio.to_owned(), contact)).or_insert(at);
        *latest = at.max(*latest);
        Ok(())
    }

    async fn reached(
        &self,
        tenant: TenantId,
        portfolio: &str,
        after: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<(ContactId, Timestamp)>, StoreError> {
        let state = self.state()?;
        let own = state.outreach.iter().filter(|((owner, of, _), _)| *owner == tenant && of == portfolio);
        let counting = own.filter(|(_, at)| **at > after && **at <= now);
        Ok(counting.map(|((.., contact), at)| (*contact, *at)).collect())
    }

    async fn forget_reached(&self, tenant: TenantId, portfolio: &str, before: Timestamp) -> Result<(), StoreError> {
        let is_kept = |owner: TenantId, of: &str, at: Timestamp| owner != tenant || of != portfolio || at > before;
        self.state()?.outreach.retain(|(owner, of, _), at| is_kept(*owner, of, *at));
        Ok(())
    }
}
