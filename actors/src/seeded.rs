//! Deliberate bugs, to show that the tests catch them. Compiled in with the feature `seeded-bugs` only.

/// Whether the process was started with this bug: `JETTO_SEEDED_BUG` names it.
#[cfg(feature = "seeded-bugs")]
pub(crate) fn bug(name: &str) -> bool {
    static BUG: std::sync::OnceLock<Option<String>> = std::sync::OnceLock::new();
    BUG.get_or_init(|| std::env::var("JETTO_SEEDED_BUG").ok()).as_deref() == Some(name)
}

#[cfg(not(feature = "seeded-bugs"))]
pub(crate) const fn bug(_: &str) -> bool {
    false
}
