//! What the organization keeps of its contacts, and what it answers to who opts out.

use actix_web::{HttpRequest, web};
use engine::administration::{Command, ContactsChange};
use engine::consent::Confirmations;
use engine::contact::FieldDefinition;
use engine::household::Household;
use serde::{Deserialize, Serialize};

use super::administration::{change, household};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/contact-settings", web::get().to(one)).route("/contact-settings", web::patch().to(update));
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ContactSettings {
    fields: Vec<FieldDefinition>,
    confirmations: Confirmations,
}

impl ContactSettings {
    fn of(household: &Household) -> Self {
        let settings = &household.settings;
        Self { fields: settings.contact_fields.clone(), confirmations: settings.confirmations.clone() }
    }
}

/// Custom fields of contacts, and the answers to STOP and START
#[utoipa::path(get, path = "/api/v1/contact-settings", responses((status = 200, body = ContactSettings), (status = 401, body = Problem)))]
pub async fn one(app: web::Data<App>, signed: Signed) -> Result<web::Json<ContactSettings>, Problem> {
    Ok(web::Json(ContactSettings::of(household(&app, &signed.0).await?.as_ref())))
}

/// What is absent stays as it is.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactSettingsChange {
    /// All of them, in their order. The kind of a field stays.
    fields: Option<Vec<FieldDefinition>>,
    confirmations: Option<Confirmations>,
}

/// Define custom fields, or change the answers to STOP and START
#[utoipa::path(patch, path = "/api/v1/contact-settings", request_body = ContactSettingsChange,
    responses((status = 200, body = ContactSettings), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn update(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    wanted: web::Json<ContactSettingsChange>,
) -> Result<web::Json<ContactSettings>, Problem> {
    let ContactSettingsChange { fields, confirmations } = wanted.into_inner();
    let wanted = ContactsChange { fields, confirmations };
    let household = change(&app, &signed, &request, Command::Contacts(wanted)).await?;
    Ok(web::Json(ContactSettings::of(&household)))
}
