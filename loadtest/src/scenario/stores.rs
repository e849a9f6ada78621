//! The same load on the real binary, with SQLite and with a server of CQL, one after the other in one run: what is taken in and
//! processed, how long an agent waits for the newest messages of a long conversation, and what a message costs both.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use loadtest::simulator::{Simulator, SimulatorConfig};
use tokio::process::Child;

use super::ingest::{Taken, prepare, take_in};
use super::limit::line;
use super::pages::{measure, newest_of_top};
use crate::api::Api;
use crate::cli::{Load, Stores};
use crate::connection::Target;
use crate::error::LoadError;
use crate::jetto::{Installation, PASSWORD, SECRET, Tenant, drain};
use crate::process::cpu_time;
use crate::report::{Report, progress, rounded};
use crate::services::{self, STORES, Services};

/// Each store gets the same organization, with the same long conversation: the second takes in what the first has.
pub(crate) async fn run(options: Stores) -> Result<bool, LoadError> {
    let work = tempfile::Builder::new().prefix("jetto-stores-").tempdir()?;
    let run = work.path().join("services");
    // Whatever ends this, what was started is stopped.
    let outcome = tokio::select! {
        outcome = compare(&options, work.path(), &run) => outcome,
        interrupted = tokio::signal::ctrl_c() => Err(interrupted.map_or_else(Into::into, |()| LoadError::refused("interrupted"))),
    };
    let stopped = services::stop(&options.services, &run).await;
    let is_kept = outcome?;
    stopped?;
    Ok(is_kept)
}

async fn compare(options: &Stores, work: &Path, run: &Path) -> Result<bool, LoadError> {
    let tenant = Tenant::new(1);
    let simulator = Simulator::start(SimulatorConfig::default())?;
    let mut report = Report::new("stores");
    report.add("connections", options.load.connections);
    report.add("messages", options.load.messages);
    report.add("customers", options.load.customers);
    report.add("history_messages", options.history);
    let (bundle, passphrase) = (work.join("organization"), work.join("passphrase"));
    std::fs::write(&passphrase, PASSWORD)?;
    let moved = [("--to", bundle.as_path()), ("--passphrase-file", passphrase.as_path())];

    let sqlite = installation(options, &work.join("sqlite"), &simulator)?;
    sqlite.set_up(&tenant).await?;
    fill(&sqlite, &tenant, options).await?;
    sqlite.relocate(&["export", "--organization", &tenant.name], &moved).await?;
    let kept = on("sqlite", &sqlite, &tenant, None, options, &mut report).await?;

    progress(&format!("cql: starting servers in {}", run.display()));
    let services = Services::start(&options.services, run, 1).await?;
    let mut cql = installation(options, &work.join("cql"), &simulator)?;
    cql.set([
        ("JETTO_STORAGE", "cql".to_owned()),
        ("JETTO_CQL__NODES", services.stores.iter().map(ToString::to_string).collect()),
        ("JETTO_CQL__KEYSPACE", "jetto_load".to_owned()),
        ("JETTO_CQL__REPLICAS", "1".to_owned()),
    ]);
    progress("cql: the organization moves in");
    let moved = [("--from", bundle.as_path()), ("--passphrase-file", passphrase.as_path())];
    cql.relocate(&["import"], &moved).await?;
    let server = STORES.first().map(|name| services.pid(name)).transpose()?;
    let kept = on("cql", &cql, &tenant, server, options, &mut report).await? && kept;
    simulator.stop().await;
    report.print()?;
    Ok(kept)
}

fn installation(options: &Stores, work: &Path, simulator: &Simulator) -> Result<Installation, LoadError> {
    std::fs::create_dir_all(work)?;
    let mut jetto = Installation::new(&options.binary, work, simulator.url(), None)?;
    jetto.set([("JETTO_LOG", "warn".to_owned())]);
    Ok(jetto)
}

/// One customer who has written very often.
async fn fill(jetto: &Installation, tenant: &Tenant, options: &Stores) -> Result<(), LoadError> {
    let mut server = jetto.start().await?;
    let load = Load { messages: options.history, customers: 1, rate: 0, ..options.load.clone() };
    let (_, taken) = ingest(jetto, tenant, &load, options.settle).await?;
    if taken.processed_in.is_none() || taken.posted.accepted.len() < options.history {
        return Err(LoadError::refused(
            "the long conversation was not filled in time; give more with --settle, --duration",
        ));
    }
    stop(&mut server).await
}

/// Whether nothing was lost or doubled. `store`: the process that keeps everything, where that is another one.
async fn on(
    name: &str,
    jetto: &Installation,
    tenant: &Tenant,
    store: Option<u32>,
    options: &Stores,
    report: &mut Report,
) -> Result<bool, LoadError> {
    let mut server = jetto.start().await?;
    progress(&format!("{name}: the newest of {} messages, {} times", options.history, options.requests));
    let api = Api::sign_in(&jetto.url, &tenant.email, PASSWORD).await?;
    let newest = newest_of_top(&api).await?;
    report.latencies(&format!("{name}_newest_"), &measure(&api, &newest, options.requests).await?);
    let processes = [("jetto", server.id()), ("server", store)];
    let before = processes.map(|(_, pid)| pid.and_then(cpu_time));
    let (elapsed, taken) = ingest(jetto, tenant, &options.load, options.settle).await?;
    let after = processes.map(|(_, pid)| pid.and_then(cpu_time));
    let accepted = u64::try_from(taken.posted.accepted.len()).unwrap_or(u64::MAX);
    report.add(&format!("{name}_refused_first"), taken.posted.refused);
    report.rate(&format!("{name}_accepted_per_s"), accepted, taken.posted.elapsed);
    report.latencies(&format!("{name}_ack_"), &taken.posted.latencies);
    report.rate(&format!("{name}_processed_per_s"), accepted, taken.processed_in.unwrap_or(elapsed));
    for ((process, _), (before, after)) in processes.iter().zip(before.into_iter().zip(after)) {
        if let (Some(before), Some(after)) = (before, after) {
            let each = after.saturating_sub(before).as_secs_f64() * 1e6;
            let each = each / f64::from(u32::try_from(accepted).unwrap_or(u32::MAX)).max(1.0);
            report.add(&format!("{name}_{process}_cpu_us_per_message"), rounded(each, 0));
        }
    }
    report.add(&format!("{name}_all_processed"), taken.processed_in.is_some());
    report.add(&format!("{name}_lost"), taken.lost);
    report.add(&format!("{name}_doubled"), taken.doubled);
    stop(&mut server).await?;
    Ok(taken.processed_in.is_some() && taken.lost == 0 && taken.doubled == 0)
}

/// What came of it, and how long it was waited for.
async fn ingest(
    jetto: &Installation,
    tenant: &Tenant,
    load: &Load,
    settle: u64,
) -> Result<(Duration, Taken), LoadError> {
    let target = Target::parse(&jetto.url).await?;
    let api = Api::sign_in(&jetto.url, &tenant.email, PASSWORD).await?;
    let made = Arc::new(prepare(load, &line(), &target, SECRET));
    let settle = Duration::from_secs(settle);
    let taken = take_in(&api, &made, &target, load, settle).await?;
    Ok((settle, taken))
}

async fn stop(server: &mut Child) -> Result<(), LoadError> {
    if drain(server).await? { Ok(()) } else { Err(LoadError::refused("jetto serve did not end by itself")) }
}
