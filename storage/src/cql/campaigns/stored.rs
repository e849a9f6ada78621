//! The documents.

use engine::audit::AuditEntry;
use engine::campaign::{Addition, Campaign, CampaignRecipient};
use engine::id::{CampaignId, ClientKey, TenantId};
use engine::ports::{Added, Belonging, Saved, StoreError};
use engine::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::CqlStore;
use super::super::accounts::Notes;
use super::super::documents::{Edit, Place};
use super::super::turns;
use crate::codec;
use crate::crypto::{Lookup, Sealer};

/// Tries to save over a campaign that somebody is deleting, or whose audience somebody else is writing down.
const TRIES_MAX: usize = 16;
/// Another node adds people at the same time.
const ADD_AGAIN_MAX: usize = 64;

/// Write times on the list: a campaign comes once and goes once.
const COMES: i64 = 1;
const GOES: i64 = 2;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredCampaign {
    pub(super) campaign: Campaign,
    /// On the list of campaigns.
    pub(super) place: i64,
    /// Tries to write some of the audience down; the write time of what each writes.
    tries: i64,
    /// It is deleted, and what the log says of that is on its way.
    deleted: bool,
    notes: Vec<Notes>,
    /// Recipients that were added one by one.
    #[serde(default)]
    added: u32,
    /// The last of them, until they are written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    adding: Option<Box<Adding>>,
}

/// Somebody who was added, on the way to where recipients lie.
#[derive(Serialize, Deserialize)]
struct Adding {
    recipient: CampaignRecipient,
    at: Timestamp,
    /// The write time.
    nth: i64,
}

impl StoredCampaign {
    /// Recipients that count: an earlier try may have left more.
    pub(super) fn people(&self) -> u32 {
        self.campaign.launch.as_ref().map_or(0, |launch| launch.frozen.count) + self.added
    }
}

/// What is done to save a campaign.
enum Step {
    /// There is room under this number for those that are to be written down.
    Reserved(i64),
    Done(Saved),
    /// It is being deleted, or another try has begun since.
    Again,
}

fn at<'a>(store: &CqlStore, tenant: TenantId, sealer: &'a Sealer, id: &CampaignId) -> Place<'a> {
    Place { name: store.name_of("campaign", tenant, id.as_bytes()), sealer }
}

impl CqlStore {
    pub(in super::super) fn campaign_list(&self, tenant: TenantId) -> Lookup {
        self.name_of("campaigns", tenant, &[])
    }

    /// Those that may be at work.
    pub(in super::super) fn at_work_list(&self, tenant: TenantId) -> Lookup {
        self.name_of("campaigns_at_work", tenant, &[])
    }

    /// The campaign, after what the log says of it is written.
    pub(super) async fn settled_campaign(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: CampaignId,
    ) -> Result<Option<StoredCampaign>, StoreError> {
        let place = at(self, tenant, sealer, &id);
        let Some(stored) = self.document::<StoredCampaign>(place).await? else { return Ok(None) };
        for notes in &stored.notes {
            self.leave(notes).await?;
        }
        if let Some(adding) = &stored.adding {
            let Adding { recipient, at, nth } = adding.as_ref();
            self.point_added(tenant, sealer, id, recipient).await?;
            let home = self.recipients_home(tenant, id);
            self.freeze_rows(sealer, home, std::slice::from_ref(recipient), *at, *nth).await?;
        }
        if stored.deleted {
            self.unshelve(self.campaign_list(tenant), stored.place, id.as_bytes(), GOES).await?;
            let remove = |known: Option<StoredCampaign>| match known {
                Some(known) if known.deleted => Edit::Remove(()),
                Some(_) | None => Edit::Keep(()),
            };
            self.edit(place, remove).await?;
        } else if !stored.notes.is_empty() || stored.adding.is_some() {
            let left: Vec<_> = stored.notes.iter().map(|notes| notes.change).collect();
            let nth = stored.adding.as_ref().map(|adding| adding.nth);
            let clear = |known: Option<StoredCampaign>| {
                let Some(mut known) = known else { return Edit::Keep(()) };
                let before = (known.notes.len(), known.adding.is_some());
                known.notes.retain(|notes| !left.contains(&notes.change));
                known.adding = known.adding.filter(|adding| Some(adding.nth) != nth);
                // Somebody else has done it.
                let is_same = before == (known.notes.len(), known.adding.is_some());
                if is_same { Edit::Keep(()) } else { Edit::Put(known, ()) }
            };
            self.edit(place, clear).await?;
        }
        for notes in &stored.notes {
            self.forget_notes(notes).await?;
        }
        Ok((!stored.deleted).then_some(stored))
    }

    pub(super) async fn freeze_with(
        &self,
        tenant: TenantId,
        campaign: Campaign,
        recipients: &[CampaignRecipient],
        audit: Vec<AuditEntry>,
    ) -> Result<Saved, StoreError> {
        let sealer = self.sealer(tenant).await?;
        let entries: Vec<_> = audit.into_iter().map(|entry| (tenant, entry)).collect();
        let notes = Notes::of(&entries);
        let at = campaign.launch.as_ref().map_or(campaign.created_at, |launch| launch.at);
        for _ in 0..TRIES_MAX {
            let known = self.settled_campaign(tenant, &sealer, campaign.id).await?;
            let place = self.list_campaign(tenant, &campaign, known.map(|known| known.place)).await?;
            let mut reserved = None;
            if !recipients.is_empty() {
                match self.reserve(tenant, &sealer, &campaign).await? {
                    Step::Done(saved) => return Ok(saved),
                    Step::Again => continue,
                    Step::Reserved(nth) => {
                        let home = self.recipients_home(tenant, campaign.id);
                        self.freeze_rows(&sealer, home, recipients, at, nth).await?;
                        reserved = Some(nth);
                    }
                }
            }
            if let Step::Done(saved) =
                self.put_campaign(tenant, &sealer, (&campaign, place), reserved, notes.as_ref()).await?
            {
                self.settled_campaign(tenant, &sealer, campaign.id).await?;
                return Ok(saved);
            }
        }
        Err(StoreError::Busy)
    }

    /// On its lists before it is there to be found. Answers its place.
    async fn list_campaign(
        &self,
        tenant: TenantId,
        campaign: &Campaign,
        known: Option<i64>,
    ) -> Result<i64, StoreError> {
        if campaign.phase.is_at_work() {
            self.point(self.at_work_list(tenant), campaign.id.as_bytes(), &[]).await?;
        }
        if let Some(place) = known {
            return Ok(place);
        }
        let place = self.place();
        if campaign.revision == 1 {
            self.shelve(self.campaign_list(tenant), place, campaign.id.as_bytes(), COMES).await?;
        }
        Ok(place)
    }

    /// A number for a try that begins now: whoever tried before has a lower one.
    async fn reserve(&self, tenant: TenantId, sealer: &Sealer, campaign: &Campaign) -> Result<Step, StoreError> {
        let reserve = |known: Option<StoredCampaign>| match known {
            Some(known) if known.deleted => Edit::Keep(Step::Again),
            Some(known) if known.campaign == *campaign => Edit::Keep(Step::Done(Saved::Applied)),
            Some(known) if known.campaign.revision + 1 == campaign.revision => {
                let tries = known.tries + 1;
                Edit::Put(StoredCampaign { tries, ..known }, Step::Reserved(tries))
            }
            Some(_) | None => Edit::Keep(Step::Done(Saved::Conflict)),
        };
        self.edit(at(self, tenant, sealer, &campaign.id), reserve).await
    }

    async fn put_campaign(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        (campaign, place): (&Campaign, i64),
        reserved: Option<i64>,
        notes: Option<&Notes>,
    ) -> Result<Step, StoreError> {
        let put = |known: Option<StoredCampaign>| {
            let Some(mut known) = known else {
                if campaign.revision != 1 {
                    return Edit::Keep(Step::Done(Saved::Conflict));
                }
                let notes = notes.cloned().into_iter().collect();
                let campaign = campaign.clone();
                let new = StoredCampaign { campaign, place, tries: 0, deleted: false, notes, added: 0, adding: None };
                return Edit::Put(new, Step::Done(Saved::Applied));
            };
            if known.campaign == *campaign && !known.deleted {
                return Edit::Keep(Step::Done(Saved::Applied));
            }
            if known.deleted || reserved.is_some_and(|nth| nth != known.tries) {
                return Edit::Keep(Step::Again);
            }
            if known.campaign.revision + 1 != campaign.revision {
                return Edit::Keep(Step::Done(Saved::Conflict));
            }
            known.notes.extend(notes.cloned());
            Edit::Put(StoredCampaign { campaign: campaign.clone(), ..known }, Step::Done(Saved::Applied))
        };
        self.edit(at(self, tenant, sealer, &campaign.id), put).await
    }

    /// Of another installation; one that is there stays as it is.
    pub(in super::super) async fn bring_campaign(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        campaign: Campaign,
    ) -> Result<(), StoreError> {
        let place_of = at(self, tenant, sealer, &campaign.id);
        if self.document::<StoredCampaign>(place_of).await?.is_some() {
            return Ok(());
        }
        let place = self.place();
        self.shelve(self.campaign_list(tenant), place, campaign.id.as_bytes(), COMES).await?;
        if campaign.phase.is_at_work() {
            self.point(self.at_work_list(tenant), campaign.id.as_bytes(), &[]).await?;
        }
        let bring = |known: Option<StoredCampaign>| {
            if known.is_some() {
                return Edit::Keep(());
            }
            let campaign = campaign.clone();
            let notes = Vec::new();
            Edit::Put(StoredCampaign { campaign, place, tries: 1, deleted: false, notes, added: 0, adding: None }, ())
        };
        self.edit(place_of, bring).await
    }

    /// Somebody more. What is decided here is written down by whoever meets it, before anything is read of the recipients.
    pub(super) async fn add_person(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: CampaignId,
        addition: &Addition,
    ) -> Result<Added, StoreError> {
        let place = at(self, tenant, sealer, &id);
        let _turn = self.turns.additions.take(&place.name).await;
        for nth in 0..ADD_AGAIN_MAX {
            let Some(seen) = self.settled_campaign(tenant, sealer, id).await? else { return Ok(Added::Closed) };
            if let Some(no) = self.added_no(tenant, sealer, id, &addition.trigger.key).await? {
                return Ok(Added::Known(no));
            }
            let add = |known: Option<StoredCampaign>| {
                let taking = known.filter(|known| !known.deleted && known.campaign.takes_more());
                let Some(mut known) = taking else { return Edit::Keep(Some(Added::Closed)) };
                // Whoever came meanwhile may have come by the same key.
                if known.added != seen.added || known.adding.is_some() {
                    return Edit::Keep(None);
                }
                let no = known.people();
                (known.tries, known.added) = (known.tries + 1, known.added + 1);
                let (recipient, at, nth) = (addition.numbered(no), addition.at, known.tries);
                known.adding = Some(Box::new(Adding { recipient, at, nth }));
                Edit::Put(known, Some(Added::New(no)))
            };
            match self.edit(place, add).await? {
                Some(added @ Added::New(_)) => {
                    self.settled_campaign(tenant, sealer, id).await?;
                    return Ok(added);
                }
                Some(added) => return Ok(added),
                None => turns::step_aside(nth).await,
            }
        }
        Err(StoreError::Busy)
    }

    /// Under which number somebody was added by this key, of those who are written down.
    pub(super) async fn added_no(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: CampaignId,
        key: &ClientKey,
    ) -> Result<Option<u32>, StoreError> {
        let found = self.pointers(self.added_list(tenant, sealer, id, key)).await?;
        let no = |(no, _): (Vec<u8>, Vec<u8>)| {
            let no = no.try_into().map_err(|_| codec::corrupt("what leads to somebody who was added"))?;
            Ok(u32::from_be_bytes(no))
        };
        found.into_iter().next().map(no).transpose()
    }

    pub(in super::super) fn added_list(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: CampaignId,
        key: &ClientKey,
    ) -> Lookup {
        self.name_of("recipient_added", tenant, &codec::recipients::trigger_lookup(sealer, id.as_bytes(), key))
    }

    /// What leads to them from the key that added them.
    pub(in super::super) async fn point_added(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: CampaignId,
        recipient: &CampaignRecipient,
    ) -> Result<(), StoreError> {
        let Some(trigger) = &recipient.trigger else { return Ok(()) };
        self.point(self.added_list(tenant, sealer, id, &trigger.key), &recipient.no.to_be_bytes(), &[]).await
    }

    /// Recipients below this number came along with an import.
    pub(in super::super) async fn bring_added(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: CampaignId,
        people: u32,
    ) -> Result<(), StoreError> {
        let raise = |known: Option<StoredCampaign>| match known {
            Some(known) if known.people() < people => {
                let added = known.added + (people - known.people());
                Edit::Put(StoredCampaign { added, ..known }, ())
            }
            Some(_) | None => Edit::Keep(()),
        };
        self.edit(at(self, tenant, sealer, &id), raise).await
    }

    /// The campaign on this place of the list, and how many recipients it has.
    pub(in super::super) async fn leaving_campaign(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        place: i64,
        id: CampaignId,
    ) -> Result<Option<(Belonging, u32)>, StoreError> {
        let found = self.settled_campaign(tenant, sealer, id).await?.filter(|found| found.place == place);
        Ok(found.map(|found| {
            let people = found.people();
            (Belonging::Campaign(Box::new(found.campaign)), people)
        }))
    }

    pub(in super::super) async fn forget_campaign(&self, tenant: TenantId, id: CampaignId) -> Result<(), StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(()) };
        let place = at(self, tenant, &sealer, &id);
        if let Some(stored) = self.document::<StoredCampaign>(place).await? {
            self.forget_recipients(tenant, &sealer, id, stored.people()).await?;
        }
        self.drop_document(&place.name).await
    }

    /// With the log in the same change; taken off the list after it.
    pub(super) async fn delete_draft(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: CampaignId,
        revision: u64,
        audit: Vec<AuditEntry>,
    ) -> Result<Saved, StoreError> {
        self.settled_campaign(tenant, sealer, id).await?;
        let entries: Vec<_> = audit.into_iter().map(|entry| (tenant, entry)).collect();
        let notes = Notes::of(&entries);
        let delete = |known: Option<StoredCampaign>| match known {
            // Deleted by somebody else: what the log says of it is theirs.
            None => Edit::Keep(Saved::Applied),
            Some(known) if known.deleted => Edit::Keep(Saved::Applied),
            Some(mut known) if known.campaign.revision == revision && known.campaign.launch.is_none() => {
                known.notes.extend(notes.clone());
                Edit::Put(StoredCampaign { deleted: true, ..known }, Saved::Applied)
            }
            Some(_) => Edit::Keep(Saved::Conflict),
        };
        let saved = self.edit(at(self, tenant, sealer, &id), delete).await?;
        self.settled_campaign(tenant, sealer, id).await?;
        Ok(saved)
    }
}
