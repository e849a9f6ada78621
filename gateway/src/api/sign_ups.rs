//! Strangers who make an organization, where the operator allows it.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use engine::account::{Account, check_email, check_name};
use engine::administration::{Actor, Founding, found};
use engine::audit::AuditActor;
use engine::id::{AccountId, MemberId, TenantId};
use engine::ports::{Created, StoreError};
use engine::time::IdSource as _;
use serde::{Deserialize, Serialize};

use super::me::{Me, welcome};
use crate::app::App;
use crate::auth::accounts::email_taken;
use crate::auth::sign_in::too_many;
use crate::auth::{origin, sessions};
use crate::config::SignUp;
use crate::http::guard::origin_of;
use crate::http::problem::Problem;
use crate::shell::RandomIds;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/sign-ups", web::get().to(look)).route("/sign-ups", web::post().to(sign_up));
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct SignUpDoor {
    open: bool,
}

#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewOrganization {
    organization: String,
    /// The owner's.
    name: String,
    email: String,
    password: String,
}

fn is_open(app: &App) -> bool {
    app.config.sign_up == SignUp::Open
}

/// Whether one may sign up
#[utoipa::path(get, path = "/api/v1/sign-ups", responses((status = 200, body = SignUpDoor)))]
pub async fn look(app: web::Data<App>) -> web::Json<SignUpDoor> {
    web::Json(SignUpDoor { open: is_open(&app) })
}

/// Make an organization, as its owner
#[utoipa::path(post, path = "/api/v1/sign-ups", request_body = NewOrganization,
    responses((status = 201, body = Me), (status = 403, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn sign_up(
    app: web::Data<App>,
    request: HttpRequest,
    wanted: web::Json<NewOrganization>,
) -> Result<HttpResponse, Problem> {
    if !is_open(&app) {
        let text = "Nobody can sign up on this server. Nothing was created.";
        return Err(Problem::new(StatusCode::FORBIDDEN, "sign_up_closed", text)
            .with_action("Ask an admin of your organization for an invitation."));
    }
    app.auth.limits.network(origin::ip(&request, &app.config.trusted_proxies)).map_err(too_many)?;
    let NewOrganization { organization, name, email, password } = wanted.into_inner();
    let (email, name) = (check_email(&email)?, check_name(&name)?);
    if app.store.account_by_email(&email).await?.is_some() {
        return Err(email_taken());
    }
    let hash = app.auth.passwords.hash(password).await?;
    let now = app.clock.now();
    let account = Account::new(AccountId::from_bytes(RandomIds.next()), email, name, Some(hash), now);
    let founding = Founding {
        id: TenantId::from_bytes(RandomIds.next()),
        name: organization,
        member: MemberId::from_bytes(RandomIds.next()),
    };
    let seat = (founding.id, founding.member);
    let actor = Actor { who: AuditActor::Nobody, origin: Some(origin_of(&app, &request)) };
    let (household, audit) = found(&actor, founding, &account, now)?;
    match app.store.create_organization(household, vec![account.clone()], audit).await? {
        Created::Created => {}
        Created::EmailTaken => return Err(email_taken()),
        Created::Exists => return Err(StoreError::Busy.into()),
    }
    welcome(&app, StatusCode::CREATED, sessions::open(&app, &request, &account, seat).await?).await
}
