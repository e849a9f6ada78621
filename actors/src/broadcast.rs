//! One actor per broadcast at work: freezes its audience, then feeds its recipients to its numbers, a window of them at a time.
//! It holds nothing that the store does not have: whoever takes it over reads who still waits, and a claim decides who sends.

mod doubt;
mod feed;
mod figures;
mod flow;
mod freeze;
mod pass;
mod run;
mod series;
mod shares;
mod spend;
mod standing;
mod stop;
mod winner;

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix::{Actor, ActorContext, ActorFutureExt, AsyncContext, Context, Handler, Supervised, WrapFuture};
use engine::campaign::{Campaign, Class, Phase};
use engine::cluster::LeaseName;
use engine::id::{CampaignId, TenantId};
use engine::ports::{Saved, StoreError};
use engine::time::Timestamp;
use futures_util::FutureExt as _;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::number;
use crate::registry::{Passivate, Permit};
use crate::world::Actors;
use doubt::Doubts;

pub use figures::{LanePace, LaneState, PaceSecond};
pub(crate) use flow::{Flow, Ticket};
pub use freeze::audience;
use run::REVIEW_EVERY;
pub(crate) use stop::stop;

/// How often an actor looks at its broadcast when nobody tells it to: a word of another node may be lost.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(crate) struct BroadcastActor {
    desk: Rc<Desk>,
    /// While it works it is not to be forgotten as idle.
    at_work: Option<Permit>,
}

/// What the work goes by.
struct Desk {
    actors: Arc<Actors>,
    tenant: TenantId,
    id: CampaignId,
    /// Somebody has changed the broadcast.
    changed: Notify,
    doubts: RefCell<Doubts>,
}

/// There is something to do for it, or it was changed.
#[derive(actix::Message)]
#[rtype(result = "()")]
struct Look(Permit);

/// Makes the broadcast's actor look at it. It looks by itself too, so that nothing is lost without a place.
pub(crate) fn look(actors: &Arc<Actors>, tenant: TenantId, id: CampaignId) {
    actors.broadcasting.insert(tenant);
    let maker = actors.clone();
    let make = move || BroadcastActor::new(maker.clone(), tenant, id);
    if let Ok(to) = actors.broadcasts.try_reserve(&(tenant, id), 1, make)
        && to.address.try_send(Look(to.permit)).is_err()
    {
        tracing::debug!("a broadcast's actor ended by itself");
    }
}

/// It moves to another node: its run here ends.
pub(crate) fn let_go(actors: &Arc<Actors>, tenant: TenantId, id: CampaignId) {
    if let Some((_, flow)) = actors.flows.remove(&(tenant, id)) {
        actors.close(&flow);
    }
}

impl Actors {
    /// The broadcast was launched, paused, resumed, cancelled or got another pace: acts on it at once, wherever that is.
    pub fn campaign_changed(self: &Arc<Self>, tenant: TenantId, id: CampaignId) {
        self.broadcasting.insert(tenant);
        if self.broadcasts_here(tenant, id) {
            look(self, tenant, id);
        } else {
            self.pass_on_campaign(tenant, id);
        }
    }

    /// Somebody was added to it: on their way at once where it is fed from here.
    pub fn person_added(self: &Arc<Self>, tenant: TenantId, id: CampaignId) {
        let flow = self.flows.get(&(tenant, id)).map(|flow| flow.clone());
        match flow.filter(|flow| !flow.is_closed()) {
            Some(flow) => flow.people_came(),
            None => self.campaign_changed(tenant, id),
        }
    }

    /// How fast it was in the last minutes, by number. `None`: it is not at work, or another node is at it.
    pub fn campaign_pace(&self, tenant: TenantId, id: CampaignId) -> Option<Vec<LanePace>> {
        let flow = self.flows.get(&(tenant, id))?;
        Some(flow.figures.shown(flow.is_closed(), Instant::now()))
    }

    /// Whether this broadcast is fed from here.
    pub(crate) fn broadcasts_here(&self, tenant: TenantId, id: CampaignId) -> bool {
        !self.is_draining() && self.takes_on(&LeaseName::Campaign(tenant, id)).is_some()
    }

    /// Closes all broadcasts that are fed from here; what is claimed is still sent.
    pub(crate) fn close_broadcasts(&self) {
        let flows: Vec<_> = self.flows.iter().map(|flow| flow.clone()).collect();
        for flow in flows {
            self.close(&flow);
        }
    }

    /// Ends a run, and takes back what waits in the lanes of its numbers.
    fn close(&self, flow: &Flow) {
        flow.close();
        self.reconsider_lanes(flow);
    }

    fn reconsider_lanes(&self, flow: &Flow) {
        for number in flow.figures.lanes() {
            number::reconsider(self, flow.tenant, number);
        }
    }
}

impl BroadcastActor {
    fn new(actors: Arc<Actors>, tenant: TenantId, id: CampaignId) -> Self {
        let desk = Desk { actors, tenant, id, changed: Notify::new(), doubts: RefCell::default() };
        Self { desk: Rc::new(desk), at_work: None }
    }

    /// In the actor's own future, so that a panic of the work is its supervisor's.
    fn work(&self, ctx: &mut Context<Self>) {
        let desk = self.desk.clone();
        let work = async move { desk.work().await };
        ctx.spawn(work.into_actor(self).map(|(), actor, _| actor.at_work = None));
    }
}

impl Actor for BroadcastActor {
    type Context = Context<Self>;
}

impl Supervised for BroadcastActor {
    fn restarting(&mut self, ctx: &mut Context<Self>) {
        self.desk.end_run();
        if self.at_work.is_some() {
            self.work(ctx);
        }
    }
}

impl Handler<Passivate> for BroadcastActor {
    type Result = ();

    fn handle(&mut self, _: Passivate, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

impl Handler<Look> for BroadcastActor {
    type Result = ();

    fn handle(&mut self, Look(permit): Look, ctx: &mut Context<Self>) {
        if self.at_work.is_some() {
            self.desk.changed.notify_one();
            return;
        }
        self.at_work = Some(permit);
        self.work(ctx);
    }
}

/// What there is to do next.
enum Next {
    /// Look at the broadcast again: it has changed, or may have.
    Again,
    /// Nothing, until somebody says so.
    Rest,
}

impl Desk {
    async fn work(self: &Rc<Self>) {
        loop {
            match self.step().await {
                Ok(Next::Again) => {}
                Ok(Next::Rest) => {
                    // Unless something was said since the last look.
                    if self.changed.notified().now_or_never().is_none() {
                        return;
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "a broadcast waits for the store");
                    self.wait(LOOK_EVERY).await;
                }
            }
        }
    }

    async fn step(self: &Rc<Self>) -> Result<Next, StoreError> {
        if !self.is_ours() {
            self.end_run();
            self.forget_run();
            return Ok(Next::Rest);
        }
        let Some(campaign) = self.actors.world.store.campaign(self.tenant, self.id).await? else {
            self.end_run();
            self.forget_run();
            return Ok(Next::Rest);
        };
        match campaign.phase {
            Phase::Draft => Ok(Next::Rest),
            Phase::Freezing => self.freeze(&campaign).await,
            Phase::Running => self.run(campaign).await,
            Phase::Paused { .. } => {
                self.end_run();
                self.wind_down(&campaign).await
            }
            Phase::Cancelled { .. } | Phase::Finished { .. } => {
                self.end_run();
                self.forget_run();
                self.wind_down(&campaign).await
            }
        }
    }

    fn is_ours(&self) -> bool {
        self.actors.broadcasts_here(self.tenant, self.id)
    }

    fn now(&self) -> Timestamp {
        self.actors.world.clock.now()
    }

    fn key(&self) -> (TenantId, CampaignId) {
        (self.tenant, self.id)
    }

    /// Nothing that waits leaves any more.
    fn end_run(&self) {
        let flow = self.actors.flows.get(&self.key()).map(|flow| flow.clone());
        if let Some(flow) = flow {
            self.actors.close(&flow);
        }
    }

    fn forget_run(&self) {
        self.actors.flows.remove(&self.key());
    }

    /// Until the time is over or somebody has changed the broadcast.
    async fn wait(&self, time: Duration) {
        let over = tokio::time::sleep_until(Instant::now() + time);
        tokio::select! {
            () = over => {}
            () = self.changed.notified() => {}
        }
    }

    /// Nothing leaves any more; what had left, perhaps under an earlier process, is found out about.
    async fn wind_down(self: &Rc<Self>, campaign: &Campaign) -> Result<Next, StoreError> {
        if !campaign.phase.is_at_work() {
            return Ok(Next::Rest);
        }
        self.review(campaign).await?;
        let tallies = self.actors.world.store.tallies(self.tenant, self.id).await?;
        if tallies.of(Class::UnderWay) + tallies.of(Class::Unknown) > 0 {
            self.wait(REVIEW_EVERY).await;
            return Ok(Next::Again);
        }
        match campaign.settled() {
            Some(settled) => self.save(settled).await,
            None => Ok(Next::Rest),
        }
    }

    async fn save(&self, campaign: Campaign) -> Result<Next, StoreError> {
        match self.actors.world.store.save_campaign(self.tenant, campaign, Vec::new()).await? {
            Saved::Applied | Saved::Conflict => Ok(Next::Again),
        }
    }
}
