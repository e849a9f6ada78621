use async_trait::async_trait;

use super::{ListError, Page, PageRequest, StoreError};
use crate::audit::AuditEntry;
use crate::campaign::{
    Addition, Answers, ByHour, Campaign, CampaignRecipient, Class, Reached, RecipientKey, RecipientRow, Tallies,
    Verdict, Waiters,
};
use crate::id::{CampaignId, ClaimToken, ClientKey, ContactId, TenantId, Wamid};
use crate::inbound::StatusUpdate;
use crate::intake::IntakeMark;
use crate::outgoing::SendOutcome;
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// Also when just this was written before.
    Applied,
    /// Somebody else changed it: nothing was written. Load it again and decide again.
    Conflict,
}

/// What became of somebody who was to be added to a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    /// Waits under this number.
    New(u32),
    /// Their key was used before: whoever has this number was added by it.
    Known(u32),
    /// The campaign takes nobody more, or is not there.
    Closed,
}

/// Which recipients are listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientQuery {
    /// `None`: of all classes.
    pub class: Option<Class>,
    /// In order of `no`.
    pub page: PageRequest,
}

/// Broadcasts, and the people they go to. A recipient changes by one method at a time, each in one commit with the tallies.
#[async_trait]
pub trait Campaigns: Send + Sync {
    async fn campaign(&self, tenant: TenantId, id: CampaignId) -> Result<Option<Campaign>, StoreError>;

    /// Newest first.
    async fn campaigns(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Campaign>, ListError>;

    /// Written only over the revision just below it (0 = there is none yet), with the audit entries in the same commit.
    async fn save_campaign(
        &self,
        tenant: TenantId,
        campaign: Campaign,
        audit: Vec<AuditEntry>,
    ) -> Result<Saved, StoreError>;

    /// Of a draft: there are no recipients. `Conflict`: it is no draft, or not of this revision.
    async fn delete_campaign(
        &self,
        tenant: TenantId,
        id: CampaignId,
        revision: u64,
        audit: Vec<AuditEntry>,
    ) -> Result<Saved, StoreError>;

    /// Those in a phase that [`crate::campaign::Phase::is_at_work`], in the order of ids.
    async fn campaigns_at_work(&self, tenant: TenantId) -> Result<Vec<CampaignId>, StoreError>;

    /// The campaign as with [`Campaigns::save_campaign`], and more recipients, waiting, in the same commit. Their numbers follow
    /// those that are there: what an earlier try that was not committed left under them is replaced.
    async fn freeze(
        &self,
        tenant: TenantId,
        campaign: Campaign,
        recipients: Vec<CampaignRecipient>,
    ) -> Result<Saved, StoreError>;

    /// One recipient more, waiting, for a campaign that [`Campaign::takes_more`] in the same commit. The number is given out there, the next
    /// one, whatever the revision; the campaign is not changed by it. The same key never adds a second one.
    async fn add_recipient(&self, tenant: TenantId, id: CampaignId, addition: Addition) -> Result<Added, StoreError>;

    /// Who was added by this key.
    async fn added_by(
        &self,
        tenant: TenantId,
        id: CampaignId,
        key: &ClientKey,
    ) -> Result<Option<RecipientRow>, StoreError>;

    /// Who of these waits in this lane, in order of `no`, after this one.
    async fn waiting(
        &self,
        tenant: TenantId,
        id: CampaignId,
        in_lane: (u8, Waiters),
        after: Option<u32>,
        limit: u32,
    ) -> Result<Vec<CampaignRecipient>, StoreError>;

    async fn recipient(&self, tenant: TenantId, key: RecipientKey) -> Result<Option<RecipientRow>, StoreError>;

    async fn recipients(
        &self,
        tenant: TenantId,
        id: CampaignId,
        query: RecipientQuery,
    ) -> Result<Page<RecipientRow>, ListError>;

    /// Waiting → claimed for as many of `nos` as can be; those that are ours now, in order. Durable on return. The same token
    /// wins the same ones again.
    async fn claim_recipients(
        &self,
        tenant: TenantId,
        id: CampaignId,
        nos: &[u32],
        token: ClaimToken,
        at: Timestamp,
    ) -> Result<Vec<u32>, StoreError>;

    /// Claimed by `token` → waiting: only for what Meta provably refused before processing.
    async fn release_recipients(
        &self,
        tenant: TenantId,
        id: CampaignId,
        nos: &[u32],
        token: ClaimToken,
    ) -> Result<(), StoreError>;

    /// How the send under this claim ended, see [`RecipientRow::record`].
    async fn record_sent(
        &self,
        tenant: TenantId,
        key: RecipientKey,
        token: ClaimToken,
        outcome: SendOutcome,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Meta's word, in one commit with the mark on the inbox item that brought it, which is `Duplicate` where it says nothing new.
    /// A recipient that is not there only marks the item.
    async fn record_receipt(
        &self,
        tenant: TenantId,
        key: RecipientKey,
        update: &StatusUpdate,
        intake: Option<IntakeMark>,
    ) -> Result<(), StoreError>;

    /// What the person did because of it at this time, see [`RecipientRow::record_answers`].
    async fn record_answers(
        &self,
        tenant: TenantId,
        key: RecipientKey,
        answers: Answers,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// What becomes of a doubt; nothing where it was settled meanwhile.
    async fn decide_doubt(
        &self,
        tenant: TenantId,
        key: RecipientKey,
        verdict: Verdict,
        at: Timestamp,
    ) -> Result<(), StoreError>;

    /// Finds a recipient by Meta's id of the message.
    async fn locate_recipient(&self, tenant: TenantId, wamid: &Wamid) -> Result<Option<RecipientKey>, StoreError>;

    /// Claimed and in doubt, in order of `no`, after this one.
    async fn campaign_under_way(
        &self,
        tenant: TenantId,
        id: CampaignId,
        after: Option<u32>,
        limit: u32,
    ) -> Result<Vec<RecipientRow>, StoreError>;

    /// Exact, and without counting rows.
    async fn tallies(&self, tenant: TenantId, id: CampaignId) -> Result<Tallies, StoreError>;

    /// When it happened; as exact.
    async fn by_hour(&self, tenant: TenantId, id: CampaignId) -> Result<ByHour, StoreError>;

    /// What campaigns sent to this contact, newest accepted first.
    async fn sent_to(
        &self,
        tenant: TenantId,
        contact: ContactId,
        limit: u32,
    ) -> Result<Vec<(CampaignId, RecipientRow)>, StoreError>;

    /// What campaigns sent to these contacts later than this, in the order of [`Reached`]; without what failed afterwards. For a page of
    /// an audience at once.
    async fn reached_after(
        &self,
        tenant: TenantId,
        contacts: &[ContactId],
        after: Timestamp,
    ) -> Result<Vec<Reached>, StoreError>;
}
