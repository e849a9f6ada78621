//! Saved segments, and how many people a tree matches.

use actix_web::{HttpRequest, HttpResponse, web};
use engine::administration::{Command, SegmentCommand};
use engine::household::Household;
use engine::id::SegmentId;
use engine::segment::{Census, Node, Question, Segment};
use engine::time::IdSource as _;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::administration::{change, household};
use super::lists::List;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::shell::RandomIds;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/segments", web::get().to(list))
        .route("/segments", web::post().to(create))
        .route("/segments/count", web::post().to(count))
        .route("/segments/{id}", web::put().to(update))
        .route("/segments/{id}", web::delete().to(delete));
}

/// Segments in order of name
#[utoipa::path(get, path = "/api/v1/segments", responses((status = 200, body = List<Segment>), (status = 403, body = Problem)))]
pub async fn list(app: web::Data<App>, signed: Signed) -> Result<web::Json<List<Segment>>, Problem> {
    let household = household(&app, &signed.0).await?;
    let mut segments: Vec<_> = household.segments.values().cloned().collect();
    segments.sort_by_cached_key(|segment| (segment.name.to_lowercase(), segment.id));
    Ok(web::Json(segments.into()))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentContent {
    name: String,
    tree: Node,
}

fn one(household: &Household, id: SegmentId) -> Result<Segment, Problem> {
    household.segments.get(&id).cloned().ok_or_else(Problem::not_found)
}

/// Save a segment
#[utoipa::path(post, path = "/api/v1/segments", request_body = SegmentContent,
    responses((status = 201, body = Segment), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn create(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    wanted: web::Json<SegmentContent>,
) -> Result<HttpResponse, Problem> {
    let SegmentContent { name, tree } = wanted.into_inner();
    let id = SegmentId::from_bytes(RandomIds.next());
    let command = Command::Segment(SegmentCommand::Create { id, name, tree });
    let household = change(&app, &signed, &request, command).await?;
    Ok(HttpResponse::Created().json(one(&household, id)?))
}

/// Change a segment
#[utoipa::path(put, path = "/api/v1/segments/{id}", params(("id" = String, Path)), request_body = SegmentContent,
    responses((status = 200, body = Segment), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn update(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<SegmentId>,
    wanted: web::Json<SegmentContent>,
) -> Result<web::Json<Segment>, Problem> {
    let SegmentContent { name, tree } = wanted.into_inner();
    let command = Command::Segment(SegmentCommand::Change { id: *id, name, tree });
    let household = change(&app, &signed, &request, command).await?;
    Ok(web::Json(one(&household, *id)?))
}

/// Delete a segment; its contacts stay
#[utoipa::path(delete, path = "/api/v1/segments/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn delete(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<SegmentId>,
) -> Result<HttpResponse, Problem> {
    change(&app, &signed, &request, Command::Segment(SegmentCommand::Delete { id: *id })).await?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SegmentQuestion {
    tree: Node,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct SegmentCount {
    #[serde(flatten)]
    census: Census,
    took_ms: u64,
}

/// How many people a tree matches, and each part of it
#[utoipa::path(post, path = "/api/v1/segments/count", request_body = SegmentQuestion,
    responses((status = 200, body = SegmentCount), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn count(
    app: web::Data<App>,
    signed: Signed,
    wanted: web::Json<SegmentQuestion>,
) -> Result<web::Json<SegmentCount>, Problem> {
    let SegmentQuestion { tree } = wanted.into_inner();
    tree.check(&household(&app, &signed.0).await?.settings.contact_fields)?;
    let began = Instant::now();
    let census = app.store.census(signed.0.tenant, Question::of(&tree, app.clock.now())).await?;
    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(web::Json(SegmentCount { census, took_ms }))
}
