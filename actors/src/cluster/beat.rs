//! The beat that holds all leases of this node.

use engine::id::NodeId;
use tokio::time::Instant;

use super::{ASK_AGAIN, BEAT_EVERY, BELIEVED, Membership, answered, wait};
use crate::metric;
use crate::seeded;

/// Ends when others have given this node up.
pub(super) async fn keep_beating(membership: &Membership, node: NodeId) {
    for beat in 1.. {
        // Others may have seen this beat as soon as it was asked for the first time, whatever became of the answer.
        let mut asked = Instant::now();
        loop {
            match answered(membership.cluster.leases.beat(node, beat)).await {
                Some(true) => break,
                Some(false) => return,
                None => {
                    metrics::counter!(metric::BEATS_UNANSWERED).increment(1);
                    wait(ASK_AGAIN).await;
                }
            }
            if seeded::bug("believe_since_the_last_try") {
                asked = Instant::now();
            }
        }
        membership.holdings.believe_until(asked + BELIEVED);
        tokio::time::sleep_until(asked + BEAT_EVERY).await;
    }
}
