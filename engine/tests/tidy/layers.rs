//! Who may know whom. The manifests are the truth, so they are what is read.

use crate::tree::{Verdict, none, source, sources};

struct Layer {
    name: &'static str,
    /// Crates of ours that it may use.
    uses: &'static [&'static str],
    /// … and in its tests besides.
    uses_in_tests: &'static [&'static str],
    /// Beginnings of names of foreign crates that it must not use.
    never: &'static [&'static str],
}

const DRIVERS: &[&str] = &["rusqlite", "sqlx", "redis", "scylla", "aws-", "reqwest", "hyper", "tokio-tungstenite"];

const LAYERS: &[Layer] = &[
    Layer { name: "engine", uses: &[], uses_in_tests: &[], never: &["tokio", "actix", "async-std", "smol"] },
    Layer { name: "actors", uses: &["engine"], uses_in_tests: &["storage"], never: &["actix-web", "actix-http"] },
    Layer { name: "storage", uses: &["engine"], uses_in_tests: &[], never: &["actix"] },
    Layer { name: "gateway", uses: &["engine", "actors", "storage", "loadtest"], uses_in_tests: &[], never: &[] },
    Layer { name: "loadtest", uses: &["engine"], uses_in_tests: &[], never: &[] },
];

/// A dependency as a manifest declares it.
struct Dependency {
    line: usize,
    name: String,
    for_tests: bool,
    declaration: String,
}

fn dependencies(manifest: &str) -> Vec<Dependency> {
    let (mut inside, mut for_tests) = (false, false);
    let mut found = Vec::new();
    for (line, text) in (1..).zip(manifest.lines()) {
        let text = text.trim();
        if let Some(section) = text.strip_prefix('[') {
            let section = section.trim_end_matches(']');
            for_tests = section.contains("dev-dependencies");
            inside = section.ends_with("dependencies");
            if let Some((_, name)) = section.split_once("dependencies.") {
                found.push(Dependency { line, name: name.to_owned(), for_tests, declaration: text.to_owned() });
            }
        } else if inside && let Some((key, declaration)) = text.split_once('=') {
            let name = key.split('.').next().unwrap_or(key).trim().to_owned();
            found.push(Dependency { line, name, for_tests, declaration: declaration.to_owned() });
        }
    }
    found
}

#[test]
fn crates_use_each_other_in_one_direction_only() -> Verdict {
    let mut findings = Vec::new();
    for layer in LAYERS {
        let path = format!("{}/Cargo.toml", layer.name);
        for dependency in dependencies(&source(&path)?.text) {
            let ours = LAYERS.iter().any(|other| other.name == dependency.name);
            let allowed = layer.uses.contains(&dependency.name.as_str())
                || dependency.for_tests && layer.uses_in_tests.contains(&dependency.name.as_str());
            if ours && !allowed {
                let (line, from, to) = (dependency.line, layer.name, &dependency.name);
                findings.push(format!("{path}:{line}: {from} must not use {to}; see ADR 0001 for the direction"));
            }
        }
    }
    none(findings)
}

#[test]
fn rules_and_actors_know_no_driver_and_the_store_knows_no_actor() -> Verdict {
    let mut findings = Vec::new();
    for layer in LAYERS {
        let path = format!("{}/Cargo.toml", layer.name);
        let drivers = if matches!(layer.name, "engine" | "actors") { DRIVERS } else { &[] };
        for dependency in dependencies(&source(&path)?.text) {
            if layer.never.iter().chain(drivers).any(|never| dependency.name.starts_with(never)) {
                let (line, name) = (dependency.line, &dependency.name);
                let text = format!("{path}:{line}: {} must not use {name}; put it behind a port", layer.name);
                findings.push(text);
            }
        }
    }
    none(findings)
}

#[test]
fn the_simulator_can_be_left_out_of_the_binary() -> Verdict {
    let path = "gateway/Cargo.toml";
    let fixed = dependencies(&source(path)?.text).into_iter().filter(|dependency| {
        dependency.name == "loadtest" && !dependency.for_tests && !dependency.declaration.contains("optional = true")
    });
    none(fixed.map(|found| format!("{path}:{}: loadtest must be optional, behind the feature demo", found.line)))
}

#[test]
fn only_app_rs_names_both_the_actors_and_the_store() -> Verdict {
    let both = sources()?.iter().filter(|source| {
        source.path.starts_with("gateway/src/")
            && source.path != "gateway/src/app.rs"
            && source.code().any(|(_, line)| names(line, "actors"))
            && source.code().any(|(_, line)| names(line, "storage"))
    });
    none(both.map(|source| format!("{}: names actors:: and storage::; let gateway/src/app.rs join them", source.path)))
}

/// Whether the line has a path that starts with the crate, not one that has it in its middle.
fn names(line: &str, name: &str) -> bool {
    let path = format!("{name}::");
    line.match_indices(&path).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|before| !(before.is_alphanumeric() || before == '_' || before == ':'))
    })
}

#[test]
fn a_manifest_is_read_as_cargo_reads_it() {
    let manifest = "[dependencies]\na.workspace = true\nb = \"1\"\n[dependencies.c]\nversion = \"1\"\n\
        [target.'cfg(unix)'.dev-dependencies]\nd = { workspace = true }\n[features]\ne = []\n";
    let read = dependencies(manifest).into_iter().map(|found| (found.name, found.for_tests));
    let expected = [("a", false), ("b", false), ("c", false), ("d", true)];
    assert!(read.eq(expected.map(|(name, for_tests)| (name.to_owned(), for_tests))));
    assert!(names("use storage::sqlite;", "storage") && !names("engine::storage::x", "storage"));
}
