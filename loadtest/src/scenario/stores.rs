//! The same load on the real binary, with SQLite and with a server of CQL, one after the other in one run: what is taken in and
//! processed, how long an agent waits for the newest messages of a long conversation, and what a message costs both.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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
use crate::jetto::{EMAIL, Installation, ORGANIZATION, PASSWORD, SECRET, drain};
use crate::process::cpu_time;
use crate::report::{Report, progress, rounded};

/// Each store gets the same organization, with the same long conversation: the second takes in what the first has.
pub(crate) async fn run(options: Stores) -> Result<bool, LoadError> {
    let work = tempfile::Builder::new().prefix("jetto-stores-").tempdir()?;
    let simulator = Simulator::start(SimulatorConfig::default())?;
    let mut report = Report::new("stores");
    report.add("connections", options.load.connections);
    report.add("messages", options.load.messages);
    report.add("customers", options.load.customers);
    report.add("history_messages", options.history);
    let (bundle, passphrase) = (work.path().join("organization"), work.path().join("passphrase"));
    std::fs::write(&passphrase, PASSWORD)?;
    let moved = [("--to", bundle.as_path()), ("--passphrase-file", passphrase.as_path())];

    let sqlite = installation(&options, &work.path().join("sqlite"), &simulator)?;
    sqlite.set_up().await?;
    fill(&sqlite, &options).await?;
    sqlite.relocate(&["export", "--organization", ORGANIZATION], &moved).await?;
    let kept = on("sqlite", &sqlite, None, &options, &mut report).await?;

    let services = Services::start(&options.services, &work.path().join("services"))?;
    let cql = installation(&options, &work.path().join("cql"), &simulator)?
        .with("JETTO_STORAGE", "cql")
        .with("JETTO_CQL__NODES", &services.cql)
        .with("JETTO_CQL__KEYSPACE", "jetto_load")
        .with("JETTO_CQL__REPLICAS", "1");
    progress("cql: the organization moves in");
    let moved = [("--from", bundle.as_path()), ("--passphrase-file", passphrase.as_path())];
    cql.relocate(&["import"], &moved).await?;
    let kept = on("cql", &cql, Some(services.pid), &options, &mut report).await? && kept;
    simulator.stop().await;
    report.print()?;
    Ok(kept)
}

fn installation(options: &Stores, work: &Path, simulator: &Simulator) -> Result<Installation, LoadError> {
    std::fs::create_dir_all(work)?;
    Ok(Installation::new(&options.binary, work, simulator, None)?.with("JETTO_LOG", "warn"))
}

/// One customer who has written very often.
async fn fill(jetto: &Installation, options: &Stores) -> Result<(), LoadError> {
    let mut server = jetto.start().await?;
    let load = Load { messages: options.history, customers: 1, rate: 0, ..options.load.clone() };
    let (_, taken) = ingest(jetto, &load, options.settle).await?;
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
    store: Option<u32>,
    options: &Stores,
    report: &mut Report,
) -> Result<bool, LoadError> {
    let mut server = jetto.start().await?;
    progress(&format!("{name}: the newest of {} messages, {} times", options.history, options.requests));
    let api = Api::sign_in(&jetto.url, EMAIL, PASSWORD).await?;
    let newest = newest_of_top(&api).await?;
    report.latencies(&format!("{name}_newest_"), &measure(&api, &newest, options.requests).await?);
    let processes = [("jetto", server.id()), ("server", store)];
    let before = processes.map(|(_, pid)| pid.and_then(cpu_time));
    let (elapsed, taken) = ingest(jetto, &options.load, options.settle).await?;
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
async fn ingest(jetto: &Installation, load: &Load, settle: u64) -> Result<(Duration, Taken), LoadError> {
    let target = Target::parse(&jetto.url).await?;
    let api = Api::sign_in(&jetto.url, EMAIL, PASSWORD).await?;
    let made = Arc::new(prepare(load, &line(), &target, SECRET));
    let settle = Duration::from_secs(settle);
    let taken = take_in(&api, &made, &target, load, settle).await?;
    Ok((settle, taken))
}

async fn stop(server: &mut Child) -> Result<(), LoadError> {
    if drain(server).await? { Ok(()) } else { Err(LoadError::refused("jetto serve did not end by itself")) }
}

/// A server of CQL that ends with this.
struct Services {
    script: PathBuf,
    run: PathBuf,
    /// `host:port`.
    cql: String,
    pid: u32,
}

impl Services {
    fn start(script: &Path, run: &Path) -> Result<Self, LoadError> {
        progress(&format!("cql: starting a server in {}", run.display()));
        let mut services = Self { script: script.to_owned(), run: run.to_owned(), cql: String::new(), pid: 0 };
        let output = services.command(&["start", "cassandra"]).stderr(Stdio::inherit()).output()?;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let server =
            said.lines().find_map(|line| line.strip_prefix("JETTO_TEST_CQL=")).filter(|_| output.status.success());
        let missing = || LoadError::refused(format!("{} did not start a server of CQL", script.display()));
        server.ok_or_else(missing)?.clone_into(&mut services.cql);
        let pid = std::fs::read_to_string(run.join("cassandra/pid"))?;
        services.pid = pid.trim().parse().map_err(|_| missing())?;
        Ok(services)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.script);
        command.args(arguments).env("JETTO_SERVICES_RUN", &self.run).stdin(Stdio::null());
        command
    }
}

impl Drop for Services {
    fn drop(&mut self) {
        if !self.command(&["stop"]).status().is_ok_and(|status| status.success()) {
            progress(&format!("the services in {} were not stopped", self.run.display()));
        }
    }
}
