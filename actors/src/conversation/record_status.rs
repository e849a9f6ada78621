use actix::{AtomicResponse, Context, Handler};
use engine::conversation::Conversation;
use engine::delivery::Status;
use engine::id::MessageId;
use engine::inbound::StatusUpdate;
use engine::intake::{IntakeMark, IntakeOutcome};
use engine::ports::StoreError;

use super::{ConversationActor, Desk, Ended, Ruling};
use crate::learn::learn_from;
use crate::registry::Permit;
use crate::world::CommandError;

/// Meta's word on a message of ours.
#[derive(actix::Message)]
#[rtype(result = "Result<(), CommandError>")]
pub(crate) struct RecordStatus {
    pub(crate) message: MessageId,
    pub(crate) update: StatusUpdate,
    /// `None` when it was parked: its inbox item is done already.
    pub(crate) intake: Option<IntakeMark>,
    pub(crate) permit: Permit,
}

impl Handler<RecordStatus> for ConversationActor {
    type Result = AtomicResponse<Self, Result<(), CommandError>>;

    fn handle(&mut self, record: RecordStatus, _: &mut Context<Self>) -> Self::Result {
        let in_hand = record.intake.as_ref().map(|mark| mark.id);
        self.atomically(in_hand, |desk, state| desk.record_status(state, record))
    }
}

impl Desk {
    async fn record_status(
        self,
        state: Option<Box<Conversation>>,
        record: RecordStatus,
    ) -> (Option<Box<Conversation>>, Result<(), CommandError>) {
        let RecordStatus { message, update, intake, permit } = record;
        let state = match self.load(state).await {
            Ok(Some(state)) => state,
            Ok(None) => return (None, self.mark(intake).await.map_err(CommandError::from)),
            Err(error) => return (None, Err(error.into())),
        };
        // Before the item is marked: after a crash in between both are done again.
        if let Status::Failed(failure) = &update.status
            && let Err(error) =
                learn_from(&self.actors, self.tenant, (state.contact.id, message), failure, update.at).await
        {
            return (Some(state), Err(error.into()));
        }
        let (state, ended) = self
            .decide(state, intake.clone(), |conversation| {
                let (desk, update) = (self.clone(), update.clone());
                async move {
                    // A reaction of ours has no message: its statuses say nothing that is shown.
                    let Some(found) = desk.message(message).await? else { return Ok(Ruling::Nothing) };
                    let decision = conversation.record_status(&found, &update.wamid, update.status, update.at);
                    Ok(decision.into())
                }
            })
            .await;
        drop(permit);
        match ended {
            Ok(Ended::Committed | Ended::AlreadyThere) => (state, Ok(())),
            Ok(Ended::Unchanged) => {
                let marked = self.mark_repeated(message, intake).await;
                (state, marked.map_err(CommandError::from))
            }
            Err(error) => (state, Err(error)),
        }
    }

    /// What a message knows already came twice; of what is no message nothing is known, so that it came first.
    async fn mark_repeated(&self, message: MessageId, intake: Option<IntakeMark>) -> Result<(), StoreError> {
        let is_known = self.message(message).await?.is_some();
        let outcome = if is_known { IntakeOutcome::Duplicate } else { IntakeOutcome::Processed };
        self.mark(intake.map(|mark| IntakeMark { outcome, ..mark })).await
    }
}
