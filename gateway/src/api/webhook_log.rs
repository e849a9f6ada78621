//! What came from Meta and what became of it.

use std::sync::atomic::Ordering;

use actix_web::{HttpResponse, web};
use engine::id::IntakeId;
use engine::intake::{IntakeEntry, IntakeOutcome, IntakeSummary};
use engine::ports::IntakeQuery;
use engine::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::lists::{List, Paging};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/webhook-log", web::get().to(list))
        .route("/webhook-log/summary", web::get().to(summary))
        .route("/webhook-log/{id}", web::get().to(one))
        .route("/webhook-log/{id}/replay", web::post().to(replay));
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    outcome: Option<IntakeOutcome>,
    cursor: Option<String>,
    limit: Option<u32>,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct WebhookDetail {
    #[serde(flatten)]
    entry: IntakeEntry,
    /// The item as Meta sent it.
    raw: String,
}

/// Items, newest first
#[utoipa::path(get, path = "/api/v1/webhook-log", params(LogQuery),
    responses((status = 200, body = List<IntakeEntry>), (status = 403, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    signed: Signed,
    query: web::Query<LogQuery>,
) -> Result<web::Json<List<IntakeEntry>>, Problem> {
    let page = Paging { cursor: query.cursor.clone(), limit: query.limit }.request();
    let query = IntakeQuery { outcome: query.outcome, page };
    Ok(web::Json(app.store.entries(signed.0.tenant, query).await?.into()))
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Summary {
    /// All items together.
    received: u64,
    #[serde(flatten)]
    counts: IntakeSummary,
    /// Wrong signatures since the server started: nothing of them is stored, so nobody knows whose they were.
    refused: u64,
}

/// What came since the start of the day (UTC)
#[utoipa::path(get, path = "/api/v1/webhook-log/summary", responses((status = 200, body = Summary), (status = 403, body = Problem)))]
pub async fn summary(app: web::Data<App>, signed: Signed) -> Result<web::Json<Summary>, Problem> {
    let now = app.clock.now();
    let day = Span::hours(24).0;
    let start = Timestamp(now.0 - now.0.rem_euclid(day));
    let counts = app.store.summary(signed.0.tenant, start).await?;
    let received = counts.stored + counts.processed + counts.duplicate + counts.quarantined;
    Ok(web::Json(Summary { received, counts, refused: app.refused.load(Ordering::Relaxed) }))
}

/// One item with its body
#[utoipa::path(get, path = "/api/v1/webhook-log/{id}", params(("id" = String, Path)),
    responses((status = 200, body = WebhookDetail), (status = 404, body = Problem)))]
pub async fn one(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<IntakeId>,
) -> Result<web::Json<WebhookDetail>, Problem> {
    let (entry, raw) = app.store.entry(signed.0.tenant, *id).await?.ok_or_else(Problem::not_found)?;
    Ok(web::Json(WebhookDetail { entry, raw: String::from_utf8_lossy(&raw).into_owned() }))
}

/// Process it again; what is in the history already stays one
#[utoipa::path(post, path = "/api/v1/webhook-log/{id}/replay", params(("id" = String, Path)),
    responses((status = 202, body = IntakeEntry), (status = 404, body = Problem)))]
pub async fn replay(app: web::Data<App>, signed: Signed, id: web::Path<IntakeId>) -> Result<HttpResponse, Problem> {
    let tenant = signed.0.tenant;
    let record = app.store.reopen(tenant, *id).await?.ok_or_else(Problem::not_found)?;
    let (entry, _) = app.store.entry(tenant, *id).await?.ok_or_else(Problem::not_found)?;
    app.actors.arrived(tenant, [record].into());
    Ok(HttpResponse::Accepted().json(entry))
}
