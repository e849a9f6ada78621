//! Three real nodes on real servers, through kills, pauses, outages and a network that breaks; then every promise is checked.

mod checks;
mod nodes;
mod plan;
mod sightings;
mod storm;

use std::path::Path;
use std::time::Duration;

use loadtest::simulator::{Simulator, SimulatorConfig};

use crate::cli::Torture;
use crate::error::LoadError;
use crate::front::Front;
use crate::jetto::Tenant;
use crate::report::progress;
use crate::scenario::torture::meta;
use crate::scenario::torture_promises::judge;
use crate::services::{self, Services};
use nodes::furnish;
use plan::{Fault, Ground, kinds, plan};
use sightings::Sightings;
use storm::Stage;

const TENANTS: usize = 3;
/// Webhooks that Meta has under way at once: those that wait for a paused node hold up no others.
const WEBHOOKS_AT_ONCE: usize = 256;
/// Customers' messages per second, so few that two cores carry all of it.
const RATE: u32 = 20;
/// What the simulated numbers take: above what is promised, so that more would be seen.
const NUMBER_RATE: u32 = 1_000;

pub(crate) async fn run(options: Torture) -> Result<bool, LoadError> {
    let replicas = usize::from(options.nodes.replicas);
    let ground = Ground { tenants: TENANTS, replicas, long: options.nodes.long };
    let count = options.rounds.map_or(kinds(ground), |rounds| rounds as usize);
    let faults = plan(options.trial.seed, count, ground, options.nodes.only.as_deref().unwrap_or_default());
    if faults.is_empty() {
        return Err(LoadError::refused("there is no such fault"));
    }
    let count = faults.len();
    progress(&format!("seed={:#x}, {count} faults (repeat with --seed {})", options.trial.seed, options.trial.seed));
    let work = tempfile::Builder::new().prefix("jetto-cluster-").tempdir()?;
    let run = work.path().join("services");
    // Whatever ends this, what was started is stopped.
    let outcome = tokio::select! {
        outcome = tokio::time::timeout(Duration::from_secs(options.trial.deadline), on_services(&options, &faults, work.path(), &run)) =>
            outcome.unwrap_or_else(|_| Err(LoadError::refused("the run did not end before its deadline"))),
        interrupted = tokio::signal::ctrl_c() => Err(interrupted.map_or_else(Into::into, |()| LoadError::refused("interrupted"))),
    };
    let stopped = if options.trial.keep {
        let ended = services::end(&options.nodes.services, &run).await;
        progress(&format!("kept: {}", work.keep().display()));
        ended
    } else {
        services::stop(&options.nodes.services, &run).await
    };
    let is_good = outcome?;
    stopped?;
    Ok(is_good)
}

async fn on_services(options: &Torture, faults: &[Fault], work: &Path, run: &Path) -> Result<bool, LoadError> {
    let services = Services::start(&options.nodes.services, run, usize::from(options.nodes.replicas)).await?;
    let tenants: Vec<Tenant> = (1..=TENANTS).map(Tenant::new).collect();
    let meta = meta(options.trial.seed, tenants.iter().map(|tenant| &tenant.number), NUMBER_RATE);
    let simulator = Simulator::start(SimulatorConfig { delivery_lanes: WEBHOOKS_AT_ONCE, ..meta })?;
    let sightings = Sightings::of(tenants.iter().map(|tenant| &tenant.number.phone_number_id));
    let mut nodes = furnish(options, work, &sightings, &services, &simulator).await?;
    if let Some(first) = nodes.first() {
        for tenant in &tenants {
            first.installation.set_up(tenant).await?;
        }
    }
    for node in &mut nodes {
        node.start().await?;
    }
    let doors: Vec<_> = nodes.iter().map(nodes::Node::door).collect();
    let front = Front::open(&doors)?;
    simulator.set_callback(&front.url);
    let stage = Stage { options, services: &services, simulator: &simulator, sightings: &sightings, tenants: &tenants };
    let (mut report, violations) = Box::pin(stage.play(nodes, faults)).await?;
    simulator.stop().await;
    let is_good = judge(&violations, options.trial.expected());
    report.add("violations", violations);
    report.print()?;
    Ok(is_good)
}
