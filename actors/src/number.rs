//! One actor per business number: gives its sends a pace. Replies overtake broadcasts, which take turns; one message per recipient is under
//! way at a time (Meta keeps no order), and what Meta asks to slow down waits without ever failing a recipient.

mod beat;
mod door;
mod lanes;
mod ledger;
mod pace;
mod same_person;
mod send;
mod turns;
mod under_way;

use std::sync::Arc;
use std::time::Duration;

use actix::{
    Actor, ActorContext, ActorStreamExt, AsyncContext, Context, Handler, SpawnHandle, Supervised, WrapFuture,
    WrapStream,
};
use engine::cluster::Epoch;
use engine::id::{ClaimToken, PhoneNumberId, TenantId};
use engine::outgoing::{Outgoing, SendOutcome};
use engine::ports::ReadReceipt;
use tokio::time::Instant;

use crate::broadcast::Ticket;
use crate::metric;
use crate::registry::{Passivate, Permit};
use crate::tenant::outbox_overflowed;
use crate::world::Actors;
use door::Door;
use lanes::{Lanes, Waiting};
use pace::{Pace, RATE_STANDARD};
use send::{Ended, Sent, send_one};
use under_way::UnderWay;

pub(crate) use ledger::record_once;
pub(crate) use send::not_connected;

/// Requests to Meta under way for one number. At 80 messages a second and 100 ms an answer, 8 are busy. A faster number has half a
/// second's under way.
const IN_FLIGHT_MAX: usize = 64;
/// Of these, broadcasts leave so many to replies: slow answers to a broadcast hold no agent up.
const IN_FLIGHT_FOR_REPLIES: usize = 16;
/// Places of the queue that broadcasts leave to replies.
const PLACES_FOR_REPLIES: u32 = 1024;
/// Waiting time after a failure to connect, doubled each time. One connection that breaks is no outage: at two of a hundred, half a
/// second for each would cost half of the rate.
const BACK_OFF_FIRST: Duration = Duration::from_millis(50);
const BACK_OFF_MAX: Duration = Duration::from_secs(30);

pub(crate) struct NumberActor {
    actors: Arc<Actors>,
    tenant: TenantId,
    number: PhoneNumberId,
    /// Under which the number was last ours.
    epoch: Epoch,
    lanes: Lanes,
    pace: Pace,
    door: Arc<Door>,
    in_flight: usize,
    under_way: UnderWay,
    /// Nothing leaves before this: Meta asked to slow down, or cannot be reached.
    paused_until: Option<Instant>,
    back_off: Duration,
    wake: Option<(Instant, SpawnHandle)>,
}

/// A message for this number's lanes.
#[derive(actix::Message)]
#[rtype(result = "()")]
struct Dispatch {
    outgoing: Box<Outgoing>,
    /// Of a broadcast.
    ticket: Option<Ticket>,
    permit: Permit,
}

/// The store says that this is under way, under this claim.
#[derive(actix::Message)]
#[rtype(result = "()")]
struct DoubtIfLost(Box<Outgoing>, ClaimToken);

/// The number is about to move to another node, or a broadcast was paused: what waits here is found in the store.
#[derive(actix::Message)]
#[rtype(result = "()")]
struct Reconsider;

/// Messages came in: Meta counts them against the same rate.
#[derive(actix::Message)]
#[rtype(result = "()")]
struct CameIn(u32);

#[derive(actix::Message)]
#[rtype(result = "()")]
struct MarkRead {
    receipt: ReadReceipt,
    permit: Permit,
}

/// Puts a committed message on its way. Without a place in memory it stays in the outbox, which the tenant looks through.
pub(crate) fn dispatch(actors: &Arc<Actors>, outgoing: Outgoing) {
    let (tenant, number) = (outgoing.tenant, outgoing.number.clone());
    if actors.sends_from(tenant, &number).is_none() {
        return actors.pass_on_outbox(tenant, number);
    }
    let reserved = actors.numbers.try_reserve(&(tenant, number.clone()), 1, maker(actors, tenant, &number));
    let taken = reserved.is_ok_and(|to| {
        to.address.try_send(Dispatch { outgoing: Box::new(outgoing), ticket: None, permit: to.permit }).is_ok()
    });
    if !taken {
        outbox_overflowed(actors, tenant);
    }
}

/// The same for a message of a broadcast. Without a place, or where the number is another node's, its ticket comes back.
pub(crate) fn feed(
    actors: &Arc<Actors>,
    number: &PhoneNumberId,
    outgoing: Outgoing,
    ticket: Ticket,
) -> Result<(), Ticket> {
    let tenant = outgoing.tenant;
    if actors.sends_from(tenant, number).is_none() {
        return Err(ticket);
    }
    let key = (tenant, number.clone());
    match actors.numbers.try_reserve_spare(&key, PLACES_FOR_REPLIES, maker(actors, tenant, number)) {
        Ok(to) => {
            let dispatch = Dispatch { outgoing: Box::new(outgoing), ticket: Some(ticket), permit: to.permit };
            if to.address.try_send(dispatch).is_err() {
                // Whoever waits is read again when the lane is empty.
                tracing::debug!("a number's actor ended by itself");
            }
            Ok(())
        }
        Err(_full) => Err(ticket),
    }
}

/// Best effort: without a place the next receipt says it too.
pub(crate) fn mark_read(actors: &Arc<Actors>, tenant: TenantId, number: PhoneNumberId, receipt: ReadReceipt) {
    let make = maker(actors, tenant, &number);
    if let Ok(to) = actors.numbers.try_reserve(&(tenant, number), 1, make)
        && to.address.try_send(MarkRead { receipt, permit: to.permit }).is_err()
    {
        tracing::debug!("a read receipt was dropped with its actor");
    }
}

/// Claimed under the present epoch. If nobody here is at it (its task was lost in a panic, or the claim was made after
/// everybody had stopped waiting for it), nobody knows whether it left.
pub(crate) fn doubt_if_lost(actors: &Arc<Actors>, outgoing: Outgoing, token: ClaimToken) {
    let (tenant, number) = (outgoing.tenant, outgoing.number.clone());
    let address = actors.numbers.address(&(tenant, number.clone()), maker(actors, tenant, &number));
    if address.try_send(DoubtIfLost(Box::new(outgoing), token)).is_err() {
        tracing::debug!("a number's actor ended by itself");
    }
}

/// Lets go of what has not begun, if the number is not ours any more or its broadcast does not go on.
pub(crate) fn reconsider(actors: &Actors, tenant: TenantId, number: &PhoneNumberId) {
    if let Some(address) = actors.numbers.existing(&(tenant, number.clone()))
        && address.try_send(Reconsider).is_err()
    {
        tracing::debug!("a number's actor ended by itself");
    }
}

/// Counts inbound messages against the number's rate. Where the number is another node's, Meta counts for it.
pub(crate) fn came_in(actors: &Arc<Actors>, tenant: TenantId, number: &PhoneNumberId, messages: u32) {
    if actors.sends_from(tenant, number).is_none() {
        return;
    }
    let address = actors.numbers.address(&(tenant, number.clone()), maker(actors, tenant, number));
    if address.try_send(CameIn(messages)).is_err() {
        tracing::debug!("an inbound count was dropped with its actor");
    }
}

fn maker(
    actors: &Arc<Actors>,
    tenant: TenantId,
    number: &PhoneNumberId,
) -> impl Fn() -> NumberActor + Clone + Send + 'static {
    let (actors, number) = (actors.clone(), number.clone());
    move || NumberActor::new(actors.clone(), tenant, number.clone())
}

impl NumberActor {
    fn new(actors: Arc<Actors>, tenant: TenantId, number: PhoneNumberId) -> Self {
        Self {
            actors,
            tenant,
            number,
            epoch: Epoch::ALONE,
            lanes: Lanes::default(),
            pace: Pace::new(RATE_STANDARD),
            door: Arc::new(Door::new()),
            in_flight: 0,
            under_way: UnderWay::default(),
            paused_until: None,
            back_off: BACK_OFF_FIRST,
            wake: None,
        }
    }

    /// Whether sends begin here. What waits in the lanes lies in the outbox too, where the next holder finds it.
    fn takes_on(&mut self) -> bool {
        let Some(epoch) = self.actors.sends_from(self.tenant, &self.number) else {
            self.lanes.clear();
            return false;
        };
        if epoch != self.epoch {
            self.epoch = epoch;
            self.lanes.clear();
            self.pace = Pace::unknown();
        }
        true
    }

    /// Lets go whatever may go now, and sets the alarm for what may go later.
    fn pump(&mut self, ctx: &mut Context<Self>) {
        if !self.takes_on() {
            return;
        }
        let now = Instant::now();
        self.lanes.release(now);
        if let Some(until) = self.paused_until.filter(|until| *until > now) {
            self.wake_at(until, ctx);
            return;
        }
        let in_flight_max = self.in_flight_max();
        while self.in_flight < in_flight_max {
            let only_replies = self.in_flight + IN_FLIGHT_FOR_REPLIES >= in_flight_max;
            let Some(waiting) = self.lanes.next(now, only_replies) else {
                self.pace.nobody_waits();
                break;
            };
            // The number's rate first: a place in the recipient's bucket that is taken is used.
            if let Some(wait) = self.pace.rate_wait() {
                count_wait("rate");
                self.lanes.put_back(waiting);
                self.wake_at(now + wait, ctx);
                break;
            }
            if let Some(wait) = self.pace.pair_wait(&waiting.outgoing.to) {
                count_wait("pair");
                self.lanes.hold(waiting, now + wait);
                continue;
            }
            self.let_go(waiting);
        }
        if self.in_flight >= in_flight_max {
            count_wait("in_flight");
        }
        if let Some(until) = self.lanes.next_release(now) {
            self.wake_at(until, ctx);
        }
        #[expect(clippy::cast_precision_loss, reason = "a queue of 2^52 messages is not reached")]
        metrics::gauge!(metric::LANE_DEPTH).set(self.lanes.len() as f64);
    }

    fn in_flight_max(&self) -> usize {
        IN_FLIGHT_MAX.max(self.pace.per_second() as usize / 2)
    }

    fn let_go(&mut self, waiting: Waiting) {
        if let Some(ticket) = &waiting.ticket {
            ticket.count_allowed(self.actors.world.clock.now(), self.pace.per_second());
        }
        self.lanes.begin(&waiting.outgoing);
        self.in_flight += 1;
        let (actors, number, door) = (self.actors.clone(), self.number.clone(), self.door.clone());
        self.under_way.begin(send_one(actors, self.tenant, number, (self.epoch, door), waiting));
    }

    /// In the actor's own future, so that a panic of a send is its supervisor's.
    fn take_all_back(&self, ctx: &mut Context<Self>) {
        let ended = self.under_way.clone().into_actor(self);
        ctx.spawn(ended.map(|ended, actor, ctx| actor.take_back(ended, ctx)).finish());
    }

    fn take_back(&mut self, ended: Ended, ctx: &mut Context<Self>) {
        let Ended { waiting, sent, per_second, began } = ended;
        if let Some(allowed) = per_second.filter(|allowed| *allowed != self.pace.per_second()) {
            self.pace.change(allowed);
        }
        self.in_flight -= 1;
        self.lanes.finish(&waiting.outgoing.to);
        let now = Instant::now();
        match sent {
            Sent::Settled => {
                self.lanes.forget(waiting.outgoing.id);
                self.back_off = BACK_OFF_FIRST;
            }
            Sent::Slower { after, pair: true } => self.lanes.hold(waiting, now + after),
            Sent::Slower { after, pair: false } => {
                self.lanes.put_back(waiting);
                self.pause(now + after);
            }
            Sent::Unreachable => {
                // What was on its way together fails together: one failure, however many messages it takes along.
                let is_another = self.paused_until.is_none_or(|until| began >= until);
                self.lanes.put_back(waiting);
                if is_another {
                    count_wait("unreachable");
                    self.pause(now + self.back_off);
                    self.back_off = (self.back_off * 2).min(BACK_OFF_MAX);
                }
            }
        }
        self.pump(ctx);
    }

    fn pause(&mut self, until: Instant) {
        self.paused_until = self.paused_until.max(Some(until));
        self.lanes.slow_down(until);
    }

    fn wake_at(&mut self, at: Instant, ctx: &mut Context<Self>) {
        if let Some((set, handle)) = self.wake {
            if set <= at && set > Instant::now() {
                return;
            }
            ctx.cancel_future(handle);
        }
        let handle = ctx.run_later(at.saturating_duration_since(Instant::now()), |actor, ctx| {
            actor.wake = None;
            actor.pump(ctx);
        });
        self.wake = Some((at, handle));
    }
}

/// Why a message does not leave at once.
fn count_wait(reason: &'static str) {
    metrics::counter!(metric::SENDS_WAITS, "reason" => reason).increment(1);
}

impl Actor for NumberActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.take_all_back(ctx);
    }
}

impl Supervised for NumberActor {
    /// What was in the lanes is still in the outbox.
    fn restarting(&mut self, ctx: &mut Context<Self>) {
        *self = Self::new(self.actors.clone(), self.tenant, self.number.clone());
        self.take_all_back(ctx);
        outbox_overflowed(&self.actors, self.tenant);
    }
}

impl Handler<Passivate> for NumberActor {
    type Result = ();

    fn handle(&mut self, _: Passivate, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

impl Handler<Dispatch> for NumberActor {
    type Result = ();

    fn handle(&mut self, dispatch: Dispatch, ctx: &mut Context<Self>) {
        if !self.takes_on() {
            return;
        }
        let Dispatch { outgoing, ticket, permit } = dispatch;
        self.lanes.push(Waiting { outgoing, uploaded: None, ticket, paced: false, permit });
        self.pump(ctx);
    }
}

impl Handler<DoubtIfLost> for NumberActor {
    type Result = ();

    fn handle(&mut self, DoubtIfLost(outgoing, token): DoubtIfLost, ctx: &mut Context<Self>) {
        if self.lanes.is_under_way(outgoing.id) {
            return;
        }
        let actors = self.actors.clone();
        let doubt = async move {
            // Whoever was done meanwhile is not claimed any more, and stays as it is.
            if let Err(error) = record_once(&actors, &outgoing, token, SendOutcome::InDoubt).await {
                tracing::warn!(%error, "a lost send is not in doubt yet; the next round finds it");
            }
        };
        ctx.spawn(doubt.into_actor(self));
    }
}

impl Handler<Reconsider> for NumberActor {
    type Result = ();

    fn handle(&mut self, _: Reconsider, ctx: &mut Context<Self>) {
        self.lanes.reconsider();
        self.pump(ctx);
    }
}

impl Handler<CameIn> for NumberActor {
    type Result = ();

    fn handle(&mut self, came_in: CameIn, _: &mut Context<Self>) {
        self.pace.count_inbound(came_in.0);
    }
}

impl Handler<MarkRead> for NumberActor {
    type Result = ();

    fn handle(&mut self, mark: MarkRead, ctx: &mut Context<Self>) {
        let (actors, tenant, number) = (self.actors.clone(), self.tenant, self.number.clone());
        let receipt = async move {
            if let Ok(Some(number)) = actors.number_of(tenant, &number).await {
                actors.world.meta.mark_read(&number, mark.receipt).await;
            }
            drop(mark.permit);
        };
        ctx.spawn(receipt.into_actor(self));
    }
}
