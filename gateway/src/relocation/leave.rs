use std::collections::BTreeSet;
use std::io::{self, Write as _};

use bytes::Bytes;
use engine::content::MediaState;
use engine::household::Household;
use engine::id::{AccountId, MediaId, TenantId};
use engine::ports::{Belonging, BlobStore, Kind, PageRequest, Store};
use serde_json::{Map, Value};
use storage::bundle::{Draft, Entry};

use super::RelocationError;
use super::line::{self, ApiKeyLine, NumberLine, OrganizationLine, Part};
use super::sealed::{ACCOUNT, API_KEY, APP, INVITATION, NUMBER, Sealed};

/// Rows that are in memory at a time.
const PAGE: u32 = 100;
/// Bytes of a file that are in memory at a time.
const PIECE: u64 = 4 * 1024 * 1024;

pub(super) const ORGANIZATION: &str = "organization.ndjson";

/// What was written.
pub struct Left {
    /// For the manifest.
    pub about: Map<String, Value>,
    /// Files whose bytes are not where they should be.
    pub missing: u64,
}

pub(super) fn name_of(kind: Kind) -> String {
    format!("{}.ndjson", kind.key())
}

/// Where the bytes of a file lie in the export.
pub(super) fn place_of(id: MediaId) -> String {
    let name = id.to_string();
    let shard: String = name.chars().take(2).collect();
    format!("files/{shard}/{name}")
}

/// Writes an organization that nobody works with, whatever its size. The same organization and passphrase give the same bytes.
pub async fn leave(
    store: &dyn Store,
    blobs: &dyn BlobStore,
    tenant: TenantId,
    passphrase: &str,
    draft: &mut Draft,
) -> Result<Left, RelocationError> {
    let household = store.household(tenant).await?.ok_or(RelocationError::Unknown)?;
    let sealed = Sealed::of(tenant, passphrase)?;
    let mut about = Map::from_iter([
        ("organization".to_owned(), Value::from(tenant.to_string())),
        ("name".to_owned(), Value::from(household.organization.name.clone())),
    ]);
    let mut entry = draft.create(ORGANIZATION)?;
    for part in parts(store, household, &sealed).await? {
        let line = serde_json::to_vec(&part).map_err(|error| written(&entry, error.into()))?;
        write_line(&mut entry, &line)?;
    }
    draft.add(entry)?;
    let mut missing = 0;
    for kind in Kind::ALL {
        let mut entry = draft.create(&name_of(*kind))?;
        let (mut after, mut count) = (None, 0_u64);
        loop {
            let page = store.belongings(tenant, *kind, PageRequest { after, limit: PAGE }).await?;
            for belonging in page.items {
                if let Belonging::File { row, .. } = &belonging
                    && row.media.state == MediaState::Ready
                    && !copy_file(blobs, tenant, row.media.id, draft).await?
                {
                    missing += 1;
                }
                let line = line::write(belonging).map_err(|error| written(&entry, error.into()))?;
                write_line(&mut entry, &line)?;
                count += 1;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        draft.add(entry)?;
        about.insert(kind.key().to_owned(), Value::from(count));
    }
    Ok(Left { about, missing })
}

/// Everything small.
async fn parts(store: &dyn Store, household: Household, sealed: &Sealed) -> Result<Vec<Part>, RelocationError> {
    let Household { organization, settings, members, roles, teams, invitations, api_keys, segments, imports, revision } =
        household;
    let tenant = organization.id;
    let chain = store.audit_ends(tenant).await?;
    let mut parts = vec![Part::Organization(OrganizationLine {
        id: tenant,
        name: organization.name,
        settings,
        revision,
        events: store.range(tenant).await?.head,
        audit_anchor: chain.anchor.into(),
        audit_head: chain.head.into(),
    })];
    let people: BTreeSet<AccountId> = members.values().filter_map(|member| member.account).collect();
    parts.extend(roles.into_values().map(Part::Role));
    parts.extend(teams.into_values().map(Part::Team));
    parts.extend(members.into_values().map(Part::Member));
    parts.extend(segments.into_values().map(Part::Segment));
    parts.extend(imports.into_values().map(Part::Import));
    for invitation in invitations.values() {
        parts.push(Part::Invitation(sealed.hide(INVITATION, invitation)?));
    }
    for key in api_keys.into_values() {
        let last_used_at = key.last_used_at;
        parts.push(Part::ApiKey(sealed.hide(API_KEY, &ApiKeyLine { key, last_used_at })?));
    }
    for person in people {
        let account = store.account(person).await?.ok_or(RelocationError::Strange("a member without an account"))?;
        parts.push(Part::Account(sealed.hide(ACCOUNT, &account)?));
    }
    let mut numbers = store.numbers(tenant).await?;
    numbers.sort_by(|one, other| one.phone_number_id.cmp(&other.phone_number_id));
    for number in numbers {
        parts.push(Part::Number(sealed.hide(NUMBER, &NumberLine::from(number))?));
    }
    if let Some(app) = store.meta_app(tenant).await? {
        parts.push(Part::App(sealed.hide(APP, &app)?));
    }
    Ok(parts)
}

/// `false`: there are no such bytes.
async fn copy_file(
    blobs: &dyn BlobStore,
    tenant: TenantId,
    id: MediaId,
    draft: &mut Draft,
) -> Result<bool, RelocationError> {
    let Some(mut piece) = blobs.read_range(tenant, id, 0, PIECE).await? else { return Ok(false) };
    let mut entry = draft.create(&place_of(id))?;
    loop {
        entry.write_all(&piece).map_err(|error| written(&entry, error))?;
        if (piece.len() as u64) < PIECE {
            break;
        }
        let rest = blobs.read_range(tenant, id, entry.bytes(), PIECE).await?;
        piece = rest.unwrap_or_else(Bytes::new);
    }
    draft.add(entry)?;
    Ok(true)
}

fn write_line(entry: &mut Entry, line: &[u8]) -> Result<(), RelocationError> {
    entry.write_all(line).and_then(|()| entry.write_all(b"\n")).map_err(|error| written(entry, error))
}

fn written(entry: &Entry, error: io::Error) -> RelocationError {
    RelocationError::Io { path: entry.path().to_owned(), error }
}
