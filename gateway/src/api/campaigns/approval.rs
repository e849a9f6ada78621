//! Four eyes: a draft is submitted, and a person who has no part in it approves it or sends it back.

use actix_web::{HttpRequest, web};
use engine::audit::Action;
use engine::campaign::Campaign;
use engine::id::CampaignId;
use engine::rejection::Rejection;
use serde::Deserialize;

use super::{found, of_revision, said, save};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct AsSeen {
    /// That was looked at.
    revision: u64,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct SendingBack {
    revision: u64,
    /// What is wrong with it.
    note: String,
}

/// Asks for approval of a draft
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/submit", params(("id" = String, Path)), request_body = AsSeen,
    responses((status = 200, body = Campaign), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn submit(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
    body: web::Json<AsSeen>,
) -> Result<web::Json<Campaign>, Problem> {
    let (by, now) = (signed.0.person.clone(), app.clock.now());
    let decide = |draft: &Campaign| draft.submitted(by, now);
    decided(&app, &signed, &request, (*id, body.revision), Action::CampaignSubmitted, decide).await
}

/// Approves a draft of somebody else, as it stands
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/approve", params(("id" = String, Path)), request_body = AsSeen,
    responses((status = 200, body = Campaign), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn approve(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
    body: web::Json<AsSeen>,
) -> Result<web::Json<Campaign>, Problem> {
    is_person(&signed)?;
    let (by, now) = (signed.0.person.clone(), app.clock.now());
    let decide = |draft: &Campaign| draft.approved(by, now);
    decided(&app, &signed, &request, (*id, body.revision), Action::CampaignApproved, decide).await
}

/// Sends a draft of somebody else back, and says why
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/send-back", params(("id" = String, Path)), request_body = SendingBack,
    responses((status = 200, body = Campaign), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn send_back(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
    body: web::Json<SendingBack>,
) -> Result<web::Json<Campaign>, Problem> {
    is_person(&signed)?;
    let (by, now) = (signed.0.person.clone(), app.clock.now());
    let decide = |draft: &Campaign| draft.sent_back(by, &body.note, now);
    decided(&app, &signed, &request, (*id, body.revision), Action::CampaignSentBack, decide).await
}

/// A program has no eyes: its key may be the author's own.
fn is_person(signed: &Signed) -> Result<(), Rejection> {
    if signed.0.api_key.is_none() {
        return Ok(());
    }
    Err(Rejection::Invalid("A person approves a broadcast, not a program."))
}

async fn decided(
    app: &App,
    signed: &Signed,
    request: &HttpRequest,
    (id, revision): (CampaignId, u64),
    action: Action,
    decide: impl FnOnce(&Campaign) -> Result<Campaign, Rejection>,
) -> Result<web::Json<Campaign>, Problem> {
    let draft = found(app, signed.0.tenant, id).await?;
    let next = decide(of_revision(&draft, revision)?)?;
    let said = said(app, signed, request, action, &next);
    save(app, signed.0.tenant, next.clone(), vec![said]).await?;
    Ok(web::Json(next))
}
