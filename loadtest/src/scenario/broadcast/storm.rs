//! kill -9, again and again, while a broadcast runs through everything that integrators reported of Meta at once.

use loadtest::clock::pause;
use loadtest::simulator::{Answer, Faults, Policy, Profile};
use tokio::time::Instant;

use super::Shown;
use super::campaign::Words;
use super::checks::{Evidence, check, twice_and_lost};
use super::kills::{Moment, plan, told};
use super::stage::{Ground, Stage};
use crate::cli::Broadcast;
use crate::error::LoadError;
use crate::report::{Report, progress, rounded};
use crate::scenario::seconds::{busiest_seconds, check_rates};
use crate::scenario::torture::LOSSY;

/// People who are not on WhatsApp: Meta accepts, and says so later.
const UNREACHABLE_PERCENT: f64 = 2.0;

pub(crate) async fn run(options: &Broadcast, rate: u32) -> Result<Shown, LoadError> {
    let Broadcast { trial, recipients, kill, kill_at, numbers, .. } = options;
    let kills = if kill_at.is_empty() { plan(trial.seed, *kill, *recipients) } else { told(kill_at) };
    let ground = Ground { numbers: *numbers, rate, people: *recipients, log: "info" };
    let mut stage = Stage::set(trial, ground).await?;
    stage.simulator.set_profile(Profile::hostile());
    stage.simulator.set_policy(Policy { unreachable_percent: UNREACHABLE_PERCENT, ..Policy::default() });
    stage.simulator.set_faults(LOSSY);
    let begin = Instant::now();
    let campaign = stage.launch(Words::Named).await?;
    let mut comes = true;
    for (turn, kill) in (1..).zip(&kills) {
        if let Moment::Sends(sends) = kill.moment {
            // Where no more come, it is killed all the same, and the checks say who waits.
            comes = comes && stage.until_sends(sends).await;
        }
        pause(kill.after).await;
        let sends = stage.simulator.sends();
        stage.kill().await?;
        progress(&format!("kill {turn}: {:?} and {} ms, after {sends} sends", kill.moment, kill.after.as_millis()));
    }
    stage.until_over(&campaign).await?;
    let took = begin.elapsed();
    stage.simulator.set_faults(Faults::default());
    let evidence = stage.gather(&campaign).await?;
    let mut violations = check(&evidence);
    violations.extend(check_rates(&evidence.ledger, rate));
    let mut report = describe(&evidence);
    report.add("kills", kills.len());
    report.add("seconds", rounded(took.as_secs_f64(), 1));
    report.add("busiest_second", busiest_seconds(&evidence.ledger).into_values().max().unwrap_or(0));
    report.add("code_130429", stage.too_fast());
    violations.extend(stage.strike(trial).await?);
    report.add("violation_count", violations.len());
    Ok((report, violations))
}

fn describe(evidence: &Evidence) -> Report {
    let mut report = Report::new("broadcast");
    let (twice, lost) = twice_and_lost(evidence);
    let answered = |answer| evidence.ledger.iter().filter(|entry| entry.answer == answer).count();
    report.add("recipients", evidence.people);
    report.add("twice", twice);
    report.add("lost", lost);
    report.add("sent", evidence.counts.sent);
    report.add("delivered", evidence.counts.delivered);
    report.add("read", evidence.counts.read);
    report.add("failed", evidence.counts.failed);
    report.add("in_doubt", evidence.counts.in_doubt());
    report.add("waiting", evidence.counts.unsettled());
    report.add("accepted_and_answered", answered(Answer::Given));
    report.add("accepted_answer_lost", answered(Answer::Dropped));
    report.add("reset_before_accepted", answered(Answer::ResetBeforeAccept));
    report
}
