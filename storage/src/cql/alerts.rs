use async_trait::async_trait;
use engine::alert::Alert;
use engine::audit::AuditEntry;
use engine::id::{AlertId, TenantId};
use engine::ports::{ALERTS_MAX, Alerts, Belonging, StoreError};
use serde::{Deserialize, Serialize};

use super::CqlStore;
use super::office::{Changes, Decision, Head, Kind, Put};
use crate::codec;
use crate::crypto::{Lookup, Sealer};
use crate::cursor::Place;

#[derive(Serialize, Deserialize)]
struct StoredAlert {
    alert: Alert,
    dismissed: bool,
    place: i64,
}

impl StoredAlert {
    fn put(&self, sealer: &Sealer) -> Result<Put, StoreError> {
        let id = self.alert.id.as_bytes().to_vec();
        Ok(Put { kind: Kind::Alert, body: Some(codec::seal(sealer, codec::ALERT, &id, self)?), id })
    }

    fn gone(&self) -> Put {
        Put { kind: Kind::Alert, id: self.alert.id.as_bytes().to_vec(), body: None }
    }
}

impl CqlStore {
    /// Oldest first.
    async fn raised(&self, home: Lookup, sealer: &Sealer) -> Result<Vec<StoredAlert>, StoreError> {
        let found = self.office(home, Kind::Alert, Kind::Alert).await?;
        let rows = found.map(|(_, rows)| rows).unwrap_or_default();
        let open = rows.iter().map(|row| codec::open::<StoredAlert>(sealer, codec::ALERT, &row.id, &row.body));
        let mut raised = open.collect::<Result<Vec<_>, _>>()?;
        raised.sort_by_key(|raised| raised.place);
        Ok(raised)
    }
}

impl CqlStore {
    pub(super) async fn bring_alert(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        alert: Alert,
        dismissed: bool,
    ) -> Result<(), StoreError> {
        let home = self.home(tenant);
        let new = &StoredAlert { alert, dismissed, place: self.place() };
        let decide = |_: Head| -> Decision<'_, ()> {
            Box::pin(async move {
                if self.office_row(home, Kind::Alert, new.alert.id.as_bytes()).await?.is_some() {
                    return Ok((None, ()));
                }
                Ok((Some(Changes { puts: vec![new.put(sealer)?], ..Changes::default() }), ()))
            })
        };
        self.change_office(tenant, sealer, decide).await
    }

    /// At most `limit` after this place.
    pub(super) async fn leaving_alerts(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        after: i64,
        limit: usize,
    ) -> Result<Vec<(Place, Belonging)>, StoreError> {
        let raised = self.raised(self.home(tenant), sealer).await?.into_iter();
        let leaving = raised.filter(|raised| raised.place > after).take(limit);
        Ok(leaving
            .map(|StoredAlert { alert, dismissed, place }| (Place::key(place), Belonging::Alert { alert, dismissed }))
            .collect())
    }
}

#[async_trait]
impl Alerts for CqlStore {
    async fn raise_alert(&self, tenant: TenantId, alert: Alert) -> Result<bool, StoreError> {
        let (sealer, home) = (self.sealer(tenant).await?, self.home(tenant));
        let (sealer, alert) = (&sealer, &alert);
        let decide = |_: Head| -> Decision<'_, bool> {
            Box::pin(async move {
                let raised = self.raised(home, sealer).await?;
                if raised.iter().any(|known| known.alert.id == alert.id) {
                    return Ok((None, false));
                }
                let new = StoredAlert { alert: alert.clone(), dismissed: false, place: self.place() };
                let too_many = (raised.len() + 1).saturating_sub(ALERTS_MAX as usize);
                let oldest = raised.iter().take(too_many);
                let mut puts: Vec<_> = oldest.map(StoredAlert::gone).collect();
                puts.push(new.put(sealer)?);
                Ok((Some(Changes { puts, ..Changes::default() }), true))
            })
        };
        self.change_office(tenant, sealer, decide).await
    }

    async fn alerts(&self, tenant: TenantId) -> Result<Vec<Alert>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Vec::new()) };
        let raised = self.raised(self.home(tenant), &sealer).await?.into_iter().rev();
        Ok(raised.filter(|raised| !raised.dismissed).map(|raised| raised.alert).collect())
    }

    async fn settle_alert(&self, tenant: TenantId, id: AlertId) -> Result<bool, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(false) };
        let home = self.home(tenant);
        let sealer = &sealer;
        let decide = |_: Head| -> Decision<'_, bool> {
            Box::pin(async move {
                let mut raised = self.raised(home, sealer).await?.into_iter();
                let Some(known) = raised.find(|known| known.alert.id == id) else { return Ok((None, false)) };
                Ok((Some(Changes { puts: vec![known.gone()], ..Changes::default() }), !known.dismissed))
            })
        };
        self.change_office(tenant, sealer, decide).await
    }

    async fn dismiss_alert(&self, tenant: TenantId, id: AlertId, audit: Vec<AuditEntry>) -> Result<bool, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(false) };
        let home = self.home(tenant);
        let (sealer, audit) = (&sealer, &audit);
        let decide = |_: Head| -> Decision<'_, bool> {
            Box::pin(async move {
                let raised = self.raised(home, sealer).await?.into_iter();
                let Some(raised) = raised.into_iter().find(|raised| raised.alert.id == id && !raised.dismissed) else {
                    return Ok((None, false));
                };
                let puts = vec![StoredAlert { dismissed: true, ..raised }.put(sealer)?];
                Ok((Some(Changes { puts, entries: audit.clone(), ..Changes::default() }), true))
            })
        };
        self.change_office(tenant, sealer, decide).await
    }
}
