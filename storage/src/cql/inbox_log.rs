use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use engine::id::{IntakeId, PhoneNumberId, TenantId};
use engine::intake::{IntakeEntry, IntakeMark, IntakeOutcome, IntakeRecord, IntakeSummary};
use engine::ports::{InboxLog, IntakeQuery, ListError, Page, StoreError};
use engine::time::Timestamp;
use futures_util::future::{try_join, try_join_all};

use super::inbox_item::{Fate, Item, outcome, outcome_code, seal_error};
use super::{CqlStore, names};
use crate::codec;
use crate::crypto::Lookup;
use crate::cursor::{self, List};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// Items that are looked at together.
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
    pub(super) fn outcome_list(&self, tenant: TenantId, only: Option<IntakeOutcome>) -> Lookup {
        let which = match only {
            None | Some(IntakeOutcome::Processed) => "all",
            Some(IntakeOutcome::Stored) => "stored",
            Some(IntakeOutcome::Duplicate) => "duplicate",
            Some(IntakeOutcome::Quarantined) => "quarantined",
        };
        self.inbox_list(tenant, which)
    }

    fn tally_hours(&self, tenant: TenantId) -> Lookup {
        self.name_of("tally_hours", tenant, &[])
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
            let body = self.keyring.installation().seal(codec::NUMBER, b"unclaimed", number.as_bytes())?;
            let key = self.unclaimed_list(item.number.as_ref());
            return try_join(self.shelve(key, place, id, turn), self.point(numbers, &key, &body)).await.map(drop);
        };
        let all = self.shelve(self.inbox_list(tenant, "all"), place, id, 1);
        let tally = self.tally(tenant, item.id, item.received_at, item.fate.outcome, turn);
        let only = async {
            match item.fate.outcome {
                IntakeOutcome::Processed => Ok(()),
                only @ (IntakeOutcome::Stored | IntakeOutcome::Duplicate | IntakeOutcome::Quarantined) => {
                    self.shelve(self.outcome_list(tenant, Some(only)), place, id, turn).await
                }
            }
        };
        try_join(all, try_join(tally, only)).await.map(drop)
    }

    async fn tally(
        &self,
        tenant: TenantId,
        item: IntakeId,
        received_at: Timestamp,
        outcome: IntakeOutcome,
        written: i64,
    ) -> Result<(), StoreError> {
        let text =
            "INSERT INTO inbox_tally (home, hour, minute, item, outcome) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?";
        let (hour, minute) = (received_at.0.div_euclid(HOUR), received_at.0.div_euclid(MINUTE));
        let hours = self.tally_hours(tenant);
        let home = self.home(tenant);
        let values = (home.as_slice(), hour, minute, item.as_bytes().as_slice(), outcome_code(outcome), written);
        try_join(self.cql.write(text, values), self.point(hours, &hour.to_be_bytes(), &[])).await.map(drop)
    }

    async fn append_one(&self, record: &IntakeRecord) -> Result<(), StoreError> {
        let sealer = match record.tenant {
            Some(tenant) => self.sealer(tenant).await?,
            None => self.keyring.installation(),
        };
        self.put_item(&sealer, record).await?;
        // Perhaps it came before. Listing it again mends what a crash left out then.
        let item = self.item(record.id).await?.ok_or_else(|| codec::corrupt("an item vanished"))?;
        self.list_item(&item).await
    }

    /// After a change of its fate.
    async fn relist(&self, tenant: TenantId, before: &Item, after: &Item) -> Result<(), StoreError> {
        self.list_item(after).await?;
        if before.fate.outcome != after.fate.outcome
            && before.fate.outcome != IntakeOutcome::Processed
            && before.tenant == after.tenant
        {
            let list = self.outcome_list(tenant, Some(before.fate.outcome));
            self.unshelve(list, before.arrival, before.id.as_bytes(), written(after.turn)).await?;
        }
        Ok(())
    }

    pub(super) async fn mark_item(&self, tenant: TenantId, mark: &IntakeMark) -> Result<(), StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(()) };
        if mark.outcome == IntakeOutcome::Stored {
            return Ok(());
        }
        let error = seal_error(&sealer, mark.id, mark.error.as_deref())?;
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
            Some((before, Some(after))) => self.relist(tenant, &before, &after).await,
            // Marked before; whoever did it may not have come to the end.
            Some((item, None)) if item.tenant == Some(tenant) => self.list_item(&item).await,
            Some(_) | None => Ok(()),
        }
    }

    /// The number is connected now: what waited for it is the tenant's, sealed by the tenant's key.
    pub(super) async fn take_over(&self, tenant: TenantId, number: &PhoneNumberId) -> Result<(), StoreError> {
        let list = self.unclaimed_list(Some(number));
        let (ours, theirs) = (self.keyring.installation(), self.sealer(tenant).await?);
        for (place, id) in self.oldest(list, i64::MIN, UNCLAIMED_MAX).await? {
            let id = IntakeId::from_bytes(names::id(&id)?);
            let item = self.item(id).await?.filter(|item| item.arrival == place && item.tenant.is_none());
            if let Some(item) = item {
                let raw = self.raw(&ours, &item).await?;
                let raw = theirs.seal(codec::INBOX_RAW, id.as_bytes(), &raw)?;
                let decide = |item: &Item| item.tenant.is_none().then_some(Fate::OPEN);
                self.change_item(id, decide, Some((tenant, &raw))).await?;
            }
            if let Some(item) = self.item(id).await?.filter(|item| item.tenant.is_some()) {
                self.list_item(&item).await?;
            }
            self.unshelve(list, place, id.as_bytes(), TAKEN).await?;
        }
        Ok(())
    }

    /// Items of a list that are what the list says, in its order.
    async fn items(
        &self,
        tenant: TenantId,
        listed: Vec<super::shelf::Entry>,
        only: Option<IntakeOutcome>,
    ) -> Result<Vec<Item>, StoreError> {
        let read = listed.into_iter().map(|(place, id)| async move {
            let item = self.item_of(tenant, IntakeId::from_bytes(names::id(&id)?)).await?;
            Ok::<_, StoreError>(item.filter(|item| item.arrival == place))
        });
        let items = try_join_all(read).await?.into_iter().flatten();
        Ok(items.filter(|item| only.is_none_or(|only| only == item.fate.outcome)).collect())
    }
}

#[async_trait]
impl InboxLog for CqlStore {
    async fn append(&self, records: Arc<[IntakeRecord]>) -> Result<(), StoreError> {
        // One after the other, so that they arrive in their order.
        for record in records.iter() {
            self.append_one(record).await?;
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
        let stored = Some(IntakeOutcome::Stored);
        let mut found = Vec::new();
        loop {
            let listed = self.oldest(self.outcome_list(tenant, stored), from, CHUNK).await?;
            let Some((end, _)) = listed.last() else { return Ok(found) };
            from = *end;
            for item in self.items(tenant, listed, stored).await? {
                if found.len() >= limit as usize {
                    return Ok(found);
                }
                let raw = self.raw(&sealer, &item).await?;
                found.push(item.record(raw));
            }
        }
    }

    async fn tenants_with_unfinished(&self) -> Result<Vec<TenantId>, StoreError> {
        let mut waiting = Vec::new();
        for tenant in self.tenants().await? {
            if !self.unfinished(tenant, None, 1).await?.is_empty() {
                waiting.push(tenant);
            }
        }
        Ok(waiting)
    }

    async fn entries(&self, tenant: TenantId, query: IntakeQuery) -> Result<Page<IntakeEntry>, ListError> {
        let mut before: i64 = cursor::row(List::Intake, &query.page)?.unwrap_or(i64::MAX);
        let limit = cursor::limit(&query.page);
        let Some(sealer) = self.known(tenant).await? else { return Ok(Page { items: Vec::new(), next: None }) };
        let list = self.outcome_list(tenant, query.outcome);
        let mut found = Vec::new();
        while found.len() <= limit as usize {
            let listed = self.newest(list, before, limit + 1).await?;
            let Some((end, _)) = listed.last() else { break };
            before = *end;
            found.extend(self.items(tenant, listed, query.outcome).await?);
        }
        let more = cursor::cut(&mut found, limit);
        let next = found.last().filter(|_| more).map(|last| cursor::at_row(List::Intake, last.arrival));
        let items = found.iter().map(|item| item.entry(&sealer)).collect::<Result<_, _>>()?;
        Ok(Page { items, next })
    }

    async fn entry(&self, tenant: TenantId, id: IntakeId) -> Result<Option<(IntakeEntry, Bytes)>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let Some(item) = self.item_of(tenant, id).await? else { return Ok(None) };
        Ok(Some((item.entry(&sealer)?, self.raw(&sealer, &item).await?)))
    }

    async fn reopen(&self, tenant: TenantId, id: IntakeId) -> Result<Option<IntakeRecord>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let decide = |item: &Item| (item.tenant == Some(tenant)).then_some(Fate::OPEN);
        let Some((before, Some(after))) = self.change_item(id, decide, None).await? else { return Ok(None) };
        self.relist(tenant, &before, &after).await?;
        let raw = self.raw(&sealer, &after).await?;
        Ok(Some(after.record(raw)))
    }

    async fn summary(&self, tenant: TenantId, since: Timestamp) -> Result<IntakeSummary, StoreError> {
        if self.known(tenant).await?.is_none() {
            return Ok(IntakeSummary::default());
        }
        let home = self.home(tenant);
        let first = since.0.div_euclid(MINUTE);
        let mut summary = IntakeSummary::default();
        for (hour, _) in self.pointers(self.tally_hours(tenant)).await? {
            let hour = i64::from_be_bytes(hour.try_into().map_err(|_| codec::corrupt("an hour that is not a number"))?);
            if hour < since.0.div_euclid(HOUR) {
                continue;
            }
            let text = "SELECT outcome FROM inbox_tally WHERE home = ? AND hour = ? AND minute >= ?";
            for (code,) in self.cql.rows::<(i8,)>(text, (home.as_slice(), hour, first)).await? {
                match outcome(code)? {
                    IntakeOutcome::Stored => summary.stored += 1,
                    IntakeOutcome::Processed => summary.processed += 1,
                    IntakeOutcome::Duplicate => summary.duplicate += 1,
                    IntakeOutcome::Quarantined => summary.quarantined += 1,
                }
            }
        }
        Ok(summary)
    }

    async fn unclaimed(&self) -> Result<Vec<(Option<PhoneNumberId>, u64)>, StoreError> {
        let ours = self.keyring.installation();
        let mut numbers: BTreeMap<i64, (Option<PhoneNumberId>, u64)> = BTreeMap::new();
        for (list, body) in self.pointers(self.name("unclaimed_numbers", &[])).await? {
            let number = ours.open(codec::NUMBER, b"unclaimed", &body)?;
            let number = String::from_utf8(number).map_err(|_| codec::corrupt("a number that is not text"))?;
            let number = if number.is_empty() { None } else { Some(number.parse()?) };
            let listed = self.newest(names::id(&list)?, i64::MAX, UNCLAIMED_MAX).await?;
            let waits = listed.into_iter().map(|(place, id)| async move {
                let item = self.item(IntakeId::from_bytes(names::id(&id)?)).await?;
                Ok::<_, StoreError>(
                    item.is_some_and(|item| item.arrival == place && item.tenant.is_none()).then_some(place),
                )
            });
            let waits: Vec<_> = try_join_all(waits).await?.into_iter().flatten().collect();
            if let Some(newest) = waits.first() {
                numbers.insert(*newest, (number, waits.len() as u64));
            }
        }
        Ok(numbers.into_values().rev().collect())
    }
}
