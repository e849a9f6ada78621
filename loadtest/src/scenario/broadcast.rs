//! A broadcast of the real binary: to everybody once whatever is killed, as fast as WhatsApp allows and never faster, behind
//! what agents write, and still when it is paused.

pub(crate) mod campaign;
mod checks;
mod halt;
mod kills;
mod pace;
mod replies;
pub(crate) mod stage;
mod storm;
mod usage;

use std::time::Duration;

use loadtest::simulator::Profile;

use self::stage::{Ground, Stage, quick};
use crate::cli::{Broadcast, Measures, Throughput};
use crate::error::LoadError;
use crate::report::{Report, progress};
use crate::scenario::torture_promises::{Violation, judge};

/// What a run showed, and what of it was broken.
type Shown = (Report, Vec<Violation>);

pub(crate) async fn run(options: Broadcast) -> Result<bool, LoadError> {
    let seed = options.trial.seed;
    progress(&format!("seed={seed:#x} (repeat with --seed {seed})"));
    let deadline = Duration::from_secs(options.trial.deadline);
    let outcome = tokio::time::timeout(deadline, Box::pin(each(&options))).await;
    outcome.unwrap_or_else(|_| Err(LoadError::refused("the run did not end before its deadline")))
}

/// Every check is a server of its own.
async fn each(options: &Broadcast) -> Result<bool, LoadError> {
    let Measures { rate_check, reply_check, pause_check } = options.measures;
    if !rate_check && !reply_check && !pause_check {
        let rate = options.rate.unwrap_or(Throughput::High).per_second();
        return concluded(options, Box::pin(storm::run(options, rate)).await?);
    }
    let mut is_good = true;
    for rate in rates(options) {
        if rate_check {
            is_good &= concluded(options, Box::pin(pace::run(options, rate)).await?)?;
        }
        if reply_check {
            is_good &= concluded(options, Box::pin(replies::run(options, rate)).await?)?;
        }
        if pause_check {
            is_good &= concluded(options, Box::pin(halt::run(options, rate)).await?)?;
        }
    }
    Ok(is_good)
}

fn rates(options: &Broadcast) -> Vec<u32> {
    let rates = match options.rate {
        Some(rate) => vec![rate],
        None if options.numbers == 1 => vec![Throughput::Standard, Throughput::High],
        None => vec![Throughput::High],
    };
    rates.into_iter().map(Throughput::per_second).collect()
}

/// Where nothing odd happens: for a check, with as many people as keep all numbers busy for its time.
async fn calm(options: &Broadcast, rate: u32) -> Result<Stage, LoadError> {
    let people = (rate * u32::from(options.numbers)).saturating_mul(options.seconds).min(options.recipients);
    let ground = Ground { numbers: options.numbers, rate, people, log: "warn" };
    let stage = Stage::set(&options.trial, ground).await?;
    // One update per webhook where the simulator can post that many.
    stage.simulator.set_profile(if rate > Throughput::Standard.per_second() { quick() } else { Profile::clean() });
    Ok(stage)
}

fn concluded(options: &Broadcast, (mut report, violations): Shown) -> Result<bool, LoadError> {
    let is_good = judge(&violations, options.trial.expected());
    report.add("seed", format!("{:#x}", options.trial.seed));
    report.add("violations", violations);
    report.print()?;
    Ok(is_good)
}
