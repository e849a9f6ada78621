//! Giving a lease up: what is in hand is finished first.

use std::sync::Arc;
use std::time::Duration;

use engine::cluster::{Epoch, LeaseName};
use engine::id::NodeId;

use super::{ASK_AGAIN, Membership, answered, wait};
use crate::broadcast;
use crate::metric;
use crate::number;
use crate::seeded;
use crate::world::Actors;

/// What is in hand of a lease that moves gets this long. A send that takes longer is in doubt to the next holder, until its
/// answer comes.
const FINISH_MAX: Duration = Duration::from_secs(10);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// The name, when the lease is free for others.
pub(super) async fn release(
    actors: &Arc<Actors>,
    membership: &Membership,
    node: NodeId,
    (name, epoch): (LeaseName, Epoch),
) -> LeaseName {
    membership.holdings.end(&name);
    if !seeded::bug("give_up_at_once") && tokio::time::timeout(FINISH_MAX, finish(actors, &name)).await.is_err() {
        metrics::counter!(metric::LIMITS_REACHED, "limit" => "finish").increment(1);
        tracing::warn!("a lease moves before everything in hand was finished");
    }
    // From here on it may be somebody else's, whatever becomes of the answer.
    membership.let_go(&name);
    while answered(membership.cluster.leases.give_up(&name, node, epoch)).await.is_none() {
        wait(ASK_AGAIN).await;
    }
    name
}

async fn finish(actors: &Arc<Actors>, name: &LeaseName) {
    match name {
        LeaseName::Number(tenant, id) => number::reconsider(actors, *tenant, id),
        LeaseName::Campaign(tenant, campaign) => broadcast::let_go(actors, *tenant, *campaign),
        LeaseName::Intake(_) | LeaseName::Chores(_) => {}
    }
    let mut look = tokio::time::interval(LOOK_EVERY);
    while !is_finished(actors, name) {
        look.tick().await;
    }
}

fn is_finished(actors: &Actors, name: &LeaseName) -> bool {
    match name {
        LeaseName::Intake(tenant) => {
            let reads = actors.backlogs.get(tenant).is_some_and(|backlog| backlog.is_reading());
            !reads && actors.tenants.is_quiet_at(tenant)
        }
        LeaseName::Number(tenant, number) => actors.numbers.is_quiet_at(&(*tenant, number.clone())),
        // What its numbers have claimed is theirs to finish.
        LeaseName::Campaign(tenant, campaign) => !actors.flows.contains_key(&(*tenant, *campaign)),
        // Whoever does them asks before each step.
        LeaseName::Chores(_) => true,
    }
}
