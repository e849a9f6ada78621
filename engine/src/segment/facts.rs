//! What conditions ask about a contact, small enough that a million of them fit into memory. Texts are lower case already, and those
//! that many contacts have may be shared.

use std::sync::Arc;

use super::{IdentityKind, MarketingState};
use crate::consent::Consent;
use crate::contact::{Contact, FieldKey, FieldValue};
use crate::day::Day;
use crate::id::ImportId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactFacts {
    /// In lower case.
    pub name: Box<str>,
    pub country: Option<Arc<str>>,
    pub language: Option<Arc<str>>,
    pub tags: Arc<[Arc<str>]>,
    /// Texts in lower case.
    pub fields: Arc<[(FieldKey, FieldValue)]>,
    pub imports: Arc<[ImportId]>,
    pub last_message_on: Option<Day>,
    pub created_on: Option<Day>,
    pub marketing: MarketingState,
    pub undeliverable: bool,
    /// What they can be reached by.
    pub identities: [Option<IdentityKind>; 3],
}

impl ContactFacts {
    pub fn of(contact: &Contact) -> Self {
        let name = contact.name.as_deref().or(contact.username.as_deref()).unwrap_or_default();
        Self {
            name: name.to_lowercase().into(),
            country: contact.country.as_deref().map(Arc::from),
            language: contact.language.as_deref().map(Arc::from),
            tags: contact.tags.iter().map(|tag| Arc::from(tag.as_str())).collect(),
            fields: contact.fields.iter().map(|(key, value)| (key.clone(), lower(value.clone()))).collect(),
            imports: contact.imports.iter().copied().collect(),
            last_message_on: contact.last_message_on,
            created_on: contact.created_at.map(Day::of),
            marketing: match contact.marketing {
                Consent::NotAsked => MarketingState::NotAsked,
                Consent::OptedIn { .. } => MarketingState::OptedIn,
                Consent::OptedOut { .. } => MarketingState::OptedOut,
            },
            undeliverable: contact.undeliverable_since.is_some(),
            identities: [
                contact.phone.as_ref().map(|_| IdentityKind::Phone),
                contact.bsuid.as_ref().map(|_| IdentityKind::Bsuid),
                contact.username.as_ref().map(|_| IdentityKind::Username),
            ],
        }
    }

    pub(super) fn field(&self, key: &FieldKey) -> Option<&FieldValue> {
        self.fields.iter().find(|(known, _)| known == key).map(|(_, value)| value)
    }

    pub(super) fn has(&self, kind: IdentityKind) -> bool {
        self.identities.contains(&Some(kind))
    }
}

pub(super) fn lower(value: FieldValue) -> FieldValue {
    match value {
        FieldValue::Text(text) => FieldValue::Text(text.to_lowercase()),
        FieldValue::Number(_) | FieldValue::Date(_) | FieldValue::YesNo(_) => value,
    }
}
