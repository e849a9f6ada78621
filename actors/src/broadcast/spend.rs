//! A broadcast that has cost as much as it may.

use engine::campaign::{Campaign, PauseReason};
use engine::ports::StoreError;

use super::Desk;

impl Desk {
    /// Why it must not go on, as far as the tallies say. Asked once a second: without a limit nothing is read.
    pub(super) async fn overspent(&self, campaign: &Campaign) -> Result<Option<PauseReason>, StoreError> {
        if campaign.plan.spend_max.is_none() {
            return Ok(None);
        }
        let world = &self.actors.world;
        let tallies = world.store.tallies(self.tenant, self.id).await?;
        Ok(campaign.overspent(&tallies, world.clock.now(), &world.prices))
    }
}
