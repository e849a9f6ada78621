use async_trait::async_trait;
use engine::alert::Alert;
use engine::audit::AuditEntry;
use engine::id::{AlertId, TenantId};
use engine::ports::{ALERTS_MAX, Alerts, StoreError};
use rusqlite::{OptionalExtension as _, params};

use super::fault::Outcome;
use super::ledger::TenantKey;
use super::writer::Session;
use super::{SqliteStore, audit, codec};

#[async_trait]
impl Alerts for SqliteStore {
    async fn raise_alert(&self, tenant: TenantId, alert: Alert) -> Result<bool, StoreError> {
        let id = alert.id;
        let body = codec::seal(self.sealer(tenant).await?.as_ref(), codec::ALERT, id.as_bytes(), &alert)?;
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let sql = "INSERT INTO alert (tenant, id, dismissed, body) VALUES (?1, ?2, 0, ?3)
                 ON CONFLICT (tenant, id) DO NOTHING";
            let new = session.connection.prepare_cached(sql)?.execute(params![key.0, id.as_bytes(), body])? > 0;
            if new {
                forget_oldest(session, key)?;
            }
            Ok(new)
        });
        write.await
    }

    async fn alerts(&self, tenant: TenantId) -> Result<Vec<Alert>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Vec::new()) };
        let read = self.readers.read(move |connection| {
            let sql =
                "SELECT id, body FROM alert WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND dismissed = 0
                 ORDER BY place DESC";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_and_then([tenant.as_bytes()], |row| {
                codec::open(&sealer, codec::ALERT, &row.get::<_, [u8; 16]>(0)?, row.get_ref(1)?)
            })?;
            rows.collect()
        });
        read.await
    }

    async fn settle_alert(&self, tenant: TenantId, id: AlertId) -> Result<bool, StoreError> {
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let sql = "DELETE FROM alert WHERE tenant = ?1 AND id = ?2 RETURNING dismissed = 0";
            let mut statement = session.connection.prepare_cached(sql)?;
            let shown = statement.query_row(params![key.0, id.as_bytes()], |row| row.get(0)).optional()?;
            Ok(shown.unwrap_or(false))
        });
        write.await
    }

    async fn dismiss_alert(&self, tenant: TenantId, id: AlertId, audit: Vec<AuditEntry>) -> Result<bool, StoreError> {
        let entries = audit::prepare(audit);
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let sql = "UPDATE alert SET dismissed = 1 WHERE tenant = ?1 AND id = ?2 AND dismissed = 0";
            if session.connection.prepare_cached(sql)?.execute(params![key.0, id.as_bytes()])? == 0 {
                return Ok(false);
            }
            audit::append(session, key, &entries)?;
            Ok(true)
        });
        write.await
    }
}

fn forget_oldest(session: &Session<'_>, tenant: TenantKey) -> Outcome<()> {
    let sql = "SELECT place FROM alert WHERE tenant = ?1 ORDER BY place DESC LIMIT ?2";
    let mut statement = session.connection.prepare_cached(sql)?;
    let newest = statement.query_map([tenant.0, i64::from(ALERTS_MAX)], |row| row.get(0))?;
    let newest = newest.collect::<rusqlite::Result<Vec<i64>>>()?;
    if let Some(oldest_kept) = newest.last() {
        let sql = "DELETE FROM alert WHERE tenant = ?1 AND place < ?2";
        session.connection.prepare_cached(sql)?.execute([tenant.0, *oldest_kept])?;
    }
    Ok(())
}
