//! A draft's message to one person, before it goes to all: on the way of any template that somebody sends by hand.

use actix_web::{HttpRequest, HttpResponse, web};
use actors::ReplyRequest;
use engine::audit::Action;
use engine::campaign::{Given, Letter, Phase};
use engine::conversation::Draft;
use engine::id::{CampaignId, ContactId, ConversationId, MessageId};
use engine::message::Message;
use engine::rejection::Rejection;
use serde::Deserialize;

use super::{check, found, said};
use crate::api::messages::{hide_customer, idempotency_key};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;
use crate::templates;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Trying {
    /// Somebody who has a conversation with the broadcast's first number.
    contact_id: ContactId,
    /// What would come along with them, by the names of variables.
    #[serde(default)]
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    variables: Given,
    /// Which of several messages; A when absent.
    #[serde(default)]
    variant: Option<Letter>,
}

/// Sends the message of a draft to one person; the same Idempotency-Key is the same message
#[utoipa::path(post, path = "/api/v1/campaigns/{id}/test", request_body = Trying,
    params(("id" = String, Path), ("Idempotency-Key" = String, Header, description = "Chosen by the client, 1 to 64 characters")),
    responses((status = 202, body = Message), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub async fn test(
    app: web::Data<App>,
    signed: Signed,
    request: HttpRequest,
    id: web::Path<CampaignId>,
    body: web::Json<Trying>,
) -> Result<HttpResponse, Problem> {
    let tenant = signed.0.tenant;
    let campaign = found(&app, tenant, *id).await?;
    let key = idempotency_key(&request)?;
    if campaign.phase != Phase::Draft {
        return Err(Rejection::Invalid("This broadcast was started already.").into());
    }
    let contact = app.store.contact(tenant, body.contact_id).await?.ok_or_else(Problem::not_found)?;
    let plan = campaign.plan.only(body.variant.unwrap_or(Letter::A));
    let plan = plan.ok_or(Rejection::Invalid("This broadcast has no such message."))?;
    let (template, named) = check::template(&app, &signed.0, &plan).await?;
    if let Some(reason) = template.unsendable().or_else(|| templates::not_by_hand(&template)) {
        return Err(Rejection::BadTemplate(reason).into());
    }
    let wording = plan.wording(Letter::A).ok_or_else(Problem::not_found)?;
    let filled = wording.filled(&template, &named.files, &contact, &body.variables)?;
    let number = campaign.plan.numbers.first().ok_or_else(Problem::not_found)?;
    let conversation = ConversationId::of(tenant, number, contact.id);
    if app.store.conversation(tenant, conversation).await?.is_none() {
        let text = "This person has no conversation with the broadcast's first number: let them write to it once.";
        return Err(Rejection::Invalid(text).into());
    }
    hide_customer(&app, &request, &signed.0, conversation).await?;
    let wanted = MessageId::of_client_key(tenant, conversation, &key);
    let is_repeat = app.store.message(tenant, conversation, wanted).await?.is_some();
    let tried = said(&app, &signed, &request, Action::CampaignTested, &campaign).with("to", &contact.masked());
    let draft = Draft::Template(Box::new(filled));
    let reply = ReplyRequest { principal: signed.0, key, draft, reply_to: None };
    let message = app.actors.reply(conversation, reply).await?;
    if !is_repeat {
        app.store.record(tenant, vec![tried]).await?;
    }
    Ok(HttpResponse::Accepted().json(message))
}
