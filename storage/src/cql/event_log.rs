use async_trait::async_trait;
use bytes::Bytes;
use engine::access::Holder;
use engine::event::{Audience, LoggedEvent};
use engine::id::{ConversationId, MemberId, TeamId, TenantId};
use engine::ports::{EventLog, LogRange, StoreError};

use super::{CqlStore, names};
use crate::codec;
use crate::crypto::{Lookup, Sealer};

/// Events that lie in one partition.
const BLOCK: u64 = 1_000;

/// An event as it is kept: conversation, assignee, team, the two before, moved, frame.
pub(super) type EventRow = (Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>, bool, Vec<u8>);

type NumberedRow = (i64, Vec<u8>, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>, bool, Vec<u8>);

impl CqlStore {
    pub(super) async fn put_event(&self, home: Lookup, n: u64, event: &EventRow) -> Result<(), StoreError> {
        let text = "INSERT INTO event (home, block, n, conversation, assignee, team, was, was_team, moved, frame)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let (conversation, assignee, team, was, was_team, moved, frame) = event;
        let (block, n) = (names::signed(n / BLOCK), names::signed(n));
        self.cql
            .write(text, (home.as_slice(), block, n, conversation, assignee, team, was, was_team, moved, frame))
            .await
    }

    /// Without a gap from `from` on: what somebody has a place for and has not written yet ends it.
    async fn written(&self, home: Lookup, sealer: &Sealer, from: u64, to: u64) -> Result<Vec<LoggedEvent>, StoreError> {
        let mut found: Vec<LoggedEvent> = Vec::new();
        for block in from / BLOCK..=to / BLOCK {
            let text = "SELECT n, conversation, assignee, team, was, was_team, moved, frame FROM event
                 WHERE home = ? AND block = ? AND n >= ? AND n <= ?";
            let block = names::signed(block);
            let values = (home.as_slice(), block, names::signed(from), names::signed(to));
            for row in self.cql.rows::<NumberedRow>(text, values).await? {
                let event = event(sealer, row)?;
                if event.n != found.last().map_or(from, |last| last.n + 1) {
                    return Ok(found);
                }
                found.push(event);
            }
        }
        Ok(found)
    }
}

fn event(sealer: &Sealer, row: NumberedRow) -> Result<LoggedEvent, StoreError> {
    let (n, conversation, assignee, team, was, was_team, moved, frame) = row;
    let (n, conversation) = (names::unsigned(n)?, ConversationId::from_bytes(names::id(&conversation)?));
    let holder = |assignee, team| {
        Ok::<_, StoreError>(Holder {
            assignee: names::maybe_id(assignee)?.map(MemberId::from_bytes),
            team: names::maybe_id(team)?.map(TeamId::from_bytes),
        })
    };
    Ok(LoggedEvent {
        n,
        conversation,
        audience: Audience { holder: holder(assignee, team)?, was: holder(was, was_team)?, moved },
        frame: Bytes::from(codec::open_frame(sealer, conversation, n, &frame)?),
    })
}

#[async_trait]
impl EventLog for CqlStore {
    async fn range(&self, tenant: TenantId) -> Result<LogRange, StoreError> {
        self.meet(tenant).await?;
        let head = self.log_head(self.home(tenant), false).await?;
        let oldest = if head.n == 0 { 0 } else { head.oldest };
        Ok(LogRange { oldest, head: head.n })
    }

    async fn events(&self, tenant: TenantId, after: u64, limit: u32) -> Result<Vec<LoggedEvent>, StoreError> {
        self.meet(tenant).await?;
        let home = self.home(tenant);
        let head = self.log_head(home, false).await?;
        let from = after.saturating_add(1).max(head.oldest);
        let to = head.n.min(from.saturating_add(u64::from(limit)).saturating_sub(1));
        if from > to {
            return Ok(Vec::new());
        }
        let sealer = self.keys_of(tenant).await?;
        let found = self.written(home, &sealer, from, to).await?;
        let next = found.last().map_or(from, |last| last.n + 1);
        if next > to {
            return Ok(found);
        }
        // Somebody has places and has not written what belongs there: perhaps they never will.
        for conversation in self.owners_of_places(home, next).await? {
            self.settled(tenant, &sealer, conversation).await?;
        }
        self.written(home, &sealer, from, to).await
    }

    async fn trim(&self, tenant: TenantId, keep: u64) -> Result<(), StoreError> {
        self.meet(tenant).await?;
        let home = self.home(tenant);
        let head = self.log_head(home, false).await?;
        let oldest = head.n.saturating_sub(keep) + 1;
        if oldest <= head.oldest {
            return Ok(());
        }
        // A trim that was slower than another one changes nothing.
        let text = "UPDATE event_head SET oldest = ? WHERE home = ? IF oldest = ?";
        let before = (head.oldest > 1).then_some(names::signed(head.oldest));
        self.cql.lwt(text, (names::signed(oldest), home.as_slice(), before)).await?;
        let oldest = self.log_head(home, true).await?.oldest;
        for block in head.oldest / BLOCK..=oldest / BLOCK {
            let text = "DELETE FROM event WHERE home = ? AND block = ? AND n < ?";
            self.cql.write(text, (home.as_slice(), names::signed(block), names::signed(oldest))).await?;
        }
        Ok(())
    }
}
