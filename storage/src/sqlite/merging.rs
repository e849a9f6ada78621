//! Contacts that are one person: the one that became part of another leads to it by what is in its body; the column keeps it off lists.

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::contact::{Contact, UNDO_WITHIN};
use engine::id::{ContactId, TenantId};
use engine::ports::{Merged, Merger, Merging, Parted, StoreError};
use engine::time::Timestamp;
use rusqlite::{Connection, params};

use super::SqliteStore;
use super::audit::{self, Prepared};
use super::contacts::{by_key, contact, key_of, update};
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
}
