//! What must not stand in the code. The words are put together here, so that this file does not find itself.

use crate::tree::{Source, Verdict, none, sources};

/// Every code line of the chosen files that has one of the words.
fn lines_with<'a>(
    choose: impl Fn(&Source) -> bool + 'a,
    words: &'a [&'a str],
    advice: &'a str,
) -> Result<impl Iterator<Item = String> + 'a, crate::tree::Findings> {
    let chosen = sources()?.iter().filter(move |source| choose(source));
    Ok(chosen.flat_map(move |source| {
        let hits = source.code().filter_map(move |(number, line)| {
            let word = words.iter().find(|word| line.contains(**word))?;
            Some(format!("{}:{number}: has `{word}`; {advice}", source.path))
        });
        hits.collect::<Vec<_>>()
    }))
}

#[test]
fn a_lint_is_never_just_switched_off() -> Verdict {
    let rust = [concat!("#[al", "low("), concat!("#![al", "low(")];
    let web = [concat!("@ts-", "ignore"), concat!("@ts-", "nocheck")];
    let advice = "use `#[expect(…, reason = \"…\")]`, which complains when it is not needed any more";
    none(lines_with(Source::is_rust, &rust, advice)?.chain(lines_with_comments(&web)?))
}

/// The web's switches are comments.
fn lines_with_comments(words: &[&str]) -> Result<Vec<String>, crate::tree::Findings> {
    let mut findings = Vec::new();
    for source in sources()?.iter().filter(|source| source.is_web()) {
        for (number, line) in source.lines() {
            if words.iter().any(|word| line.contains(word)) {
                findings.push(format!("{}:{number}: give the value its type", source.path));
            }
        }
    }
    Ok(findings)
}

#[test]
fn nothing_is_left_to_be_written_later() -> Verdict {
    let words = [concat!("to", "do!("), concat!("unimple", "mented!(")];
    none(lines_with(Source::is_rust, &words, "write it, or leave it out and say so in ARCHITECTURE.md")?)
}

/// `test.skip(condition, reason)` is allowed: the browser tests run against the mock and against the demo, and a test that
/// needs one of them says so.
#[test]
fn no_test_is_skipped() -> Verdict {
    let rust = [concat!("#[ig", "nore")];
    let web = [
        concat!(".sk", "ip('"),
        concat!(".sk", "ip(`"),
        concat!(".sk", "ip()"),
        concat!(".on", "ly("),
        concat!(".fix", "me("),
        concat!("test.to", "do("),
    ];
    let advice = "make it run everywhere, or take it out";
    let is_web_test = |source: &Source| source.is_web() && source.is_test();
    none(lines_with(Source::is_rust, &rust, advice)?.chain(lines_with(is_web_test, &web, advice)?))
}

#[test]
fn no_test_sleeps() -> Verdict {
    let words = [concat!("sle", "ep("), concat!("waitFor", "Timeout(")];
    let mut findings = Vec::new();
    for source in sources()?.iter().filter(|source| source.is_rust() || source.is_web()) {
        let start = source.tests_start();
        for (number, line) in source.code().filter(|(number, _)| *number > start) {
            if words.iter().any(|word| line.contains(word)) {
                let advice = "wait for the condition, or pause the time (`tokio::time::pause`)";
                findings.push(format!("{}:{number}: a test sleeps; {advice}", source.path));
            }
        }
    }
    none(findings)
}

#[test]
fn no_error_of_awaited_work_is_dropped() -> Verdict {
    let start = concat!("let ", "_ =");
    let mut findings = Vec::new();
    for source in sources()?.iter().filter(|source| source.is_rust()) {
        for (at, _) in source.text.match_indices(start) {
            let statement = source.text.get(at..).and_then(|rest| rest.split(';').next()).unwrap_or_default();
            if statement.contains(".await") {
                let number = source.text.get(..at).map_or(0, |before| before.matches('\n').count()) + 1;
                findings.push(format!("{}:{number}: handle the error, or log it", source.path));
            }
        }
    }
    none(findings)
}

#[test]
fn nothing_points_at_the_machine_it_was_written_on() -> Verdict {
    let folders = [concat!("/wo", "rk/"), concat!("/ro", "ot/")];
    let hosts = [
        concat!("crates", ".io"),
        concat!("npm", "js."),
        concat!("pypi", ".org"),
        concat!("proxy.go", "lang"),
        concat!("maven", ".org"),
        concat!("deb.deb", "ian"),
    ];
    let mut findings = Vec::new();
    for source in sources()? {
        for (number, line) in source.lines() {
            let folder = folders.iter().find(|folder| has_absolute(line, folder));
            // Cargo writes the name of its index into the lock file, wherever it is run.
            let host = hosts.iter().find(|host| line.contains(**host) && source.path != "Cargo.lock");
            if let Some(word) = folder.or(host) {
                let advice = "use a path inside the repository, a variable, or the client's own configuration";
                findings.push(format!("{}:{number}: names `{word}`; {advice}", source.path));
            }
        }
    }
    none(findings)
}

/// `x/folder/` is a path of somebody's own, `"/folder/` is one of the machine.
fn has_absolute(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        before.is_none_or(|before| !(before.is_alphanumeric() || matches!(before, '.' | '_' | '-' | '}' | ')' | '*')))
    })
}
