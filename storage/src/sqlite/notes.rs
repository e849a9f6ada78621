use std::sync::Arc;

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::id::{ContactId, NoteId, TenantId};
use engine::note::{NOTES_MAX, Note};
use engine::ports::{ListError, Noted, Notes, Page, PageRequest, StoreError};
use engine::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::audit::{self, Prepared};
use super::fault::Outcome;
use super::ledger::TenantKey;
use super::writer::Session;
use super::{SqliteStore, codec, merging};
use crate::crypto::Sealer;
use crate::cursor::{self, List, Moment};

/// A note on its way into the file, sealed.
pub(super) struct NoteRow {
    at: i64,
    id: NoteId,
    body: Vec<u8>,
}

impl NoteRow {
    pub(super) fn of(sealer: &Sealer, note: &Note) -> Outcome<Self> {
        let body = codec::seal(sealer, codec::NOTE, note.id.as_bytes(), note)?;
        Ok(Self { at: note.at.0, id: note.id, body })
    }

    /// One that is there already stays as it is.
    pub(super) fn insert(&self, connection: &Connection, tenant: TenantKey, contact: i64) -> Outcome<()> {
        let sql = "INSERT INTO note (contact, at, id, tenant, body) VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(params![contact, self.at, self.id.as_bytes(), tenant.0, self.body])?;
        Ok(())
    }
}

/// From (id, body).
fn note(sealer: &Sealer, row: &Row<'_>) -> Outcome<Note> {
    codec::open(sealer, codec::NOTE, &row.get::<_, [u8; 16]>(0)?, row.get_ref(1)?)
}

/// The oldest first.
pub(super) fn notes_of(connection: &Connection, sealer: &Sealer, contact: i64) -> Outcome<Vec<Note>> {
    let mut statement = connection.prepare_cached("SELECT id, body FROM note WHERE contact = ?1 ORDER BY at, id")?;
    let notes = statement.query_and_then([contact], |row| note(sealer, row))?;
    notes.collect()
}

/// Where it lies, and what it says.
struct Found {
    contact: i64,
    at: i64,
    note: Note,
}

/// Of anybody who is the same person.
fn found(
    connection: &Connection,
    sealer: &Sealer,
    (tenant, contact, id): (TenantId, ContactId, NoteId),
) -> Outcome<Option<Found>> {
    let Some((key, kept)) = merging::kept(connection, sealer, tenant, contact)? else { return Ok(None) };
    let sql =
        "SELECT id, body, contact, at FROM note WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([tenant.as_bytes(), id.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let found = Found { contact: row.get(2)?, at: row.get(3)?, note: note(sealer, row)? };
    Ok(merging::everybody(connection, key, &kept)?.contains(&found.contact).then_some(found))
}

fn add(
    session: &mut Session<'_>,
    sealer: &Sealer,
    tenant: TenantId,
    note: &Note,
    entries: &[Prepared],
) -> Outcome<Noted> {
    let connection = session.connection;
    let Some((contact, kept)) = merging::kept(connection, sealer, tenant, note.contact_id)? else {
        return Ok(Noted::NoContact);
    };
    let row = NoteRow::of(sealer, &Note { contact_id: kept.id, ..note.clone() })?;
    let tenant = session.tenant(tenant)?;
    let sql = "SELECT 1 FROM note WHERE tenant = ?1 AND id = ?2";
    if connection.prepare_cached(sql)?.exists(params![tenant.0, row.id.as_bytes()])? {
        return Ok(Noted::Known);
    }
    let sql = "SELECT at FROM note WHERE contact = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut known = statement.query([contact])?;
    let mut notes = 0;
    while known.next()?.is_some() {
        notes += 1;
    }
    if notes >= NOTES_MAX {
        return Ok(Noted::Full);
    }
    row.insert(connection, tenant, contact)?;
    audit::append(session, tenant, entries)?;
    Ok(Noted::Noted)
}

fn rewrite(
    session: &mut Session<'_>,
    sealer: &Sealer,
    key: (TenantId, ContactId, NoteId),
    (text, at): (&str, Timestamp),
    entries: &[Prepared],
) -> Outcome<Option<Note>> {
    let Some(mut found) = found(session.connection, sealer, key)? else { return Ok(None) };
    let (tenant, _, id) = key;
    let tenant = session.tenant(tenant)?;
    if found.note.rewrite(text, at) {
        let NoteRow { body, .. } = NoteRow::of(sealer, &found.note)?;
        let sql = "UPDATE note SET body = ?4 WHERE contact = ?1 AND at = ?2 AND id = ?3";
        let mut statement = session.connection.prepare_cached(sql)?;
        statement.execute(params![found.contact, found.at, id.as_bytes(), body])?;
        audit::append(session, tenant, entries)?;
    }
    Ok(Some(found.note))
}

fn delete(
    session: &mut Session<'_>,
    sealer: &Sealer,
    key: (TenantId, ContactId, NoteId),
    entries: &[Prepared],
) -> Outcome<bool> {
    let Some(found) = found(session.connection, sealer, key)? else { return Ok(false) };
    let (tenant, _, id) = key;
    let tenant = session.tenant(tenant)?;
    let mut statement =
        session.connection.prepare_cached("DELETE FROM note WHERE contact = ?1 AND at = ?2 AND id = ?3")?;
    statement.execute(params![found.contact, found.at, id.as_bytes()])?;
    audit::append(session, tenant, entries)?;
    Ok(true)
}

/// The newest of each who is the same person before that moment, at most `limit` each.
fn older(
    connection: &Connection,
    sealer: &Sealer,
    (tenant, contact): (TenantId, ContactId),
    Moment(at, id): Moment,
    limit: u32,
) -> Outcome<Vec<Note>> {
    let Some((key, kept)) = merging::kept(connection, sealer, tenant, contact)? else { return Ok(Vec::new()) };
    let sql = "SELECT id, body FROM note WHERE contact = ?1 AND (at, id) < (?2, ?3) ORDER BY at DESC, id DESC LIMIT ?4";
    let mut statement = connection.prepare_cached(sql)?;
    let mut older = Vec::new();
    for key in merging::everybody(connection, key, &kept)? {
        let notes = statement.query_and_then(params![key, at.0, id.as_bytes(), limit], |row| note(sealer, row))?;
        older.extend(notes.collect::<Outcome<Vec<_>>>()?);
    }
    Ok(older)
}

#[async_trait]
impl Notes for SqliteStore {
    async fn add_note(&self, tenant: TenantId, note: Note, audit: Vec<AuditEntry>) -> Result<Noted, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Noted::NoContact) };
        let entries = audit::prepare(audit);
        self.writer.write(move |session| add(session, &sealer, tenant, &note, &entries)).await
    }

    async fn note(&self, tenant: TenantId, contact: ContactId, id: NoteId) -> Result<Option<Note>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let read = self.readers.read(move |connection| found(connection, &sealer, (tenant, contact, id)));
        Ok(read.await?.map(|found| found.note))
    }

    async fn rewrite_note(
        &self,
        tenant: TenantId,
        (contact, id): (ContactId, NoteId),
        text: &str,
        at: Timestamp,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Note>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let (text, entries): (Arc<str>, _) = (text.into(), audit::prepare(audit));
        let write =
            self.writer.write(move |session| rewrite(session, &sealer, (tenant, contact, id), (&text, at), &entries));
        write.await
    }

    async fn delete_note(
        &self,
        tenant: TenantId,
        contact: ContactId,
        id: NoteId,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(false) };
        let entries = audit::prepare(audit);
        self.writer.write(move |session| delete(session, &sealer, (tenant, contact, id), &entries)).await
    }

    async fn notes(&self, tenant: TenantId, contact: ContactId, page: PageRequest) -> Result<Page<Note>, ListError> {
        let before = cursor::row(List::Notes, &page)?.unwrap_or(Moment::END);
        let limit = cursor::limit(&page);
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Page { items: Vec::new(), next: None }) };
        let read =
            self.readers.read(move |connection| older(connection, &sealer, (tenant, contact), before, limit + 1));
        Ok(cursor::page_of_notes(read.await?, limit))
    }
}
