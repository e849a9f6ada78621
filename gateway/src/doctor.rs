//! `jetto doctor`: checks what can be checked without changing anything, and says what to do about each finding.

use std::io::Write as _;
use std::process::ExitCode;

use engine::directory::Number;
use engine::id::PhoneNumberId;
use engine::ports::{Administration as _, Directory as _, FetchError, InboxLog as _};
use storage::sqlite::SqliteStore;

use crate::app::{StartError, open_blobs, open_store};
use crate::config::Config;
use crate::meta::graph::{GraphClient, GraphConfig};

/// Less than this is trouble soon.
const FREE_BYTES_MIN: u64 = 1 << 30;
/// Numbers that are named where many could be meant.
const NUMBERS_SHOWN: usize = 5;
/// What a token must allow.
const SCOPES: [&str; 2] = ["whatsapp_business_messaging", "whatsapp_business_management"];

enum Finding {
    Fine(String),
    /// Good to know, and why nothing has to be done.
    Noted(String, String),
    /// What is wrong, and what to do.
    Broken(String, String),
}

/// Exit code 1 when something is broken.
pub async fn run(config: &Config) -> Result<ExitCode, StartError> {
    let mut findings = vec![settings(config)];
    match open_store(config) {
        Ok(store) => {
            findings.extend(check_store(&store, config).await?);
            store.close().await.map_err(|error| StartError(error.to_string()))?;
        }
        Err(error) => {
            let action = "Stop the other jetto, or do what the line above says, then run this again.".to_owned();
            findings.push(Finding::Broken(error.to_string(), action));
        }
    }
    let mut broken = false;
    let mut out = std::io::stdout();
    for finding in findings {
        let line = match finding {
            Finding::Fine(text) => format!("fine    {text}"),
            Finding::Noted(text, reason) => format!("note    {text}\n        {reason}"),
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
    findings.extend(unclaimed(&store.unclaimed().await.map_err(failed)?));
    let organizations = store.organizations().await.map_err(failed)?;
    if organizations.is_empty() {
        let action = "Make one with `jetto admin create-organization`.".to_owned();
        findings.push(Finding::Broken("there is no organization".to_owned(), action));
    }
    let blobs = open_blobs(config, store)?;
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

/// What came for nobody: for numbers that can still be connected, or naming none.
fn unclaimed(items: &[(Option<PhoneNumberId>, u64)]) -> Vec<Finding> {
    let count =
        |named: bool| items.iter().filter(|(number, _)| number.is_some() == named).map(|(_, count)| count).sum();
    let (waiting, nameless): (u64, u64) = (count(true), count(false));
    let mut findings = Vec::new();
    if waiting > 0 {
        let numbers: Vec<&str> =
            items.iter().filter_map(|(number, _)| number.as_ref()).map(PhoneNumberId::as_str).collect();
        let shown =
            numbers.get(..NUMBERS_SHOWN).map_or_else(|| numbers.join(", "), |some| format!("{}, …", some.join(", ")));
        findings.push(Finding::Broken(
            format!("{waiting} webhook items wait for a number that nobody has connected: {shown}"),
            "Connect it with `jetto admin connect-number`; they are processed then.".to_owned(),
        ));
    }
    if nameless > 0 {
        findings.push(Finding::Noted(
            format!(
                "{nameless} signed webhook items name no number: they could not be read, or are about another account"
            ),
            "They are kept and nothing waits for them. If they grow in number, look at who else has the app secret."
                .to_owned(),
        ));
    }
    findings
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

async fn check_number(graph: &GraphClient, number: &Number) -> Vec<Finding> {
    let name = &number.display;
    let mut findings = Vec::new();
    findings.push(match graph.token_facts(number).await {
        Ok(token) if !token.is_valid => Finding::Broken(
            format!("{name}: the token is not valid any more; nothing can be sent"),
            "Make a new system user token in Meta's Business settings and connect the number again.".to_owned(),
        ),
        Ok(token) => match SCOPES.iter().find(|scope| !token.scopes.iter().any(|has| has == *scope)) {
            Some(missing) => Finding::Broken(
                format!("{name}: the token lacks {missing}"),
                "Give the system user this permission and make a new token.".to_owned(),
            ),
            None => Finding::Fine(format!("{name}: token")),
        },
        Err(error) => unreachable_finding(name, &error),
    });
    findings.push(match graph.number_facts(number).await {
        Ok(facts) if facts.status.as_deref().is_some_and(|status| status != "CONNECTED") => Finding::Broken(
            format!("{name}: WhatsApp says {}", facts.status.unwrap_or_default()),
            "Register the number in WhatsApp Manager.".to_owned(),
        ),
        Ok(facts) => Finding::Fine(format!(
            "{name}: quality {}, throughput {}",
            facts.quality.unwrap_or_else(|| "unknown".to_owned()),
            facts.throughput.unwrap_or_else(|| "unknown".to_owned())
        )),
        Err(error) => unreachable_finding(name, &error),
    });
    findings.push(match graph.subscribed_apps(number).await {
        Ok(apps) if apps.is_empty() => Finding::Broken(
            format!("{name}: no app is subscribed to the account; no message can come in"),
            format!("POST /{}/subscribed_apps with this number's token.", number.waba_id),
        ),
        Ok(_) => Finding::Fine(format!("{name}: webhook subscription")),
        Err(error) => unreachable_finding(name, &error),
    });
    findings
}

fn unreachable_finding(name: &str, error: &FetchError) -> Finding {
    Finding::Broken(format!("{name}: {error}"), "Check meta.graph_url and the network, then run this again.".to_owned())
}
