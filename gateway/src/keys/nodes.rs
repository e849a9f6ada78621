//! Whether a node is running, for who may only work while none is.

use std::collections::HashMap;
use std::time::Duration;

use actors::LEASE_LIFE;
use engine::cluster::Standing;
use engine::id::NodeId;
use engine::ports::{Leases, StoreError};
use tokio::time::Instant;

use crate::app::StartError;

/// A little longer than a node lives without a beat.
const WATCHED: Duration = LEASE_LIFE.saturating_add(Duration::from_secs(1));

/// Fails while a node lives. What does not beat has ended or stands still: it can never take part again. How many of these have
/// ended without a word.
pub(super) async fn bury_the_dead(leases: &dyn Leases) -> Result<usize, StartError> {
    let alive = || {
        StartError(
            "A node is running: stop every process that uses this store, then run this again. Nothing was changed."
                .into(),
        )
    };
    let failed = |error: StoreError| StartError(format!("It is not known whether nodes are running: {error}."));
    let before: HashMap<NodeId, u64> =
        leases.members().await.map_err(failed)?.into_iter().map(|member| (member.node, member.beat)).collect();
    tokio::time::sleep_until(Instant::now() + WATCHED).await;
    let mut silent = 0;
    for member in leases.members().await.map_err(failed)? {
        match member.standing {
            Standing::Dead => continue,
            Standing::Alive | Standing::Leaving => {}
        }
        if before.get(&member.node) != Some(&member.beat)
            || !leases.bury(member.node, member.beat).await.map_err(failed)?
        {
            return Err(alive());
        }
        // One that was leaving has said so.
        silent += usize::from(member.standing == Standing::Alive);
    }
    Ok(silent)
}
