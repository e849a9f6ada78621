//! A customer: who they are, what they said about marketing, and what the organization keeps of them.

mod clash;
mod edit;
mod edited;
mod field;
mod import;
mod merge;
mod sought;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::consent::{Consent, ConsentEntry};
use crate::country;
use crate::day::Day;
use crate::id::{Bsuid, ContactId, ImportId, WaId};
use crate::identity::{self, Identities};
use crate::mask;
use crate::time::Timestamp;

pub use clash::{Clash, Settlement, settle};
pub use edit::ContactEdit;
pub use edited::Edited;
pub use field::{FIELDS_MAX, FieldDefinition, FieldKey, FieldKind, FieldValue, Number, Tag, check_definitions};
pub use import::{COLUMNS_MAX, Column, Import, ImportMark, ImportRow, ImportStage, Imported, Mapping, Undone};
pub use merge::{Left, MERGED_MAX, Merge, UNDO_WITHIN};
pub use sought::Sought;
pub use timeline::{Happening, NoStanding, Standing, What, page as timeline_page};

/// Longest name kept, in characters; WhatsApp itself allows 25, imports more.
const NAME_MAX: usize = 256;
/// Tags of one contact; further ones are left away.
pub const TAGS_MAX: usize = 50;
/// Files that a contact remembers to have been in; older ones are forgotten.
const IMPORTS_MAX: usize = 10;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Contact {
    pub id: ContactId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Without `@`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// `None` when the person did not share their number.
    #[serde(default, with = "phone", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub phone: Option<WaId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bsuid: Option<Bsuid>,
    /// ISO 3166 alpha-2, as far as known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    // What follows is no part of the copy in a conversation, see [`Contact::card`].
    /// As templates name it: `pt_BR`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// A member or a file named them: what WhatsApp calls them does not replace it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_named: bool,
    #[serde(default, skip_serializing_if = "is_not_asked")]
    pub marketing: Consent,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<Tag>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "schema", schema(value_type = std::collections::BTreeMap<String, FieldValue>))]
    pub fields: BTreeMap<FieldKey, FieldValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// By the day, so that somebody who writes all day costs one write of their contact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_message_on: Option<Day>,
    /// WhatsApp could not reach them, and they have not written since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undeliverable_since: Option<Timestamp>,
    /// Files that they were in, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<ImportId>,
    /// How to take the newest of them back; no part of any answer.
    #[cfg_attr(feature = "schema", schema(ignore))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_import: Option<Box<ImportMark>>,
    /// Other contacts that turned out to be the same person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<Merge>,
    /// It is hidden, and found as this one; no part of any answer.
    #[cfg_attr(feature = "schema", schema(ignore))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merged_into: Option<ContactId>,
    /// Whom a person said that they are not, the newest last; no part of any answer.
    #[cfg_attr(feature = "schema", schema(ignore))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parted: Vec<ContactId>,
    /// What members changed, the newest last; the timeline tells it, and no other answer.
    #[cfg_attr(feature = "schema", schema(ignore))]
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edited>,
}

fn is_not_asked(consent: &Consent) -> bool {
    *consent == Consent::NotAsked
}

impl Contact {
    pub fn new(id: ContactId) -> Self {
        Self {
            id,
            name: None,
            username: None,
            phone: None,
            bsuid: None,
            country: None,
            language: None,
            is_named: false,
            marketing: Consent::NotAsked,
            tags: BTreeSet::new(),
            fields: BTreeMap::new(),
            created_at: None,
            last_message_on: None,
            undeliverable_since: None,
            imports: Vec::new(),
            last_import: None,
            merged: Vec::new(),
            merged_into: None,
            parted: Vec::new(),
            edits: Vec::new(),
        }
    }

    /// Who they are and what they said of marketing, and no more: what is copied into their conversations, where it goes with
    /// every event and is as old as the last of them.
    #[must_use]
    pub fn card(self) -> Self {
        let Self { id, name, username, phone, bsuid, country, marketing, .. } = self;
        Self { name, username, phone, bsuid, country, marketing, ..Self::new(id) }
    }

    /// As people see them.
    #[must_use]
    pub fn shown(self) -> Self {
        let merged = self.merged.into_iter().map(|merge| Merge { mark: None, ..merge }).collect();
        Self { last_import: None, merged, parted: Vec::new(), edits: Vec::new(), ..self }
    }

    /// `true` when something changed.
    pub fn heed(&mut self, entry: &ConsentEntry) -> bool {
        let before = self.marketing;
        self.marketing = before.after(entry);
        self.marketing != before
    }

    /// For people who may not know more of the person, and for what is kept longer than the contact: first letter and the
    /// end of the number.
    pub fn masked(&self) -> String {
        let name = self.name.as_deref().or(self.username.as_deref()).map(mask::initial);
        let phone = self.phone.as_ref().map(|phone| mask::phone(&phone.e164()));
        [name, phone].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// Takes over what a webhook newly says; `true` when something changed. Meta omits what it may not share,
    /// so an absent value never erases a known one.
    pub fn learn(&mut self, identities: &Identities) -> bool {
        let before = self.clone();
        let name = identities.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        if let Some(name) = name.filter(|_| !self.is_named) {
            self.name = Some(name.chars().take(NAME_MAX).collect());
        }
        if let Some(username) = &identities.username {
            self.username = Some(username.trim_start_matches('@').chars().take(NAME_MAX).collect());
        }
        if let Some(wa_id) = &identities.wa_id {
            self.phone = Some(wa_id.clone());
        }
        if let Some(bsuid) = &identities.bsuid {
            self.country = identity::country(bsuid).or(self.country.take());
            self.bsuid = Some(bsuid.clone());
        }
        if self.country.is_none() {
            self.country = self.phone.as_ref().and_then(country::of_number).map(str::to_owned);
        }
        if let Some(at) = identities.seen_at {
            self.created_at.get_or_insert(at);
            if identities.wrote {
                self.last_message_on = self.last_message_on.max(Some(Day::of(at)));
                self.undeliverable_since.take_if(|since| *since < at);
            }
        }
        *self != before
    }
}

/// The number with `+` on the outside, Meta's bare digits on the inside.
mod phone {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::id::WaId;

    #[expect(clippy::ref_option, reason = "the signature that serde's `with` calls")]
    pub(super) fn serialize<S: Serializer>(phone: &Option<WaId>, serializer: S) -> Result<S::Ok, S::Error> {
        match phone {
            Some(wa_id) => serializer.collect_str(&format_args!("+{wa_id}")),
            None => serializer.serialize_none(),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<WaId>, D::Error> {
        let text = Option::<std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.map(|text| text.trim_start_matches('+').parse().map_err(serde::de::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_omitted_number_does_not_erase_the_known_one() -> Result<(), crate::id::InvalidId> {
        let mut contact = Contact::new(ContactId::from_bytes([1; 16]));
        assert!(contact.learn(&Identities { wa_id: Some("12025550123".parse()?), ..Identities::default() }));
        assert!(contact.learn(&Identities { bsuid: Some("US.1".parse()?), ..Identities::default() }));
        assert_eq!(contact.phone, Some("12025550123".parse()?));
        assert_eq!(contact.country.as_deref(), Some("US"));
        Ok(())
    }

    #[test]
    fn a_day_of_messages_changes_a_contact_once() -> Result<(), crate::id::InvalidId> {
        let mut contact = Contact::new(ContactId::from_bytes([1; 16]));
        contact.undeliverable_since = Some(Timestamp(1_795_391_000_000));
        let wrote = |at| Identities { seen_at: Some(Timestamp(at)), wrote: true, ..Identities::default() };
        assert!(contact.learn(&wrote(1_795_392_000_000)));
        assert_eq!(contact.undeliverable_since, None, "who writes can be reached");
        assert!(!contact.learn(&wrote(1_795_392_060_000)));
        assert!(!contact.learn(&wrote(1_795_305_600_000)), "an older one");
        assert!(contact.learn(&wrote(1_795_478_400_000)));
        assert_eq!(contact.last_message_on, Some("2026-11-24".parse()?));
        assert_eq!(contact.created_at, Some(Timestamp(1_795_392_000_000)));
        Ok(())
    }

    #[test]
    fn a_given_name_is_not_replaced_by_whatsapps() {
        let mut contact = Contact::new(ContactId::from_bytes([1; 16]));
        contact.edit(&ContactEdit { name: Some(Some("Dr. Costa".into())), ..ContactEdit::default() });
        contact.learn(&Identities { name: Some("bia 🌻".into()), ..Identities::default() });
        assert_eq!(contact.name.as_deref(), Some("Dr. Costa"));
    }

    #[test]
    fn the_phone_is_shown_with_its_plus_and_read_back() -> Result<(), Box<dyn std::error::Error>> {
        let mut contact = Contact::new(ContactId::from_bytes([2; 16]));
        contact.phone = Some("12025550123".parse()?);
        let json = serde_json::to_string(&contact)?;
        assert!(json.contains("\"+12025550123\""));
        assert_eq!(serde_json::from_str::<Contact>(&json)?, contact);
        Ok(())
    }
}
