//! Teams: who sees which conversations besides their own.

use std::collections::BTreeSet;

use actix_web::{HttpRequest, HttpResponse, web};
use engine::administration::{Command, TeamCommand};
use engine::household::Household;
use engine::id::{MemberId, TeamId};
use engine::time::IdSource as _;
use serde::{Deserialize, Serialize};

use super::administration::{change, household};
use super::lists::List;
use crate::app::App;
use crate::handover::off_team;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::shell::RandomIds;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/teams", web::get().to(list))
        .route("/teams", web::post().to(create))
        .route("/teams/{id}", web::put().to(update))
        .route("/teams/{id}", web::delete().to(delete));
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct TeamView {
    id: TeamId,
    name: String,
    /// Active people, in order of name.
    members: Vec<MemberId>,
}

impl TeamView {
    fn of(household: &Household, id: TeamId) -> Option<Self> {
        let team = household.teams.get(&id)?;
        let inside = household.members_by_name().into_iter();
        let inside = inside.filter(|member| member.is_active() && member.teams.contains(&id));
        Some(Self { id, name: team.name.clone(), members: inside.map(|member| member.id).collect() })
    }
}

/// Teams in order of name
#[utoipa::path(get, path = "/api/v1/teams", responses((status = 200, body = List<TeamView>), (status = 401, body = Problem)))]
pub async fn list(app: web::Data<App>, signed: Signed) -> Result<web::Json<List<TeamView>>, Problem> {
    let household = household(&app, &signed.0).await?;
    let mut views: Vec<_> = household.teams.keys().filter_map(|id| TeamView::of(&household, *id)).collect();
    views.sort_by_cached_key(|team| (team.name.to_lowercase(), team.id));
    Ok(web::Json(views.into()))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamContent {
    name: String,
    /// All of its members from now on.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    members: BTreeSet<MemberId>,
}

/// Make a team
#[utoipa::path(post, path = "/api/v1/teams", request_body = TeamContent,
    responses((status = 201, body = TeamView), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub async fn create(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    wanted: web::Json<TeamContent>,
) -> Result<HttpResponse, Problem> {
    let TeamContent { name, members } = wanted.into_inner();
    let id = TeamId::from_bytes(RandomIds.next());
    let household = change(&app, &signed, &request, Command::Team(TeamCommand::Create { id, name, members })).await?;
    Ok(HttpResponse::Created().json(TeamView::of(&household, id).ok_or_else(Problem::not_found)?))
}

/// Rename a team, or say who is in it
#[utoipa::path(put, path = "/api/v1/teams/{id}", params(("id" = String, Path)), request_body = TeamContent,
    responses((status = 200, body = TeamView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn update(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<TeamId>,
    wanted: web::Json<TeamContent>,
) -> Result<web::Json<TeamView>, Problem> {
    let TeamContent { name, members } = wanted.into_inner();
    let command = Command::Team(TeamCommand::Change { id: *id, name, members });
    let household = change(&app, &signed, &request, command).await?;
    Ok(web::Json(TeamView::of(&household, *id).ok_or_else(Problem::not_found)?))
}

/// Delete a team; its conversations are nobody's team's
#[utoipa::path(delete, path = "/api/v1/teams/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn delete(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<TeamId>,
) -> Result<HttpResponse, Problem> {
    let household = household(&app, &signed.0).await?;
    household.teams.get(&id).ok_or_else(Problem::not_found)?;
    off_team(&app, signed.0.tenant, *id).await?;
    change(&app, &signed, &request, Command::Team(TeamCommand::Delete { id: *id })).await?;
    // Those that were given to it meanwhile.
    off_team(&app, signed.0.tenant, *id).await?;
    Ok(HttpResponse::NoContent().finish())
}
