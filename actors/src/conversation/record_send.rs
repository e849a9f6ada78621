use actix::{AtomicResponse, Context, Handler};
use engine::conversation::Conversation;
use engine::id::{MessageId, Wamid};
use engine::outgoing::{OutboxState, Outgoing, OutgoingBody, SendOutcome};

use super::{ConversationActor, Desk, Ruling};
use crate::learn::learn_from;
use crate::registry::Permit;
use crate::world::CommandError;

/// How a send ended, from the number's actor.
#[derive(actix::Message)]
#[rtype(result = "Result<(), CommandError>")]
pub(crate) struct RecordSend {
    pub(crate) outgoing: Box<Outgoing>,
    pub(crate) outcome: SendOutcome,
    pub(crate) permit: Permit,
}

/// A send without an outcome has waited long enough: a person decides.
#[derive(actix::Message)]
#[rtype(result = "Result<(), CommandError>")]
pub(crate) struct Park {
    pub(crate) message: MessageId,
    pub(crate) permit: Permit,
}

impl Handler<RecordSend> for ConversationActor {
    type Result = AtomicResponse<Self, Result<(), CommandError>>;

    fn handle(&mut self, record: RecordSend, _: &mut Context<Self>) -> Self::Result {
        self.atomically(None, |desk, state| desk.record_send(state, record))
    }
}

impl Handler<Park> for ConversationActor {
    type Result = AtomicResponse<Self, Result<(), CommandError>>;

    fn handle(&mut self, park: Park, _: &mut Context<Self>) -> Self::Result {
        self.atomically(None, |desk, state| desk.park(state, park))
    }
}

impl Desk {
    async fn record_send(
        self,
        state: Option<Box<Conversation>>,
        record: RecordSend,
    ) -> (Option<Box<Conversation>>, Result<(), CommandError>) {
        let RecordSend { outgoing, outcome, permit } = record;
        let state = match self.load(state).await {
            Ok(Some(state)) => state,
            Ok(None) => return (None, Ok(())),
            Err(error) => return (None, Err(error.into())),
        };
        if let SendOutcome::Refused(failure) = &outcome
            && let Err(error) =
                learn_from(&self.actors, self.tenant, (state.contact.id, outgoing.id), failure, self.now()).await
        {
            return (Some(state), Err(error.into()));
        }
        let (state, ended) = self
            .decide(state, None, |conversation| {
                let (desk, outgoing, outcome) = (self.clone(), outgoing.clone(), outcome.clone());
                async move { desk.rule_on_send(&conversation, &outgoing, outcome).await }
            })
            .await;
        drop(permit);
        let state = match (&ended, &outcome) {
            (Ok(_), SendOutcome::Accepted { wamid, .. } | SendOutcome::Held { wamid, .. }) => {
                self.unpark(state, outgoing.id, wamid).await
            }
            (Ok(_) | Err(_), _) => state,
        };
        (state, ended.map(|_| ()))
    }

    async fn rule_on_send(
        &self,
        conversation: &Conversation,
        outgoing: &Outgoing,
        outcome: SendOutcome,
    ) -> Result<Ruling, CommandError> {
        if outcome == SendOutcome::InDoubt && !self.is_claimed(outgoing.id).await? {
            // A status was faster and settled it.
            return Ok(Ruling::Nothing);
        }
        let subject = match &outgoing.body {
            OutgoingBody::Reaction { message, .. } => *message,
            OutgoingBody::Text { .. } | OutgoingBody::Media { .. } | OutgoingBody::Template { .. } => outgoing.id,
        };
        let Some(message) = self.message(subject).await? else { return Ok(Ruling::Nothing) };
        Ok(Ruling::Commit(Box::new(if subject == outgoing.id {
            conversation.record_send(&message, outcome, self.now())
        } else {
            conversation.record_reaction_send(outgoing.id, &message, &outgoing.body, &outcome)
        })))
    }

    async fn is_claimed(&self, id: MessageId) -> Result<bool, CommandError> {
        let entry = self.actors.world.store.outbox_entry(self.tenant, id).await?;
        Ok(entry.is_some_and(|entry| matches!(entry.state, OutboxState::Claimed { .. })))
    }

    /// Statuses that came before the answer and did not say whose they are.
    async fn unpark(
        &self,
        mut state: Option<Box<Conversation>>,
        message: MessageId,
        wamid: &Wamid,
    ) -> Option<Box<Conversation>> {
        let parked = match self.actors.world.store.unpark_statuses(self.tenant, wamid).await {
            Ok(parked) => parked,
            Err(error) => {
                tracing::warn!(%error, "parked statuses were not read");
                return state;
            }
        };
        for update in parked {
            let Ok(Some(current)) = self.load(state.take()).await else { return None };
            let (next, ended) = self
                .decide(current, None, |conversation| {
                    let (desk, update) = (self.clone(), update.clone());
                    async move {
                        let Some(found) = desk.message(message).await? else { return Ok(Ruling::Nothing) };
                        let decision = conversation.record_status(&found, &update.wamid, update.status, update.at);
                        Ok(decision.into())
                    }
                })
                .await;
            if let Err(error) = ended {
                tracing::warn!(%error, "a parked status was not recorded");
            }
            state = next;
        }
        state
    }

    async fn park(
        self,
        state: Option<Box<Conversation>>,
        park: Park,
    ) -> (Option<Box<Conversation>>, Result<(), CommandError>) {
        let state = match self.load(state).await {
            Ok(Some(state)) => state,
            Ok(None) => return (None, Ok(())),
            Err(error) => return (None, Err(error.into())),
        };
        let (state, ended) = self
            .decide(state, None, |conversation| {
                let desk = self.clone();
                async move {
                    let Some(found) = desk.message(park.message).await? else { return Ok(Ruling::Nothing) };
                    Ok(conversation.park(&found).into())
                }
            })
            .await;
        drop(park.permit);
        (state, ended.map(|_| ()))
    }
}
