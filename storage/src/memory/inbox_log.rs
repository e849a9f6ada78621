use std::collections::{BTreeMap, BTreeSet};

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use engine::id::{IntakeId, PhoneNumberId, TenantId};
use engine::intake::{IntakeEntry, IntakeMark, IntakeOutcome, IntakeRecord, IntakeSummary};
use engine::ports::{InboxLog, IntakeQuery, ListError, Page, StoreError};
use engine::time::Timestamp;

use super::{Item, MemoryStore, State};
use crate::cursor::{self, List};

/// Summaries are kept by the minute, so that a store need not count its rows.
const MINUTE: i64 = 60_000;

impl Item {
    fn arrived(place: i64, mut record: IntakeRecord) -> Self {
        let error = record.quarantined.take();
        let stored = record.tenant.is_some() && error.is_none();
        let outcome = if stored { IntakeOutcome::Stored } else { IntakeOutcome::Quarantined };
        Self { place, record, outcome, processed_at: None, error, conversation: None }
    }

    pub(super) fn reopen(&mut self) {
        self.outcome = IntakeOutcome::Stored;
        self.record.attempts = 0;
        self.processed_at = None;
        self.error = None;
        self.conversation = None;
    }

    pub(super) fn entry(&self) -> IntakeEntry {
        IntakeEntry {
            id: self.record.id,
            received_at: self.record.received_at,
            processed_at: self.processed_at,
            field: self.record.field.clone(),
            kind: self.record.kind.clone(),
            phone_number_id: self.record.number.clone(),
            outcome: self.outcome,
            attempts: self.record.attempts,
            error: self.error.clone(),
            conversation_id: self.conversation,
            size: self.record.raw.len() as u64,
        }
    }
}

impl State {
    fn item(&mut self, tenant: TenantId, id: IntakeId) -> Option<&mut Item> {
        self.intake.get_mut(&id).filter(|item| item.record.tenant == Some(tenant))
    }

    pub(super) fn mark(&mut self, tenant: TenantId, mark: &IntakeMark) {
        let waiting = self.item(tenant, mark.id).filter(|item| item.outcome == IntakeOutcome::Stored);
        if let Some(item) = waiting.filter(|_| mark.outcome != IntakeOutcome::Stored) {
            item.outcome = mark.outcome;
            item.processed_at = Some(mark.at);
            item.error.clone_from(&mark.error);
            item.conversation = mark.conversation;
        }
    }

    /// In order of arrival.
    pub(super) fn items(&self, tenant: TenantId) -> Vec<&Item> {
        let mut items: Vec<_> = self.intake.values().filter(|item| item.record.tenant == Some(tenant)).collect();
        items.sort_by_key(|item| item.place);
        items
    }
}

#[async_trait]
impl InboxLog for MemoryStore {
    async fn append(&self, records: Arc<[IntakeRecord]>) -> Result<(), StoreError> {
        let mut state = self.state()?;
        for record in records.iter() {
            state.arrivals += 1;
            let place = state.arrivals;
            state.intake.entry(record.id).or_insert_with(|| Item::arrived(place, record.clone()));
        }
        Ok(())
    }

    fn is_pressing(&self) -> bool {
        self.locked().pressing
    }

    async fn mark(&self, tenant: TenantId, mark: IntakeMark) -> Result<(), StoreError> {
        self.state()?.mark(tenant, &mark);
        Ok(())
    }

    async fn raise_attempts(&self, tenant: TenantId, id: IntakeId) -> Result<u32, StoreError> {
        let mut state = self.state()?;
        let unfinished = state.item(tenant, id).filter(|item| item.outcome == IntakeOutcome::Stored);
        Ok(unfinished.map_or(0, |item| {
            item.record.attempts += 1;
            item.record.attempts
        }))
    }

    async fn unfinished(
        &self,
        tenant: TenantId,
        after: Option<IntakeId>,
        limit: u32,
    ) -> Result<Vec<IntakeRecord>, StoreError> {
        let mut state = self.state()?;
        let start = after.and_then(|id| state.item(tenant, id)).map_or(0, |item| item.place);
        let waiting = state.items(tenant).into_iter();
        let waiting = waiting.filter(|item| item.outcome == IntakeOutcome::Stored && item.place > start);
        Ok(waiting.take(limit as usize).map(|item| item.record.clone()).collect())
    }

    async fn tenants_with_unfinished(&self) -> Result<Vec<TenantId>, StoreError> {
        let state = self.state()?;
        let waiting = state.intake.values().filter(|item| item.outcome == IntakeOutcome::Stored);
        let tenants = waiting.filter_map(|item| item.record.tenant);
        let tenants: BTreeSet<_> = tenants.filter(|tenant| !state.arriving.contains(tenant)).collect();
        Ok(tenants.into_iter().collect())
    }

    async fn entries(&self, tenant: TenantId, query: IntakeQuery) -> Result<Page<IntakeEntry>, ListError> {
        let before: Option<i64> = cursor::row(List::Intake, &query.page)?;
        let limit = cursor::limit(&query.page);
        let state = self.state()?;
        let shown = state.items(tenant).into_iter().rev();
        let shown = shown.filter(|item| query.outcome.is_none_or(|outcome| outcome == item.outcome));
        let mut rest = shown.filter(|item| before.is_none_or(|before| item.place < before));
        let page: Vec<_> = rest.by_ref().take(limit as usize).collect();
        let next = rest.next().and(page.last()).map(|last| cursor::at_row(List::Intake, last.place));
        Ok(Page { items: page.into_iter().map(Item::entry).collect(), next })
    }

    async fn entry(&self, tenant: TenantId, id: IntakeId) -> Result<Option<(IntakeEntry, Bytes)>, StoreError> {
        Ok(self.state()?.item(tenant, id).map(|item| (item.entry(), item.record.raw.clone())))
    }

    async fn reopen(&self, tenant: TenantId, id: IntakeId) -> Result<Option<IntakeRecord>, StoreError> {
        Ok(self.state()?.item(tenant, id).map(|item| {
            item.reopen();
            item.record.clone()
        }))
    }

    async fn summary(&self, tenant: TenantId, since: Timestamp) -> Result<IntakeSummary, StoreError> {
        let mut summary = IntakeSummary::default();
        let minute = |at: Timestamp| at.0.div_euclid(MINUTE);
        for item in self.state()?.items(tenant) {
            if minute(item.record.received_at) >= minute(since) {
                match item.outcome {
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
        let state = self.state()?;
        let mut numbers: BTreeMap<Option<PhoneNumberId>, (i64, u64)> = BTreeMap::new();
        for item in state.intake.values().filter(|item| item.record.tenant.is_none()) {
            let (newest, count) = numbers.entry(item.record.number.clone()).or_default();
            *newest = item.place.max(*newest);
            *count += 1;
        }
        let mut numbers: Vec<_> = numbers.into_iter().collect();
        numbers.sort_by_key(|(_, (newest, _))| std::cmp::Reverse(*newest));
        Ok(numbers.into_iter().map(|(number, (_, count))| (number, count)).collect())
    }
}
