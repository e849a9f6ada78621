use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use engine::id::{ConversationId, IntakeId, PhoneNumberId, TenantId};
use engine::intake::{IntakeEntry, IntakeMark, IntakeOutcome, IntakeRecord, IntakeSummary};
use engine::ports::{InboxLog, IntakeQuery, ListError, Page, StoreError};
use engine::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::fault::{Fault, Outcome, signed, unsigned};
use super::ledger::{self, NOBODY, TenantKey, outcome_code};
use super::writer::Session;
use super::{SqliteStore, codec};
use crate::cursor::{self, List};

#[async_trait]
impl InboxLog for SqliteStore {
    async fn append(&self, records: Arc<[IntakeRecord]>) -> Result<(), StoreError> {
        let write =
            self.writer.write_first(move |session| records.iter().try_for_each(|record| append(session, record)));
        write.await
    }

    fn is_pressing(&self) -> bool {
        self.writer.is_pressing()
    }

    async fn mark(&self, tenant: TenantId, mark: IntakeMark) -> Result<(), StoreError> {
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            self::mark(session, key, &mark)
        });
        write.await
    }

    async fn raise_attempts(&self, tenant: TenantId, id: IntakeId) -> Result<u32, StoreError> {
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let sql = "UPDATE inbox SET attempts = attempts + 1
                 WHERE id = ?1 AND tenant = ?2 AND outcome = 0 RETURNING attempts";
            let mut statement = session.connection.prepare_cached(sql)?;
            let attempts = statement.query_row(params![id.as_bytes(), key.0], |row| row.get(0));
            Ok(attempts.optional()?.unwrap_or(0))
        });
        write.await
    }

    async fn unfinished(
        &self,
        tenant: TenantId,
        after: Option<IntakeId>,
        limit: u32,
    ) -> Result<Vec<IntakeRecord>, StoreError> {
        let read = self.readers.read(move |connection| {
            let sql = "SELECT id, number, field, kind, raw, received_at, attempts
                 FROM inbox JOIN inbox_body USING (arrival)
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND outcome = 0 AND inbox.arrival > coalesce(
                     (SELECT arrival FROM inbox WHERE id = ?2 AND tenant = (SELECT key FROM tenant WHERE id = ?1)), 0)
                 ORDER BY inbox.arrival LIMIT ?3";
            let mut statement = connection.prepare_cached(sql)?;
            let after = after.as_ref().map(IntakeId::as_bytes);
            let rows = statement.query_and_then(params![tenant.as_bytes(), after, limit], |row| record(tenant, row))?;
            rows.collect()
        });
        read.await
    }

    async fn tenants_with_unfinished(&self) -> Result<Vec<TenantId>, StoreError> {
        let read = self.readers.read(|connection| {
            let sql = "SELECT id FROM tenant
                 WHERE EXISTS (SELECT 1 FROM inbox WHERE inbox.tenant = tenant.key AND outcome = 0) ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let tenants = statement.query_map([], |row| row.get(0).map(TenantId::from_bytes))?;
            Ok(tenants.collect::<rusqlite::Result<_>>()?)
        });
        read.await
    }

    async fn entries(&self, tenant: TenantId, query: IntakeQuery) -> Result<Page<IntakeEntry>, ListError> {
        let before: i64 = cursor::row(List::Intake, &query.page)?.unwrap_or(i64::MAX);
        let limit = cursor::limit(&query.page);
        let read = self.readers.read(move |connection| entries(connection, tenant, query.outcome, before, limit + 1));
        let mut found = read.await?;
        let more = cursor::cut(&mut found, limit);
        let next = found.last().filter(|_| more).map(|(arrival, _)| cursor::at_row(List::Intake, arrival));
        Ok(Page { items: found.into_iter().map(|(_, entry)| entry).collect(), next })
    }

    async fn entry(&self, tenant: TenantId, id: IntakeId) -> Result<Option<(IntakeEntry, Bytes)>, StoreError> {
        let read = self.readers.read(move |connection| {
            let sql = "SELECT id, received_at, processed_at, field, kind, number, outcome, attempts, error,
                 conversation, size, raw FROM inbox JOIN inbox_body USING (arrival)
                 WHERE id = ?2 AND tenant = (SELECT key FROM tenant WHERE id = ?1)";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_bytes(), id.as_bytes()])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            Ok(Some((entry(row)?, Bytes::from(row.get::<_, Vec<u8>>("raw")?))))
        });
        read.await
    }

    async fn reopen(&self, tenant: TenantId, id: IntakeId) -> Result<Option<IntakeRecord>, StoreError> {
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let sql = "SELECT id, number, field, kind, raw, received_at, attempts, outcome
                 FROM inbox JOIN inbox_body USING (arrival) WHERE id = ?1 AND tenant = ?2";
            let mut statement = session.connection.prepare_cached(sql)?;
            let mut rows = statement.query(params![id.as_bytes(), key.0])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let outcome = outcome(row.get("outcome")?)?;
            let record = IntakeRecord { attempts: 0, ..record(tenant, row)? };
            let sql = "UPDATE inbox SET outcome = 0, attempts = 0, processed_at = NULL, error = NULL,
                 conversation = NULL WHERE id = ?1";
            session.connection.prepare_cached(sql)?.execute([id.as_bytes()])?;
            recount(session, key, record.received_at, outcome, IntakeOutcome::Stored);
            Ok(Some(record))
        });
        write.await
    }

    async fn summary(&self, tenant: TenantId, since: Timestamp) -> Result<IntakeSummary, StoreError> {
        let read = self.readers.read(move |connection| {
            let sql = "SELECT sum(stored), sum(processed), sum(duplicate), sum(quarantined) FROM inbox_tally
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND minute >= ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let sums = statement.query_row(params![tenant.as_bytes(), ledger::minute(since)], |row| {
                Ok([row.get::<_, Option<i64>>(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
            });
            let [stored, processed, duplicate, quarantined] = sums?.map(|sum| unsigned(sum.unwrap_or(0)));
            let (stored, processed, duplicate, quarantined) = (stored?, processed?, duplicate?, quarantined?);
            Ok(IntakeSummary { stored, processed, duplicate, quarantined })
        });
        read.await
    }

    async fn unclaimed(&self) -> Result<Vec<(Option<PhoneNumberId>, u64)>, StoreError> {
        let read = self.readers.read(|connection| {
            let sql = "SELECT number, count(*) FROM inbox INDEXED BY inbox_unclaimed WHERE tenant = 0
                 GROUP BY number ORDER BY max(arrival) DESC";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_and_then([], |row| {
                let number = row.get::<_, Option<String>>(0)?.map(|number| number.parse()).transpose()?;
                Ok((number, unsigned(row.get(1)?)?))
            })?;
            rows.collect()
        });
        read.await
    }
}

fn append(session: &mut Session<'_>, record: &IntakeRecord) -> Outcome<()> {
    let tenant = record.tenant.map_or(Ok(NOBODY), |tenant| session.tenant(tenant))?;
    let stored = record.quarantined.is_none() && tenant != NOBODY;
    let outcome = if stored { IntakeOutcome::Stored } else { IntakeOutcome::Quarantined };
    let sql = "INSERT INTO inbox (id, tenant, number, field, kind, received_at, size, outcome, attempts, error)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) ON CONFLICT (id) DO NOTHING";
    let inserted = session.connection.prepare_cached(sql)?.execute(params![
        record.id.as_bytes(),
        tenant.0,
        record.number.as_ref().map(PhoneNumberId::as_str),
        record.field,
        record.kind,
        record.received_at.0,
        signed(record.raw.len() as u64),
        outcome_code(outcome),
        record.attempts,
        record.quarantined,
    ])?;
    if inserted == 0 {
        return Ok(());
    }
    let arrival = session.connection.last_insert_rowid();
    let mut statement = session.connection.prepare_cached("INSERT INTO inbox_body (arrival, raw) VALUES (?1, ?2)")?;
    statement.execute(params![arrival, &record.raw[..]])?;
    session.ledger.tally_intake(tenant, ledger::minute(record.received_at), outcome, 1);
    Ok(())
}

/// Only what is `Stored` changes.
pub(super) fn mark(session: &mut Session<'_>, tenant: TenantKey, mark: &IntakeMark) -> Outcome<()> {
    if mark.outcome == IntakeOutcome::Stored {
        return Ok(());
    }
    let sql = "SELECT arrival, received_at FROM inbox WHERE id = ?1 AND tenant = ?2 AND outcome = 0";
    let mut waiting = session.connection.prepare_cached(sql)?;
    let waiting = waiting.query_row(params![mark.id.as_bytes(), tenant.0], |row| Ok((row.get(0)?, row.get(1)?)));
    let Some((arrival, received_at)): Option<(i64, i64)> = waiting.optional()? else { return Ok(()) };
    let sql = "UPDATE inbox SET outcome = ?2, processed_at = ?3, error = ?4, conversation = ?5 WHERE arrival = ?1";
    session.connection.prepare_cached(sql)?.execute(params![
        arrival,
        outcome_code(mark.outcome),
        mark.at.0,
        mark.error,
        mark.conversation.as_ref().map(ConversationId::as_bytes),
    ])?;
    recount(session, tenant, Timestamp(received_at), IntakeOutcome::Stored, mark.outcome);
    Ok(())
}

/// The number is connected now: what waited for it is the tenant's.
pub(super) fn take_over(session: &mut Session<'_>, tenant: TenantKey, number: &str) -> Outcome<()> {
    let sql = "SELECT received_at FROM inbox INDEXED BY inbox_unclaimed WHERE tenant = 0 AND number = ?1";
    let mut statement = session.connection.prepare_cached(sql)?;
    let mut waiting = statement.query([number])?;
    while let Some(row) = waiting.next()? {
        let minute = ledger::minute(Timestamp(row.get(0)?));
        session.ledger.tally_intake(tenant, minute, IntakeOutcome::Stored, 1);
    }
    let sql = "UPDATE inbox INDEXED BY inbox_unclaimed SET tenant = ?1, outcome = 0, attempts = 0,
         processed_at = NULL, error = NULL, conversation = NULL WHERE tenant = 0 AND number = ?2";
    session.connection.prepare_cached(sql)?.execute(params![tenant.0, number])?;
    Ok(())
}

fn recount(session: &mut Session<'_>, tenant: TenantKey, at: Timestamp, from: IntakeOutcome, to: IntakeOutcome) {
    session.ledger.tally_intake(tenant, ledger::minute(at), from, -1);
    session.ledger.tally_intake(tenant, ledger::minute(at), to, 1);
}

/// Of all outcomes: the newest of each, merged. One range of the index per outcome instead of one more index.
fn entries(
    connection: &Connection,
    tenant: TenantId,
    only: Option<IntakeOutcome>,
    before: i64,
    limit: u32,
) -> Outcome<Vec<(i64, IntakeEntry)>> {
    let all = [IntakeOutcome::Stored, IntakeOutcome::Processed, IntakeOutcome::Duplicate, IntakeOutcome::Quarantined];
    let snapshot = connection.unchecked_transaction()?;
    let sql = "SELECT id, received_at, processed_at, field, kind, number, outcome, attempts, error, conversation,
         size, arrival FROM inbox WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND outcome = ?2
         AND arrival < ?3 ORDER BY arrival DESC LIMIT ?4";
    let mut statement = snapshot.prepare_cached(sql)?;
    let mut found = Vec::new();
    for outcome in all.into_iter().filter(|outcome| only.is_none_or(|only| only == *outcome)) {
        let asked = params![tenant.as_bytes(), outcome_code(outcome), before, limit];
        for row in statement.query_and_then(asked, |row| Ok::<_, Fault>((row.get(11)?, entry(row)?)))? {
            found.push(row?);
        }
    }
    found.sort_by_key(|(arrival, _)| std::cmp::Reverse(*arrival));
    found.truncate(limit as usize);
    Ok(found)
}

fn outcome(code: u8) -> Outcome<IntakeOutcome> {
    match code {
        0 => Ok(IntakeOutcome::Stored),
        1 => Ok(IntakeOutcome::Processed),
        2 => Ok(IntakeOutcome::Duplicate),
        3 => Ok(IntakeOutcome::Quarantined),
        _ => Err(codec::corrupt("an unknown intake outcome")),
    }
}

/// From `id, number, field, kind, raw, received_at, attempts`. Only what is `Stored` is given out as a record.
fn record(tenant: TenantId, row: &Row<'_>) -> Outcome<IntakeRecord> {
    Ok(IntakeRecord {
        id: IntakeId::from_bytes(row.get(0)?),
        tenant: Some(tenant),
        number: row.get::<_, Option<String>>(1)?.map(|number| number.parse()).transpose()?,
        field: row.get(2)?,
        kind: row.get(3)?,
        raw: Bytes::from(row.get::<_, Vec<u8>>(4)?),
        received_at: Timestamp(row.get(5)?),
        attempts: row.get(6)?,
        quarantined: None,
    })
}

/// From `id, received_at, processed_at, field, kind, number, outcome, attempts, error, conversation, size`.
fn entry(row: &Row<'_>) -> Outcome<IntakeEntry> {
    Ok(IntakeEntry {
        id: IntakeId::from_bytes(row.get(0)?),
        received_at: Timestamp(row.get(1)?),
        processed_at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
        field: row.get(3)?,
        kind: row.get(4)?,
        phone_number_id: row.get::<_, Option<String>>(5)?.map(|number| number.parse()).transpose()?,
        outcome: outcome(row.get(6)?)?,
        attempts: row.get(7)?,
        error: row.get(8)?,
        conversation_id: row.get::<_, Option<[u8; 16]>>(9)?.map(ConversationId::from_bytes),
        size: unsigned(row.get(10)?)?,
    })
}
