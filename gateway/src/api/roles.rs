//! Roles: the eight that everybody starts with, and those that the organization made; and the permissions they are made of.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use engine::administration::{Command, RoleCommand};
use engine::directory::RoleId;
use engine::household::Household;
use engine::id::CustomRoleId;
use engine::permission::{Grants, Permission, Role};
use engine::time::IdSource as _;
use serde::{Deserialize, Serialize};

use super::administration::{change, household};
use super::lists::List;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::shell::RandomIds;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/permissions", web::get().to(permissions))
        .route("/roles", web::get().to(list))
        .route("/roles", web::post().to(create))
        .route("/roles/{id}", web::put().to(update))
        .route("/roles/{id}", web::delete().to(delete));
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct PermissionView {
    key: &'static str,
    group: &'static str,
    description: &'static str,
}

/// The 43 permissions in their order
#[utoipa::path(get, path = "/api/v1/permissions", responses((status = 200, body = List<PermissionView>), (status = 401, body = Problem)))]
pub async fn permissions(_: Signed) -> web::Json<List<PermissionView>> {
    let all = Permission::ALL.iter().map(|permission| PermissionView {
        key: permission.key(),
        group: permission.group(),
        description: permission.description(),
    });
    web::Json(all.collect::<Vec<_>>().into())
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct RoleView {
    id: RoleId,
    name: String,
    description: String,
    /// One of the eight: it cannot be changed, only copied.
    is_default: bool,
    /// Given by owners only: `owner`.
    is_fixed: bool,
    #[schema(value_type = Vec<String>)]
    permissions: Grants,
    /// Active people who have it.
    members: usize,
}

impl RoleView {
    fn of(household: &Household, id: RoleId) -> Option<Self> {
        let (name, description, permissions) = match id {
            RoleId::Default(role) => (role.name().to_owned(), String::new(), role.grants()),
            RoleId::Custom(id) => {
                let role = household.roles.get(&id)?;
                (role.name.clone(), role.description.clone(), role.permissions)
            }
        };
        let holders = household.members.values().filter(|member| member.role == id);
        let members = holders.filter(|member| member.is_active() && !member.is_service()).count();
        let is_default = matches!(id, RoleId::Default(_));
        Some(Self { id, name, description, is_default, is_fixed: id == RoleId::OWNER, permissions, members })
    }
}

/// The default roles, then the organization's own in order of name
#[utoipa::path(get, path = "/api/v1/roles", responses((status = 200, body = List<RoleView>), (status = 401, body = Problem)))]
pub async fn list(app: web::Data<App>, signed: Signed) -> Result<web::Json<List<RoleView>>, Problem> {
    let household = household(&app, &signed.0).await?;
    let mut own: Vec<_> = household.roles.values().collect();
    own.sort_by_cached_key(|role| (role.name.to_lowercase(), role.id));
    let defaults = Role::ALL.iter().map(|role| RoleId::Default(*role));
    let all = defaults.chain(own.into_iter().map(|role| RoleId::Custom(role.id)));
    Ok(web::Json(all.filter_map(|id| RoleView::of(&household, id)).collect::<Vec<_>>().into()))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleContent {
    name: String,
    #[serde(default)]
    description: String,
    #[schema(value_type = Vec<String>)]
    permissions: Grants,
}

/// Make a role
#[utoipa::path(post, path = "/api/v1/roles", request_body = RoleContent,
    responses((status = 201, body = RoleView), (status = 403, body = Problem), (status = 409, body = Problem)))]
pub async fn create(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    wanted: web::Json<RoleContent>,
) -> Result<HttpResponse, Problem> {
    let RoleContent { name, description, permissions } = wanted.into_inner();
    let id = CustomRoleId::from_bytes(RandomIds.next());
    let command = Command::Role(RoleCommand::Create { id, name, description, permissions });
    let household = change(&app, &signed, &request, command).await?;
    Ok(HttpResponse::Created().json(RoleView::of(&household, RoleId::Custom(id)).ok_or_else(Problem::not_found)?))
}

/// Change a role of the organization's own
#[utoipa::path(put, path = "/api/v1/roles/{id}", params(("id" = String, Path)), request_body = RoleContent,
    responses((status = 200, body = RoleView), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn update(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<RoleId>,
    wanted: web::Json<RoleContent>,
) -> Result<web::Json<RoleView>, Problem> {
    let RoleContent { name, description, permissions } = wanted.into_inner();
    let command = RoleCommand::Change { id: custom(*id)?, name, description, permissions };
    let household = change(&app, &signed, &request, Command::Role(command)).await?;
    Ok(web::Json(RoleView::of(&household, *id).ok_or_else(Problem::not_found)?))
}

/// Delete a role that nobody has
#[utoipa::path(delete, path = "/api/v1/roles/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn delete(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<RoleId>,
) -> Result<HttpResponse, Problem> {
    change(&app, &signed, &request, Command::Role(RoleCommand::Delete { id: custom(*id)? })).await?;
    Ok(HttpResponse::NoContent().finish())
}

fn custom(id: RoleId) -> Result<CustomRoleId, Problem> {
    match id {
        RoleId::Custom(id) => Ok(id),
        RoleId::Default(_) => {
            let text = "The default roles stay as they are. Nothing was saved.";
            let problem = Problem::new(StatusCode::CONFLICT, "default_role", text);
            Err(problem.with_action("Make a copy of it and change the copy."))
        }
    }
}
