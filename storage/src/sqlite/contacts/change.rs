//! What changes a contact: edits, words on marketing, rows of files and taking those back.

use std::cmp::Reverse;

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
use super::super::merging;
use super::super::writer::Session;
use super::{Asked, Identified, IdentityRow, attach, key_of, update};
use crate::crypto::Sealer;

/// Lines of a ledger that are shown.
const LINES_MAX: u32 = 100;

/// Contacts that are taken out of the file are taken out of what is counted in memory.
pub(super) type Gone = Vec<i64>;

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
    let Some((key, kept)) = merging::kept(connection, sealer, tenant, contact)? else { return Ok(Vec::new()) };
    let sql = format!("SELECT id, body FROM consent WHERE contact = ?1 ORDER BY at DESC, id DESC LIMIT {LINES_MAX}");
    let mut newest = Vec::new();
    for key in merging::everybody(connection, key, &kept)? {
        newest.extend(lines(connection, sealer, &sql, key)?);
    }
    newest.sort_unstable_by_key(|entry| Reverse((entry.at, entry.id)));
    newest.truncate(LINES_MAX as usize);
    Ok(newest)
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
    let (key, contact) = merging::kept_by_key(session.connection, sealer, key)?;
    Ok(Some(Found { tenant, key, contact }))
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
    Ok(Some(Resolved { contact, changed, created: false, clashes: Vec::new() }))
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
    let entry = &ConsentEntry { contact_id: contact.id, ..entry.clone() };
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
    let Identified { led_to, key, resolved } = asked.identified(session, tenant)?;
    let Resolved { mut contact, created, .. } = resolved;
    let (outcome, entry) = contact.bring(import, !created, row, at);
    // A row that is brought a second time is known by its import, and changes nothing.
    update(session, &asked.sealer, key, &contact)?;
    if let Some(entry) = entry {
        ConsentRow::of(&asked.sealer, &entry)?.insert(session.connection, tenant, key)?;
    }
    attach(session.connection, tenant, led_to, &IdentityRow::all(&asked.sealer, &asked.keys)?)?;
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
        return Ok((Undone::Untouched, Vec::new()));
    };
    let is_used = is_used(session.connection, tenant, id)? || !contact.merged.is_empty();
    let undone = contact.undo(import, is_used);
    match undone {
        Undone::Removed => remove(session, key)?,
        Undone::Restored => update(session, sealer, key, &contact)?,
        Undone::Left | Undone::Untouched => {}
    }
    let gone = (undone == Undone::Removed).then_some(key);
    Ok((undone, gone.into_iter().collect()))
}

pub(super) fn forget(
    session: &mut Session<'_>,
    sealer: &Sealer,
    tenant: TenantId,
    id: ContactId,
    entries: &[Prepared],
) -> Outcome<(Forgotten, Gone)> {
    let Some(Found { tenant, key, contact }) = found(session, sealer, tenant, id)? else {
        return Ok((Forgotten::Unknown, Vec::new()));
    };
    for id in contact.everybody() {
        if is_used(session.connection, tenant, id)? {
            return Ok((Forgotten::InUse, Vec::new()));
        }
    }
    let gone = merging::everybody(session.connection, key, &contact)?;
    for key in &gone {
        remove(session, *key)?;
    }
    audit::append(session, tenant, entries)?;
    Ok((Forgotten::Forgotten, gone))
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
        "DELETE FROM note WHERE contact = ?1",
        "DELETE FROM contact WHERE key = ?1",
    ] {
        session.connection.prepare_cached(sql)?.execute([key])?;
    }
    Ok(())
}
