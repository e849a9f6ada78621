//! Sharing the work out: who is there, what is placed here and is taken, what is placed elsewhere and is given up.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use engine::cluster::{Epoch, LeaseName, Member, Standing, placed};
use engine::id::NodeId;
use engine::ports::Taken;
use futures_util::StreamExt as _;
use futures_util::future::{Either, LocalBoxFuture, select};
use futures_util::stream::FuturesUnordered;
use tokio::time::Instant;

use super::release::release;
use super::watch::Watch;
use super::{ANSWER_MAX, Ended, Membership, answered};
use crate::broadcast;
use crate::metric;
use crate::tenant::outbox_overflowed;
use crate::world::Actors;

/// How often a node looks at the others.
const LOOK_EVERY: Duration = Duration::from_millis(500);
const TAKES_AT_ONCE: usize = 32;
/// Whoever has what is placed here and lives will give it up: it is asked for again after this.
const TAKE_AGAIN: Duration = Duration::from_secs(1);
const FORGET_EVERY: Duration = Duration::from_mins(1);

/// Ends when this node was given up by others, or has left.
pub(super) async fn keep_sharing(actors: &Arc<Actors>, membership: &Membership, node: NodeId) -> Ended {
    let list = std::pin::pin!(membership.wanted.keep_looking(actors.world.store.as_ref(), &membership.wake));
    let sharing = Sharing {
        actors,
        membership,
        node,
        watch: Watch::default(),
        unsure: BTreeSet::new(),
        refused: BTreeMap::new(),
        moving: BTreeSet::new(),
        releases: FuturesUnordered::new(),
        forgot: Instant::now(),
        said_leaving: false,
    };
    let share = std::pin::pin!(sharing.keep_on());
    match select(share, list).await {
        Either::Left((ended, _)) => ended,
        Either::Right(((), _)) => Ended::Fenced,
    }
}

struct Sharing<'a> {
    actors: &'a Arc<Actors>,
    membership: &'a Membership,
    node: NodeId,
    watch: Watch,
    /// Asked for without an answer: this node may have them.
    unsure: BTreeSet<LeaseName>,
    /// Somebody who lives had them.
    refused: BTreeMap<LeaseName, (NodeId, Instant)>,
    /// On their way to others.
    moving: BTreeSet<LeaseName>,
    releases: FuturesUnordered<LocalBoxFuture<'a, LeaseName>>,
    forgot: Instant,
    said_leaving: bool,
}

impl Sharing<'_> {
    async fn keep_on(mut self) -> Ended {
        let mut look = tokio::time::interval(LOOK_EVERY);
        look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = look.tick() => {}
                () = self.membership.wake.notified() => {}
                Some(name) = self.releases.next(), if !self.releases.is_empty() => {
                    self.moving.remove(&name);
                    if !self.membership.is_leaving() {
                        continue;
                    }
                }
            }
            if let Some(ended) = self.round().await {
                return ended;
            }
        }
    }

    async fn round(&mut self) -> Option<Ended> {
        let members = self.others().await?;
        let alive: Vec<_> = members.iter().filter(|it| it.standing == Standing::Alive).map(|it| it.node).collect();
        #[expect(clippy::cast_precision_loss, reason = "2^52 nodes are not reached")]
        metrics::gauge!(metric::MEMBERS).set(alive.len() as f64);
        if self.membership.is_leaving() {
            return self.go(&members).await;
        }
        if !alive.contains(&self.node) {
            return None;
        }
        let wanted = self.membership.wanted.all();
        for (name, epoch) in self.membership.holdings.kept() {
            let elsewhere = placed(&name, &alive).is_some_and(|node| node != self.node);
            if elsewhere || !wanted.contains(&name) {
                self.give_up(name, epoch);
            }
        }
        let due = self.due(wanted, &alive);
        self.take(due).await
    }

    /// Everybody, after those who stood still for too long were buried.
    async fn others(&mut self) -> Option<Vec<Member>> {
        let leases = &self.membership.cluster.leases;
        let mut members = answered(leases.members()).await?;
        for (node, beat) in self.watch.look(&members, Instant::now()) {
            if node != self.node && answered(leases.bury(node, beat)).await == Some(true) {
                tracing::warn!(%node, "a node has stopped beating; its work is taken over");
                members.iter_mut().filter(|it| it.node == node).for_each(|it| it.standing = Standing::Dead);
            }
        }
        if self.forgot.elapsed() >= FORGET_EVERY {
            self.forgot = Instant::now();
            answered(leases.forget_dead()).await.unwrap_or_default();
        }
        Some(members)
    }

    /// What is placed here and not here yet, and what may be here without our knowing.
    fn due(&mut self, wanted: BTreeSet<LeaseName>, alive: &[NodeId]) -> Vec<LeaseName> {
        let now = Instant::now();
        self.refused.retain(|_, (holder, since)| alive.contains(holder) && now.duration_since(*since) < TAKE_AGAIN);
        let unsure = std::mem::take(&mut self.unsure);
        let mine = wanted.into_iter().filter(|name| {
            !self.membership.holdings.has(name) && placed(name, alive) == Some(self.node) && !unsure.contains(name)
        });
        let mut due: Vec<_> = mine.filter(|name| !self.refused.contains_key(name)).collect();
        due.extend(unsure);
        due.retain(|name| !self.moving.contains(name));
        due
    }

    async fn take(&mut self, due: Vec<LeaseName>) -> Option<Ended> {
        let (membership, node, began) = (self.membership, self.node, Instant::now());
        let mut open: BTreeSet<_> = due.iter().cloned().collect();
        let takes = futures_util::stream::iter(due).map(async |name| {
            let taken = answered(membership.cluster.leases.take(&name, node)).await;
            (name, taken)
        });
        let mut takes = std::pin::pin!(takes.buffer_unordered(TAKES_AT_ONCE));
        while let Some((name, taken)) = takes.next().await {
            open.remove(&name);
            match taken {
                Some(Taken::Won(epoch)) => self.begin(&name, epoch),
                Some(Taken::HeldBy(holder)) => {
                    self.refused.insert(name, (holder, Instant::now()));
                }
                Some(Taken::Fenced) => return Some(Ended::Fenced),
                None => {
                    self.unsure.insert(name);
                    // The store hangs: whatever else is to be done waits for no more than this.
                    if began.elapsed() >= ANSWER_MAX {
                        self.unsure.append(&mut open);
                        return None;
                    }
                }
            }
        }
        None
    }

    fn begin(&self, name: &LeaseName, epoch: Epoch) {
        self.membership.took(name.clone(), epoch);
        match name {
            LeaseName::Intake(tenant) => self.actors.look_into_log(*tenant),
            LeaseName::Number(tenant, _) => outbox_overflowed(self.actors, *tenant),
            LeaseName::Campaign(tenant, campaign) => broadcast::look(self.actors, *tenant, *campaign),
            LeaseName::Chores(_) => {}
        }
    }

    fn give_up(&mut self, name: LeaseName, epoch: Epoch) {
        self.moving.insert(name.clone());
        self.releases.push(Box::pin(release(self.actors, self.membership, self.node, (name, epoch))));
    }

    /// Out of the cluster, when nothing is left here.
    async fn go(&mut self, members: &[Member]) -> Option<Ended> {
        let leases = &self.membership.cluster.leases;
        if !self.said_leaving {
            answered(leases.leave(self.node)).await?;
            self.said_leaving = true;
        }
        let unsure = std::mem::take(&mut self.unsure).into_iter().collect();
        if let Some(ended) = self.take(unsure).await {
            return Some(ended);
        }
        for (name, epoch) in self.membership.holdings.kept() {
            self.give_up(name, epoch);
        }
        if !self.moving.is_empty() || !self.unsure.is_empty() {
            return None;
        }
        // Nobody has to wait until its beat has stood still; who does not hear it will.
        if let Some(own) = members.iter().find(|member| member.node == self.node) {
            answered(leases.bury(self.node, own.beat)).await;
        }
        Some(Ended::Left)
    }
}
