//! `jetto doctor`: checks what can be checked without changing anything, and says what to do about each finding.

use std::io::Write as _;
use std::process::ExitCode;

use engine::directory::{CheckState, Number};
use engine::ports::{Administration as _, Directory as _, InboxLog as _};
use engine::time::Clock as _;
use storage::sqlite::SqliteStore;

use crate::app::{StartError, open_blobs, open_store};
use crate::checks::{self, Check};
use crate::config::Config;
use crate::meta::graph::{GraphClient, GraphConfig};
use crate::shell::SystemClock;

/// Less than this is trouble soon.
const FREE_BYTES_MIN: u64 = 1 << 30;

enum Finding {
    Fine(String),
    /// Nothing fails, and what to do.
    ToDo(String, String),
    /// What is wrong, and what to do.
    Broken(String, String),
}

/// Exit code 1 when something is broken.
pub async fn run(config: &Config) -> Result<ExitCode, StartError> {
    let mut findings = vec![settings(config)];
    match open_store(&config.data_dir) {
        Ok(store) => {
            findings.extend(check_store(&store, config).await?);
            store.close().await.map_err(|error| StartError(error.to_string()))?;
        }
        Err(error) => {
            findings.push(Finding::Broken(error.to_string(), "Stop the other jetto, then run this again.".to_owned()));
        }
    }
    let mut broken = false;
    let mut out = std::io::stdout();
    for finding in findings {
        let line = match finding {
            Finding::Fine(text) => format!("fine    {text}"),
            Finding::ToDo(text, action) => format!("to do   {text}\n        {action}"),
            Finding::Broken(text, action) => {
                broken = true;
                format!("broken  {text}\n        {action}")
            }
        };
        writeln!(out, "{line}").map_err(|error| StartError(error.to_string()))?;
    }
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn settings(config: &Config) -> Finding {
    match config.check_for_serving() {
        Ok(()) => Finding::Fine("settings".to_owned()),
        Err(error) => Finding::Broken(error.0, "Change the settings file or the environment.".to_owned()),
    }
}

async fn check_store(store: &SqliteStore, config: &Config) -> Result<Vec<Finding>, StartError> {
    let failed = |error: engine::ports::StoreError| StartError(error.to_string());
    let mut findings = vec![disk(store)];
    let waiting: u64 = store.unclaimed().await.map_err(failed)?.iter().map(|(_, count)| count).sum();
    if waiting > 0 {
        let text = format!("{waiting} webhook items wait for a number that nobody has connected");
        findings.push(Finding::Broken(
            text,
            "Connect it with `jetto admin connect-number`; they are processed then.".to_owned(),
        ));
    }
    let organizations = store.organizations().await.map_err(failed)?;
    if organizations.is_empty() {
        let action = "Make one with `jetto admin create-organization`.".to_owned();
        findings.push(Finding::Broken("there is no organization".to_owned(), action));
    }
    let blobs = open_blobs(&config.data_dir)?;
    let graph = GraphConfig {
        base_url: config.meta.graph_url.clone(),
        version: config.meta.graph_version.clone(),
        ..GraphConfig::default()
    };
    let graph = GraphClient::new(graph, blobs).map_err(|error| StartError(error.to_string()))?;
    for organization in organizations {
        for number in store.numbers(organization.id).await.map_err(failed)? {
            findings.extend(check_number(&graph, &number).await);
        }
    }
    Ok(findings)
}

fn disk(store: &SqliteStore) -> Finding {
    match store.free_bytes() {
        Ok(free) if free >= FREE_BYTES_MIN => Finding::Fine(format!("disk: {} GB free", free >> 30)),
        Ok(free) => Finding::Broken(
            format!("disk: {} MB free", free >> 20),
            "Make room: intake stops when the disk is full.".to_owned(),
        ),
        Err(error) => Finding::Broken(format!("disk: {error}"), "Check the data directory.".to_owned()),
    }
}

/// The round trip is left out: the server that would answer is stopped, or this command would not have the store.
async fn check_number(graph: &GraphClient, number: &Number) -> Vec<Finding> {
    let finding = |check: Check| {
        let text = format!("{}: {}", number.display, check.title);
        let text = if check.effect.is_empty() { text } else { format!("{text}. {}", check.effect) };
        match check.state {
            CheckState::Fine => Finding::Fine(text),
            CheckState::ToDo => Finding::ToDo(text, check.by_hand),
            CheckState::Broken => Finding::Broken(text, check.by_hand),
        }
    };
    checks::run(graph, number, None, SystemClock.now()).await.checks.into_iter().map(finding).collect()
}
