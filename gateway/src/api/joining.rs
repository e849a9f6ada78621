//! Joining an organization by the link of an invitation.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use engine::account::{Account, check_name};
use engine::administration::{Actor, Command, InvitationCommand, Joining};
use engine::audit::AuditActor;
use engine::directory::Invitation;
use engine::household::Household;
use engine::id::{AccountId, MemberId};
use engine::rejection::Rejection;
use engine::time::IdSource as _;
use serde::{Deserialize, Serialize};

use super::administration::RoleRef;
use super::me::{Me, welcome};
use crate::app::App;
use crate::auth::second_factor::{Proof, prove, wrong_code};
use crate::auth::sign_in::{ask_again, second_factor};
use crate::auth::{links, sessions};
use crate::http::guard::origin_of;
use crate::http::problem::Problem;
use crate::shell::RandomIds;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/invitations/by-token/{token}", web::get().to(look))
        .route("/invitations/by-token/{token}", web::post().to(join));
}

/// What one is invited to.
#[derive(Serialize, utoipa::ToSchema)]
pub struct InvitationDoor {
    /// Its name.
    organization: String,
    email: String,
    role: RoleRef,
    /// The address has an account: its password is asked for, instead of a new one.
    has_account: bool,
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct Join {
    /// Needed without an account.
    name: Option<String>,
    password: String,
    /// Where the account has a second factor, as at sign-in.
    code: Option<String>,
}

/// The invitation of this link, as long as it is good.
async fn invitation(app: &App, token: &str) -> Result<(Arc<Household>, Invitation), Problem> {
    let found = app.store.invitation_by_token(links::hash(token)).await?;
    let (tenant, id) = found.ok_or(Rejection::LinkExpired)?;
    let household = app.households.of(app.store.as_ref(), tenant).await?.ok_or(Rejection::LinkExpired)?;
    let invitation = household.invitations.get(&id).cloned().ok_or(Rejection::LinkExpired)?;
    let stands = app.clock.now() < invitation.expires_at && invitation.token_hash == links::hash(token);
    if stands { Ok((household, invitation)) } else { Err(Rejection::LinkExpired.into()) }
}

/// Look at an invitation
#[utoipa::path(get, path = "/api/v1/invitations/by-token/{token}", params(("token" = String, Path)),
    responses((status = 200, body = InvitationDoor), (status = 410, body = Problem)))]
pub async fn look(app: web::Data<App>, token: web::Path<String>) -> Result<web::Json<InvitationDoor>, Problem> {
    let (household, invitation) = invitation(&app, &token).await?;
    let has_account = app.store.account_by_email(&invitation.email).await?.is_some();
    let role = RoleRef::of(&household, invitation.role);
    let organization = household.organization.name.clone();
    Ok(web::Json(InvitationDoor { organization, email: invitation.email, role, has_account }))
}

/// Join, with a new account or with one's own
#[utoipa::path(post, path = "/api/v1/invitations/by-token/{token}", params(("token" = String, Path)), request_body = Join,
    responses((status = 201, body = Me), (status = 401, body = Problem), (status = 409, body = Problem),
        (status = 410, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn join(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    join: web::Json<Join>,
) -> Result<HttpResponse, Problem> {
    let (household, invitation) = invitation(&app, &token).await?;
    let Join { name, password, code } = join.into_inner();
    let (tenant, now) = (household.organization.id, app.clock.now());
    let (account, joining) = if let Some(account) = app.store.account_by_email(&invitation.email).await? {
        show_it_is_theirs(&app, &request, &account, password, code).await?;
        (account.clone(), Joining::Known(Box::new(account)))
    } else {
        let name = check_name(&name.unwrap_or_default())?;
        let hash = app.auth.passwords.hash(password).await?;
        let id = AccountId::from_bytes(RandomIds.next());
        let account = Account::new(id, invitation.email, name, Some(hash), now);
        (account.clone(), Joining::New(Box::new(account)))
    };
    let member = MemberId::from_bytes(RandomIds.next());
    let actor = Actor { who: AuditActor::Nobody, origin: Some(origin_of(&app, &request)) };
    let accept = Command::Invitation(InvitationCommand::Accept { id: invitation.id, member, joining });
    app.households.change(app.store.as_ref(), tenant, &actor, accept, now).await?;
    welcome(&app, StatusCode::CREATED, sessions::open(&app, &request, &account, (tenant, member)).await?).await
}

/// Joining opens a session of the account: a link asks for as much as the sign-in page.
async fn show_it_is_theirs(
    app: &App,
    request: &HttpRequest,
    account: &Account,
    password: String,
    code: Option<String>,
) -> Result<(), Problem> {
    ask_again(app, request, account, password).await?;
    match prove(app, account, code.as_deref()).await? {
        Proof::NotNeeded | Proof::Right => Ok(()),
        Proof::Missing => Err(second_factor()),
        Proof::Wrong => Err(wrong_code()),
    }
}
