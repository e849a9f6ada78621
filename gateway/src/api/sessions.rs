//! Signing in and out, and who one is.

use actix_web::{HttpRequest, HttpResponse, web};
use engine::access::Principal;
use engine::directory::{Member, Number, Organization, RoleId};
use engine::id::{AccountId, MemberId, PhoneNumberId, TenantId, WabaId};
use engine::permission::{Permission, Role};
use serde::{Deserialize, Serialize};

use super::administration::household;
use crate::app::App;
use crate::auth;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/sessions", web::post().to(sign_in))
        .route("/sessions/current", web::delete().to(sign_out))
        .route("/me", web::get().to(me));
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct Credentials {
    email: String,
    password: String,
}

/// The signed-in member.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Me {
    member: MeMember,
    organization: Organization,
    /// Keys of `permissions.json`.
    permissions: Vec<&'static str>,
    numbers: Vec<NumberView>,
    /// Whether this is `jetto demo`.
    demo: bool,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct MeMember {
    id: MemberId,
    name: String,
    email: String,
    #[schema(value_type = Role)]
    role: RoleId,
}

/// A number without its token.
#[derive(Serialize, utoipa::ToSchema)]
pub struct NumberView {
    phone_number_id: PhoneNumberId,
    waba_id: WabaId,
    name: String,
    display: String,
}

impl From<Number> for NumberView {
    fn from(number: Number) -> Self {
        let Number { phone_number_id, waba_id, name, display, .. } = number;
        Self { phone_number_id, waba_id, name, display }
    }
}

/// Sign in
#[utoipa::path(post, path = "/api/v1/sessions", request_body = Credentials,
    responses((status = 201, body = Me), (status = 401, body = Problem)))]
pub async fn sign_in(
    app: web::Data<App>,
    request: HttpRequest,
    credentials: web::Json<Credentials>,
) -> Result<HttpResponse, Problem> {
    let Credentials { email, password } = credentials.into_inner();
    let found = app.store.account_by_email(&email.trim().to_lowercase()).await?;
    let right = app.auth.verify(found.as_ref(), password).await;
    if let Some(account) = found.filter(|_| right)
        && let Some(seat) = first_seat(&app, account.id).await?
    {
        let (principal, cookie) = auth::sign_in(&app, &request, &account, seat).await?;
        return Ok(HttpResponse::Created().cookie(cookie).json(describe(&app, &principal).await?));
    }
    let status = actix_web::http::StatusCode::UNAUTHORIZED;
    Err(Problem::new(status, "wrong_credentials", "E-mail and password do not belong together.")
        .with_action("Check both and try again."))
}

/// The first organization that the person is active in.
async fn first_seat(app: &App, account: AccountId) -> Result<Option<(TenantId, MemberId)>, Problem> {
    for (tenant, member) in app.store.memberships(account).await? {
        let household = app.households.of(app.store.as_ref(), tenant).await?;
        if household.is_some_and(|household| household.member(member).is_some_and(Member::is_active)) {
            return Ok(Some((tenant, member)));
        }
    }
    Ok(None)
}

/// Sign out
#[utoipa::path(delete, path = "/api/v1/sessions/current", responses((status = 204), (status = 401, body = Problem)))]
pub async fn sign_out(app: web::Data<App>, signed: Signed) -> Result<HttpResponse, Problem> {
    let cookie = auth::sign_out(&app, &signed.0).await?;
    Ok(HttpResponse::NoContent().cookie(cookie).finish())
}

/// Who am I; renews the cookie
#[utoipa::path(get, path = "/api/v1/me", responses((status = 200, body = Me), (status = 401, body = Problem)))]
pub async fn me(app: web::Data<App>, signed: Signed) -> Result<HttpResponse, Problem> {
    let cookie = auth::renew(&app, &signed.0)?;
    Ok(HttpResponse::Ok().cookie(cookie).json(describe(&app, &signed.0).await?))
}

pub async fn describe(app: &App, principal: &Principal) -> Result<Me, Problem> {
    let household = household(app, principal).await?;
    let member = household.member(principal.person.id).cloned().ok_or_else(Problem::signed_out)?;
    let numbers = app.store.numbers(principal.tenant).await?;
    Ok(Me {
        member: MeMember { id: member.id, name: member.name, email: member.email, role: member.role },
        organization: household.organization.clone(),
        permissions: principal.grants.iter().map(Permission::key).collect(),
        numbers: numbers.into_iter().map(NumberView::from).collect(),
        demo: app.demo.is_some(),
    })
}
