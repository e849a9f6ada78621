//! Going through all contacts: in pages, and in memory to count them.

use std::sync::Arc;

use engine::contact::{Contact, Tag};
use engine::id::TenantId;
use engine::ports::StoreError;
use engine::segment::{Census, ContactFacts, Question, TagCount};
use rusqlite::{Connection, params};

use super::super::codec;
use super::super::fault::{Fault, Outcome};
use super::contact;
use crate::crypto::Sealer;
use crate::facts::{Facts, Table};

pub(super) fn scan(
    connection: &Connection,
    sealer: &Sealer,
    tenant: TenantId,
    after: Option<i64>,
    limit: u32,
) -> Outcome<Vec<(i64, Contact)>> {
    let sql = "SELECT body, id, key FROM contact INDEXED BY contact_by_age
         WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND merged_into IS NULL AND key > ?2 ORDER BY key LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_and_then(params![tenant.as_bytes(), after.unwrap_or(i64::MIN), limit], |row| {
        Ok((row.get(2)?, contact(sealer, row)?))
    })?;
    found.collect()
}

/// Over what is in memory, after it was brought up to date: only what has changed since the last count is unsealed.
pub(super) fn census(
    connection: &Connection,
    facts: &Facts,
    sealer: &Sealer,
    tenant: TenantId,
    question: &Question,
) -> Outcome<Census> {
    facts.of(tenant, |table| {
        catch_up(connection, sealer, tenant, table)?;
        Ok(table.count(question))
    })
}

/// The same way.
pub(super) fn tags(
    connection: &Connection,
    facts: &Facts,
    sealer: &Sealer,
    tenant: TenantId,
) -> Outcome<Vec<TagCount>> {
    let counts = facts.of(tenant, |table| {
        catch_up(connection, sealer, tenant, table)?;
        Ok::<_, Fault>(table.tags())
    })?;
    let read = |(tag, count): (Arc<str>, u64)| Ok::<_, Fault>((tag.parse::<Tag>().map_err(StoreError::from)?, count));
    Ok(TagCount::list(counts.into_iter().map(read).collect::<Outcome<Vec<_>>>()?))
}

fn catch_up(connection: &Connection, sealer: &Sealer, tenant: TenantId, table: &mut Table) -> Outcome<()> {
    let sql = "SELECT key, change, body, id FROM contact INDEXED BY contact_by_change
         WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND change > ?2 ORDER BY change";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![tenant.as_bytes(), table.upto()])?;
    while let Some(row) = rows.next()? {
        let (key, change) = (row.get(0)?, row.get(1)?);
        let found: Contact = codec::open(sealer, codec::CONTACT, &row.get::<_, [u8; 16]>(3)?, row.get_ref(2)?)?;
        let facts = found.merged_into.is_none().then(|| ContactFacts::of(&found));
        table.put(key, change, facts);
    }
    Ok(())
}
