use async_trait::async_trait;
use engine::id::{ContactId, TenantId};
use engine::ports::{OutreachStore, StoreError};
use engine::time::Timestamp;
use rusqlite::params;

use super::SqliteStore;
use super::fault::Outcome;

#[async_trait]
impl OutreachStore for SqliteStore {
    async fn reach(
        &self,
        tenant: TenantId,
        portfolio: &str,
        contact: ContactId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let portfolio = portfolio.to_owned();
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let sql = "INSERT INTO outreach (tenant, portfolio, contact, at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (tenant, portfolio, contact) DO UPDATE SET at = max(at, excluded.at)";
            let mut statement = session.connection.prepare_cached(sql)?;
            statement.execute(params![key.0, portfolio, contact.as_bytes(), at.0])?;
            Ok(())
        });
        write.await
    }

    async fn reached(
        &self,
        tenant: TenantId,
        portfolio: &str,
        after: Timestamp,
        now: Timestamp,
    ) -> Result<Vec<(ContactId, Timestamp)>, StoreError> {
        let portfolio = portfolio.to_owned();
        let read = self.readers.read(move |connection| {
            let sql = "SELECT contact, at FROM outreach WHERE tenant = (SELECT key FROM tenant WHERE id = ?1)
                 AND portfolio = ?2 AND at > ?3 AND at <= ?4 ORDER BY contact";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_and_then(params![tenant.as_bytes(), portfolio, after.0, now.0], |row| {
                Ok((ContactId::from_bytes(row.get(0)?), Timestamp(row.get(1)?)))
            })?;
            rows.collect::<Outcome<_>>()
        });
        read.await
    }

    async fn forget_reached(&self, tenant: TenantId, portfolio: &str, before: Timestamp) -> Result<(), StoreError> {
        let portfolio = portfolio.to_owned();
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let sql = "DELETE FROM outreach WHERE tenant = ?1 AND portfolio = ?2 AND at <= ?3";
            session.connection.prepare_cached(sql)?.execute(params![key.0, portfolio, before.0])?;
            Ok(())
        });
        write.await
    }
}
