//! The one function that carries out a decision: records and events in one commit, then the orders, then the word on the bus.

use std::sync::Arc;

use engine::conversation::Conversation;
use engine::decision::{Decision, Order};
use engine::id::TenantId;
use engine::intake::IntakeMark;
use engine::ports::{Commit, Committed, ReadReceipt, StoreError};

use crate::media::Fetch;
use crate::number;
use crate::world::Actors;

pub(crate) enum CarriedOut {
    Done(Box<Conversation>),
    /// The message is in the history already; the inbox item is marked as a duplicate.
    AlreadyThere,
    /// Decided on a state that somebody else has changed: load, decide again.
    Stale,
}

pub(crate) async fn carry_out(
    actors: &Arc<Actors>,
    tenant: TenantId,
    decision: Decision,
    intake: Option<IntakeMark>,
) -> Result<CarriedOut, StoreError> {
    let Decision { conversation, records, orders, events } = decision;
    let commit = Commit { conversation: conversation.clone(), records, events, intake };
    match actors.world.store.commit(tenant, commit).await? {
        Committed::Applied(logged) => {
            for order in orders {
                carry_out_order(actors, tenant, order);
            }
            actors.world.bus.publish(tenant, logged);
            Ok(CarriedOut::Done(Box::new(conversation)))
        }
        Committed::AlreadyApplied => Ok(CarriedOut::AlreadyThere),
        Committed::Conflict => Ok(CarriedOut::Stale),
    }
}

/// Orders never wait: what they start is found again from the store if this process ends before it is done.
fn carry_out_order(actors: &Arc<Actors>, tenant: TenantId, order: Order) {
    match order {
        Order::Dispatch(outgoing) => number::dispatch(actors, *outgoing),
        Order::Fetch(job) => {
            if actors.media().try_send(Fetch { tenant, job }).is_err() {
                tracing::warn!("the media actor has ended; the job stays in the store");
            }
        }
        Order::MarkRead { number, wamid } => {
            number::mark_read(actors, tenant, number, ReadReceipt { wamid, typing: false });
        }
    }
}
