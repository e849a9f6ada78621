//! People who are added one by one. The writer's thread gives the numbers out, so that nobody needs another revision of the campaign.

use std::sync::Arc;

use engine::campaign::Addition;
use engine::id::{CampaignId, ClientKey, TenantId};
use engine::ports::Added;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::super::codec::{self, recipients};
use super::super::fault::Outcome;
use super::super::ledger::CampaignKey;
use super::super::writer::Session;
use super::rows::range;
use super::stored;
use super::write::Frozen;
use crate::crypto::Sealer;

const BY_KEY: &str = "SELECT place & 4294967295 FROM recipient INDEXED BY recipient_added WHERE added_by = ?1";
const LAST: &str = "SELECT max(place) & 4294967295 FROM recipient WHERE place BETWEEN ?1 AND ?2";

pub(super) fn add(
    session: &mut Session<'_>,
    sealer: &Arc<Sealer>,
    (tenant, id): (TenantId, CampaignId),
    addition: &Addition,
) -> Outcome<Added> {
    if let Some(no) = no_of(session.connection, sealer, id, &addition.trigger.key)? {
        return Ok(Added::Known(no));
    }
    let tenant = session.tenant(tenant)?;
    let Some((key, campaign)) = stored(session.connection, sealer, tenant, id)? else { return Ok(Added::Closed) };
    if !campaign.takes_more() {
        return Ok(Added::Closed);
    }
    let no = last_of(session.connection, key)?.map_or(Some(0), |last| last.checked_add(1));
    let no = no.ok_or_else(|| codec::corrupt("a campaign of four billion people"))?;
    Frozen::of(sealer, id, &addition.numbered(no))?.insert(session, key, addition.at)?;
    Ok(Added::New(no))
}

fn last_of(connection: &Connection, key: CampaignKey) -> Outcome<Option<u32>> {
    let (first, last) = range(key, None);
    Ok(connection.prepare_cached(LAST)?.query_row(params![first, last], |row| row.get(0))?)
}

/// Who was added by this key.
pub(super) fn no_of(connection: &Connection, sealer: &Sealer, id: CampaignId, key: &ClientKey) -> Outcome<Option<u32>> {
    let lookup = recipients::trigger_lookup(sealer, id.as_bytes(), key);
    Ok(connection.prepare_cached(BY_KEY)?.query_row([lookup], |row| row.get(0)).optional()?)
}
