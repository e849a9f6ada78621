use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::consent::ConsentEntry;
use engine::contact::{Clash, Contact, ContactEdit, ImportRow, Imported, Undone};
use engine::id::{ConsentId, ContactId, ImportId, TenantId};
use engine::identity::{Identities, is_bsuid_key};
use engine::ports::{ContactStore, Forgotten, ListError, Page, PageRequest, Resolved, StoreError};
use engine::segment::{Census, ContactFacts, Question, TagCount};
use engine::time::Timestamp;

use super::{Arrived, MemoryStore, State};
use crate::cursor::{self, List};

impl State {
    /// Whom the keys lead to, made when they lead to nobody.
    fn identified(&mut self, tenant: TenantId, keys: Vec<String>) -> Result<(&mut Contact, bool), StoreError> {
        let Some(first) = keys.first() else {
            return Err(StoreError::Corrupt("a customer without any identity".to_owned()));
        };
        let known = keys.iter().find_map(|key| self.identities.get(&(tenant, key.clone())).copied());
        let id = known.unwrap_or_else(|| ContactId::derive(&[tenant.as_bytes(), first.as_bytes()]));
        for key in keys {
            self.identities.entry((tenant, key)).or_insert(id);
        }
        let created = !self.contacts.contains_key(&(tenant, id));
        if created {
            let contact = self.arrived(Contact::new(id));
            self.contacts.insert((tenant, id), contact);
        }
        let contact = self.contact_mut(tenant, id);
        Ok((contact.ok_or_else(|| StoreError::Corrupt("an identity of no contact".to_owned()))?, created))
    }

    /// Whom the keys lead to besides `found`.
    fn clashes(&self, tenant: TenantId, found: ContactId, keys: &[String], portfolio: &str) -> Vec<Clash> {
        let mut clashes: Vec<Clash> = Vec::new();
        for id in keys.iter().filter_map(|key| self.identities.get(&(tenant, key.clone()))) {
            let Some(contact) = self.kept(tenant, *id).filter(|contact| contact.id != found) else { continue };
            if clashes.iter().all(|clash| clash.contact.id != contact.id) {
                let everybody: Vec<_> = contact.everybody().collect();
                let mut own =
                    self.identities.iter().filter(|((owner, _), id)| *owner == tenant && everybody.contains(id));
                let has_bsuid = own.any(|((_, key), _)| is_bsuid_key(key, portfolio));
                clashes.push(Clash { contact: contact.clone(), has_bsuid });
            }
        }
        clashes
    }

    /// Or the one that it became part of.
    fn contact_mut(&mut self, tenant: TenantId, id: ContactId) -> Option<&mut Contact> {
        let id = self.kept(tenant, id)?.id;
        self.contacts.get_mut(&(tenant, id)).map(|found| &mut found.row)
    }

    /// Those that are on lists.
    fn contacts_of(&self, tenant: TenantId) -> impl Iterator<Item = &Arrived<Contact>> {
        let own = self.contacts.iter().filter(move |((owner, _), _)| *owner == tenant).map(|(_, contact)| contact);
        own.filter(|contact| contact.row.merged_into.is_none())
    }

    /// The oldest first.
    pub(super) fn ledger_of(
        &self,
        tenant: TenantId,
        contact: ContactId,
    ) -> impl DoubleEndedIterator<Item = &ConsentEntry> {
        let (first, last) = (ConsentId::from_bytes([0; 16]), ConsentId::from_bytes([255; 16]));
        let all = (tenant, contact, Timestamp(i64::MIN), first)..=(tenant, contact, Timestamp(i64::MAX), last);
        self.consents.range(all).map(|(_, entry)| entry)
    }

    fn is_used(&self, tenant: TenantId, contact: ContactId) -> bool {
        self.conversations.iter().any(|((owner, _), found)| *owner == tenant && found.row.contact.id == contact)
    }

    /// With everybody who is the same person.
    fn forget_everybody(&mut self, tenant: TenantId, kept: &Contact) {
        for id in kept.everybody() {
            self.forget_contact(tenant, id);
        }
    }

    fn forget_contact(&mut self, tenant: TenantId, contact: ContactId) {
        self.contacts.remove(&(tenant, contact));
        self.identities.retain(|(owner, _), id| *owner != tenant || *id != contact);
        self.consents.retain(|(owner, id, ..), _| *owner != tenant || *id != contact);
        self.notes.retain(|(owner, id, ..), _| *owner != tenant || *id != contact);
    }
}

#[async_trait]
impl ContactStore for MemoryStore {
    async fn resolve(
        &self,
        tenant: TenantId,
        portfolio: &str,
        identities: &Identities,
        former: Option<&Identities>,
    ) -> Result<Resolved, StoreError> {
        let told = identities.keys(portfolio);
        let former = former.map(|former| former.keys(portfolio)).unwrap_or_default();
        let mut state = self.state()?;
        let (contact, created) = state.identified(tenant, told.iter().cloned().chain(former).collect())?;
        let id = contact.id;
        let clashes = state.clashes(tenant, id, &told, portfolio);
        let contact =
            state.contact_mut(tenant, id).ok_or_else(|| StoreError::Corrupt("a contact vanished".to_owned()))?;
        let learned = contact.learn_undisputed(identities, &clashes);
        Ok(Resolved { contact: contact.clone(), changed: created || learned, created, clashes })
    }

    async fn contact(&self, tenant: TenantId, id: ContactId) -> Result<Option<Contact>, StoreError> {
        Ok(self.state()?.kept(tenant, id).cloned())
    }

    async fn contacts(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Contact>, ListError> {
        let before = cursor::place(List::Contacts, tenant, &page)?.unwrap_or(i64::MAX);
        let limit = cursor::limit(&page);
        let state = self.state()?;
        let mut all: Vec<_> = state.contacts_of(tenant).filter(|contact| contact.place < before).collect();
        all.sort_by_key(|contact| std::cmp::Reverse(contact.place));
        let more = cursor::cut(&mut all, limit);
        let next = all.last().filter(|_| more).map(|last| cursor::at_place(List::Contacts, tenant, last.place));
        Ok(Page { items: all.into_iter().map(|contact| contact.row.clone()).collect(), next })
    }

    async fn scan_contacts(
        &self,
        tenant: TenantId,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<(i64, Contact)>, StoreError> {
        let state = self.state()?;
        let own = state.contacts_of(tenant);
        let mut all: Vec<_> = own.filter(|contact| after.is_none_or(|after| contact.place > after)).collect();
        all.sort_by_key(|contact| contact.place);
        Ok(all.into_iter().take(limit as usize).map(|contact| (contact.place, contact.row.clone())).collect())
    }

    async fn census(&self, tenant: TenantId, question: Question) -> Result<Census, StoreError> {
        let mut census = Census::of(&question);
        let state = self.state()?;
        for contact in state.contacts_of(tenant) {
            census.add(&question, &ContactFacts::of(&contact.row));
        }
        Ok(census)
    }

    async fn tags(&self, tenant: TenantId) -> Result<Vec<TagCount>, StoreError> {
        let state = self.state()?;
        let mut counts = BTreeMap::new();
        for tag in state.contacts_of(tenant).flat_map(|contact| &contact.row.tags) {
            *counts.entry(tag.clone()).or_default() += 1;
        }
        Ok(TagCount::list(counts))
    }

    async fn edit_contact(
        &self,
        tenant: TenantId,
        id: ContactId,
        edit: ContactEdit,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Resolved>, StoreError> {
        let mut state = self.state()?;
        let Some(contact) = state.contact_mut(tenant, id) else { return Ok(None) };
        let changed = contact.edit(&edit);
        let resolved = Resolved { contact: contact.clone(), changed, created: false, clashes: Vec::new() };
        if changed {
            state.append_audit(tenant, audit);
        }
        Ok(Some(resolved))
    }

    async fn record_consent(
        &self,
        tenant: TenantId,
        entry: ConsentEntry,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Contact>, StoreError> {
        let mut state = self.state()?;
        let Some(contact) = state.contact_mut(tenant, entry.contact_id) else { return Ok(None) };
        let entry = ConsentEntry { contact_id: contact.id, ..entry };
        let key = (tenant, entry.contact_id, entry.at, entry.id);
        contact.heed(&entry);
        let contact = contact.clone();
        if state.consents.insert(key, entry).is_none() {
            state.append_audit(tenant, audit);
        }
        Ok(Some(contact))
    }

    async fn consents(&self, tenant: TenantId, contact: ContactId) -> Result<Vec<ConsentEntry>, StoreError> {
        let state = self.state()?;
        let Some(kept) = state.kept(tenant, contact) else { return Ok(Vec::new()) };
        let mut all: Vec<_> = kept.everybody().flat_map(|id| state.ledger_of(tenant, id)).cloned().collect();
        all.sort_by_key(|entry| std::cmp::Reverse((entry.at, entry.id)));
        all.truncate(100);
        Ok(all)
    }

    async fn bring_contacts(
        &self,
        tenant: TenantId,
        import: ImportId,
        rows: Vec<ImportRow>,
        at: Timestamp,
    ) -> Result<Vec<Imported>, StoreError> {
        let mut state = self.state()?;
        let mut outcomes = Vec::with_capacity(rows.len());
        for row in rows {
            let (contact, created) = state.identified(tenant, row.identities.keys(""))?;
            contact.learn(&row.identities);
            let (outcome, entry) = contact.bring(import, !created, &row, at);
            state.consents.extend(entry.map(|entry| ((tenant, entry.contact_id, entry.at, entry.id), entry)));
            outcomes.push(outcome);
        }
        Ok(outcomes)
    }

    async fn undo_contact(&self, tenant: TenantId, id: ContactId, import: ImportId) -> Result<Undone, StoreError> {
        let mut state = self.state()?;
        let is_used = state.is_used(tenant, id);
        let Some(contact) = state.contact_mut(tenant, id) else { return Ok(Undone::Untouched) };
        let undone = contact.undo(import, is_used || !contact.merged.is_empty());
        if undone == Undone::Removed {
            state.forget_contact(tenant, id);
        }
        Ok(undone)
    }

    async fn forget_contact(
        &self,
        tenant: TenantId,
        id: ContactId,
        audit: Vec<AuditEntry>,
    ) -> Result<Forgotten, StoreError> {
        let mut state = self.state()?;
        let Some(kept) = state.kept(tenant, id).cloned() else { return Ok(Forgotten::Unknown) };
        if kept.everybody().any(|id| state.is_used(tenant, id)) {
            return Ok(Forgotten::InUse);
        }
        state.forget_everybody(tenant, &kept);
        state.append_audit(tenant, audit);
        Ok(Forgotten::Forgotten)
    }

    async fn import_contacts(
        &self,
        tenant: TenantId,
        portfolio: &str,
        contacts: Vec<Contact>,
    ) -> Result<(), StoreError> {
        let mut state = self.state()?;
        for contact in contacts {
            let identities =
                Identities { bsuid: contact.bsuid.clone(), wa_id: contact.phone.clone(), ..Identities::default() };
            let keys = identities.keys(portfolio);
            let known = state.contacts.contains_key(&(tenant, contact.id))
                || keys.iter().any(|key| state.identities.contains_key(&(tenant, key.clone())));
            if !known {
                state.identities.extend(keys.into_iter().map(|key| ((tenant, key), contact.id)));
                let (id, contact) = (contact.id, state.arrived(contact));
                state.contacts.insert((tenant, id), contact);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);

    #[tokio::test]
    async fn a_page_begins_where_the_last_one_ended_though_who_stood_there_is_gone() {
        let store = MemoryStore::new();
        let contacts = (1..=4).map(|n| Contact::new(ContactId::from_bytes([n; 16]))).collect();
        store.import_contacts(TENANT, "p", contacts).await.unwrap();
        let first = store.contacts(TENANT, PageRequest { after: None, limit: 2 }).await.unwrap();
        let last = first.items.last().map(|contact| contact.id).unwrap();
        store.state().unwrap().contacts.remove(&(TENANT, last));
        let rest = store.contacts(TENANT, PageRequest { after: first.next, limit: 9 }).await.unwrap();
        assert_eq!(rest.items.iter().map(|contact| contact.id.as_bytes()[0]).collect::<Vec<_>>(), [2, 1]);
    }
}
