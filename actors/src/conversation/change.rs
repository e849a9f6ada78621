use std::sync::Arc;

use actix::{AtomicResponse, Context, Handler};
use engine::access::Principal;
use engine::conversation::{Conversation, ConversationStatusChange};
use engine::directory::Person;
use engine::id::{ConversationId, MessageId, TeamId};
use engine::rejection::Rejection;

use super::{ConversationActor, Desk};
use crate::registry::Permit;
use crate::world::{Actors, CommandError};

/// A member assigns, closes or reads a conversation.
#[derive(Debug, Clone)]
pub struct ChangeRequest {
    pub principal: Principal,
    pub status: Option<ConversationStatusChange>,
    /// `Some(None)` takes it off everybody.
    pub assignee: Option<Option<Person>>,
    /// `Some(None)` takes it off every team.
    pub team: Option<Option<TeamId>>,
    /// Everything up to this message was on the member's screen.
    pub read_upto: Option<MessageId>,
}

impl Actors {
    /// The conversation as it is now.
    pub async fn change(
        self: &Arc<Self>,
        conversation: ConversationId,
        request: ChangeRequest,
    ) -> Result<Conversation, CommandError> {
        self.command(request.principal.tenant, conversation, |permit| Change { request, permit }).await
    }
}

#[derive(actix::Message)]
#[rtype(result = "Result<Conversation, CommandError>")]
struct Change {
    request: ChangeRequest,
    permit: Permit,
}

impl Handler<Change> for ConversationActor {
    type Result = AtomicResponse<Self, Result<Conversation, CommandError>>;

    fn handle(&mut self, change: Change, _: &mut Context<Self>) -> Self::Result {
        self.atomically(None, |desk, state| desk.change(state, change))
    }
}

impl Desk {
    async fn change(
        self,
        state: Option<Box<Conversation>>,
        change: Change,
    ) -> (Option<Box<Conversation>>, Result<Conversation, CommandError>) {
        let Change { request, permit } = change;
        let state = match self.load(state).await {
            Ok(Some(state)) => state,
            Ok(None) => return (None, Err(Rejection::NotFound.into())),
            Err(error) => return (None, Err(error.into())),
        };
        let (state, ended) = self
            .decide(state, None, |conversation| {
                let (desk, request) = (self.clone(), request.clone());
                async move {
                    request.principal.see(&conversation)?;
                    let decision = match request.read_upto {
                        Some(upto) => {
                            let upto = desk.message(upto).await?.ok_or(Rejection::NotFound)?;
                            conversation.mark_read(&upto)
                        }
                        None => conversation.change(request.status, request.assignee, request.team),
                    };
                    Ok(decision.into())
                }
            })
            .await;
        drop(permit);
        match (ended, state) {
            (Ok(_), Some(state)) => {
                let shown = (*state).clone();
                (Some(state), Ok(shown))
            }
            (Ok(_), None) => (None, Err(Rejection::NotFound.into())),
            (Err(error), state) => (state, Err(error)),
        }
    }
}
