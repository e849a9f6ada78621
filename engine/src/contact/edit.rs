//! What people and files change about a contact: a difference, applied where the newest state is, so that two who edit different
//! things do not undo each other.

use serde::{Deserialize, Serialize};

use super::{Contact, FieldKey, FieldValue, NAME_MAX, TAGS_MAX, Tag};
use crate::contact::field::{FIELDS_MAX, FieldDefinition};
use crate::directory::Person;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// `None` stays as it is; `Some(None)` is taken away.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContactEdit {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Option<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_tags: Vec<Tag>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove_tags: Vec<Tag>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(FieldKey, Option<FieldValue>)>,
    /// Messages to them do not arrive since then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undeliverable: Option<Timestamp>,
    /// Whose edit it is, and when. `None`: a file's, or the system's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<(Person, Timestamp)>,
}

impl ContactEdit {
    /// Before anything is written: what is in it is bounded and of the kinds that the organization defined.
    pub fn check(&self, fields: &[FieldDefinition]) -> Result<(), Rejection> {
        if let Some(Some(name)) = &self.name
            && (name.trim().is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control))
        {
            return Err(Rejection::Invalid("A name has 1 to 256 characters."));
        }
        if let Some(Some(language)) = &self.language
            && !is_language(language)
        {
            return Err(Rejection::Invalid("A language is written like \"pt\" or \"pt_BR\"."));
        }
        if self.add_tags.len() > TAGS_MAX || self.remove_tags.len() > TAGS_MAX {
            return Err(Rejection::Invalid("A contact has at most 50 tags."));
        }
        if self.fields.len() > FIELDS_MAX {
            return Err(Rejection::Invalid("There are at most 50 fields."));
        }
        for (key, value) in &self.fields {
            let Some(definition) = fields.iter().find(|definition| definition.key == *key) else {
                return Err(Rejection::Invalid("There is no such field. Define it first."));
            };
            if let Some(value) = value {
                if value.kind() != definition.kind {
                    return Err(Rejection::Invalid("The value is not of the field's kind."));
                }
                value.check()?;
            }
        }
        Ok(())
    }
}

/// `pt` or `pt_BR`, as WhatsApp names the languages of templates.
fn is_language(text: &str) -> bool {
    let (language, region) = text.split_once('_').map_or((text, None), |(language, region)| (language, Some(region)));
    let is_region =
        |region: &str| (2..=4).contains(&region.len()) && region.bytes().all(|byte| byte.is_ascii_alphanumeric());
    (2..=3).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_lowercase())
        && region.is_none_or(is_region)
}

impl Contact {
    /// `true` when something changed. More tags than fit are left away.
    pub fn edit(&mut self, edit: &ContactEdit) -> bool {
        let before = self.clone();
        let ContactEdit { name, language, add_tags, remove_tags, fields, undeliverable, by } = edit;
        if let Some(name) = name {
            self.name = name.as_deref().map(|name| name.trim().to_owned());
            self.is_named = self.name.is_some();
        }
        if let Some(language) = language {
            self.language.clone_from(language);
        }
        for tag in remove_tags {
            self.tags.remove(tag);
        }
        for tag in add_tags {
            if self.tags.len() < TAGS_MAX {
                self.tags.insert(tag.clone());
            }
        }
        for (key, value) in fields {
            match value {
                Some(value) if self.fields.len() < FIELDS_MAX || self.fields.contains_key(key) => {
                    self.fields.insert(key.clone(), value.clone());
                }
                Some(_) => {}
                None => drop(self.fields.remove(key)),
            }
        }
        if let Some(since) = undeliverable {
            self.undeliverable_since.get_or_insert(*since);
        }
        let is_other = *self != before;
        if let Some((by, at)) = by.clone().filter(|_| is_other) {
            self.remember_edit(&before, by, at);
        }
        is_other
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::field::FieldKind;
    use crate::id::ContactId;

    fn text(text: &str) -> FieldValue {
        FieldValue::Text(text.to_owned())
    }

    fn edit() -> ContactEdit {
        ContactEdit {
            name: Some(Some("Marina".into())),
            add_tags: vec!["VIP".parse().unwrap()],
            fields: vec![("city".parse().unwrap(), Some(text("Lagos")))],
            ..ContactEdit::default()
        }
    }

    fn contact() -> Contact {
        let mut contact = Contact::new(ContactId::from_bytes([1; 16]));
        contact.fields.insert("city".parse().unwrap(), text("Accra"));
        contact
    }

    #[test]
    fn an_edit_that_was_made_changes_nothing_again() {
        let mut contact = contact();
        assert!(contact.edit(&edit()));
        assert!(!contact.edit(&edit()));
    }

    #[test]
    fn only_defined_fields_of_their_kind_are_written() {
        let city = FieldDefinition { key: "city".parse().unwrap(), name: "City".into(), kind: FieldKind::Text };
        assert_eq!(edit().check(std::slice::from_ref(&city)), Ok(()));
        assert!(edit().check(&[]).is_err());
        assert!(edit().check(&[FieldDefinition { kind: FieldKind::Number, ..city }]).is_err());
    }

    #[test]
    fn more_tags_than_fit_are_left_away() {
        let tags = (0..60).map(|n| format!("t{n}").parse().unwrap()).collect();
        let mut contact = contact();
        contact.edit(&ContactEdit { add_tags: tags, ..ContactEdit::default() });
        assert_eq!(contact.tags.len(), TAGS_MAX);
    }

    #[test]
    fn a_language_is_named_as_templates_name_it() {
        assert!(["pt", "pt_BR", "fil", "zh_CN"].iter().all(|text| is_language(text)));
        assert!(!["", "p", "Portuguese", "pt-BR", "PT", "pt_"].iter().any(|text| is_language(text)));
    }
}
