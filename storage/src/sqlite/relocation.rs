mod arrive;
mod leave;

use std::sync::Arc;

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::id::TenantId;
use engine::ports::{Arrival, Belonging, Kind, ListError, Page, PageRequest, Relocation, StoreError, Welcome};

use super::SqliteStore;
use super::fault::Outcome;
use crate::cursor::{self, List, Place};
use arrive::{Brought, Settling};

#[async_trait]
impl Relocation for SqliteStore {
    async fn belongings(&self, tenant: TenantId, kind: Kind, page: PageRequest) -> Result<Page<Belonging>, ListError> {
        let after = cursor::row::<Place>(List::Belongings, &page)?.unwrap_or_default();
        let limit = cursor::limit(&page);
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Page { items: Vec::new(), next: None }) };
        let read = self.readers.read(move |connection| {
            let snapshot = connection.unchecked_transaction()?;
            leave::page(&snapshot, &sealer, tenant, kind, after, limit + 1)
        });
        let mut found = read.await?;
        let more = cursor::cut(&mut found, limit);
        let next = found.last().filter(|_| more).map(|(place, _)| cursor::at_row(List::Belongings, place));
        Ok(Page { items: found.into_iter().map(|(_, belonging)| belonging).collect(), next })
    }

    async fn begin_arrival(&self, arrival: &Arrival) -> Result<Welcome, StoreError> {
        let tenant = arrival.household.organization.id;
        let settling = Arc::new(self.settling(arrival).await?);
        let asked = Arc::clone(&settling);
        let welcome = self.writer.write(move |session| {
            let welcome = asked.welcome(session)?;
            if welcome == Welcome::Welcome {
                arrive::mark(session, tenant)?;
            }
            Ok(welcome)
        });
        let welcome = welcome.await?;
        // What an earlier arrival has left, some of it in each commit.
        while welcome == Welcome::Welcome
            && self.writer.write(move |session| arrive::forget_some(session, tenant)).await?
        {}
        Ok(welcome)
    }

    async fn bring_in(&self, tenant: TenantId, belongings: Vec<Belonging>) -> Result<(), StoreError> {
        let sealer = self.sealer(tenant).await?;
        let rows = belongings.iter().map(|belonging| Brought::of(&sealer, belonging));
        let rows = rows.collect::<Outcome<Vec<_>>>()?;
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            rows.iter().try_for_each(|row| row.write(session, &sealer, key))
        });
        write.await
    }

    async fn settle_in(&self, arrival: Arrival, audit: Vec<AuditEntry>) -> Result<Welcome, StoreError> {
        let settling = self.settling(&arrival).await?;
        let entries = super::audit::prepare(audit);
        let write = self.writer.write(move |session| {
            let welcome = settling.welcome(session)?;
            if welcome == Welcome::Welcome {
                settling.settle(session, &entries)?;
            }
            Ok(welcome)
        });
        write.await
    }
}

impl SqliteStore {
    async fn settling(&self, arrival: &Arrival) -> Result<Settling, StoreError> {
        let sealer = self.sealer(arrival.household.organization.id).await?;
        Ok(Settling::of(&sealer, &self.keyring.installation(), arrival)?)
    }
}
