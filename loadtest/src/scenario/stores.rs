//! The same load on the real binary, with SQLite and with a server of CQL, one after the other in one run: what is taken in and
//! processed, how long an agent waits for the newest messages of a long conversation, and what a message costs both.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use loadtest::simulator::{Simulator, SimulatorConfig};
use tokio::process::Child;

use super::ingest::{prepare, read_back, take_in};
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
use crate::traffic::Message;

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
    let api = Api::sign_in(&jetto.url, &tenant.email, PASSWORD).await?;
    let (made, target) = prepared(jetto, &load).await?;
    let taken = take_in(&api, &made, &target, &load, Duration::from_secs(options.settle)).await?;
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
    let used = || processes.map(|(_, pid)| pid.and_then(cpu_time));
    let (made, target) = prepared(jetto, &options.load).await?;
    let settle = Duration::from_secs(options.settle);
    let before = used();
    let taken = take_in(&api, &made, &target, &options.load, settle).await?;
    let between = used();
    let found = read_back(&api, &made, &taken.posted).await?;
    let after = used();
    let accepted = u64::try_from(taken.posted.accepted.len()).unwrap_or(u64::MAX);
    report.add(&format!("{name}_refused_first"), taken.posted.refused);
    report.rate(&format!("{name}_accepted_per_s"), accepted, taken.posted.elapsed);
    report.latencies(&format!("{name}_ack_"), &taken.posted.latencies);
    report.rate(&format!("{name}_processed_per_s"), accepted, taken.processed_in.unwrap_or(settle));
    for (process, cost) in costs(processes.map(|(process, _)| process), [before, between, after]) {
        let each = cost.intake.as_secs_f64() * 1e6 / f64::from(u32::try_from(accepted).unwrap_or(u32::MAX)).max(1.0);
        report.add(&format!("{name}_{process}_cpu_us_per_message"), rounded(each, 0));
        report.add(&format!("{name}_{process}_read_back_cpu_s"), rounded(cost.read_back.as_secs_f64(), 1));
    }
    report.add(&format!("{name}_all_processed"), taken.processed_in.is_some());
    report.add(&format!("{name}_lost"), found.lost);
    report.add(&format!("{name}_doubled"), found.doubled);
    stop(&mut server).await?;
    Ok(taken.processed_in.is_some() && found.lost == 0 && found.doubled == 0)
}

/// The same messages for each store, signed.
async fn prepared(jetto: &Installation, load: &Load) -> Result<(Arc<Vec<Message>>, Target), LoadError> {
    let target = Target::parse(&jetto.url).await?;
    let made = Arc::new(prepare(load, &line(), &target, SECRET));
    Ok((made, target))
}

/// CPU of one process.
#[derive(Debug, PartialEq, Eq)]
struct Cost {
    /// From the first webhook until all was processed.
    intake: Duration,
    /// Of the check that everything is there, which reads the long conversation too.
    read_back: Duration,
}

/// Of what each process had used before the intake, after it, and after the check; none where there is no such process.
fn costs<const N: usize>(processes: [&str; N], used: [[Option<Duration>; N]; 3]) -> Vec<(&str, Cost)> {
    let [before, between, after] = used;
    let each = before.into_iter().zip(between).zip(after).zip(processes);
    each.filter_map(|(((before, between), after), process)| {
        let (before, between, after) = (before?, between?, after?);
        let cost = Cost { intake: between.saturating_sub(before), read_back: after.saturating_sub(between) };
        Some((process, cost))
    })
    .collect()
}

async fn stop(server: &mut Child) -> Result<(), LoadError> {
    if drain(server).await? { Ok(()) } else { Err(LoadError::refused("jetto serve did not end by itself")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_check_costs_is_not_counted_with_the_intake() {
        let s = |seconds| Some(Duration::from_secs(seconds));
        let used = [[s(10), s(1)], [s(13), None], [s(20), s(9)]];
        let cost = Cost { intake: Duration::from_secs(3), read_back: Duration::from_secs(7) };
        assert_eq!(costs(["jetto", "server"], used), [("jetto", cost)]);
    }
}
