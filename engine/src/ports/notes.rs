use async_trait::async_trait;

use super::{ListError, Page, PageRequest, StoreError};
use crate::audit::AuditEntry;
use crate::id::{ContactId, NoteId, TenantId};
use crate::note::Note;
use crate::time::Timestamp;

/// What became of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noted {
    Noted,
    /// It is there already: nothing was written.
    Known,
    /// There is no such contact.
    NoContact,
    /// The contact has [`crate::note::NOTES_MAX`] already.
    Full,
}

/// Notes on contacts. They go with their contact. What the audit log says is written only with a change.
#[async_trait]
pub trait Notes: Send + Sync {
    async fn add_note(&self, tenant: TenantId, note: Note, audit: Vec<AuditEntry>) -> Result<Noted, StoreError>;

    async fn note(&self, tenant: TenantId, contact: ContactId, id: NoteId) -> Result<Option<Note>, StoreError>;

    /// The note as it is then; `None`: there is no such note.
    async fn rewrite_note(
        &self,
        tenant: TenantId,
        note: (ContactId, NoteId),
        text: &str,
        at: Timestamp,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Note>, StoreError>;

    /// `false`: there is no such note.
    async fn delete_note(
        &self,
        tenant: TenantId,
        contact: ContactId,
        id: NoteId,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError>;

    /// Of a contact, the newest first.
    async fn notes(&self, tenant: TenantId, contact: ContactId, page: PageRequest) -> Result<Page<Note>, ListError>;
}
