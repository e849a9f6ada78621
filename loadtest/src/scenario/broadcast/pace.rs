//! As fast as Meta allows, and never faster, as Meta sees it.

use super::campaign::Words;
use super::checks::{check, pace, twice_and_lost};
use super::usage::{SHARE_MIN, Usage, limited_by};
use super::{Shown, calm};
use crate::cli::Broadcast;
use crate::error::LoadError;
use crate::report::{Report, rounded};
use crate::scenario::seconds::{busiest_seconds, check_rates};
use crate::scenario::torture_promises::{Promise, Violation};

pub(crate) async fn run(options: &Broadcast, rate: u32) -> Result<Shown, LoadError> {
    let Broadcast { trial, numbers, .. } = options;
    let stage = Box::pin(calm(options, rate)).await?;
    let begin = Usage::now(stage.pid());
    let campaign = stage.launch(Words::Same).await?;
    let launched = Usage::now(stage.pid());
    let _all_left = stage.until_sends(u64::from(stage.people)).await;
    let sent = Usage::now(stage.pid());
    stage.until_over(&campaign).await?;
    stage.rest(&campaign).await?;
    let settled = Usage::now(stage.pid());
    let evidence = stage.gather(&campaign).await?;
    let allowed = f64::from(rate) * f64::from(*numbers);
    let pace = pace(&evidence.ledger);
    let share = pace.per_second / allowed;
    let mut violations = check(&evidence);
    violations.extend(check_rates(&evidence.ledger, rate));
    violations.extend(check_pace(share, *numbers, stage.too_fast()));

    let mut report = Report::new("broadcast --rate-check");
    let (twice, lost) = twice_and_lost(&evidence);
    report.add("numbers", *numbers);
    report.add("allowed_per_s", allowed);
    report.add("people", stage.people);
    report.add("twice", twice);
    report.add("lost", lost);
    report.add("sent_per_s", rounded(pace.per_second, 2));
    report.add("of_allowed_percent", rounded(share * 100.0, 2));
    report.add("busiest_second", busiest_seconds(&evidence.ledger).into_values().max().unwrap_or(0));
    report.add("code_130429", stage.too_fast());
    report.add("sending_s", rounded(pace.elapsed.as_secs_f64(), 2));
    let (sending, whole) = (launched.until(sent), begin.until(settled));
    if let (Some(sending), Some(whole)) = (sending, whole) {
        let [server, simulator] = sending.cores();
        report.add("jetto_cores_while_sending", server);
        report.add("simulator_cores_while_sending", simulator);
        report.add("cpu_us_per_message_sending", sending.each_us(pace.sends));
        report.add("cpu_us_per_message_in_all", whole.each_us(pace.sends));
        report.add("in_all_s", rounded(whole.elapsed.as_secs_f64(), 2));
    }
    let cores = std::thread::available_parallelism()?.get();
    report.add("machine_cores", cores);
    report.add("limited_by", limited_by(share, sending, cores));
    violations.extend(stage.strike(trial).await?);
    Ok((report, violations))
}

/// Several numbers together show what the machine reaches.
fn check_pace(share: f64, numbers: u8, too_fast: u64) -> Vec<Violation> {
    let slow = (numbers == 1 && share < SHARE_MIN)
        .then(|| Violation::new(Promise::Pace, format!("{:.2} % of what Meta allows", share * 100.0)));
    let fast = (too_fast > 0).then(|| {
        Violation::new(Promise::Rate, format!("Meta answered {too_fast} times that it was too fast (130429)"))
    });
    slow.into_iter().chain(fast).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_is_as_fast_as_allowed_and_none_is_ever_faster() {
        assert_eq!(check_pace(0.991, 1, 0), []);
        assert_eq!(check_pace(0.5, 10, 0), []);
        let broken = check_pace(0.98, 1, 3);
        assert_eq!(broken.iter().map(|one| one.promise).collect::<Vec<_>>(), [Promise::Pace, Promise::Rate]);
    }
}
