//! One actor per organization: brings what the inbox log holds to the conversations. Items are handed over in memory as
//! they come; whatever does not fit, fails or was left by an earlier process is read from the log again.

mod backlog;
mod clash;
mod deliver;
mod hear;
mod heed;
mod identify;
mod replies;
mod review;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorContext, AsyncContext, Context, Handler, Supervised};
use engine::cluster::Epoch;
use engine::id::{IntakeId, TenantId};
use engine::intake::{ATTEMPTS_MAX, IntakeMark, IntakeOutcome, IntakeRecord};
use engine::ports::StoreError;
use tokio::sync::Notify;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use crate::JOURNEY;
use crate::metric;
use crate::registry::{Passivate, Permit};
use crate::world::Actors;
pub(crate) use backlog::Backlog;
use identify::Known;
use replies::Broadcasts;
use review::Review;

/// Items read from the log and under way at a time.
const CATCH_UP_PAGE: u32 = 256;
/// The same while more comes in than can be processed at once: a backlog gives way to what must be answered, but never
/// stands still.
const CATCH_UP_GIVING_WAY: u32 = 2;
/// Waiting time before the log is read again after the store failed.
const CATCH_UP_AGAIN: Duration = Duration::from_secs(1);
/// How often the outbox is looked through for what overflowed or was never answered.
const REVIEW_EVERY: Duration = Duration::from_secs(5);

pub(crate) struct TenantActor {
    state: Rc<State>,
}

/// Shared with the tasks of this tenant, which run on the actor's thread. They are tasks and not futures of the actor,
/// because actix polls all futures of an actor each time one of them wakes.
pub(crate) struct State {
    pub(crate) actors: Arc<Actors>,
    pub(crate) tenant: TenantId,
    /// Under which the intake was last ours.
    epoch: Cell<Option<Epoch>>,
    known: RefCell<Known>,
    review: RefCell<Review>,
    broadcasts: Cell<Broadcasts>,
    in_flight: Cell<usize>,
    emptied: Notify,
    backlog: Arc<Backlog>,
}

/// Items of one webhook, committed to the inbox log.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub(crate) struct Arrived {
    pub(crate) records: Arc<[IntakeRecord]>,
    /// Of the webhook that they came by.
    pub(crate) span: Span,
    pub(crate) permit: Permit,
}

/// Read the log: something is in it that is not in memory.
#[derive(actix::Message)]
#[rtype(result = "()")]
pub(crate) struct CatchUp;

/// The outbox holds messages that no lane knows.
#[derive(actix::Message)]
#[rtype(result = "()")]
struct LookIntoOutbox;

/// A run of this item panicked: counts it, and sets the item aside when it was the last try.
pub(crate) fn panicked(actors: &Arc<Actors>, tenant: TenantId, item: IntakeId) {
    let actors = actors.clone();
    drop(actix::spawn(async move {
        match count_panic(&actors, tenant, item).await {
            Ok(()) => {}
            Err(error) => tracing::error!(%error, "a panic was not counted; the item is tried again"),
        }
        actors.look_into_log(tenant);
    }));
}

async fn count_panic(actors: &Arc<Actors>, tenant: TenantId, item: IntakeId) -> Result<(), StoreError> {
    let attempts = actors.world.store.raise_attempts(tenant, item).await?;
    if attempts < ATTEMPTS_MAX {
        return Ok(());
    }
    metrics::counter!(metric::INTAKE_QUARANTINED).increment(1);
    let error = Some(format!("Processing broke {attempts} times. The body is stored in full."));
    let mark = IntakeMark {
        id: item,
        outcome: IntakeOutcome::Quarantined,
        error,
        conversation: None,
        at: actors.world.clock.now(),
    };
    actors.world.store.mark(tenant, mark).await
}

/// A message could not be handed to its number: the outbox has it.
pub(crate) fn outbox_overflowed(actors: &Arc<Actors>, tenant: TenantId) {
    let make = actors.clone();
    let address = actors.tenants.address(&tenant, move || TenantActor::new(tenant, make.clone()));
    if address.try_send(LookIntoOutbox).is_err() {
        tracing::debug!("a tenant ended while it was told to look into its outbox");
    }
}

impl TenantActor {
    pub(crate) fn new(tenant: TenantId, actors: Arc<Actors>) -> Self {
        let backlog = actors.backlogs.entry(tenant).or_default().clone();
        Self {
            state: Rc::new(State {
                actors,
                tenant,
                backlog,
                epoch: Cell::default(),
                known: RefCell::default(),
                review: RefCell::default(),
                broadcasts: Cell::default(),
                in_flight: Cell::new(0),
                emptied: Notify::new(),
            }),
        }
    }

    fn keep_reviewing(&self, ctx: &mut Context<Self>) {
        self.state.look_into_outbox();
        ctx.run_interval(REVIEW_EVERY, |actor, _| State::start_review(&actor.state));
    }
}

impl Actor for TenantActor {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.keep_reviewing(ctx);
        State::start_review(&self.state);
    }
}

impl Supervised for TenantActor {
    fn restarting(&mut self, ctx: &mut Context<Self>) {
        self.keep_reviewing(ctx);
        State::start_catch_up(&self.state);
    }
}

impl Handler<Passivate> for TenantActor {
    type Result = ();

    fn handle(&mut self, _: Passivate, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

impl Handler<Arrived> for TenantActor {
    type Result = ();

    fn handle(&mut self, arrived: Arrived, _: &mut Context<Self>) {
        if self.state.backlog.takes() {
            return;
        }
        let state = self.state.clone();
        let tenant = state.tenant;
        let is_own = move |record: &&IntakeRecord| record.tenant == Some(tenant) && record.quarantined.is_none();
        arrived.records.iter().filter(is_own).for_each(|_| state.begin());
        drop(actix::spawn(async move {
            let Arrived { records, span, permit } = arrived;
            let all = records.iter().filter(is_own).map(|record| State::deliver_and_finish(&state, record, &span));
            futures_util::future::join_all(all).await;
            drop(permit);
        }));
    }
}

impl Handler<CatchUp> for TenantActor {
    type Result = ();

    fn handle(&mut self, _: CatchUp, _: &mut Context<Self>) {
        State::start_catch_up(&self.state);
    }
}

impl Handler<LookIntoOutbox> for TenantActor {
    type Result = ();

    fn handle(&mut self, _: LookIntoOutbox, _: &mut Context<Self>) {
        self.state.look_into_outbox();
        // Alone, what has overflowed waits for the next round: there is no place for it yet.
        if !self.state.actors.is_alone() {
            State::start_review(&self.state);
        }
    }
}

impl State {
    fn begin(&self) {
        self.in_flight.set(self.in_flight.get() + 1);
    }

    /// Whether items of the log are brought to conversations here. Whoever has just begun forgets what it knew of people.
    fn takes_in(&self) -> bool {
        let epoch = self.actors.takes_in(self.tenant);
        if epoch.is_some() && self.epoch.replace(epoch) != epoch {
            self.known.take();
        }
        epoch.is_some()
    }

    /// `webhook`: by which it came just now.
    async fn deliver_and_finish(this: &Rc<Self>, record: &IntakeRecord, webhook: &Span) {
        // What moved to another node meanwhile lies in the log for it.
        let delivered = if this.takes_in() {
            let span = tracing::info_span!(
                target: JOURNEY, parent: webhook, "item",
                tenant = %this.tenant, item = %record.id, failed = Empty
            );
            let delivered = this.deliver(record).instrument(span.clone()).await;
            span.record("failed", delivered.is_err());
            delivered
        } else {
            Ok(())
        };
        this.in_flight.set(this.in_flight.get() - 1);
        if this.in_flight.get() == 0 {
            this.emptied.notify_waiters();
        }
        if let Err(error) = delivered {
            tracing::warn!(%error, "an inbox item waits in the log");
            let state = this.clone();
            drop(actix::spawn(async move {
                tokio::time::interval_at(tokio::time::Instant::now() + CATCH_UP_AGAIN, CATCH_UP_AGAIN).tick().await;
                Self::start_catch_up(&state);
            }));
        }
    }

    fn start_catch_up(this: &Rc<Self>) {
        if !this.takes_in() || !this.backlog.begin() {
            return;
        }
        metrics::counter!(metric::CATCH_UPS).increment(1);
        let state = this.clone();
        drop(actix::spawn(async move {
            state.until_empty().await;
            if let Err(error) = Self::catch_up(&state).await {
                tracing::warn!(%error, "the inbox log was not read to its end");
                state.backlog.miss();
            }
            state.backlog.end();
            if state.backlog.has_missed() {
                tokio::time::interval_at(tokio::time::Instant::now() + CATCH_UP_AGAIN, CATCH_UP_AGAIN).tick().await;
                Self::start_catch_up(&state);
            }
        }));
    }

    /// Reads the log to its end, a page under way at a time. Items of a page are independent of each other: history is
    /// ordered by Meta's time, not by who is first.
    async fn catch_up(this: &Rc<Self>) -> Result<(), StoreError> {
        let (mut after, no_webhook) = (None, Span::none());
        while this.takes_in() {
            let store = &this.actors.world.store;
            let limit = if store.is_pressing() { CATCH_UP_GIVING_WAY } else { CATCH_UP_PAGE };
            let page = store.unfinished(this.tenant, after, limit).await?;
            let Some(last) = page.last() else {
                if !this.backlog.has_missed() {
                    return Ok(());
                }
                // From the start: an item that panicked meanwhile waits before the ones that are done.
                after = None;
                continue;
            };
            after = Some(last.id);
            let all = page.iter().map(|record| {
                this.begin();
                Self::deliver_and_finish(this, record, &no_webhook)
            });
            futures_util::future::join_all(all).await;
        }
        Ok(())
    }

    async fn until_empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.in_flight.get() == 0 {
                return;
            }
            emptied.await;
        }
    }
}
