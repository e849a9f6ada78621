//! An organization leaves, or comes in. On its way in it has keys that only who brings it in knows, and everything lies at places
//! that are named by them: nobody meets it, and when it begins again with new keys, nothing of what was there is found.

mod arrive;
mod forget;
mod leave;
mod settle;

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::id::TenantId;
use engine::ports::{Arrival, Belonging, Kind, ListError, Page, PageRequest, Relocation, StoreError, Welcome};

use super::CqlStore;
use crate::cursor::{self, List, Place};

#[async_trait]
impl Relocation for CqlStore {
    async fn belongings(&self, tenant: TenantId, kind: Kind, page: PageRequest) -> Result<Page<Belonging>, ListError> {
        let after = cursor::row::<Place>(List::Belongings, &page)?.unwrap_or_default();
        let limit = cursor::limit(&page);
        let Some(sealer) = self.known(tenant).await? else { return Ok(Page { items: Vec::new(), next: None }) };
        let mut found = self.leaving(tenant, &sealer, kind, after, limit as usize + 1).await?;
        let more = cursor::cut(&mut found, limit);
        let next = found.last().filter(|_| more).map(|(place, _)| cursor::at_row(List::Belongings, place));
        Ok(Page { items: found.into_iter().map(|(_, belonging)| belonging).collect(), next })
    }

    async fn begin_arrival(&self, arrival: &Arrival) -> Result<Welcome, StoreError> {
        let tenant = arrival.household.organization.id;
        let before = self.keyring.meet_arrival(tenant).await?;
        if let Some(met) = before.as_ref().filter(|met| met.is_arriving()) {
            self.set_arriving(tenant, true);
            if self.organization(self.home(tenant), &met.sealer, tenant).await?.is_some() {
                // Whoever brought it in died with the last step.
                self.finish_arrival(tenant, &met.sealer).await?;
            }
        }
        let welcome = self.welcome(arrival).await;
        if welcome == Ok(Welcome::Welcome) {
            self.forget_left(tenant).await?;
            self.keyring.renew(tenant, before.as_ref()).await?;
            self.forget_left(tenant).await?;
            self.keyring.meet_arrival(tenant).await?;
            self.set_arriving(tenant, true);
        } else if self.is_arriving(tenant) {
            self.give_up_arrival(tenant);
        }
        welcome
    }

    async fn bring_in(&self, tenant: TenantId, belongings: Vec<Belonging>) -> Result<(), StoreError> {
        let sealer = self.sealer(tenant).await?;
        self.bring(tenant, &sealer, belongings).await
    }

    async fn settle_in(&self, arrival: Arrival, audit: Vec<AuditEntry>) -> Result<Welcome, StoreError> {
        let tenant = arrival.household.organization.id;
        let sealer = self.sealer(tenant).await?;
        match self.welcome(&arrival).await? {
            Welcome::Welcome => {}
            unwelcome @ (Welcome::Exists | Welcome::EmailTaken | Welcome::NumberTaken) => return Ok(unwelcome),
        }
        self.settle_arrival(arrival, &sealer, audit).await
    }
}
