//! Claims that nobody is at any more are in doubt, and what no status has settled for long enough is decided.

use std::rc::Rc;

use engine::campaign::{Campaign, Forms, Launch, RecipientRow, SendState};
use engine::cluster::Epoch;
use engine::id::ClaimToken;
use engine::outgoing::{DOUBT_SETTLES_WITHIN, SendOutcome};
use engine::ports::StoreError;
use engine::time::Timestamp;
use futures_util::StreamExt as _;

use super::Desk;
use crate::metric;
use crate::number::{self, record_once};
use crate::seeded;

/// Recipients read at a time.
const PAGE: u32 = 256;
const SETTLES_AT_ONCE: usize = 16;

#[derive(Default)]
pub(super) struct Doubts {
    /// Since when the inbox log holds nothing unprocessed: until then a status may still be waiting there.
    caught_up_since: Option<Timestamp>,
}

impl Desk {
    pub(super) async fn review(self: &Rc<Self>, campaign: &Campaign) -> Result<(), StoreError> {
        let (store, now) = (&self.actors.world.store, self.actors.world.clock.now());
        let is_empty = store.unfinished(self.tenant, None, 1).await?.is_empty();
        let caught_up_since = {
            let mut doubts = self.doubts.borrow_mut();
            doubts.caught_up_since = is_empty.then(|| doubts.caught_up_since.unwrap_or(now));
            doubts.caught_up_since
        };
        let Some(forms) = campaign.launch.as_ref().and_then(Launch::forms) else { return Ok(()) };
        let mut after = None;
        loop {
            let page = store.campaign_under_way(self.tenant, self.id, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.recipient.no);
            let settled = futures_util::stream::iter(page)
                .map(|row| self.settle((campaign, &forms), row, caught_up_since, now))
                .buffer_unordered(SETTLES_AT_ONCE);
            settled.fold(Ok(()), async |all, one| all.and(one)).await?;
        }
    }

    async fn settle(
        &self,
        (campaign, forms): (&Campaign, &Forms),
        row: RecipientRow,
        caught_up_since: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Some(outgoing) = row.recipient.outgoing(self.tenant, campaign, forms) else { return Ok(()) };
        match row.send {
            SendState::Claimed { token, at } => {
                let Some(epoch) = self.actors.sends_from(self.tenant, &outgoing.number) else { return Ok(()) };
                if !self.is_anothers(token, at, epoch) {
                    number::doubt_if_lost(&self.actors, outgoing, token);
                    return Ok(());
                }
                if seeded::bug("forget_claims") {
                    let nos = [row.recipient.no];
                    return self.actors.world.store.release_recipients(self.tenant, self.id, &nos, token).await;
                }
                record_once(&self.actors, &outgoing, token, SendOutcome::InDoubt).await
            }
            SendState::InDoubt { since } => match caught_up_since {
                Some(caught_up) if now.since(since.max(caught_up)) >= DOUBT_SETTLES_WITHIN => {
                    metrics::counter!(metric::LIMITS_REACHED, "limit" => "doubt").increment(1);
                    let Some(key) = outgoing.recipient else { return Ok(()) };
                    self.actors.world.store.decide_doubt(self.tenant, key, campaign.verdict(), now).await
                }
                Some(_) | None => Ok(()),
            },
            SendState::Waiting | SendState::Parked | SendState::Settled | SendState::Held => Ok(()),
        }
    }

    /// Whoever made the claim is dead or has given the number up.
    fn is_anothers(&self, token: ClaimToken, at: Timestamp, epoch: Epoch) -> bool {
        if self.actors.is_alone() { at < self.actors.started_at } else { token.epoch() < epoch }
    }
}
