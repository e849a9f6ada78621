use std::sync::Arc;

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::directory::{MetaApp, Number, NumberChange};
use engine::id::{PhoneNumberId, TenantId, WabaId};
use engine::ports::{Directory, StoreError};
use rusqlite::{Connection, Row, params};

use super::fault::Outcome;
use super::ledger::TenantKey;
use super::writer::Session;
use super::{SqliteStore, audit, codec, inbox_log, keys_of};
use crate::crypto::Sealer;

#[async_trait]
impl Directory for SqliteStore {
    async fn connect_number(
        &self,
        tenant: TenantId,
        number: Number,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let body = codec::seal_number(self.sealer(tenant).await?.as_ref(), &number)?;
        let entries = audit::prepare(audit);
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let id = number.phone_number_id.as_str();
            if is_taken(session.connection, key, id)? {
                return Ok(false);
            }
            put_number(session, key, &number, &body)?;
            audit::append(session, key, &entries)?;
            Ok(true)
        });
        write.await
    }

    async fn change_number(
        &self,
        tenant: TenantId,
        id: &PhoneNumberId,
        change: NumberChange,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Number>, StoreError> {
        let (id, entries) = (id.clone(), audit::prepare(audit));
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let mut statement =
                session.connection.prepare_cached("SELECT id, body FROM number WHERE id = ?1 AND tenant = ?2")?;
            let mut rows = statement.query(params![id.as_str(), key.0])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let sealer = session.sealer(key)?;
            let mut changed = number(&sealer, row)?;
            changed.apply(change.clone());
            let sql = "UPDATE number SET body = ?2 WHERE id = ?1";
            let mut statement = session.connection.prepare_cached(sql)?;
            statement.execute(params![id.as_str(), codec::seal_number(&sealer, &changed)?])?;
            audit::append(session, key, &entries)?;
            Ok(Some(changed))
        });
        write.await
    }

    async fn disconnect_number(
        &self,
        tenant: TenantId,
        id: &PhoneNumberId,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let (id, entries) = (id.clone(), audit::prepare(audit));
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let mut statement =
                session.connection.prepare_cached("DELETE FROM number WHERE id = ?1 AND tenant = ?2")?;
            if statement.execute(params![id.as_str(), key.0])? == 0 {
                return Ok(false);
            }
            audit::append(session, key, &entries)?;
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

    async fn put_meta_app(&self, tenant: TenantId, app: MetaApp, audit: Vec<AuditEntry>) -> Result<(), StoreError> {
        let sealer = self.sealer(tenant).await?;
        let (body, entries) = (codec::seal(&sealer, codec::META_APP, tenant.as_bytes(), &app)?, audit::prepare(audit));
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            put_app(session.connection, key, &body)?;
            audit::append(session, key, &entries)
        });
        write.await
    }

    async fn meta_app(&self, tenant: TenantId) -> Result<Option<MetaApp>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let read = self.readers.read(move |connection| {
            let sql = "SELECT body FROM meta_app WHERE tenant = (SELECT key FROM tenant WHERE id = ?1)";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_bytes()])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            codec::open(&sealer, codec::META_APP, tenant.as_bytes(), row.get_ref(0)?).map(Some)
        });
        read.await
    }
}

/// Whether another organization has the number.
pub(super) fn is_taken(connection: &Connection, tenant: TenantKey, number: &str) -> Outcome<bool> {
    let mut taken = connection.prepare_cached("SELECT 1 FROM number WHERE id = ?1 AND tenant <> ?2")?;
    Ok(taken.exists(params![number, tenant.0])?)
}

/// With what waited for it. `body`: sealed.
pub(super) fn put_number(session: &mut Session<'_>, tenant: TenantKey, number: &Number, body: &[u8]) -> Outcome<()> {
    let id = number.phone_number_id.as_str();
    let sql = "INSERT INTO number (id, tenant, waba, body) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (id) DO UPDATE SET waba = ?3, body = ?4";
    let mut statement = session.connection.prepare_cached(sql)?;
    statement.execute(params![id, tenant.0, number.waba_id.as_str(), body])?;
    inbox_log::take_over(session, tenant, id)
}

/// `body`: sealed.
pub(super) fn put_app(connection: &Connection, tenant: TenantKey, body: &[u8]) -> Outcome<()> {
    let sql = "INSERT OR REPLACE INTO meta_app (tenant, body) VALUES (?1, ?2)";
    connection.prepare_cached(sql)?.execute(params![tenant.0, body])?;
    Ok(())
}

/// From (id, body).
fn number(sealer: &Sealer, row: &Row<'_>) -> Outcome<Number> {
    let id = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
    codec::open_number(sealer, id, row.get_ref(1)?)
}
