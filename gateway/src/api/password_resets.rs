//! A forgotten password: a link by mail, or one that an admin hands over.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use engine::account::Account;
use engine::administration::within_reach;
use engine::audit::{Action, AuditEntry};
use engine::directory::Member;
use engine::id::MemberId;
use engine::mask;
use engine::rejection::Rejection;
use engine::time::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use super::administration::household;
use super::me::set_password;
use crate::app::App;
use crate::auth::limits::Door;
use crate::auth::sign_in::{normal_email, too_many};
use crate::auth::{accounts, links, origin};
use crate::clerk::{Errand, reset_link};
use crate::http::guard::{Signed, origin_of};
use crate::http::problem::Problem;

/// A link that an admin or the operator hands over is good for a day.
pub const HANDED_LIFE: Span = Span::hours(24);

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/password-resets", web::post().to(ask))
        .route("/password-resets/{token}", web::get().to(look))
        .route("/password-resets/{token}", web::post().to(set))
        .route("/members/{id}/password-reset", web::post().to(hand_over));
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct ResetWish {
    email: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ResetView {
    /// As much of it as its owner needs to know it: `l•••@aurora.example`.
    email: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewPassword {
    password: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ResetLink {
    link: String,
    expires_at: Timestamp,
}

/// Ask for a link; the answer is the same whether there is an account or not
#[utoipa::path(post, path = "/api/v1/password-resets", request_body = ResetWish,
    responses((status = 202), (status = 429, body = Problem)))]
pub async fn ask(
    app: web::Data<App>,
    request: HttpRequest,
    wish: web::Json<ResetWish>,
) -> Result<HttpResponse, Problem> {
    let email = normal_email(&wish.email);
    let place = app.clerk.reserve()?;
    let ip = origin::ip(&request, &app.config.trusted_proxies);
    app.auth.limits.at(Door::ResetLink, ip, &email).map_err(too_many)?;
    place.send(Errand::ResetWanted { email, origin: origin_of(&app, &request) });
    Ok(HttpResponse::Accepted().finish())
}

/// Whose link it is
#[utoipa::path(get, path = "/api/v1/password-resets/{token}", params(("token" = String, Path)),
    responses((status = 200, body = ResetView), (status = 410, body = Problem)))]
pub async fn look(app: web::Data<App>, token: web::Path<String>) -> Result<web::Json<ResetView>, Problem> {
    let account = app.store.reset(links::hash(&token), app.clock.now()).await?.ok_or(Rejection::LinkExpired)?;
    let account = app.store.account(account).await?.ok_or(Rejection::LinkExpired)?;
    Ok(web::Json(ResetView { email: mask::email(&account.email) }))
}

/// Set the new password; every browser is signed out
#[utoipa::path(post, path = "/api/v1/password-resets/{token}", params(("token" = String, Path)), request_body = NewPassword,
    responses((status = 204), (status = 410, body = Problem), (status = 422, body = Problem)))]
pub async fn set(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    wanted: web::Json<NewPassword>,
) -> Result<HttpResponse, Problem> {
    let (token, now) = (links::hash(&token), app.clock.now());
    // Not every guess may cost a hash.
    app.store.reset(token, now).await?.ok_or(Rejection::LinkExpired)?;
    let hash = app.auth.passwords.hash(wanted.into_inner().password).await?;
    let account = app.store.take_reset(token, now).await?.ok_or(Rejection::LinkExpired)?;
    let account = app.store.account(account).await?.ok_or(Rejection::LinkExpired)?;
    let origin = origin_of(&app, &request);
    let entry = |member: &Member| {
        AuditEntry::new(now, accounts::themselves(member), Action::AccountReset).on(&member.id).from(Some(&origin))
    };
    let audit = accounts::in_each_organization(app.store.as_ref(), &app.households, account.id, entry).await?;
    set_password(&app, &account, &hash, audit, |_: &Account| Ok(())).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Make a link to hand over, for when no mail is sent
#[utoipa::path(post, path = "/api/v1/members/{id}/password-reset", params(("id" = String, Path)),
    responses((status = 201, body = ResetLink), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn hand_over(
    app: web::Data<App>,
    request: HttpRequest,
    signed: Signed,
    id: web::Path<MemberId>,
) -> Result<HttpResponse, Problem> {
    let now = app.clock.now();
    let household = household(&app, &signed.0).await?;
    let member = within_reach(&household, &signed.0.actor(), *id, now)?;
    let account = member.account.ok_or_else(Problem::not_found)?;
    if app.store.memberships(account).await?.len() > 1 {
        // Whoever has the link has the account, and with it what the person is elsewhere.
        let text = "This person belongs to other organizations too. No link was made.";
        let action = if app.post.is_open() {
            "They ask for a link themselves, with \u{201c}Forgot password\u{201d} on the sign-in page; it comes by mail."
        } else {
            "Ask whoever runs this installation: \u{201c}jetto admin reset-password\u{201d} makes a link."
        };
        return Err(Problem::new(StatusCode::CONFLICT, "in_use", text).with_action(action));
    }
    let (token, hash) = links::new_token();
    let expires_at = now.plus(HANDED_LIFE);
    let entry = AuditEntry::new(now, signed.0.actor(), Action::AccountResetRequested).on(&member.id);
    let entry = entry.with("name", &member.name).from(Some(&origin_of(&app, &request)));
    app.store.put_reset(account, hash, expires_at, vec![(signed.0.tenant, entry)]).await?;
    Ok(HttpResponse::Created().json(ResetLink { link: reset_link(&app.origin, &token), expires_at }))
}
