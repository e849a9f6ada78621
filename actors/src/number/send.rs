//! One message on its way: prepare, claim, send, record. The claim is durable before the first byte of the send, so that
//! no crash and no second process can send it again without knowing that it may be out already.

use std::sync::Arc;
use std::time::Duration;

use engine::cluster::Epoch;
use engine::delivery::{Failure, FailureAction};
use engine::directory::Number;
use engine::id::{ClaimToken, PhoneNumberId, TenantId};
use engine::outgoing::{Outgoing, SendOutcome};
use engine::ports::{Claim, MetaSend, StoreError, Uploads};
use engine::time::{Span, Timestamp};
use tracing::Instrument as _;
use tracing::field::Empty;

use super::lanes::Waiting;
use crate::JOURNEY;
use crate::conversation::RecordSend;
use crate::metric;
use crate::seeded;
use crate::world::Actors;

/// What the number's actor does next.
pub(super) enum Sent {
    /// Sent, refused, in doubt, or somebody else's: not our concern any more.
    Settled,
    Slower {
        after: Duration,
        pair: bool,
    },
    /// Meta or our own store cannot be reached.
    Unreachable,
}

/// Waiting time between tries to record an outcome while the store does not answer.
const RECORD_AGAIN: Duration = Duration::from_millis(500);

/// A try that has ended.
pub(super) struct Ended {
    pub(super) waiting: Waiting,
    pub(super) sent: Sent,
    /// What Meta allows the number, as far as it was read.
    pub(super) per_second: Option<u32>,
}

/// Meta keeps an upload for 30 days, and whoever prepares may hand out one that is half as old.
const UPLOAD_LIFE: Span = Span::hours(14 * 24);

/// The files of a message, under the ids that Meta gave them. Only in memory: after a restart they are uploaded again.
#[derive(Debug, Clone)]
pub(super) struct Uploaded {
    ids: Uploads,
    at: Timestamp,
}

impl Uploaded {
    fn lives(&self, now: Timestamp) -> bool {
        now.since(self.at) < UPLOAD_LIFE
    }
}

/// `epoch`: under which the number is ours.
pub(super) async fn send_one(
    actors: Arc<Actors>,
    tenant: TenantId,
    id: PhoneNumberId,
    epoch: Epoch,
    mut waiting: Waiting,
) -> Ended {
    let number = actors.number_of(tenant, &id).await;
    let per_second = number.as_ref().ok().and_then(Option::as_ref).map(|number| number.rate_per_second);
    let sent = match number {
        Ok(Some(number)) => {
            let Outgoing { id, conversation, .. } = waiting.outgoing.as_ref();
            let span = tracing::info_span!(
                target: JOURNEY, parent: None, "send", %tenant, %conversation, message = %id, outcome = Empty
            );
            send(&actors, &number, epoch, &mut waiting).instrument(span).await
        }
        Ok(None) => {
            let text = "The number is not connected any more.".to_owned();
            let failure = Failure { code: None, text, action: Some(FailureAction::FixNumber) };
            refuse(&actors, &waiting.outgoing, epoch, failure).await
        }
        Err(_unreadable) => Sent::Unreachable,
    };
    Ended { waiting, sent, per_second }
}

async fn send(actors: &Arc<Actors>, number: &Number, epoch: Epoch, waiting: &mut Waiting) -> Sent {
    let Waiting { outgoing, uploaded, .. } = waiting;
    let (world, tenant) = (&actors.world, outgoing.tenant);
    if !uploaded.as_ref().is_some_and(|earlier| earlier.lives(world.clock.now())) {
        match world.meta.prepare(number, outgoing).instrument(tracing::info_span!(target: JOURNEY, "prepare")).await {
            Ok(ids) => *uploaded = Some(Uploaded { ids, at: world.clock.now() }),
            Err(MetaSend::Slower { after, pair }) => return Sent::Slower { after, pair },
            Err(MetaSend::Never(failure)) => return refuse(actors, outgoing, epoch, failure).await,
            // An upload shows nothing to anybody: it is simply repeated.
            Err(MetaSend::NotSent | MetaSend::InDoubt | MetaSend::Accepted { .. }) => return Sent::Unreachable,
        }
    }
    let none = Uploads::default();
    let files = uploaded.as_ref().map_or(&none, |uploaded| &uploaded.ids);
    let token = ClaimToken::under(epoch, world.ids.next());
    // As the peers do it.
    let sent_early = if seeded::bug("send_before_claim") {
        Some(world.meta.send(number, outgoing, files, token).await)
    } else {
        None
    };
    if actors.sends_from(tenant, &number.phone_number_id) != Some(epoch) {
        return Sent::Settled;
    }
    match world
        .store
        .claim(tenant, outgoing.id, token, world.clock.now())
        .instrument(tracing::info_span!(target: JOURNEY, "claim"))
        .await
    {
        Ok(Claim::Won) => {}
        Ok(Claim::Lost) => return Sent::Settled,
        // It may be ours, but without the answer nobody may send.
        Err(_unknown) => {
            give_back(actors, outgoing, token).await;
            return Sent::Unreachable;
        }
    }
    // This process may have stood still since: another node may send from this number now, at its full rate.
    if !actors.still_sends_from(tenant, &number.phone_number_id, epoch) && !seeded::bug("no_look_before_the_send") {
        metrics::counter!(metric::SENDS_HELD_BACK).increment(1);
        give_back(actors, outgoing, token).await;
        return Sent::Settled;
    }
    let answer = match sent_early {
        Some(answer) => answer,
        None => {
            world
                .meta
                .send(number, outgoing, files, token)
                .instrument(tracing::info_span!(target: JOURNEY, "meta"))
                .await
        }
    };
    tracing::Span::current().record("outcome", outcome_label(&answer));
    metrics::counter!(metric::SENDS, "outcome" => outcome_label(&answer)).increment(1);
    match answer {
        MetaSend::Accepted { wamid, wa_id } => record(actors, outgoing, SendOutcome::Accepted { wamid, wa_id }).await,
        MetaSend::Never(failure) => record(actors, outgoing, SendOutcome::Refused(failure)).await,
        MetaSend::InDoubt => record(actors, outgoing, SendOutcome::InDoubt).await,
        MetaSend::Slower { after, pair } => match world.store.release(tenant, outgoing.id, token).await {
            Ok(()) => Sent::Slower { after, pair },
            // Claimed for ever without an outcome: the doubt policy finds it.
            Err(_unknown) => record(actors, outgoing, SendOutcome::InDoubt).await,
        },
        MetaSend::NotSent => match world.store.release(tenant, outgoing.id, token).await {
            Ok(()) => Sent::Unreachable,
            Err(_unknown) => record(actors, outgoing, SendOutcome::InDoubt).await,
        },
    }
}

/// Nothing has left under this claim: whoever holds the number may send it. If the next holder was faster and has it in
/// doubt, it stays so.
async fn give_back(actors: &Arc<Actors>, outgoing: &Outgoing, token: ClaimToken) {
    let mut again = tokio::time::interval(RECORD_AGAIN);
    loop {
        again.tick().await;
        match actors.world.store.release(outgoing.tenant, outgoing.id, token).await {
            Ok(()) => return,
            Err(error) => tracing::warn!(%error, "a claim is not given back yet"),
        }
    }
}

/// Never leaves: recorded under a claim, so that nobody else sends it meanwhile.
async fn refuse(actors: &Arc<Actors>, outgoing: &Outgoing, epoch: Epoch, failure: Failure) -> Sent {
    let token = ClaimToken::under(epoch, actors.world.ids.next());
    match actors.world.store.claim(outgoing.tenant, outgoing.id, token, actors.world.clock.now()).await {
        Ok(Claim::Won) => record(actors, outgoing, SendOutcome::Refused(failure)).await,
        Ok(Claim::Lost) => Sent::Settled,
        Err(_unknown) => {
            give_back(actors, outgoing, token).await;
            Sent::Unreachable
        }
    }
}

/// The outcome goes through the conversation's one door. If this process dies before it is written, the claim tells the
/// next one that the message is in doubt.
async fn record(actors: &Arc<Actors>, outgoing: &Outgoing, outcome: SendOutcome) -> Sent {
    let mut again = tokio::time::interval(RECORD_AGAIN);
    loop {
        again.tick().await;
        match record_once(actors, outgoing, outcome.clone()).await {
            Ok(()) => return Sent::Settled,
            Err(error) => tracing::warn!(%error, "the outcome of a send is not recorded yet"),
        }
    }
}

/// Hands an outcome to the conversation, once.
pub(crate) async fn record_once(
    actors: &Arc<Actors>,
    outgoing: &Outgoing,
    outcome: SendOutcome,
) -> Result<(), StoreError> {
    use crate::world::CommandError;
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

fn outcome_label(answer: &MetaSend) -> &'static str {
    match answer {
        MetaSend::Accepted { .. } => "accepted",
        MetaSend::Slower { .. } => "slower",
        MetaSend::Never(_) => "refused",
        MetaSend::NotSent => "not_sent",
        MetaSend::InDoubt => "in_doubt",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_used_again_as_long_as_meta_keeps_it() {
        let uploaded = Uploaded { ids: Uploads::default(), at: Timestamp(0) };
        let ended = Timestamp(0).plus(UPLOAD_LIFE);
        assert!(uploaded.lives(Timestamp(0)) && uploaded.lives(ended.minus(Span(1))) && !uploaded.lives(ended));
        assert!(UPLOAD_LIFE < Span::hours(30 * 24));
    }
}
