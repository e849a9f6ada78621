//! Keys for programs, as those see them who make them.

use actix_web::{HttpRequest, HttpResponse, web};
use engine::administration::{ApiKeyCommand, Command};
use engine::household::Household;
use engine::id::{ApiKeyId, MemberId};
use engine::permission::Grants;
use engine::time::{IdSource as _, Timestamp};
use serde::{Deserialize, Serialize};

use super::administration::{change, name_of};
use super::lists::List;
use crate::app::App;
use crate::auth::links;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::shell::RandomIds;

/// So that scanners of leaked secrets recognize one.
pub const KEY_PREFIX: &str = "jetto_";

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/api-keys", web::get().to(list))
        .route("/api-keys", web::post().to(create))
        .route("/api-keys/{id}", web::delete().to(delete));
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ApiKeyView {
    id: ApiKeyId,
    name: String,
    #[schema(value_type = Vec<String>)]
    permissions: Grants,
    /// A name.
    created_by: String,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    last_used_at: Option<Timestamp>,
}

/// A key with its text, which is never shown again.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ApiKeyWithText {
    #[serde(flatten)]
    api_key: ApiKeyView,
    /// Sent as `Authorization: Bearer`.
    key: String,
}

impl ApiKeyView {
    fn of(household: &Household, id: ApiKeyId) -> Option<Self> {
        let key = household.api_keys.get(&id)?;
        Some(Self {
            id,
            name: key.name.clone(),
            permissions: key.permissions,
            created_by: name_of(household, key.created_by),
            created_at: key.created_at,
            expires_at: key.expires_at,
            last_used_at: key.last_used_at,
        })
    }
}

/// Keys, the newest first
#[utoipa::path(get, path = "/api/v1/api-keys", responses((status = 200, body = List<ApiKeyView>), (status = 403, body = Problem)))]
pub async fn list(app: web::Data<App>, signed: Signed) -> Result<web::Json<List<ApiKeyView>>, Problem> {
    // As stored: a use of a key is no change, so the household in memory does not know of it.
    let household = app.store.household(signed.0.tenant).await?.ok_or_else(Problem::signed_out)?;
    let mut views: Vec<_> = household.api_keys.keys().filter_map(|id| ApiKeyView::of(&household, *id)).collect();
    views.sort_by_key(|key| std::cmp::Reverse((key.created_at, key.id)));
    Ok(web::Json(views.into()))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewApiKey {
    name: String,
    #[schema(value_type = Vec<String>)]
    permissions: Grants,
    expires_at: Option<Timestamp>,
}

/// Make a key; its text is in this answer and nowhere else
#[utoipa::path(post, path = "/api/v1/api-keys", request_body = NewApiKey,
    responses((status = 201, body = ApiKeyWithText), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn create(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    wanted: web::Json<NewApiKey>,
) -> Result<HttpResponse, Problem> {
    let NewApiKey { name, permissions, expires_at } = wanted.into_inner();
    let (id, member) = (ApiKeyId::from_bytes(RandomIds.next()), MemberId::from_bytes(RandomIds.next()));
    let key = format!("{KEY_PREFIX}{}", links::new_token().0);
    let command = ApiKeyCommand::Create { id, member, name, hash: links::hash(&key), permissions, expires_at };
    let household = change(&app, &signed, &request, Command::ApiKey(command)).await?;
    let api_key = ApiKeyView::of(&household, id).ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Created().json(ApiKeyWithText { api_key, key }))
}

/// Delete a key; it is worth nothing from now on
#[utoipa::path(delete, path = "/api/v1/api-keys/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn delete(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ApiKeyId>,
) -> Result<HttpResponse, Problem> {
    change(&app, &signed, &request, Command::ApiKey(ApiKeyCommand::Delete { id: *id })).await?;
    Ok(HttpResponse::NoContent().finish())
}
