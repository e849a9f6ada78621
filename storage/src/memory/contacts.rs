use async_trait::async_trait;
use engine::contact::Contact;
use engine::id::{ContactId, TenantId};
use engine::identity::Identities;
use engine::ports::{ContactStore, ListError, Page, PageRequest, Resolved, StoreError};

use super::MemoryStore;
use crate::cursor::{self, List};

#[async_trait]
impl ContactStore for MemoryStore {
    async fn resolve(
        &self,
        tenant: TenantId,
        portfolio: &str,
        identities: &Identities,
        former: Option<&Identities>,
    ) -> Result<Resolved, StoreError> {
        let mut state = self.state()?;
        let state = &mut *state;
        let mut keys = identities.keys(portfolio);
        keys.extend(former.map(|former| former.keys(portfolio)).unwrap_or_default());
        let Some(first) = keys.first() else {
            return Err(StoreError::Corrupt("a customer without any identity".to_owned()));
        };
        let known = keys.iter().find_map(|key| state.identities.get(&(tenant, key.clone())).copied());
        let id = known.unwrap_or_else(|| ContactId::derive(&[tenant.as_bytes(), first.as_bytes()]));
        for key in keys {
            state.identities.entry((tenant, key)).or_insert(id);
        }
        let created = !state.contacts.contains_key(&(tenant, id));
        if created {
            let contact = state.arrived(Contact::new(id));
            state.contacts.insert((tenant, id), contact);
        }
        let contact = state.contacts.get_mut(&(tenant, id)).map(|found| &mut found.row);
        let contact = contact.ok_or_else(|| StoreError::Corrupt("an identity of no contact".to_owned()))?;
        let learned = contact.learn(identities);
        Ok(Resolved { contact: contact.clone(), changed: created || learned })
    }

    async fn contact(&self, tenant: TenantId, id: ContactId) -> Result<Option<Contact>, StoreError> {
        Ok(self.state()?.contacts.get(&(tenant, id)).map(|found| found.row.clone()))
    }

    async fn contacts(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Contact>, ListError> {
        let after: Option<ContactId> = cursor::row(List::Contacts, &page)?;
        let limit = cursor::limit(&page);
        let state = self.state()?;
        let before = match after {
            Some(id) => state.contacts.get(&(tenant, id)).ok_or(ListError::BadCursor)?.place,
            None => i64::MAX,
        };
        let own = state.contacts.iter().filter(|((owner, _), _)| *owner == tenant).map(|(_, contact)| contact);
        let mut all: Vec<_> = own.filter(|contact| contact.place < before).collect();
        all.sort_by_key(|contact| std::cmp::Reverse(contact.place));
        let more = cursor::cut(&mut all, limit);
        let next = all.last().filter(|_| more).map(|last| cursor::at_row(List::Contacts, last.row.id));
        Ok(Page { items: all.into_iter().map(|contact| contact.row.clone()).collect(), next })
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
