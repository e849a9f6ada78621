//! Where a send is claimed and its outcome written: the outbox and the conversation, or the recipient of a broadcast. Everything
//! else about a send is the same for both.

use std::sync::Arc;

use engine::campaign::{RecipientKey, as_told};
use engine::id::{ClaimToken, Wamid};
use engine::outgoing::{Outgoing, SendOutcome};
use engine::ports::{Claim, StoreError};

use crate::conversation::RecordSend;
use crate::learn::learn_of_recipient;
use crate::world::{Actors, CommandError};

pub(super) async fn claim(actors: &Actors, outgoing: &Outgoing, token: ClaimToken) -> Result<Claim, StoreError> {
    let (store, now) = (&actors.world.store, actors.world.clock.now());
    match outgoing.recipient {
        None => store.claim(outgoing.tenant, outgoing.id, token, now).await,
        Some(RecipientKey { campaign, no }) => {
            let won = store.claim_recipients(outgoing.tenant, campaign, &[no], token, now).await?;
            Ok(if won.is_empty() { Claim::Lost } else { Claim::Won })
        }
    }
}

/// Only for what provably has not left.
pub(super) async fn release(actors: &Actors, outgoing: &Outgoing, token: ClaimToken) -> Result<(), StoreError> {
    let store = &actors.world.store;
    match outgoing.recipient {
        None => store.release(outgoing.tenant, outgoing.id, token).await,
        Some(RecipientKey { campaign, no }) => store.release_recipients(outgoing.tenant, campaign, &[no], token).await,
    }
}

/// Writes an outcome, once.
pub(crate) async fn record_once(
    actors: &Arc<Actors>,
    outgoing: &Outgoing,
    token: ClaimToken,
    outcome: SendOutcome,
) -> Result<(), StoreError> {
    match outgoing.recipient {
        None => record_with_conversation(actors, outgoing, outcome).await,
        Some(key) => record_with_campaign(actors, outgoing, key, token, outcome).await,
    }
}

/// The outcome goes through the conversation's one door.
async fn record_with_conversation(
    actors: &Arc<Actors>,
    outgoing: &Outgoing,
    outcome: SendOutcome,
) -> Result<(), StoreError> {
    let to = actors.reserve_conversation(outgoing.tenant, outgoing.conversation).await;
    let message = RecordSend { outgoing: Box::new(outgoing.clone()), outcome, permit: to.permit };
    match to.address.send(message).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(CommandError::Store(error))) => Err(error),
        Ok(Err(CommandError::Rejected(rejection))) => {
            tracing::error!(%rejection, "the outcome of a send was rejected");
            Ok(())
        }
        Ok(Err(CommandError::Busy | CommandError::Crashed)) => Err(StoreError::Busy),
        Err(_gone) => Err(StoreError::Unavailable("the conversation's actor ended".to_owned())),
    }
}

/// No actor is woken for it: a million of them must not become a million of events.
async fn record_with_campaign(
    actors: &Actors,
    outgoing: &Outgoing,
    key: RecipientKey,
    token: ClaimToken,
    outcome: SendOutcome,
) -> Result<(), StoreError> {
    let wamid = match &outcome {
        SendOutcome::Accepted { wamid, .. } | SendOutcome::Held { wamid, .. } => Some(wamid.clone()),
        SendOutcome::Refused(_) | SendOutcome::InDoubt => None,
    };
    let now = actors.world.clock.now();
    if let SendOutcome::Refused(failure) = &outcome {
        learn_of_recipient(actors, outgoing.tenant, key, failure, now).await?;
    }
    actors.world.store.record_sent(outgoing.tenant, key, token, outcome, now).await?;
    match wamid {
        Some(wamid) => unpark(actors, outgoing, key, &wamid).await,
        None => Ok(()),
    }
}

/// Statuses that came before the answer and did not say whose they are.
async fn unpark(actors: &Actors, outgoing: &Outgoing, key: RecipientKey, wamid: &Wamid) -> Result<(), StoreError> {
    let store = &actors.world.store;
    for update in store.unpark_statuses(outgoing.tenant, wamid).await? {
        let update = as_told(&update, actors.world.clock.now());
        store.record_receipt(outgoing.tenant, key, &update, None).await?;
    }
    Ok(())
}
