//! Conversations: lists, counts, one, and what a person changes about it.

use actix_web::{HttpResponse, web};
use actors::ChangeRequest;
use engine::access::Principal;
use engine::conversation::{Conversation, ConversationStatusChange};
use engine::id::{ConversationId, MemberId, MessageId, TeamId};
use engine::message::Direction;
use engine::permission::Permission;
use engine::ports::{ConversationCounts, ConversationQuery, PageRequest, View};
use engine::rejection::Rejection;
use serde::Deserialize;

use super::lists::{List, Paging, present};
use crate::app::App;
use crate::http::guard::Signed;
use crate::http::problem::Problem;

pub fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/conversations", web::get().to(list))
        .route("/conversations/counts", web::get().to(counts))
        .route("/conversations/{id}", web::get().to(one))
        .route("/conversations/{id}", web::patch().to(change))
        .route("/conversations/{id}/read", web::post().to(read))
        .route("/conversations/{id}/typing", web::post().to(typing));
}

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViewName {
    Mine,
    Unassigned,
    All,
    Closed,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    view: Option<ViewName>,
    /// Only those with unread messages.
    unread: Option<bool>,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// Conversations, newest activity first
#[utoipa::path(get, path = "/api/v1/conversations", params(ListQuery),
    responses((status = 200, body = List<Conversation>), (status = 401, body = Problem), (status = 403, body = Problem)))]
pub async fn list(
    app: web::Data<App>,
    signed: Signed,
    query: web::Query<ListQuery>,
) -> Result<web::Json<List<Conversation>>, Problem> {
    let me = signed.0.person.id;
    let view = match query.view.unwrap_or(ViewName::All) {
        ViewName::Mine => View::Mine(me),
        ViewName::Unassigned => View::Unassigned,
        ViewName::All => View::All,
        ViewName::Closed => View::Closed,
    };
    let page = Paging { cursor: query.cursor.clone(), limit: query.limit }.request();
    let query =
        ConversationQuery { view, unread: query.unread.unwrap_or(false), visibility: signed.0.visibility(), page };
    Ok(web::Json(app.store.conversations(signed.0.tenant, query).await?.into()))
}

/// How many conversations are in each view
#[utoipa::path(get, path = "/api/v1/conversations/counts", responses((status = 200, body = ConversationCounts), (status = 401, body = Problem)))]
pub async fn counts(app: web::Data<App>, signed: Signed) -> Result<web::Json<ConversationCounts>, Problem> {
    let counts = app.store.counts(signed.0.tenant, signed.0.person.id, signed.0.visibility()).await?;
    Ok(web::Json(counts))
}

/// One conversation
#[utoipa::path(get, path = "/api/v1/conversations/{id}", params(("id" = String, Path)),
    responses((status = 200, body = Conversation), (status = 404, body = Problem)))]
pub async fn one(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<ConversationId>,
) -> Result<web::Json<Conversation>, Problem> {
    Ok(web::Json(visible(&app, &signed.0, *id).await?))
}

/// The conversation, if this principal may see it.
pub async fn visible(app: &App, principal: &Principal, id: ConversationId) -> Result<Conversation, Problem> {
    let found = app.store.conversation(principal.tenant, id).await?.ok_or_else(Problem::not_found)?;
    principal.see(&found)?;
    Ok(found)
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "three answers: absent, nobody, somebody")]
pub struct Change {
    status: Option<StatusName>,
    /// Absent: as it is. `null`: nobody.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    assignee_id: Option<Option<MemberId>>,
    /// Absent: as it is. `null`: no team.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    team_id: Option<Option<TeamId>>,
}

#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StatusName {
    Open,
    Closed,
}

/// Assign, close, open again
#[utoipa::path(patch, path = "/api/v1/conversations/{id}", params(("id" = String, Path)), request_body = Change,
    responses((status = 200, body = Conversation), (status = 403, body = Problem), (status = 404, body = Problem)))]
pub async fn change(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<ConversationId>,
    change: web::Json<Change>,
) -> Result<web::Json<Conversation>, Problem> {
    let principal = signed.0;
    if change.status.is_some() {
        principal.require(Permission::ConversationsUpdate)?;
    }
    let assignee = match change.assignee_id {
        None => None,
        Some(wanted) => {
            principal.require(Permission::ConversationsAssign)?;
            Some(assignee(&app, &principal, wanted).await?)
        }
    };
    if let Some(wanted) = change.team_id {
        principal.require(Permission::ConversationsAssign)?;
        let household = app.households.of(app.store.as_ref(), principal.tenant).await?.ok_or(Rejection::NotFound)?;
        if wanted.is_some_and(|team| !household.teams.contains_key(&team)) {
            return Err(Rejection::NotFound.into());
        }
    }
    let status = change.status.map(|status| match status {
        StatusName::Open => ConversationStatusChange::Open,
        StatusName::Closed => ConversationStatusChange::Closed,
    });
    let request = ChangeRequest { principal, status, assignee, team: change.team_id, read_upto: None };
    Ok(web::Json(app.actors.change(*id, request).await?))
}

async fn assignee(
    app: &App,
    principal: &Principal,
    wanted: Option<MemberId>,
) -> Result<Option<engine::directory::Person>, Problem> {
    let Some(wanted) = wanted else { return Ok(None) };
    let household = app.households.of(app.store.as_ref(), principal.tenant).await?.ok_or(Rejection::NotFound)?;
    let member = household.member(wanted).ok_or(Rejection::NotFound)?;
    if !household.grants(wanted).allow(Permission::ConversationsReadAssigned) {
        return Err(Rejection::Invalid("This person's role cannot see conversations.").into());
    }
    Ok(Some(member.person()))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct ReadUpto {
    /// The newest message on the screen.
    upto: MessageId,
}

/// Mark as read, for us and for the customer
#[utoipa::path(post, path = "/api/v1/conversations/{id}/read", params(("id" = String, Path)), request_body = ReadUpto,
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn read(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<ConversationId>,
    read: web::Json<ReadUpto>,
) -> Result<HttpResponse, Problem> {
    let request =
        ChangeRequest { principal: signed.0, status: None, assignee: None, team: None, read_upto: Some(read.upto) };
    app.actors.change(*id, request).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Show the customer that somebody is writing
#[utoipa::path(post, path = "/api/v1/conversations/{id}/typing", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = Problem)))]
pub async fn typing(
    app: web::Data<App>,
    signed: Signed,
    id: web::Path<ConversationId>,
) -> Result<HttpResponse, Problem> {
    let conversation = visible(&app, &signed.0, *id).await?;
    let newest = PageRequest { after: None, limit: 20 };
    let history = app.store.history(signed.0.tenant, *id, newest).await?;
    let last_in = history.items.into_iter().find(|message| message.direction == Direction::In);
    if let Some(wamid) = last_in.and_then(|message| message.wamid) {
        app.actors.show_typing(signed.0.tenant, &conversation.number.phone_number_id, wamid).await;
    }
    Ok(HttpResponse::NoContent().finish())
}
