//! Writing once more to those whom a finished broadcast did not reach.

use actix_web::{HttpRequest, web};
use engine::audit::Action;
use engine::campaign::{Campaign, FailureClass};
use engine::id::CampaignId;
use engine::ports::Saved;
use serde::Deserialize;

use super::super::administration::household;
use super::{DECIDE_AGAIN_MAX, found, said, save};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Retrying {
    class: FailureClass,
    /// Of the new broadcast.
    name: String,
}

/// A draft to those who failed in this way; the same one until it is started
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/retry", params(("id" = String, Path)), request_body = Retrying,
    responses((status = 200, body = Campaign), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn retry(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
    body: web::Json<Retrying>,
) -> Result<web::Json<Campaign>, Problem> {
    let (tenant, by, now) = (signed.0.tenant, signed.0.person.clone(), app.clock.now());
    let cap = household(&app, &signed.0).await?.settings.campaign_cap;
    for _ in 0..DECIDE_AGAIN_MAX {
        let campaign = found(&app, tenant, *id).await?;
        let last = match campaign.last_retry(body.class) {
            Some(last) => app.store.campaign(tenant, last).await?,
            None => None,
        };
        let (draft, next) = campaign.retried(body.class, &body.name, by.clone(), last.as_ref(), cap, now)?;
        // First who was taken in: two who do this at once make one draft.
        if app.store.save_campaign(tenant, next, Vec::new()).await? == Saved::Conflict {
            continue;
        }
        let made = said(&app, &signed, &request, Action::CampaignCreated, &draft);
        save(&app, tenant, draft.clone(), vec![made]).await?;
        return Ok(web::Json(draft));
    }
    Err(Problem::busy())
}
