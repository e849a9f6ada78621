//! Messages: history, sending, and deciding about what failed.

use actix_web::{HttpRequest, HttpResponse, web};
use actors::{ReactRequest, ReplyRequest, ResolveRequest};
use engine::access::Principal;
use engine::content::ContentKind;
use engine::conversation::{Conversation, Draft, Resolution};
use engine::id::{ClientKey, ConversationId, MediaId, MessageId};
use engine::message::Message;
use engine::permission::Permission;
use engine::rejection::Rejection;
use engine::template::TemplateVariable;
use serde::Deserialize;

use super::campaign_messages;
use super::conversations::visible;
use super::lists::{List, Paging};
use super::media::kind_of;
use super::templates::refusal;
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::masking::Also;
use crate::templates;

pub const IDEMPOTENCY_HEADER: &str = "Idempotency-Key";

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/conversations/{id}/messages", web::get().to(history))
        .route("/conversations/{id}/messages", web::post().to(send))
        .route("/conversations/{id}/campaign-messages", web::get().to(campaign_messages::list))
        .route("/messages/{conversation_id}/{message_id}/resolve", web::post().to(resolve));
}

/// History, newest first
#[utoipa::path(get, path = "/api/v1/conversations/{id}/messages", params(("id" = String, Path), Paging),
    responses((status = 200, body = List<Message>), (status = 404, body = Problem)))]
pub async fn history(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ConversationId>,
    paging: web::Query<Paging>,
) -> Result<web::Json<List<Message>>, Problem> {
    Also::hide(&request, &visible(&app, &signed.0, *id).await?.contact);
    Ok(web::Json(app.store.history(signed.0.tenant, *id, paging.request()).await?.into()))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct NewMessage {
    content: NewContent,
    /// The message this answers to.
    reply_to: Option<MessageId>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum NewContent {
    Text {
        body: String,
    },
    /// Uploaded before; what it becomes follows from its MIME type.
    Media {
        media_id: MediaId,
        caption: Option<String>,
    },
    /// `null` takes it back.
    Reaction {
        message_id: MessageId,
        emoji: Option<String>,
    },
    Template {
        name: String,
        language: String,
        variables: Vec<TemplateVariable>,
    },
}

/// Send; the same Idempotency-Key is the same message
#[utoipa::path(post, path = "/api/v1/conversations/{id}/messages", request_body = NewMessage,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header, description = "Chosen by the client, 1 to 64 characters")),
    responses((status = 200, body = Message, description = "This key was used before"), (status = 202, body = Message),
        (status = 409, body = Problem), (status = 422, body = Problem)))]
pub async fn send(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<ConversationId>,
    new: web::Json<NewMessage>,
) -> Result<HttpResponse, Problem> {
    let principal = signed.0;
    let key = idempotency_key(&request)?;
    hide_customer(&app, &request, &principal, *id).await?;
    let NewMessage { content, reply_to } = new.into_inner();
    let draft = match content {
        NewContent::Reaction { message_id, emoji } => {
            principal.require(Permission::ConversationsReply)?;
            let request = ReactRequest { principal, key, target: message_id, emoji };
            return Ok(HttpResponse::Accepted().json(app.actors.react(*id, request).await?));
        }
        NewContent::Text { body } => {
            principal.require(Permission::ConversationsReply)?;
            Draft::Text { body }
        }
        NewContent::Media { media_id, caption } => {
            principal.require(Permission::ConversationsReply)?;
            media_draft(&app, &principal, media_id, caption).await?
        }
        NewContent::Template { name, language, variables } => {
            principal.require(Permission::ConversationsSendTemplate)?;
            let conversation = visible(&app, &principal, *id).await?;
            template_draft(&app, &principal, &conversation, &name, &language, variables).await?
        }
    };
    let wanted = MessageId::of_client_key(principal.tenant, *id, &key);
    let is_repeat = app.store.message(principal.tenant, *id, wanted).await?.is_some();
    let message = app.actors.reply(*id, ReplyRequest { principal, key, draft, reply_to }).await?;
    Ok(if is_repeat { HttpResponse::Ok() } else { HttpResponse::Accepted() }.json(message))
}

/// Their number may stand in what is answered. Whether they may be seen is asked by whoever carries it out.
pub(super) async fn hide_customer(
    app: &App,
    request: &HttpRequest,
    principal: &Principal,
    id: ConversationId,
) -> Result<(), Problem> {
    if let Some(conversation) = app.store.conversation(principal.tenant, id).await? {
        Also::hide(request, &conversation.contact);
    }
    Ok(())
}

pub(super) fn idempotency_key(request: &HttpRequest) -> Result<ClientKey, Problem> {
    let text = request.headers().get(IDEMPOTENCY_HEADER).and_then(|value| value.to_str().ok());
    text.and_then(|text| text.parse().ok()).ok_or_else(|| {
        Problem::invalid(format!(
            "The header {IDEMPOTENCY_HEADER} is missing or not 1 to 64 visible characters. Nothing was sent."
        ))
        .with_action("Send a new UUID with each message, and the same one when you repeat it.")
    })
}

async fn media_draft(app: &App, principal: &Principal, id: MediaId, caption: Option<String>) -> Result<Draft, Problem> {
    let row = app.store.media(principal.tenant, id).await?.ok_or_else(Problem::not_found)?;
    if row.uploader != Some(principal.person.id) || !row.is_ready() {
        return Err(Problem::not_found());
    }
    let kind = kind_of(&row.media.mime).ok_or(Rejection::Invalid("WhatsApp does not take this kind of file."))?;
    let voice = kind == ContentKind::Audio && row.media.mime.starts_with("audio/ogg");
    Ok(Draft::Media { media: row.media, kind, caption, voice })
}

async fn template_draft(
    app: &App,
    principal: &Principal,
    conversation: &Conversation,
    name: &str,
    language: &str,
    variables: Vec<TemplateVariable>,
) -> Result<Draft, Problem> {
    let number = app.store.number(&conversation.number.phone_number_id).await?;
    let (_, number) = number.filter(|(tenant, _)| *tenant == principal.tenant).ok_or_else(Problem::not_found)?;
    let kept = templates::find(app, principal.tenant, &number, name, language).await?;
    if let Some(reason) = refusal(&kept.template, principal) {
        return Err(Rejection::BadTemplate(reason).into());
    }
    let own = |row: &engine::ports::MediaRow| row.uploader == Some(principal.person.id);
    let filled = templates::fill(app, principal.tenant, &kept.template, &variables, own).await?;
    Ok(Draft::Template(Box::new(filled)))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Resolve {
    action: ResolveAction,
}

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResolveAction {
    Resend,
    Dismiss,
}

/// Send a failed message again, or leave it
#[utoipa::path(post, path = "/api/v1/messages/{conversation_id}/{message_id}/resolve", request_body = Resolve,
    params(("conversation_id" = String, Path), ("message_id" = String, Path)),
    responses((status = 200, body = Message), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub async fn resolve(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(ConversationId, MessageId)>,
    resolve: web::Json<Resolve>,
) -> Result<web::Json<Message>, Problem> {
    let (conversation, message) = path.into_inner();
    hide_customer(&app, &request, &signed.0, conversation).await?;
    let resolution = match resolve.action {
        ResolveAction::Resend => Resolution::Resend,
        ResolveAction::Dismiss => Resolution::Dismiss,
    };
    let request = ResolveRequest { principal: signed.0, message, resolution };
    Ok(web::Json(app.actors.resolve(conversation, request).await?))
}
