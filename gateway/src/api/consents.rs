//! What people said about marketing, and the evidence.

use actix_web::{HttpRequest, HttpResponse, web};
use engine::audit::Action;
use engine::consent::{ConsentEntry, Opted};
use engine::contact::Contact;
use engine::id::ContactId;
use serde::Deserialize;

use super::administration::entry;
use super::lists::List;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/contacts/{id}/consents", web::get().to(list))
        .route("/contacts/{id}/consents", web::post().to(record));
}

/// The ledger of a contact, the newest first, at most 100
#[utoipa::path(get, path = "/api/v1/contacts/{id}/consents", params(("id" = String, Path)),
    responses((status = 200, body = List<ConsentEntry>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<ContactId>,
) -> Result<web::Json<List<ConsentEntry>>, Problem> {
    app.store.contact(signed.0.tenant, *id).await?.ok_or_else(Problem::not_found)?;
    Ok(web::Json(app.store.consents(signed.0.tenant, *id).await?.into()))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConsent {
    opted: Opted,
    /// How the person said so, in 1 to 300 characters: "signed the form on 12 May".
    evidence: String,
}

/// Record that somebody opted in or out, with the evidence
#[utoipa::path(post, path = "/api/v1/contacts/{id}/consents", params(("id" = String, Path)), request_body = NewConsent,
    responses((status = 201, body = Contact), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn record(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ContactId>,
    wanted: web::Json<NewConsent>,
) -> Result<HttpResponse, Problem> {
    let NewConsent { opted, evidence } = wanted.into_inner();
    let line = ConsentEntry::recorded(*id, opted, &evidence, signed.0.person.clone(), app.clock.now())?;
    let opted = match opted {
        Opted::In => "in",
        Opted::Out => "out",
    };
    let said = entry(&app, &signed, &request, Action::ConsentRecorded).on(&*id).with("opted", opted);
    let contact = app.store.record_consent(signed.0.tenant, line, vec![said]).await?;
    app.actors.contact_changed();
    Ok(HttpResponse::Created().json(contact.ok_or_else(Problem::not_found)?.shown()))
}
