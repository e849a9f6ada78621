//! Looks through the outbox: what no lane knows is dispatched, what an earlier process claimed is in doubt, and what
//! nobody answered for too long goes to a person.

use std::rc::Rc;

use engine::outgoing::{DOUBT_SETTLES_WITHIN, OutboxEntry, OutboxState, SendOutcome};
use engine::ports::StoreError;
use engine::time::Timestamp;

use super::State;
use crate::conversation::Park;
use crate::number::{self, record_once};

/// Outbox entries read at a time.
const PAGE: u32 = 256;

#[derive(Default)]
pub(super) struct Review {
    running: bool,
    /// Set when a message found no place in its lane, and at the start.
    look: bool,
    /// Since when the inbox log holds nothing unprocessed: until then a status may still be waiting there.
    caught_up_since: Option<Timestamp>,
}

impl State {
    pub(super) fn look_into_outbox(&self) {
        self.review.borrow_mut().look = true;
    }

    pub(super) fn start_review(this: &Rc<Self>) {
        if std::mem::replace(&mut this.review.borrow_mut().running, true) {
            return;
        }
        let state = this.clone();
        drop(actix::spawn(async move {
            if let Err(error) = state.run_review().await {
                tracing::warn!(%error, "the outbox was not looked through");
                state.look_into_outbox();
            }
            state.review.borrow_mut().running = false;
        }));
    }

    async fn run_review(&self) -> Result<(), StoreError> {
        let now = self.actors.world.clock.now();
        let backlog = self.actors.world.store.unfinished(self.tenant, None, 1).await?;
        let (look, caught_up_since) = {
            let mut review = self.review.borrow_mut();
            let since = if backlog.is_empty() { review.caught_up_since.or(Some(now)) } else { None };
            review.caught_up_since = since;
            (std::mem::take(&mut review.look), since)
        };
        let mut after = None;
        loop {
            let page = self.actors.world.store.unsettled(self.tenant, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.outgoing.id);
            for entry in page {
                self.review_entry(entry, look, caught_up_since, now).await?;
            }
        }
    }

    async fn review_entry(
        &self,
        entry: OutboxEntry,
        look: bool,
        caught_up_since: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match entry.state {
            OutboxState::Queued if look => {
                number::dispatch(&self.actors, entry.outgoing);
                Ok(())
            }
            // Claimed before this process was there: whoever held it is dead, and nobody knows how far they came.
            OutboxState::Claimed { at, .. } if at < self.actors.started_at => {
                record_once(&self.actors, &entry.outgoing, SendOutcome::InDoubt).await
            }
            OutboxState::InDoubt { since } => match caught_up_since {
                Some(caught_up) if now.since(since.max(caught_up)) >= DOUBT_SETTLES_WITHIN => self.park(entry).await,
                Some(_) | None => Ok(()),
            },
            OutboxState::Queued | OutboxState::Claimed { .. } | OutboxState::Settled => Ok(()),
        }
    }

    async fn park(&self, entry: OutboxEntry) -> Result<(), StoreError> {
        let to = self.actors.reserve_conversation(self.tenant, entry.outgoing.conversation).await;
        let parked = to.address.send(Park { message: entry.outgoing.id, permit: to.permit }).await;
        match parked {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(StoreError::Unavailable(error.to_string())),
            Err(gone) => Err(StoreError::Unavailable(gone.to_string())),
        }
    }
}
