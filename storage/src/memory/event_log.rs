use async_trait::async_trait;
use engine::event::LoggedEvent;
use engine::id::TenantId;
use engine::ports::{EventLog, LogRange, StoreError};

use super::MemoryStore;

#[async_trait]
impl EventLog for MemoryStore {
    async fn range(&self, tenant: TenantId) -> Result<LogRange, StoreError> {
        let state = self.state()?;
        let log = state.events.get(&tenant).filter(|log| log.head > 0);
        Ok(log.map_or(LogRange { oldest: 0, head: 0 }, |log| {
            let oldest = log.events.first_key_value().map_or(log.head + 1, |(oldest, _)| *oldest);
            LogRange { oldest, head: log.head }
        }))
    }

    async fn events(&self, tenant: TenantId, after: u64, limit: u32) -> Result<Vec<LoggedEvent>, StoreError> {
        let state = self.state()?;
        let Some(log) = state.events.get(&tenant) else { return Ok(Vec::new()) };
        let newer = log.events.range(after.saturating_add(1)..);
        Ok(newer.take(limit as usize).map(|(_, event)| event.clone()).collect())
    }

    async fn trim(&self, tenant: TenantId, keep: u64) -> Result<(), StoreError> {
        if let Some(log) = self.state()?.events.get_mut(&tenant) {
            let first = log.head.saturating_sub(keep) + 1;
            log.events = log.events.split_off(&first);
        }
        Ok(())
    }
}
