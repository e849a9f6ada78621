//! Size and names of files.

use crate::tree::{Source, Verdict, none, sources};

const LINES_MAX: usize = 500;

/// Folders and files that would become a place for everything.
const CATCH_ALLS: &[&str] = &["util", "utils", "common", "helper", "helpers", "misc"];

#[test]
fn no_file_is_longer_than_500_lines() -> Verdict {
    let long = sources()?.iter().filter_map(|source| {
        let lines = source.text.lines().count();
        let counts = (source.is_rust() || source.is_web()) && !is_generated(source);
        (counts && lines > LINES_MAX).then(|| format!("{}:{lines}: split it by what it is about", source.path))
    });
    none(long)
}

fn is_generated(source: &Source) -> bool {
    source.text.lines().take(5).any(|line| line.to_lowercase().contains("generated"))
}

#[test]
fn no_module_is_called_mod_rs() -> Verdict {
    let found = sources()?.iter().filter(|source| source.name() == "mod.rs");
    none(found.map(|source| format!("{}: name the file after its module, beside the folder", source.path)))
}

#[test]
fn no_file_or_folder_is_a_place_for_everything() -> Verdict {
    let found = sources()?.iter().filter(|source| {
        let parts = source.path.split('/').map(|part| part.split('.').next().unwrap_or(part));
        parts.into_iter().any(|part| CATCH_ALLS.contains(&part))
    });
    none(found.map(|source| format!("{}: name it after what is in it", source.path)))
}
