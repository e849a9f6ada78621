//! Notes on contacts: each is a document, found by a list of its contact in the order of time. What is on the list and leads to nothing
//! was deleted.

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::contact::Contact;
use engine::id::{ContactId, NoteId, TenantId};
use engine::note::{NOTES_MAX, Note};
use engine::ports::{AuditLog as _, ListError, Noted, Notes, Page, PageRequest, StoreError};
use engine::time::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::documents::{Edit, Place};
use super::{AT_ONCE, CqlStore, names};
use crate::crypto::{Lookup, Sealer};
use crate::cursor::{self, List, Moment};

/// Notes lie in order of their time.
fn key_of(Moment(at, id): Moment) -> Vec<u8> {
    [at.0.wrapping_sub(i64::MIN).to_be_bytes().as_slice(), id.as_bytes()].concat()
}

fn at<'a>(store: &CqlStore, tenant: TenantId, sealer: &'a Sealer, id: NoteId) -> Place<'a> {
    Place { name: store.name_of("note", tenant, id.as_bytes()), sealer }
}

fn id_of(key: &[u8]) -> Result<NoteId, StoreError> {
    Ok(NoteId::from_bytes(names::id(key.get(8..).unwrap_or_default())?))
}

impl CqlStore {
    fn note_list(&self, tenant: TenantId, contact: ContactId) -> Lookup {
        self.name_of("notes", tenant, contact.as_bytes())
    }

    /// Keys on the list before this moment, the newest first.
    async fn note_keys(
        &self,
        tenant: TenantId,
        contact: ContactId,
        before: Moment,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let before = key_of(before);
        let keys = self.pointers(self.note_list(tenant, contact)).await?.into_iter().map(|(key, _)| key);
        let mut keys: Vec<_> = keys.filter(|key| *key < before).collect();
        keys.sort_unstable_by(|one, other| other.cmp(one));
        Ok(keys)
    }

    /// At most `limit` of those before this moment, the newest first.
    pub(super) async fn notes_before(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        contact: ContactId,
        before: Moment,
        limit: usize,
    ) -> Result<Vec<Note>, StoreError> {
        let keys = self.note_keys(tenant, contact, before).await?;
        let read = stream::iter(keys)
            .map(async |key| self.document::<Note>(at(self, tenant, sealer, id_of(&key)?)).await)
            .buffered(AT_ONCE)
            .try_filter_map(async |note| Ok(note));
        read.take(limit).try_collect().await
    }

    /// The oldest first.
    pub(super) async fn notes_of(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        contact: ContactId,
    ) -> Result<Vec<Note>, StoreError> {
        let mut notes = self.notes_before(tenant, sealer, contact, Moment::END, usize::MAX).await?;
        notes.reverse();
        Ok(notes)
    }

    /// On the list before it is there to be found. One that is there already stays as it is.
    pub(super) async fn put_note(&self, tenant: TenantId, sealer: &Sealer, note: &Note) -> Result<(), StoreError> {
        let list = self.note_list(tenant, note.contact_id);
        self.point(list, &key_of(Moment(note.at, note.id)), &[]).await?;
        let put = |known: Option<Note>| known.map_or_else(|| Edit::Put(note.clone(), ()), |_| Edit::Keep(()));
        self.edit(at(self, tenant, sealer, note.id), put).await
    }

    /// All of a contact that goes.
    pub(super) async fn drop_notes(&self, tenant: TenantId, contact: ContactId) -> Result<(), StoreError> {
        let list = self.note_list(tenant, contact);
        for (key, _) in self.pointers(list).await? {
            self.drop_document(&self.name_of("note", tenant, id_of(&key)?.as_bytes())).await?;
        }
        self.drop_list(list).await
    }
}

#[async_trait]
impl Notes for CqlStore {
    async fn add_note(&self, tenant: TenantId, note: Note, audit: Vec<AuditEntry>) -> Result<Noted, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Noted::NoContact) };
        let Some(kept) = self.kept(tenant, &sealer, note.contact_id).await? else { return Ok(Noted::NoContact) };
        let note = Note { contact_id: kept.id, ..note };
        if self.document::<Note>(at(self, tenant, &sealer, note.id)).await?.is_some() {
            return Ok(Noted::Known);
        }
        if self.note_keys(tenant, note.contact_id, Moment::END).await?.len() >= NOTES_MAX {
            return Ok(Noted::Full);
        }
        self.record(tenant, audit).await?;
        self.put_note(tenant, &sealer, &note).await?;
        Ok(Noted::Noted)
    }

    async fn note(&self, tenant: TenantId, contact: ContactId, id: NoteId) -> Result<Option<Note>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let Some(found) = self.document::<Note>(at(self, tenant, &sealer, id)).await? else { return Ok(None) };
        let kept = self.kept(tenant, &sealer, contact).await?;
        let is_of_them = kept.is_some_and(|kept| kept.everybody().any(|id| id == found.contact_id));
        Ok(is_of_them.then_some(found))
    }

    async fn rewrite_note(
        &self,
        tenant: TenantId,
        (contact, id): (ContactId, NoteId),
        text: &str,
        at_time: Timestamp,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Note>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let Some(known) = Notes::note(self, tenant, contact, id).await? else { return Ok(None) };
        if known.clone().rewrite(text, at_time) {
            self.record(tenant, audit).await?;
        }
        let rewrite = |known: Option<Note>| {
            let Some(mut known) = known else { return Edit::Keep(None) };
            let changed = known.rewrite(text, at_time);
            let answer = Some(known.clone());
            if changed { Edit::Put(known, answer) } else { Edit::Keep(answer) }
        };
        self.edit(at(self, tenant, &sealer, id), rewrite).await
    }

    async fn delete_note(
        &self,
        tenant: TenantId,
        contact: ContactId,
        id: NoteId,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(false) };
        let Some(known) = Notes::note(self, tenant, contact, id).await? else { return Ok(false) };
        self.record(tenant, audit).await?;
        let remove = |known: Option<Note>| if known.is_some() { Edit::Remove(true) } else { Edit::Keep(false) };
        let removed = self.edit(at(self, tenant, &sealer, id), remove).await?;
        self.unpoint(self.note_list(tenant, known.contact_id), &key_of(Moment(known.at, id))).await?;
        Ok(removed)
    }

    async fn notes(&self, tenant: TenantId, contact: ContactId, page: PageRequest) -> Result<Page<Note>, ListError> {
        let before = cursor::row(List::Notes, &page)?.unwrap_or(Moment::END);
        let limit = cursor::limit(&page);
        let Some(sealer) = self.known(tenant).await? else { return Ok(Page { items: Vec::new(), next: None }) };
        let mut found = Vec::new();
        let kept = self.kept(tenant, &sealer, contact).await?;
        for id in kept.iter().flat_map(Contact::everybody) {
            found.extend(self.notes_before(tenant, &sealer, id, before, limit as usize + 1).await?);
        }
        Ok(cursor::page_of_notes(found, limit))
    }
}
