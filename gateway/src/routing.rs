//! Which organization a webhook is for, and whose secret signs it. Kept in memory, because every webhook asks and the
//! answer changes rarely.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, RwLock};

use dashmap::DashMap;
use engine::directory::{MetaApp, Number, NumberChange};
use engine::id::{CallbackKey, PhoneNumberId, TenantId, WabaId};
use engine::intake::IntakeRecord;
use engine::ports::{Store, StoreError};
use engine::time::{Span, Timestamp};

/// Who has which number, account and callback address.
#[derive(Default)]
pub struct Routing {
    table: RwLock<Table>,
    /// One at a time: the last one to begin read the newest.
    reloading: tokio::sync::Mutex<()>,
    /// When something last came for a number, since the start.
    heard: DashMap<PhoneNumberId, Heard>,
}

#[derive(Clone, Copy)]
struct Heard {
    at: Timestamp,
    /// The last of these that is in the store.
    kept: Option<Timestamp>,
}

/// In the store it is at most this old, while something comes: each webhook by itself would cost a write.
const KEPT_EVERY: Span = Span::seconds(60);

#[derive(Default)]
struct Table {
    numbers: HashMap<PhoneNumberId, TenantId>,
    /// In the order of the organizations' names.
    accounts: HashMap<WabaId, Vec<TenantId>>,
    doors: HashMap<CallbackKey, (TenantId, Arc<MetaApp>)>,
}

impl Routing {
    pub async fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let routing = Self::default();
        routing.reload(store).await?;
        Ok(routing)
    }

    /// After a number or an app was connected, changed or taken away.
    pub async fn reload(&self, store: &dyn Store) -> Result<(), StoreError> {
        let _turn = self.reloading.lock().await;
        let mut table = Table::default();
        for organization in store.organizations().await? {
            let tenant = organization.id;
            for number in store.numbers(tenant).await? {
                table.numbers.insert(number.phone_number_id, tenant);
                let sharers = table.accounts.entry(number.waba_id).or_default();
                if sharers.last() != Some(&tenant) {
                    sharers.push(tenant);
                }
            }
            if let Some(app) = store.meta_app(tenant).await? {
                table.doors.insert(CallbackKey::of(tenant), (tenant, Arc::new(app)));
            }
        }
        if let Ok(mut current) = self.table.write() {
            *current = table;
        }
        Ok(())
    }

    /// Organizations that have a number here.
    pub fn tenants(&self) -> BTreeSet<TenantId> {
        let Ok(table) = self.table.read() else { return BTreeSet::new() };
        table.numbers.values().chain(table.doors.values().map(|(tenant, _)| tenant)).copied().collect()
    }

    /// Whether the organization's numbers or app are others in the store than here.
    pub async fn differs(&self, store: &dyn Store, tenant: TenantId) -> Result<bool, StoreError> {
        let (numbers, app) = (store.numbers(tenant).await?, store.meta_app(tenant).await?);
        let Ok(table) = self.table.read() else { return Ok(true) };
        let here = table.numbers.values().filter(|owner| **owner == tenant).count();
        let same = |number: &Number| {
            let sharers = table.accounts.get(&number.waba_id);
            table.numbers.get(&number.phone_number_id) == Some(&tenant)
                && sharers.is_some_and(|sharers| sharers.contains(&tenant))
        };
        let door = table.doors.get(&CallbackKey::of(tenant)).map(|(_, app)| app.as_ref());
        Ok(here != numbers.len() || !numbers.iter().all(same) || door != app.as_ref())
    }

    /// Looks into the store for the numbers of items that are nobody's here: another node may have connected one just now.
    /// `true`: it has, and it is known now.
    pub async fn look_for(&self, store: &dyn Store, records: &[IntakeRecord]) -> Result<bool, StoreError> {
        let numbers = records.iter().filter(|record| record.quarantined.is_some());
        let numbers: BTreeSet<_> = numbers.filter_map(|record| record.number.as_ref()).collect();
        for number in numbers.into_iter().filter(|number| self.of_number(number).is_none()) {
            if store.number(number).await?.is_some() {
                self.reload(store).await?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    pub fn of_number(&self, number: &PhoneNumberId) -> Option<TenantId> {
        self.table.read().ok()?.numbers.get(number).copied()
    }

    /// Two organizations on one account: the first one hears of account-level news.
    pub fn of_account(&self, account: &WabaId) -> Option<TenantId> {
        self.table.read().ok()?.accounts.get(account)?.first().copied()
    }

    pub fn has_account(&self, tenant: TenantId, account: &WabaId) -> bool {
        let Ok(table) = self.table.read() else { return false };
        table.accounts.get(account).is_some_and(|tenants| tenants.contains(&tenant))
    }

    /// Whose own callback address this is, and their app.
    pub fn door(&self, key: CallbackKey) -> Option<(TenantId, Arc<MetaApp>)> {
        self.table.read().ok()?.doors.get(&key).cloned()
    }

    /// Only numbers that are connected, so that a stranger's ids do not fill the memory.
    pub fn note(&self, records: &[IntakeRecord]) {
        for record in records {
            if let (Some(number), Some(tenant)) = (&record.number, record.tenant)
                && self.of_number(number) == Some(tenant)
            {
                let first = Heard { at: record.received_at, kept: None };
                self.heard.entry(number.clone()).or_insert(first).at = record.received_at;
            }
        }
    }

    pub fn last_heard(&self, number: &PhoneNumberId) -> Option<Timestamp> {
        self.heard.get(number).map(|heard| heard.at)
    }

    /// Writes down when something last came, so that it is known after a restart; `all`: also what changed just now.
    pub async fn keep(&self, store: &dyn Store, all: bool) -> Result<(), StoreError> {
        let due = |heard: &Heard| match heard.kept {
            Some(kept) if all => kept < heard.at,
            Some(kept) => heard.at.since(kept) >= KEPT_EVERY,
            None => true,
        };
        let unkept = self.heard.iter().filter(|heard| due(heard)).map(|heard| (heard.key().clone(), heard.at));
        for (number, at) in unkept.collect::<Vec<_>>() {
            if let Some(tenant) = self.of_number(&number) {
                let change = NumberChange { last_webhook_at: Some(at), ..NumberChange::default() };
                store.change_number(tenant, &number, change, Vec::new()).await?;
            }
            if let Some(mut heard) = self.heard.get_mut(&number) {
                heard.kept = Some(at);
            }
        }
        Ok(())
    }
}
