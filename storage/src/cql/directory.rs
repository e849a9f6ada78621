use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::directory::{MetaApp, Number, NumberChange};
use engine::id::{PhoneNumberId, TenantId, WabaId};
use engine::ports::{Directory, StoreError};
use serde::{Deserialize, Serialize};

use super::documents::{Edit, Place};
use super::office::{Changes, Decision, Head, Kind, Put};
use super::{CqlStore, names};
use crate::codec;
use crate::crypto::{Lookup, Sealer};

/// Whose a number is: reserved before its row comes into the office, released after it is gone.
#[derive(Clone, Serialize, Deserialize)]
struct Owner {
    tenant: TenantId,
    /// Another one with each reservation, so that a late release lets a later one alone.
    claim: [u8; 16],
}

pub(super) fn put_number(sealer: &Sealer, number: &Number) -> Result<Put, StoreError> {
    let id = number.phone_number_id.as_str().as_bytes().to_vec();
    Ok(Put { kind: Kind::Number, id, body: Some(codec::seal_number(sealer, number)?) })
}

impl CqlStore {
    fn owner_of<'a>(&self, sealer: &'a Sealer, id: &PhoneNumberId) -> Place<'a> {
        Place { name: self.name("number", &[id.as_str().as_bytes()]), sealer }
    }

    /// Organizations with a number of this account.
    pub(super) fn waba_list(&self, waba: &WabaId) -> Lookup {
        self.name("waba", &[waba.as_str().as_bytes()])
    }

    async fn office_number(
        &self,
        home: Lookup,
        sealer: &Sealer,
        id: &PhoneNumberId,
    ) -> Result<Option<Number>, StoreError> {
        let body = self.office_row(home, Kind::Number, id.as_str().as_bytes()).await?;
        body.map(|body| codec::open_number(sealer, id.as_str(), &body)).transpose()
    }

    async fn has_number(&self, tenant: TenantId, id: &PhoneNumberId) -> Result<bool, StoreError> {
        self.meet(tenant).await?;
        Ok(self.office_row(self.home(tenant), Kind::Number, id.as_str().as_bytes()).await?.is_some())
    }

    /// `false`: it is another organization's.
    pub(super) async fn reserve_number(&self, tenant: TenantId, id: &PhoneNumberId) -> Result<bool, StoreError> {
        let ours = self.keyring.installation();
        let place = self.owner_of(&ours, id);
        loop {
            let claim = rand::random();
            let reserve = |known: Option<Owner>| match known {
                Some(other) if other.tenant != tenant => Edit::Keep(Some(other)),
                Some(_) | None => Edit::Put(Owner { tenant, claim }, None),
            };
            let Some(other) = self.edit(place, reserve).await? else { return Ok(true) };
            if self.has_number(other.tenant, id).await? {
                return Ok(false);
            }
            // Reserved and not connected: whoever was about to connect it decides again, and then it is seen who has it.
            self.fence(other.tenant).await?;
            if self.has_number(other.tenant, id).await? {
                return Ok(false);
            }
            self.release_number(id, other.claim).await?;
        }
    }

    pub(super) async fn release_number(&self, id: &PhoneNumberId, claim: [u8; 16]) -> Result<(), StoreError> {
        let ours = self.keyring.installation();
        let release = |known: Option<Owner>| match known {
            Some(known) if known.claim == claim => Edit::Remove(()),
            Some(_) | None => Edit::Keep(()),
        };
        self.edit(self.owner_of(&ours, id), release).await
    }
}

#[async_trait]
impl Directory for CqlStore {
    async fn connect_number(
        &self,
        tenant: TenantId,
        number: Number,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let sealer = self.sealer(tenant).await?;
        let id = number.phone_number_id.clone();
        self.point(self.waba_list(&number.waba_id), tenant.as_bytes(), &[]).await?;
        let todo = super::administration::Todo { take_over: vec![id.clone()], ..Default::default() };
        let todo_id = rand::random();
        let (sealer, id, number, todo, audit) = (&sealer, &id, &number, &todo, &audit);
        let decide = |_: Head| -> Decision<'_, bool> {
            Box::pin(async move {
                if !self.reserve_number(tenant, id).await? {
                    return Ok((None, false));
                }
                let puts = vec![put_number(sealer, number)?, todo.put(sealer, todo_id)?];
                Ok((Some(Changes { puts, entries: audit.clone(), ..Changes::default() }), true))
            })
        };
        let connected = self.change_office(tenant, sealer, decide).await?;
        if connected {
            self.settle_office(tenant, sealer).await?;
        }
        Ok(connected)
    }

    async fn change_number(
        &self,
        tenant: TenantId,
        id: &PhoneNumberId,
        change: NumberChange,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Number>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let home = self.home(tenant);
        let (sealer, change, audit) = (&sealer, &change, &audit);
        let decide = |_: Head| -> Decision<'_, Option<Number>> {
            Box::pin(async move {
                let Some(mut number) = self.office_number(home, sealer, id).await? else { return Ok((None, None)) };
                number.apply(change.clone());
                let puts = vec![put_number(sealer, &number)?];
                Ok((Some(Changes { puts, entries: audit.clone(), ..Changes::default() }), Some(number)))
            })
        };
        self.change_office(tenant, sealer, decide).await
    }

    async fn disconnect_number(
        &self,
        tenant: TenantId,
        id: &PhoneNumberId,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(false) };
        let ours = self.keyring.installation();
        let todo_id = rand::random();
        let (sealer, ours, audit) = (&sealer, &ours, &audit);
        let decide = |_: Head| -> Decision<'_, bool> {
            Box::pin(async move {
                if !self.has_number(tenant, id).await? {
                    return Ok((None, false));
                }
                let owner: Option<Owner> = self.document(self.owner_of(ours, id)).await?;
                let release = owner.filter(|owner| owner.tenant == tenant).map(|owner| (id.clone(), owner.claim));
                let todo = super::administration::Todo { release, ..Default::default() };
                let gone = Put { kind: Kind::Number, id: id.as_str().as_bytes().to_vec(), body: None };
                let puts = vec![gone, todo.put(sealer, todo_id)?];
                Ok((Some(Changes { puts, entries: audit.clone(), ..Changes::default() }), true))
            })
        };
        let gone = self.change_office(tenant, sealer, decide).await?;
        if gone {
            self.settle_office(tenant, sealer).await?;
        }
        Ok(gone)
    }

    async fn numbers(&self, tenant: TenantId) -> Result<Vec<Number>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Vec::new()) };
        self.settle_office(tenant, &sealer).await?;
        let found = self.office(self.home(tenant), Kind::Number, Kind::Number).await?;
        let open = |row: super::office::Row| {
            let id = std::str::from_utf8(&row.id).map_err(|_| codec::corrupt("a number that is not text"))?;
            codec::open_number(&sealer, id, &row.body)
        };
        found.map(|(_, rows)| rows).unwrap_or_default().into_iter().map(open).collect()
    }

    async fn number(&self, id: &PhoneNumberId) -> Result<Option<(TenantId, Number)>, StoreError> {
        let ours = self.keyring.installation();
        let owner: Option<Owner> = self.document(self.owner_of(&ours, id)).await?;
        let Some(Owner { tenant, .. }) = owner else { return Ok(None) };
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let number = self.office_number(self.home(tenant), &sealer, id).await?;
        Ok(number.map(|number| (tenant, number)))
    }

    async fn tenants_of_account(&self, waba: &WabaId) -> Result<Vec<TenantId>, StoreError> {
        let mut tenants = Vec::new();
        for (tenant, _) in self.pointers(self.waba_list(waba)).await? {
            let tenant = TenantId::from_bytes(names::id(&tenant)?);
            if self.numbers(tenant).await?.iter().any(|number| number.waba_id == *waba) {
                tenants.push(tenant);
            }
        }
        tenants.sort_unstable();
        Ok(tenants)
    }

    async fn put_meta_app(&self, tenant: TenantId, app: MetaApp, audit: Vec<AuditEntry>) -> Result<(), StoreError> {
        let sealer = self.sealer(tenant).await?;
        let (sealer, app, audit) = (&sealer, &app, &audit);
        let decide = |_: Head| -> Decision<'_, ()> {
            Box::pin(async move {
                let body = Some(codec::seal(sealer, codec::META_APP, tenant.as_bytes(), &app)?);
                let puts = vec![Put { kind: Kind::MetaApp, id: Vec::new(), body }];
                Ok((Some(Changes { puts, entries: audit.clone(), ..Changes::default() }), ()))
            })
        };
        self.change_office(tenant, sealer, decide).await
    }

    async fn meta_app(&self, tenant: TenantId) -> Result<Option<MetaApp>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let body = self.office_row(self.home(tenant), Kind::MetaApp, &[]).await?;
        body.map(|body| codec::open(&sealer, codec::META_APP, tenant.as_bytes(), &body)).transpose()
    }
}
