//! What people read must be true.

use std::path::Path;

use crate::tree::{Findings, Source, Verdict, none, root, source, sources};

const ARCHITECTURE_LINES_MAX: usize = 250;
const DECISIONS: &str = "engine/docs/adr/";
const DECISION_PARTS: &[&str] = &["## Context", "## Decision", "## Price", "## How we would notice that it was wrong"];

/// Everything between backticks, and the lines of fenced blocks.
fn code_spans(paper: &Source) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut spans = Vec::new();
    for (number, line) in paper.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            spans.push((number, line.trim()));
        } else {
            spans.extend(line.split('`').skip(1).step_by(2).map(|span| (number, span)));
        }
    }
    spans
}

fn papers() -> Result<impl Iterator<Item = &'static Source>, Findings> {
    Ok(sources()?.iter().filter(|source| source.ends_with(&[".md"])))
}

#[test]
fn every_setting_is_explained() -> Verdict {
    let settings = source("gateway/jetto.default.toml")?;
    let mut explained = false;
    let mut findings = Vec::new();
    for (number, line) in settings.lines() {
        match line.trim() {
            "" => explained = false,
            text if text.starts_with('#') => explained = true,
            text if text.starts_with('[') => {}
            _ if explained => {}
            text => findings.push(format!("{}:{number}: `{text}` has no comment above it", settings.path)),
        }
    }
    none(findings)
}

#[test]
fn decisions_are_numbered_without_a_gap_and_say_what_they_cost() -> Verdict {
    let mut decisions: Vec<_> = sources()?.iter().filter(|source| source.path.starts_with(DECISIONS)).collect();
    decisions.sort_by(|one, other| one.path.cmp(&other.path));
    let mut findings = Vec::new();
    for (expected, decision) in (1..).zip(&decisions) {
        let number = decision.name().get(..4).and_then(|digits| digits.parse::<u32>().ok());
        if number != Some(expected) {
            findings.push(format!("{}: number {expected:04} is missing or given twice", decision.path));
        }
        for part in DECISION_PARTS.iter().filter(|part| !decision.text.lines().any(|line| line == **part)) {
            findings.push(format!("{}: has no `{part}`", decision.path));
        }
    }
    if decisions.is_empty() {
        findings.push(format!("{DECISIONS}: holds no decision"));
    }
    none(findings)
}

#[test]
fn the_architecture_is_told_in_250_lines() -> Verdict {
    let lines = source("ARCHITECTURE.md")?.text.lines().count();
    let text = format!("ARCHITECTURE.md:{lines}: more than {ARCHITECTURE_LINES_MAX} lines; move detail to its module");
    none((lines > ARCHITECTURE_LINES_MAX).then_some(text))
}

#[test]
fn every_limit_of_the_architecture_is_the_one_in_the_code() -> Verdict {
    let paper = source("ARCHITECTURE.md")?;
    let mut findings = Vec::new();
    let mut seen = 0;
    for (number, line) in paper.lines() {
        let mut spans = line.split('`').skip(1).step_by(2);
        let (true, Some(limit), Some(path)) = (line.starts_with("| `"), spans.next(), spans.next()) else { continue };
        let Some((name, value)) = limit.split_once(" = ") else { continue };
        seen += 1;
        let Ok(code) = source(path) else {
            findings.push(format!("{}:{number}: there is no file {path}", paper.path));
            continue;
        };
        let declared = code.text.lines().any(|code| {
            let is_constant = code.contains(&format!("const {name}:")) && code.ends_with(&format!(" = {value};"));
            is_constant || code == limit
        });
        if !declared {
            findings.push(format!("{}:{number}: {path} has no `{limit}`", paper.path));
        }
    }
    if seen == 0 {
        findings.push(format!("{}: has no table of limits", paper.path));
    }
    none(findings)
}

#[test]
fn every_command_that_a_paper_names_is_there() -> Verdict {
    let targets: Vec<_> =
        source("Makefile")?.lines().filter_map(|(_, line)| line.split_once(':').map(|(target, _)| target)).collect();
    let jetto = &source("gateway/src/main.rs")?.text;
    let load = &source("loadtest/src/cli.rs")?.text;
    let mut findings = Vec::new();
    for paper in papers()? {
        for (number, span) in code_spans(paper) {
            let span = span.trim_start_matches("$ ").trim_start_matches("./");
            let mut words = span.split_whitespace();
            let command = words.next().and_then(|word| word.rsplit('/').next());
            let Some(first) = words.next().filter(|word| word.bytes().all(is_plain)) else { continue };
            let there = match command {
                Some("make") => targets.iter().any(|target| target.split_whitespace().any(|name| name == first)),
                Some("jetto") => has_subcommand(jetto, first),
                Some("jetto-load") => has_subcommand(load, first),
                Some(_) | None => true,
            };
            if !there {
                findings.push(format!("{}:{number}: there is no `{span}`", paper.path));
            }
        }
    }
    none(findings)
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte == b'-'
}

/// `reconnect-storm` is the variant `ReconnectStorm` of a command line.
fn has_subcommand(code: &str, name: &str) -> bool {
    let mut variant = String::from("    ");
    for word in name.split('-') {
        variant.extend(word.chars().take(1).map(|first| first.to_ascii_uppercase()));
        variant.extend(word.chars().skip(1));
    }
    code.lines()
        .any(|line| line.strip_prefix(&variant).is_some_and(|rest| rest.trim_start().starts_with(['(', '{', ','])))
}

#[test]
fn every_link_and_path_in_a_paper_leads_somewhere() -> Verdict {
    let mut findings = Vec::new();
    for paper in papers()? {
        let folder = root().join(Path::new(&paper.path).parent().unwrap_or(Path::new("")));
        for (number, line) in paper.lines() {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
            let ours = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
            for target in ours.filter_map(|target| target.split('#').next()) {
                if !folder.join(target).exists() {
                    findings.push(format!("{}:{number}: the link {target} leads nowhere", paper.path));
                }
            }
        }
        for (number, span) in code_spans(paper) {
            let ours = ["engine/", "actors/", "storage/", "gateway/", "loadtest/", "deploy/", ".ci/"];
            let is_path = ours.iter().any(|start| span.starts_with(start))
                && !span.contains(|character: char| character.is_whitespace() || "{}*…<>".contains(character));
            if is_path && !root().join(span).exists() {
                findings.push(format!("{}:{number}: there is no {span}", paper.path));
            }
        }
    }
    none(findings)
}
