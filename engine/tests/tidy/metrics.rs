//! Names of metrics: constants in one `metric.rs` per crate, `jetto_<area>_<thing>_<unit|total>`.

use std::collections::BTreeMap;

use crate::tree::{Findings, Source, Verdict, none, source, sources};

pub(crate) struct Metric {
    place: String,
    crate_name: &'static str,
    constant: &'static str,
    pub(crate) name: &'static str,
}

pub(crate) fn metrics() -> Result<Vec<Metric>, Findings> {
    let mut metrics = Vec::new();
    for source in sources()?.iter().filter(|source| source.path.ends_with("/src/metric.rs")) {
        for (number, line) in source.code() {
            let Some((_, declaration)) = line.split_once("const ") else { continue };
            let Some((constant, value)) = declaration.split_once(": &str = \"") else { continue };
            metrics.push(Metric {
                place: format!("{}:{number}", source.path),
                crate_name: source.path.split('/').next().unwrap_or_default(),
                constant,
                name: value.trim_end_matches("\";"),
            });
        }
    }
    Ok(metrics)
}

pub(crate) fn code_of(crate_name: &str) -> Result<impl Iterator<Item = &'static Source>, Findings> {
    let folder = format!("{crate_name}/src/");
    Ok(sources()?
        .iter()
        .filter(move |source| source.is_rust() && source.path.starts_with(&folder) && source.name() != "metric.rs"))
}

#[test]
fn metrics_are_named_after_area_thing_and_unit() -> Verdict {
    let mut findings = Vec::new();
    for metric in metrics()? {
        let parts: Vec<_> = metric.name.split('_').collect();
        let plain = metric.name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if parts.first() != Some(&"jetto") || parts.len() < 3 || !plain {
            findings.push(format!("{}: {} wants jetto_<area>_<thing>_<unit|total>", metric.place, metric.name));
        }
        let ending = parts.last().copied().unwrap_or_default();
        for source in code_of(metric.crate_name)? {
            let used_as = |kind: &str| {
                let call = format!("{kind}!(metric::{}", metric.constant);
                source.text.split(&call).skip(1).any(|rest| rest.starts_with([')', ',']))
            };
            let wrong = used_as("counter") && ending != "total"
                || used_as("gauge") && ending == "total"
                || used_as("histogram") && !matches!(ending, "seconds" | "bytes");
            if wrong {
                let advice = "a counter ends in _total, a histogram in _seconds or _bytes, a gauge in neither";
                findings.push(format!("{}: {}; {advice}", metric.place, metric.name));
            }
        }
    }
    none(findings)
}

#[test]
fn every_metric_is_used_and_is_named_in_one_place_only() -> Verdict {
    let mut findings = Vec::new();
    for metric in metrics()? {
        let path = format!("metric::{}", metric.constant);
        let mut code = code_of(metric.crate_name)?;
        if !code.any(|source| source.text.contains(&path)) {
            findings.push(format!("{}: {} is not used; measure it or take it out", metric.place, metric.constant));
        }
    }
    for source in sources()?.iter().filter(|source| source.is_rust() && source.path.contains("/src/")) {
        for kind in ["counter", "gauge", "histogram"] {
            for (number, _) in source.code().filter(|(_, line)| line.contains(&format!("{kind}!(\""))) {
                findings.push(format!("{}:{number}: give the metric a constant in metric.rs", source.path));
            }
        }
    }
    none(findings)
}

/// Nobody can read a metric of these: a command without a server, and the end of the process.
const UNSEEN: [&str; 2] = ["LINE_MAX", "drain_seconds"];

/// Rows of the table of limits in a paper: name and place, and what comes after them.
fn limits(path: &str) -> Result<BTreeMap<(&'static str, &'static str), &'static str>, Findings> {
    let rows = source(path)?.text.lines().filter_map(|line| {
        let (limit, rest) = line.strip_prefix("| `")?.split_once("` | `")?;
        let (place, rest) = rest.split_once("` | ")?;
        Some(((limit.split(" = ").next()?, place), rest))
    });
    Ok(rows.filter(|((_, place), _)| place.contains('/')).collect())
}

#[test]
fn every_limit_has_a_metric_that_tells_of_it() -> Verdict {
    const TABLE: &str = "deploy/metrics.md";
    let (wanted, told, metrics) = (limits("ARCHITECTURE.md")?, limits(TABLE)?, metrics()?);
    let mut findings = Vec::new();
    for limit in wanted.keys().filter(|limit| !told.contains_key(*limit)) {
        findings.push(format!("{TABLE}: has no row for {} of {}", limit.0, limit.1));
    }
    for ((limit, place), row) in told {
        if !wanted.contains_key(&(limit, place)) {
            findings.push(format!("{TABLE}: ARCHITECTURE.md knows no limit {limit} of {place}"));
        }
        let named = row.split('`').nth(1).filter(|_| row.starts_with('`'));
        let Some(named) = named else {
            if !UNSEEN.contains(&limit) {
                findings.push(format!("{TABLE}: {limit} of {place} has no metric"));
            }
            continue;
        };
        let (name, labels) = named.split_once('{').unwrap_or((named, ""));
        let Some(metric) = metrics.iter().find(|metric| metric.name == name) else {
            findings.push(format!("{TABLE}: no metric.rs has {name}"));
            continue;
        };
        // `key="value"}`: the value is a word of the code that counts.
        for value in labels.split('"').skip(1).step_by(2) {
            let word = format!("\"{value}\"");
            if !code_of(metric.crate_name)?.any(|source| source.text.contains(&word)) {
                findings.push(format!("{TABLE}: {named} is never counted: no code says {word}"));
            }
        }
    }
    if wanted.is_empty() {
        findings.push("ARCHITECTURE.md: has no table of limits".to_owned());
    }
    none(findings)
}
