use std::sync::Arc;

use actix::{AtomicResponse, Context, Handler};
use engine::access::Visibility;
use engine::contact::Contact;
use engine::conversation::Conversation;
use engine::id::{TenantId, WaId};
use engine::rejection::Rejection;

use super::{ConversationActor, Desk, Ruling};
use crate::registry::Permit;
use crate::world::{Actors, CommandError};

impl Actors {
    /// A merge of contacts, or its end, changed whom their conversations are with; or they `lost` a number. All are told; an error of one
    /// that could not be.
    pub async fn know(
        self: &Arc<Self>,
        tenant: TenantId,
        contact: &Contact,
        lost: Option<&WaId>,
    ) -> Result<(), CommandError> {
        self.contact_changed();
        let mut told = Ok(());
        for id in contact.everybody() {
            for conversation in self.world.store.conversations_of(tenant, id, Visibility::All).await? {
                let (contact, lost) = (contact.clone(), lost.cloned());
                let known = self.command(tenant, conversation.id, |permit| Know { contact, lost, permit }).await;
                told = told.and(known);
            }
        }
        told
    }
}

/// Everybody who has it open sees whom it is with.
#[derive(actix::Message)]
#[rtype(result = "Result<(), CommandError>")]
struct Know {
    contact: Contact,
    lost: Option<WaId>,
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
        let Know { contact, lost, permit } = know;
        let state = match self.load(state).await {
            Ok(Some(state)) => state,
            Ok(None) => return (None, Err(Rejection::NotFound.into())),
            Err(error) => return (None, Err(error.into())),
        };
        let rule = |conversation: Conversation| {
            let decision = conversation.know(&contact, lost.as_ref());
            async move { Ok::<_, CommandError>(Ruling::from(decision)) }
        };
        let (state, ended) = self.decide(state, None, rule).await;
        drop(permit);
        (state, ended.map(drop))
    }
}
