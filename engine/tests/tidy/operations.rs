//! What stands in `deploy` is about the Jetto that is there: its metrics, its settings, its alerts, its patience.

use crate::metrics::{code_of, metrics};
use crate::tree::{Findings, Source, Verdict, none, source, sources};

const ALERTS: &str = "deploy/prometheus/alerts.yml";

/// Without the services of the tests, which have settings of their own.
fn deployed() -> Result<impl Iterator<Item = &'static Source>, Findings> {
    let ours = |source: &&Source| source.path.starts_with("deploy/") && !source.path.starts_with("deploy/services/");
    Ok(sources()?.iter().filter(ours))
}

/// Every word of the line that begins like this and goes on with these bytes.
fn words<'a>(line: &'a str, start: &'a str, goes_on: fn(u8) -> bool) -> impl Iterator<Item = &'a str> {
    line.match_indices(start).filter_map(move |(at, _)| {
        let begins = !line.get(..at)?.bytes().next_back().is_some_and(|before| before.is_ascii_alphanumeric());
        let rest = line.get(at..)?;
        let end = rest.bytes().position(|byte| !goes_on(byte)).unwrap_or(rest.len());
        rest.get(..end).filter(|_| begins)
    })
}

/// What follows `start` on lines of this kind.
fn after<'a>(source: &'a Source, start: &'a str) -> impl Iterator<Item = &'a str> {
    source.text.lines().filter_map(move |line| line.trim_start().strip_prefix(start)).map(str::trim)
}

/// The number after `start`; units and quotes are left out.
fn number(path: &str, start: &str) -> Result<u64, Findings> {
    let source = source(path)?;
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let found = after(source, start).find_map(|text| digits(text).parse().ok());
    found.ok_or_else(|| format!("{path}: has no `{start}` with a number").into())
}

#[test]
fn alerts_and_dashboards_ask_for_metrics_that_exist() -> Verdict {
    let known: Vec<_> = metrics()?.into_iter().map(|metric| metric.name).collect();
    let (mut findings, mut seen) = (Vec::new(), 0);
    for source in deployed()? {
        for (number, line) in source.lines() {
            for name in words(line, "jetto_", |byte| byte.is_ascii_lowercase() || byte == b'_') {
                seen += 1;
                if !known.contains(&name) {
                    findings.push(format!("{}:{number}: there is no metric {name}", source.path));
                }
            }
        }
    }
    if seen < known.len() {
        findings.push(format!("{ALERTS} and the dashboards: ask for {seen} metrics only; are they where they were?"));
    }
    none(findings)
}

#[test]
fn alerts_and_dashboards_ask_for_outcomes_that_exist() -> Verdict {
    let (mut findings, mut seen) = (Vec::new(), 0);
    for source in deployed()? {
        for (number, line) in source.lines() {
            let values = line
                .split("outcome=")
                .skip(1)
                .filter_map(|rest| rest.trim_start_matches(['~', '\\', '"']).split(['"', '\\']).next());
            for outcome in values.flat_map(|values| values.split('|')) {
                seen += 1;
                if !code_of("actors")?.any(|source| source.text.contains(&format!("\"{outcome}\""))) {
                    findings.push(format!("{}:{number}: nothing has the outcome {outcome}", source.path));
                }
            }
        }
    }
    if seen == 0 {
        findings.push(format!("{ALERTS}: asks for no outcome"));
    }
    none(findings)
}

#[test]
fn every_alert_is_tried_and_has_its_section_in_the_runbook() -> Verdict {
    let alerts: Vec<_> = after(source(ALERTS)?, "- alert: ").collect();
    let runbook = source("deploy/runbook.md")?;
    let sections: Vec<_> = after(runbook, "## ").collect();
    let tried = &source("deploy/prometheus/alerts_test.yml")?.text;
    let mut findings = Vec::new();
    for alert in &alerts {
        if !sections.contains(alert) {
            findings.push(format!("{}: has no section `## {alert}`", runbook.path));
        }
        // As a word, with what may stand after a name there.
        if ![',', '\n', '"'].iter().any(|end| tried.contains(&format!("{alert}{end}"))) {
            findings.push(format!("deploy/prometheus/alerts_test.yml: {alert} never fires there"));
        }
    }
    for section in sections.iter().filter(|section| !alerts.contains(section)) {
        findings.push(format!("{}: there is no alert {section}", runbook.path));
    }
    if alerts.is_empty() {
        findings.push(format!("{ALERTS}: has no alert"));
    }
    none(findings)
}

#[test]
fn deployments_use_settings_that_exist() -> Verdict {
    let mut table = String::new();
    let mut known = Vec::new();
    for line in source("gateway/jetto.default.toml")?.text.lines() {
        if let Some(name) = line.strip_prefix('[') {
            table = format!("{}__", name.trim_end_matches(']'));
        } else if let Some((key, _)) = line.split_once(" = ").filter(|(key, _)| !key.starts_with('#')) {
            known.push(format!("JETTO_{table}{key}").to_uppercase());
        }
    }
    let mut findings = Vec::new();
    for source in deployed()? {
        for (number, line) in source.lines() {
            for name in words(line, "JETTO_", |byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
            {
                if !known.iter().any(|setting| setting == name) && name != "JETTO_" {
                    findings.push(format!("{}:{number}: there is no setting {name}", source.path));
                }
            }
        }
    }
    none(findings)
}

#[test]
fn whoever_stops_a_server_is_as_patient_as_it_drains() -> Verdict {
    let server = source("gateway/src/server.rs")?;
    let stop = server.text.split("async fn stop(").nth(1).and_then(|rest| rest.split("\n}\n").next());
    // Each thing that is waited for at the end gets drain_seconds.
    let steps = stop.map_or(0, |body| body.matches("(deadline").count() as u64);
    let manifest = "deploy/kubernetes/deployment.yaml";
    let drain = number("gateway/jetto.default.toml", "drain_seconds = ")?;
    let drain_there = number("deploy/kubernetes/configmap.yaml", "JETTO_DRAIN_SECONDS: ")?;
    let before = number(manifest, "seconds: ")?;
    let patience = [
        ("deploy/systemd/jetto.service", number("deploy/systemd/jetto.service", "TimeoutStopSec=")?, steps * drain),
        ("deploy/compose.yml", number("deploy/compose.yml", "stop_grace_period: ")?, steps * drain),
        (manifest, number(manifest, "terminationGracePeriodSeconds: ")?, before + steps * drain_there),
    ];
    let mut findings = Vec::new();
    for (path, given, wanted) in patience {
        if given <= wanted || steps == 0 {
            findings.push(format!("{path}: kills after {given} s, a stop may take {wanted} s in {steps} steps"));
        }
    }
    none(findings)
}

#[test]
fn every_manifest_is_applied() -> Verdict {
    let listed: Vec<_> = after(source("deploy/kubernetes/kustomization.yaml")?, "- ").collect();
    let manifests = deployed()?.filter_map(|source| source.path.strip_prefix("deploy/kubernetes/"));
    let ours = manifests.filter(|name| !name.contains('/') && *name != "kustomization.yaml");
    let forgotten = ours.filter(|name| !listed.contains(name));
    none(forgotten.map(|name| format!("deploy/kubernetes/kustomization.yaml: does not list {name}")))
}
