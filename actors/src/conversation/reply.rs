use std::sync::Arc;

use actix::{AtomicResponse, Context, Handler};
use engine::access::Principal;
use engine::content::Content;
use engine::conversation::{Compose, Conversation, Draft, Resolution};
use engine::id::{ClientKey, ConversationId, MessageId};
use engine::message::Message;
use engine::rejection::Rejection;
use engine::template::Category;

use super::{ConversationActor, Desk, Ended, Ruling};
use crate::registry::Permit;
use crate::world::{Actors, CommandError};

/// A member sends a message.
#[derive(Debug, Clone)]
pub struct ReplyRequest {
    pub principal: Principal,
    pub key: ClientKey,
    pub draft: Draft,
    pub reply_to: Option<MessageId>,
}

/// A member reacts to a message.
#[derive(Debug, Clone)]
pub struct ReactRequest {
    pub principal: Principal,
    pub key: ClientKey,
    pub target: MessageId,
    pub emoji: Option<String>,
}

/// A member decides about a failed message.
#[derive(Debug, Clone)]
pub struct ResolveRequest {
    pub principal: Principal,
    pub message: MessageId,
    pub resolution: Resolution,
}

impl Actors {
    /// The message as it is now; a repeat of the same key answers the same message.
    pub async fn reply(
        self: &Arc<Self>,
        conversation: ConversationId,
        request: ReplyRequest,
    ) -> Result<Message, CommandError> {
        self.command(request.principal.tenant, conversation, |permit| Reply { request, permit }).await
    }

    /// The message that was reacted to.
    pub async fn react(
        self: &Arc<Self>,
        conversation: ConversationId,
        request: ReactRequest,
    ) -> Result<Message, CommandError> {
        self.command(request.principal.tenant, conversation, |permit| React { request, permit }).await
    }

    pub async fn resolve(
        self: &Arc<Self>,
        conversation: ConversationId,
        request: ResolveRequest,
    ) -> Result<Message, CommandError> {
        self.command(request.principal.tenant, conversation, |permit| Resolve { request, permit }).await
    }
}

#[derive(actix::Message)]
#[rtype(result = "Result<Message, CommandError>")]
struct Reply {
    request: ReplyRequest,
    permit: Permit,
}

#[derive(actix::Message)]
#[rtype(result = "Result<Message, CommandError>")]
struct React {
    request: ReactRequest,
    permit: Permit,
}

#[derive(actix::Message)]
#[rtype(result = "Result<Message, CommandError>")]
struct Resolve {
    request: ResolveRequest,
    permit: Permit,
}

type Answer = (Option<Box<Conversation>>, Result<Message, CommandError>);

impl Handler<Reply> for ConversationActor {
    type Result = AtomicResponse<Self, Result<Message, CommandError>>;

    fn handle(&mut self, reply: Reply, _: &mut Context<Self>) -> Self::Result {
        self.atomically(None, |desk, state| desk.reply(state, reply))
    }
}

impl Handler<React> for ConversationActor {
    type Result = AtomicResponse<Self, Result<Message, CommandError>>;

    fn handle(&mut self, react: React, _: &mut Context<Self>) -> Self::Result {
        self.atomically(None, |desk, state| desk.react(state, react))
    }
}

impl Handler<Resolve> for ConversationActor {
    type Result = AtomicResponse<Self, Result<Message, CommandError>>;

    fn handle(&mut self, resolve: Resolve, _: &mut Context<Self>) -> Self::Result {
        self.atomically(None, |desk, state| desk.resolve(state, resolve))
    }
}

impl Desk {
    /// The state, if this principal may see it.
    async fn seen_by(
        &self,
        principal: &Principal,
        state: Option<Box<Conversation>>,
    ) -> Result<Box<Conversation>, CommandError> {
        let state = self.load(state).await?.ok_or(Rejection::NotFound)?;
        principal.see(&state)?;
        Ok(state)
    }

    async fn reply(self, state: Option<Box<Conversation>>, reply: Reply) -> Answer {
        let Reply { request, permit } = reply;
        let id = MessageId::of_client_key(self.tenant, self.id, &request.key);
        let state = match self.seen_by(&request.principal, state).await {
            Ok(state) => state,
            Err(error) => return (None, Err(error)),
        };
        match self.message(id).await {
            Ok(Some(message)) => return (Some(state), Ok(message)),
            Ok(None) => {}
            Err(error) => return (Some(state), Err(error.into())),
        }
        let (state, ended) = self
            .decide(state, None, |mut conversation| {
                let (desk, request) = (self.clone(), request.clone());
                async move {
                    if matches!(&request.draft, Draft::Template(filled) if Category::of(&filled.content.category).is_marketing()) {
                        desk.ask_consent(&mut conversation).await?;
                    }
                    let target = match request.reply_to {
                        Some(target) => Some(desk.message(target).await?.ok_or(Rejection::NotFound)?),
                        None => None,
                    };
                    let compose = Compose { key: request.key, author: request.principal.person, draft: request.draft };
                    let decision = conversation.reply(desk.tenant, compose, target.as_ref(), desk.now())?;
                    Ok(Ruling::Commit(Box::new(decision)))
                }
            })
            .await;
        drop(permit);
        match ended {
            Ok(Ended::Committed | Ended::Unchanged | Ended::AlreadyThere) => (state, self.existing(id).await),
            Err(error) => (state, Err(error)),
        }
    }

    async fn react(self, state: Option<Box<Conversation>>, react: React) -> Answer {
        let React { request, permit } = react;
        let state = match self.seen_by(&request.principal, state).await {
            Ok(state) => state,
            Err(error) => return (None, Err(error)),
        };
        let (state, ended) = self
            .decide(state, None, |conversation| {
                let (desk, request) = (self.clone(), request.clone());
                async move {
                    let target = desk.existing(request.target).await?;
                    let decision = conversation.react(desk.tenant, &request.key, &target, request.emoji, desk.now())?;
                    Ok(decision.into())
                }
            })
            .await;
        drop(permit);
        match ended {
            Ok(Ended::Committed | Ended::Unchanged | Ended::AlreadyThere) => {
                (state, self.existing(request.target).await)
            }
            Err(error) => (state, Err(error)),
        }
    }

    async fn resolve(self, state: Option<Box<Conversation>>, resolve: Resolve) -> Answer {
        let Resolve { request, permit } = resolve;
        let state = match self.seen_by(&request.principal, state).await {
            Ok(state) => state,
            Err(error) => return (None, Err(error)),
        };
        let (state, ended) = self
            .decide(state, None, |mut conversation| {
                let (desk, request) = (self.clone(), request.clone());
                async move {
                    let message = desk.existing(request.message).await?;
                    if matches!(&message.content, Content::Template(content) if Category::of(&content.category).is_marketing()) {
                        desk.ask_consent(&mut conversation).await?;
                    }
                    let entry = desk.actors.world.store.outbox_entry(desk.tenant, message.id).await?;
                    let entry = entry.ok_or(Rejection::WrongState("not one that was sent from here"))?;
                    let decision = conversation.resolve(&message, entry.outgoing, request.resolution, desk.now())?;
                    Ok(Ruling::Commit(Box::new(decision)))
                }
            })
            .await;
        drop(permit);
        match ended {
            Ok(Ended::Committed | Ended::Unchanged | Ended::AlreadyThere) => {
                (state, self.existing(request.message).await)
            }
            Err(error) => (state, Err(error)),
        }
    }

    /// What the person says of marketing now: the conversation's copy is as old as its last change.
    async fn ask_consent(&self, conversation: &mut Conversation) -> Result<(), CommandError> {
        if let Some(contact) = self.actors.world.store.contact(self.tenant, conversation.contact.id).await? {
            conversation.contact = contact.card();
        }
        Ok(())
    }

    async fn existing(&self, id: MessageId) -> Result<Message, CommandError> {
        Ok(self.message(id).await?.ok_or(Rejection::NotFound)?)
    }
}
