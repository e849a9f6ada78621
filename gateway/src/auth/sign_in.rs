//! Signing in: e-mail, password, and a code where there is a second factor. Who has no account waits as long for the same
//! answer as who mistyped: what differs between them is left to the clerk.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use engine::account::Account;
use engine::id::TenantId;
use serde::Deserialize;

use super::limits::Door;
use super::second_factor::{Proof, prove, wrong_code};
use super::sessions::{self, Entry};
use super::{accounts, origin};
use crate::app::App;
use crate::clerk::{Errand, Refusal};
use crate::http::problem::Problem;

/// Longest e-mail address that is looked up, in bytes.
const EMAIL_MAX: usize = 254;

#[derive(Deserialize, utoipa::ToSchema)]
pub struct Credentials {
    pub email: String,
    pub password: String,
    /// Of the phone or from paper, when the answer before was `second_factor`.
    pub code: Option<String>,
    /// Where to sign in; the first organization when absent.
    #[schema(value_type = Option<String>)]
    pub organization_id: Option<TenantId>,
}

pub fn wrong_credentials() -> Problem {
    let text = "E-mail and password do not belong together.";
    Problem::new(StatusCode::UNAUTHORIZED, "wrong_credentials", text).with_action("Check both and try again.")
}

/// Somebody who is signed in mistyped their password.
pub fn wrong_password() -> Problem {
    let text = "The password is not right. Nothing was changed.";
    Problem::new(StatusCode::UNAUTHORIZED, "wrong_credentials", text).with_action("Check it and try again.")
}

pub fn second_factor() -> Problem {
    let text = "The password is right. A code of your phone, or one of your recovery codes, is needed as well.";
    Problem::new(StatusCode::UNAUTHORIZED, "second_factor", text).with_action("Send it again with the code.")
}

pub fn too_many(wait: Duration) -> Problem {
    let text = "There were too many attempts. Nothing was changed, and the account is not locked.";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", text)
        .with_action("Wait a little and try again.")
        .retry_after(wait)
}

/// As accounts are found by it.
pub fn normal_email(text: &str) -> String {
    let email = text.trim().to_lowercase();
    if email.len() <= EMAIL_MAX { email } else { String::new() }
}

pub async fn sign_in(app: &App, request: &HttpRequest, credentials: Credentials) -> Result<Entry, Problem> {
    let Credentials { email, password, code, organization_id } = credentials;
    let email = normal_email(&email);
    let clerk = app.clerk.reserve()?;
    let refused = |why: &'static str| {
        let origin = origin::of(request, &app.config.trusted_proxies);
        Errand::Refused(Refusal { email: email.clone(), only: organization_id, why, origin })
    };
    let ip = origin::ip(request, &app.config.trusted_proxies);
    if let Err(wait) = app.auth.limits.at(Door::Password, ip, &email) {
        clerk.send(refused("too_many_attempts"));
        return Err(too_many(wait));
    }
    let found = app.store.account_by_email(&email).await?;
    let right = app.auth.passwords.verify(found.as_ref(), password).await;
    let Some(account) = found.filter(|_| right) else {
        clerk.send(refused("wrong_credentials"));
        return Err(wrong_credentials());
    };
    let Some(seat) = accounts::seat(app, account.id, organization_id).await? else {
        clerk.send(refused("no_active_membership"));
        return Err(wrong_credentials());
    };
    match prove(app, &account, code.as_deref()).await? {
        Proof::NotNeeded | Proof::Right => sessions::open(app, request, &account, seat).await,
        Proof::Missing => Err(second_factor()),
        Proof::Wrong => {
            clerk.send(refused("wrong_code"));
            Err(wrong_code())
        }
    }
}

/// Asks somebody who is signed in, or whose account is named by a link, for their password once more.
pub async fn ask_again(app: &App, request: &HttpRequest, account: &Account, password: String) -> Result<(), Problem> {
    let ip = origin::ip(request, &app.config.trusted_proxies);
    app.auth.limits.at(Door::Password, ip, &account.email).map_err(too_many)?;
    if app.auth.passwords.verify(Some(account), password).await {
        return Ok(());
    }
    let origin = origin::of(request, &app.config.trusted_proxies);
    let refusal = Refusal { email: account.email.clone(), only: None, why: "wrong_credentials", origin };
    app.clerk.reserve()?.send(Errand::Refused(refusal));
    Err(wrong_password())
}

/// Limits guesses of a code by somebody who is signed in.
pub fn before_code(app: &App, request: &HttpRequest, account: &Account) -> Result<(), Problem> {
    let ip = origin::ip(request, &app.config.trusted_proxies);
    app.auth.limits.at(Door::Password, ip, &account.email).map_err(too_many)
}
