//! Which organization a webhook is for. Kept in memory, because every webhook asks and the answer changes rarely.

use std::collections::HashMap;
use std::sync::RwLock;

use engine::id::{PhoneNumberId, TenantId, WabaId};
use engine::ports::{Store, StoreError};

/// Who has which number and account.
#[derive(Default)]
pub struct Routing {
    table: RwLock<Table>,
}

#[derive(Default)]
struct Table {
    numbers: HashMap<PhoneNumberId, TenantId>,
    accounts: HashMap<WabaId, TenantId>,
}

impl Routing {
    pub async fn load(store: &dyn Store) -> Result<Self, StoreError> {
        let routing = Self::default();
        routing.reload(store).await?;
        Ok(routing)
    }

    /// After a number was connected.
    pub async fn reload(&self, store: &dyn Store) -> Result<(), StoreError> {
        let mut table = Table::default();
        for organization in store.organizations().await? {
            for number in store.numbers(organization.id).await? {
                table.numbers.insert(number.phone_number_id, organization.id);
                // Two organizations on one account: the first one hears of account-level news.
                table.accounts.entry(number.waba_id).or_insert(organization.id);
            }
        }
        if let Ok(mut current) = self.table.write() {
            *current = table;
        }
        Ok(())
    }

    pub fn of_number(&self, number: &PhoneNumberId) -> Option<TenantId> {
        self.table.read().ok()?.numbers.get(number).copied()
    }

    pub fn of_account(&self, account: &WabaId) -> Option<TenantId> {
        self.table.read().ok()?.accounts.get(account).copied()
    }
}
