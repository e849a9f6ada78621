//! `jetto export` and `jetto import`: an organization moves to another installation, whatever store that has. The format is
//! told in `deploy/export-format.md`.

mod arrive;
mod leave;
mod line;
mod sealed;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use engine::audit::{Action, AuditActor, AuditEntry, Broken};
use engine::directory::Organization;
use engine::id::TenantId;
use engine::ports::{BlobStore, ListError, Store, StoreError, Welcome};
use engine::time::Clock as _;
use serde_json::{Map, Value};
use storage::bundle::{Bundle, BundleError, Draft, Format};
use storage::crypto::PassphraseError;

pub use arrive::arrive;
pub use leave::leave;

use crate::app::StartError;
use crate::audit_check;
use crate::config::Config;
use crate::keys::read_passphrase;
use crate::shell::SystemClock;
use crate::store::Opened;

/// What an installation's export has of each organization beside its folder.
const SEAL: &str = "manifest.json.sha256";

#[derive(Args)]
#[group(required = true, multiple = false)]
pub struct What {
    /// Name or id.
    #[arg(long)]
    organization: Option<String>,
    /// Every organization.
    #[arg(long)]
    installation: bool,
}

/// One line each, for the person at the command line.
#[derive(Debug, thiserror::Error)]
pub enum RelocationError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    List(#[from] ListError),
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("line {number} of {} cannot be read: {error}; use an export of this version of jetto", .path.display())]
    Line { path: PathBuf, number: u64, error: String },
    #[error("{0} in the export is not what an organization has; use another copy")]
    Strange(&'static str),
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error("the organization {0} is here already, and an import never writes over one")]
    Exists(String),
    #[error("somebody else's account here has the e-mail of one of its people; change one of the two first")]
    EmailTaken,
    #[error("another organization here has one of its numbers; disconnect the number there first")]
    NumberTaken,
    #[error("there is no such organization")]
    Unknown,
}

/// Why an arrival is not welcome; `None`: it is.
fn refusal(welcome: Welcome, name: &str) -> Option<RelocationError> {
    match welcome {
        Welcome::Welcome => None,
        Welcome::Exists => Some(RelocationError::Exists(name.to_owned())),
        Welcome::EmailTaken => Some(RelocationError::EmailTaken),
        Welcome::NumberTaken => Some(RelocationError::NumberTaken),
    }
}

pub async fn export(config: &Config, what: &What, to: &Path, passphrase_file: &Path) -> Result<(), StartError> {
    let passphrase = read_passphrase(passphrase_file)?;
    let opened = Opened::by(config).await?;
    let (store, blobs) = (opened.store(), opened.blobs(config).await?);
    let store = store.as_ref();
    let exported = if let Some(name) = &what.organization {
        let tenant = crate::admin::find(store, name).await?;
        one_folder(store, blobs.as_ref(), tenant, &passphrase, to).await
    } else {
        all_folders(store, blobs.as_ref(), &passphrase, to).await
    };
    let closed = opened.close().await;
    let missing = exported.map_err(|error| StartError(format!("Nothing was exported: {error}.")))?;
    closed?;
    if missing > 0 {
        say(&format!("{missing} files are not in it: their bytes are missing here too"))?;
    }
    say(&format!(
        "{} is written; do not start this server again once another one has taken it in, or both send what is queued",
        to.display()
    ))
}

/// Answers how many files lack their bytes.
async fn one_folder(
    store: &dyn Store,
    blobs: &dyn BlobStore,
    tenant: TenantId,
    passphrase: &str,
    to: &Path,
) -> Result<u64, RelocationError> {
    let mut draft = Draft::begin(to)?;
    let left = leave(store, blobs, tenant, passphrase, &mut draft).await?;
    let entry = AuditEntry::new(SystemClock.now(), AuditActor::System, Action::OrganizationExported);
    // Not in the export: it is of the organization before.
    store.record(tenant, vec![entry]).await?;
    draft.finish(Format::Organization, left.about)?;
    Ok(left.missing)
}

async fn all_folders(
    store: &dyn Store,
    blobs: &dyn BlobStore,
    passphrase: &str,
    to: &Path,
) -> Result<u64, RelocationError> {
    let mut draft = Draft::begin(to)?;
    let mut missing = 0;
    let organizations = store.organizations().await?;
    for Organization { id, name: _ } in &organizations {
        missing += one_folder(store, blobs, *id, passphrase, &draft.dir().join(id.to_string())).await?;
        draft.add_written(&format!("{id}/{SEAL}"))?;
    }
    let about = [("organizations".to_owned(), Value::from(organizations.len()))];
    draft.finish(Format::Installation, Map::from_iter(about))?;
    Ok(missing)
}

pub async fn import(config: &Config, from: &Path, passphrase_file: &Path) -> Result<(), StartError> {
    let passphrase = read_passphrase(passphrase_file)?;
    let opened = Opened::by(config).await?;
    let (store, blobs) = (opened.store(), opened.blobs(config).await?);
    let imported = import_all(store.as_ref(), blobs.as_ref(), from, &passphrase).await;
    let verified = audit_check::verify(&opened, None).await;
    opened.close().await?;
    imported?;
    let (lines, holds) = verified?;
    for line in &lines {
        say(line)?;
    }
    if holds { Ok(()) } else { Err(StartError("The audit log does not hold; see above.".to_owned())) }
}

async fn import_all(store: &dyn Store, blobs: &dyn BlobStore, from: &Path, passphrase: &str) -> Result<(), StartError> {
    let nothing = |error: RelocationError| StartError(format!("Nothing was imported: {error}."));
    let whole = match Bundle::open(from, Format::Organization) {
        Ok(bundle) => {
            let organization = one_arrival(store, blobs, &bundle, passphrase).await.map_err(nothing)?;
            return say(&format!("{} is imported", organization.name));
        }
        Err(BundleError::OfAnotherKind { found: Format::Installation, .. }) => Bundle::open(from, Format::Installation),
        Err(error) => Err(error),
    };
    let whole = whole.map_err(|error| nothing(error.into()))?;
    whole.check().map_err(|error| nothing(error.into()))?;
    for listed in whole.files().map_err(|error| nothing(error.into()))? {
        let name = listed.map_err(|error| nothing(error.into()))?.name;
        let folder = from.join(name.strip_suffix(SEAL).unwrap_or(&name));
        let bundle = Bundle::open(&folder, Format::Organization).map_err(|error| nothing(error.into()))?;
        match one_arrival(store, blobs, &bundle, passphrase).await {
            Ok(organization) => say(&format!("{} is imported", organization.name))?,
            // A run before this one was cut short.
            Err(RelocationError::Exists(name)) => say(&format!("{name} is here already and stays as it is"))?,
            Err(error) => {
                let folder = folder.display();
                let line = format!("{folder} was not imported: {error}. Others may be here already; run it again.");
                return Err(StartError(line));
            }
        }
    }
    Ok(())
}

async fn one_arrival(
    store: &dyn Store,
    blobs: &dyn BlobStore,
    bundle: &Bundle,
    passphrase: &str,
) -> Result<Organization, RelocationError> {
    let entry = AuditEntry::new(SystemClock.now(), AuditActor::System, Action::OrganizationImported);
    arrive(store, blobs, bundle, passphrase, vec![entry]).await
}

fn say(line: &str) -> Result<(), StartError> {
    writeln!(io::stdout(), "{line}").map_err(|error| StartError(error.to_string()))
}
