//! Folders that leave the machine: backups and exports. Each lists its files with their hashes, so that one changed byte
//! anywhere shows, and gets its name only when it is whole: half of one is never taken for one (ADR 0015).
//!
//! `SHA256SUMS` is what `sha256sum` writes, `manifest.json` says what the folder is and has the hash of the list, and
//! `manifest.json.sha256` has the hash of that.

mod check;
mod draft;

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub use check::{Bundle, Listed};
pub use draft::{Draft, Entry};

const SUMS: &str = "SHA256SUMS";
const MANIFEST: &str = "manifest.json";
const SEAL: &str = "manifest.json.sha256";

/// What a folder is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: Format,
    /// Of the format; a higher one than ours is refused.
    pub version: u32,
    /// What the format says besides.
    pub about: Map<String, Value>,
    /// Files in the list.
    pub files: u64,
    /// Of these files together.
    pub bytes: u64,
    /// SHA-256 of the list, in hex.
    pub sums: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    #[serde(rename = "jetto backup")]
    Backup,
    #[serde(rename = "jetto organization")]
    Organization,
    /// A folder of the above for each organization.
    #[serde(rename = "jetto installation")]
    Installation,
}

impl Format {
    /// The version that this program writes, and the newest that it reads.
    pub const fn version(self) -> u32 {
        match self {
            Self::Backup | Self::Organization | Self::Installation => 1,
        }
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Backup => "a backup",
            Self::Organization => "an export of an organization",
            Self::Installation => "an export of an installation",
        })
    }
}

/// One line each, for the person at the command line.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    #[error("there is something at {} already; name a folder that is not there", .0.display())]
    Exists(PathBuf),
    #[error("another jetto is writing to {} at the moment", .0.display())]
    Busy(PathBuf),
    #[error("{} is not complete: {} is missing; it was cut short while it was made, use another one", .dir.display(), .file)]
    Incomplete { dir: PathBuf, file: &'static str },
    #[error("{} is not as it was written; it was changed or damaged, use another copy", .0.display())]
    Changed(PathBuf),
    #[error("{} is not {wanted}, it is {found}", .dir.display())]
    OfAnotherKind { dir: PathBuf, wanted: Format, found: Format },
    #[error("{} was made by a newer jetto; use that version", .0.display())]
    TooNew(PathBuf),
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: io::Error },
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> BundleError {
    let path = path.to_owned();
    move |error| BundleError::Io { path, error }
}
