//! The limit of spending of one broadcast.

use actix_web::{HttpRequest, web};
use engine::audit::Action;
use engine::campaign::{Campaign, Estimate, Plan};
use engine::id::CampaignId;
use engine::price::Money;
use serde::Deserialize;

use super::check::Finding;
use super::control;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct NewSpendMax {
    /// `null`: none.
    spend_max: Option<Money>,
}

/// Another limit of spending, from now on
#[utoipa::path(put, path = "/api/v1/campaigns/{id}/spend-max", params(("id" = String, Path)), request_body = NewSpendMax,
    responses((status = 200, body = Campaign), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn spend_max(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
    body: web::Json<NewSpendMax>,
) -> Result<web::Json<Campaign>, Problem> {
    let max = body.spend_max;
    control(&app, &signed, &request, *id, Action::CampaignLimitChanged, |campaign| campaign.limited(max)).await
}

/// What the limit does not see, or that it will stop the broadcast.
pub(super) fn finding(plan: &Plan, estimate: &Estimate) -> Option<Finding> {
    let max = plan.spend_max?;
    let found = estimate.totals.iter().find(|total| total.currency == max.currency);
    match found {
        None => {
            let text = format!("No price in {} is known, so its limit of spending cannot stop it.", max.currency);
            Some(Finding::look_at("spend_no_price", text).with("currency", &max.currency))
        }
        Some(_) if estimate.unpriced > 0 => {
            let people = estimate.unpriced;
            let text = format!("{people} people whose price is not known do not count against its limit of spending.");
            Some(Finding::look_at("spend_unpriced", text).with("people", &people))
        }
        Some(total) if total.micros >= max.micros => {
            let text = "It may cost more than its limit of spending: it would pause before everybody got it.";
            Some(Finding::look_at("spend_max", text))
        }
        Some(_) => None,
    }
}
