//! The organization itself: its name, what it decides for everybody, and whose it is.

use actix_web::{HttpRequest, HttpResponse, web};
use engine::administration::{Command, SettingsChange, Transfer};
use engine::campaign::CampaignCap;
use engine::household::Household;
use engine::id::{MemberId, TenantId};
use serde::{Deserialize, Serialize};

use super::administration::{change, household};
use super::lists::present;
use super::me::account_of;
use crate::app::App;
use crate::auth::sign_in::ask_again;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/organization", web::get().to(one))
        .route("/organization", web::patch().to(update))
        .route("/organization/transfer", web::post().to(transfer));
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct OrganizationView {
    id: TenantId,
    name: String,
    mask_phones: bool,
    /// A broadcast is started only after somebody else has approved it.
    approve_broadcasts: bool,
    require_second_factor: bool,
    /// 1 to 720.
    session_hours: u32,
    /// 30 to 3650.
    audit_days: u32,
    /// BCP 47.
    locale: String,
    /// How much advertising a person gets from all broadcasts together.
    campaign_cap: Option<CampaignCap>,
}

impl OrganizationView {
    fn of(household: &Household) -> Self {
        let settings = household.settings.clone();
        Self {
            id: household.organization.id,
            name: household.organization.name.clone(),
            mask_phones: settings.mask_phones,
            approve_broadcasts: settings.approve_broadcasts,
            require_second_factor: settings.require_second_factor,
            session_hours: settings.session_hours,
            audit_days: settings.audit_days,
            locale: settings.locale,
            campaign_cap: settings.campaign_cap,
        }
    }
}

/// The organization and its settings
#[utoipa::path(get, path = "/api/v1/organization", responses((status = 200, body = OrganizationView), (status = 401, body = Problem)))]
pub async fn one(app: web::Data<App>, signed: Signed) -> Result<web::Json<OrganizationView>, Problem> {
    Ok(web::Json(OrganizationView::of(household(&app, &signed.0).await?.as_ref())))
}

/// What is absent stays as it is.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "three answers: absent, taken away, given")]
pub struct OrganizationChange {
    name: Option<String>,
    mask_phones: Option<bool>,
    approve_broadcasts: Option<bool>,
    require_second_factor: Option<bool>,
    session_hours: Option<u32>,
    audit_days: Option<u32>,
    locale: Option<String>,
    /// `null`: no limit.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<CampaignCap>)]
    campaign_cap: Option<Option<CampaignCap>>,
}

/// Change the name or the settings
#[utoipa::path(patch, path = "/api/v1/organization", request_body = OrganizationChange,
    responses((status = 200, body = OrganizationView), (status = 403, body = Problem), (status = 422, body = Problem)))]
pub async fn update(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    wanted: web::Json<OrganizationChange>,
) -> Result<web::Json<OrganizationView>, Problem> {
    let OrganizationChange {
        name,
        mask_phones,
        approve_broadcasts,
        require_second_factor,
        session_hours,
        audit_days,
        locale,
        campaign_cap,
    } = wanted.into_inner();
    let wanted = SettingsChange {
        name,
        require_second_factor,
        mask_phones,
        approve_broadcasts,
        session_hours,
        audit_days,
        locale,
        campaign_cap,
    };
    let household = change(&app, &signed, &request, Command::Settings(wanted)).await?;
    Ok(web::Json(OrganizationView::of(&household)))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Handing {
    to: MemberId,
    /// One's own: who finds an unlocked screen does not take the organization.
    password: String,
}

/// Hand the organization over: the other becomes owner, the giver admin
#[utoipa::path(post, path = "/api/v1/organization/transfer", request_body = Handing,
    responses((status = 204), (status = 401, body = Problem), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn transfer(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    wanted: web::Json<Handing>,
) -> Result<HttpResponse, Problem> {
    let Handing { to, password } = wanted.into_inner();
    let account = account_of(&app, &signed.0).await?;
    ask_again(&app, &request, &account, password).await?;
    change(&app, &signed, &request, Command::Transfer(Transfer { to })).await?;
    Ok(HttpResponse::NoContent().finish())
}
