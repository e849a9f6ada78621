//! In which order conversations are listed. The truth is in their rows; this is derived from them and held in memory for each
//! organization that somebody looks at. When another node has changed something, Redis knows what (ADR 0017), and those rows
//! are read again; when it does not, all of them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex as StdMutex, PoisonError};

use engine::access::{Holder, Visibility};
use engine::conversation::{Conversation, ConversationStatus};
use engine::id::{ContactId, ConversationId, MemberId, TeamId, TenantId};
use engine::ports::{StoreError, View};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::{CqlStore, names};
use crate::crypto::Lookup;
use crate::redis::RedisChanges;

/// Partitions over which an organization's conversations are spread.
const SHARDS: i8 = 16;
/// Conversations that are read again one by one; with more, all of them are.
const CATCH_UP_MAX: usize = 4_096;
/// Of them in one statement.
const IN_MAX: usize = 100;

/// What a list needs to know of a conversation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Listed {
    pub(super) id: ConversationId,
    pub(super) contact: ContactId,
    pub(super) closed: bool,
    pub(super) assignee: Option<MemberId>,
    pub(super) team: Option<TeamId>,
    pub(super) unread: bool,
    pub(super) last_activity_at: i64,
    /// When it began: tells equal times apart.
    pub(super) place: i64,
    pub(super) stamp: i64,
}

impl Listed {
    pub(super) fn of(conversation: &Conversation, place: i64, stamp: i64) -> Self {
        let holder = conversation.holder();
        Self {
            id: conversation.id,
            contact: conversation.contact.id,
            closed: conversation.status == ConversationStatus::Closed,
            assignee: holder.assignee,
            team: holder.team,
            unread: conversation.unread > 0,
            last_activity_at: conversation.last_activity_at.0,
            place,
            stamp,
        }
    }

    pub(super) fn is_in(&self, view: View) -> bool {
        match view {
            View::Mine(member) => !self.closed && self.assignee == Some(member),
            View::Unassigned => !self.closed && self.assignee.is_none(),
            View::All => !self.closed,
            View::Closed => self.closed,
        }
    }

    pub(super) fn is_seen_by(&self, visibility: &Visibility) -> bool {
        visibility.covers(Holder { assignee: self.assignee, team: self.team })
    }

    fn position(&self) -> Position {
        (Reverse(self.last_activity_at), Reverse(self.place), self.id)
    }
}

/// Newest activity first.
type Position = (Reverse<i64>, Reverse<i64>, ConversationId);

#[derive(Default)]
pub(super) struct Order {
    /// Of the log, up to which everything is in here; `None`: nothing was read yet.
    version: Option<i64>,
    rows: HashMap<ConversationId, Listed>,
    sorted: BTreeSet<Position>,
}

impl Order {
    fn note(&mut self, row: Listed) {
        if let Some(before) = self.rows.get(&row.id) {
            if before.stamp >= row.stamp {
                return;
            }
            self.sorted.remove(&before.position());
        }
        self.sorted.insert(row.position());
        self.rows.insert(row.id, row);
    }

    /// Newest activity first, after this time and place.
    pub(super) fn before(&self, position: Option<(i64, i64)>) -> impl Iterator<Item = &Listed> {
        let after = position.map(|(at, place)| (Reverse(at), Reverse(place), ConversationId::from_bytes([0xff; 16])));
        let range = match after {
            Some(after) => self.sorted.range((std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded)),
            None => self.sorted.range(..),
        };
        range.filter_map(|(_, _, id)| self.rows.get(id))
    }
}

/// Some 200 bytes for each conversation of the organizations that are looked at.
#[derive(Default)]
pub(super) struct Orders {
    tenants: StdMutex<HashMap<TenantId, Arc<Mutex<Order>>>>,
    changes: Option<Arc<RedisChanges>>,
    /// Times that all rows of an organization were read.
    read_whole: AtomicU64,
}

impl Orders {
    fn of(&self, tenant: TenantId) -> Arc<Mutex<Order>> {
        Arc::clone(self.tenants.lock().unwrap_or_else(PoisonError::into_inner).entry(tenant).or_default())
    }

    /// The log went on by one version, and all of it was ours.
    pub(super) async fn advance(&self, tenant: TenantId, home: Lookup, from: i64, changed: Vec<ConversationId>) {
        if let Some(changes) = &self.changes {
            changes.note(home, from + 1, changed);
        }
        let order = self.of(tenant);
        let mut order = order.lock().await;
        if order.version == Some(from) {
            order.version = Some(from + 1);
        }
    }
}

type Row = (Vec<u8>, Vec<u8>, bool, Option<Vec<u8>>, Option<Vec<u8>>, bool, i64, i64, i64);

impl CqlStore {
    /// Comes before the change is in the log, so that who reads the log's version first and the rows then has it.
    pub(super) async fn put_listed(&self, tenant: TenantId, row: &Listed) -> Result<(), StoreError> {
        let home = self.home(tenant);
        let text = "INSERT INTO conversation_list (home, shard, conversation, contact, closed, assignee, team, unread,
             last_activity_at, place, stamp) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?";
        let assignee = row.assignee.as_ref().map(|id| id.as_bytes().as_slice());
        let team = row.team.as_ref().map(|id| id.as_bytes().as_slice());
        let (id, contact) = (row.id.as_bytes().as_slice(), row.contact.as_bytes().as_slice());
        let (at, place, stamp) = (row.last_activity_at, row.place, row.stamp);
        let shard = shard_of(row.id);
        let values =
            (home.as_slice(), shard, id, contact, row.closed, assignee, team, row.unread, at, place, stamp, stamp);
        self.cql.write(text, values).await?;
        self.orders.of(tenant).lock().await.note(row.clone());
        Ok(())
    }

    /// What other nodes change is learned from there, and what this one changes is told there.
    #[must_use]
    pub fn with_changes(mut self, changes: Arc<RedisChanges>) -> Self {
        self.orders.changes = Some(changes);
        self
    }

    /// How often this node has read all conversations of an organization, to put them in order.
    pub fn orders_read_whole(&self) -> u64 {
        self.orders.read_whole.load(Ordering::Relaxed)
    }

    /// Looks through the order as it is now.
    pub(super) async fn ordered<R>(&self, tenant: TenantId, look: impl FnOnce(&Order) -> R) -> Result<R, StoreError> {
        let home = self.home(tenant);
        let head = self.log_head(home, false).await?;
        let order = self.orders.of(tenant);
        let mut order = order.lock().await;
        if order.version.is_none_or(|version| version < head.version) {
            let caught_up = match order.version {
                Some(version) => self.changed_since(tenant, version, head.version).await?,
                None => None,
            };
            if let Some(rows) = caught_up {
                for row in rows {
                    order.note(row);
                }
            } else {
                *order = Order::default();
                let rows = try_join_all((0..SHARDS).map(|shard| self.listed_in(tenant, shard))).await?;
                for row in rows.into_iter().flatten() {
                    order.note(row);
                }
                self.orders.read_whole.fetch_add(1, Ordering::Relaxed);
            }
            order.version = Some(head.version);
        }
        Ok(look(&order))
    }

    /// Rows that are others than they were at that version of the log. They were written before the log went on, so what is
    /// read now is as new as `head`, or newer. `None`: nobody knows, or it is too much.
    async fn changed_since(
        &self,
        tenant: TenantId,
        version: i64,
        head: i64,
    ) -> Result<Option<Vec<Listed>>, StoreError> {
        let Some(redis) = &self.orders.changes else { return Ok(None) };
        let Some(changed) = redis.between(self.home(tenant), version, head).await else { return Ok(None) };
        if changed.len() > CATCH_UP_MAX {
            return Ok(None);
        }
        let mut shards: BTreeMap<i8, Vec<Vec<u8>>> = BTreeMap::new();
        for id in changed {
            shards.entry(shard_of(id)).or_default().push(id.as_bytes().to_vec());
        }
        let text = "SELECT conversation, contact, closed, assignee, team, unread, last_activity_at, place, stamp
             FROM conversation_list WHERE home = ? AND shard = ? AND conversation IN ?";
        let home = self.home(tenant);
        let parts = shards.iter().flat_map(|(shard, ids)| ids.chunks(IN_MAX).map(move |ids| (*shard, ids)));
        let read = parts.map(async |(shard, ids)| -> Result<Vec<Row>, StoreError> {
            self.cql.rows(text, (home.as_slice(), shard, ids)).await
        });
        let rows = try_join_all(read).await?;
        rows.into_iter().flatten().map(listed).collect::<Result<_, _>>().map(Some)
    }

    async fn listed_in(&self, tenant: TenantId, shard: i8) -> Result<Vec<Listed>, StoreError> {
        let text = "SELECT conversation, contact, closed, assignee, team, unread, last_activity_at, place, stamp
             FROM conversation_list WHERE home = ? AND shard = ?";
        let rows: Vec<Row> = self.cql.rows(text, (self.home(tenant).as_slice(), shard)).await?;
        rows.into_iter().map(listed).collect()
    }
}

fn listed(row: Row) -> Result<Listed, StoreError> {
    let (id, contact, closed, assignee, team, unread, last_activity_at, place, stamp) = row;
    Ok(Listed {
        id: ConversationId::from_bytes(names::id(&id)?),
        contact: ContactId::from_bytes(names::id(&contact)?),
        closed,
        assignee: names::maybe_id(assignee)?.map(MemberId::from_bytes),
        team: names::maybe_id(team)?.map(TeamId::from_bytes),
        unread,
        last_activity_at,
        place,
        stamp,
    })
}

pub(super) fn shard_of(id: ConversationId) -> i8 {
    i8::try_from(id.as_bytes().first().copied().unwrap_or(0) % 16).unwrap_or(0)
}
