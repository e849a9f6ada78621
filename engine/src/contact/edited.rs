//! What members changed about a contact, as its timeline tells it. Which things, and not what they held: the contact says what they hold.

use serde::{Deserialize, Serialize};

use super::{Contact, FieldKey, Tag};
use crate::directory::Person;
use crate::time::{Span, Timestamp};

/// Edits that a contact remembers; older ones are forgotten.
const EDITS_MAX: usize = 20;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited {
    /// No two of one contact have the same.
    pub at: Timestamp,
    pub by: Person,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub name: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub language: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags_added: Vec<Tag>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags_removed: Vec<Tag>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldKey>,
}

impl Contact {
    /// Remembers what is other than it was before.
    pub(super) fn remember_edit(&mut self, before: &Self, by: Person, at: Timestamp) {
        let last = self.edits.last().map(|edit| edit.at.plus(Span(1)));
        let keys = before.fields.keys().chain(self.fields.keys().filter(|key| !before.fields.contains_key(*key)));
        let edited = Edited {
            at: at.max(last.unwrap_or(at)),
            by,
            name: self.name != before.name,
            language: self.language != before.language,
            tags_added: self.tags.difference(&before.tags).cloned().collect(),
            tags_removed: before.tags.difference(&self.tags).cloned().collect(),
            fields: keys.filter(|key| self.fields.get(*key) != before.fields.get(*key)).cloned().collect(),
        };
        self.edits.push(edited);
        self.edits.drain(..self.edits.len().saturating_sub(EDITS_MAX));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ContactEdit, FieldValue};
    use super::*;
    use crate::id::{ContactId, MemberId};

    fn by(name: &str) -> Person {
        Person { id: MemberId::from_bytes([1; 16]), name: name.into() }
    }

    fn edit() -> ContactEdit {
        ContactEdit {
            name: Some(Some("Marina".into())),
            add_tags: vec!["VIP".parse().unwrap(), "Exam".parse().unwrap()],
            remove_tags: vec!["New".parse().unwrap()],
            fields: vec![
                ("city".parse().unwrap(), Some(FieldValue::Text("Lagos".into()))),
                ("since".parse().unwrap(), None),
            ],
            by: Some((by("Rafael"), Timestamp(5))),
            ..ContactEdit::default()
        }
    }

    #[test]
    fn what_a_member_changed_is_remembered_and_what_was_so_before_is_not() {
        let mut contact = Contact::new(ContactId::from_bytes([1; 16]));
        contact.tags.extend(["VIP".parse().unwrap(), "New".parse().unwrap()]);
        assert!(contact.edit(&edit()));
        let expected = Edited {
            at: Timestamp(5),
            by: by("Rafael"),
            name: true,
            language: false,
            tags_added: vec!["Exam".parse().unwrap()],
            tags_removed: vec!["New".parse().unwrap()],
            fields: vec!["city".parse().unwrap()],
        };
        assert_eq!(contact.edits, [expected]);
        assert!(!contact.edit(&edit()), "nothing is other than before");
        assert_eq!(contact.edits.len(), 1);
        let without = ContactEdit { by: None, name: Some(None), ..edit() };
        assert!(contact.edit(&without) && contact.edits.len() == 1, "a file's edit is the file's");
    }

    #[test]
    fn old_edits_are_forgotten_and_no_two_are_at_the_same_time() {
        let mut contact = Contact::new(ContactId::from_bytes([1; 16]));
        for n in 0..30 {
            contact.edit(&ContactEdit { name: Some(Some(format!("Marina {n}"))), ..edit() });
        }
        let times: Vec<_> = contact.edits.iter().map(|edit| edit.at.0).collect();
        assert_eq!(times, (15..35).collect::<Vec<_>>());
    }
}
