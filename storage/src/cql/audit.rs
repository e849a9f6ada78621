use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::audit::{AuditActor, AuditEntry, AuditRecord, Link, Origin};
use engine::id::TenantId;
use engine::ports::{AuditLog, AuditQuery, ChainEnds, ListError, Page, StoreError};
use engine::time::Timestamp;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::office::{Changes, Decision, Head, Kind};
use super::{CqlStore, names};
use crate::codec;
use crate::crypto::{Lookup, Sealer};
use crate::cursor::{self, List};

/// Entries that lie in one partition.
const BLOCK: u64 = 1_000;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct StoredEntry {
    at: Timestamp,
    actor: AuditActor,
    action: String,
    target: Option<String>,
    details: BTreeMap<String, String>,
    origin: Option<Origin>,
}

impl StoredEntry {
    pub(super) fn of(entry: &AuditEntry) -> Self {
        let AuditEntry { at, actor, action, target, details, origin } = entry.clone();
        Self { at, actor, action: action.key().to_owned(), target, details, origin }
    }

    pub(super) fn entry(self) -> Result<AuditEntry, StoreError> {
        let Self { at, actor, action, target, details, origin } = self;
        let action = action.parse().map_err(|_| codec::corrupt("an action of the audit log"))?;
        Ok(AuditEntry { at, actor, action, target, details, origin })
    }
}

/// With its hash, so that a changed byte of either shows.
#[derive(Serialize, Deserialize)]
struct StoredRecord {
    hash: [u8; 32],
    entry: StoredEntry,
}

/// Sealed by its place.
pub(super) fn seal_entry(sealer: &Sealer, entry: &AuditEntry, link: Link) -> Result<Vec<u8>, StoreError> {
    let record = StoredRecord { hash: link.hash, entry: StoredEntry::of(entry) };
    codec::seal(sealer, codec::AUDIT, &link.n.to_be_bytes(), &record)
}

fn open_record(sealer: &Sealer, n: u64, body: &[u8]) -> Result<AuditRecord, StoreError> {
    let StoredRecord { hash, entry } = codec::open(sealer, codec::AUDIT, &n.to_be_bytes(), body)?;
    Ok(AuditRecord { n, entry: entry.entry()?, hash })
}

fn fits(query: &AuditQuery, entry: &AuditEntry) -> bool {
    query.actor.is_none_or(|actor| entry.actor.id() == Some(actor))
        && query.action.as_ref().is_none_or(|start| entry.action.key().starts_with(start))
        && query.from.is_none_or(|from| from <= entry.at)
        && query.to.is_none_or(|to| entry.at < to)
}

impl CqlStore {
    /// Entries lie in the office for the moment of their batch; their own table has room for years.
    pub(super) async fn move_entries(&self, home: Lookup) -> Result<(), StoreError> {
        let Some((_, rows)) = self.office(home, Kind::Audit, Kind::Audit).await? else { return Ok(()) };
        let Some(last) = rows.last().map(|row| row.id.clone()) else { return Ok(()) };
        let moves = rows.iter().map(|row| async move {
            let n =
                u64::from_be_bytes(row.id.as_slice().try_into().map_err(|_| codec::corrupt("a place of an entry"))?);
            let text = "INSERT INTO audit (home, block, n, body) VALUES (?, ?, ?, ?)";
            let values = (home.as_slice(), names::signed(n / BLOCK), names::signed(n), &row.body);
            self.cql.write(text, values).await
        });
        try_join_all(moves).await?;
        let text = "DELETE FROM office WHERE home = ? AND kind = ? AND id <= ?";
        self.cql.write(text, (home.as_slice(), Kind::Audit as i8, last)).await
    }

    /// Blocks that an organization brings in.
    pub(super) fn arriving_blocks(&self, tenant: TenantId) -> Lookup {
        self.name_of("arriving_blocks", tenant, &[])
    }

    /// Sealed as for [`Self::records`]; the end of the chain comes last, with the organization.
    pub(super) async fn bring_entry(&self, tenant: TenantId, n: u64, body: &[u8]) -> Result<(), StoreError> {
        let (home, block) = (self.home(tenant), names::signed(n / BLOCK));
        self.point(self.arriving_blocks(tenant), &block.to_be_bytes(), &[]).await?;
        let text = "INSERT INTO audit (home, block, n, body) VALUES (?, ?, ?, ?)";
        self.cql.write(text, (home.as_slice(), block, names::signed(n), body)).await
    }

    /// Records from `first` to `last`, in order.
    async fn records(
        &self,
        home: Lookup,
        sealer: &Sealer,
        first: u64,
        last: u64,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        let mut found = Vec::new();
        for block in first / BLOCK..=last / BLOCK {
            let text = "SELECT n, body FROM audit WHERE home = ? AND block = ? AND n >= ? AND n <= ?";
            let block = names::signed(block);
            let values = (home.as_slice(), block, names::signed(first), names::signed(last));
            for (n, body) in self.cql.rows::<(i64, Vec<u8>)>(text, values).await? {
                found.push(open_record(sealer, names::unsigned(n)?, &body)?);
            }
        }
        Ok(found)
    }

    /// The head, with every entry up to it in the table.
    async fn chain(&self, home: Lookup) -> Result<Head, StoreError> {
        let head = self.office_head(home).await?;
        self.move_entries(home).await?;
        Ok(head)
    }
}

#[async_trait]
impl AuditLog for CqlStore {
    async fn record(&self, tenant: TenantId, entries: Vec<AuditEntry>) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let sealer = self.sealer(tenant).await?;
        let entries = &entries;
        let decide = |_: Head| -> Decision<'_, ()> {
            Box::pin(async move { Ok((Some(Changes { entries: entries.clone(), ..Changes::default() }), ())) })
        };
        self.change_office(tenant, &sealer, decide).await
    }

    async fn audit_page(&self, tenant: TenantId, query: AuditQuery) -> Result<Page<AuditRecord>, ListError> {
        let before: Option<u64> = cursor::row(List::Audit, &query.page)?;
        let limit = cursor::limit(&query.page);
        self.meet(tenant).await?;
        let home = self.home(tenant);
        let head = self.chain(home).await?;
        let mut items = Vec::new();
        let mut last = before.map_or(head.end.n, |before| before.saturating_sub(1).min(head.end.n));
        while items.len() <= limit as usize && last > head.anchor.n {
            let sealer = self.keys_of(tenant).await?;
            let first = last.saturating_sub(BLOCK - 1).max(head.anchor.n + 1);
            let records = self.records(home, &sealer, first, last).await?;
            items.extend(records.into_iter().rev().filter(|record| fits(&query, &record.entry)));
            last = first - 1;
        }
        items.truncate(limit as usize + 1);
        let more = cursor::cut(&mut items, limit);
        let next = items.last().filter(|_| more).map(|last| cursor::at_row(List::Audit, last.n));
        Ok(Page { items, next })
    }

    async fn audit_chain(&self, tenant: TenantId, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        self.meet(tenant).await?;
        let home = self.home(tenant);
        let head = self.chain(home).await?;
        let first = after.max(head.anchor.n).saturating_add(1);
        let last = head.end.n.min(first.saturating_add(u64::from(limit)).saturating_sub(1));
        if first > last {
            return Ok(Vec::new());
        }
        self.records(home, self.keys_of(tenant).await?.as_ref(), first, last).await
    }

    async fn audit_ends(&self, tenant: TenantId) -> Result<ChainEnds, StoreError> {
        self.meet(tenant).await?;
        let Head { end: head, anchor, .. } = self.office_head(self.home(tenant)).await?;
        Ok(ChainEnds { anchor, head })
    }

    async fn trim_audit(&self, tenant: TenantId, before: Timestamp, entry: AuditEntry) -> Result<(), StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(()) };
        let home = self.home(tenant);
        self.move_entries(home).await?;
        let (sealer, entry) = (&sealer, &entry);
        let decide = |head: Head| -> Decision<'_, (Link, Link)> {
            Box::pin(async move {
                let mut anchor = head.anchor;
                while anchor.n < head.end.n {
                    let last = head.end.n.min(anchor.n + BLOCK);
                    let records = self.records(home, sealer, anchor.n + 1, last).await?;
                    let old = records.iter().take_while(|record| record.entry.at < before);
                    let Some(end) = old.last().map(|record| Link { n: record.n, hash: record.hash }) else { break };
                    anchor = end;
                    if anchor.n < last {
                        break;
                    }
                }
                let goes = (anchor != head.anchor).then(|| Changes {
                    anchor: Some(anchor),
                    entries: vec![entry.clone()],
                    ..Changes::default()
                });
                Ok((goes, (head.anchor, anchor)))
            })
        };
        let (from, to) = self.change_office(tenant, sealer, decide).await?;
        if from != to {
            for block in from.n / BLOCK..=to.n / BLOCK {
                let text = "DELETE FROM audit WHERE home = ? AND block = ? AND n <= ?";
                self.cql.write(text, (home.as_slice(), names::signed(block), names::signed(to.n))).await?;
            }
        }
        Ok(())
    }
}
