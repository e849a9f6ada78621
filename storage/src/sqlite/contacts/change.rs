//! What changes a contact: edits, words on marketing, rows of files and taking those back.

use engine::consent::ConsentEntry;
use engine::contact::{Contact, ContactEdit, ImportRow, Imported, Undone};
use engine::id::{ContactId, ImportId, TenantId};
use engine::ports::{Forgotten, Resolved};
use engine::time::Timestamp;
use rusqlite::{Connection, params};

use super::super::audit::{self, Prepared};
use super::super::codec;
use super::super::fault::Outcome;
use super::super::ledger::TenantKey;
use super::super::writer::Session;
use super::{Asked, IdentityRow, attach, by_key, key_of, update};
use crate::crypto::Sealer;

/// Lines of a ledger that are shown.
const LINES_MAX: u32 = 100;

/// A contact that is taken out of the file is taken out of what is counted in memory.
pub(super) type Gone = Option<i64>;

/// A line of the ledger on its way into the file, sealed.
pub(in super::super) struct ConsentRow {
    at: i64,
    id: [u8; 16],
    body: Vec<u8>,
}

impl ConsentRow {
    pub(in super::super) fn of(sealer: &Sealer, entry: &ConsentEntry) -> Outcome<Self> {
        let body = codec::seal(sealer, codec::CONSENT, entry.id.as_bytes(), entry)?;
        Ok(Self { at: entry.at.0, id: *entry.id.as_bytes(), body })
    }

    /// `false`: it is there already.
    pub(in super::super) fn insert(&self, connection: &Connection, tenant: TenantKey, contact: i64) -> Outcome<bool> {
        let sql = "INSERT INTO consent (contact, at, id, tenant, body) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (contact, at, id) DO NOTHING";
        let mut statement = connection.prepare_cached(sql)?;
        Ok(statement.execute(params![contact, self.at, self.id, tenant.0, self.body])? > 0)
    }
}

/// The oldest first.
pub(in super::super) fn ledger(connection: &Connection, sealer: &Sealer, contact: i64) -> Outcome<Vec<ConsentEntry>> {
    lines(connection, sealer, "SELECT id, body FROM consent WHERE contact = ?1 ORDER BY at, id", contact)
}

pub(super) fn newest_lines(
    connection: &Connection,
    sealer: &Sealer,
    tenant: TenantId,
    contact: ContactId,
) -> Outcome<Vec<ConsentEntry>> {
    let sql = "SELECT key FROM contact WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([tenant.as_bytes(), contact.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(Vec::new()) };
    let sql = format!("SELECT id, body FROM consent WHERE contact = ?1 ORDER BY at DESC, id DESC LIMIT {LINES_MAX}");
    lines(connection, sealer, &sql, row.get(0)?)
}

fn lines(connection: &Connection, sealer: &Sealer, sql: &str, contact: i64) -> Outcome<Vec<ConsentEntry>> {
    let mut statement = connection.prepare_cached(sql)?;
    let lines = statement.query_and_then([contact], |row| {
        codec::open(sealer, codec::CONSENT, &row.get::<_, [u8; 16]>(0)?, row.get_ref(1)?)
    })?;
    lines.collect()
}

fn found(session: &mut Session<'_>, sealer: &Sealer, tenant: TenantId, id: ContactId) -> Outcome<Option<Found>> {
    let tenant = session.tenant(tenant)?;
    let Some(key) = key_of(session.connection, tenant, id)? else { return Ok(None) };
    Ok(Some(Found { tenant, key, contact: by_key(session.connection, sealer, key)? }))
}

struct Found {
    tenant: TenantKey,
    key: i64,
    contact: Contact,
}

pub(super) fn edit(
    session: &mut Session<'_>,
    sealer: &Sealer,
    tenant: TenantId,
    id: ContactId,
    edit: &ContactEdit,
    entries: &[Prepared],
) -> Outcome<Option<Resolved>> {
    let Some(Found { tenant, key, mut contact }) = found(session, sealer, tenant, id)? else { return Ok(None) };
    let changed = contact.edit(edit);
    if changed {
        update(session, sealer, key, &contact)?;
        audit::append(session, tenant, entries)?;
    }
    Ok(Some(Resolved { contact, changed, created: false }))
}

pub(super) fn consent(
    session: &mut Session<'_>,
    sealer: &Sealer,
    tenant: TenantId,
    entry: &ConsentEntry,
    entries: &[Prepared],
) -> Outcome<Option<Contact>> {
    let Some(Found { tenant, key, mut contact }) = found(session, sealer, tenant, entry.contact_id)? else {
        return Ok(None);
    };
    if ConsentRow::of(sealer, entry)?.insert(session.connection, tenant, key)? {
        audit::append(session, tenant, entries)?;
    }
    if contact.heed(entry) {
        update(session, sealer, key, &contact)?;
    }
    Ok(Some(contact))
}

pub(super) fn bring(
    session: &mut Session<'_>,
    asked: &Asked,
    import: ImportId,
    row: &ImportRow,
    at: Timestamp,
) -> Outcome<Imported> {
    let tenant = session.tenant(asked.tenant)?;
    let (key, Resolved { mut contact, created, .. }) = asked.identified(session, tenant)?;
    let (outcome, entry) = contact.bring(import, !created, row, at);
    // A row that is brought a second time is known by its import, and changes nothing.
    update(session, &asked.sealer, key, &contact)?;
    if let Some(entry) = entry {
        ConsentRow::of(&asked.sealer, &entry)?.insert(session.connection, tenant, key)?;
    }
    attach(session.connection, tenant, key, &IdentityRow::all(&asked.sealer, &asked.keys)?)?;
    Ok(outcome)
}

pub(super) fn undo(
    session: &mut Session<'_>,
    sealer: &Sealer,
    tenant: TenantId,
    id: ContactId,
    import: ImportId,
) -> Outcome<(Undone, Gone)> {
    let Some(Found { tenant, key, mut contact }) = found(session, sealer, tenant, id)? else {
        return Ok((Undone::Untouched, None));
    };
    let undone = contact.undo(import, is_used(session.connection, tenant, id)?);
    match undone {
        Undone::Removed => remove(session, key)?,
        Undone::Restored => update(session, sealer, key, &contact)?,
        Undone::Left | Undone::Untouched => {}
    }
    Ok((undone, (undone == Undone::Removed).then_some(key)))
}

pub(super) fn forget(
    session: &mut Session<'_>,
    tenant: TenantId,
    id: ContactId,
    entries: &[Prepared],
) -> Outcome<(Forgotten, Gone)> {
    let tenant = session.tenant(tenant)?;
    let Some(key) = key_of(session.connection, tenant, id)? else { return Ok((Forgotten::Unknown, None)) };
    if is_used(session.connection, tenant, id)? {
        return Ok((Forgotten::InUse, None));
    }
    remove(session, key)?;
    audit::append(session, tenant, entries)?;
    Ok((Forgotten::Forgotten, Some(key)))
}

fn is_used(connection: &Connection, tenant: TenantKey, id: ContactId) -> Outcome<bool> {
    let sql = "SELECT 1 FROM conversation INDEXED BY conversation_of_contact WHERE tenant = ?1 AND contact = ?2";
    Ok(connection.prepare_cached(sql)?.exists(params![tenant.0, id.as_bytes()])?)
}

fn remove(session: &mut Session<'_>, key: i64) -> Outcome<()> {
    // The number of the newest change must not be given again when its row is gone.
    session.next_change()?;
    for sql in [
        "DELETE FROM identity WHERE contact = ?1",
        "DELETE FROM consent WHERE contact = ?1",
        "DELETE FROM contact WHERE key = ?1",
    ] {
        session.connection.prepare_cached(sql)?.execute([key])?;
    }
    Ok(())
}
