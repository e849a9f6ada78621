//! What members write about a contact for each other.

use actix_web::{HttpRequest, HttpResponse, web};
use engine::audit::Action;
use engine::id::{ContactId, NoteId};
use engine::note::{self, Note};
use engine::ports::Noted;
use engine::rejection::Rejection;
use engine::time::IdSource as _;
use serde::Deserialize;

use super::administration::entry;
use super::lists::{List, Paging};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::masking::Also;
use crate::shell::RandomIds;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/contacts/{id}/notes", web::get().to(list))
        .route("/contacts/{id}/notes", web::post().to(add))
        .route("/contacts/{id}/notes/{note_id}", web::put().to(rewrite))
        .route("/contacts/{id}/notes/{note_id}", web::delete().to(delete));
}

/// Notes on a contact, the newest first
#[utoipa::path(get, path = "/api/v1/contacts/{id}/notes", params(("id" = String, Path), Paging),
    responses((status = 200, body = List<Note>), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ContactId>,
    paging: web::Query<Paging>,
) -> Result<web::Json<List<Note>>, Problem> {
    let contact = app.store.contact(signed.0.tenant, *id).await?.ok_or_else(Problem::not_found)?;
    Also::hide(&request, &contact);
    Ok(web::Json(app.store.notes(signed.0.tenant, *id, paging.request()).await?.into()))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteText {
    /// 1 to 4,096 characters.
    text: String,
}

/// Write a note on a contact
#[utoipa::path(post, path = "/api/v1/contacts/{id}/notes", params(("id" = String, Path)), request_body = NoteText,
    responses((status = 201, body = Note), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn add(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ContactId>,
    wanted: web::Json<NoteText>,
) -> Result<HttpResponse, Problem> {
    let tenant = signed.0.tenant;
    let contact = app.store.contact(tenant, *id).await?.ok_or_else(Problem::not_found)?;
    Also::hide(&request, &contact);
    let id = NoteId::from_bytes(RandomIds.next());
    let note = Note::new(id, contact.id, &wanted.text, signed.0.person.clone(), app.clock.now())?;
    let said = entry(&app, &signed, &request, Action::NoteAdded).on(&contact.id).with("note", &id);
    match app.store.add_note(tenant, note.clone(), vec![said]).await? {
        Noted::Noted | Noted::Known => Ok(HttpResponse::Created().json(note)),
        Noted::NoContact => Err(Problem::not_found()),
        Noted::Full => Err(Rejection::Invalid("A contact has at most 500 notes. Delete one first.").into()),
    }
}

/// Change a note of one's own
#[utoipa::path(put, path = "/api/v1/contacts/{id}/notes/{note_id}", params(("id" = String, Path), ("note_id" = String, Path)), request_body = NoteText,
    responses((status = 200, body = Note), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn rewrite(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(ContactId, NoteId)>,
    wanted: web::Json<NoteText>,
) -> Result<web::Json<Note>, Problem> {
    let (tenant, (contact, id)) = (signed.0.tenant, path.into_inner());
    let found = app.store.contact(tenant, contact).await?.ok_or_else(Problem::not_found)?;
    Also::hide(&request, &found);
    let known = app.store.note(tenant, contact, id).await?.ok_or_else(Problem::not_found)?;
    known.may_rewrite(&signed.0)?;
    let text = note::checked(&wanted.text)?;
    let said = entry(&app, &signed, &request, Action::NoteChanged).on(&contact).with("note", &id);
    let rewritten = app.store.rewrite_note(tenant, (contact, id), &text, app.clock.now(), vec![said]).await?;
    Ok(web::Json(rewritten.ok_or_else(Problem::not_found)?))
}

/// Delete a note of one's own, or of somebody else with the permission
#[utoipa::path(delete, path = "/api/v1/contacts/{id}/notes/{note_id}", params(("id" = String, Path), ("note_id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn delete(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(ContactId, NoteId)>,
) -> Result<HttpResponse, Problem> {
    let (tenant, (contact, id)) = (signed.0.tenant, path.into_inner());
    let known = app.store.note(tenant, contact, id).await?.ok_or_else(Problem::not_found)?;
    known.may_delete(&signed.0)?;
    let said =
        entry(&app, &signed, &request, Action::NoteDeleted).on(&contact).with("note", &id).with("by", &known.by.name);
    if app.store.delete_note(tenant, contact, id, vec![said]).await? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::not_found())
    }
}
