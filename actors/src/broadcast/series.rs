//! A broadcast that repeats: waits for its next time, and makes the broadcast of it. First it is decided that one is made, then it is made, by
//! an id that follows from the decision: a death in between, and another node, make the same one.

use std::rc::Rc;
use std::time::Duration;

use engine::campaign::{Campaign, Due};
use engine::ports::{Saved, StoreError};

use super::{Desk, Next};

/// The clock may be set meanwhile, and a template may be stopped.
const LOOK_MAX: Duration = Duration::from_secs(30);

impl Desk {
    pub(super) async fn run_series(self: &Rc<Self>, campaign: &Campaign) -> Result<Next, StoreError> {
        self.make_last(campaign).await?;
        match campaign.due(self.now()) {
            Some(Due::Wait { until }) => {
                let left = Duration::from_millis(u64::try_from(until.since(self.now()).0).unwrap_or_default());
                self.wait(left.min(LOOK_MAX)).await;
                Ok(Next::Again)
            }
            // In conflict or not: what counts is what is there now.
            Some(Due::Now(next) | Due::Over(next)) => self.save(*next).await,
            Some(Due::LeftOut(next, alert)) => {
                if self.actors.world.store.save_campaign(self.tenant, *next, Vec::new()).await? == Saved::Applied
                    && self.actors.world.store.raise_alert(self.tenant, *alert).await?
                {
                    self.actors.world.bus.alerts_changed(self.tenant);
                }
                Ok(Next::Again)
            }
            None => Ok(Next::Rest),
        }
    }

    /// The one that was decided on last, unless it is there.
    async fn make_last(&self, campaign: &Campaign) -> Result<(), StoreError> {
        let Some(occurrence) = campaign.last_occurrence(self.now()) else { return Ok(()) };
        let (store, id) = (&self.actors.world.store, occurrence.id);
        if store.campaign(self.tenant, id).await?.is_none() {
            // In conflict: somebody else has made it.
            store.save_campaign(self.tenant, occurrence, Vec::new()).await?;
            self.actors.campaign_changed(self.tenant, id);
        }
        Ok(())
    }
}
