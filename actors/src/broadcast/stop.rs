//! A broadcast that must not go on as it is pauses, and somebody is called.

use std::sync::Arc;

use engine::campaign::PauseReason;
use engine::id::{CampaignId, TenantId};
use engine::ports::{Saved, StoreError};

use crate::world::Actors;

/// May be done twice, and anywhere.
pub(crate) async fn stop(
    actors: &Arc<Actors>,
    (tenant, id): (TenantId, CampaignId),
    reason: PauseReason,
) -> Result<(), StoreError> {
    let store = &actors.world.store;
    loop {
        let Some(campaign) = store.campaign(tenant, id).await? else { return Ok(()) };
        // It was paused or has ended meanwhile.
        let Ok(paused) = campaign.paused(reason.clone()) else { return Ok(()) };
        let alert = paused.pause_alert(actors.world.clock.now());
        match store.save_campaign(tenant, paused, Vec::new()).await? {
            Saved::Applied => {
                if let Some(alert) = alert
                    && store.raise_alert(tenant, alert).await?
                {
                    actors.world.bus.alerts_changed(tenant);
                }
                actors.campaign_changed(tenant, id);
                return Ok(());
            }
            Saved::Conflict => {}
        }
    }
}
