//! Names of metrics: constants in one `metric.rs` per crate, `jetto_<area>_<thing>_<unit|total>`.

use crate::tree::{Findings, Source, Verdict, none, sources};

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
