//! One message on its way: prepare, claim, send, record. The claim is durable before the first byte of the send, so that
//! no crash and no second process can send it again without knowing that it may be out already.

use std::slice;
use std::sync::Arc;
use std::time::Duration;

use engine::cluster::Epoch;
use engine::consent::may_market;
use engine::contact::Contact;
use engine::delivery::{Failure, FailureAction};
use engine::directory::Number;
use engine::id::{ClaimToken, PhoneNumberId, TenantId};
use engine::outgoing::{Outgoing, SendOutcome};
use engine::ports::{Claim, MetaSend, StoreError, Uploads};
use engine::time::{Span, Timestamp};
use tokio::time::Instant;
use tracing::Instrument as _;
use tracing::field::Empty;

use super::door::Door;
use super::lanes::Waiting;
use super::ledger::{claim, record_once, release};
use super::same_person::has_it_already;
use crate::JOURNEY;
use crate::broadcast::Ticket;
use crate::cap::{Alone, CapWatch};
use crate::metric;
use crate::outreach::Place;
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
    pub(super) began: Instant,
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

/// `epoch`: under which the number is ours; `door`: through which it leaves.
pub(super) async fn send_one(
    actors: Arc<Actors>,
    tenant: TenantId,
    id: PhoneNumberId,
    (epoch, door): (Epoch, Arc<Door>),
    mut waiting: Waiting,
) -> Ended {
    let began = Instant::now();
    let number = actors.number_of(tenant, &id).await;
    let per_second = number.as_ref().ok().and_then(Option::as_ref).map(|number| number.rate_per_second);
    let sent = match number {
        Ok(Some(number)) => {
            let Outgoing { id, conversation, .. } = waiting.outgoing.as_ref();
            let span = tracing::info_span!(
                target: JOURNEY, parent: None, "send", %tenant, %conversation, message = %id, outcome = Empty
            );
            send(&actors, &number, (epoch, &door), &mut waiting).instrument(span).await
        }
        Ok(None) => {
            let failure = not_connected();
            match &waiting.ticket {
                // Nobody is at fault of whom its broadcast writes to: they wait until somebody has mended it.
                Some(ticket) => {
                    ticket.refuse(&failure);
                    Sent::Settled
                }
                None => refuse(&actors, &waiting, epoch, failure).await,
            }
        }
        Err(_unreadable) => Sent::Unreachable,
    };
    Ended { waiting, sent, per_second, began }
}

/// There is nothing to send from.
pub(crate) fn not_connected() -> Failure {
    let text = "The number is not connected any more.".to_owned();
    Failure { code: None, text, action: Some(FailureAction::FixNumber) }
}

async fn send(actors: &Arc<Actors>, number: &Number, (epoch, door): (Epoch, &Door), waiting: &mut Waiting) -> Sent {
    let world = &actors.world;
    if let Err(ended) = upload(actors, number, epoch, waiting).await {
        return ended;
    }
    let (waiting, outgoing) = (&*waiting, waiting.outgoing.as_ref());
    let cap = Cap::of(actors, waiting).await;
    let turn = door.turn(outgoing.lane, number.rate_per_second).await;
    let (tenant, none) = (outgoing.tenant, Uploads::default());
    let files = waiting.uploaded.as_ref().map_or(&none, |uploaded| &uploaded.ids);
    let token = ClaimToken::under(epoch, world.ids.next());
    // As the peers do it.
    let sent_early = if seeded::bug("send_before_claim") {
        Some(world.meta.send(number, outgoing, files, token).await)
    } else {
        None
    };
    let is_late = waiting.ticket.as_ref().is_some_and(|ticket| ticket.is_late(world.clock.now()));
    if waiting.is_closed() || is_late || actors.sends_from(tenant, &number.phone_number_id) != Some(epoch) {
        return Sent::Settled;
    }
    let Ok(person) = person(actors, waiting).await else { return Sent::Unreachable };
    match may_get(actors, waiting, person.as_ref(), cap.as_ref()).await {
        Ok(Ok(())) => {}
        Ok(Err(why_not)) => return refuse(actors, waiting, epoch, why_not).await,
        Err(_unreadable) => return Sent::Unreachable,
    }
    let contact = waiting.ticket.as_ref().and_then(Ticket::contact);
    let place = match actors.outreach_place(number, outgoing, contact).await {
        Ok(Ok(place)) => place,
        // It waits in the store: its lane sees that the portfolio is full.
        Ok(Err(_until)) => return Sent::Settled,
        Err(_unreadable) => return Sent::Unreachable,
    };
    match claim(actors, outgoing, token).instrument(tracing::info_span!(target: JOURNEY, "claim")).await {
        Ok(Claim::Won) => {}
        Ok(Claim::Lost) => return Sent::Settled,
        // It may be ours, but without the answer nobody may send.
        Err(_unknown) => {
            give_back(actors, outgoing, token).await;
            return Sent::Unreachable;
        }
    }
    match has_it_already(actors, outgoing, person.as_ref()).await {
        Ok(false) => {}
        Ok(true) => return record(actors, waiting, token, SendOutcome::Refused(Failure::same_person()), None).await,
        Err(_unreadable) => {
            give_back(actors, outgoing, token).await;
            return Sent::Unreachable;
        }
    }
    let passed = turn.pass().await;
    if waiting.is_closed() {
        give_back(actors, outgoing, token).await;
        return Sent::Settled;
    }
    // This process may have stood still since: another node may send from this number now, at its full rate.
    if !actors.still_sends_from(tenant, &number.phone_number_id, epoch) && !seeded::bug("no_look_before_the_send") {
        metrics::counter!(metric::SENDS_HELD_BACK).increment(1);
        give_back(actors, outgoing, token).await;
        return Sent::Settled;
    }
    let answer = if let Some(answer) = sent_early {
        answer
    } else {
        let sent = world.meta.send(number, outgoing, files, token);
        sent.instrument(tracing::info_span!(target: JOURNEY, "meta")).await
    };
    passed.answered();
    tracing::Span::current().record("outcome", outcome_label(&answer));
    metrics::counter!(metric::SENDS, "outcome" => outcome_label(&answer)).increment(1);
    let place = place.map(|place| (place, number.portfolio.as_str()));
    settle(actors, waiting, token, place, answer).await
}

/// A place in the day of a portfolio, and of which.
type Taken<'a> = (Place, &'a str);

/// Writes down what became of it; a place that was not used is given back.
async fn settle(
    actors: &Arc<Actors>,
    waiting: &Waiting,
    token: ClaimToken,
    place: Option<Taken<'_>>,
    answer: MetaSend,
) -> Sent {
    let outgoing = waiting.outgoing.as_ref();
    match answer {
        MetaSend::Accepted { wamid, wa_id } => {
            record(actors, waiting, token, SendOutcome::Accepted { wamid, wa_id }, place).await
        }
        MetaSend::Held { wamid, wa_id } => {
            record(actors, waiting, token, SendOutcome::Held { wamid, wa_id }, place).await
        }
        MetaSend::Never(failure) => record(actors, waiting, token, SendOutcome::Refused(failure), None).await,
        MetaSend::InDoubt => record(actors, waiting, token, SendOutcome::InDoubt, place).await,
        MetaSend::Slower { after, pair } => match release(actors, outgoing, token).await {
            Ok(()) => Sent::Slower { after, pair },
            // Claimed for ever without an outcome: the doubt policy finds it.
            Err(_unknown) => record(actors, waiting, token, SendOutcome::InDoubt, None).await,
        },
        MetaSend::NotSent => match release(actors, outgoing, token).await {
            Ok(()) => Sent::Unreachable,
            Err(_unknown) => record(actors, waiting, token, SendOutcome::InDoubt, None).await,
        },
    }
}

/// Whom a broadcast writes to, as they are now. `None`: it is a reply, or they were deleted.
async fn person(actors: &Actors, waiting: &Waiting) -> Result<Option<Contact>, StoreError> {
    match waiting.ticket.as_ref().and_then(Ticket::contact) {
        Some(contact) => actors.world.store.contact(waiting.outgoing.tenant, contact).await,
        None => Ok(None),
    }
}

/// What was heard of somebody since they were written down counts: whose their number is, and what they said of advertising.
async fn may_get(
    actors: &Actors,
    waiting: &Waiting,
    person: Option<&Contact>,
    cap: Option<&Cap>,
) -> Result<Result<(), Failure>, StoreError> {
    if person.is_some_and(|person| person.phone.is_none()) && waiting.outgoing.to.wa_id.is_some() {
        return Ok(Err(Failure::number_moved()));
    }
    let advertises = waiting.ticket.as_ref().and_then(Ticket::advertised_to).is_some();
    if !advertises || seeded::bug("no_look_at_consent") {
        return Ok(Ok(()));
    }
    let Some(person) = person else { return Ok(Err(Failure::contact_deleted())) };
    if may_market(person).is_err() {
        return Ok(Err(Failure::opted_out()));
    }
    let Some(Cap { watch, .. }) = cap else { return Ok(Ok(())) };
    let (world, tenant) = (&actors.world, waiting.outgoing.tenant);
    let capped = watch.capped(world.store.as_ref(), tenant, slice::from_ref(person), world.clock.now()).await?;
    Ok(if capped.is_empty() { Ok(()) } else { Err(Failure::capped(watch.cap())) })
}

/// Of the organization; while it is held, nobody else advertises to the same person.
struct Cap {
    watch: Arc<CapWatch>,
    #[expect(dead_code, reason = "held, not read")]
    alone: Option<Alone>,
}

impl Cap {
    /// `None`: there is none, or what is sent does not count.
    async fn of(actors: &Actors, waiting: &Waiting) -> Option<Self> {
        let (contact, watch) = waiting.ticket.as_ref()?.capped()?;
        let alone = if seeded::bug("advertise_side_by_side") {
            None
        } else {
            Some(actors.advertised.enter((waiting.outgoing.tenant, contact)).await)
        };
        Some(Self { watch, alone })
    }
}

/// Its file, unless an earlier try has uploaded it.
async fn upload(actors: &Arc<Actors>, number: &Number, epoch: Epoch, waiting: &mut Waiting) -> Result<(), Sent> {
    let world = &actors.world;
    if waiting.uploaded.as_ref().is_some_and(|earlier| earlier.lives(world.clock.now())) {
        return Ok(());
    }
    let prepared = world.meta.prepare(number, &waiting.outgoing);
    match prepared.instrument(tracing::info_span!(target: JOURNEY, "prepare")).await {
        Ok(ids) => {
            waiting.uploaded = Some(Uploaded { ids, at: world.clock.now() });
            Ok(())
        }
        Err(MetaSend::Slower { after, pair }) => Err(Sent::Slower { after, pair }),
        Err(MetaSend::Never(failure)) => Err(refuse(actors, waiting, epoch, failure).await),
        // An upload shows nothing to anybody: it is simply repeated.
        Err(MetaSend::NotSent | MetaSend::InDoubt | MetaSend::Accepted { .. } | MetaSend::Held { .. }) => {
            Err(Sent::Unreachable)
        }
    }
}

/// Nothing has left under this claim: whoever holds the number may send it. If the next holder was faster and has it in
/// doubt, it stays so.
async fn give_back(actors: &Arc<Actors>, outgoing: &Outgoing, token: ClaimToken) {
    let mut again = tokio::time::interval(RECORD_AGAIN);
    loop {
        again.tick().await;
        match release(actors, outgoing, token).await {
            Ok(()) => return,
            Err(error) => tracing::warn!(%error, "a claim is not given back yet"),
        }
    }
}

/// Never leaves: recorded under a claim, so that nobody else sends it meanwhile.
async fn refuse(actors: &Arc<Actors>, waiting: &Waiting, epoch: Epoch, failure: Failure) -> Sent {
    let token = ClaimToken::under(epoch, actors.world.ids.next());
    match claim(actors, &waiting.outgoing, token).await {
        Ok(Claim::Won) => record(actors, waiting, token, SendOutcome::Refused(failure), None).await,
        Ok(Claim::Lost) => Sent::Settled,
        Err(_unknown) => {
            give_back(actors, &waiting.outgoing, token).await;
            Sent::Unreachable
        }
    }
}

/// If this process dies before the outcome is written, the claim tells the next one that the message is in doubt.
async fn record(
    actors: &Arc<Actors>,
    waiting: &Waiting,
    token: ClaimToken,
    outcome: SendOutcome,
    place: Option<Taken<'_>>,
) -> Sent {
    if let Some(ticket) = &waiting.ticket {
        ticket.spend();
        match &outcome {
            SendOutcome::Accepted { .. } | SendOutcome::Held { .. } => ticket.count_sent(actors.world.clock.now()),
            SendOutcome::Refused(failure) if failure.stops_a_campaign() => ticket.refuse(failure),
            SendOutcome::Refused(_) | SendOutcome::InDoubt => {}
        }
    }
    let mut again = tokio::time::interval(RECORD_AGAIN);
    loop {
        again.tick().await;
        let recorded = async {
            if let Some((place, portfolio)) = &place {
                place.write_down(actors, (waiting.outgoing.tenant, portfolio)).await?;
            }
            record_once(actors, &waiting.outgoing, token, outcome.clone()).await
        };
        match recorded.await {
            Ok(()) => {
                if let Some((place, _)) = place {
                    place.keep();
                }
                return Sent::Settled;
            }
            Err(error) => tracing::warn!(%error, "the outcome of a send is not recorded yet"),
        }
    }
}

fn outcome_label(answer: &MetaSend) -> &'static str {
    match answer {
        MetaSend::Accepted { .. } => "accepted",
        MetaSend::Held { .. } => "held",
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
