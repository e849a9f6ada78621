use async_trait::async_trait;
use engine::id::{ClaimToken, MessageId, TenantId};
use engine::outgoing::{OutboxEntry, OutboxState, Outgoing};
use engine::ports::{Claim, Outbox, StoreError};
use engine::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::fault::Outcome;
use super::ledger::TenantKey;
use super::{SqliteStore, codec};
use crate::crypto::Sealer;

pub(super) const QUEUED: u8 = 0;
pub(super) const CLAIMED: u8 = 1;
pub(super) const IN_DOUBT: u8 = 2;
pub(super) const SETTLED: u8 = 3;

#[async_trait]
impl Outbox for SqliteStore {
    async fn claim(
        &self,
        tenant: TenantId,
        id: MessageId,
        token: ClaimToken,
        at: Timestamp,
    ) -> Result<Claim, StoreError> {
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let sql = "SELECT place, state, token FROM outbox WHERE tenant = ?1 AND id = ?2";
            let mut statement = session.connection.prepare_cached(sql)?;
            let entry =
                statement.query_row(params![key.0, id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
            let Some((place, state, holder)): Option<(i64, u8, Option<[u8; 16]>)> = entry.optional()? else {
                return Ok(Claim::Lost);
            };
            if state == QUEUED {
                let sql = "UPDATE outbox SET state = 1, token = ?2, since = ?3 WHERE place = ?1";
                session.connection.prepare_cached(sql)?.execute(params![place, token.as_bytes(), at.0])?;
                return Ok(Claim::Won);
            }
            // The same claim again, by someone who did not get the answer.
            let ours = state == CLAIMED && holder.as_ref() == Some(token.as_bytes());
            Ok(if ours { Claim::Won } else { Claim::Lost })
        });
        write.await
    }

    async fn release(&self, tenant: TenantId, id: MessageId, token: ClaimToken) -> Result<(), StoreError> {
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let sql = "UPDATE outbox SET state = 0, token = NULL, since = NULL
                 WHERE tenant = ?1 AND id = ?2 AND state = 1 AND token = ?3";
            let mut statement = session.connection.prepare_cached(sql)?;
            statement.execute(params![key.0, id.as_bytes(), token.as_bytes()])?;
            Ok(())
        });
        write.await
    }

    async fn outbox_entry(&self, tenant: TenantId, id: MessageId) -> Result<Option<OutboxEntry>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let read = self.readers.read(move |connection| {
            let sql = "SELECT state, token, since, body, id FROM outbox
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_bytes(), id.as_bytes()])?;
            rows.next()?.map(|row| entry(&sealer, row)).transpose()
        });
        read.await
    }

    async fn unsettled(
        &self,
        tenant: TenantId,
        after: Option<MessageId>,
        limit: u32,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Vec::new()) };
        let read = self.readers.read(move |connection| {
            let sql = "SELECT state, token, since, body, id FROM outbox INDEXED BY outbox_unsettled
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND state < 3 AND place > coalesce(
                     (SELECT place FROM outbox WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2), 0)
                 ORDER BY place LIMIT ?3";
            let mut statement = connection.prepare_cached(sql)?;
            let after = after.as_ref().map(MessageId::as_bytes);
            statement.query_and_then(params![tenant.as_bytes(), after, limit], |row| entry(&sealer, row))?.collect()
        });
        read.await
    }
}

/// From (state, token, since, body, id).
pub(super) fn entry(sealer: &Sealer, row: &Row<'_>) -> Outcome<OutboxEntry> {
    let token = row.get::<_, Option<[u8; 16]>>(1)?.map(ClaimToken::from_bytes);
    let since = row.get::<_, Option<i64>>(2)?.map(Timestamp);
    let state = match (row.get::<_, u8>(0)?, token, since) {
        (QUEUED, ..) => OutboxState::Queued,
        (CLAIMED, Some(token), Some(at)) => OutboxState::Claimed { token, at },
        (IN_DOUBT, _, Some(since)) => OutboxState::InDoubt { since },
        (SETTLED, ..) => OutboxState::Settled,
        _ => return Err(codec::corrupt("an outbox entry in an unknown state")),
    };
    let outgoing = codec::open(sealer, codec::OUTBOX, &row.get::<_, [u8; 16]>(4)?, row.get_ref(3)?)?;
    Ok(OutboxEntry { outgoing, state })
}

/// An outgoing message on its way into the file, sealed.
pub(super) struct OutgoingRow {
    id: MessageId,
    body: Vec<u8>,
}

impl OutgoingRow {
    pub(super) fn of(sealer: &Sealer, outgoing: &Outgoing) -> Outcome<Self> {
        let body = codec::seal(sealer, codec::OUTBOX, outgoing.id.as_bytes(), outgoing)?;
        Ok(Self { id: outgoing.id, body })
    }

    /// What is in doubt or settled is opened again and keeps its place; what is queued or claimed stays as it is.
    pub(super) fn enqueue(&self, connection: &Connection, tenant: TenantKey) -> Outcome<()> {
        let sql = "INSERT INTO outbox (tenant, id, state, body) VALUES (?1, ?2, 0, ?3) ON CONFLICT (tenant, id)
             DO UPDATE SET state = 0, token = NULL, since = NULL, body = ?3 WHERE state >= 2";
        connection.prepare_cached(sql)?.execute(params![tenant.0, self.id.as_bytes(), self.body])?;
        Ok(())
    }
}

pub(super) fn settle(connection: &Connection, tenant: TenantKey, id: MessageId) -> Outcome<()> {
    let sql = "UPDATE outbox SET state = 3, token = NULL, since = NULL WHERE tenant = ?1 AND id = ?2";
    connection.prepare_cached(sql)?.execute(params![tenant.0, id.as_bytes()])?;
    Ok(())
}

pub(super) fn doubt(connection: &Connection, tenant: TenantKey, id: MessageId, since: Timestamp) -> Outcome<()> {
    let sql = "UPDATE outbox SET state = 2, token = NULL, since = ?3 WHERE tenant = ?1 AND id = ?2 AND state < 3";
    connection.prepare_cached(sql)?.execute(params![tenant.0, id.as_bytes(), since.0])?;
    Ok(())
}
