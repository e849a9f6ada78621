//! Every sample of Meta's webhooks becomes what it says, as one line each: the table is the specification.

#![expect(clippy::unwrap_used, reason = "helpers of tests; a panic is the test's failure")]

#[path = "samples/summary.rs"]
mod summary;
#[path = "samples/support.rs"]
mod support;

use std::fmt::Write;

use summary::summary;
use support::{samples, split};

#[test]
fn every_sample_says_what_it_says() {
    let mut table = String::new();
    for (name, body) in samples() {
        for record in split(&body) {
            writeln!(table, "{name} {}", summary(&record)).unwrap();
        }
    }
    assert_table(&table, "golden.txt");
}

#[test]
fn what_has_no_sample_is_described_here() {
    let mut table = String::new();
    for line in include_str!("samples/more.jsonl").lines() {
        for record in split(line.as_bytes()) {
            writeln!(table, "{}", summary(&record)).unwrap();
        }
    }
    assert_table(&table, "more_golden.txt");
}

/// `JETTO_BLESS=1` writes down what came out; the diff is then for a person to judge.
fn assert_table(found: &str, name: &str) {
    let path = format!("{}/tests/samples/{name}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("JETTO_BLESS").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    for (found, expected) in found.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(found.lines().count(), expected.lines().count(), "{found}");
}
