use std::sync::Arc;

use async_trait::async_trait;
use engine::directory::Number;
use engine::id::{PhoneNumberId, TenantId, WabaId};
use engine::ports::{Directory, StoreError};
use rusqlite::{Row, params};

use super::fault::Outcome;
use super::{SqliteStore, codec, inbox_log, keys_of};
use crate::crypto::Sealer;

#[async_trait]
impl Directory for SqliteStore {
    async fn put_number(&self, tenant: TenantId, number: Number) -> Result<bool, StoreError> {
        let body = codec::seal_number(self.sealer(tenant).await?.as_ref(), &number)?;
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let id = number.phone_number_id.as_str();
            let mut taken = session.connection.prepare_cached("SELECT 1 FROM number WHERE id = ?1 AND tenant <> ?2")?;
            if taken.exists(params![id, key.0])? {
                return Ok(false);
            }
            let sql = "INSERT INTO number (id, tenant, waba, body) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET waba = ?3, body = ?4";
            let mut statement = session.connection.prepare_cached(sql)?;
            statement.execute(params![id, key.0, number.waba_id.as_str(), body])?;
            inbox_log::take_over(session, key, id)?;
            Ok(true)
        });
        write.await
    }

    async fn numbers(&self, tenant: TenantId) -> Result<Vec<Number>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Vec::new()) };
        let read = self.readers.read(move |connection| {
            let sql = "SELECT id, body FROM number WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_and_then([tenant.as_bytes()], |row| number(&sealer, row))?.collect()
        });
        read.await
    }

    async fn number(&self, id: &PhoneNumberId) -> Result<Option<(TenantId, Number)>, StoreError> {
        let (id, keyring) = (id.clone(), Arc::clone(&self.keyring));
        let read = self.readers.read(move |connection| {
            let sql = "SELECT number.id, number.body, tenant.id FROM number JOIN tenant ON tenant.key = number.tenant
                 WHERE number.id = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([id.as_str()])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let tenant = TenantId::from_bytes(row.get(2)?);
            Ok(Some((tenant, number(keys_of(&keyring, tenant)?.as_ref(), row)?)))
        });
        read.await
    }

    async fn tenants_of_account(&self, waba: &WabaId) -> Result<Vec<TenantId>, StoreError> {
        let waba = waba.clone();
        let read = self.readers.read(move |connection| {
            let sql = "SELECT DISTINCT tenant.id FROM number JOIN tenant ON tenant.key = number.tenant
                 WHERE waba = ?1 ORDER BY tenant.id";
            let mut statement = connection.prepare_cached(sql)?;
            let tenants = statement.query_map([waba.as_str()], |row| row.get(0).map(TenantId::from_bytes))?;
            Ok(tenants.collect::<rusqlite::Result<_>>()?)
        });
        read.await
    }
}

/// From (id, body).
fn number(sealer: &Sealer, row: &Row<'_>) -> Outcome<Number> {
    let id = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
    codec::open_number(sealer, id, row.get_ref(1)?)
}
