use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::contact::Contact;
use engine::id::{ContactId, NoteId, TenantId};
use engine::note::{NOTES_MAX, Note};
use engine::ports::{ListError, Noted, Notes, Page, PageRequest, StoreError};
use engine::time::Timestamp;

use super::{MemoryStore, State};
use crate::cursor::{self, List, Moment};

impl State {
    /// The oldest first.
    pub(super) fn notes_of(&self, tenant: TenantId, contact: ContactId) -> impl DoubleEndedIterator<Item = &Note> {
        let (first, last) = (NoteId::from_bytes([0; 16]), NoteId::from_bytes([255; 16]));
        let all = (tenant, contact, Timestamp(i64::MIN), first)..=(tenant, contact, Timestamp(i64::MAX), last);
        self.notes.range(all).map(|(_, note)| note)
    }

    /// Of anybody who is the same person.
    fn note_mut(&mut self, tenant: TenantId, contact: ContactId, id: NoteId) -> Option<&mut Note> {
        let everybody: Vec<_> = self.kept(tenant, contact)?.everybody().collect();
        let mut own = self.notes.iter_mut().filter(|((owner, ..), _)| *owner == tenant);
        own.find(|((_, of, _, known), _)| *known == id && everybody.contains(of)).map(|(_, note)| note)
    }
}

#[async_trait]
impl Notes for MemoryStore {
    async fn add_note(&self, tenant: TenantId, note: Note, audit: Vec<AuditEntry>) -> Result<Noted, StoreError> {
        let mut state = self.state()?;
        let Some(contact_id) = state.kept(tenant, note.contact_id).map(|kept| kept.id) else {
            return Ok(Noted::NoContact);
        };
        let note = Note { contact_id, ..note };
        if state.note_mut(tenant, note.contact_id, note.id).is_some() {
            return Ok(Noted::Known);
        }
        if state.notes_of(tenant, note.contact_id).count() >= NOTES_MAX {
            return Ok(Noted::Full);
        }
        state.notes.insert((tenant, note.contact_id, note.at, note.id), note);
        state.append_audit(tenant, audit);
        Ok(Noted::Noted)
    }

    async fn note(&self, tenant: TenantId, contact: ContactId, id: NoteId) -> Result<Option<Note>, StoreError> {
        Ok(self.state()?.note_mut(tenant, contact, id).cloned())
    }

    async fn rewrite_note(
        &self,
        tenant: TenantId,
        (contact, id): (ContactId, NoteId),
        text: &str,
        at: Timestamp,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Note>, StoreError> {
        let mut state = self.state()?;
        let Some(note) = state.note_mut(tenant, contact, id) else { return Ok(None) };
        let changed = note.rewrite(text, at);
        let note = note.clone();
        if changed {
            state.append_audit(tenant, audit);
        }
        Ok(Some(note))
    }

    async fn delete_note(
        &self,
        tenant: TenantId,
        contact: ContactId,
        id: NoteId,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let found = state.note_mut(tenant, contact, id).map(|note| (note.contact_id, note.at));
        let Some((contact, at)) = found else { return Ok(false) };
        state.notes.remove(&(tenant, contact, at, id));
        state.append_audit(tenant, audit);
        Ok(true)
    }

    async fn notes(&self, tenant: TenantId, contact: ContactId, page: PageRequest) -> Result<Page<Note>, ListError> {
        let before: Moment = cursor::row(List::Notes, &page)?.unwrap_or(Moment::END);
        let limit = cursor::limit(&page);
        let state = self.state()?;
        let everybody = state.kept(tenant, contact).into_iter().flat_map(Contact::everybody);
        let older =
            everybody.flat_map(|id| state.notes_of(tenant, id)).filter(|note| Moment(note.at, note.id) < before);
        Ok(cursor::page_of_notes(older.cloned().collect(), limit))
    }
}
