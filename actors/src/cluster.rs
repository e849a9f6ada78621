//! This node among others on the same store (ADR 0016): it beats, takes what is placed on it, and gives up what is placed
//! elsewhere. What depends on a lease asks [`Actors::holds`], which reads a clock and nothing else.

mod beat;
mod hearing;
mod holdings;
mod release;
mod share;
mod wanted;
mod watch;

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use engine::cluster::{Epoch, LeaseName};
use engine::id::{CampaignId, NodeId, PhoneNumberId, TenantId};
use engine::ports::{Hint, Hints, Leases, StoreError};
use futures_util::FutureExt as _;
use futures_util::future::{Either, select};
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::metric;
use crate::supervisor::Site;
use crate::world::Actors;
use holdings::Holdings;
use wanted::Wanted;

/// A node whose beat others see standing still for this long is dead to them.
pub const LEASE_LIFE: Duration = Duration::from_secs(3);
/// From the start of the last beat that was answered on, a node counts on its leases for two thirds of [`LEASE_LIFE`].
/// The rest is for clocks of different pace, and for a request that is on its way.
const BELIEVED: Duration = Duration::from_secs(2);
const BEAT_EVERY: Duration = Duration::from_secs(1);
/// An answer of the store that takes longer is none: what was asked is asked again.
const ANSWER_MAX: Duration = Duration::from_secs(1);
const ASK_AGAIN: Duration = Duration::from_millis(200);

/// What a node needs to be one of several.
pub struct Cluster {
    pub leases: Arc<dyn Leases>,
    pub hints: Arc<dyn Hints>,
    /// [`LeaseName::Chores`] that there are, from 0.
    pub chores: u16,
}

pub(crate) struct Membership {
    cluster: Cluster,
    pub(crate) holdings: Holdings,
    wanted: Wanted,
    /// Changes whenever others have given this node up.
    node: RwLock<NodeId>,
    leaving: AtomicBool,
    /// Nothing beats: not started yet, or left.
    away: AtomicBool,
    gone: Notify,
    /// There is something new to take or to give up.
    wake: Notify,
}

/// How a life under one id ended.
enum Ended {
    /// Others have given this node up. It can begin again under a new id.
    Fenced,
    /// It gave everything up by itself.
    Left,
}

impl Membership {
    pub(crate) fn new(cluster: Cluster, node: NodeId) -> Self {
        let wanted = Wanted::new(cluster.chores);
        Self {
            cluster,
            wanted,
            holdings: Holdings::default(),
            node: RwLock::new(node),
            leaving: AtomicBool::new(false),
            away: AtomicBool::new(true),
            gone: Notify::new(),
            wake: Notify::new(),
        }
    }

    fn node(&self) -> NodeId {
        *self.node.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::SeqCst)
    }

    /// There is work of this name: if it is placed here, this node takes it.
    fn want(&self, name: LeaseName) {
        if self.wanted.ask(name) {
            self.wake.notify_one();
        }
    }

    fn took(&self, name: LeaseName, epoch: Epoch) {
        if let Some(tenant) = self.holdings.insert(name, epoch) {
            self.cluster.hints.follow(tenant, true);
        }
        metrics::counter!(metric::LEASES_TAKEN).increment(1);
        self.count_leases();
    }

    fn let_go(&self, name: &LeaseName) {
        if let Some(tenant) = self.holdings.remove(name) {
            self.cluster.hints.follow(tenant, false);
        }
        self.count_leases();
    }

    fn lose_everything(&self) {
        for tenant in self.holdings.clear() {
            self.cluster.hints.follow(tenant, false);
        }
        self.count_leases();
    }

    #[expect(clippy::cast_precision_loss, reason = "2^52 leases are not reached")]
    fn count_leases(&self) {
        metrics::gauge!(metric::HELD_LEASES).set(self.holdings.len() as f64);
    }
}

/// `None`: the store did not say, and it may have happened.
async fn answered<T>(asked: impl Future<Output = Result<T, StoreError>>) -> Option<T> {
    match tokio::time::timeout(ANSWER_MAX, asked).await {
        Ok(Ok(answer)) => Some(answer),
        Ok(Err(error)) => {
            tracing::debug!(%error, "the store did not answer the cluster");
            None
        }
        Err(_late) => None,
    }
}

async fn wait(time: Duration) {
    tokio::time::sleep_until(Instant::now() + time).await;
}

/// Lives until it leaves, under a new id each time that others gave it up.
async fn run(actors: Arc<Actors>) {
    let Some(membership) = &actors.membership else { return };
    loop {
        let ended = AssertUnwindSafe(live(&actors, membership, membership.node())).catch_unwind().await;
        membership.lose_everything();
        if membership.is_leaving() {
            break;
        }
        match ended {
            Ok(Ended::Left) => break,
            Ok(Ended::Fenced) => {
                metrics::counter!(metric::FENCED).increment(1);
                tracing::warn!("other nodes have given this one up; it comes back under a new id");
            }
            Err(_panic) => {
                metrics::counter!(metric::PANICS).increment(1);
                tracing::error!("the membership panicked; this node comes back under a new id");
                wait(LEASE_LIFE).await;
            }
        }
        *membership.node.write().unwrap_or_else(PoisonError::into_inner) = NodeId::from_bytes(actors.world.ids.next());
    }
    membership.away.store(true, Ordering::SeqCst);
    membership.gone.notify_waiters();
}

async fn live(actors: &Arc<Actors>, membership: &Membership, node: NodeId) -> Ended {
    while answered(membership.cluster.leases.join(node)).await.is_none() {
        if membership.is_leaving() {
            return Ended::Left;
        }
        wait(ASK_AGAIN).await;
    }
    tracing::info!(%node, "this node has joined");
    let beats = std::pin::pin!(beat::keep_beating(membership, node));
    let work = std::pin::pin!(share::keep_sharing(actors, membership, node));
    match select(beats, work).await {
        Either::Left(((), _)) => Ended::Fenced,
        Either::Right((ended, _)) => ended,
    }
}

impl Actors {
    /// Whether this is ours to do now, and under which epoch. Always, where there are no other nodes. Costs a look at the
    /// clock and into a map; asked again wherever time has passed.
    pub fn holds(&self, name: &LeaseName) -> Option<Epoch> {
        self.membership.as_ref().map_or(Some(Epoch::ALONE), |membership| membership.holdings.holds(name))
    }

    /// The same, and something new may be begun: it is not about to be given up.
    pub(crate) fn takes_on(&self, name: &LeaseName) -> Option<Epoch> {
        self.membership.as_ref().map_or(Some(Epoch::ALONE), |membership| membership.holdings.takes_on(name))
    }

    /// Whether new items of this organization are brought to their conversations here.
    pub(crate) fn takes_in(&self, tenant: TenantId) -> Option<Epoch> {
        self.takes_on(&LeaseName::Intake(tenant))
    }

    /// Whether new sends of this number begin here.
    pub(crate) fn sends_from(&self, tenant: TenantId, number: &PhoneNumberId) -> Option<Epoch> {
        match &self.membership {
            None => Some(Epoch::ALONE),
            Some(membership) => membership.holdings.takes_on(&LeaseName::Number(tenant, number.clone())),
        }
    }

    /// Whether what began under this epoch may still go on.
    pub(crate) fn still_sends_from(&self, tenant: TenantId, number: &PhoneNumberId, epoch: Epoch) -> bool {
        match &self.membership {
            None => true,
            Some(membership) => membership.holdings.holds(&LeaseName::Number(tenant, number.clone())) == Some(epoch),
        }
    }

    /// Whether any of its work is ours.
    pub(crate) fn works_for(&self, tenant: TenantId) -> bool {
        self.membership.as_ref().is_none_or(|membership| membership.holdings.works_for(tenant))
    }

    pub(crate) fn is_alone(&self) -> bool {
        self.membership.is_none()
    }

    /// This node's id of now: others give it up, and it comes back under another one. `None` where there are no others.
    pub fn node(&self) -> Option<NodeId> {
        self.membership.as_ref().map(Membership::node)
    }

    /// Something lies in the inbox log that is not for this node.
    pub(crate) fn pass_on_work(&self, tenant: TenantId) {
        if let Some(membership) = &self.membership {
            membership.want(LeaseName::Intake(tenant));
            membership.cluster.hints.tell(Hint::Work { tenant });
        }
    }

    /// Something lies in the outbox that is not for this node.
    pub(crate) fn pass_on_outbox(&self, tenant: TenantId, number: PhoneNumberId) {
        if let Some(membership) = &self.membership {
            membership.want(LeaseName::Number(tenant, number.clone()));
            membership.cluster.hints.tell(Hint::Outbox { tenant, number });
        }
    }

    /// A broadcast was changed that is not this node's.
    pub(crate) fn pass_on_campaign(&self, tenant: TenantId, campaign: CampaignId) {
        if let Some(membership) = &self.membership {
            membership.want(LeaseName::Campaign(tenant, campaign));
            membership.cluster.hints.tell(Hint::Campaign { tenant, campaign });
        }
    }

    /// Joins the others and begins to take work. At most once.
    pub(crate) fn join(self: &Arc<Self>, site: &Site) {
        let Some(membership) = &self.membership else { return };
        membership.away.store(false, Ordering::SeqCst);
        let actors = self.clone();
        let run = move || drop(actix::spawn(run(actors)));
        match site {
            Site::Here => run(),
            Site::Arbiter(arbiter) => {
                if !arbiter.spawn_fn(run) {
                    tracing::error!("an arbiter has ended: this node does not join");
                }
            }
        }
    }

    /// Finishes what is in hand, gives all leases up so that other nodes go on at once, and takes none any more. Returns when
    /// that is done, which needs the store: give it a deadline. Nothing to do where there are no other nodes.
    pub async fn leave(&self) {
        let Some(membership) = &self.membership else { return };
        let gone = membership.gone.notified();
        membership.leaving.store(true, Ordering::SeqCst);
        membership.wake.notify_one();
        if !membership.away.load(Ordering::SeqCst) {
            gone.await;
        }
    }
}
