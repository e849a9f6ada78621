//! A great many contacts of the real binary: a file of them comes in, they are counted by a segment, a broadcast to a part of them
//! is looked at, and they leave as a file. What time and memory that takes, and whether every number is right.

use std::time::Duration;

use loadtest::clock::pause;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::broadcast::campaign::{Words, draft};
use super::broadcast::stage::{Ground, Stage};
use super::people::{self, Imported, Odd, TAG};
use super::torture_promises::{Promise, Violation, judge};
use crate::cli::Contacts;
use crate::error::LoadError;
use crate::process::{forget_peak, peak_kib, resident_kib};
use crate::report::{Report, per_second, progress, rounded};

const ODD: Odd = Odd { broken: 1_000, national: 7, opted_out: 20, tagged: 10 };
const COUNTS: usize = 5;
const CAPPED: &str = "segment_with_a_cap";
/// Until what was freed has gone back.
const BREATH: Duration = Duration::from_secs(2);

pub(crate) async fn run(options: Contacts) -> Result<bool, LoadError> {
    let deadline = Duration::from_secs(options.trial.deadline);
    let outcome = tokio::time::timeout(deadline, Box::pin(all(&options))).await;
    outcome.unwrap_or_else(|_| Err(LoadError::refused("the run did not end before its deadline")))
}

async fn all(options: &Contacts) -> Result<bool, LoadError> {
    let Contacts { trial, rows } = options;
    let ground = Ground { numbers: 1, rate: 80, people: 0, log: "warn" };
    let stage = Stage::set(trial, ground).await?;
    let mut report = Report::new("contacts");
    report.add("rows", *rows);
    let mut violations = bring(&stage, *rows, Duration::from_secs(trial.deadline), &mut report).await?;
    violations.extend(count(&stage, *rows, &mut report).await?);
    violations.extend(look(&stage, *rows, &mut report).await?);
    violations.extend(leave(&stage, *rows, &mut report).await?);
    violations.extend(stage.strike(trial).await?);
    let is_good = judge(&violations, trial.expected());
    report.add("violations", violations);
    report.print()?;
    Ok(is_good)
}

fn wrong(what: &str, found: impl std::fmt::Debug, right: impl std::fmt::Debug) -> Violation {
    Violation::new(Promise::Figures, format!("{what}: {found:?}, and it should be {right:?}"))
}

fn how_many(rows: u32, is_one: impl Fn(u32) -> bool) -> u64 {
    (0..rows).filter(|index| is_one(*index)).map(|_| 1).sum()
}

/// Resident, in MiB.
fn memory(stage: &Stage) -> Option<u64> {
    Some(resident_kib(stage.pid()?)? / 1024)
}

fn peak(stage: &Stage) -> Option<u64> {
    Some(peak_kib(stage.pid()?)? / 1024)
}

async fn bring(stage: &Stage, rows: u32, longest: Duration, report: &mut Report) -> Result<Vec<Violation>, LoadError> {
    let file = people::file(rows, ODD);
    report.add("file_mib", file.len() / (1 << 20));
    report.add("memory_mib_before", memory(stage));
    stage.pid().map(forget_peak).transpose()?;
    progress(&format!("a file of {rows} people is uploaded, looked at and brought in"));
    let began = Instant::now();
    let id = people::upload(&stage.api, file).await?;
    report.add("upload_s", rounded(began.elapsed().as_secs_f64(), 2));
    let began = Instant::now();
    let checked = stage.api.look(&format!("contact-imports/{id}/report")).await?;
    report.add("dry_run_of_the_file_s", rounded(began.elapsed().as_secs_f64(), 2));
    report.add("memory_mib_peak_of_upload_and_dry_run", peak(stage));

    let began = Instant::now();
    let mut at_a_tenth = None;
    let note = |read| {
        if at_a_tenth.is_none() && read >= u64::from(rows / 10) {
            at_a_tenth = peak(stage);
        }
    };
    let imported = people::bring(&stage.api, &id, longest, note).await?;
    report.add("import_s", rounded(began.elapsed().as_secs_f64(), 2));
    report.add("imported_per_s", rounded(per_second(u64::from(rows), began.elapsed()), 0));
    report.add("memory_mib_peak_after_a_tenth", at_a_tenth);
    report.add("memory_mib_peak", peak(stage));

    let rejected = how_many(rows, |index| ODD.is_broken(index));
    let valid = u64::from(rows) - rejected;
    let fixed = how_many(rows, |index| ODD.is_national(index) && !ODD.is_broken(index));
    let said = ["rows", "valid", "fixed", "rejected"].map(|key| checked.get(key).and_then(Value::as_u64));
    let right = [u64::from(rows), valid, fixed, rejected].map(Some);
    let mut violations = Vec::new();
    if said != right {
        violations.push(wrong("rows, valid, fixed and rejected by the dry run", said, right));
    }
    let right = Imported { rows: u64::from(rows), created: valid, changed: 0, unchanged: 0, rejected };
    if imported != right {
        violations.push(wrong("what was brought in", imported, right));
    }
    Ok(violations)
}

fn tree() -> Value {
    json!({"all": [
        {"is": {"on": "tag", "any_of": [TAG]}},
        {"not": {"is": {"on": "marketing", "any_of": ["opted_out"]}}},
    ]})
}

async fn count(stage: &Stage, rows: u32, report: &mut Report) -> Result<Vec<Violation>, LoadError> {
    progress("they are counted by a segment");
    let mut times = Vec::new();
    let mut found = None;
    for _ in 0..=COUNTS {
        let began = Instant::now();
        let counted = stage.api.post("segments/count", &json!({"tree": tree()})).await?;
        times.push(began.elapsed());
        found = counted.pointer("/reach/people").and_then(Value::as_u64);
    }
    let millis = |time: &Duration| rounded(time.as_secs_f64() * 1e3, 1);
    report.add("first_count_ms", times.first().map(millis));
    times.remove(0);
    times.sort_unstable();
    report.add("count_ms_median", times.get(COUNTS / 2).map(millis));
    report.add("count_ms_worst", times.last().map(millis));
    pause(BREATH).await;
    report.add("memory_mib_with_counts", memory(stage));
    let right = how_many(rows, |index| ODD.is_tagged(index) && !ODD.has_opted_out(index) && !ODD.is_broken(index));
    Ok(if found == Some(right) { Vec::new() } else { vec![wrong("people of the segment", found, right)] })
}

/// The dry run of a broadcast: to everybody, to a tenth, and to that once more while there is a limit to what a person gets: then it is
/// read of each what they got.
async fn look(stage: &Stage, rows: u32, report: &mut Report) -> Result<Vec<Violation>, LoadError> {
    progress("a broadcast to them is looked at");
    let all = how_many(rows, |index| !ODD.is_broken(index));
    let out = how_many(rows, |index| ODD.has_opted_out(index) && !ODD.is_broken(index));
    let tagged = how_many(rows, |index| ODD.is_tagged(index) && !ODD.is_broken(index));
    let tagged_out = how_many(rows, |index| ODD.is_tagged(index) && ODD.has_opted_out(index) && !ODD.is_broken(index));
    let content = json!({"name": "One in some", "tree": {"all": [{"is": {"on": "tag", "any_of": [TAG]}}]}});
    let segment = stage.api.post("segments", &content).await?;
    let segment = json!({"kind": "segment", "id": segment.get("id")});
    let audiences = [
        ("everyone", json!({"kind": "everyone"}), all, out),
        ("segment", segment.clone(), tagged, tagged_out),
        (CAPPED, segment, tagged, tagged_out),
    ];
    let mut violations = Vec::new();
    for (which, audience, meant, left_out) in audiences {
        if which == CAPPED {
            let cap = json!({"campaign_cap": {"messages": 2, "days": 7}});
            stage.api.patch("organization", &cap).await?;
        }
        let (id, _) = draft(&stage.api, Words::Named, stage.numbers(), audience, "Looked at").await?;
        let began = Instant::now();
        let check = stage.api.post(&format!("campaigns/{id}/check"), &json!({})).await?;
        report.add(&format!("dry_run_{which}_people"), meant);
        report.add(&format!("dry_run_{which}_s"), rounded(began.elapsed().as_secs_f64(), 2));
        let counts = ["/will_be_sent", "/skipped/opted_out"].map(|key| check.pointer(key).and_then(Value::as_u64));
        let right = [meant - left_out, left_out].map(Some);
        if counts != right {
            violations.push(wrong(&format!("sent to and opted out of the dry run for {which}"), counts, right));
        }
    }
    Ok(violations)
}

async fn leave(stage: &Stage, rows: u32, report: &mut Report) -> Result<Vec<Violation>, LoadError> {
    progress("they leave as a file");
    stage.pid().map(forget_peak).transpose()?;
    let before = memory(stage);
    let began = Instant::now();
    let lines = stage.api.lines("contacts/export").await?;
    report.add("export_s", rounded(began.elapsed().as_secs_f64(), 2));
    report.add("memory_mib_before_the_export", before);
    report.add("memory_mib_peak_of_the_export", peak(stage));
    // With a heading.
    let right = how_many(rows, |index| !ODD.is_broken(index)) + 1;
    Ok(if lines == right { Vec::new() } else { vec![wrong("lines of the export", lines, right)] })
}
