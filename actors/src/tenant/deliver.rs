//! One inbox item on its way: translate, find out whose it is, hand it to the conversation, see it marked.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use engine::campaign::{PauseReason, RecipientKey, as_told};
use engine::contact::Contact;
use engine::delivery::Status;
use engine::id::{ConversationId, IntakeId, PhoneNumberId};
use engine::inbound::{Inbound, InboundMessage, StatusUpdate};
use engine::intake::{IntakeMark, IntakeOutcome, IntakeRecord};
use engine::message::Direction;
use engine::outgoing::Callback;
use engine::ports::{Located, StoreError};
use tracing::Instrument as _;

use super::{State, count_panic};
use crate::JOURNEY;
use crate::broadcast;
use crate::conversation::{Receive, RecordStatus};
use crate::learn::learn_of_recipient;
use crate::metric;
use crate::number;
use crate::world::CommandError;

/// Whose status it is.
enum Subject {
    Message(Located),
    Recipient(RecipientKey),
}

impl State {
    /// `Err`: the item stays in the log and is tried again.
    pub(super) async fn deliver(&self, record: &IntakeRecord) -> Result<(), StoreError> {
        let world = &self.actors.world;
        let translated = catch_unwind(AssertUnwindSafe(|| world.translator.translate(self.tenant, record)));
        let inbounds = match translated {
            Ok(Ok(inbounds)) => inbounds,
            Ok(Err(reason)) => return self.quarantine(record.id, reason).await,
            Err(_panic) => {
                metrics::counter!(metric::PANICS).increment(1);
                count_panic(&self.actors, self.tenant, record.id).await?;
                return Err(StoreError::Unavailable("an item broke its translation".to_owned()));
            }
        };
        metrics::counter!(metric::INTAKE_PROCESSED).increment(1);
        let mut changed_nothing = true;
        for inbound in inbounds {
            match inbound {
                Inbound::Message(message) => {
                    changed_nothing = false;
                    self.deliver_message(record.id, message).await?;
                }
                Inbound::Status(update) => {
                    changed_nothing = false;
                    self.deliver_status(record.id, *update).await?;
                }
                Inbound::Account(news) => self.hear(*news).await?,
                Inbound::Notice => {}
            }
        }
        if changed_nothing { world.store.mark(self.tenant, self.processed(record.id, None)).await } else { Ok(()) }
    }

    async fn deliver_message(&self, item: IntakeId, inbound: Box<InboundMessage>) -> Result<(), StoreError> {
        let Some((number, contact)) = self.identify(&inbound).await? else {
            return self.quarantine(item, "The number is not connected any more.".to_owned()).await;
        };
        if inbound.live && inbound.direction == Direction::In {
            number::came_in(&self.actors, self.tenant, &inbound.number, 1);
        }
        self.count_answers(&inbound, &contact).await?;
        let (contact, confirmation) = self.heed(&inbound, contact).await?;
        let id = self.conversation_with(&contact, &inbound.number).await?;
        let to = self.actors.reserve_conversation(self.tenant, id).await;
        let intake = self.processed(item, Some(id));
        let inbound = Arc::new(*inbound);
        let receive = Receive { inbound, contact, confirmation, number, intake, permit: to.permit };
        match to.address.send(receive).instrument(decided(id)).await {
            Ok(result) => self.settle(item, result).await,
            Err(_gone) => Err(undone()),
        }
    }

    /// Somebody who is several contacts goes on in the conversation that there is.
    async fn conversation_with(&self, contact: &Contact, number: &PhoneNumberId) -> Result<ConversationId, StoreError> {
        let own = ConversationId::of(self.tenant, number, contact.id);
        if contact.merged.is_empty() {
            return Ok(own);
        }
        for same in contact.everybody() {
            let id = ConversationId::of(self.tenant, number, same);
            if self.actors.world.store.conversation(self.tenant, id).await?.is_some() {
                return Ok(id);
            }
        }
        Ok(own)
    }

    async fn deliver_status(&self, item: IntakeId, update: StatusUpdate) -> Result<(), StoreError> {
        let world = &self.actors.world;
        match self.subject(&update).await? {
            Some(Subject::Message(located)) => self.deliver_to_conversation(item, update, located).await,
            Some(Subject::Recipient(key)) => self.deliver_to_campaign(item, &update, key).await,
            None => {
                // It may be faster than the answer to the send: the answer finds it.
                world.store.park_status(self.tenant, &update).await?;
                world.store.mark(self.tenant, self.processed(item, None)).await
            }
        }
    }

    async fn subject(&self, update: &StatusUpdate) -> Result<Option<Subject>, StoreError> {
        match update.callback {
            Some(Callback::Message { conversation, message, .. }) => {
                return Ok(Some(Subject::Message(Located { conversation, message })));
            }
            Some(Callback::Recipient { campaign, no, .. }) => {
                return Ok(Some(Subject::Recipient(RecipientKey { campaign, no })));
            }
            None => {}
        }
        if let Some(located) = self.actors.world.store.locate(self.tenant, &update.wamid).await? {
            return Ok(Some(Subject::Message(located)));
        }
        Ok(self.campaign_message(&update.wamid).await?.map(Subject::Recipient))
    }

    /// One commit, and no actor is woken: statuses of a broadcast are as many as its recipients, three times.
    async fn deliver_to_campaign(
        &self,
        item: IntakeId,
        update: &StatusUpdate,
        key: RecipientKey,
    ) -> Result<(), StoreError> {
        if let Status::Failed(failure) = &update.status
            && failure.stops_a_campaign()
        {
            broadcast::stop(&self.actors, (self.tenant, key.campaign), PauseReason::refused(failure)).await?;
        }
        if let Status::Failed(failure) = &update.status {
            learn_of_recipient(&self.actors, self.tenant, key, failure, update.at).await?;
        }
        let intake = Some(self.processed(item, None));
        let world = &self.actors.world;
        world.store.record_receipt(self.tenant, key, &as_told(update, world.clock.now()), intake).await
    }

    async fn deliver_to_conversation(
        &self,
        item: IntakeId,
        update: StatusUpdate,
        located: Located,
    ) -> Result<(), StoreError> {
        let to = self.actors.reserve_conversation(self.tenant, located.conversation).await;
        let intake = Some(self.processed(item, Some(located.conversation)));
        let record = RecordStatus { message: located.message, update, intake, permit: to.permit };
        match to.address.send(record).instrument(decided(located.conversation)).await {
            Ok(result) => self.settle(item, result).await,
            Err(_gone) => Err(undone()),
        }
    }

    async fn settle(&self, item: IntakeId, result: Result<(), CommandError>) -> Result<(), StoreError> {
        match result {
            Ok(()) => Ok(()),
            Err(CommandError::Store(error)) => Err(error),
            Err(CommandError::Rejected(rejection)) => self.quarantine(item, rejection.to_string()).await,
            Err(CommandError::Busy | CommandError::Crashed) => Err(StoreError::Busy),
        }
    }

    async fn quarantine(&self, id: IntakeId, reason: String) -> Result<(), StoreError> {
        metrics::counter!(metric::INTAKE_QUARANTINED).increment(1);
        let mark = IntakeMark { outcome: IntakeOutcome::Quarantined, error: Some(reason), ..self.processed(id, None) };
        self.actors.world.store.mark(self.tenant, mark).await
    }

    fn processed(&self, id: IntakeId, conversation: Option<ConversationId>) -> IntakeMark {
        IntakeMark {
            id,
            outcome: IntakeOutcome::Processed,
            error: None,
            conversation,
            at: self.actors.world.clock.now(),
        }
    }
}

/// What a conversation makes of it, with the wait for its turn.
fn decided(conversation: ConversationId) -> tracing::Span {
    tracing::info_span!(target: JOURNEY, "conversation", %conversation)
}

/// It panicked with this item, which its supervisor counts, or was given up with others waiting: those nobody counts and
/// nobody announces again, so each is looked for in the log.
fn undone() -> StoreError {
    StoreError::Unavailable("the conversation's actor ended with this item unprocessed".to_owned())
}
