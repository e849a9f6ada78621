//! Contacts that are one person: the one that became part of another leads to it by what is in its body; the column keeps it off lists.

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::contact::{Contact, UNDO_WITHIN};
use engine::id::{ContactId, TenantId};
use engine::identity::is_number_key;
use engine::ports::{Merged, Merger, Merging, Mover, Parted, StoreError};
use engine::time::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::SqliteStore;
use super::audit::{self, Prepared};
use super::contacts::{by_key, contact, identities, key_of, lookup, update};
use super::fault::Outcome;
use super::ledger::TenantKey;
use super::writer::Session;
use crate::codec;
use crate::crypto::Sealer;

/// The one that the contact with this key became part of, or itself.
pub(super) fn kept_by_key(connection: &Connection, sealer: &Sealer, mut key: i64) -> Outcome<(i64, Contact)> {
    let mut found = by_key(connection, sealer, key)?;
    while let Some(into) = found.merged_into {
        let sql =
            "SELECT body, id, key FROM contact WHERE tenant = (SELECT tenant FROM contact WHERE key = ?1) AND id = ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![key, into.as_bytes()])?;
        let row = rows.next()?.ok_or_else(|| codec::corrupt("a contact that became part of none"))?;
        (key, found) = (row.get(2)?, contact(sealer, row)?);
    }
    Ok((key, found))
}

pub(super) fn kept(
    connection: &Connection,
    sealer: &Sealer,
    tenant: TenantId,
    id: ContactId,
) -> Outcome<Option<(i64, Contact)>> {
    let sql = "SELECT key FROM contact WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([tenant.as_bytes(), id.as_bytes()])?;
    rows.next()?.map(|row| kept_by_key(connection, sealer, row.get(0)?)).transpose()
}

/// Keys of everybody who is the same person.
pub(super) fn everybody(connection: &Connection, key: i64, kept: &Contact) -> Outcome<Vec<i64>> {
    let sql = "SELECT key FROM contact WHERE tenant = (SELECT tenant FROM contact WHERE key = ?1) AND id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut keys = vec![key];
    for id in kept.everybody().skip(1) {
        let mut rows = statement.query(params![key, id.as_bytes()])?;
        if let Some(row) = rows.next()? {
            keys.push(row.get(0)?);
        }
    }
    Ok(keys)
}

/// By itself.
fn raw(session: &Session<'_>, sealer: &Sealer, tenant: TenantKey, id: ContactId) -> Outcome<Option<(i64, Contact)>> {
    let Some(key) = key_of(session.connection, tenant, id)? else { return Ok(None) };
    Ok(Some((key, by_key(session.connection, sealer, key)?)))
}

fn merge(
    session: &mut Session<'_>,
    sealer: &Sealer,
    tenant: TenantId,
    merger: &Merger,
    entries: &[Prepared],
) -> Outcome<Merged> {
    let tenant = session.tenant(tenant)?;
    let found = (raw(session, sealer, tenant, merger.kept)?, raw(session, sealer, tenant, merger.other)?);
    let (Some((kept_key, mut kept)), Some((other_key, mut other))) = found else { return Ok(Merged::Unknown) };
    if kept.merged_into.is_some() {
        return Ok(Merged::Unknown);
    }
    match other.merged_into {
        Some(into) if into == kept.id => return Ok(Merged::Known(Box::new(kept))),
        Some(_) => return Ok(Merged::Unknown),
        None => {}
    }
    if let Err(refused) = kept.may_absorb(&other) {
        return Ok(Merged::Refused(refused));
    }
    kept.absorb(&other, merger.by.clone(), merger.at);
    other.merged_into = Some(kept.id);
    update(session, sealer, kept_key, &kept)?;
    update(session, sealer, other_key, &other)?;
    audit::append(session, tenant, entries)?;
    Ok(Merged::Merged(Box::new(kept)))
}

fn part(
    session: &mut Session<'_>,
    sealer: &Sealer,
    (tenant, kept, other): (TenantId, ContactId, ContactId),
    now: Timestamp,
    entries: &[Prepared],
) -> Outcome<Parted> {
    let tenant = session.tenant(tenant)?;
    let found = (raw(session, sealer, tenant, kept)?, raw(session, sealer, tenant, other)?);
    let (Some((kept_key, mut kept)), Some((other_key, mut other))) = found else { return Ok(Parted::Unknown) };
    let Some(merge) = kept.merged.iter().find(|merge| merge.contact == other.id) else { return Ok(Parted::Unknown) };
    if now.since(merge.at) > UNDO_WITHIN {
        return Ok(Parted::TooLate);
    }
    let Some(left) = kept.part_from(&mut other) else { return Ok(Parted::Unknown) };
    update(session, sealer, kept_key, &kept)?;
    update(session, sealer, other_key, &other)?;
    audit::append(session, tenant, entries)?;
    Ok(Parted::Parted { kept: Box::new(kept), other: Box::new(other), left })
}

fn move_number(
    session: &mut Session<'_>,
    sealer: &Sealer,
    tenant: TenantId,
    mover: &Mover,
    entries: &[Prepared],
) -> Outcome<Option<Contact>> {
    let connection = session.connection;
    let (Some(first), Some(number)) = (mover.first_key(), &mover.told.wa_id) else { return Ok(None) };
    let Some((from_key, from)) = kept(connection, sealer, tenant, mover.from)? else { return Ok(None) };
    let (tenant, everybody) = (session.tenant(tenant)?, everybody(connection, from_key, &from)?);
    let mut statement = connection.prepare_cached("SELECT contact FROM identity WHERE tenant = ?1 AND lookup = ?2")?;
    let to = statement.query_row(params![tenant.0, lookup(sealer, &first)], |row| row.get(0)).optional()?;
    let Some(to) = to.filter(|to: &i64| !everybody.contains(to)) else { return Ok(None) };
    let mut keys = Vec::new();
    for key in &everybody {
        keys.extend(identities(connection, sealer, *key)?.into_iter().filter(|key| is_number_key(key, number)));
    }
    if keys.is_empty() {
        return Ok(None);
    }
    let mut statement =
        connection.prepare_cached("UPDATE identity SET contact = ?3 WHERE tenant = ?1 AND lookup = ?2")?;
    for key in keys {
        statement.execute(params![tenant.0, lookup(sealer, &key), to])?;
    }
    for key in everybody {
        let mut contact = by_key(connection, sealer, key)?;
        if contact.lose_number(number) {
            update(session, sealer, key, &contact)?;
        }
    }
    audit::append(session, tenant, entries)?;
    Ok(Some(by_key(connection, sealer, from_key)?))
}

#[async_trait]
impl Merging for SqliteStore {
    async fn merge_contacts(
        &self,
        tenant: TenantId,
        merger: Merger,
        audit: Vec<AuditEntry>,
    ) -> Result<Merged, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Merged::Unknown) };
        let entries = audit::prepare(audit);
        self.writer.write(move |session| merge(session, &sealer, tenant, &merger, &entries)).await
    }

    async fn part_contacts(
        &self,
        tenant: TenantId,
        (kept, other): (ContactId, ContactId),
        now: Timestamp,
        audit: Vec<AuditEntry>,
    ) -> Result<Parted, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Parted::Unknown) };
        let entries = audit::prepare(audit);
        self.writer.write(move |session| part(session, &sealer, (tenant, kept, other), now, &entries)).await
    }

    async fn move_number(
        &self,
        tenant: TenantId,
        mover: Mover,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Contact>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let entries = audit::prepare(audit);
        self.writer.write(move |session| move_number(session, &sealer, tenant, &mover, &entries)).await
    }
}
