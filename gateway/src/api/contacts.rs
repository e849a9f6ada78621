//! Customers.

use actix_web::web;
use engine::contact::Contact;
use engine::conversation::Conversation;
use engine::id::ContactId;
use serde::Serialize;

use super::lists::{List, Paging};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

pub fn routes(config: &mut web::ServiceConfig) {
    config.route("/contacts", web::get().to(list)).route("/contacts/{id}", web::get().to(one));
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
