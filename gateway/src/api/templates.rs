//! Templates: the local copy of what WhatsApp lists, and drafts.

use actix_web::{HttpRequest, HttpResponse, web};
use engine::access::Principal;
use engine::audit::Action;
use engine::directory::Number;
use engine::id::{PhoneNumberId, TemplateId};
use engine::permission::Permission;
use engine::ports::FetchError;
use engine::template::{
    Category, KeptTemplate, LintFinding, LintSeverity, Template, TemplateParts, TemplateQuality, TemplateStatus,
    VariableSlot,
};
use serde::{Deserialize, Serialize};

use super::administration::entry;
use super::lists::List;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::templates::{self, TemplateError};

/// Drafts of one account: WhatsApp itself keeps 250 templates of an account that is not verified.
const DRAFTS_MAX: usize = 250;
/// Buttons, cards and examples that are kept of a draft; more are a mistake of a program.
const PARTS_MAX: usize = 64;
/// Meta's own words, which its API does not take.
const LOGIN_BODY: &str = "*{{1}}* is your verification code.";

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/templates", web::get().to(list))
        .route("/templates", web::post().to(create))
        .route("/templates/lint", web::post().to(lint))
        .route("/templates/sync", web::post().to(sync))
        .route("/templates/{id}", web::get().to(one))
        .route("/templates/{id}", web::put().to(edit))
        .route("/templates/{id}", web::delete().to(delete))
        .route("/templates/{id}/submit", web::post().to(submit))
        .route("/templates/{id}/unpause", web::post().to(unpause));
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TemplateQuery {
    /// The number to send from.
    #[param(value_type = String)]
    phone_number_id: PhoneNumberId,
}

/// A template with what follows from it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TemplateEntry {
    #[serde(flatten)]
    kept: KeptTemplate,
    variables: Vec<VariableSlot>,
    /// By whoever asks, now.
    sendable: bool,
    unsendable_reason: Option<String>,
}

impl TemplateEntry {
    fn of(kept: KeptTemplate, principal: &Principal) -> Self {
        let unsendable_reason = refusal(&kept.template, principal);
        Self { variables: kept.template.variables(), sendable: unsendable_reason.is_none(), unsendable_reason, kept }
    }
}

/// Why this principal cannot send it now.
pub fn refusal(template: &Template, principal: &Principal) -> Option<String> {
    let by_hand = principal.api_key.is_none().then(|| templates::not_by_hand(template)).flatten();
    template.unsendable().or(by_hand)
}

async fn number_of(app: &App, principal: &Principal, id: &PhoneNumberId) -> Result<Number, Problem> {
    let found = app.store.number(id).await?;
    let (_, number) = found.filter(|(tenant, _)| *tenant == principal.tenant).ok_or_else(Problem::not_found)?;
    Ok(number)
}

/// One that is there, with a number of its account, whose token opens it.
async fn found(app: &App, principal: &Principal, id: TemplateId) -> Result<(KeptTemplate, Number), Problem> {
    let kept = app.store.template(principal.tenant, id).await?;
    let kept = kept.filter(|kept| kept.template.status != TemplateStatus::Deleted).ok_or_else(Problem::not_found)?;
    let numbers = app.store.numbers(principal.tenant).await?;
    let number = numbers.into_iter().find(|number| number.waba_id == kept.waba).ok_or_else(Problem::not_found)?;
    Ok((kept, number))
}

/// Templates of a number's account
#[utoipa::path(get, path = "/api/v1/templates", params(TemplateQuery),
    responses((status = 200, body = List<TemplateEntry>), (status = 404, body = Problem), (status = 502, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    signed: Signed,
    query: web::Query<TemplateQuery>,
) -> Result<web::Json<List<TemplateEntry>>, Problem> {
    let number = number_of(&app, &signed.0, &query.phone_number_id).await?;
    let list = templates::list(&app, signed.0.tenant, &number).await?;
    let entries: Vec<_> = list.into_iter().map(|kept| TemplateEntry::of(kept, &signed.0)).collect();
    Ok(web::Json(entries.into()))
}

/// One template
#[utoipa::path(get, path = "/api/v1/templates/{id}", params(("id" = String, Path)),
    responses((status = 200, body = TemplateEntry), (status = 404, body = Problem)))]
pub async fn one(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<TemplateId>,
) -> Result<web::Json<TemplateEntry>, Problem> {
    let (kept, _) = found(&app, &signed.0, *id).await?;
    Ok(web::Json(TemplateEntry::of(kept, &signed.0)))
}

/// What a template is to be.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct TemplateDraft {
    name: String,
    language: String,
    category: Category,
    #[serde(flatten)]
    parts: TemplateParts,
}

impl TemplateDraft {
    fn template(self) -> Result<Template, Problem> {
        let Self { name, language, category, parts } = self;
        Ok(Template {
            meta_id: None,
            name,
            language,
            category,
            status: TemplateStatus::Draft,
            quality: TemplateQuality::Unknown,
            reason: None,
            parts: kept_parts(category, parts)?,
        })
    }
}

fn kept_parts(category: Category, parts: TemplateParts) -> Result<TemplateParts, Problem> {
    let most = [parts.buttons.len(), parts.cards.len(), parts.examples.len()].into_iter().max().unwrap_or_default();
    if most > PARTS_MAX || parts.cards.iter().any(|card| card.buttons.len() > PARTS_MAX) {
        return Err(Problem::invalid(format!("A template has at most {PARTS_MAX} of anything. Nothing was saved.")));
    }
    let body = if category == Category::Authentication { LOGIN_BODY.to_owned() } else { parts.body };
    Ok(TemplateParts { body, unknown: Vec::new(), ..parts })
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct NewTemplate {
    /// A number of the account that gets it.
    #[schema(value_type = String)]
    phone_number_id: PhoneNumberId,
    #[serde(flatten)]
    draft: TemplateDraft,
}

/// Makes a draft, which WhatsApp does not see yet
#[utoipa::path(post, path = "/api/v1/templates", request_body = NewTemplate,
    responses((status = 201, body = TemplateEntry), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
pub async fn create(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    new: web::Json<NewTemplate>,
) -> Result<HttpResponse, Problem> {
    let NewTemplate { phone_number_id, draft } = new.into_inner();
    let (principal, tenant, now) = (&signed.0, signed.0.tenant, app.clock.now());
    let number = number_of(&app, principal, &phone_number_id).await?;
    let template = draft.template()?;
    let unnamed = template.lint().into_iter().find(|finding| matches!(finding.place.as_str(), "name" | "language"));
    if let Some(finding) = unnamed {
        return Err(Problem::invalid(format!("{} Nothing was saved.", finding.text)));
    }
    // As far as it is known here: a draft needs no answer from WhatsApp, and whoever submits it gets one.
    let all = app.store.templates(tenant, &number.waba_id).await?;
    if all.iter().filter(|kept| kept.template.status == TemplateStatus::Draft).count() >= DRAFTS_MAX {
        return Err(Problem::invalid(format!("There are {DRAFTS_MAX} drafts already. Nothing was saved.")));
    }
    let id = KeptTemplate::id_of(tenant, &number.waba_id, &template.name, &template.language);
    // Its name was used before, by one that is deleted now.
    let kept = match app.store.template(tenant, id).await? {
        Some(before) if before.template.status != TemplateStatus::Deleted => return Err(TemplateError::Conflict.into()),
        Some(before) => before.rewritten(template, now),
        None => KeptTemplate::new(tenant, &number.waba_id, template, now),
    };
    let said = entry(&app, &signed, &request, Action::TemplateDrafted).on(&id).with("name", &kept.template.name);
    let kept = templates::put(&app, tenant, kept, vec![said]).await?;
    Ok(HttpResponse::Created().json(TemplateEntry::of(kept, principal)))
}

/// What WhatsApp would find wrong
#[utoipa::path(post, path = "/api/v1/templates/lint", request_body = TemplateDraft,
    responses((status = 200, body = List<LintFinding>), (status = 422, body = Problem)))]
pub async fn lint(_: Signed, draft: web::Json<TemplateDraft>) -> Result<web::Json<List<LintFinding>>, Problem> {
    Ok(web::Json(draft.into_inner().template()?.lint().into()))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct TemplateEdit {
    /// The one that was edited: when there is another one by now, nothing is saved.
    revision: u64,
    category: Category,
    #[serde(flatten)]
    parts: TemplateParts,
}

/// Changes a draft; what WhatsApp has already is submitted again
#[utoipa::path(put, path = "/api/v1/templates/{id}", params(("id" = String, Path)), request_body = TemplateEdit,
    responses((status = 200, body = TemplateEntry), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 409, body = Problem), (status = 422, body = Problem), (status = 502, body = Problem)))]
pub async fn edit(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<TemplateId>,
    edit: web::Json<TemplateEdit>,
) -> Result<web::Json<TemplateEntry>, Problem> {
    let TemplateEdit { revision, category, parts } = edit.into_inner();
    let (kept, number) = found(&app, &signed.0, *id).await?;
    if kept.revision != revision {
        return Err(TemplateError::Conflict.into());
    }
    if !kept.template.status.is_editable() {
        let text = "WhatsApp lets a template be edited when it is approved, rejected or paused. Nothing was saved.";
        return Err(Problem::invalid(text));
    }
    let template = Template { category, parts: kept_parts(category, parts)?, ..kept.template.clone() };
    let said = entry(&app, &signed, &request, Action::TemplateEdited).on(&*id).with("name", &template.name);
    let edited = if kept.template.status == TemplateStatus::Draft {
        templates::put(&app, signed.0.tenant, kept.rewritten(template, app.clock.now()), vec![said]).await?
    } else {
        signed.0.require(Permission::TemplatesSubmit)?;
        refuse_errors(&template)?;
        let edited = KeptTemplate { template, ..kept };
        templates::submit(&app, signed.0.tenant, &number, &edited, said).await?
    };
    Ok(web::Json(TemplateEntry::of(edited, &signed.0)))
}

/// A template that WhatsApp would reject is not submitted: its name would be gone for 30 days.
fn refuse_errors(template: &Template) -> Result<(), Problem> {
    let errors = template.lint().into_iter().filter(|finding| finding.severity == LintSeverity::Error);
    let texts: Vec<_> = errors.map(|finding| format!("{}: {}", finding.place, finding.text)).collect();
    if texts.is_empty() {
        return Ok(());
    }
    Err(Problem::invalid(format!("{} Nothing was submitted.", texts.join(" "))))
}

/// Submits a draft to WhatsApp's review
#[utoipa::path(post, path = "/api/v1/templates/{id}/submit", params(("id" = String, Path)),
    responses((status = 200, body = TemplateEntry), (status = 404, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem), (status = 502, body = Problem)))]
pub async fn submit(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<TemplateId>,
) -> Result<web::Json<TemplateEntry>, Problem> {
    let (kept, number) = found(&app, &signed.0, *id).await?;
    if kept.template.status != TemplateStatus::Draft {
        return Err(Problem::invalid("WhatsApp has this template already; edit it instead. Nothing was submitted."));
    }
    refuse_errors(&kept.template)?;
    let said = entry(&app, &signed, &request, Action::TemplateSubmitted).on(&*id).with("name", &kept.template.name);
    let submitted = templates::submit(&app, signed.0.tenant, &number, &kept, said).await?;
    Ok(web::Json(TemplateEntry::of(submitted, &signed.0)))
}

/// Deletes a draft, or a template in this language at WhatsApp
#[utoipa::path(delete, path = "/api/v1/templates/{id}", params(("id" = String, Path)),
    responses((status = 204), (status = 403, body = Problem), (status = 404, body = Problem), (status = 502, body = Problem)))]
pub async fn delete(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<TemplateId>,
) -> Result<HttpResponse, Problem> {
    let (kept, number) = found(&app, &signed.0, *id).await?;
    if kept.template.meta_id.is_some() {
        signed.0.require(Permission::TemplatesSubmit)?;
    }
    let said = entry(&app, &signed, &request, Action::TemplateDeleted).on(&*id).with("name", &kept.template.name);
    templates::delete(&app, signed.0.tenant, &number, &kept, said).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends a pause that WhatsApp made while it assessed the first sends
#[utoipa::path(post, path = "/api/v1/templates/{id}/unpause", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem), (status = 422, body = Problem), (status = 502, body = Problem)))]
pub async fn unpause(app: web::Data<App>, signed: Signed, id: web::Path<TemplateId>) -> Result<HttpResponse, Problem> {
    let (kept, number) = found(&app, &signed.0, *id).await?;
    let paused = kept.template.status == TemplateStatus::Paused;
    let Some(meta) = kept.template.meta_id.as_ref().filter(|_| paused) else {
        return Err(Problem::invalid("This template is not paused."));
    };
    // A webhook tells when it is open again.
    app.graph.unpause_template(&number, meta).await.map_err(TemplateError::Meta)?;
    Ok(HttpResponse::NoContent().finish())
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct TemplateSync {
    /// A number of the account.
    #[schema(value_type = String)]
    phone_number_id: PhoneNumberId,
}

/// Reads the whole list from WhatsApp, at most once a minute
#[utoipa::path(post, path = "/api/v1/templates/sync", request_body = TemplateSync,
    responses((status = 204), (status = 404, body = Problem), (status = 502, body = Problem)))]
pub async fn sync(app: web::Data<App>, signed: Signed, wish: web::Json<TemplateSync>) -> Result<HttpResponse, Problem> {
    let number = number_of(&app, &signed.0, &wish.phone_number_id).await?;
    templates::sync(&app, signed.0.tenant, &number).await?;
    Ok(HttpResponse::NoContent().finish())
}

impl From<TemplateError> for Problem {
    fn from(error: TemplateError) -> Self {
        match error {
            TemplateError::Store(error) => error.into(),
            TemplateError::Meta(error @ (FetchError::Later(_) | FetchError::Never(_))) => error.into(),
            TemplateError::Refused(rejection) => rejection.into(),
            TemplateError::Conflict => {
                let text = "There is a newer version of this template, or one of this name. Nothing was saved.";
                Self::new(actix_web::http::StatusCode::CONFLICT, "conflict", text)
            }
        }
    }
}
