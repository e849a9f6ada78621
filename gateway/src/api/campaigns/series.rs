//! What a repeating broadcast has made so far.

use actix_web::web;
use engine::campaign::Campaign;
use engine::id::CampaignId;

use super::{CampaignRow, Counts, found};
use crate::api::lists::{List, Paging};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

/// The broadcasts that a repeating one has made, newest first
#[utoipa::path(get, path = "/api/v1/campaigns/{id}/occurrences", params(("id" = String, Path), Paging),
    responses((status = 200, body = List<CampaignRow>), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn occurrences(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<CampaignId>,
    paging: web::Query<Paging>,
) -> Result<web::Json<List<CampaignRow>>, Problem> {
    let tenant = signed.0.tenant;
    let series = found(&app, tenant, *id).await?;
    let made = series.series().map_or(0, |series| series.made);
    let page = paging.request();
    let before = match page.after {
        Some(cursor) => {
            cursor.0.parse::<u32>().map_err(|_| Problem::invalid("`cursor` is what the page before gave."))?
        }
        None => made,
    };
    let first = before.min(made);
    let end = first.saturating_sub(page.limit);
    let mut items = Vec::new();
    for nth in (end..first).rev() {
        let occurrence = Campaign::occurrence_id(*id, nth);
        // The newest may have been decided on and not be there yet.
        if let Some(campaign) = app.store.campaign(tenant, occurrence).await? {
            let counts = Counts::of(&app.store.tallies(tenant, occurrence).await?);
            items.push(CampaignRow { campaign, counts });
        }
    }
    Ok(web::Json(List { items, next: (end > 0).then(|| end.to_string()) }))
}
