//! `jetto keys`: changes the keys that what is stored is sealed by.

use std::io::Write as _;

use clap::Subcommand;
use engine::ports::StoreError;
use storage::crypto::{Keyring, KeyringError};
use storage::sqlite::SqliteStore;

use crate::app::{StartError, open_blobs, open_store};
use crate::config::Config;

#[derive(Subcommand)]
pub enum Command {
    /// A new root key wraps the same data keys; takes no time, whatever is stored.
    Rotate {
        /// New data keys too: everything that is stored is sealed again. Cut short, it goes on at the next run.
        #[arg(long)]
        data: bool,
    },
}

pub async fn run(config: &Config, command: Command) -> Result<(), StartError> {
    let Command::Rotate { data } = command;
    let store = open_store(config)?;
    let keyring = store.keyring();
    let done = if data { reseal(config, &store, &keyring).await } else { rotate_root(config, &keyring) };
    store.close().await.map_err(|error| failed(&error))?;
    writeln!(std::io::stdout(), "{}", done?).map_err(|error| StartError(error.to_string()))
}

fn rotate_root(config: &Config, keyring: &Keyring) -> Result<String, StartError> {
    keyring.rotate_root().map_err(|error| unchanged(&error))?;
    Ok(match &config.root_key_file {
        Some(file) => format!("the first key in {} is the root key now; take the others out", file.display()),
        None => "there is a new root key; back up the keyring, and destroy the backups of the old one".to_owned(),
    })
}

async fn reseal(config: &Config, store: &SqliteStore, keyring: &Keyring) -> Result<String, StartError> {
    let blobs = open_blobs(config, store)?;
    keyring.begin_data_rotation().map_err(|error| unchanged(&error))?;
    let values = store.reseal().await.map_err(|error| failed(&error))?;
    let sealing = tokio::task::spawn_blocking(move || blobs.reseal()).await;
    let files = sealing.map_err(|error| StartError(error.to_string()))?.map_err(|error| failed(&error))?;
    keyring.end_data_rotation().map_err(|error| unchanged(&error))?;
    Ok(format!("{values} values and {files} files are sealed by new keys; the old keys are gone from the keyring"))
}

fn unchanged(error: &KeyringError) -> StartError {
    StartError(format!("The keys were not changed: {error}."))
}

fn failed(error: &StoreError) -> StartError {
    StartError(format!("Not everything was sealed again: {error}. Run it again; it goes on where it stopped."))
}
