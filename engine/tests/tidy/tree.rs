//! What the rules read: every text file that git tracks, or would track after `git add`.

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

pub(crate) struct Source {
    /// From the root of the repository.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Source {
    /// Lines with their numbers, from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        (1..).zip(self.text.lines())
    }

    /// Lines that are not comments as a whole.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().filter(|(_, line)| {
            let line = line.trim_start();
            !(line.starts_with("//") || line.starts_with("* ") || line.starts_with("/*"))
        })
    }

    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub(crate) fn ends_with(&self, endings: &[&str]) -> bool {
        endings.iter().any(|ending| self.path.ends_with(ending))
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.ends_with(&[".rs"])
    }

    /// TypeScript and JavaScript that people write.
    pub(crate) fn is_web(&self) -> bool {
        self.ends_with(&[".ts", ".tsx", ".mjs"])
    }

    /// Tests as a file; tests inside a Rust file start at [`Source::tests_start`].
    pub(crate) fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.ends_with(&[".test.ts", ".test.tsx", ".spec.ts"])
    }

    /// The first line that belongs to tests; far away when there is none.
    pub(crate) fn tests_start(&self) -> usize {
        if self.is_test() {
            return 0;
        }
        self.lines().find(|(_, line)| line.trim() == "#[cfg(test)]").map_or(usize::MAX, |(number, _)| number)
    }
}

/// What is wrong, a line each.
pub(crate) struct Findings(Vec<String>);

/// What a rule answers.
pub(crate) type Verdict = Result<(), Findings>;

impl From<String> for Findings {
    fn from(finding: String) -> Self {
        Self(vec![finding])
    }
}

impl fmt::Debug for Findings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} to repair", self.0.len())?;
        self.0.iter().try_for_each(|finding| writeln!(f, "  {finding}"))
    }
}

pub(crate) fn none(findings: impl IntoIterator<Item = String>) -> Verdict {
    let findings: Vec<_> = findings.into_iter().collect();
    if findings.is_empty() { Ok(()) } else { Err(Findings(findings)) }
}

pub(crate) fn root() -> &'static Path {
    let engine = Path::new(env!("CARGO_MANIFEST_DIR"));
    engine.parent().unwrap_or(engine)
}

pub(crate) fn sources() -> Result<&'static [Source], Findings> {
    static SOURCES: OnceLock<Result<Vec<Source>, String>> = OnceLock::new();
    SOURCES.get_or_init(read).as_deref().map_err(|error| error.clone().into())
}

/// One file that must be there.
pub(crate) fn source(path: &str) -> Result<&'static Source, Findings> {
    let found = sources()?.iter().find(|source| source.path == path);
    found.ok_or_else(|| format!("{path}: is missing, or is not text").into())
}

fn read() -> Result<Vec<Source>, String> {
    let list = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .map_err(|error| format!("git did not run: {error}; install git, tidy asks it which files are ours"))?;
    if !list.status.success() {
        return Err(format!("git ls-files failed: {}", String::from_utf8_lossy(&list.stderr).trim()));
    }
    let paths = list.stdout.split(|byte| *byte == 0).filter(|path| !path.is_empty());
    let paths = paths.map(|path| String::from_utf8_lossy(path).into_owned());
    // Pictures and deleted files do not read as text.
    let read = paths.filter_map(|path| Some(Source { text: std::fs::read_to_string(root().join(&path)).ok()?, path }));
    Ok(read.collect())
}
