//! Places in an organization's event log: given out by compare-and-set, to a group of changes at a time, and to each change
//! once.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use engine::id::{ConversationId, TenantId};
use engine::ports::StoreError;
use scylla::value::CqlValue;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::session::{Lwt, Values, unavailable};
use super::{CqlStore, names};
use crate::crypto::Lookup;

/// Changes that share one compare-and-set.
const GROUP_MAX: usize = 256;
const TRIES_MAX: usize = 64;

/// Who has known of a change for longer looks again first: what the log remembers of finished changes is gone after
/// [`REMEMBERED_SECONDS`], and a process that was stopped in between must not number one twice.
const FRESH: Duration = Duration::from_mins(10);
const REMEMBERED_SECONDS: i32 = 3_600;

/// A change that wants places.
pub(super) struct Wish {
    pub(super) change: [u8; 16],
    pub(super) conversation: ConversationId,
    pub(super) events: u32,
    /// When its caller read or made it.
    pub(super) known_since: Instant,
}

struct Waiting {
    wish: Wish,
    answer: oneshot::Sender<Result<u64, StoreError>>,
}

#[derive(Default)]
pub(super) struct Appender {
    /// Bounded by how many commits are under way.
    waiting: Mutex<HashMap<TenantId, Vec<Waiting>>>,
}

impl Appender {
    fn push(&self, tenant: TenantId, waiting: Waiting) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).entry(tenant).or_default().push(waiting);
    }

    fn group(&self, tenant: TenantId) -> Vec<Waiting> {
        let mut all = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(queue) = all.get_mut(&tenant) else { return Vec::new() };
        let group = queue.drain(..queue.len().min(GROUP_MAX)).collect();
        if queue.is_empty() {
            all.remove(&tenant);
        }
        group
    }
}

/// n, oldest, version.
type HeadRow = (Option<i64>, Option<i64>, Option<i64>);
/// Conversation, first, count.
type OwnerRow = (Option<Vec<u8>>, Option<i64>, Option<i32>);

/// The end of the log.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Head {
    pub(super) n: u64,
    /// Older ones are forgotten.
    pub(super) oldest: u64,
    /// Raised by every change of a conversation, with events or without; 0: there was none.
    pub(super) version: i64,
}

impl CqlStore {
    pub(super) async fn log_head(&self, home: Lookup, serial: bool) -> Result<Head, StoreError> {
        let text = "SELECT DISTINCT n, oldest, version FROM event_head WHERE home = ?";
        let rows: Vec<HeadRow> = if serial {
            self.cql.serial_rows(text, (home.as_slice(),)).await?
        } else {
            self.cql.rows(text, (home.as_slice(),)).await?
        };
        let (n, oldest, version) = rows.into_iter().next().unwrap_or_default();
        let n = names::unsigned(n.unwrap_or(0))?;
        Ok(Head { n, oldest: names::unsigned(oldest.unwrap_or(1))?, version: version.unwrap_or(0) })
    }

    /// The place of the change's first event; its others follow without a gap. The same again gives the same.
    pub(super) async fn append(&self, tenant: TenantId, wish: Wish) -> Result<u64, StoreError> {
        let home = self.home(tenant);
        let (answer, mut answered) = oneshot::channel();
        self.appender.push(tenant, Waiting { wish, answer });
        let _turn = self.turns.logs.take(&home).await;
        loop {
            match answered.try_recv() {
                Ok(answer) => return answer,
                Err(oneshot::error::TryRecvError::Closed) => return Err(unavailable("whoever was appending gave up")),
                Err(oneshot::error::TryRecvError::Empty) => {
                    let group = self.appender.group(tenant);
                    self.append_group(tenant, home, group).await;
                }
            }
        }
    }

    async fn append_group(&self, tenant: TenantId, home: Lookup, group: Vec<Waiting>) {
        let mut open = group;
        for attempt in 0..TRIES_MAX {
            match self.try_append(tenant, home, &mut open, attempt > 0).await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => {
                    for waiting in open {
                        drop(waiting.answer.send(Err(error.clone())));
                    }
                    return;
                }
            }
        }
        for waiting in open {
            drop(waiting.answer.send(Err(StoreError::Busy)));
        }
    }

    /// `false`: somebody else was faster, or it is not known. Who is answered is not in `open` any more.
    async fn try_append(
        &self,
        tenant: TenantId,
        home: Lookup,
        open: &mut Vec<Waiting>,
        serial: bool,
    ) -> Result<bool, StoreError> {
        // In this order: what is appended between the two changes the version, and then nothing is written here.
        let head = self.log_head(home, serial).await?;
        let known = self.known_places(home, open).await?;
        let (settled, rest): (Vec<_>, Vec<_>) =
            open.drain(..).partition(|waiting| known.contains_key(&waiting.wish.change));
        for waiting in settled {
            let first = known.get(&waiting.wish.change).copied().unwrap_or_default();
            drop(waiting.answer.send(Ok(first)));
        }
        let (fresh, stale): (Vec<_>, Vec<_>) =
            rest.into_iter().partition(|waiting| waiting.wish.known_since.elapsed() < FRESH);
        let late = || Err(unavailable("known for too long, look again"));
        for waiting in stale {
            drop(waiting.answer.send(late()));
        }
        *open = fresh;
        if open.is_empty() {
            return Ok(true);
        }
        let (given, n) = places(head.n, open.iter().map(|waiting| &waiting.wish));
        let mut parts = vec![(UPDATE_HEAD, Vec::new())];
        for (Waiting { wish, .. }, first) in open.iter().zip(&given) {
            if wish.events > 0 {
                parts.push((REMEMBER, remember(home, wish, *first)));
            }
        }
        let version = (head.version > 0).then_some(CqlValue::BigInt(head.version));
        let next = CqlValue::BigInt(head.version + 1);
        if let Some((_, values)) = parts.first_mut() {
            let n = CqlValue::BigInt(names::signed(n));
            *values = vec![Some(n), Some(next), Some(CqlValue::Blob(home.to_vec())), version];
        }
        if self.cql.lwt_batch(parts).await? != Lwt::Applied {
            return Ok(false);
        }
        let changed = open.iter().map(|waiting| waiting.wish.conversation).collect();
        self.orders.advance(tenant, home, head.version, changed).await;
        for (waiting, first) in open.drain(..).zip(given) {
            drop(waiting.answer.send(Ok(first)));
        }
        Ok(true)
    }

    async fn known_places(&self, home: Lookup, open: &[Waiting]) -> Result<HashMap<[u8; 16], u64>, StoreError> {
        let changes: Vec<_> = open.iter().map(|waiting| waiting.wish.change.to_vec()).collect();
        let text = "SELECT change, first FROM event_head WHERE home = ? AND change IN ?";
        let rows: Vec<(Vec<u8>, i64)> = self.cql.rows(text, (home.as_slice(), changes)).await?;
        rows.into_iter().map(|(change, first)| Ok((names::id(&change)?, names::unsigned(first)?))).collect()
    }

    /// The change is finished: its places need not be remembered for ever.
    pub(super) async fn forget_places(&self, home: Lookup, wish: &Wish, first: u64) -> Result<(), StoreError> {
        let text =
            "INSERT INTO event_head (home, change, conversation, first, count) VALUES (?, ?, ?, ?, ?) USING TTL ?";
        let count = i32::try_from(wish.events).unwrap_or(i32::MAX);
        let (change, conversation) = (wish.change.as_slice(), wish.conversation.as_bytes().as_slice());
        let values = (home.as_slice(), change, conversation, names::signed(first), count, REMEMBERED_SECONDS);
        self.cql.write(text, values).await
    }

    /// Conversations whose changes have places from `from` on and are not finished, as far as the log remembers.
    pub(super) async fn owners_of_places(&self, home: Lookup, from: u64) -> Result<Vec<ConversationId>, StoreError> {
        let text = "SELECT conversation, first, count FROM event_head WHERE home = ?";
        let rows: Vec<OwnerRow> = self.cql.rows(text, (home.as_slice(),)).await?;
        let mut owners = Vec::new();
        for (conversation, first, count) in rows {
            let end = first.unwrap_or(0).saturating_add(i64::from(count.unwrap_or(0)));
            if let Some(conversation) = conversation.filter(|_| end > names::signed(from)) {
                owners.push(ConversationId::from_bytes(names::id(&conversation)?));
            }
        }
        Ok(owners)
    }
}

/// The first place of each wish after `n`, and the last one given. A change is wished for twice when somebody who meets it
/// finishes it beside its maker: both get the same.
fn places<'a>(mut n: u64, wishes: impl Iterator<Item = &'a Wish>) -> (Vec<u64>, u64) {
    let mut known = HashMap::new();
    let first = |wish: &Wish| {
        *known.entry(wish.change).or_insert_with(|| {
            let first = n + 1;
            n += u64::from(wish.events);
            first
        })
    };
    let given = wishes.map(first).collect();
    (given, n)
}

const UPDATE_HEAD: &str = "UPDATE event_head SET n = ?, version = ? WHERE home = ? IF version = ?";
const REMEMBER: &str = "INSERT INTO event_head (home, change, conversation, first, count) VALUES (?, ?, ?, ?, ?)";

fn remember(home: Lookup, wish: &Wish, first: u64) -> Values {
    vec![
        Some(CqlValue::Blob(home.to_vec())),
        Some(CqlValue::Blob(wish.change.to_vec())),
        Some(CqlValue::Blob(wish.conversation.as_bytes().to_vec())),
        Some(CqlValue::BigInt(names::signed(first))),
        Some(CqlValue::Int(i32::try_from(wish.events).unwrap_or(i32::MAX))),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_change_that_two_finish_at_once_has_its_places_once() {
        let wish = |change: u8, events| Wish {
            change: [change; 16],
            conversation: ConversationId::from_bytes([1; 16]),
            events,
            known_since: Instant::now(),
        };
        let wishes = [wish(1, 2), wish(2, 1), wish(1, 2), wish(3, 0), wish(4, 1)];
        assert_eq!(places(10, wishes.iter()), (vec![11, 13, 11, 14, 14], 14));
    }
}
