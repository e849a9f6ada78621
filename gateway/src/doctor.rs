//! `jetto doctor`: checks what can be checked without changing anything, and says what to do about each finding.

use std::io::Write as _;
use std::process::ExitCode;

use engine::day::Day;
use engine::directory::{CheckState, Number};
use engine::id::PhoneNumberId;
use engine::time::{Clock as _, Timestamp};

use crate::app::StartError;
use crate::checks::{self, Check};
use crate::config::Config;
use crate::meta::graph::{GraphClient, GraphConfig};
use crate::prices;
use crate::shell::SystemClock;
use crate::store::Opened;

/// Less than this is trouble soon.
const FREE_BYTES_MIN: u64 = 1 << 30;
/// The longest quarter.
const QUARTER_DAYS: i32 = 92;
/// Numbers that are named where many could be meant.
const NUMBERS_SHOWN: usize = 5;

enum Finding {
    Fine(String),
    /// Good to know, and why nothing has to be done.
    Noted(String, String),
    /// Nothing fails, and what to do.
    ToDo(String, String),
    /// What is wrong, and what to do.
    Broken(String, String),
}

/// Exit code 1 when something is broken.
pub async fn run(config: &Config) -> Result<ExitCode, StartError> {
    let mut findings = vec![settings(config), price_table(config, SystemClock.now())];
    match Opened::by(config).await {
        Ok(opened) => {
            findings.extend(check_store(&opened, config).await?);
            opened.close().await?;
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

/// Prices of Meta's begin with a quarter.
fn price_table(config: &Config, now: Timestamp) -> Finding {
    let prices = match prices::read(config.prices_file.as_deref(), None) {
        Ok(prices) => prices,
        Err(error) => return Finding::Broken(error.0, "Mend the line, or empty the setting.".to_owned()),
    };
    let Some(newest) = prices.newest() else {
        let text = "no price of WhatsApp is known: what broadcasts cost is not told, and no limit of spending holds";
        let reason =
            "They go out all the same. Prices of Meta's rate card come from the file of the setting prices_file.";
        return Finding::Noted(text.to_owned(), reason.to_owned());
    };
    let days = Day::of(now).0.saturating_sub(newest.0);
    let text = format!("{} prices of WhatsApp, the newest of {newest}, {days} days old", prices.len());
    if days > QUARTER_DAYS {
        let reason = "Meta may change prices on the first of January, April, July and October: compare its rate card.";
        return Finding::Noted(text, reason.to_owned());
    }
    Finding::Fine(text)
}

async fn check_store(opened: &Opened, config: &Config) -> Result<Vec<Finding>, StartError> {
    let failed = |error: engine::ports::StoreError| StartError(error.to_string());
    let store = opened.store();
    let mut findings: Vec<_> = opened.footing().free_bytes().map(disk).into_iter().collect();
    if findings.is_empty() {
        findings.push(Finding::Fine(format!("the servers of keyspace {} answer", config.cql.keyspace)));
    }
    findings.extend(unclaimed(&store.unclaimed().await.map_err(failed)?));
    let organizations = store.organizations().await.map_err(failed)?;
    if organizations.is_empty() {
        let action = "Make one with `jetto admin create-organization`.".to_owned();
        findings.push(Finding::Broken("there is no organization".to_owned(), action));
    }
    let blobs = opened.blobs(config).await?;
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

fn disk(free: std::io::Result<u64>) -> Finding {
    match free {
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
