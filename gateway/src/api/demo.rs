//! The demo's front door: pick a person, no password. There only in `jetto demo`.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use engine::id::{MemberId, TenantId};
use engine::permission::Role;
use serde::{Deserialize, Serialize};

use super::me::{Me, welcome};
use crate::app::App;
use crate::auth::sessions;
use crate::http::problem::Problem;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/demo", web::get().to(people)).route("/demo/sessions", web::post().to(sign_in));
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DemoDoor {
    pub organizations: Vec<DemoOrganization>,
    pub people: Vec<DemoPerson>,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DemoOrganization {
    pub id: TenantId,
    pub name: String,
    pub about: String,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct DemoPerson {
    pub member_id: MemberId,
    pub organization_id: TenantId,
    pub role: Role,
    pub name: String,
    pub about: String,
    pub r#try: String,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct DemoChoice {
    member_id: MemberId,
}

/// Who one can be
#[utoipa::path(get, path = "/api/v1/demo", responses((status = 200, body = DemoDoor), (status = 404, body = Problem)))]
pub async fn people(app: web::Data<App>) -> Result<web::Json<DemoDoor>, Problem> {
    let demo = app.demo.as_ref().ok_or_else(Problem::not_found)?;
    Ok(web::Json(demo.door.clone()))
}

/// Be this person
#[utoipa::path(post, path = "/api/v1/demo/sessions", request_body = DemoChoice, responses((status = 201, body = Me), (status = 404, body = Problem)))]
pub async fn sign_in(
    app: web::Data<App>,
    request: HttpRequest,
    choice: web::Json<DemoChoice>,
) -> Result<HttpResponse, Problem> {
    let demo = app.demo.as_ref().ok_or_else(Problem::not_found)?;
    let person =
        demo.door.people.iter().find(|person| person.member_id == choice.member_id).ok_or_else(Problem::not_found)?;
    let household = app.households.of(app.store.as_ref(), person.organization_id).await?;
    let account = household.and_then(|household| household.member(person.member_id)?.account);
    let account = app.store.account(account.ok_or_else(Problem::not_found)?).await?.ok_or_else(Problem::not_found)?;
    let seat = (person.organization_id, person.member_id);
    welcome(&app, StatusCode::CREATED, sessions::open(&app, &request, &account, seat).await?).await
}
