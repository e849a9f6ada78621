use std::sync::Arc;

use actix::{AtomicResponse, Context, Handler};
use engine::contact::Contact;
use engine::conversation::Conversation;
use engine::id::{ConversationId, TenantId};
use engine::rejection::Rejection;

use super::{ConversationActor, Desk, Ruling};
use crate::registry::Permit;
use crate::world::{Actors, CommandError};

impl Actors {
    /// A merge of contacts, or its end, changed whom the conversation is with.
    pub async fn know(
        self: &Arc<Self>,
        tenant: TenantId,
        conversation: ConversationId,
        contact: Contact,
    ) -> Result<(), CommandError> {
        self.command(tenant, conversation, |permit| Know { contact, permit }).await
    }
}

/// Everybody who has it open sees whom it is with.
#[derive(actix::Message)]
#[rtype(result = "Result<(), CommandError>")]
struct Know {
    contact: Contact,
    permit: Permit,
}

impl Handler<Know> for ConversationActor {
    type Result = AtomicResponse<Self, Result<(), CommandError>>;

    fn handle(&mut self, know: Know, _: &mut Context<Self>) -> Self::Result {
        self.atomically(None, |desk, state| desk.know(state, know))
    }
}

impl Desk {
    async fn know(
        self,
        state: Option<Box<Conversation>>,
        know: Know,
    ) -> (Option<Box<Conversation>>, Result<(), CommandError>) {
        let Know { contact, permit } = know;
        let state = match self.load(state).await {
            Ok(Some(state)) => state,
            Ok(None) => return (None, Err(Rejection::NotFound.into())),
            Err(error) => return (None, Err(error.into())),
        };
        let rule = |conversation: Conversation| {
            let decision = conversation.know(&contact);
            async move { Ok::<_, CommandError>(Ruling::from(decision)) }
        };
        let (state, ended) = self.decide(state, None, rule).await;
        drop(permit);
        (state, ended.map(drop))
    }
}
