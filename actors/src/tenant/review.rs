//! Looks through the outbox: what no lane knows is dispatched, what an earlier process claimed is in doubt, and what
//! nobody answered for too long goes to a person.

use std::collections::BTreeSet;
use std::rc::Rc;

use engine::cluster::Epoch;
use engine::id::IntakeId;
use engine::outgoing::{DOUBT_SETTLES_WITHIN, OutboxEntry, OutboxState, SendOutcome};
use engine::ports::StoreError;
use engine::time::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _};

use super::State;
use crate::conversation::Park;
use crate::metric;
use crate::number::{self, record_once};
use crate::seeded;

/// Outbox entries read at a time.
const PAGE: u32 = 256;
/// Outcomes that are written at a time: each is a commit of its own conversation.
const SETTLED_AT_ONCE: usize = 16;

#[derive(Default)]
pub(super) struct Review {
    running: bool,
    /// Set when a message found no place in its lane, and at the start.
    look: bool,
    /// Since when the inbox log holds nothing unprocessed: until then a status may still be waiting there.
    caught_up_since: Option<Timestamp>,
    /// The oldest item in the log when it was last looked at.
    oldest: Option<IntakeId>,
    /// Somebody asked while it was running.
    again: bool,
}

/// What one round of looking goes by.
struct Round {
    look: bool,
    caught_up_since: Option<Timestamp>,
    now: Timestamp,
    /// Something lies in the log that nobody brings in.
    stuck: bool,
}

impl State {
    pub(super) fn look_into_outbox(&self) {
        self.review.borrow_mut().look = true;
    }

    pub(super) fn start_review(this: &Rc<Self>) {
        if !this.actors.works_for(this.tenant) {
            return;
        }
        if std::mem::replace(&mut this.review.borrow_mut().running, true) {
            this.review.borrow_mut().again = true;
            return;
        }
        let state = this.clone();
        drop(actix::spawn(async move {
            if let Err(error) = Self::run_review(&state).await {
                tracing::warn!(%error, "the outbox was not looked through");
                state.look_into_outbox();
            }
            let again = {
                let mut review = state.review.borrow_mut();
                review.running = false;
                std::mem::take(&mut review.again)
            };
            if again && !state.actors.is_alone() {
                Self::start_review(&state);
            }
        }));
    }

    async fn run_review(this: &Rc<Self>) -> Result<(), StoreError> {
        let now = this.actors.world.clock.now();
        let backlog = this.actors.world.store.unfinished(this.tenant, None, 1).await?;
        let oldest = backlog.first().map(|record| record.id);
        let round = {
            let mut review = this.review.borrow_mut();
            let since = if oldest.is_none() { review.caught_up_since.or(Some(now)) } else { None };
            review.caught_up_since = since;
            // Other nodes put something into the outbox too, and what they say of it may be lost.
            let look = std::mem::take(&mut review.look) || !this.actors.is_alone();
            let stuck = oldest.is_some() && (review.oldest == oldest || this.in_flight.get() == 0);
            review.oldest = oldest;
            Round { look: look && !seeded::bug("never_look"), caught_up_since: since, now, stuck }
        };
        if round.stuck && !this.actors.is_alone() && !seeded::bug("never_look") {
            Self::start_catch_up(this);
        }
        let mut elsewhere = BTreeSet::new();
        let mut after = None;
        loop {
            let page = this.actors.world.store.unsettled(this.tenant, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.outgoing.id);
            let mut unsure = Vec::new();
            // What waits leaves before what a dead node left behind is settled.
            for entry in page {
                match (this.actors.sends_from(this.tenant, &entry.outgoing.number), entry.state) {
                    (Some(_), OutboxState::Queued) if round.look => number::dispatch(&this.actors, entry.outgoing),
                    (Some(_), OutboxState::Queued | OutboxState::Settled) => {}
                    (Some(epoch), OutboxState::Claimed { .. } | OutboxState::InDoubt { .. }) => {
                        unsure.push((entry, epoch));
                    }
                    (None, _) => {
                        elsewhere.insert(entry.outgoing.number);
                    }
                }
            }
            let settled =
                futures_util::stream::iter(unsure).map(|(entry, epoch)| this.settle_entry(entry, epoch, &round));
            settled.buffer_unordered(SETTLED_AT_ONCE).try_collect::<()>().await?;
        }
        if this.takes_in() {
            // One of them may be of a number that was taken away: somebody has to refuse what waits for it.
            for number in elsewhere {
                this.actors.pass_on_outbox(this.tenant, number);
            }
        }
        Ok(())
    }

    async fn settle_entry(&self, entry: OutboxEntry, epoch: Epoch, round: &Round) -> Result<(), StoreError> {
        match entry.state {
            OutboxState::Claimed { token, at } => {
                // Whoever held it is dead or has given the number up, and nobody knows how far they came.
                let is_anothers = if self.actors.is_alone() {
                    at < self.actors.started_at
                } else {
                    token.epoch() < epoch && !seeded::bug("leave_claims_of_the_dead")
                };
                if is_anothers {
                    return record_once(&self.actors, &entry.outgoing, SendOutcome::InDoubt).await;
                }
                if token.epoch() == epoch && !self.actors.is_alone() {
                    number::doubt_if_lost(&self.actors, entry.outgoing);
                }
                Ok(())
            }
            OutboxState::InDoubt { since } => match round.caught_up_since {
                Some(caught_up) if round.now.since(since.max(caught_up)) >= DOUBT_SETTLES_WITHIN => {
                    self.park(entry).await
                }
                Some(_) | None => Ok(()),
            },
            OutboxState::Queued | OutboxState::Settled => Ok(()),
        }
    }

    async fn park(&self, entry: OutboxEntry) -> Result<(), StoreError> {
        metrics::counter!(metric::LIMITS_REACHED, "limit" => "doubt").increment(1);
        let to = self.actors.reserve_conversation(self.tenant, entry.outgoing.conversation).await;
        let parked = to.address.send(Park { message: entry.outgoing.id, permit: to.permit }).await;
        match parked {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(StoreError::Unavailable(error.to_string())),
            Err(gone) => Err(StoreError::Unavailable(gone.to_string())),
        }
    }
}
