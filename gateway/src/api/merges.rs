//! Two contacts that are one person, made one; and that taken back.

use actix_web::{HttpRequest, web};
use engine::audit::Action;
use engine::contact::{Contact, Left};
use engine::id::ContactId;
use engine::ports::{Merged, Merger, Parted};
use engine::rejection::Rejection;
use serde::{Deserialize, Serialize};

use super::administration::entry;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/contacts/{id}/merges", web::post().to(merge))
        .route("/contacts/{id}/merges/{other_id}", web::get().to(preview))
        .route("/contacts/{id}/merges/{other_id}", web::delete().to(part));
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct MergePreview {
    kept: Contact,
    other: Contact,
    /// What the one that is kept would be.
    merged: Contact,
}

/// What a merge would make of two contacts
#[utoipa::path(get, path = "/api/v1/contacts/{id}/merges/{other_id}", params(("id" = String, Path), ("other_id" = String, Path)),
    responses((status = 200, body = MergePreview), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn preview(
    app: web::Data<App>,
    signed: Signed,
    path: web::Path<(ContactId, ContactId)>,
) -> Result<web::Json<MergePreview>, Problem> {
    let (tenant, (kept, other)) = (signed.0.tenant, path.into_inner());
    let kept = app.store.contact(tenant, kept).await?.ok_or_else(Problem::not_found)?;
    let other = app.store.contact(tenant, other).await?.ok_or_else(Problem::not_found)?;
    kept.may_absorb(&other)?;
    let mut merged = kept.clone();
    merged.absorb(&other, signed.0.person.clone(), app.clock.now());
    Ok(web::Json(MergePreview { kept: kept.shown(), other: other.shown(), merged: merged.shown() }))
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeWish {
    /// Becomes part of the contact that the path names.
    #[schema(value_type = String)]
    other_id: ContactId,
}

/// Merge another contact into this one
#[utoipa::path(post, path = "/api/v1/contacts/{id}/merges", params(("id" = String, Path)), request_body = MergeWish,
    responses((status = 200, body = Contact), (status = 403, body = Problem), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn merge(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ContactId>,
    wanted: web::Json<MergeWish>,
) -> Result<web::Json<Contact>, Problem> {
    let tenant = signed.0.tenant;
    let kept = app.store.contact(tenant, *id).await?.ok_or_else(Problem::not_found)?;
    let other = app.store.contact(tenant, wanted.other_id).await?.ok_or_else(Problem::not_found)?;
    // Both names lead to one: somebody asks again, and what they want is so.
    if kept.id == other.id && *id != wanted.other_id {
        return Ok(web::Json(kept.shown()));
    }
    let said = entry(&app, &signed, &request, Action::ContactsMerged)
        .on(&kept.id)
        .with("other", &other.id)
        .with("name", &other.masked());
    let wish = Merger { kept: kept.id, other: other.id, by: signed.0.person.clone(), at: app.clock.now() };
    let merged = match app.store.merge_contacts(tenant, wish, vec![said]).await? {
        Merged::Merged(merged) | Merged::Known(merged) => *merged,
        Merged::Unknown => return Err(Problem::not_found()),
        Merged::Refused(refused) => return Err(refused.into()),
    };
    tell(&app, &signed, &merged).await;
    Ok(web::Json(merged.shown()))
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct Parting {
    contact: Contact,
    other: Contact,
    /// What was changed since the merge, and stays with the contact.
    left: Vec<Left>,
}

/// Take a merge back, within 30 days
#[utoipa::path(delete, path = "/api/v1/contacts/{id}/merges/{other_id}", params(("id" = String, Path), ("other_id" = String, Path)),
    responses((status = 200, body = Parting), (status = 403, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn part(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(ContactId, ContactId)>,
) -> Result<web::Json<Parting>, Problem> {
    let (tenant, (kept, other)) = (signed.0.tenant, path.into_inner());
    let said = entry(&app, &signed, &request, Action::ContactsParted).on(&kept).with("other", &other);
    match app.store.part_contacts(tenant, (kept, other), app.clock.now(), vec![said]).await? {
        Parted::Parted { kept, other, left } => {
            tell(&app, &signed, &kept).await;
            tell(&app, &signed, &other).await;
            Ok(web::Json(Parting { contact: kept.shown(), other: other.shown(), left }))
        }
        Parted::Unknown => Err(Problem::not_found()),
        Parted::TooLate => Err(Rejection::WrongState("older than 30 days").into()),
    }
}

/// Whoever has one of their conversations open sees whom it is with. What cannot be told now is seen at the next message.
async fn tell(app: &App, signed: &Signed, contact: &Contact) {
    if let Err(error) = app.actors.know(signed.0.tenant, contact, None).await {
        tracing::warn!(%error, "a conversation does not know yet that its contact was merged or parted");
    }
}
