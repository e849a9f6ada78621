use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::campaign::{
    Addition, Answers, ByHour, Campaign, CampaignRecipient, Class, Reached, RecipientKey, RecipientRow, SendState,
    Tallies, Verdict, Waiters,
};
use engine::id::{CampaignId, ClaimToken, ClientKey, ContactId, TenantId, Wamid};
use engine::inbound::StatusUpdate;
use engine::intake::{IntakeMark, IntakeOutcome};
use engine::outgoing::SendOutcome;
use engine::ports::{Added, Campaigns, Claim, ListError, Page, PageRequest, RecipientQuery, Saved, StoreError};
use engine::time::Timestamp;

use super::{MemoryStore, State};
use crate::cursor::{self, List};

impl State {
    /// Over the revision just below, or the same again.
    fn put_campaign(&mut self, tenant: TenantId, campaign: Campaign) -> Saved {
        let key = (tenant, campaign.id);
        match self.campaigns.get_mut(&key) {
            Some(known) if known.row.revision + 1 == campaign.revision => {
                known.row = campaign;
                Saved::Applied
            }
            None if campaign.revision == 1 => {
                let campaign = self.arrived(campaign);
                self.campaigns.insert(key, campaign);
                Saved::Applied
            }
            Some(_) | None => Saved::Conflict,
        }
    }

    fn is_saved(&self, tenant: TenantId, campaign: &Campaign) -> bool {
        self.campaigns.get(&(tenant, campaign.id)).is_some_and(|known| known.row == *campaign)
    }

    /// Those that count: an earlier try may have left more.
    pub(super) fn recipients_of(&self, tenant: TenantId, id: CampaignId) -> impl Iterator<Item = &RecipientRow> {
        let campaign = self.campaigns.get(&(tenant, id)).map(|found| &found.row);
        let frozen = campaign.and_then(|campaign| campaign.launch.as_ref()).map_or(0, |launch| launch.frozen.count);
        // Who was added one by one is in no try.
        let count = if campaign.is_some_and(Campaign::is_triggered) { u32::MAX } else { frozen };
        let rows = self.recipients.range((tenant, id, 0)..(tenant, id, count));
        rows.map(|(_, row)| row)
    }

    fn added_by(&self, tenant: TenantId, id: CampaignId, key: &ClientKey) -> Option<&RecipientRow> {
        let is_its = |row: &&RecipientRow| row.recipient.trigger.as_ref().is_some_and(|trigger| trigger.key == *key);
        self.recipients_of(tenant, id).find(is_its)
    }

    fn recipient_mut(&mut self, tenant: TenantId, key: RecipientKey) -> Option<&mut RecipientRow> {
        self.recipients.get_mut(&(tenant, key.campaign, key.no))
    }
}

fn after(no: Option<u32>) -> impl Fn(&&RecipientRow) -> bool {
    move |row| no.is_none_or(|no| row.recipient.no > no)
}

#[async_trait]
impl Campaigns for MemoryStore {
    async fn campaign(&self, tenant: TenantId, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
        Ok(self.state()?.campaigns.get(&(tenant, id)).map(|found| found.row.clone()))
    }

    async fn campaigns(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Campaign>, ListError> {
        let after: Option<CampaignId> = cursor::row(List::Campaigns, &page)?;
        let limit = cursor::limit(&page);
        let state = self.state()?;
        let before = match after {
            Some(id) => state.campaigns.get(&(tenant, id)).ok_or(ListError::BadCursor)?.place,
            None => i64::MAX,
        };
        let own = state.campaigns.iter().filter(|((owner, _), _)| *owner == tenant).map(|(_, campaign)| campaign);
        let mut all: Vec<_> = own.filter(|campaign| campaign.place < before).collect();
        all.sort_by_key(|campaign| std::cmp::Reverse(campaign.place));
        let more = cursor::cut(&mut all, limit);
        let next = all.last().filter(|_| more).map(|last| cursor::at_row(List::Campaigns, last.row.id));
        Ok(Page { items: all.into_iter().map(|campaign| campaign.row.clone()).collect(), next })
    }

    async fn save_campaign(
        &self,
        tenant: TenantId,
        campaign: Campaign,
        audit: Vec<AuditEntry>,
    ) -> Result<Saved, StoreError> {
        self.freeze_with(tenant, campaign, Vec::new(), audit)
    }

    async fn delete_campaign(
        &self,
        tenant: TenantId,
        id: CampaignId,
        revision: u64,
        audit: Vec<AuditEntry>,
    ) -> Result<Saved, StoreError> {
        let mut state = self.state()?;
        match state.campaigns.get(&(tenant, id)) {
            None => Ok(Saved::Applied),
            Some(known) if known.row.revision == revision && known.row.launch.is_none() => {
                state.campaigns.remove(&(tenant, id));
                state.append_audit(tenant, audit);
                Ok(Saved::Applied)
            }
            Some(_) => Ok(Saved::Conflict),
        }
    }

    async fn campaigns_at_work(&self, tenant: TenantId) -> Result<Vec<CampaignId>, StoreError> {
        let state = self.state()?;
        if state.arriving.contains(&tenant) {
            return Ok(Vec::new());
        }
        let own = state.campaigns.iter().filter(|((owner, _), _)| *owner == tenant);
        Ok(own.filter(|(_, found)| found.row.phase.is_at_work()).map(|((_, id), _)| *id).collect())
    }

    async fn freeze(
        &self,
        tenant: TenantId,
        campaign: Campaign,
        recipients: Vec<CampaignRecipient>,
    ) -> Result<Saved, StoreError> {
        self.freeze_with(tenant, campaign, recipients, Vec::new())
    }

    async fn add_recipient(&self, tenant: TenantId, id: CampaignId, addition: Addition) -> Result<Added, StoreError> {
        let mut state = self.state()?;
        if let Some(row) = state.added_by(tenant, id, &addition.trigger.key) {
            return Ok(Added::Known(row.recipient.no));
        }
        if state.campaigns.get(&(tenant, id)).is_none_or(|campaign| !campaign.row.takes_more()) {
            return Ok(Added::Closed);
        }
        let last = state.recipients_of(tenant, id).last();
        let no = last.map_or(0, |row| row.recipient.no + 1);
        let row = RecipientRow::waiting(addition.numbered(no), addition.at);
        state.recipients.insert((tenant, id, no), row);
        Ok(Added::New(no))
    }

    async fn added_by(
        &self,
        tenant: TenantId,
        id: CampaignId,
        key: &ClientKey,
    ) -> Result<Option<RecipientRow>, StoreError> {
        Ok(self.state()?.added_by(tenant, id, key).cloned())
    }

    async fn waiting(
        &self,
        tenant: TenantId,
        id: CampaignId,
        (lane, waiters): (u8, Waiters),
        no: Option<u32>,
        limit: u32,
    ) -> Result<Vec<CampaignRecipient>, StoreError> {
        let state = self.state()?;
        let is_meant = |recipient: &CampaignRecipient| recipient.lane == lane && waiters.takes(recipient.group);
        let waits = |row: &&RecipientRow| row.send == SendState::Waiting && is_meant(&row.recipient);
        let waiting = state.recipients_of(tenant, id).filter(after(no)).filter(waits);
        Ok(waiting.take(limit as usize).map(|row| row.recipient.clone()).collect())
    }

    async fn recipient(&self, tenant: TenantId, key: RecipientKey) -> Result<Option<RecipientRow>, StoreError> {
        let state = self.state()?;
        Ok(state.recipients_of(tenant, key.campaign).find(|row| row.recipient.no == key.no).cloned())
    }

    async fn recipients(
        &self,
        tenant: TenantId,
        id: CampaignId,
        query: RecipientQuery,
    ) -> Result<Page<RecipientRow>, ListError> {
        let no: Option<u32> = cursor::row(List::Recipients, &query.page)?;
        let limit = cursor::limit(&query.page);
        let state = self.state()?;
        let is_asked = |row: &&RecipientRow| query.class.is_none_or(|class| row.tally().class == class);
        let found = state.recipients_of(tenant, id).filter(after(no)).filter(is_asked);
        let mut found: Vec<_> = found.take(limit as usize + 1).cloned().collect();
        let more = cursor::cut(&mut found, limit);
        let next = found.last().filter(|_| more).map(|last| cursor::at_row(List::Recipients, last.recipient.no));
        Ok(Page { items: found, next })
    }

    async fn claim_recipients(
        &self,
        tenant: TenantId,
        id: CampaignId,
        nos: &[u32],
        token: ClaimToken,
        at: Timestamp,
    ) -> Result<Vec<u32>, StoreError> {
        let won = {
            let mut state = self.state()?;
            let mut wins = |no: &u32| {
                let row = state.recipient_mut(tenant, RecipientKey { campaign: id, no: *no });
                row.is_some_and(|row| row.claim(token, at) == Claim::Won)
            };
            nos.iter().copied().filter(|no| wins(no)).collect()
        };
        self.answer_late().await;
        Ok(won)
    }

    async fn release_recipients(
        &self,
        tenant: TenantId,
        id: CampaignId,
        nos: &[u32],
        token: ClaimToken,
    ) -> Result<(), StoreError> {
        let mut state = self.state()?;
        for no in nos {
            if let Some(row) = state.recipient_mut(tenant, RecipientKey { campaign: id, no: *no }) {
                row.release(token);
            }
        }
        Ok(())
    }

    async fn record_sent(
        &self,
        tenant: TenantId,
        key: RecipientKey,
        token: ClaimToken,
        outcome: SendOutcome,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(row) = self.state()?.recipient_mut(tenant, key) {
            row.record(token, outcome, at);
        }
        Ok(())
    }

    async fn record_receipt(
        &self,
        tenant: TenantId,
        key: RecipientKey,
        update: &StatusUpdate,
        intake: Option<IntakeMark>,
    ) -> Result<(), StoreError> {
        let mut state = self.state()?;
        let row = state.recipient_mut(tenant, key);
        let is_news = row.is_none_or(|row| row.record_status(update));
        if let Some(mut mark) = intake {
            if !is_news {
                mark.outcome = IntakeOutcome::Duplicate;
            }
            state.mark(tenant, &mark);
        }
        Ok(())
    }

    async fn record_answers(
        &self,
        tenant: TenantId,
        key: RecipientKey,
        answers: Answers,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(row) = self.state()?.recipient_mut(tenant, key) {
            row.record_answers(answers, at);
        }
        Ok(())
    }

    async fn decide_doubt(
        &self,
        tenant: TenantId,
        key: RecipientKey,
        verdict: Verdict,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(row) = self.state()?.recipient_mut(tenant, key) {
            row.decide(verdict, at);
        }
        Ok(())
    }

    async fn locate_recipient(&self, tenant: TenantId, wamid: &Wamid) -> Result<Option<RecipientKey>, StoreError> {
        let state = self.state()?;
        let mut own = state.recipients.iter().filter(|((owner, ..), _)| *owner == tenant);
        let found = own.find(|(_, row)| row.wamid.as_ref() == Some(wamid));
        Ok(found.map(|((_, campaign, no), _)| RecipientKey { campaign: *campaign, no: *no }))
    }

    async fn campaign_under_way(
        &self,
        tenant: TenantId,
        id: CampaignId,
        no: Option<u32>,
        limit: u32,
    ) -> Result<Vec<RecipientRow>, StoreError> {
        let state = self.state()?;
        let is_open = |row: &&RecipientRow| matches!(row.send, SendState::Claimed { .. } | SendState::InDoubt { .. });
        let open = state.recipients_of(tenant, id).filter(after(no)).filter(is_open);
        Ok(open.take(limit as usize).cloned().collect())
    }

    async fn tallies(&self, tenant: TenantId, id: CampaignId) -> Result<Tallies, StoreError> {
        let mut tallies = Tallies::default();
        self.state()?.recipients_of(tenant, id).for_each(|row| tallies.add(row.tally()));
        Ok(tallies)
    }

    async fn by_hour(&self, tenant: TenantId, id: CampaignId) -> Result<ByHour, StoreError> {
        let mut by_hour = ByHour::default();
        self.state()?.recipients_of(tenant, id).for_each(|row| by_hour.add(row));
        Ok(by_hour)
    }

    async fn sent_to(
        &self,
        tenant: TenantId,
        contact: ContactId,
        limit: u32,
    ) -> Result<Vec<(CampaignId, RecipientRow)>, StoreError> {
        let state = self.state()?;
        let own = state.recipients.iter().filter(|((owner, ..), row)| {
            *owner == tenant && row.recipient.contact == contact && row.delivery.accepted_at.is_some()
        });
        let mut sent: Vec<_> = own.map(|((_, campaign, _), row)| (*campaign, row.clone())).collect();
        sent.sort_by_key(|(campaign, row)| std::cmp::Reverse((row.delivery.accepted_at, *campaign)));
        sent.truncate(limit as usize);
        Ok(sent)
    }

    async fn reached_after(
        &self,
        tenant: TenantId,
        contacts: &[ContactId],
        after: Timestamp,
    ) -> Result<Vec<Reached>, StoreError> {
        let state = self.state()?;
        let own = state.recipients.iter().filter(|((owner, ..), row)| {
            *owner == tenant
                && contacts.contains(&row.recipient.contact)
                && !matches!(row.tally().class, Class::Failed(_))
        });
        let reached = own.filter_map(|((_, campaign, _), row)| {
            let at = row.delivery.accepted_at.filter(|at| *at > after)?;
            Some(Reached { contact: row.recipient.contact, at, campaign: *campaign })
        });
        let mut reached: Vec<_> = reached.collect();
        reached.sort_unstable();
        Ok(reached)
    }
}

impl MemoryStore {
    fn freeze_with(
        &self,
        tenant: TenantId,
        campaign: Campaign,
        recipients: Vec<CampaignRecipient>,
        audit: Vec<AuditEntry>,
    ) -> Result<Saved, StoreError> {
        let mut state = self.state()?;
        if state.is_saved(tenant, &campaign) {
            return Ok(Saved::Applied);
        }
        let (id, at) = (campaign.id, campaign.launch.as_ref().map_or(campaign.created_at, |launch| launch.at));
        let saved = state.put_campaign(tenant, campaign);
        if saved == Saved::Applied {
            let rows: BTreeMap<_, _> = recipients
                .into_iter()
                .map(|recipient| ((tenant, id, recipient.no), RecipientRow::waiting(recipient, at)))
                .collect();
            state.recipients.extend(rows);
            state.append_audit(tenant, audit);
        }
        Ok(saved)
    }
}
