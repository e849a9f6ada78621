//! The order of people: the same in every store, so that a page does not depend on the store.

/// Sorts `Émile` near `emily` only as far as lower case goes: no locale, so the order is the same on every machine.
pub(crate) fn by_name(name: &str) -> String {
    name.to_lowercase()
}

/// By name, then by language.
pub(crate) fn templates(templates: &mut [engine::template::KeptTemplate]) {
    templates.sort_by(|one, other| {
        let key = |kept: &engine::template::KeptTemplate| (kept.template.name.clone(), kept.template.language.clone());
        key(one).cmp(&key(other))
    });
}
