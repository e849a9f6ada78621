use async_trait::async_trait;
use bytes::Bytes;
use engine::access::Holder;
use engine::event::{Audience, LoggedEvent};
use engine::id::{ConversationId, MemberId, TeamId, TenantId};
use engine::ports::{EventLog, LogRange, StoreError};
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::fault::{Outcome, signed, unsigned};
use super::ledger::TenantKey;
use super::{SqliteStore, codec};
use crate::crypto::Sealer;

/// Bits of a place that hold `n`: a million million events per tenant, eight million tenants.
const N_BITS: u32 = 40;

/// Events that are forgotten in one operation.
const TRIM_CHUNK: i64 = 1_000;

/// Where event `n` of a tenant lies.
pub(super) fn place(tenant: TenantKey, n: u64) -> i64 {
    (tenant.0 << N_BITS) + signed(n).min((1 << N_BITS) - 1)
}

fn n_of(place: i64) -> Outcome<u64> {
    unsigned(place & ((1 << N_BITS) - 1))
}

#[async_trait]
impl EventLog for SqliteStore {
    async fn range(&self, tenant: TenantId) -> Result<LogRange, StoreError> {
        let read = self.readers.read(move |connection| {
            let none = LogRange { oldest: 0, head: 0 };
            let snapshot = connection.unchecked_transaction()?;
            let Some((tenant, head)) = head(&snapshot, tenant)? else { return Ok(none) };
            let oldest = oldest(&snapshot, tenant)?.map_or(Ok(head + 1), n_of)?;
            Ok(LogRange { oldest, head })
        });
        read.await
    }

    async fn events(&self, tenant: TenantId, after: u64, limit: u32) -> Result<Vec<LoggedEvent>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Vec::new()) };
        let read = self.readers.read(move |connection| {
            let snapshot = connection.unchecked_transaction()?;
            let Some((tenant, _)) = head(&snapshot, tenant)? else { return Ok(Vec::new()) };
            let sql = "SELECT place, conversation, assignee, team, was, was_team, moved, frame FROM event
                 WHERE place > ?1 AND place < ?2 ORDER BY place LIMIT ?3";
            let mut statement = snapshot.prepare_cached(sql)?;
            let range = params![place(tenant, after), place(TenantKey(tenant.0 + 1), 0), limit];
            statement.query_and_then(range, |row| logged(&sealer, row))?.collect()
        });
        read.await
    }

    async fn trim(&self, tenant: TenantId, keep: u64) -> Result<(), StoreError> {
        let read = self.readers.read(move |connection| {
            let snapshot = connection.unchecked_transaction()?;
            let Some((tenant, head)) = head(&snapshot, tenant)? else { return Ok(None) };
            Ok(oldest(&snapshot, tenant)?.map(|oldest| (oldest, place(tenant, head.saturating_sub(keep)))))
        });
        let Some((oldest, last)) = read.await? else { return Ok(()) };
        let mut first = oldest;
        while first <= last {
            let end = last.min(first + TRIM_CHUNK);
            let write = self.writer.write(move |session| {
                let sql = "DELETE FROM event WHERE place BETWEEN ?1 AND ?2";
                session.connection.prepare_cached(sql)?.execute([first, end])?;
                Ok(())
            });
            write.await?;
            first = end + 1;
        }
        Ok(())
    }
}

fn head(connection: &Connection, tenant: TenantId) -> Outcome<Option<(TenantKey, u64)>> {
    let sql = "SELECT tenant, n FROM event_head WHERE tenant = (SELECT key FROM tenant WHERE id = ?1)";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row([tenant.as_bytes()], |row| Ok((TenantKey(row.get(0)?), row.get(1)?)));
    found.optional()?.map(|(tenant, n)| Ok((tenant, unsigned(n)?))).transpose()
}

/// The place of the oldest event that is kept.
fn oldest(connection: &Connection, tenant: TenantKey) -> Outcome<Option<i64>> {
    let sql = "SELECT place FROM event WHERE place > ?1 AND place < ?2 ORDER BY place LIMIT 1";
    let mut statement = connection.prepare_cached(sql)?;
    let range = [place(tenant, 0), place(TenantKey(tenant.0 + 1), 0)];
    Ok(statement.query_row(range, |row| row.get(0)).optional()?)
}

/// From `(place, conversation, assignee, team, was, was_team, moved, frame)`.
fn logged(sealer: &Sealer, row: &Row<'_>) -> Outcome<LoggedEvent> {
    let holder = |column| {
        let assignee = row.get::<_, Option<[u8; 16]>>(column)?.map(MemberId::from_bytes);
        let team = row.get::<_, Option<[u8; 16]>>(column + 1)?.map(TeamId::from_bytes);
        Ok::<_, rusqlite::Error>(Holder { assignee, team })
    };
    let (n, conversation) = (n_of(row.get(0)?)?, ConversationId::from_bytes(row.get(1)?));
    Ok(LoggedEvent {
        n,
        conversation,
        audience: Audience { holder: holder(2)?, was: holder(4)?, moved: row.get(6)? },
        frame: Bytes::from(codec::open_frame(sealer, conversation, n, row.get_ref(7)?)?),
    })
}
