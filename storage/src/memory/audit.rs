use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::audit::{AuditEntry, AuditRecord, Link, link};
use engine::id::TenantId;
use engine::ports::{AuditLog, AuditQuery, ChainEnds, ListError, Page, StoreError};
use engine::time::Timestamp;

use super::{MemoryStore, State};
use crate::cursor::{self, List};

#[derive(Default)]
pub(super) struct Chain {
    pub(super) ends: ChainEnds,
    pub(super) records: BTreeMap<u64, AuditRecord>,
}

impl State {
    pub(super) fn append_audit(&mut self, tenant: TenantId, entries: Vec<AuditEntry>) {
        let chain = self.audit.entry(tenant).or_default();
        for entry in entries {
            let n = chain.ends.head.n + 1;
            let hash = link(&chain.ends.head.hash, n, &entry);
            chain.ends.head = Link { n, hash };
            chain.records.insert(n, AuditRecord { n, entry, hash });
        }
    }
}

fn fits(query: &AuditQuery, entry: &AuditEntry) -> bool {
    query.actor.is_none_or(|actor| entry.actor.id() == Some(actor))
        && query.action.as_ref().is_none_or(|start| entry.action.key().starts_with(start))
        && query.from.is_none_or(|from| from <= entry.at)
        && query.to.is_none_or(|to| entry.at < to)
}

#[async_trait]
impl AuditLog for MemoryStore {
    async fn record(&self, tenant: TenantId, entries: Vec<AuditEntry>) -> Result<(), StoreError> {
        self.state()?.append_audit(tenant, entries);
        Ok(())
    }

    async fn audit_page(&self, tenant: TenantId, query: AuditQuery) -> Result<Page<AuditRecord>, ListError> {
        let before: Option<u64> = cursor::row(List::Audit, &query.page)?;
        let limit = cursor::limit(&query.page);
        let state = self.state()?;
        let records = state.audit.get(&tenant).into_iter().flat_map(|chain| chain.records.values().rev());
        let fitting = records.filter(|record| before.is_none_or(|before| record.n < before));
        let fitting = fitting.filter(|record| fits(&query, &record.entry));
        let mut items: Vec<_> = fitting.take(limit as usize + 1).cloned().collect();
        let more = cursor::cut(&mut items, limit);
        let next = items.last().filter(|_| more).map(|last| cursor::at_row(List::Audit, last.n));
        Ok(Page { items, next })
    }

    async fn audit_chain(&self, tenant: TenantId, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let state = self.state()?;
        let records = state.audit.get(&tenant).into_iter().flat_map(|chain| chain.records.range(after + 1..));
        Ok(records.take(limit as usize).map(|(_, record)| record.clone()).collect())
    }

    async fn audit_ends(&self, tenant: TenantId) -> Result<ChainEnds, StoreError> {
        Ok(self.state()?.audit.get(&tenant).map(|chain| chain.ends).unwrap_or_default())
    }

    async fn trim_audit(&self, tenant: TenantId, before: Timestamp, entry: AuditEntry) -> Result<(), StoreError> {
        let mut state = self.state()?;
        let Some(chain) = state.audit.get_mut(&tenant) else { return Ok(()) };
        let anchor = chain.ends.anchor;
        while let Some(oldest) = chain.records.first_entry().filter(|oldest| oldest.get().entry.at < before) {
            let AuditRecord { n, hash, .. } = oldest.remove();
            chain.ends.anchor = Link { n, hash };
        }
        if chain.ends.anchor != anchor {
            state.append_audit(tenant, vec![entry]);
        }
        Ok(())
    }
}
