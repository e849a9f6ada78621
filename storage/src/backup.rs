//! Backup and restore of a data directory with the embedded store: `jetto.db` as it was at one moment, and the files of
//! messages as they are sealed. The keyring is left out on purpose: with its own backups, which live shorter, an
//! organization whose keys are destroyed is gone from every backup of the data (ADR 0011, ADR 0015).

mod restore;
mod take;

use std::path::{Path, PathBuf};

use crate::bundle::BundleError;
use crate::sqlite::OpenError;
use crate::sqlite::snapshot::SnapshotError;

pub use restore::Restore;
pub use take::take;

const DATABASE: &str = "jetto.db";
const BLOBS: &str = "blobs";

/// One line each, for the person at the command line.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("there is no jetto.db in {}; name the data directory in JETTO_DATA_DIR", .0.display())]
    NoData(PathBuf),
    #[error(
        "only {free} MiB are free in {}; a backup that goes on could make the server refuse webhooks, so make room first",
        .dir.display()
    )]
    NoRoom { dir: PathBuf, free: u64 },
    #[error("{} has data already; restore into an empty data directory", .0.display())]
    NotEmpty(PathBuf),
    #[error("{} in the backup is something that no backup has; use another one", .0)]
    Strange(String),
    #[error("the database in {} cannot be used: {error}", .dir.display())]
    Database { dir: PathBuf, error: String },
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error(transparent)]
    Directory(#[from] OpenError),
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: std::io::Error },
}

fn database(dir: &Path) -> impl FnOnce(SnapshotError) -> BackupError {
    let dir = dir.to_owned();
    move |error| BackupError::Database { dir, error: error.to_string() }
}

fn at(path: &Path) -> impl FnOnce(std::io::Error) -> BackupError {
    let path = path.to_owned();
    move |error| BackupError::Io { path, error }
}
