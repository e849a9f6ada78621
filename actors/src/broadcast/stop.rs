//! WhatsApp refuses in a way in which it would refuse everybody: the broadcast pauses, and somebody is called.

use std::sync::Arc;

use engine::campaign::PauseReason;
use engine::delivery::Failure;
use engine::id::{CampaignId, TenantId};
use engine::ports::{Saved, StoreError};

use crate::world::Actors;

/// May be done twice, and anywhere.
pub(crate) async fn refused(
    actors: &Arc<Actors>,
    (tenant, id): (TenantId, CampaignId),
    failure: &Failure,
) -> Result<(), StoreError> {
    let store = &actors.world.store;
    loop {
        let Some(campaign) = store.campaign(tenant, id).await? else { return Ok(()) };
        let reason = PauseReason::Refused { code: failure.code, text: failure.text.clone() };
        // It was paused or has ended meanwhile.
        let Ok(paused) = campaign.paused(reason) else { return Ok(()) };
        let alert = paused.refusal_alert(failure, actors.world.clock.now());
        match store.save_campaign(tenant, paused, Vec::new()).await? {
            Saved::Applied => {
                if store.raise_alert(tenant, alert).await? {
                    actors.world.bus.alerts_changed(tenant);
                }
                actors.campaign_changed(tenant, id);
                return Ok(());
            }
            Saved::Conflict => {}
        }
    }
}
