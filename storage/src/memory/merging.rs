use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::contact::{Contact, UNDO_WITHIN};
use engine::id::{ContactId, TenantId};
use engine::identity::is_number_key;
use engine::ports::{Merged, Merger, Merging, Mover, Parted, StoreError};
use engine::time::Timestamp;

use super::{MemoryStore, State};

impl State {
    /// The one that this one became part of, or itself.
    pub(super) fn kept(&self, tenant: TenantId, id: ContactId) -> Option<&Contact> {
        let mut found = &self.contacts.get(&(tenant, id))?.row;
        while let Some(into) = found.merged_into {
            found = &self.contacts.get(&(tenant, into))?.row;
        }
        Some(found)
    }

    /// By itself.
    fn raw(&self, tenant: TenantId, id: ContactId) -> Option<Contact> {
        self.contacts.get(&(tenant, id)).map(|found| found.row.clone())
    }

    fn put_back(&mut self, tenant: TenantId, contact: Contact) {
        if let Some(found) = self.contacts.get_mut(&(tenant, contact.id)) {
            found.row = contact;
        }
    }
}

#[async_trait]
impl Merging for MemoryStore {
    async fn merge_contacts(
        &self,
        tenant: TenantId,
        merger: Merger,
        audit: Vec<AuditEntry>,
    ) -> Result<Merged, StoreError> {
        let mut state = self.state()?;
        let Merger { kept, other, by, at } = merger;
        let (Some(mut kept), Some(mut other)) = (state.raw(tenant, kept), state.raw(tenant, other)) else {
            return Ok(Merged::Unknown);
        };
        if kept.merged_into.is_some() {
            return Ok(Merged::Unknown);
        }
        match other.merged_into {
            Some(into) if into == kept.id => return Ok(Merged::Known(Box::new(kept))),
            Some(_) => return Ok(Merged::Unknown),
            None => {}
        }
        if let Err(refused) = kept.may_absorb(&other) {
            return Ok(Merged::Refused(refused));
        }
        kept.absorb(&other, by, at);
        other.merged_into = Some(kept.id);
        state.put_back(tenant, kept.clone());
        state.put_back(tenant, other);
        state.append_audit(tenant, audit);
        Ok(Merged::Merged(Box::new(kept)))
    }

    async fn part_contacts(
        &self,
        tenant: TenantId,
        (kept, other): (ContactId, ContactId),
        now: Timestamp,
        audit: Vec<AuditEntry>,
    ) -> Result<Parted, StoreError> {
        let mut state = self.state()?;
        let (Some(mut kept), Some(mut other)) = (state.raw(tenant, kept), state.raw(tenant, other)) else {
            return Ok(Parted::Unknown);
        };
        let Some(merge) = kept.merged.iter().find(|merge| merge.contact == other.id) else {
            return Ok(Parted::Unknown);
        };
        if now.since(merge.at) > UNDO_WITHIN {
            return Ok(Parted::TooLate);
        }
        let Some(left) = kept.part_from(&mut other) else { return Ok(Parted::Unknown) };
        state.put_back(tenant, kept.clone());
        state.put_back(tenant, other.clone());
        state.append_audit(tenant, audit);
        Ok(Parted::Parted { kept: Box::new(kept), other: Box::new(other), left })
    }

    async fn move_number(
        &self,
        tenant: TenantId,
        mover: Mover,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Contact>, StoreError> {
        let mut state = self.state()?;
        let first = mover.first_key().and_then(|first| state.identities.get(&(tenant, first))).copied();
        let (Some(to), Some(number)) = (first, &mover.told.wa_id) else { return Ok(None) };
        let Some(everybody) = state.kept(tenant, mover.from).map(|from| from.everybody().collect::<Vec<_>>()) else {
            return Ok(None);
        };
        let leads_there = |((owner, key), id): (&(TenantId, String), &ContactId)| {
            (*owner == tenant && everybody.contains(id) && is_number_key(key, number)).then(|| key.clone())
        };
        let keys: Vec<_> = state.identities.iter().filter_map(leads_there).collect();
        if keys.is_empty() || everybody.contains(&to) {
            return Ok(None);
        }
        for id in &everybody {
            if let Some(found) = state.contacts.get_mut(&(tenant, *id)) {
                found.row.lose_number(number);
            }
        }
        state.identities.extend(keys.into_iter().map(|key| ((tenant, key), to)));
        state.append_audit(tenant, audit);
        Ok(state.kept(tenant, mover.from).cloned())
    }
}
