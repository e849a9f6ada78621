//! `jetto keys`: changes the keys that what is stored is sealed by, and backs them up.

mod nodes;
mod rotation;

use std::fmt::Display;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::Subcommand;
use storage::cql;
use storage::crypto::{Keyring, KeyringError, back_up_keys, put_back_keys};
use zeroize::Zeroizing;

use crate::app::StartError;
use crate::config::{Config, Storage};
use crate::store::{Opened, cql_options};

/// More is no passphrase.
const PASSPHRASE_FILE_MAX: u64 = 4 * 1024;

#[derive(Subcommand)]
pub enum Command {
    /// A new root key wraps the same data keys; takes no time, whatever is stored.
    Rotate {
        /// New data keys too: everything that is stored is sealed again. Cut short, it goes on at the next run.
        #[arg(long)]
        data: bool,
    },
    /// Writes the keyring into one file, sealed by a passphrase, also while the server runs.
    Backup {
        /// A file that is not there yet.
        #[arg(long)]
        to: PathBuf,
        /// Its first line is the passphrase.
        #[arg(long)]
        passphrase_file: PathBuf,
    },
    /// Makes the keyring of a backup, where there is none. With the embedded store, `jetto restore --keys` does it with the data.
    Restore {
        /// What `jetto keys backup` made.
        #[arg(long)]
        from: PathBuf,
        /// Its first line is what the keys were sealed by.
        #[arg(long)]
        passphrase_file: PathBuf,
    },
}

pub async fn run(config: &Config, command: Command) -> Result<(), StartError> {
    let data = match command {
        Command::Rotate { data } => data,
        Command::Backup { to, passphrase_file } => return back_up(config, to, passphrase_file).await,
        Command::Restore { from, passphrase_file } => return put_back(config, from, passphrase_file).await,
    };
    if data {
        return rotation::run(config).await;
    }
    let opened = Opened::by(config).await?;
    let done = rotate_root(config, &opened.keyring()).await;
    opened.close().await?;
    writeln!(std::io::stdout(), "{}", done?).map_err(|error| StartError(error.to_string()))
}

/// Beside a running server: a keyring in a folder changes only by whole files, and by this program only while the server is
/// stopped; one in a keyspace row by row, each of which is good by itself.
async fn back_up(config: &Config, to: PathBuf, passphrase_file: PathBuf) -> Result<(), StartError> {
    let (place, passphrase) = (config.keyring(), read_passphrase(&passphrase_file)?);
    let failed = |error: &dyn Display| StartError(format!("The keys were not backed up: {error}."));
    let with_root = match config.storage {
        Storage::Sqlite => {
            off_thread(move || back_up_keys(&place, &to, &passphrase)).await?.map_err(|error| failed(&error))?
        }
        Storage::Cql => {
            let done = Box::pin(cql::back_up_keys(&cql_options(config), place, to, passphrase)).await;
            done.map_err(|error| failed(&error))?
        }
    };
    let line = if with_root {
        "the keys are backed up; keep them and their passphrase apart from the backups of the data"
    } else {
        "the keys are backed up, wrapped by the root key, which is not among them: keep that one too"
    };
    writeln!(std::io::stdout(), "{line}").map_err(|error| StartError(error.to_string()))
}

async fn put_back(config: &Config, from: PathBuf, passphrase_file: PathBuf) -> Result<(), StartError> {
    let (place, passphrase) = (config.keyring(), read_passphrase(&passphrase_file)?);
    let failed = |error: &dyn Display| StartError(format!("The keys were not restored: {error}."));
    match config.storage {
        Storage::Sqlite => {
            off_thread(move || put_back_keys(&place, &from, &passphrase)).await?.map_err(|error| failed(&error))?;
        }
        Storage::Cql => {
            let done = Box::pin(cql::put_back_keys(&cql_options(config), place, from, passphrase)).await;
            done.map_err(|error| failed(&error))?;
        }
    }
    writeln!(std::io::stdout(), "the keys are in their place").map_err(|error| StartError(error.to_string()))
}

/// The first line of a file of the operator's.
pub(crate) fn read_passphrase(file: &Path) -> Result<Zeroizing<String>, StartError> {
    let unreadable = |error: std::io::Error| StartError(format!("The passphrase in {}: {error}.", file.display()));
    let text = std::fs::File::open(file).and_then(|file| {
        let mut text = Zeroizing::new(String::new());
        file.take(PASSPHRASE_FILE_MAX).read_to_string(&mut text).map(|_| text)
    });
    Ok(Zeroizing::new(text.map_err(unreadable)?.lines().next().unwrap_or_default().trim().to_owned()))
}

/// What waits for the disk, or takes long on purpose.
pub(crate) async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StartError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| StartError(error.to_string()))
}

async fn rotate_root(config: &Config, keyring: &Keyring) -> Result<String, StartError> {
    keyring.rotate_root().await.map_err(|error| unchanged(&error))?;
    Ok(match &config.root_key_file {
        Some(file) => format!("the first key in {} is the root key now; take the others out", file.display()),
        None => "there is a new root key; back up the keyring, and destroy the backups of the old one".to_owned(),
    })
}

fn unchanged(error: &KeyringError) -> StartError {
    StartError(format!("The keys were not changed: {error}."))
}
