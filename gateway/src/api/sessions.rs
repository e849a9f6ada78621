//! Signing in and out, and the browsers one is signed in with.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use engine::account::Session;
use engine::id::{SessionId, TenantId};
use engine::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::lists::List;
use super::me::{Me, account_of, welcome};
use crate::app::App;
use crate::auth::sign_in::Credentials;
use crate::auth::{self, accounts, cookies};
use crate::http::guard::{Signed, origin_of};
use crate::http::problem::Problem;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/sessions", web::post().to(sign_in))
        .route("/sessions", web::get().to(list))
        .route("/sessions", web::delete().to(end_others))
        .route("/sessions/refresh", web::post().to(refresh))
        .route("/sessions/switch", web::post().to(switch))
        .route("/sessions/current", web::delete().to(sign_out))
        .route("/sessions/{id}", web::delete().to(end_one));
}

/// A browser that somebody is signed in with.
#[derive(Serialize, utoipa::ToSchema)]
pub struct SessionView {
    id: SessionId,
    created_at: Timestamp,
    last_seen_at: Timestamp,
    expires_at: Timestamp,
    ip: String,
    browser: String,
    device: String,
    /// The one that asks.
    current: bool,
}

impl SessionView {
    pub fn of(session: Session, asking: SessionId) -> Self {
        let Session { id, created_at, last_seen_at, expires_at, ip, browser, device, .. } = session;
        Self { id, created_at, last_seen_at, expires_at, ip, browser, device, current: id == asking }
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct Switch {
    #[schema(value_type = String)]
    organization_id: TenantId,
}

/// Sign in
#[utoipa::path(post, path = "/api/v1/sessions", request_body = Credentials,
    responses((status = 201, body = Me), (status = 401, body = Problem), (status = 429, body = Problem)))]
pub async fn sign_in(
    app: web::Data<App>,
    request: HttpRequest,
    credentials: web::Json<Credentials>,
) -> Result<HttpResponse, Problem> {
    let entry = auth::sign_in::sign_in(&app, &request, credentials.into_inner()).await?;
    welcome(&app, StatusCode::CREATED, entry).await
}

/// The next token, for the refresh cookie
#[utoipa::path(post, path = "/api/v1/sessions/refresh", responses((status = 200, body = Me), (status = 401, body = Problem)))]
pub async fn refresh(app: web::Data<App>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    welcome(&app, StatusCode::OK, auth::refresh::refresh(&app, &request).await?).await
}

/// Where one is signed in
#[utoipa::path(get, path = "/api/v1/sessions", responses((status = 200, body = List<SessionView>), (status = 401, body = Problem)))]
pub async fn list(app: web::Data<App>, signed: Signed) -> Result<web::Json<List<SessionView>>, Problem> {
    let current = signed.0.session;
    let view = |session| SessionView::of(session, current);
    Ok(web::Json(own(&app, &signed).await?.into_iter().map(view).collect::<Vec<_>>().into()))
}

/// In every organization, those that have not expired.
async fn own(app: &App, signed: &Signed) -> Result<Vec<Session>, Problem> {
    let account = account_of(app, &signed.0).await?;
    let (sessions, now) = (app.store.sessions_of(account.id).await?, app.clock.now());
    let stands = |session: &Session| now < session.expires_at && session.token_version == account.token_version;
    Ok(sessions.into_iter().filter(stands).collect())
}

/// Sign out one browser
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn end_one(
    app: web::Data<App>,
    request: HttpRequest,
    signed: Signed,
    id: web::Path<SessionId>,
) -> Result<HttpResponse, Problem> {
    let mut sessions = own(&app, &signed).await?;
    sessions.retain(|session| session.id == *id);
    if sessions.is_empty() {
        return Err(Problem::not_found());
    }
    end(&app, &request, &signed, sessions).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sign out all other browsers
#[utoipa::path(delete, path = "/api/v1/sessions", responses((status = 204), (status = 401, body = Problem)))]
pub async fn end_others(app: web::Data<App>, request: HttpRequest, signed: Signed) -> Result<HttpResponse, Problem> {
    let mut sessions = own(&app, &signed).await?;
    sessions.retain(|session| session.id != signed.0.session);
    end(&app, &request, &signed, sessions).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Sign out
#[utoipa::path(delete, path = "/api/v1/sessions/current", responses((status = 204), (status = 401, body = Problem)))]
pub async fn sign_out(app: web::Data<App>, request: HttpRequest, signed: Signed) -> Result<HttpResponse, Problem> {
    let session = app.store.session(signed.0.session).await?;
    end(&app, &request, &signed, session.into_iter().collect()).await?;
    let mut response = HttpResponse::NoContent();
    for cookie in cookies::none(&app) {
        response.cookie(cookie);
    }
    Ok(response.finish())
}

async fn end(app: &App, request: &HttpRequest, signed: &Signed, sessions: Vec<Session>) -> Result<(), Problem> {
    let (now, origin) = (app.clock.now(), origin_of(app, request));
    let audit = sessions.iter().map(|session| {
        let (tenant, entry) = auth::sessions::ended(session, signed.0.actor(), now);
        (tenant, entry.from(Some(&origin)))
    });
    let ids: Vec<_> = sessions.iter().map(|session| (session.tenant, session.id)).collect();
    auth::sessions::end(app, &ids, audit.collect()).await
}

/// Go on in another organization; this session ends
#[utoipa::path(post, path = "/api/v1/sessions/switch", request_body = Switch,
    responses((status = 200, body = Me), (status = 401, body = Problem), (status = 404, body = Problem)))]
pub async fn switch(
    app: web::Data<App>,
    request: HttpRequest,
    signed: Signed,
    wanted: web::Json<Switch>,
) -> Result<HttpResponse, Problem> {
    let account = account_of(&app, &signed.0).await?;
    let seat = accounts::seat(&app, account.id, Some(wanted.organization_id)).await?.ok_or_else(Problem::not_found)?;
    let entry = auth::sessions::open(&app, &request, &account, seat).await?;
    let session = app.store.session(signed.0.session).await?;
    end(&app, &request, &signed, session.into_iter().collect()).await?;
    welcome(&app, StatusCode::OK, entry).await
}
