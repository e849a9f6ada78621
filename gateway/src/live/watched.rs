//! The figures of the broadcasts that somebody looks at, once a second. They are read from the store, so that it does not matter
//! which node sends; nobody looks: nothing is read.

use std::time::Duration;

use actix_web::web;
use engine::campaign::Phase;
use engine::id::{CampaignId, TenantId};
use engine::ports::StoreError;
use futures_util::{StreamExt as _, stream};
use tokio::time::MissedTickBehavior;

use super::frames::ServerFrame;
use crate::api::campaigns::progress;
use crate::app::App;

const EVERY: Duration = Duration::from_secs(1);
/// Broadcasts that are read at once.
const AT_ONCE: usize = 4;

pub async fn run(app: web::Data<App>) {
    let mut second = tokio::time::interval(EVERY);
    second.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        second.tick().await;
        stream::iter(app.hub.watched())
            .for_each_concurrent(AT_ONCE, async |(tenant, campaign)| {
                if let Err(error) = tell(&app, tenant, campaign).await {
                    tracing::warn!(%error, "who looks at a broadcast was not told its figures; in a second they are");
                }
            })
            .await;
    }
}

async fn tell(app: &App, tenant: TenantId, id: CampaignId) -> Result<(), StoreError> {
    let Some(progress) = progress::figures(app, tenant, id).await? else {
        app.hub.end_watch(tenant, id);
        return Ok(());
    };
    let is_over = match progress.phase() {
        Phase::Draft | Phase::Cancelled { .. } | Phase::Finished { .. } => true,
        Phase::Freezing | Phase::Running | Phase::Paused { .. } => false,
    };
    let frame = ServerFrame::CampaignProgress { campaign_id: id, progress: Box::new(progress) };
    app.hub.tell_watchers(tenant, id, &frame);
    if is_over {
        app.hub.end_watch(tenant, id);
    }
    Ok(())
}
