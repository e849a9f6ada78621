//! The result of a scenario: a table for people and one line of JSON for programs.

use std::io::Write;
use std::time::Duration;

use hdrhistogram::Histogram;
use serde_json::{Map, Value, json};

use crate::error::LoadError;

/// Latencies in microseconds up to ten minutes, with three digits.
pub(crate) fn histogram() -> Result<Histogram<u64>, LoadError> {
    Histogram::new_with_bounds(1, 600_000_000, 3).map_err(|error| LoadError::refused(error.to_string()))
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX).max(1)
}

#[derive(Debug, Default)]
pub(crate) struct Report {
    scenario: String,
    rows: Vec<(String, Value)>,
}

impl Report {
    pub(crate) fn new(scenario: &str) -> Self {
        Self { scenario: scenario.into(), rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, name: &str, value: impl Into<Value>) {
        self.rows.push((name.into(), value.into()));
    }

    pub(crate) fn rate(&mut self, name: &str, count: u64, elapsed: Duration) {
        self.add(name, rounded(per_second(count, elapsed), 1));
    }

    pub(crate) fn latencies(&mut self, prefix: &str, latencies: &Histogram<u64>) {
        for (name, quantile) in [("p50", 0.5), ("p99", 0.99), ("p999", 0.999)] {
            self.add(&format!("{prefix}{name}_ms"), millis(latencies.value_at_quantile(quantile)));
        }
        self.add(&format!("{prefix}max_ms"), millis(latencies.max()));
    }

    pub(crate) fn number(&self, name: &str) -> Option<f64> {
        self.rows.iter().find(|(row, _)| row == name)?.1.as_f64()
    }

    pub(crate) fn print(&self) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        let width = self.rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        writeln!(out, "{}", self.scenario)?;
        for (name, value) in &self.rows {
            let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            writeln!(out, "  {name:<width$}  {shown}")?;
        }
        let members: Map<String, Value> = self.rows.iter().cloned().collect();
        writeln!(out, "{}", json!({"scenario": self.scenario, "result": members}))?;
        out.flush()
    }
}

/// A line about the progress, beside the result: to stderr.
pub(crate) fn progress(text: &str) {
    // Nobody reads it: then nobody misses it.
    drop(writeln!(std::io::stderr(), "{text}"));
}

#[expect(clippy::cast_precision_loss, reason = "counts of one run are far below 2^53")]
pub(crate) fn per_second(count: u64, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64().max(1e-9)
}

#[expect(clippy::cast_precision_loss, reason = "latencies in microseconds are far below 2^53")]
pub(crate) fn millis(micros: u64) -> f64 {
    rounded(micros as f64 / 1_000.0, 3)
}

pub(crate) fn rounded(number: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (number * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_latency_of_seconds_is_reported_as_it_was() {
        let mut latencies = histogram().unwrap();
        latencies.saturating_record(micros(Duration::from_secs(5)));
        let mut report = Report::new("test");
        report.latencies("", &latencies);
        assert!((report.number("p99_ms").unwrap() - 5_000.0).abs() < 10.0);
    }

    #[test]
    fn a_rate_is_a_count_over_time() {
        let mut report = Report::new("test");
        report.rate("per_s", 500, Duration::from_millis(250));
        assert!((report.number("per_s").unwrap() - 2_000.0).abs() < 0.1);
    }
}
