//! Broadcasts: drafts, what would happen, the launch, and what a person can do while one runs.

pub mod approval;
pub mod check;
pub mod lanes;
pub mod progress;
pub mod reach;
pub mod recipients;
pub mod retry;
pub mod schedule;
pub mod series;
pub mod spend;
pub mod trial;
pub mod triggered;
pub mod winner;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use engine::audit::{Action, AuditEntry};
use engine::campaign::{Campaign, Class, PauseReason, Phase, Plan, Tallies};
use engine::id::{CampaignId, TenantId};
use engine::ports::Saved;
use engine::rejection::Rejection;
use serde::{Deserialize, Serialize};

use super::administration::{entry, household};
use super::lists::{List, Paging};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

/// A campaign that somebody else changes at the same moment is read and decided on again this often.
const DECIDE_AGAIN_MAX: usize = 8;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/campaigns", web::get().to(list))
        .route("/campaigns", web::post().to(create))
        .route("/campaigns/{id}", web::get().to(one))
        .route("/campaigns/{id}", web::put().to(edit))
        .route("/campaigns/{id}", web::delete().to(delete))
        .route("/campaigns/{id}/check", web::post().to(check::check))
        .route("/campaigns/{id}/test", web::post().to(trial::test))
        .route("/campaigns/{id}/submit", web::post().to(approval::submit))
        .route("/campaigns/{id}/approve", web::post().to(approval::approve))
        .route("/campaigns/{id}/send-back", web::post().to(approval::send_back))
        .route("/campaigns/{id}/launch", web::post().to(launch))
        .route("/campaigns/{id}/pause", web::post().to(pause))
        .route("/campaigns/{id}/resume", web::post().to(resume))
        .route("/campaigns/{id}/cancel", web::post().to(cancel))
        .route("/campaigns/{id}/finish", web::post().to(triggered::finish))
        .route("/campaigns/{id}/sends", web::post().to(triggered::send))
        .route("/campaigns/{id}/sends/{key}", web::get().to(triggered::one))
        .route("/campaigns/{id}/occurrences", web::get().to(series::occurrences))
        .route("/campaigns/{id}/rate", web::put().to(rate))
        .route("/campaigns/{id}/lanes", web::put().to(lanes::lane))
        .route("/campaigns/{id}/retry", web::post().to(retry::retry))
        .route("/campaigns/{id}/spend-max", web::put().to(spend::spend_max))
        .route("/campaigns/{id}/winner", web::post().to(winner::winner))
        .route("/campaigns/{id}/progress", web::get().to(progress::progress))
        .route("/campaigns/{id}/recipients", web::get().to(recipients::list))
        .route("/campaigns/{id}/recipients.csv", web::get().to(recipients::export));
}

/// How many people stand where. All but what they did because of it add up to `total`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Counts {
    total: u64,
    waiting: u64,
    under_way: u64,
    unknown: u64,
    parked: u64,
    sent: u64,
    delivered: u64,
    read: u64,
    failed: u64,
    /// WhatsApp has them, and holds them for a quality check.
    held: u64,
    replied: u64,
    /// Tapped a button that answers. WhatsApp does not tell of links that are opened.
    clicked: u64,
    /// Stopped marketing within 72 hours of it.
    opted_out: u64,
}

impl Counts {
    pub fn of(tallies: &Tallies) -> Self {
        Self {
            total: tallies.total(),
            waiting: tallies.of(Class::Waiting),
            under_way: tallies.of(Class::UnderWay),
            unknown: tallies.of(Class::Unknown),
            parked: tallies.of(Class::Parked),
            sent: tallies.of(Class::Sent),
            delivered: tallies.of(Class::Delivered),
            read: tallies.of(Class::Read),
            failed: tallies.sum(|key| matches!(key.class, Class::Failed(_))),
            held: tallies.of(Class::Held),
            replied: tallies.sum(|key| key.replied),
            clicked: tallies.sum(|key| key.clicked),
            opted_out: tallies.sum(|key| key.opted_out),
        }
    }
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CampaignRow {
    campaign: Campaign,
    counts: Counts,
}

/// Broadcasts, newest first
#[utoipa::path(get, path = "/api/v1/campaigns", params(Paging), responses((status = 200, body = List<CampaignRow>), (status = 403, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    signed: Signed,
    paging: web::Query<Paging>,
) -> Result<web::Json<List<CampaignRow>>, Problem> {
    let tenant = signed.0.tenant;
    let page = app.store.campaigns(tenant, paging.request()).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for campaign in page.items {
        let counts = Counts::of(&app.store.tallies(tenant, campaign.id).await?);
        items.push(CampaignRow { campaign, counts });
    }
    Ok(web::Json(List { items, next: page.next.map(|cursor| cursor.0) }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct NewCampaign {
    name: String,
    plan: Plan,
}

/// A draft
#[utoipa::path(post, path = "/api/v1/campaigns", request_body = NewCampaign,
    responses((status = 201, body = Campaign), (status = 422, body = Problem)))]
pub async fn create(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    body: web::Json<NewCampaign>,
) -> Result<HttpResponse, Problem> {
    let NewCampaign { name, plan } = body.into_inner();
    owns(&app, signed.0.tenant, &plan).await?;
    let id = CampaignId::from_bytes(app.ids.next());
    let campaign = Campaign::draft(id, &name, plan, signed.0.person.clone(), app.clock.now())?;
    let said = said(&app, &signed, &request, Action::CampaignCreated, &campaign);
    save(&app, signed.0.tenant, campaign.clone(), vec![said]).await?;
    Ok(HttpResponse::Created().json(campaign))
}

/// One broadcast
#[utoipa::path(get, path = "/api/v1/campaigns/{id}", params(("id" = String, Path)),
    responses((status = 200, body = CampaignRow), (status = 404, body = Problem)))]
pub async fn one(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<CampaignId>,
) -> Result<web::Json<CampaignRow>, Problem> {
    let campaign = found(&app, signed.0.tenant, *id).await?;
    let counts = Counts::of(&app.store.tallies(signed.0.tenant, *id).await?);
    Ok(web::Json(CampaignRow { campaign, counts }))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct EditedCampaign {
    /// That was edited.
    revision: u64,
    name: String,
    plan: Plan,
}

/// Another name and plan for a draft
#[utoipa::path(put, path = "/api/v1/campaigns/{id}", params(("id" = String, Path)), request_body = EditedCampaign,
    responses((status = 200, body = Campaign), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn edit(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
    body: web::Json<EditedCampaign>,
) -> Result<web::Json<Campaign>, Problem> {
    let EditedCampaign { revision, name, plan } = body.into_inner();
    let campaign = found(&app, signed.0.tenant, *id).await?;
    owns(&app, signed.0.tenant, &plan).await?;
    let edited = of_revision(&campaign, revision)?.edited(&name, plan, signed.0.person.clone())?;
    let said = said(&app, &signed, &request, Action::CampaignChanged, &edited);
    save(&app, signed.0.tenant, edited.clone(), vec![said]).await?;
    Ok(web::Json(edited))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct OfRevision {
    revision: u64,
}

/// Forgets a draft
#[utoipa::path(delete, path = "/api/v1/campaigns/{id}", params(("id" = String, Path), OfRevision),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn delete(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
    query: web::Query<OfRevision>,
) -> Result<HttpResponse, Problem> {
    let campaign = found(&app, signed.0.tenant, *id).await?;
    if campaign.phase != Phase::Draft {
        return Err(Rejection::Invalid("Only a draft can be deleted; this broadcast was started.").into());
    }
    let said = said(&app, &signed, &request, Action::CampaignDeleted, &campaign);
    match app.store.delete_campaign(signed.0.tenant, *id, query.revision, vec![said]).await? {
        Saved::Applied => Ok(HttpResponse::NoContent().finish()),
        Saved::Conflict => Err(conflict()),
    }
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Launching {
    revision: u64,
    /// How many people the person who starts it was shown: when it is another number by now, nothing starts.
    confirm_recipient_count: u64,
}

/// Starts it; the audience is as it is now
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/launch", params(("id" = String, Path)), request_body = Launching,
    responses((status = 200, body = Campaign), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn launch(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
    body: web::Json<Launching>,
) -> Result<web::Json<Campaign>, Problem> {
    let tenant = signed.0.tenant;
    let draft = found(&app, tenant, *id).await?;
    let draft = of_revision(&draft, body.revision)?;
    if household(&app, &signed.0).await?.settings.approve_broadcasts {
        draft.require_approval()?;
    }
    let (template, named) = check::template(&app, &signed.0, &draft.plan).await?;
    let launched = draft.launched(signed.0.person.clone(), template, named, app.clock.now())?;
    let first = launched.rehearsal(app.clock.now());
    let would = check::would_freeze(&app, tenant, first.as_ref().unwrap_or(&launched)).await?;
    let launched = launched.confirmed(would.count);
    if would.count != body.confirm_recipient_count {
        let text = format!(
            "{} people would get it now, not {}. Nothing was started.",
            would.count, body.confirm_recipient_count
        );
        return Err(Problem::new(StatusCode::CONFLICT, "count_changed", text).with_action("Check it again."));
    }
    if would.count == 0 && !launched.is_triggered() {
        return Err(Rejection::Invalid("Nobody would get this.").into());
    }
    let said =
        said(&app, &signed, &request, Action::CampaignLaunched, &launched).with("people", &would.count.to_string());
    save(&app, tenant, launched.clone(), vec![said]).await?;
    app.actors.campaign_changed(tenant, *id);
    Ok(web::Json(launched))
}

/// Sends to nobody more
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/pause", params(("id" = String, Path)),
    responses((status = 200, body = Campaign), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn pause(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
) -> Result<web::Json<Campaign>, Problem> {
    let by = signed.0.person.clone();
    control(&app, &signed, &request, *id, Action::CampaignPaused, |campaign| {
        campaign.paused(PauseReason::Person { by: by.clone() })
    })
    .await
}

/// Goes on with those who still wait
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/resume", params(("id" = String, Path)),
    responses((status = 200, body = Campaign), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn resume(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
) -> Result<web::Json<Campaign>, Problem> {
    let campaign = found(&app, signed.0.tenant, *id).await?;
    let (template, named) = check::template(&app, &signed.0, &campaign.plan).await?;
    let resumed = |campaign: &Campaign| campaign.resumed(&template, &named.others);
    control(&app, &signed, &request, *id, Action::CampaignResumed, resumed).await
}

/// Ends it: who still waits gets nothing
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/cancel", params(("id" = String, Path)),
    responses((status = 200, body = Campaign), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn cancel(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
) -> Result<web::Json<Campaign>, Problem> {
    let now = app.clock.now();
    control(&app, &signed, &request, *id, Action::CampaignCancelled, |campaign| campaign.cancelled(now)).await
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct NewRate {
    /// Of all lanes together; `null`: as many as WhatsApp allows.
    per_second: Option<u32>,
}

/// Faster or slower, from now on
#[utoipa::path(put, path = "/api/v1/campaigns/{id}/rate", params(("id" = String, Path)), request_body = NewRate,
    responses((status = 200, body = Campaign), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn rate(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
    body: web::Json<NewRate>,
) -> Result<web::Json<Campaign>, Problem> {
    let per_second = body.per_second;
    control(&app, &signed, &request, *id, Action::CampaignRateChanged, |campaign| campaign.paced(per_second)).await
}

/// Decides on the campaign as it is, and again when its actor was faster.
async fn control(
    app: &App,
    signed: &Signed,
    request: &HttpRequest,
    id: CampaignId,
    action: Action,
    decide: impl Fn(&Campaign) -> Result<Campaign, Rejection>,
) -> Result<web::Json<Campaign>, Problem> {
    let tenant = signed.0.tenant;
    for _ in 0..DECIDE_AGAIN_MAX {
        let next = decide(&found(app, tenant, id).await?)?;
        let said = said(app, signed, request, action, &next);
        if app.store.save_campaign(tenant, next.clone(), vec![said]).await? == Saved::Applied {
            app.actors.campaign_changed(tenant, id);
            return Ok(web::Json(next));
        }
    }
    Err(Problem::busy())
}

pub(super) async fn found(app: &App, tenant: TenantId, id: CampaignId) -> Result<Campaign, Problem> {
    app.store.campaign(tenant, id).await?.ok_or_else(Problem::not_found)
}

fn of_revision(campaign: &Campaign, revision: u64) -> Result<&Campaign, Problem> {
    if campaign.revision == revision { Ok(campaign) } else { Err(conflict()) }
}

fn conflict() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "conflict",
        "Somebody else changed this broadcast meanwhile. Your change was not saved.",
    )
    .with_action("Load it again.")
}

async fn save(app: &App, tenant: TenantId, campaign: Campaign, audit: Vec<AuditEntry>) -> Result<(), Problem> {
    match app.store.save_campaign(tenant, campaign, audit).await? {
        Saved::Applied => Ok(()),
        Saved::Conflict => Err(conflict()),
    }
}

fn said(app: &App, signed: &Signed, request: &HttpRequest, action: Action, campaign: &Campaign) -> AuditEntry {
    entry(app, signed, request, action).on(&campaign.id).with("name", &campaign.name)
}

/// Another organization's number or broadcast is one that is not there.
async fn owns(app: &App, tenant: TenantId, plan: &Plan) -> Result<(), Problem> {
    if let Some(followed) = plan.follows()
        && app.store.campaign(tenant, followed).await?.is_none_or(|it| it.launch.is_none())
    {
        return Err(Rejection::Invalid("The broadcast whose people this one is for was never started.").into());
    }
    for id in &plan.numbers {
        let found = app.store.number(id).await?;
        if found.is_none_or(|(owner, _)| owner != tenant) {
            return Err(Rejection::Invalid("A number of this broadcast is not connected.").into());
        }
    }
    Ok(())
}
