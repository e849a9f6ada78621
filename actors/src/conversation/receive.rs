use std::sync::Arc;

use actix::{AtomicResponse, Context, Handler};
use engine::contact::Contact;
use engine::conversation::Conversation;
use engine::directory::NumberRef;
use engine::id::{MessageId, TenantId, Wamid};
use engine::inbound::{InboundBody, InboundMessage};
use engine::intake::IntakeMark;
use engine::message::Message;
use engine::ports::StoreError;

use super::{ConversationActor, Desk, Ended};
use crate::registry::Permit;
use crate::world::CommandError;

/// A message of the customer, resolved to this conversation.
#[derive(actix::Message)]
#[rtype(result = "Result<(), CommandError>")]
pub(crate) struct Receive {
    pub(crate) inbound: Arc<InboundMessage>,
    pub(crate) contact: Contact,
    /// To answer, because it opted out or in.
    pub(crate) confirmation: Option<Arc<str>>,
    pub(crate) number: NumberRef,
    /// To write when it worked.
    pub(crate) intake: IntakeMark,
    pub(crate) permit: Permit,
}

impl Handler<Receive> for ConversationActor {
    type Result = AtomicResponse<Self, Result<(), CommandError>>;

    fn handle(&mut self, receive: Receive, _: &mut Context<Self>) -> Self::Result {
        self.atomically(Some(receive.intake.id), |desk, state| desk.receive(state, receive))
    }
}

impl Desk {
    async fn receive(
        self,
        state: Option<Box<Conversation>>,
        receive: Receive,
    ) -> (Option<Box<Conversation>>, Result<(), CommandError>) {
        let Receive { inbound, contact, confirmation, number, intake, permit } = receive;
        #[cfg(feature = "seeded-bugs")]
        poison(&inbound);
        let state = match self.load(state).await {
            Ok(Some(mut state)) => {
                // The contact may have learned something since this conversation was last written.
                let marketing = contact.marketing.or_newer(state.contact.marketing);
                // Of two contacts that were merged, the conversation stays with its own, to be parted again.
                state.contact = Contact { id: state.contact.id, marketing, ..contact.card() };
                state
            }
            Ok(None) => Box::new(Conversation::new(self.id, contact, number)),
            Err(error) => return (None, Err(error.into())),
        };
        let (state, ended) = self
            .decide(state, Some(intake.clone()), |conversation| {
                let (desk, inbound, confirmation) = (self.clone(), inbound.clone(), confirmation.clone());
                async move {
                    let target = desk.target(&inbound).await?;
                    let now = desk.now();
                    let decision = conversation.receive(desk.tenant, &inbound, target.as_ref(), now);
                    Ok(match (decision, confirmation) {
                        (Some(decision), Some(text)) => {
                            let cause = MessageId::of_wamid(desk.tenant, &inbound.wamid);
                            Some(decision.confirm(desk.tenant, cause, &text, now))
                        }
                        (decision, _) => decision,
                    }
                    .into())
                }
            })
            .await;
        drop(permit);
        match ended {
            Ok(Ended::Committed | Ended::AlreadyThere) => (state, Ok(())),
            Ok(Ended::Unchanged) => {
                let marked = self.mark(Some(intake)).await;
                (state, marked.map_err(CommandError::from))
            }
            Err(error) => (state, Err(error)),
        }
    }

    /// The message that the inbound one points at, if it is in this conversation.
    async fn target(&self, inbound: &InboundMessage) -> Result<Option<Message>, CommandError> {
        match &inbound.body {
            InboundBody::Reaction { target, .. }
            | InboundBody::Edit { target, .. }
            | InboundBody::Revoke { target } => Ok(self.find(self.tenant, target).await?),
            InboundBody::Content(_) | InboundBody::File { .. } => {
                let Some(quoted) = &inbound.reply_to else { return Ok(None) };
                match self.find(self.tenant, quoted).await? {
                    Some(message) => Ok(Some(message)),
                    None => Ok(self.broadcast_message(quoted).await?),
                }
            }
        }
    }

    /// What a broadcast sent is in no history, and is quoted all the same.
    async fn broadcast_message(&self, wamid: &Wamid) -> Result<Option<Message>, StoreError> {
        let (store, tenant) = (&self.actors.world.store, self.tenant);
        let Some(key) = store.locate_recipient(tenant, wamid).await? else { return Ok(None) };
        let Some(campaign) = store.campaign(tenant, key.campaign).await? else { return Ok(None) };
        let row = store.recipient(tenant, key).await?;
        let message = row.and_then(|row| campaign.message_to(tenant, &row));
        Ok(message.filter(|message| message.conversation_id == self.id))
    }

    async fn find(&self, tenant: TenantId, wamid: &Wamid) -> Result<Option<Message>, StoreError> {
        if let Some(message) = self.message(MessageId::of_wamid(tenant, wamid)).await? {
            return Ok(Some(message));
        }
        match self.actors.world.store.locate(tenant, wamid).await? {
            Some(located) if located.conversation == self.id => self.message(located.message).await,
            Some(_) | None => Ok(None),
        }
    }
}

/// Seeded bug: shows that a message which breaks its handler disturbs nobody else.
#[cfg(feature = "seeded-bugs")]
fn poison(inbound: &InboundMessage) {
    if let InboundBody::Content(engine::content::Content::Text { body }) = &inbound.body {
        assert!(body != "jetto:poison", "poison");
    }
}
