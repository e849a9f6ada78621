//! One number of a running broadcast, while the others go on.

use actix_web::{HttpRequest, web};
use engine::audit::Action;
use engine::campaign::Campaign;
use engine::id::{CampaignId, PhoneNumberId};
use engine::ports::Saved;
use serde::Deserialize;

use super::{DECIDE_AGAIN_MAX, found, said};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct LaneChange {
    phone_number_id: PhoneNumberId,
    /// Nothing leaves it; who waits for it waits.
    rests: bool,
}

/// Lets one number rest, or go on
#[utoipa::path(put, path = "/api/v1/campaigns/{id}/lanes", params(("id" = String, Path)), request_body = LaneChange,
    responses((status = 200, body = Campaign), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn lane(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
    body: web::Json<LaneChange>,
) -> Result<web::Json<Campaign>, Problem> {
    let tenant = signed.0.tenant;
    let LaneChange { phone_number_id: number, rests } = body.into_inner();
    let action = if rests { Action::CampaignPaused } else { Action::CampaignResumed };
    for _ in 0..DECIDE_AGAIN_MAX {
        let campaign = found(&app, tenant, *id).await?;
        let next = campaign.lane_rested(&number, rests)?;
        if next == campaign {
            return Ok(web::Json(next));
        }
        let said = said(&app, &signed, &request, action, &next).with("number", number.as_str());
        if app.store.save_campaign(tenant, next.clone(), vec![said]).await? == Saved::Applied {
            app.actors.campaign_changed(tenant, *id);
            return Ok(web::Json(next));
        }
    }
    Err(Problem::busy())
}
