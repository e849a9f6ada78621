//! Customers.

use actix_web::{HttpRequest, web};
use engine::audit::Action;
use engine::contact::Contact;
use engine::conversation::Conversation;
use engine::id::{ContactId, WaId};
use serde::Serialize;

use super::administration::entry;
use super::lists::{List, Paging};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/contacts", web::get().to(list))
        .route("/contacts/{id}", web::get().to(one))
        .route("/contacts/{id}/reveal", web::post().to(reveal));
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct ContactDetail {
    #[serde(flatten)]
    contact: Contact,
    /// As far as the member may see them, newest first, at most 50.
    conversations: Vec<Conversation>,
}

/// Contacts, the newest first
#[utoipa::path(get, path = "/api/v1/contacts", params(Paging), responses((status = 200, body = List<Contact>), (status = 403, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    signed: Signed,
    paging: web::Query<Paging>,
) -> Result<web::Json<List<Contact>>, Problem> {
    Ok(web::Json(app.store.contacts(signed.0.tenant, paging.request()).await?.into()))
}

/// One contact with their conversations
#[utoipa::path(get, path = "/api/v1/contacts/{id}", params(("id" = String, Path)),
    responses((status = 200, body = ContactDetail), (status = 404, body = Problem)))]
pub async fn one(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<ContactId>,
) -> Result<web::Json<ContactDetail>, Problem> {
    let contact = app.store.contact(signed.0.tenant, *id).await?.ok_or_else(Problem::not_found)?;
    let conversations = app.store.conversations_of(signed.0.tenant, *id, signed.0.visibility()).await?;
    Ok(web::Json(ContactDetail { contact, conversations }))
}

/// A number as it is.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Revealed {
    /// With `+`; `null` when the person did not share it.
    phone: Option<String>,
    #[schema(value_type = Option<String>)]
    wa_id: Option<WaId>,
}

/// The whole number, which the audit log then knows of
#[utoipa::path(post, path = "/api/v1/contacts/{id}/reveal", params(("id" = String, Path)),
    responses((status = 200, body = Revealed), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn reveal(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ContactId>,
) -> Result<web::Json<Revealed>, Problem> {
    let tenant = signed.0.tenant;
    let contact = app.store.contact(tenant, *id).await?.ok_or_else(Problem::not_found)?;
    // On disk before anybody sees the number.
    let said = entry(&app, &signed, &request, Action::ContactRevealed).on(&*id).with("name", &contact.masked());
    app.store.record(tenant, vec![said]).await?;
    Ok(web::Json(Revealed { phone: contact.phone.as_ref().map(WaId::e164), wa_id: contact.phone }))
}
