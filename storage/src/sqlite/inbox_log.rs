use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use engine::id::{ConversationId, IntakeId, PhoneNumberId, TenantId};
use engine::intake::{IntakeEntry, IntakeMark, IntakeOutcome, IntakeRecord, IntakeSummary};
use engine::ports::{InboxLog, IntakeQuery, ListError, Page, StoreError};
use engine::time::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::fault::{Fault, Outcome, signed, unsigned};
use super::ledger::{self, NOBODY, TenantKey, outcome_code};
use super::writer::Session;
use super::{SqliteStore, codec};
use crate::crypto::Sealer;
use crate::cursor::{self, List};

#[async_trait]
impl InboxLog for SqliteStore {
    async fn append(&self, records: Arc<[IntakeRecord]>) -> Result<(), StoreError> {
        let mut rows = Vec::with_capacity(records.len());
        for record in records.iter() {
            let sealer = match record.tenant {
                Some(tenant) => self.sealer(tenant).await?,
                None => self.keyring.installation(),
            };
            rows.push(SealedIntake::of(&sealer, record)?);
        }
        let write = move |session: &mut Session<'_>| {
            records.iter().zip(&rows).try_for_each(|(record, row)| row.append(session, record))
        };
        self.writer.write_first(write).await
    }

    fn is_pressing(&self) -> bool {
        self.writer.is_pressing()
    }

    async fn mark(&self, tenant: TenantId, mark: IntakeMark) -> Result<(), StoreError> {
        let mark = MarkRow::of(self.sealer(tenant).await?.as_ref(), &mark)?;
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            mark.write(session, key)
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
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Vec::new()) };
        let read = self.readers.read(move |connection| {
            let sql = "SELECT id, number, field, kind, raw, received_at, attempts
                 FROM inbox JOIN inbox_body USING (arrival)
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND outcome = 0 AND inbox.arrival > coalesce(
                     (SELECT arrival FROM inbox WHERE id = ?2 AND tenant = (SELECT key FROM tenant WHERE id = ?1)), 0)
                 ORDER BY inbox.arrival LIMIT ?3";
            let mut statement = connection.prepare_cached(sql)?;
            let after = after.as_ref().map(IntakeId::as_bytes);
            let asked = params![tenant.as_bytes(), after, limit];
            let rows = statement.query_and_then(asked, |row| record(&sealer, tenant, row))?;
            rows.collect()
        });
        read.await
    }

    async fn tenants_with_unfinished(&self) -> Result<Vec<TenantId>, StoreError> {
        let read = self.readers.read(|connection| {
            let sql = "SELECT id FROM tenant
                 WHERE arriving = 0 AND EXISTS (SELECT 1 FROM inbox WHERE inbox.tenant = tenant.key AND outcome = 0) ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            let tenants = statement.query_map([], |row| row.get(0).map(TenantId::from_bytes))?;
            Ok(tenants.collect::<rusqlite::Result<_>>()?)
        });
        read.await
    }

    async fn entries(&self, tenant: TenantId, query: IntakeQuery) -> Result<Page<IntakeEntry>, ListError> {
        let before: i64 = cursor::row(List::Intake, &query.page)?.unwrap_or(i64::MAX);
        let limit = cursor::limit(&query.page);
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Page { items: Vec::new(), next: None }) };
        let range = EntryRange { tenant, only: query.outcome, before, limit: limit + 1 };
        let mut found = self.readers.read(move |connection| range.entries(connection, &sealer)).await?;
        let more = cursor::cut(&mut found, limit);
        let next = found.last().filter(|_| more).map(|(arrival, _)| cursor::at_row(List::Intake, arrival));
        Ok(Page { items: found.into_iter().map(|(_, entry)| entry).collect(), next })
    }

    async fn entry(&self, tenant: TenantId, id: IntakeId) -> Result<Option<(IntakeEntry, Bytes)>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let read = self.readers.read(move |connection| {
            let sql = "SELECT id, received_at, processed_at, field, kind, number, outcome, attempts, error,
                 conversation, size, raw FROM inbox JOIN inbox_body USING (arrival)
                 WHERE id = ?2 AND tenant = (SELECT key FROM tenant WHERE id = ?1)";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_bytes(), id.as_bytes()])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let raw = codec::open_bytes(&sealer, codec::INBOX_RAW, id.as_bytes(), row.get_ref("raw")?)?;
            Ok(Some((entry(&sealer, row)?, Bytes::from(raw))))
        });
        read.await
    }

    async fn reopen(&self, tenant: TenantId, id: IntakeId) -> Result<Option<IntakeRecord>, StoreError> {
        let sealer = self.sealer(tenant).await?;
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let sql = "SELECT id, number, field, kind, raw, received_at, attempts, outcome
                 FROM inbox JOIN inbox_body USING (arrival) WHERE id = ?1 AND tenant = ?2";
            let mut statement = session.connection.prepare_cached(sql)?;
            let mut rows = statement.query(params![id.as_bytes(), key.0])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let outcome = outcome(row.get("outcome")?)?;
            let record = IntakeRecord { attempts: 0, ..record(&sealer, tenant, row)? };
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

/// What of an item goes sealed into the file.
struct SealedIntake {
    raw: Vec<u8>,
    error: Option<Vec<u8>>,
}

impl SealedIntake {
    fn of(sealer: &Sealer, record: &IntakeRecord) -> Outcome<Self> {
        let raw = sealer.seal(codec::INBOX_RAW, record.id.as_bytes(), &record.raw)?;
        let error = seal_error(sealer, record.id, record.quarantined.as_deref())?;
        Ok(Self { raw, error })
    }

    fn append(&self, session: &mut Session<'_>, record: &IntakeRecord) -> Outcome<()> {
        let Self { raw, error } = self;
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
            error,
        ])?;
        if inserted == 0 {
            return Ok(());
        }
        let arrival = session.connection.last_insert_rowid();
        let mut statement =
            session.connection.prepare_cached("INSERT INTO inbox_body (arrival, raw) VALUES (?1, ?2)")?;
        statement.execute(params![arrival, raw])?;
        session.ledger.tally_intake(tenant, ledger::minute(record.received_at), outcome, 1);
        Ok(())
    }
}

pub(super) fn seal_error(sealer: &Sealer, id: IntakeId, error: Option<&str>) -> Outcome<Option<Vec<u8>>> {
    let seal = |error: &str| sealer.seal(codec::INBOX_ERROR, id.as_bytes(), error.as_bytes());
    Ok(error.map(seal).transpose()?)
}

/// What became of an item, on its way into the file.
#[derive(Clone)]
pub(super) struct MarkRow {
    /// Without its error.
    mark: IntakeMark,
    error: Option<Vec<u8>>,
}

impl MarkRow {
    pub(super) fn of(sealer: &Sealer, mark: &IntakeMark) -> Outcome<Self> {
        let error = seal_error(sealer, mark.id, mark.error.as_deref())?;
        Ok(Self { mark: IntakeMark { error: None, ..mark.clone() }, error })
    }

    /// The item was seen before, whatever was to be written of it.
    pub(super) fn duplicate(&self) -> Self {
        Self { mark: IntakeMark { outcome: IntakeOutcome::Duplicate, ..self.mark.clone() }, error: None }
    }

    /// Only what is `Stored` changes.
    pub(super) fn write(&self, session: &mut Session<'_>, tenant: TenantKey) -> Outcome<()> {
        let Self { mark, error } = self;
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
            error,
            mark.conversation.as_ref().map(ConversationId::as_bytes),
        ])?;
        recount(session, tenant, Timestamp(received_at), IntakeOutcome::Stored, mark.outcome);
        Ok(())
    }
}

/// The number is connected now: what waited for it is the tenant's, and sealed by the tenant's key.
pub(super) fn take_over(session: &mut Session<'_>, tenant: TenantKey, number: &str) -> Outcome<()> {
    let (theirs, ours) = (session.sealer(tenant)?, session.keyring.installation());
    let sql =
        "SELECT arrival, id, received_at, raw FROM inbox INDEXED BY inbox_unclaimed JOIN inbox_body USING (arrival)
         WHERE tenant = 0 AND number = ?1";
    let mut statement = session.connection.prepare_cached(sql)?;
    let mut waiting = statement.query([number])?;
    let mut update = session.connection.prepare_cached("UPDATE inbox_body SET raw = ?2 WHERE arrival = ?1")?;
    while let Some(row) = waiting.next()? {
        let (arrival, id): (i64, [u8; 16]) = (row.get(0)?, row.get(1)?);
        let raw = codec::open_bytes(&ours, codec::INBOX_RAW, &id, row.get_ref(3)?)?;
        update.execute(params![arrival, theirs.seal(codec::INBOX_RAW, &id, &raw)?])?;
        let minute = ledger::minute(Timestamp(row.get(2)?));
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

/// One page of the webhook log.
struct EntryRange {
    tenant: TenantId,
    only: Option<IntakeOutcome>,
    before: i64,
    limit: u32,
}

impl EntryRange {
    /// Of all outcomes: the newest of each, merged. One range of the index per outcome instead of one more index.
    fn entries(&self, connection: &Connection, sealer: &Sealer) -> Outcome<Vec<(i64, IntakeEntry)>> {
        let Self { tenant, only, before, limit } = *self;
        let all =
            [IntakeOutcome::Stored, IntakeOutcome::Processed, IntakeOutcome::Duplicate, IntakeOutcome::Quarantined];
        let snapshot = connection.unchecked_transaction()?;
        let sql = "SELECT id, received_at, processed_at, field, kind, number, outcome, attempts, error, conversation,
         size, arrival FROM inbox WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND outcome = ?2
         AND arrival < ?3 ORDER BY arrival DESC LIMIT ?4";
        let mut statement = snapshot.prepare_cached(sql)?;
        let mut found = Vec::new();
        for outcome in all.into_iter().filter(|outcome| only.is_none_or(|only| only == *outcome)) {
            let asked = params![tenant.as_bytes(), outcome_code(outcome), before, limit];
            for row in statement.query_and_then(asked, |row| Ok::<_, Fault>((row.get(11)?, entry(sealer, row)?)))? {
                found.push(row?);
            }
        }
        found.sort_by_key(|(arrival, _)| std::cmp::Reverse(*arrival));
        found.truncate(limit as usize);
        Ok(found)
    }
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
fn record(sealer: &Sealer, tenant: TenantId, row: &Row<'_>) -> Outcome<IntakeRecord> {
    let id = IntakeId::from_bytes(row.get(0)?);
    Ok(IntakeRecord {
        id,
        tenant: Some(tenant),
        number: row.get::<_, Option<String>>(1)?.map(|number| number.parse()).transpose()?,
        field: row.get(2)?,
        kind: row.get(3)?,
        raw: Bytes::from(codec::open_bytes(sealer, codec::INBOX_RAW, id.as_bytes(), row.get_ref(4)?)?),
        received_at: Timestamp(row.get(5)?),
        attempts: row.get(6)?,
        quarantined: None,
    })
}

/// From `id, received_at, processed_at, field, kind, number, outcome, attempts, error, conversation, size`.
pub(super) fn entry(sealer: &Sealer, row: &Row<'_>) -> Outcome<IntakeEntry> {
    let id = IntakeId::from_bytes(row.get(0)?);
    Ok(IntakeEntry {
        id,
        received_at: Timestamp(row.get(1)?),
        processed_at: row.get::<_, Option<i64>>(2)?.map(Timestamp),
        field: row.get(3)?,
        kind: row.get(4)?,
        phone_number_id: row.get::<_, Option<String>>(5)?.map(|number| number.parse()).transpose()?,
        outcome: outcome(row.get(6)?)?,
        attempts: row.get(7)?,
        error: error(sealer, id, row.get_ref(8)?)?,
        conversation_id: row.get::<_, Option<[u8; 16]>>(9)?.map(ConversationId::from_bytes),
        size: unsigned(row.get(10)?)?,
    })
}

fn error(sealer: &Sealer, id: IntakeId, value: ValueRef<'_>) -> Outcome<Option<String>> {
    if value == ValueRef::Null {
        return Ok(None);
    }
    let text = codec::open_bytes(sealer, codec::INBOX_ERROR, id.as_bytes(), value)?;
    String::from_utf8(text).map(Some).map_err(|_| codec::corrupt("an error that is not text"))
}
