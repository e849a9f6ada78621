//! Campaigns are documents. What the log says of a change waits in the document until it is written. Recipients: recipients.rs.

mod stored;

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::campaign::{
    Addition, Answers, ByHour, Campaign, CampaignRecipient, Class, Reached, RecipientKey, RecipientRow, SendState,
    Tallies, TallyKey, Verdict, Waiters,
};
use engine::id::{CampaignId, ClaimToken, ClientKey, ContactId, TenantId, Wamid};
use engine::inbound::StatusUpdate;
use engine::intake::{IntakeMark, IntakeOutcome};
use engine::outgoing::SendOutcome;
use engine::ports::{Added, Campaigns, InboxLog as _, ListError, Page, PageRequest, RecipientQuery, Saved, StoreError};
use engine::time::Timestamp;
use futures_util::future::try_join_all;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::recipients::{BUCKET, Bucket, Claimed, Found, sent_at_of};
use super::{AT_ONCE, CqlStore, names};
use crate::codec;
use crate::crypto::Sealer;
use crate::cursor::{self, List};

/// What is read of recipients.
#[derive(Clone, Copy)]
struct Scan {
    home: codec::recipients::Home,
    from: u32,
    people: u32,
    limit: usize,
}

/// Campaign and number, as they stand in what leads to a recipient.
fn key_of(pointer: &[u8]) -> Result<RecipientKey, StoreError> {
    let damaged = || codec::corrupt("what leads to a recipient");
    let (campaign, no) = pointer.split_first_chunk::<16>().ok_or_else(damaged)?;
    let no = u32::from_be_bytes(no.try_into().map_err(|_| damaged())?);
    Ok(RecipientKey { campaign: CampaignId::from_bytes(*campaign), no })
}

impl CqlStore {
    /// Recipients in order of their numbers: from the partitions where somebody stands where it is asked for, those that `take`
    /// has taken.
    async fn scan<T>(
        &self,
        sealer: &Sealer,
        scan: Scan,
        is_asked: impl Fn(&TallyKey) -> bool,
        take: impl Fn(&Found) -> Result<Option<T>, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let Scan { home, from, people, limit } = scan;
        let mut taken = Vec::new();
        for (bucket, people) in self.buckets_with(sealer, home, (from, people), is_asked).await? {
            let start = bucket.n * BUCKET;
            let (_, rows) = self.bucket_rows(bucket, from.max(start), start + (people - 1), false).await?;
            for found in &rows {
                if taken.len() >= limit {
                    return Ok(taken);
                }
                taken.extend(take(found)?);
            }
        }
        Ok(taken)
    }

    /// Where to read of a campaign's recipients. `None`: there is nobody behind this number.
    async fn scan_after(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: CampaignId,
        after: Option<u32>,
        limit: u32,
    ) -> Result<Option<Scan>, StoreError> {
        let Some(stored) = self.settled_campaign(tenant, sealer, id).await? else { return Ok(None) };
        let (people, from) = (stored.people(), after.map_or(Some(0), |no| no.checked_add(1)));
        let Some(from) = from.filter(|from| *from < people) else { return Ok(None) };
        let home = self.recipients_home(tenant, id);
        Ok(Some(Scan { home, from, people, limit: limit as usize }))
    }

    /// At most `limit` from the number `from` on.
    pub(super) async fn leaving_recipients(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: CampaignId,
        (from, people): (u32, u32),
        limit: usize,
    ) -> Result<Vec<RecipientRow>, StoreError> {
        let scan = Scan { home: self.recipients_home(tenant, id), from, people, limit };
        self.scan(sealer, scan, |_| true, |found| found.whole(sealer).map(Some)).await
    }

    /// Numbers by the partition they lie in.
    fn by_bucket(&self, tenant: TenantId, id: CampaignId, nos: impl Iterator<Item = u32>) -> Vec<(Bucket, Vec<u32>)> {
        let home = self.recipients_home(tenant, id);
        let mut by_bucket: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for no in nos {
            by_bucket.entry(no / BUCKET).or_default().push(no);
        }
        by_bucket.into_iter().map(|(n, nos)| (Bucket { home, n }, nos)).collect()
    }
}

#[async_trait]
impl Campaigns for CqlStore {
    async fn campaign(&self, tenant: TenantId, id: CampaignId) -> Result<Option<Campaign>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        Ok(self.settled_campaign(tenant, &sealer, id).await?.map(|found| found.campaign))
    }

    async fn campaigns(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Campaign>, ListError> {
        let after: Option<CampaignId> = cursor::row(List::Campaigns, &page)?;
        let limit = cursor::limit(&page);
        let Some(sealer) = self.known(tenant).await? else {
            return after.map_or(Ok(Page { items: Vec::new(), next: None }), |_| Err(ListError::BadCursor));
        };
        let sealer = &sealer;
        let mut before = i64::MAX;
        if let Some(id) = after {
            before = self.settled_campaign(tenant, sealer, id).await?.ok_or(ListError::BadCursor)?.place;
        }
        let mut items = Vec::new();
        while items.len() <= limit as usize {
            let listed = self.newest(self.campaign_list(tenant), before, limit + 1).await?;
            let Some((end, _)) = listed.last() else { break };
            before = *end;
            let read = listed.iter().map(|(place, id)| async move {
                let id = CampaignId::from_bytes(names::id(id)?);
                let found = self.settled_campaign(tenant, sealer, id).await?;
                Ok::<_, StoreError>(found.filter(|found| found.place == *place).map(|found| found.campaign))
            });
            items.extend(try_join_all(read).await?.into_iter().flatten());
        }
        let more = cursor::cut(&mut items, limit);
        let next = items.last().filter(|_| more).map(|last| cursor::at_row(List::Campaigns, last.id));
        Ok(Page { items, next })
    }

    async fn save_campaign(
        &self,
        tenant: TenantId,
        campaign: Campaign,
        audit: Vec<AuditEntry>,
    ) -> Result<Saved, StoreError> {
        self.freeze_with(tenant, campaign, &[], audit).await
    }

    async fn delete_campaign(
        &self,
        tenant: TenantId,
        id: CampaignId,
        revision: u64,
        audit: Vec<AuditEntry>,
    ) -> Result<Saved, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Saved::Applied) };
        self.delete_draft(tenant, &sealer, id, revision, audit).await
    }

    async fn campaigns_at_work(&self, tenant: TenantId) -> Result<Vec<CampaignId>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Vec::new()) };
        if self.is_arriving(tenant) {
            return Ok(Vec::new());
        }
        let list = self.at_work_list(tenant);
        let mut at_work = Vec::new();
        for (key, _) in self.pointers(list).await? {
            let id = CampaignId::from_bytes(names::id(&key)?);
            match self.settled_campaign(tenant, &sealer, id).await? {
                Some(stored) if stored.campaign.phase.is_at_work() => at_work.push(id),
                // It never works again.
                Some(stored) if stored.campaign.phase.is_over() => self.unpoint(list, &key).await?,
                Some(_) | None => {}
            }
        }
        Ok(at_work)
    }

    async fn freeze(
        &self,
        tenant: TenantId,
        campaign: Campaign,
        recipients: Vec<CampaignRecipient>,
    ) -> Result<Saved, StoreError> {
        self.freeze_with(tenant, campaign, &recipients, Vec::new()).await
    }

    async fn add_recipient(&self, tenant: TenantId, id: CampaignId, addition: Addition) -> Result<Added, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Added::Closed) };
        self.add_person(tenant, &sealer, id, &addition).await
    }

    async fn added_by(
        &self,
        tenant: TenantId,
        id: CampaignId,
        key: &ClientKey,
    ) -> Result<Option<RecipientRow>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        if self.settled_campaign(tenant, &sealer, id).await?.is_none() {
            return Ok(None);
        }
        let Some(no) = self.added_no(tenant, &sealer, id, key).await? else { return Ok(None) };
        let found = self.found(self.recipients_home(tenant, id), no).await?;
        found.map(|found| found.whole(&sealer)).transpose()
    }

    async fn waiting(
        &self,
        tenant: TenantId,
        id: CampaignId,
        (lane, waiters): (u8, Waiters),
        after: Option<u32>,
        limit: u32,
    ) -> Result<Vec<CampaignRecipient>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Vec::new()) };
        let Some(scan) = self.scan_after(tenant, &sealer, id, after, limit).await? else { return Ok(Vec::new()) };
        let waits = |key: &TallyKey| key.class == Class::Waiting && key.lane == lane && waiters.takes(key.group);
        let take = |found: &Found| {
            let is_meant = found.lane() == lane && waiters.takes(found.group());
            let waits = is_meant && found.send()? == SendState::Waiting;
            waits.then(|| found.frozen(&sealer)).transpose()
        };
        self.scan(&sealer, scan, waits, take).await
    }

    async fn recipient(&self, tenant: TenantId, key: RecipientKey) -> Result<Option<RecipientRow>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let stored = self.settled_campaign(tenant, &sealer, key.campaign).await?;
        if stored.is_none_or(|stored| key.no >= stored.people()) {
            return Ok(None);
        }
        let found = self.found(self.recipients_home(tenant, key.campaign), key.no).await?;
        found.map(|found| found.whole(&sealer)).transpose()
    }

    async fn recipients(
        &self,
        tenant: TenantId,
        id: CampaignId,
        query: RecipientQuery,
    ) -> Result<Page<RecipientRow>, ListError> {
        let after: Option<u32> = cursor::row(List::Recipients, &query.page)?;
        let limit = cursor::limit(&query.page);
        let nobody = || Page { items: Vec::new(), next: None };
        let Some(sealer) = self.known(tenant).await? else { return Ok(nobody()) };
        let Some(scan) = self.scan_after(tenant, &sealer, id, after, limit + 1).await? else { return Ok(nobody()) };
        let is_asked = |key: &TallyKey| query.class.is_none_or(|class| class == key.class);
        let take = |found: &Found| {
            let asked = is_asked(&found.tally(&sealer)?);
            asked.then(|| found.whole(&sealer)).transpose()
        };
        let mut items = self.scan(&sealer, scan, is_asked, take).await?;
        let more = cursor::cut(&mut items, limit);
        let next = items.last().filter(|_| more).map(|last| cursor::at_row(List::Recipients, last.recipient.no));
        Ok(Page { items, next })
    }

    async fn claim_recipients(
        &self,
        tenant: TenantId,
        id: CampaignId,
        nos: &[u32],
        token: ClaimToken,
        at: Timestamp,
    ) -> Result<Vec<u32>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Vec::new()) };
        let people = self.settled_campaign(tenant, &sealer, id).await?.map_or(0, |stored| stored.people());
        let claim = |state: SendState| (state == SendState::Waiting).then(|| Claimed::by(token, at));
        let mut ours = BTreeSet::new();
        for (bucket, part) in self.by_bucket(tenant, id, nos.iter().copied().filter(|no| *no < people)) {
            for found in self.change_claims(bucket, &part, claim).await? {
                if matches!(found.send()?, SendState::Claimed { token: holder, .. } if holder == token) {
                    ours.insert(found.no());
                }
            }
        }
        Ok(nos.iter().copied().filter(|no| ours.contains(no)).collect())
    }

    async fn release_recipients(
        &self,
        tenant: TenantId,
        id: CampaignId,
        nos: &[u32],
        token: ClaimToken,
    ) -> Result<(), StoreError> {
        if self.known(tenant).await?.is_none() {
            return Ok(());
        }
        let release = |state: SendState| {
            let is_its = matches!(state, SendState::Claimed { token: holder, .. } if holder == token);
            is_its.then(Claimed::released)
        };
        for (bucket, part) in self.by_bucket(tenant, id, nos.iter().copied()) {
            self.change_claims(bucket, &part, release).await?;
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
        let Some(sealer) = self.known(tenant).await? else { return Ok(()) };
        self.change_recipient(tenant, &sealer, key, |row| row.record(token, outcome, at)).await.map(drop)
    }

    async fn record_receipt(
        &self,
        tenant: TenantId,
        key: RecipientKey,
        update: &StatusUpdate,
        intake: Option<IntakeMark>,
    ) -> Result<(), StoreError> {
        let sealer = self.sealer(tenant).await?;
        let apply = |row: &mut RecipientRow| row.record_status(update);
        let is_news = self.change_recipient(tenant, &sealer, key, apply).await?.unwrap_or(true);
        let Some(mark) = intake else { return Ok(()) };
        let mark = if is_news { mark } else { IntakeMark { outcome: IntakeOutcome::Duplicate, error: None, ..mark } };
        self.mark(tenant, mark).await
    }

    async fn record_answers(
        &self,
        tenant: TenantId,
        key: RecipientKey,
        answers: Answers,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(()) };
        self.change_recipient(tenant, &sealer, key, |row| row.record_answers(answers, at)).await.map(drop)
    }

    async fn decide_doubt(
        &self,
        tenant: TenantId,
        key: RecipientKey,
        verdict: Verdict,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(()) };
        match verdict {
            Verdict::Park => self.change_recipient(tenant, &sealer, key, |row| row.decide(verdict, at)).await.map(drop),
            Verdict::Again => {
                let bucket = Bucket::of(self.recipients_home(tenant, key.campaign), key.no);
                let again = |state: SendState| matches!(state, SendState::InDoubt { .. }).then(|| Claimed::again(at));
                self.change_claims(bucket, &[key.no], again).await.map(drop)
            }
        }
    }

    async fn locate_recipient(&self, tenant: TenantId, wamid: &Wamid) -> Result<Option<RecipientKey>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let lookup = codec::wamid_lookup(&sealer, wamid);
        for (key, _) in self.pointers(self.recipient_wamids(tenant, &lookup)).await? {
            let key = key_of(&key)?;
            let found = self.found(self.recipients_home(tenant, key.campaign), key.no).await?;
            if found.is_some_and(|found| found.has_wamid(&lookup)) {
                return Ok(Some(key));
            }
        }
        Ok(None)
    }

    async fn campaign_under_way(
        &self,
        tenant: TenantId,
        id: CampaignId,
        after: Option<u32>,
        limit: u32,
    ) -> Result<Vec<RecipientRow>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Vec::new()) };
        let Some(scan) = self.scan_after(tenant, &sealer, id, after, limit).await? else { return Ok(Vec::new()) };
        let take = |found: &Found| {
            let is_open = matches!(found.send()?, SendState::Claimed { .. } | SendState::InDoubt { .. });
            is_open.then(|| found.whole(&sealer)).transpose()
        };
        let is_open = |key: &TallyKey| matches!(key.class, Class::UnderWay | Class::Unknown);
        self.scan(&sealer, scan, is_open, take).await
    }

    async fn tallies(&self, tenant: TenantId, id: CampaignId) -> Result<Tallies, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Tallies::default()) };
        let people = self.settled_campaign(tenant, &sealer, id).await?.map_or(0, |stored| stored.people());
        self.count_all(&sealer, self.recipients_home(tenant, id), people).await
    }

    async fn by_hour(&self, tenant: TenantId, id: CampaignId) -> Result<ByHour, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(ByHour::default()) };
        let people = self.settled_campaign(tenant, &sealer, id).await?.map_or(0, |stored| stored.people());
        self.count_hours(&sealer, self.recipients_home(tenant, id), people).await
    }

    async fn sent_to(
        &self,
        tenant: TenantId,
        contact: ContactId,
        limit: u32,
    ) -> Result<Vec<(CampaignId, RecipientRow)>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Vec::new()) };
        let listed = stream::iter(self.pointers(self.sent_to_list(tenant, contact)).await?);
        let read = listed.map(async |(key, _)| {
            let key = key_of(&key)?;
            let found = self.found(self.recipients_home(tenant, key.campaign), key.no).await?;
            let found = found.filter(Found::is_accepted).map(|found| found.whole(&sealer)).transpose()?;
            Ok::<_, StoreError>(found.map(|row| (key.campaign, row)))
        });
        let mut sent: Vec<_> = read.buffered(AT_ONCE).try_collect::<Vec<_>>().await?.into_iter().flatten().collect();
        sent.sort_by_key(|(campaign, row)| std::cmp::Reverse((row.delivery.accepted_at, *campaign)));
        sent.truncate(limit as usize);
        Ok(sent)
    }

    /// The pointer says when it was taken, so that only what counts is read itself.
    async fn reached_after(
        &self,
        tenant: TenantId,
        contacts: &[ContactId],
        after: Timestamp,
    ) -> Result<Vec<Reached>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Vec::new()) };
        let sealer = &sealer;
        let read = stream::iter(contacts.to_vec()).map(async |contact| {
            let mut reached = Vec::new();
            for (key, body) in self.pointers(self.sent_to_list(tenant, contact)).await? {
                if sent_at_of(&body)?.is_some_and(|at| at <= after) {
                    continue;
                }
                let key = key_of(&key)?;
                let found = self.found(self.recipients_home(tenant, key.campaign), key.no).await?;
                let at = found.as_ref().and_then(Found::accepted_at).filter(|at| *at > after);
                let class = found.map(|found| found.tally(sealer)).transpose()?.map(|tally| tally.class);
                if let Some(at) = at.filter(|_| !matches!(class, Some(Class::Failed(_)))) {
                    reached.push(Reached { contact, at, campaign: key.campaign });
                }
            }
            Ok::<_, StoreError>(reached)
        });
        let mut reached: Vec<_> =
            read.buffer_unordered(AT_ONCE).try_collect::<Vec<_>>().await?.into_iter().flatten().collect();
        reached.sort_unstable();
        Ok(reached)
    }
}
