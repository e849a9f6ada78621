use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use engine::id::{IntakeId, PhoneNumberId, TenantId};
use engine::intake::{IntakeEntry, IntakeMark, IntakeOutcome, IntakeRecord, IntakeSummary};
use engine::ports::{InboxLog, IntakeQuery, ListError, Page, StoreError};
use engine::time::Timestamp;
use futures_util::future::{join_all, try_join, try_join_all};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::inbox_item::{Fate, Item};
use super::shelf::{Entry, Shelf};
use super::{AT_ONCE, CqlStore, names, shelf};
use crate::codec;
use crate::crypto::{Lookup, Sealer};
use crate::cursor::{self, List};

/// Items that are looked at together: at least, and at most.
const CHUNK_MIN: u32 = 8;
const CHUNK: u32 = 200;
/// Items of one number that nobody has connected, as far as they are counted.
const UNCLAIMED_MAX: u32 = 100_000;

/// Write time of what ends for good: later than any turn.
const TAKEN: i64 = 1 << 40;

/// Write times on shelves and in the tally: a change of an item's fate comes after the one before.
fn written(turn: i64) -> i64 {
    turn + 1
}

impl CqlStore {
    fn inbox_list(&self, tenant: TenantId, which: &str) -> Lookup {
        self.name_of("inbox", tenant, which.as_bytes())
    }

    /// Everything, or what has this outcome. Most items end as processed: those are found among all.
    pub(super) fn outcome_list(&self, tenant: TenantId, only: Option<IntakeOutcome>) -> Shelf {
        match only {
            None | Some(IntakeOutcome::Processed) => self.inbox_list(tenant, "all").into(),
            Some(IntakeOutcome::Stored) => Shelf::of_what_passes(self.inbox_list(tenant, "stored")),
            Some(IntakeOutcome::Duplicate) => self.inbox_list(tenant, "duplicate").into(),
            Some(IntakeOutcome::Quarantined) => self.inbox_list(tenant, "quarantined").into(),
        }
    }

    fn unclaimed_list(&self, number: Option<&PhoneNumberId>) -> Lookup {
        self.name("unclaimed", &[number.map_or(b"", |number| number.as_str().as_bytes())])
    }

    /// Puts the item where it is looked for. Takes it off nowhere: whoever finds it in the wrong place passes it over.
    pub(super) async fn list_item(&self, item: &Item) -> Result<(), StoreError> {
        let (id, place, turn) = (item.id.as_bytes(), item.arrival, written(item.turn));
        let Some(tenant) = item.tenant else {
            let number = item.number.as_ref().map_or("", PhoneNumberId::as_str);
            let numbers = self.name("unclaimed_numbers", &[]);
            let (ours, key) = (self.keyring.installation(), self.unclaimed_list(item.number.as_ref()));
            let pointed = self.point_sealed(&ours, numbers, &key, number.as_bytes());
            return try_join(self.shelve(key, place, id, turn), pointed).await.map(drop);
        };
        // In this order: what is found by its outcome is on the list of all.
        let listed = async {
            self.shelve(self.outcome_list(tenant, None), place, id, 1).await?;
            self.list_outcome(tenant, item).await
        };
        let tally = self.tally(tenant, item.id, item.received_at, item.fate.outcome, turn);
        try_join(listed, tally).await.map(drop)
    }

    async fn list_outcome(&self, tenant: TenantId, item: &Item) -> Result<(), StoreError> {
        match item.fate.outcome {
            IntakeOutcome::Processed => Ok(()),
            only @ (IntakeOutcome::Stored | IntakeOutcome::Duplicate | IntakeOutcome::Quarantined) => {
                let (list, turn) = (self.outcome_list(tenant, Some(only)), written(item.turn));
                self.shelve(list, item.arrival, item.id.as_bytes(), turn).await
            }
        }
    }

    async fn append_one(&self, sealer: &Sealer, record: &IntakeRecord, arrival: i64) -> Result<(), StoreError> {
        self.put_item_at(sealer, record, arrival).await?;
        // Perhaps it came before. Listing it again mends what a crash left out then.
        let item = self.item(record.id).await?.ok_or_else(|| codec::corrupt("an item vanished"))?;
        self.list_item(&item).await
    }

    /// After a change of its fate, of an item that was on the list of all before.
    async fn relist(&self, tenant: TenantId, before: IntakeOutcome, after: &Item) -> Result<(), StoreError> {
        let turn = written(after.turn);
        let tally = self.tally(tenant, after.id, after.received_at, after.fate.outcome, turn);
        // Onto the one list before off the other: whoever looks finds it on one of them.
        let lists = async {
            self.list_outcome(tenant, after).await?;
            if before != after.fate.outcome && before != IntakeOutcome::Processed {
                let list = self.outcome_list(tenant, Some(before));
                self.unshelve(list, after.arrival, after.id.as_bytes(), turn).await?;
            }
            Ok(())
        };
        try_join(tally, lists).await.map(drop)
    }

    pub(super) async fn mark_item(&self, tenant: TenantId, mark: &IntakeMark) -> Result<(), StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(()) };
        if mark.outcome == IntakeOutcome::Stored {
            return Ok(());
        }
        let error = self.seal_error(&sealer, mark.id, mark.error.as_deref())?;
        let decide = |item: &Item| {
            let open = item.tenant == Some(tenant) && item.fate.outcome == IntakeOutcome::Stored;
            open.then(|| Fate {
                outcome: mark.outcome,
                attempts: item.fate.attempts,
                processed_at: Some(mark.at),
                error: error.clone(),
                conversation: mark.conversation,
            })
        };
        match self.change_item(mark.id, decide, None).await? {
            Some((before, Some(after))) => self.relist(tenant, before.fate.outcome, &after).await,
            // Marked before; whoever did it may not have come to the end.
            Some((item, None)) if item.tenant == Some(tenant) => {
                self.relist(tenant, IntakeOutcome::Stored, &item).await
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The number is connected now: what waited for it is the tenant's, sealed by the tenant's key.
    pub(super) async fn take_over(&self, tenant: TenantId, number: &PhoneNumberId) -> Result<(), StoreError> {
        let list = self.unclaimed_list(Some(number));
        let (ours, theirs) = (self.keyring.installation(), self.sealer(tenant).await?);
        let waits = self.oldest(list, i64::MIN, UNCLAIMED_MAX).await?;
        let taken = stream::iter(waits).map(async |(place, id): Entry| {
            let id = IntakeId::from_bytes(names::id(&id)?);
            let item = self.item(id).await?.filter(|item| item.arrival == place && item.tenant.is_none());
            if let Some(item) = item {
                let raw = self.raw(&ours, &item).await?;
                let raw = theirs.seal(codec::INBOX_RAW, &self.item_name(id), &raw)?;
                let decide = |item: &Item| item.tenant.is_none().then_some(Fate::OPEN);
                self.change_item(id, decide, Some((tenant, &raw))).await?;
            }
            if let Some(item) = self.item(id).await?.filter(|item| item.tenant.is_some()) {
                self.list_item(&item).await?;
            }
            self.unshelve(list, place, id.as_bytes(), TAKEN).await
        });
        taken.buffered(AT_ONCE).try_collect().await
    }

    /// Items of a list that are what the list says, in its order.
    async fn items(
        &self,
        tenant: TenantId,
        listed: Vec<Entry>,
        only: Option<IntakeOutcome>,
    ) -> Result<Vec<Item>, StoreError> {
        let read = listed.into_iter().map(|(place, id)| async move {
            let item = self.item_of(tenant, IntakeId::from_bytes(names::id(&id)?)).await?;
            Ok::<_, StoreError>(item.filter(|item| item.arrival == place))
        });
        let items = try_join_all(read).await?.into_iter().flatten();
        Ok(items.filter(|item| only.is_none_or(|only| only == item.fate.outcome)).collect())
    }

    /// The item of an entry of the list of what waits, if it does. Puts right what is wrong with the entry, or it would be
    /// looked at each time.
    async fn waiting(&self, tenant: TenantId, (place, id): Entry) -> Result<Option<Item>, StoreError> {
        let Some(item) = self.item_of(tenant, IntakeId::from_bytes(names::id(&id)?)).await? else { return Ok(None) };
        let list = self.outcome_list(tenant, Some(IntakeOutcome::Stored));
        if item.fate.outcome != IntakeOutcome::Stored {
            self.unshelve(list, place, &id, written(item.turn)).await?;
            return Ok(None);
        }
        if item.arrival != place {
            // Somebody brought it earlier, and that came to the servers later.
            self.list_item(&item).await?;
            self.unshelve(list, place, &id, TAKEN).await?;
        }
        Ok(Some(item))
    }

    /// Of everybody that the records are of.
    async fn sealers(&self, records: &[IntakeRecord]) -> Result<BTreeMap<Option<TenantId>, Arc<Sealer>>, StoreError> {
        let owners: BTreeSet<_> = records.iter().map(|record| record.tenant).collect();
        let mut sealers = BTreeMap::new();
        for owner in owners {
            let sealer = match owner {
                Some(tenant) => self.sealer(tenant).await?,
                None => self.keyring.installation(),
            };
            sealers.insert(owner, sealer);
        }
        Ok(sealers)
    }
}

#[async_trait]
impl InboxLog for CqlStore {
    async fn append(&self, records: Arc<[IntakeRecord]>) -> Result<(), StoreError> {
        let sealers = self.sealers(&records).await?;
        // Places in their order, whichever is written first.
        let placed: Vec<_> = records.iter().map(|record| (record, self.place())).collect();
        for chunk in placed.chunks(AT_ONCE) {
            let appends = chunk.iter().map(async |(record, arrival)| match sealers.get(&record.tenant) {
                Some(sealer) => self.append_one(sealer, record, *arrival).await,
                None => Ok(()),
            });
            // What has gone out is waited for, or it might come to the servers after a repeat.
            join_all(appends).await.into_iter().collect::<Result<(), _>>()?;
        }
        Ok(())
    }

    /// The servers are others': they say so by being slow.
    fn is_pressing(&self) -> bool {
        false
    }

    async fn mark(&self, tenant: TenantId, mark: IntakeMark) -> Result<(), StoreError> {
        self.mark_item(tenant, &mark).await
    }

    async fn raise_attempts(&self, tenant: TenantId, id: IntakeId) -> Result<u32, StoreError> {
        let decide = |item: &Item| {
            let open = item.tenant == Some(tenant) && item.fate.outcome == IntakeOutcome::Stored;
            open.then(|| Fate { attempts: item.fate.attempts + 1, ..item.fate.clone() })
        };
        let changed = self.change_item(id, decide, None).await?;
        Ok(changed.and_then(|(_, after)| after).map_or(0, |after| after.fate.attempts))
    }

    async fn unfinished(
        &self,
        tenant: TenantId,
        after: Option<IntakeId>,
        limit: u32,
    ) -> Result<Vec<IntakeRecord>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Vec::new()) };
        let mut from = i64::MIN;
        if let Some(id) = after {
            from = self.item_of(tenant, id).await?.map_or(from, |item| item.arrival);
        }
        let list = self.outcome_list(tenant, Some(IntakeOutcome::Stored));
        let mut found: Vec<Item> = Vec::new();
        while found.len() < limit as usize {
            let listed = self.oldest(list, from, limit.clamp(CHUNK_MIN, CHUNK)).await?;
            let Some((end, _)) = listed.last() else { break };
            from = *end;
            let waiting = try_join_all(listed.into_iter().map(|entry| self.waiting(tenant, entry))).await?;
            found.extend(waiting.into_iter().flatten());
        }
        found.truncate(limit as usize);
        let sealer = &sealer;
        let read = stream::iter(found).map(async |item| Ok(item.record(self.raw(sealer, &item).await?)));
        read.buffered(AT_ONCE).try_collect().await
    }

    async fn tenants_with_unfinished(&self) -> Result<Vec<TenantId>, StoreError> {
        let looks = stream::iter(self.tenants().await?).map(async |tenant| {
            let waits = !self.unfinished(tenant, None, 1).await?.is_empty();
            Ok::<_, StoreError>(waits.then_some(tenant))
        });
        let found: Vec<_> = looks.buffered(AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn entries(&self, tenant: TenantId, query: IntakeQuery) -> Result<Page<IntakeEntry>, ListError> {
        let mut before: i64 = cursor::row(List::Intake, &query.page)?.unwrap_or(i64::MAX);
        let limit = cursor::limit(&query.page);
        let Some(sealer) = self.known(tenant).await? else { return Ok(Page { items: Vec::new(), next: None }) };
        let list = self.outcome_list(tenant, query.outcome);
        let (mut found, mut chunk) = (Vec::new(), limit + 1);
        while found.len() <= limit as usize {
            let listed = self.newest(list, before, chunk).await?;
            let Some((end, _)) = listed.last() else { break };
            before = *end;
            // Few of these are what is looked for, so there is more to look at.
            chunk = (2 * chunk).min(CHUNK);
            found.extend(self.items(tenant, listed, query.outcome).await?);
        }
        let more = cursor::cut(&mut found, limit);
        let next = found.last().filter(|_| more).map(|last| cursor::at_row(List::Intake, last.arrival));
        let items = found.iter().map(|item| self.entry_of(&sealer, item)).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    async fn entry(&self, tenant: TenantId, id: IntakeId) -> Result<Option<(IntakeEntry, Bytes)>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let Some(item) = self.item_of(tenant, id).await? else { return Ok(None) };
        Ok(Some((self.entry_of(&sealer, &item)?, self.raw(&sealer, &item).await?)))
    }

    async fn reopen(&self, tenant: TenantId, id: IntakeId) -> Result<Option<IntakeRecord>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let decide = |item: &Item| (item.tenant == Some(tenant)).then_some(Fate::OPEN);
        let Some((before, Some(after))) = self.change_item(id, decide, None).await? else { return Ok(None) };
        self.relist(tenant, before.fate.outcome, &after).await?;
        let raw = self.raw(&sealer, &after).await?;
        Ok(Some(after.record(raw)))
    }

    async fn summary(&self, tenant: TenantId, since: Timestamp) -> Result<IntakeSummary, StoreError> {
        if self.known(tenant).await?.is_none() {
            return Ok(IntakeSummary::default());
        }
        self.counted(tenant, since).await
    }

    async fn unclaimed(&self) -> Result<Vec<(Option<PhoneNumberId>, u64)>, StoreError> {
        let ours = self.keyring.installation();
        let mut numbers: BTreeMap<i64, (Option<PhoneNumberId>, u64)> = BTreeMap::new();
        let unclaimed = self.name("unclaimed_numbers", &[]);
        for (list, body) in self.pointers(unclaimed).await? {
            let number = shelf::open_pointer(&ours, unclaimed, &list, &body)?;
            let number = String::from_utf8(number).map_err(|_| codec::corrupt("a number that is not text"))?;
            let number = if number.is_empty() { None } else { Some(number.parse()?) };
            let listed = self.newest(names::id(&list)?, i64::MAX, UNCLAIMED_MAX).await?;
            let waits = stream::iter(listed).map(async |(place, id): Entry| {
                let item = self.item(IntakeId::from_bytes(names::id(&id)?)).await?;
                let waits = item.is_some_and(|item| item.arrival == place && item.tenant.is_none());
                Ok::<_, StoreError>(waits.then_some(place))
            });
            let waits: Vec<_> = waits.buffered(AT_ONCE).try_collect().await?;
            let waits: Vec<_> = waits.into_iter().flatten().collect();
            if let Some(newest) = waits.first() {
                numbers.insert(*newest, (number, waits.len() as u64));
            }
        }
        Ok(numbers.into_values().rev().collect())
    }
}
