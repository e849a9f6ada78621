//! What changes a contact. Lines of a ledger are plain rows beside it, written before the contact heeds them: a replay writes the same
//! line and finds the contact as it left it.

use engine::audit::AuditEntry;
use engine::consent::ConsentEntry;
use engine::contact::{Contact, ContactEdit, ImportRow, Imported, Undone};
use engine::id::{ContactId, ImportId, TenantId};
use engine::ports::{AuditLog as _, Forgotten, Resolved, StoreError};
use engine::time::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::super::documents::Edit;
use super::super::{AT_ONCE, CqlStore, names, shelf};
use super::{LedTo, StoredContact, at};
use crate::codec;
use crate::crypto::{Lookup, Sealer};

/// Write time of a contact's end on the list; it came with 1.
const GOES: i64 = 2;

/// Lines lie in order of their time.
fn line_key(entry: &ConsentEntry) -> Vec<u8> {
    let time = entry.at.0.wrapping_sub(i64::MIN).to_be_bytes();
    [time.as_slice(), entry.id.as_bytes()].concat()
}

impl CqlStore {
    pub(in super::super) fn ledger_list(&self, tenant: TenantId, contact: ContactId) -> Lookup {
        self.name_of("consents", tenant, contact.as_bytes())
    }

    pub(super) async fn put_line(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        entry: &ConsentEntry,
    ) -> Result<(), StoreError> {
        let text = serde_json::to_vec(entry)?;
        self.point_sealed(sealer, self.ledger_list(tenant, entry.contact_id), &line_key(entry), &text).await
    }

    /// The oldest first.
    pub(super) async fn ledger_of(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        contact: ContactId,
    ) -> Result<Vec<ConsentEntry>, StoreError> {
        let list = self.ledger_list(tenant, contact);
        let open = |(key, body): (Vec<u8>, Vec<u8>)| {
            Ok(serde_json::from_slice(&shelf::open_pointer(sealer, list, &key, &body)?)?)
        };
        self.pointers(list).await?.into_iter().map(open).collect()
    }

    /// Contacts after a place of the list, the oldest first: at least one, if there are any, and as many as one page of the list has.
    pub(super) async fn listed(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        mut from: i64,
        limit: u32,
    ) -> Result<Vec<StoredContact>, StoreError> {
        loop {
            let mut listed = self.oldest(self.contact_list(tenant), from, limit).await?;
            listed.truncate(limit as usize);
            let Some((end, _)) = listed.last() else { return Ok(Vec::new()) };
            from = *end;
            let read = stream::iter(listed).map(async |(place, id)| {
                let id = ContactId::from_bytes(names::id(&id)?);
                let found: Option<StoredContact> = self.document(at(self, tenant, sealer, &id)).await?;
                Ok::<_, StoreError>(found.filter(|found| found.is_listed_at(place)))
            });
            let read: Vec<_> = read.buffered(AT_ONCE).try_collect().await?;
            let found: Vec<_> = read.into_iter().flatten().collect();
            if !found.is_empty() {
                return Ok(found);
            }
        }
    }

    /// The audit log comes first: after a crash in between it knows of a change that is yet to be made again.
    pub(super) async fn change_contact(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: ContactId,
        edit: &ContactEdit,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Resolved>, StoreError> {
        let Some(mut known) = self.kept(tenant, sealer, id).await? else { return Ok(None) };
        if known.edit(edit) {
            self.record(tenant, audit).await?;
        }
        let change = |known: &mut Contact| {
            let changed = known.edit(edit);
            (changed, Resolved { contact: known.clone(), changed, created: false, clashes: Vec::new() })
        };
        self.change_kept(tenant, sealer, id, change).await
    }

    pub(super) async fn heed(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        entry: &ConsentEntry,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Contact>, StoreError> {
        let Some(kept) = self.kept(tenant, sealer, entry.contact_id).await? else { return Ok(None) };
        let entry = &ConsentEntry { contact_id: kept.id, ..entry.clone() };
        if !self.has_pointer(self.ledger_list(tenant, entry.contact_id), &line_key(entry)).await? {
            self.record(tenant, audit).await?;
            self.put_line(tenant, sealer, entry).await?;
        }
        self.change_kept(tenant, sealer, kept.id, |known| (known.heed(entry), known.clone())).await
    }

    pub(super) async fn bring_row(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        import: ImportId,
        row: &ImportRow,
        at_time: Timestamp,
    ) -> Result<Imported, StoreError> {
        let keys = row.identities.keys("");
        let first = keys.first().ok_or_else(|| codec::corrupt("a customer without any identity"))?;
        let made = ContactId::from_bytes(sealer.lookup("contact", first));
        let LedTo { id, .. } = self.identified(tenant, sealer, &keys, made).await?;
        let before = self.kept(tenant, sealer, id).await?;
        // Cut short after it was made, it is known by the moment of the file and by having been in none.
        let came_with_it = |known: &Contact| {
            known.created_at.is_some() && known.created_at == row.identities.seen_at && known.imports.is_empty()
        };
        let existed = before.is_some_and(|before| !came_with_it(&before));
        let Resolved { mut contact, .. } = self.teach(tenant, sealer, id, &row.identities, Vec::new()).await?;
        if let (_, Some(entry)) = contact.bring(import, existed, row, at_time) {
            self.put_line(tenant, sealer, &entry).await?;
        }
        let bring = |known: &mut Contact| (true, known.bring(import, existed, row, at_time).0);
        let outcome = self.change_kept(tenant, sealer, id, bring).await?;
        outcome.ok_or_else(|| codec::corrupt("a contact vanished"))
    }

    pub(super) async fn undo_row(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: ContactId,
        import: ImportId,
    ) -> Result<Undone, StoreError> {
        let is_used = self.is_used(tenant, id).await?;
        let undo = |known: &mut Contact| {
            let undone = known.undo(import, is_used || !known.merged.is_empty());
            (undone == Undone::Restored, undone)
        };
        let undone = self.change_kept(tenant, sealer, id, undo).await?.unwrap_or(Undone::Untouched);
        if undone == Undone::Removed {
            self.remove_contact(tenant, sealer, id).await?;
        }
        Ok(undone)
    }

    pub(super) async fn forget_person(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: ContactId,
        audit: Vec<AuditEntry>,
    ) -> Result<Forgotten, StoreError> {
        let Some(kept) = self.kept(tenant, sealer, id).await? else { return Ok(Forgotten::Unknown) };
        for id in kept.everybody() {
            if self.is_used(tenant, id).await? {
                return Ok(Forgotten::InUse);
            }
        }
        self.record(tenant, audit).await?;
        // The one that knows of the others goes last.
        let everybody: Vec<_> = kept.everybody().collect();
        for id in everybody.into_iter().rev() {
            self.remove_contact(tenant, sealer, id).await?;
        }
        Ok(Forgotten::Forgotten)
    }

    async fn is_used(&self, tenant: TenantId, id: ContactId) -> Result<bool, StoreError> {
        self.ordered(tenant, |order| order.before(None).any(|row| row.contact == id)).await
    }

    /// What leads to it goes first, so that nobody finds half of it; itself goes before its place on the list, by which a repeat that was
    /// cut short is no trouble to anybody.
    async fn remove_contact(&self, tenant: TenantId, sealer: &Sealer, id: ContactId) -> Result<(), StoreError> {
        let identities = self.identity_list(tenant, id);
        for (lookup, _) in self.pointers(identities).await? {
            let place = self.identity(tenant, sealer, &names::id(&lookup)?);
            let leave = |known: Option<ContactId>| match known {
                Some(known) if known == id => Edit::Remove(()),
                Some(_) | None => Edit::Keep(()),
            };
            self.edit(place, leave).await?;
        }
        let remove = |known: Option<StoredContact>| match known {
            Some(known) => Edit::Remove(Some(known.place)),
            None => Edit::Keep(None),
        };
        let place = self.edit(at(self, tenant, sealer, &id), remove).await?;
        self.drop_list(identities).await?;
        self.drop_list(self.ledger_list(tenant, id)).await?;
        self.drop_notes(tenant, id).await?;
        if let Some(place) = place {
            self.unshelve(self.contact_list(tenant), place, id.as_bytes(), GOES).await?;
        }
        Ok(())
    }
}
