//! Files of contacts: what is in their columns, what a row does to a contact, and how that is taken back.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Contact, ContactEdit, FieldKey, FieldValue, IMPORTS_MAX, Tag};
use crate::consent::{Consent, ConsentEntry, Opted};
use crate::directory::Person;
use crate::id::{ImportId, MediaId};
use crate::identity::Identities;
use crate::time::Timestamp;

/// Columns of a file.
pub const COLUMNS_MAX: usize = 200;

/// A file on its way in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Import {
    pub id: ImportId,
    pub file_name: String,
    pub mapping: Mapping,
    pub by: Person,
    pub uploaded_at: Timestamp,
    pub stage: ImportStage,
    /// Rows that were read, without the heading.
    pub rows: u64,
    pub created: u64,
    pub changed: u64,
    pub unchanged: u64,
    pub rejected: u64,
    /// What could not be taken back, because it was used or changed since.
    pub left: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ImportStage {
    Uploaded,
    /// Under way, or cut short: started again, it goes on.
    Running,
    Done,
    Undoing,
    Undone,
}

/// What the columns of a file are.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// In the order of the file; further columns are skipped.
    pub columns: Vec<Column>,
    /// Whose numbers those without a country are: ISO 3166 alpha-2.
    #[serde(default)]
    pub country: Option<String>,
    /// For everybody in the file.
    #[serde(default)]
    pub tags: Vec<Tag>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Column {
    Skip,
    Phone,
    Name,
    Language,
    /// Divided by commas or semicolons.
    Tags,
    /// Yes: has opted in to marketing; no: has opted out.
    Marketing,
    Field(FieldKey),
}

/// What a row says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRow {
    pub identities: Identities,
    pub edit: ContactEdit,
    /// As it was written.
    pub opted: Option<(Opted, String)>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Imported {
    Created,
    Changed,
    Unchanged,
    /// An earlier row of the file is of the same person, or this one was taken in by a run that was cut short; what that did.
    Again {
        created: bool,
        changed: bool,
    },
}

/// What became of a contact whose import is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Undone {
    /// It came with the file, and nobody had used it: it is to be removed.
    Removed,
    /// It is what it was before the file.
    Restored,
    /// It was used or changed since, and stays as it is.
    Left,
    /// The file has not touched it, or was taken back already.
    Untouched,
}

/// How to take back what a file did to a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportMark {
    pub import: ImportId,
    /// `None`: there was no such contact.
    before: Option<Editable>,
    /// Of what it was right after, so that a later change is seen.
    after: String,
}

/// What people and files change about a contact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Editable {
    name: Option<String>,
    is_named: bool,
    language: Option<String>,
    marketing: Consent,
    tags: BTreeSet<Tag>,
    fields: BTreeMap<FieldKey, FieldValue>,
}

impl Import {
    pub fn new(id: ImportId, file_name: &str, mapping: Mapping, by: Person, uploaded_at: Timestamp) -> Self {
        let file_name = file_name.chars().filter(|char| !char.is_control()).take(100).collect();
        Self {
            id,
            file_name,
            mapping,
            by,
            uploaded_at,
            stage: ImportStage::Uploaded,
            rows: 0,
            created: 0,
            changed: 0,
            unchanged: 0,
            rejected: 0,
            left: 0,
        }
    }

    /// Under which its bytes are kept.
    pub fn file(&self) -> MediaId {
        MediaId::derive(&[b"import", self.id.as_bytes()])
    }
}

impl Contact {
    /// A row of a file: what it edits, and the entry of the ledger that goes with it. A row that was taken in changes nothing again;
    /// `existed` is whether the contact was there before.
    pub fn bring(
        &mut self,
        import: ImportId,
        existed: bool,
        row: &ImportRow,
        at: Timestamp,
    ) -> (Imported, Option<ConsentEntry>) {
        if self.imports.contains(&import) {
            return (self.brought_by(import), None);
        }
        let before = self.editable();
        let mut changed = self.edit(&row.edit);
        let entry = row.opted.as_ref().map(|(opted, text)| ConsentEntry::imported(self.id, import, *opted, text, at));
        changed |= entry.as_ref().is_some_and(|entry| self.heed(entry));
        if self.imports.len() == IMPORTS_MAX {
            self.imports.remove(0);
        }
        self.imports.push(import);
        let after = self.editable().fingerprint();
        self.last_import = Some(Box::new(ImportMark { import, before: existed.then_some(before), after }));
        let outcome = match (existed, changed) {
            (false, _) => Imported::Created,
            (true, true) => Imported::Changed,
            (true, false) => Imported::Unchanged,
        };
        (outcome, entry)
    }

    /// What somebody or another file changed since hides it.
    fn brought_by(&self, import: ImportId) -> Imported {
        let mark = self.last_import.as_ref().filter(|mark| mark.import == import);
        let created = mark.is_some_and(|mark| mark.before.is_none());
        let before = mark.and_then(|mark| Some((mark.before.as_ref()?.fingerprint(), &mark.after)));
        Imported::Again { created, changed: before.is_some_and(|(before, after)| before != *after) }
    }

    /// `is_used`: there is a conversation with them.
    pub fn undo(&mut self, import: ImportId, is_used: bool) -> Undone {
        if !self.imports.contains(&import) {
            return Undone::Untouched;
        }
        let now = self.editable().fingerprint();
        let mark = self.last_import.take_if(|mark| mark.import == import && mark.after == now);
        let Some(mark) = mark else { return Undone::Left };
        let Some(before) = mark.before else {
            if is_used || self.last_message_on.is_some() {
                self.last_import = Some(mark);
                return Undone::Left;
            }
            return Undone::Removed;
        };
        let Editable { name, is_named, language, marketing, tags, fields } = before;
        self.name = name;
        self.is_named = is_named;
        self.language = language;
        self.marketing = marketing;
        self.tags = tags;
        self.fields = fields;
        self.imports.retain(|known| *known != import);
        Undone::Restored
    }

    fn editable(&self) -> Editable {
        Editable {
            name: self.name.clone(),
            is_named: self.is_named,
            language: self.language.clone(),
            marketing: self.marketing,
            tags: self.tags.clone(),
            fields: self.fields.clone(),
        }
    }
}

impl Editable {
    fn fingerprint(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        // The debug form names every part, and is only compared with itself.
        hasher.update(format!("{self:?}").as_bytes());
        let mut start = [0; 8];
        hasher.finalize_xof().fill(&mut start);
        hex::encode(start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ContactId;

    const FILE: ImportId = ImportId::from_bytes([6; 16]);
    const NOW: Timestamp = Timestamp(1_795_392_000_000);

    fn row() -> ImportRow {
        let edit = ContactEdit {
            name: Some(Some("Marina".into())),
            add_tags: vec!["VIP".parse().unwrap()],
            ..ContactEdit::default()
        };
        ImportRow { identities: Identities::default(), edit, opted: Some((Opted::In, "yes".into())) }
    }

    fn contact() -> Contact {
        Contact::new(ContactId::from_bytes([1; 16]))
    }

    #[test]
    fn a_row_is_taken_in_once() {
        let mut contact = contact();
        let (outcome, entry) = contact.bring(FILE, false, &row(), NOW);
        assert_eq!((outcome, entry.is_some()), (Imported::Created, true));
        let after = contact.clone();
        assert_eq!(contact.bring(FILE, true, &row(), NOW), (Imported::Again { created: true, changed: false }, None));
        assert_eq!(contact, after);
    }

    #[test]
    fn who_came_with_the_file_goes_with_it_unless_somebody_used_them() {
        let mut contact = contact();
        contact.bring(FILE, false, &row(), NOW);
        assert_eq!(contact.clone().undo(FILE, true), Undone::Left);
        assert_eq!(contact.clone().undo(FILE, false), Undone::Removed);
        contact.learn(&Identities { seen_at: Some(NOW), wrote: true, ..Identities::default() });
        assert_eq!(contact.undo(FILE, false), Undone::Left, "they have written meanwhile");
        assert_eq!(contact.undo(ImportId::from_bytes([7; 16]), false), Undone::Untouched);
    }

    #[test]
    fn who_was_there_before_is_what_they_were() {
        let before = contact();
        let mut brought = before.clone();
        assert_eq!(brought.bring(FILE, true, &row(), NOW).0, Imported::Changed);
        let mut undone = brought.clone();
        assert_eq!(undone.undo(FILE, true), Undone::Restored);
        assert_eq!(undone, before);
        assert_eq!(undone.undo(FILE, true), Undone::Untouched);

        brought.edit(&ContactEdit { name: Some(Some("Marina D.".into())), ..ContactEdit::default() });
        let changed = brought.clone();
        assert_eq!(brought.undo(FILE, true), Undone::Left);
        assert_eq!(brought, changed, "what somebody changed since is theirs");
    }
}
