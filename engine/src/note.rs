//! What members write down about a contact for each other. The customer never sees it.

use serde::{Deserialize, Serialize};

use crate::access::Principal;
use crate::directory::Person;
use crate::id::{ContactId, NoteId};
use crate::permission::Permission;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// Longest text, in characters.
pub const NOTE_MAX: usize = 4096;
/// Notes of one contact: all of them move in one line when the organization does.
pub const NOTES_MAX: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Note {
    pub id: NoteId,
    /// About whom.
    pub contact_id: ContactId,
    pub text: String,
    pub by: Person,
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub edited_at: Option<Timestamp>,
}

impl Note {
    pub fn new(id: NoteId, contact_id: ContactId, text: &str, by: Person, at: Timestamp) -> Result<Self, Rejection> {
        Ok(Self { id, contact_id, text: checked(text)?, by, at, edited_at: None })
    }

    /// `true` when something changed.
    pub fn rewrite(&mut self, text: &str, at: Timestamp) -> bool {
        if self.text == text {
            return false;
        }
        text.clone_into(&mut self.text);
        self.edited_at = Some(at);
        true
    }

    /// The words stand under a name, so nobody else changes them.
    pub fn may_rewrite(&self, who: &Principal) -> Result<(), Rejection> {
        who.require(Permission::NotesWrite)?;
        if self.by.id == who.person.id { Ok(()) } else { Err(Rejection::NotTheAuthor) }
    }

    pub fn may_delete(&self, who: &Principal) -> Result<(), Rejection> {
        if who.grants.allow(Permission::ConversationsDelete) { Ok(()) } else { self.may_rewrite(who) }
    }
}

/// As it is kept: without white space around it.
pub fn checked(text: &str) -> Result<String, Rejection> {
    let text = text.trim();
    let is_odd = |char: char| char.is_control() && !matches!(char, '\n' | '\t' | '\r');
    if text.is_empty() || text.chars().count() > NOTE_MAX || text.chars().any(is_odd) {
        return Err(Rejection::Invalid("A note has 1 to 4,096 characters."));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::tests::principal;
    use crate::id::MemberId;
    use crate::permission::Role;

    fn note(text: &str, by: MemberId) -> Result<Note, Rejection> {
        let by = Person { id: by, name: "Rafael".into() };
        Note::new(NoteId::from_bytes([1; 16]), ContactId::from_bytes([1; 16]), text, by, Timestamp(1))
    }

    #[test]
    fn a_note_is_bounded() {
        let me = MemberId::from_bytes([2; 16]);
        assert_eq!(note("  Calls back\nafter 5 ", me).unwrap().text, "Calls back\nafter 5");
        assert!(note(&"é".repeat(NOTE_MAX), me).is_ok());
        for wrong in [" \n ".to_owned(), "é".repeat(NOTE_MAX + 1), "a\0b".to_owned()] {
            assert!(note(&wrong, me).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn only_who_wrote_a_note_changes_it_and_some_delete_those_of_others() {
        let own = |role| {
            let who = principal(role);
            let note = note("x", who.person.id).unwrap();
            (note.may_rewrite(&who).is_ok(), note.may_delete(&who).is_ok())
        };
        let others = |role| {
            let who = principal(role);
            let note = note("x", MemberId::from_bytes([9; 16])).unwrap();
            (note.may_rewrite(&who).is_ok(), note.may_delete(&who).is_ok())
        };
        assert_eq!((own(Role::Agent), others(Role::Agent)), ((true, true), (false, false)));
        assert_eq!((own(Role::Admin), others(Role::Admin)), ((true, true), (false, true)));
        assert_eq!((own(Role::Viewer), others(Role::Viewer)), ((false, false), (false, false)));
    }

    #[test]
    fn the_same_words_are_no_change() {
        let mut note = note("x", MemberId::from_bytes([2; 16])).unwrap();
        assert!(!note.rewrite("x", Timestamp(5)));
        assert_eq!(note.edited_at, None);
        assert!(note.rewrite("y", Timestamp(5)));
        assert_eq!((note.text.as_str(), note.edited_at), ("y", Some(Timestamp(5))));
    }
}
