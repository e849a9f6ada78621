mod change;
mod merge;

use std::cmp::Reverse;
use std::collections::HashMap;

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::consent::ConsentEntry;
use engine::contact::{Clash, Contact, ContactEdit, ImportRow, Imported, Undone};
use engine::id::{ContactId, ImportId, TenantId};
use engine::identity::{Identities, is_bsuid_key};
use engine::note::Note;
use engine::ports::{Belonging, ContactStore, Forgotten, ListError, Page, PageRequest, Resolved, StoreError};
use engine::segment::{Census, ContactFacts, Question, TagCount};
use engine::time::Timestamp;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::documents::{Edit, Place};
use super::{CqlStore, names, shelf};
use crate::codec;
use crate::crypto::{Lookup, Sealer};
use crate::cursor::{self, List};

/// Contacts that are counted together.
const CENSUS_PAGE: u32 = 1_000;

#[derive(Serialize, Deserialize)]
struct StoredContact {
    contact: Contact,
    /// On the list of contacts.
    place: i64,
}

impl StoredContact {
    /// Who became part of somebody else is on no list.
    fn is_listed_at(&self, place: i64) -> bool {
        self.place == place && self.contact.merged_into.is_none()
    }
}

/// Where keys lead.
struct LedTo {
    /// The first that leads anywhere, or else who is to be made.
    id: ContactId,
    /// Each, in their order.
    by_key: Vec<ContactId>,
}

/// What came of a change.
enum Changed<R> {
    Done(R),
    Nobody,
    Moved(ContactId),
}

fn at<'a>(store: &CqlStore, tenant: TenantId, sealer: &'a Sealer, id: &ContactId) -> Place<'a> {
    Place { name: store.name_of("contact", tenant, id.as_bytes()), sealer }
}

fn keys_of(contact: &Contact, portfolio: &str) -> Vec<String> {
    let (bsuid, wa_id) = (contact.bsuid.clone(), contact.phone.clone());
    Identities { bsuid, wa_id, ..Identities::default() }.keys(portfolio)
}

impl CqlStore {
    pub(super) fn contact_list(&self, tenant: TenantId) -> Lookup {
        self.name_of("contacts", tenant, &[])
    }

    fn identity<'a>(&self, tenant: TenantId, sealer: &'a Sealer, lookup: &Lookup) -> Place<'a> {
        Place { name: self.name_of("identity", tenant, lookup), sealer }
    }

    /// Whom each identity leads to.
    async fn led_to(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        lookups: &[Lookup],
    ) -> Result<Vec<Option<ContactId>>, StoreError> {
        try_join_all(lookups.iter().map(|lookup| self.document(self.identity(tenant, sealer, lookup)))).await
    }

    /// Texts of what leads to a contact, by their look-up keys.
    pub(super) fn identity_list(&self, tenant: TenantId, contact: ContactId) -> Lookup {
        self.name_of("identities", tenant, contact.as_bytes())
    }

    /// What leads to this contact, in order of its text.
    async fn identities_of(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        contact: ContactId,
    ) -> Result<Vec<String>, StoreError> {
        let mut found = Vec::new();
        let list = self.identity_list(tenant, contact);
        for (key, text) in self.pointers(list).await? {
            let lookup: Lookup = names::id(&key)?;
            if self.document(self.identity(tenant, sealer, &lookup)).await? == Some(contact) {
                let text = shelf::open_pointer(sealer, list, &key, &text)?;
                found.push(String::from_utf8(text).map_err(|_| codec::corrupt("an identity that is not text"))?);
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Leads there from now on, unless it leads somewhere; answers where it leads. Its text comes first, for who moves away.
    async fn attach(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        key: &str,
        contact: ContactId,
    ) -> Result<ContactId, StoreError> {
        let lookup = &sealer.lookup("identity", key);
        self.point_sealed(sealer, self.identity_list(tenant, contact), lookup, key.as_bytes()).await?;
        let attach = |known: Option<ContactId>| known.map_or(Edit::Put(contact, contact), Edit::Keep);
        self.edit(self.identity(tenant, sealer, lookup), attach).await
    }

    /// On the list before it is there to be found. `false`: there is one already.
    async fn add_contact(&self, tenant: TenantId, sealer: &Sealer, contact: Contact) -> Result<bool, StoreError> {
        let id = contact.id;
        let place = self.place();
        self.shelve(self.contact_list(tenant), place, id.as_bytes(), 1).await?;
        let add = |known: Option<StoredContact>| match known {
            Some(_) => Edit::Keep(false),
            None => Edit::Put(StoredContact { contact: contact.clone(), place }, true),
        };
        self.edit(at(self, tenant, sealer, &id), add).await
    }

    /// The one that this one became part of, or itself.
    pub(super) async fn kept(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        mut id: ContactId,
    ) -> Result<Option<Contact>, StoreError> {
        loop {
            let found: Option<StoredContact> = self.document(at(self, tenant, sealer, &id)).await?;
            match found.map(|found| found.contact) {
                Some(Contact { merged_into: Some(into), .. }) => id = into,
                found => return Ok(found),
            }
        }
    }

    /// Changes the contact, or the one that it became part of, also where it does so meanwhile. `change` says whether it did.
    pub(super) async fn change_kept<R>(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        mut id: ContactId,
        mut change: impl FnMut(&mut Contact) -> (bool, R),
    ) -> Result<Option<R>, StoreError> {
        loop {
            let decide = |known: Option<StoredContact>| {
                let Some(mut known) = known else { return Edit::Keep(Changed::Nobody) };
                if let Some(into) = known.contact.merged_into {
                    return Edit::Keep(Changed::Moved(into));
                }
                let (changed, answer) = change(&mut known.contact);
                if changed { Edit::Put(known, Changed::Done(answer)) } else { Edit::Keep(Changed::Done(answer)) }
            };
            match self.edit(at(self, tenant, sealer, &id), decide).await? {
                Changed::Done(answer) => return Ok(Some(answer)),
                Changed::Nobody => return Ok(None),
                Changed::Moved(into) => id = into,
            }
        }
    }

    pub(super) async fn bring_contact(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        contact: Contact,
        identities: &[String],
        consents: &[ConsentEntry],
        notes: &[Note],
    ) -> Result<(), StoreError> {
        let id = contact.id;
        for note in notes {
            self.put_note(tenant, sealer, note).await?;
        }
        for entry in consents {
            self.put_line(tenant, sealer, entry).await?;
        }
        if self.document::<StoredContact>(at(self, tenant, sealer, &id)).await?.is_none() {
            self.add_contact(tenant, sealer, contact).await?;
        }
        for key in identities {
            self.attach(tenant, sealer, key, id).await?;
        }
        Ok(())
    }

    /// The contact on this place of the list, with what leads to it.
    pub(super) async fn leaving_contact(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        place: i64,
        id: ContactId,
    ) -> Result<Option<Belonging>, StoreError> {
        let found: Option<StoredContact> = self.document(at(self, tenant, sealer, &id)).await?;
        let Some(found) = found.filter(|found| found.place == place) else { return Ok(None) };
        let identities = self.identities_of(tenant, sealer, id).await?;
        let consents = self.ledger_of(tenant, sealer, id).await?;
        let notes = self.notes_of(tenant, sealer, id).await?;
        Ok(Some(Belonging::Contact { contact: Box::new(found.contact), identities, consents, notes }))
    }

    /// Whom the keys lead to: somebody who is known, or else `made`; those that were new lead there from now on.
    async fn identified(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        keys: &[String],
        made: ContactId,
    ) -> Result<LedTo, StoreError> {
        let lookups: Vec<_> = keys.iter().map(|key| sealer.lookup("identity", key)).collect();
        let known = self.led_to(tenant, sealer, &lookups).await?;
        let mut id = known.iter().flatten().next().copied().unwrap_or(made);
        let mut by_key = Vec::with_capacity(keys.len());
        for (index, (key, known)) in keys.iter().zip(known).enumerate() {
            let leads_to = match known {
                Some(known) => known,
                None => self.attach(tenant, sealer, key, id).await?,
            };
            // Somebody else resolves the same stranger: the first identity decides for both.
            if index == 0 && known.is_none() {
                id = leads_to;
            }
            by_key.push(leads_to);
        }
        Ok(LedTo { id, by_key })
    }

    /// Whom keys that lead to these contacts lead to besides `found`.
    async fn clashes(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        (found, led_to): (ContactId, &[ContactId]),
        portfolio: &str,
    ) -> Result<Vec<Clash>, StoreError> {
        if led_to.iter().all(|id| *id == found) {
            return Ok(Vec::new());
        }
        let kept = self.kept(tenant, sealer, found).await?.map_or(found, |kept| kept.id);
        let (mut seen, mut clashes) = (vec![kept], Vec::new());
        for id in led_to {
            let Some(contact) = self.kept(tenant, sealer, *id).await? else { continue };
            if seen.contains(&contact.id) {
                continue;
            }
            seen.push(contact.id);
            let mut has_bsuid = false;
            for id in contact.everybody() {
                let own = self.identities_of(tenant, sealer, id).await?;
                has_bsuid |= own.iter().any(|key| is_bsuid_key(key, portfolio));
            }
            clashes.push(Clash { contact, has_bsuid });
        }
        Ok(clashes)
    }

    /// Lets the contact learn; makes it if there is none.
    async fn teach(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: ContactId,
        identities: &Identities,
        clashes: Vec<Clash>,
    ) -> Result<Resolved, StoreError> {
        let mut taught = Contact::new(id);
        taught.learn_undisputed(identities, &clashes);
        if self.document::<StoredContact>(at(self, tenant, sealer, &id)).await?.is_none()
            && self.add_contact(tenant, sealer, taught.clone()).await?
        {
            return Ok(Resolved { contact: taught, changed: true, created: true, clashes });
        }
        let learn = |known: &mut Contact| {
            let changed = known.learn_undisputed(identities, &clashes);
            (changed, (known.clone(), changed))
        };
        let learned = self.change_kept(tenant, sealer, id, learn).await?;
        let (contact, changed) = learned.ok_or_else(|| codec::corrupt("a contact vanished"))?;
        Ok(Resolved { contact, changed, created: false, clashes })
    }
}

#[async_trait]
impl ContactStore for CqlStore {
    async fn resolve(
        &self,
        tenant: TenantId,
        portfolio: &str,
        identities: &Identities,
        former: Option<&Identities>,
    ) -> Result<Resolved, StoreError> {
        let mut keys = identities.keys(portfolio);
        let told = keys.len();
        keys.extend(former.map(|former| former.keys(portfolio)).unwrap_or_default());
        let Some(first) = keys.first() else {
            return Err(codec::corrupt("a customer without any identity"));
        };
        let sealer = self.sealer(tenant).await?;
        // By the organization's key: a plain hash of a phone number is found again by hashing all phone numbers.
        let made = ContactId::from_bytes(sealer.lookup("contact", first));
        let LedTo { id, mut by_key } = self.identified(tenant, &sealer, &keys, made).await?;
        by_key.truncate(told);
        let clashes = self.clashes(tenant, &sealer, (id, &by_key), portfolio).await?;
        self.teach(tenant, &sealer, id, identities, clashes).await
    }

    async fn contact(&self, tenant: TenantId, id: ContactId) -> Result<Option<Contact>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        self.kept(tenant, &sealer, id).await
    }

    async fn contacts(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Contact>, ListError> {
        let mut before = cursor::place(List::Contacts, tenant, &page)?.unwrap_or(i64::MAX);
        let limit = cursor::limit(&page);
        let Some(sealer) = self.known(tenant).await? else { return Ok(Page { items: Vec::new(), next: None }) };
        let sealer = &sealer;
        let mut items = Vec::new();
        while items.len() <= limit as usize {
            let listed = self.newest(self.contact_list(tenant), before, limit + 1).await?;
            let Some((end, _)) = listed.last() else { break };
            before = *end;
            let read = listed.iter().map(|(place, id)| async move {
                let id = ContactId::from_bytes(names::id(id)?);
                let found: Option<StoredContact> = self.document(at(self, tenant, sealer, &id)).await?;
                Ok::<_, StoreError>(found.filter(|found| found.is_listed_at(*place)))
            });
            items.extend(try_join_all(read).await?.into_iter().flatten());
        }
        let more = cursor::cut(&mut items, limit);
        let next = items.last().filter(|_| more).map(|last| cursor::at_place(List::Contacts, tenant, last.place));
        Ok(Page { items: items.into_iter().map(|found| found.contact).collect(), next })
    }

    async fn scan_contacts(
        &self,
        tenant: TenantId,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<(i64, Contact)>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Vec::new()) };
        let found = self.listed(tenant, &sealer, after.unwrap_or(i64::MIN), limit).await?;
        Ok(found.into_iter().map(|found| (found.place, found.contact)).collect())
    }

    async fn census(&self, tenant: TenantId, question: Question) -> Result<Census, StoreError> {
        let mut census = Census::of(&question);
        let Some(sealer) = self.known(tenant).await? else { return Ok(census) };
        let mut from = i64::MIN;
        loop {
            let found = self.listed(tenant, &sealer, from, CENSUS_PAGE).await?;
            let Some(last) = found.last() else { return Ok(census) };
            from = last.place;
            for found in &found {
                census.add(&question, &ContactFacts::of(&found.contact));
            }
        }
    }

    async fn tags(&self, tenant: TenantId) -> Result<Vec<TagCount>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Vec::new()) };
        let (mut counts, mut from) = (HashMap::new(), i64::MIN);
        loop {
            let found = self.listed(tenant, &sealer, from, CENSUS_PAGE).await?;
            let Some(last) = found.last() else { return Ok(TagCount::list(counts)) };
            from = last.place;
            for tag in found.into_iter().flat_map(|found| found.contact.tags) {
                *counts.entry(tag).or_default() += 1;
            }
        }
    }

    async fn edit_contact(
        &self,
        tenant: TenantId,
        id: ContactId,
        edit: ContactEdit,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Resolved>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        self.change_contact(tenant, &sealer, id, &edit, audit).await
    }

    async fn record_consent(
        &self,
        tenant: TenantId,
        entry: ConsentEntry,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Contact>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        self.heed(tenant, &sealer, &entry, audit).await
    }

    async fn consents(&self, tenant: TenantId, contact: ContactId) -> Result<Vec<ConsentEntry>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Vec::new()) };
        let Some(kept) = self.kept(tenant, &sealer, contact).await? else { return Ok(Vec::new()) };
        let mut ledger = Vec::new();
        for id in kept.everybody() {
            ledger.extend(self.ledger_of(tenant, &sealer, id).await?);
        }
        ledger.sort_unstable_by_key(|entry| Reverse((entry.at, entry.id)));
        ledger.truncate(100);
        Ok(ledger)
    }

    async fn bring_contacts(
        &self,
        tenant: TenantId,
        import: ImportId,
        rows: Vec<ImportRow>,
        at: Timestamp,
    ) -> Result<Vec<Imported>, StoreError> {
        let sealer = self.sealer(tenant).await?;
        // In their order: of two rows of one person, the first is taken in.
        let mut outcomes = Vec::with_capacity(rows.len());
        for row in &rows {
            outcomes.push(self.bring_row(tenant, &sealer, import, row, at).await?);
        }
        Ok(outcomes)
    }

    async fn undo_contact(&self, tenant: TenantId, id: ContactId, import: ImportId) -> Result<Undone, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Undone::Untouched) };
        self.undo_row(tenant, &sealer, id, import).await
    }

    async fn forget_contact(
        &self,
        tenant: TenantId,
        id: ContactId,
        audit: Vec<AuditEntry>,
    ) -> Result<Forgotten, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Forgotten::Unknown) };
        self.forget_person(tenant, &sealer, id, audit).await
    }

    async fn import_contacts(
        &self,
        tenant: TenantId,
        portfolio: &str,
        contacts: Vec<Contact>,
    ) -> Result<(), StoreError> {
        let sealer = self.sealer(tenant).await?;
        for contact in contacts {
            let id = contact.id;
            let mut keys = keys_of(&contact, portfolio);
            let stored: Option<StoredContact> = self.document(at(self, tenant, &sealer, &id)).await?;
            if let Some(stored) = stored {
                // An import that was cut short may not have led there yet.
                keys = keys_of(&stored.contact, portfolio);
            } else {
                let lookups: Vec<_> = keys.iter().map(|key| sealer.lookup("identity", key)).collect();
                if self.led_to(tenant, &sealer, &lookups).await?.iter().any(Option::is_some) {
                    continue;
                }
                self.add_contact(tenant, &sealer, contact).await?;
            }
            for key in keys {
                self.attach(tenant, &sealer, &key, id).await?;
            }
        }
        Ok(())
    }
}
