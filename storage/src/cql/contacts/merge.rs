//! Contacts that are one person. The one that is kept takes over first and lists the other, then the other is led there: cut short in
//! between, both are still to be found, and a repeat finishes it. Parting goes the other way round.

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::contact::{Contact, UNDO_WITHIN};
use engine::id::{ContactId, TenantId, WaId};
use engine::identity::is_number_key;
use engine::ports::{AuditLog as _, Merged, Merger, Merging, Mover, Parted, StoreError};
use engine::rejection::Rejection;
use engine::time::Timestamp;

use super::super::CqlStore;
use super::super::documents::Edit;
use super::{StoredContact, at};
use crate::crypto::Sealer;

/// Merged again when the other was changed meanwhile.
const TRIES_MAX: usize = 16;

impl CqlStore {
    /// By itself.
    async fn contact_itself(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: ContactId,
    ) -> Result<Option<Contact>, StoreError> {
        let found: Option<StoredContact> = self.document(at(self, tenant, sealer, &id)).await?;
        Ok(found.map(|found| found.contact))
    }

    /// `None`: it is not there any more, or became part of another.
    async fn take_over_contact(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        merger: &Merger,
        other: &Contact,
    ) -> Result<Option<Result<Contact, Rejection>>, StoreError> {
        let absorb = |known: Option<StoredContact>| {
            let Some(mut known) = known.filter(|known| known.contact.merged_into.is_none()) else {
                return Edit::Keep(None);
            };
            // What an earlier try took over may be older than what the other is now.
            known.contact.part_from(&mut other.clone());
            if let Err(refused) = known.contact.may_absorb(other) {
                return Edit::Keep(Some(Err(refused)));
            }
            known.contact.absorb(other, merger.by.clone(), merger.at);
            let kept = known.contact.clone();
            Edit::Put(known, Some(Ok(kept)))
        };
        self.edit(at(self, tenant, sealer, &merger.kept), absorb).await
    }

    /// `false`: the other is not what was taken over any more.
    async fn lead_to(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        other: &Contact,
        kept: ContactId,
    ) -> Result<bool, StoreError> {
        let lead = |known: Option<StoredContact>| match known {
            Some(mut known) if known.contact == *other => {
                known.contact.merged_into = Some(kept);
                Edit::Put(known, true)
            }
            Some(_) | None => Edit::Keep(false),
        };
        self.edit(at(self, tenant, sealer, &other.id), lead).await
    }

    async fn lose_number(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: ContactId,
        number: &WaId,
    ) -> Result<(), StoreError> {
        let lose = |known: Option<StoredContact>| {
            let Some(mut known) = known else { return Edit::Keep(()) };
            if known.contact.lose_number(number) { Edit::Put(known, ()) } else { Edit::Keep(()) }
        };
        self.edit(at(self, tenant, sealer, &id), lose).await
    }

    /// Leads to `to`, if it led to one of these; its text comes first.
    async fn lead_away(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        key: &str,
        (from, to): (&[ContactId], ContactId),
    ) -> Result<(), StoreError> {
        let lookup = &sealer.lookup("identity", key);
        self.point_sealed(sealer, self.identity_list(tenant, to), lookup, key.as_bytes()).await?;
        let lead = |known: Option<ContactId>| match known {
            Some(known) if from.contains(&known) => Edit::Put(to, ()),
            Some(_) | None => Edit::Keep(()),
        };
        self.edit(self.identity(tenant, sealer, lookup), lead).await
    }
}

#[async_trait]
impl Merging for CqlStore {
    async fn merge_contacts(
        &self,
        tenant: TenantId,
        merger: Merger,
        audit: Vec<AuditEntry>,
    ) -> Result<Merged, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Merged::Unknown) };
        let mut audit = Some(audit);
        for _ in 0..TRIES_MAX {
            let kept = self.contact_itself(tenant, &sealer, merger.kept).await?;
            let other = self.contact_itself(tenant, &sealer, merger.other).await?;
            let (Some(kept), Some(other)) = (kept, other) else { return Ok(Merged::Unknown) };
            match (kept.merged_into, other.merged_into) {
                (None, Some(into)) if into == kept.id => return Ok(Merged::Known(Box::new(kept))),
                (None, None) => {}
                (_, _) => return Ok(Merged::Unknown),
            }
            let mut parted = kept;
            parted.part_from(&mut other.clone());
            if let Err(refused) = parted.may_absorb(&other) {
                return Ok(Merged::Refused(refused));
            }
            if let Some(audit) = audit.take() {
                self.record(tenant, audit).await?;
            }
            let kept = match self.take_over_contact(tenant, &sealer, &merger, &other).await? {
                Some(Ok(kept)) => kept,
                Some(Err(refused)) => return Ok(Merged::Refused(refused)),
                None => return Ok(Merged::Unknown),
            };
            if self.lead_to(tenant, &sealer, &other, kept.id).await? {
                return Ok(Merged::Merged(Box::new(kept)));
            }
        }
        Err(StoreError::Busy)
    }

    async fn part_contacts(
        &self,
        tenant: TenantId,
        (kept, other): (ContactId, ContactId),
        now: Timestamp,
        audit: Vec<AuditEntry>,
    ) -> Result<Parted, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Parted::Unknown) };
        let Some(known) = self.contact_itself(tenant, &sealer, kept).await? else { return Ok(Parted::Unknown) };
        let Some(merge) = known.merged.iter().find(|merge| merge.contact == other) else { return Ok(Parted::Unknown) };
        if now.since(merge.at) > UNDO_WITHIN {
            return Ok(Parted::TooLate);
        }
        self.record(tenant, audit).await?;
        let free = |found: Option<StoredContact>| {
            let Some(mut found) = found else { return Edit::Keep(None) };
            known.clone().part_from(&mut found.contact);
            let other = found.contact.clone();
            Edit::Put(found, Some(other))
        };
        let Some(mut other) = self.edit(at(self, tenant, &sealer, &other), free).await? else {
            return Ok(Parted::Unknown);
        };
        let part = |found: Option<StoredContact>| {
            let Some(mut found) = found else { return Edit::Keep(None) };
            let Some(left) = found.contact.part_from(&mut other) else { return Edit::Keep(None) };
            let kept = Box::new(found.contact.clone());
            Edit::Put(found, Some(Parted::Parted { kept, other: Box::new(other.clone()), left }))
        };
        let parted = self.edit(at(self, tenant, &sealer, &kept), part).await?.unwrap_or(Parted::Unknown);
        if let Parted::Parted { other, .. } = &parted {
            // They may have opted out since they were read.
            let agree = |found: &mut Contact| {
                let changed = found.marketing != other.marketing;
                found.marketing = other.marketing;
                (changed, ())
            };
            self.change_kept(tenant, &sealer, other.id, agree).await?;
        }
        Ok(parted)
    }

    /// The audit log comes first, then they lose the number, and what leads there last: cut short in between, the next who is told finds the
    /// key where it was, and goes on.
    async fn move_number(
        &self,
        tenant: TenantId,
        mover: Mover,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Contact>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let (Some(first), Some(number)) = (mover.first_key(), &mover.told.wa_id) else { return Ok(None) };
        let Some(from) = self.kept(tenant, &sealer, mover.from).await? else { return Ok(None) };
        let first = self.identity(tenant, &sealer, &sealer.lookup("identity", &first));
        let Some(to) = self.document::<ContactId>(first).await? else { return Ok(None) };
        let (everybody, mut keys) = (from.everybody().collect::<Vec<_>>(), Vec::new());
        for id in &everybody {
            let own = self.identities_of(tenant, &sealer, *id).await?;
            keys.extend(own.into_iter().filter(|key| is_number_key(key, number)));
        }
        if keys.is_empty() || everybody.contains(&to) {
            return Ok(None);
        }
        self.record(tenant, audit).await?;
        for id in &everybody {
            self.lose_number(tenant, &sealer, *id, number).await?;
        }
        for key in keys {
            self.lead_away(tenant, &sealer, &key, (&everybody, to)).await?;
        }
        self.kept(tenant, &sealer, from.id).await
    }
}
