//! What an organization keeps of its contacts, and what it answers to who opts out.

use super::{Case, Change};
use crate::audit::Action;
use crate::consent::Confirmations;
use crate::contact::{FieldDefinition, check_definitions};
use crate::directory::Settings;
use crate::household::Write;
use crate::permission::Permission;
use crate::rejection::Rejection;

/// `None` stays as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactsChange {
    /// All of them, in their order. What contacts have of one that is not among them stays with them, unseen.
    pub fields: Option<Vec<FieldDefinition>>,
    pub confirmations: Option<Confirmations>,
}

pub(super) fn decide(case: &Case<'_>, change: ContactsChange) -> Result<Change, Rejection> {
    let now = &case.household.settings;
    let mut next: Settings = now.clone();
    let mut entry = case.entry(Action::SettingsChanged);
    if let Some(fields) = change.fields {
        case.require(Permission::TagsManage)?;
        check_fields(case, &fields)?;
        let keys: Vec<_> = fields.iter().map(|field| field.key.as_str()).collect();
        entry = entry.with("contact_fields", &keys.join(", "));
        next.contact_fields = fields;
    }
    if let Some(confirmations) = change.confirmations {
        case.require(Permission::ConsentManage)?;
        confirmations.check()?;
        entry = entry.with("confirmations", if confirmations.enabled { "on" } else { "off" });
        next.confirmations = confirmations;
    }
    if next == *now {
        return Ok(Change::default());
    }
    Ok(Change { writes: vec![Write::Settings(next)], audit: vec![entry] })
}

fn check_fields(case: &Case<'_>, fields: &[FieldDefinition]) -> Result<(), Rejection> {
    check_definitions(fields)?;
    for known in &case.household.settings.contact_fields {
        if fields.iter().any(|field| field.key == known.key && field.kind != known.kind) {
            return Err(Rejection::Invalid("The kind of a field stays. Make another field instead."));
        }
    }
    let broken = |segment: &crate::segment::Segment| segment.tree.check(fields).is_err();
    if case.household.segments.values().any(broken) {
        return Err(Rejection::InUse("A segment asks for this field."));
    }
    Ok(())
}
