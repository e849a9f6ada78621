//! `jetto keys rotate --data`: everybody gets a new data key, everything is sealed again, and the old keys go.

use std::io::Write as _;

use storage::cql::CqlStore;
use storage::sqlite::SqliteStore;

use super::nodes::bury_the_dead;
use super::unchanged;
use crate::app::StartError;
use crate::config::Config;
use crate::store::Opened;

/// Looks at all files until one finds nothing. The second does, unless somebody else writes.
const LOOKS_MAX: usize = 4;

pub(super) async fn run(config: &Config) -> Result<(), StartError> {
    let opened = Opened::to_rotate(config).await?;
    let done = match &opened {
        Opened::Embedded(store) => embedded(config, &opened, store).await,
        Opened::Cluster(store) => Box::pin(cluster(config, &opened, store)).await,
    };
    opened.close().await?;
    writeln!(std::io::stdout(), "{}", done?).map_err(|error| StartError(error.to_string()))
}

async fn embedded(config: &Config, opened: &Opened, store: &SqliteStore) -> Result<String, StartError> {
    let keyring = opened.keyring();
    keyring.begin_data_rotation().map_err(|error| unchanged(&error))?;
    let values = store.reseal().await.map_err(|error| cut_short(&error))?;
    let files = files(config, opened).await?;
    keyring.end_data_rotation().map_err(|error| unchanged(&error))?;
    Ok(said(values, files))
}

async fn cluster(config: &Config, opened: &Opened, store: &CqlStore) -> Result<String, StartError> {
    // Said before anybody is looked for: a node that starts now is refused, one that has started is found.
    store.announce_rotation().await.map_err(|error| unchanged(&error))?;
    let dead = match bury_the_dead(store).await {
        Ok(dead) => dead,
        Err(error) => {
            store.call_off_rotation().await.map_err(|error| cut_short(&error))?;
            return Err(error);
        }
    };
    let arriving = store.begin_rotation().await.map_err(|error| cut_short(&error))?;
    let values = store.reseal().await.map_err(|error| cut_short(&error))?;
    let files = files(config, opened).await?;
    store.end_rotation().await.map_err(|error| cut_short(&error))?;
    let mut lines = vec![said(values, files)];
    if dead > 0 {
        lines.push(format!("{dead} nodes had not said goodbye: make sure that their processes have ended"));
    }
    if arriving > 0 {
        let what =
            "organizations are being brought in and keep their keys: import them again, which gives them new ones";
        lines.push(format!("{arriving} {what}"));
    }
    Ok(lines.join("\n"))
}

/// Until a look at all of them finds nothing else.
async fn files(config: &Config, opened: &Opened) -> Result<u64, StartError> {
    let mut resealed = 0;
    for _ in 0..LOOKS_MAX {
        let found = opened.reseal_files(config).await.map_err(|error| cut_short(&error.0))?;
        if found == 0 {
            return Ok(resealed);
        }
        resealed += found;
    }
    Err(cut_short(&"somebody else writes files"))
}

fn said(values: u64, files: u64) -> String {
    format!(
        "{values} values and {files} files are sealed by new keys; the old keys are gone from the keyring: back it up again"
    )
}

fn cut_short(error: &dyn std::fmt::Display) -> StartError {
    StartError(format!("Not everything was sealed again: {error}. Run it again; it goes on where it stopped."))
}
