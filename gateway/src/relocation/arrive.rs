use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use engine::audit::{AuditEntry, follow};
use engine::content::MediaState;
use engine::directory::Organization;
use engine::household::Household;
use engine::id::TenantId;
use engine::ports::{Arrival, Belonging, BlobStore, ChainEnds, Kind, Store};
use storage::bundle::Bundle;

use super::leave::{ORGANIZATION, name_of, place_of};
use super::line::{self, ApiKeyLine, NumberLine, Part};
use super::sealed::{ACCOUNT, API_KEY, APP, INVITATION, NUMBER, Sealed};
use super::{RelocationError, refusal};

/// Rows that are in memory at a time.
const BATCH: usize = 100;
/// A longer line was not written by us: a webhook has 3 MiB at most.
const LINE_MAX: u64 = 16 * 1024 * 1024;

/// Takes in an export whose every byte is as it was written, or nothing of it. Cut short, it begins anew at the next run.
pub async fn arrive(
    store: &dyn Store,
    blobs: &dyn BlobStore,
    bundle: &Bundle,
    passphrase: &str,
    audit: Vec<AuditEntry>,
) -> Result<Organization, RelocationError> {
    bundle.check()?;
    let arrival = small(bundle.dir(), passphrase)?;
    let organization = arrival.household.organization.clone();
    check_chain(bundle.dir(), &arrival.chain)?;
    if let Some(refusal) = refusal(store.begin_arrival(&arrival).await?, &organization.name) {
        return Err(refusal);
    }
    for kind in Kind::ALL {
        let mut batch = Vec::with_capacity(BATCH);
        for line in lines(&bundle.dir().join(name_of(*kind)))? {
            let line = line?;
            let belonging = line::read(*kind, &line.text).map_err(|error| line.unreadable(&error))?;
            if let Belonging::File { row, .. } = &belonging
                && row.media.state == MediaState::Ready
            {
                put_file(blobs, organization.id, row.media.id, bundle.dir()).await?;
            }
            batch.push(belonging);
            if batch.len() == BATCH {
                store.bring_in(organization.id, std::mem::take(&mut batch)).await?;
            }
        }
        store.bring_in(organization.id, batch).await?;
    }
    match refusal(store.settle_in(arrival, audit).await?, &organization.name) {
        Some(refusal) => Err(refusal),
        None => Ok(organization),
    }
}

/// The lines of `organization.ndjson`, put together.
fn small(dir: &Path, passphrase: &str) -> Result<Arrival, RelocationError> {
    let mut parts = Vec::new();
    for line in lines(&dir.join(ORGANIZATION))? {
        let line = line?;
        parts.push(serde_json::from_str::<Part>(&line.text).map_err(|error| line.unreadable(&error))?);
    }
    let mut parts = parts.into_iter();
    let Some(Part::Organization(first)) = parts.next() else {
        return Err(RelocationError::Strange("an organization without its first line"));
    };
    let (chain, events) = (first.chain(), first.events);
    let sealed = Sealed::of(first.id, passphrase)?;
    let mut household = Household::new(Organization { id: first.id, name: first.name });
    household.settings = first.settings;
    household.revision = first.revision;
    let mut arrival = Arrival { household, accounts: Vec::new(), numbers: Vec::new(), app: None, chain, events };
    for part in parts {
        add(&mut arrival, part, &sealed)?;
    }
    Ok(arrival)
}

fn add(arrival: &mut Arrival, part: Part, sealed: &Sealed) -> Result<(), RelocationError> {
    let household = &mut arrival.household;
    match part {
        Part::Organization(_) => return Err(RelocationError::Strange("a second organization")),
        Part::Role(role) => drop(household.roles.insert(role.id, role)),
        Part::Team(team) => drop(household.teams.insert(team.id, team)),
        Part::Segment(segment) => drop(household.segments.insert(segment.id, segment)),
        Part::Import(import) => drop(household.imports.insert(import.id, import)),
        Part::Member(member) => drop(household.members.insert(member.id, member)),
        Part::Invitation(value) => {
            let invitation: engine::directory::Invitation = sealed.reveal(INVITATION, value)?;
            household.invitations.insert(invitation.id, invitation);
        }
        Part::ApiKey(value) => {
            let ApiKeyLine { mut key, last_used_at } = sealed.reveal(API_KEY, value)?;
            key.last_used_at = last_used_at;
            household.api_keys.insert(key.id, key);
        }
        Part::Account(value) => arrival.accounts.push(sealed.reveal(ACCOUNT, value)?),
        Part::Number(value) => arrival.numbers.push(sealed.reveal::<NumberLine>(NUMBER, value)?.into()),
        Part::App(value) => arrival.app = Some(sealed.reveal(APP, value)?),
    }
    Ok(())
}

/// Whether the audit log is a chain from its anchor to its head, before anything of it is taken in.
fn check_chain(dir: &Path, ends: &ChainEnds) -> Result<(), RelocationError> {
    let mut at = ends.anchor;
    for line in lines(&dir.join(name_of(Kind::Audit)))? {
        let line = line?;
        let read = line::read(Kind::Audit, &line.text).map_err(|error| line.unreadable(&error))?;
        let Belonging::Audit(record) = read else { return Err(RelocationError::Strange("an audit log of others")) };
        at = follow(at, std::slice::from_ref(&record))?;
    }
    if at == ends.head { Ok(()) } else { Err(RelocationError::Strange("an audit log that ends elsewhere")) }
}

/// Bytes that were missing where the export was made are missing here too.
async fn put_file(
    blobs: &dyn BlobStore,
    tenant: TenantId,
    id: engine::id::MediaId,
    dir: &Path,
) -> Result<(), RelocationError> {
    let path = dir.join(place_of(id));
    match std::fs::read(&path) {
        Ok(bytes) => Ok(blobs.put(tenant, id, bytes.into()).await?),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(RelocationError::Io { path, error }),
    }
}

struct Line {
    path: PathBuf,
    number: u64,
    text: String,
}

impl Line {
    fn unreadable(&self, error: &serde_json::Error) -> RelocationError {
        let Self { path, number, text: _ } = self;
        // Where, and of what kind; never the line itself, which is of people.
        let error = format!("{:?} at column {}", error.classify(), error.column());
        RelocationError::Line { path: path.clone(), number: *number, error }
    }
}

fn lines(path: &Path) -> Result<impl Iterator<Item = Result<Line, RelocationError>>, RelocationError> {
    let path = path.to_owned();
    let failed = |path: &Path, error| RelocationError::Io { path: path.to_owned(), error };
    let mut file = BufReader::new(File::open(&path).map_err(|error| failed(&path, error))?);
    let mut number = 0;
    Ok(std::iter::from_fn(move || {
        let mut text = String::new();
        number += 1;
        match (&mut file).take(LINE_MAX).read_line(&mut text) {
            Ok(0) => None,
            Ok(_) => Some(Ok(Line { path: path.clone(), number, text })),
            Err(error) => Some(Err(failed(&path, error))),
        }
    }))
}
