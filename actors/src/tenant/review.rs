//! Looks through the outbox: what no lane knows is dispatched, what an earlier process claimed is in doubt, and what
//! nobody answered for too long goes to a person.

use std::collections::BTreeSet;
use std::rc::Rc;

use engine::cluster::Epoch;
use engine::id::{ClaimToken, IntakeId};
use engine::outgoing::{DOUBT_SETTLES_WITHIN, OutboxEntry, OutboxState, SendOutcome};
use engine::ports::StoreError;
use engine::time::Timestamp;
use futures_util::StreamExt as _;

use super::State;
use crate::conversation::Park;
use crate::metric;
use crate::number::{self, record_once};
use crate::seeded;

/// Outbox entries read at a time.
const PAGE: u32 = 256;
/// What a dead node has left is settled this much at a time: each is a commit of another conversation.
const SETTLES_AT_ONCE: usize = 16;

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

/// What is to be settled in one round.
enum Due {
    /// Claimed by somebody who is not there any more.
    Doubt(OutboxEntry, ClaimToken),
    /// Nobody said anything for too long.
    Park(OutboxEntry),
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
        let (mut elsewhere, mut due) = (BTreeSet::new(), Vec::new());
        let mut after = None;
        loop {
            let page = this.actors.world.store.unsettled(this.tenant, after, PAGE).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.outgoing.id);
            for entry in page {
                match this.actors.sends_from(this.tenant, &entry.outgoing.number) {
                    Some(epoch) => due.extend(this.review_entry(entry, epoch, &round)),
                    None => {
                        elsewhere.insert(entry.outgoing.number);
                    }
                }
            }
            // What waits leaves before the dead's claims are settled, unless they are more than fit.
            if due.len() >= PAGE as usize {
                this.settle_all(std::mem::take(&mut due)).await?;
            }
        }
        this.settle_all(due).await?;
        if this.takes_in() {
            // One of them may be of a number that was taken away: somebody has to refuse what waits for it.
            for number in elsewhere {
                this.actors.pass_on_outbox(this.tenant, number);
            }
        }
        Ok(())
    }

    /// Dispatches it if it waits; what there is to settle otherwise.
    fn review_entry(&self, entry: OutboxEntry, epoch: Epoch, round: &Round) -> Option<Due> {
        match entry.state {
            OutboxState::Queued if round.look => {
                number::dispatch(&self.actors, entry.outgoing);
                None
            }
            OutboxState::Claimed { token, at } => {
                // Whoever held it is dead or has given the number up, and nobody knows how far they came.
                let is_anothers = if self.actors.is_alone() {
                    at < self.actors.started_at
                } else {
                    token.epoch() < epoch && !seeded::bug("leave_claims_of_the_dead")
                };
                if is_anothers {
                    return Some(Due::Doubt(entry, token));
                }
                if token.epoch() == epoch && !self.actors.is_alone() {
                    number::doubt_if_lost(&self.actors, entry.outgoing, token);
                }
                None
            }
            OutboxState::InDoubt { since } => {
                let caught_up = round.caught_up_since?;
                (round.now.since(since.max(caught_up)) >= DOUBT_SETTLES_WITHIN).then_some(Due::Park(entry))
            }
            OutboxState::Queued | OutboxState::Settled => None,
        }
    }

    /// All of it is tried; an error of the first that failed.
    async fn settle_all(&self, due: Vec<Due>) -> Result<(), StoreError> {
        let settled = futures_util::stream::iter(due).map(|due| self.settle_due(due)).buffer_unordered(SETTLES_AT_ONCE);
        settled.fold(Ok(()), async |all, one| all.and(one)).await
    }

    async fn settle_due(&self, due: Due) -> Result<(), StoreError> {
        match due {
            Due::Doubt(entry, token) => record_once(&self.actors, &entry.outgoing, token, SendOutcome::InDoubt).await,
            Due::Park(entry) => self.park(entry).await,
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
