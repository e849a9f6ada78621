//! The second factor of the signed-in person.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use engine::account::Account;
use engine::audit::{Action, AuditEntry};
use engine::directory::Member;
use engine::id::TenantId;
use serde::{Deserialize, Serialize};

use super::me::account_of;
use crate::app::App;
use crate::auth::accounts;
use crate::auth::second_factor::{self, Proof, prove, wrong_code};
use crate::auth::sessions::is_enrolled;
use crate::auth::sign_in::{ask_again, before_code};
use crate::http::guard::{Signed, origin_of};
use crate::http::problem::Problem;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/me/second-factor", web::post().to(begin))
        .route("/me/second-factor", web::delete().to(remove))
        .route("/me/second-factor/confirm", web::post().to(confirm))
        .route("/me/second-factor/recovery-codes", web::post().to(recovery_codes));
}

/// What the phone needs.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Enrolment {
    /// Base32, for typing.
    secret: String,
    /// `otpauth://…`
    uri: String,
    /// The URI as a picture.
    qr_svg: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct Code {
    code: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct PasswordAndCode {
    password: String,
    code: String,
}

/// Shown once.
#[derive(Serialize, utoipa::ToSchema)]
pub struct RecoveryCodes {
    recovery_codes: Vec<String>,
}

fn conflict(code: &'static str, text: &'static str) -> Problem {
    Problem::new(StatusCode::CONFLICT, code, text)
}

fn not_begun() -> Problem {
    conflict("not_begun", "There is no second factor to confirm. Nothing was changed.").with_action("Begin again.")
}

fn no_factor() -> Problem {
    conflict("no_second_factor", "You have no second factor. Nothing was changed.").with_action("Set one up first.")
}

/// Begin to set it up; it counts after the first code
#[utoipa::path(post, path = "/api/v1/me/second-factor",
    responses((status = 200, body = Enrolment), (status = 401, body = Problem), (status = 409, body = Problem)))]
pub async fn begin(app: web::Data<App>, signed: Signed) -> Result<web::Json<Enrolment>, Problem> {
    let account = account_of(&app, &signed.0).await?;
    let factor = second_factor::new_factor();
    accounts::update(&app, account.id, Vec::new(), |account| {
        if is_enrolled(account) {
            let text = "You have a second factor already. Nothing was changed.";
            return Err(conflict("has_second_factor", text).with_action("Remove it first."));
        }
        account.second_factor = Some(factor.clone());
        Ok(())
    })
    .await?;
    let (secret, uri, qr_svg) = second_factor::enrolment(&factor, &account.email)?;
    Ok(web::Json(Enrolment { secret, uri, qr_svg }))
}

/// Show that the phone has it
#[utoipa::path(post, path = "/api/v1/me/second-factor/confirm", request_body = Code,
    responses((status = 200, body = RecoveryCodes), (status = 401, body = Problem), (status = 409, body = Problem)))]
pub async fn confirm(
    app: web::Data<App>,
    request: HttpRequest,
    signed: Signed,
    code: web::Json<Code>,
) -> Result<web::Json<RecoveryCodes>, Problem> {
    let account = account_of(&app, &signed.0).await?;
    before_code(&app, &request, &account)?;
    let (recovery_codes, hashes) = second_factor::new_recovery();
    let audit = told(&app, &request, &account, Action::SecondFactorEnabled).await?;
    let now = app.clock.now();
    accounts::update(&app, account.id, audit, |account| {
        let factor = account.second_factor.as_mut().filter(|factor| !factor.confirmed).ok_or_else(not_begun)?;
        if !second_factor::take_code(factor, &code.code, now)? {
            return Err(wrong_code());
        }
        factor.confirmed = true;
        factor.recovery.clone_from(&hashes);
        Ok(())
    })
    .await?;
    Ok(web::Json(RecoveryCodes { recovery_codes }))
}

/// New recovery codes; the old ones are worth nothing
#[utoipa::path(post, path = "/api/v1/me/second-factor/recovery-codes", request_body = Code,
    responses((status = 200, body = RecoveryCodes), (status = 401, body = Problem), (status = 409, body = Problem)))]
pub async fn recovery_codes(
    app: web::Data<App>,
    request: HttpRequest,
    signed: Signed,
    code: web::Json<Code>,
) -> Result<web::Json<RecoveryCodes>, Problem> {
    let account = account_of(&app, &signed.0).await?;
    before_code(&app, &request, &account)?;
    shown(prove(&app, &account, Some(&code.code)).await?)?;
    let (recovery_codes, hashes) = second_factor::new_recovery();
    let audit = told(&app, &request, &account, Action::SecondFactorRenewed).await?;
    accounts::update(&app, account.id, audit, |account| {
        account.second_factor.as_mut().ok_or_else(no_factor)?.recovery.clone_from(&hashes);
        Ok(())
    })
    .await?;
    Ok(web::Json(RecoveryCodes { recovery_codes }))
}

/// Remove it
#[utoipa::path(delete, path = "/api/v1/me/second-factor", request_body = PasswordAndCode,
    responses((status = 204), (status = 401, body = Problem), (status = 409, body = Problem)))]
pub async fn remove(
    app: web::Data<App>,
    request: HttpRequest,
    signed: Signed,
    proof: web::Json<PasswordAndCode>,
) -> Result<HttpResponse, Problem> {
    let PasswordAndCode { password, code } = proof.into_inner();
    let account = account_of(&app, &signed.0).await?;
    ask_again(&app, &request, &account, password).await?;
    shown(prove(&app, &account, Some(&code)).await?)?;
    let audit = told(&app, &request, &account, Action::SecondFactorDisabled).await?;
    accounts::update(&app, account.id, audit, |account| {
        account.second_factor = None;
        Ok(())
    })
    .await?;
    Ok(HttpResponse::NoContent().finish())
}

fn shown(proof: Proof) -> Result<(), Problem> {
    match proof {
        Proof::Right => Ok(()),
        Proof::NotNeeded => Err(no_factor()),
        Proof::Missing | Proof::Wrong => Err(wrong_code()),
    }
}

async fn told(
    app: &App,
    request: &HttpRequest,
    account: &Account,
    action: Action,
) -> Result<Vec<(TenantId, AuditEntry)>, Problem> {
    let (now, origin) = (app.clock.now(), origin_of(app, request));
    let entry =
        |member: &Member| AuditEntry::new(now, accounts::themselves(member), action).on(&member.id).from(Some(&origin));
    Ok(accounts::in_each_organization(app.store.as_ref(), &app.households, account.id, entry).await?)
}
