//! Meta answered a send, refused it, or said nothing.

use super::Conversation;
use crate::decision::{Decision, Record};
use crate::delivery::{DeliveryState, Failure, FailureAction, Status};
use crate::id::MessageId;
use crate::message::{Message, ReactionFrom};
use crate::outgoing::{OutgoingBody, SendOutcome};
use crate::time::Timestamp;

impl Conversation {
    pub fn record_send(&self, message: &Message, outcome: SendOutcome, now: Timestamp) -> Decision {
        let mut next = self.clone();
        let mut message = message.clone();
        let Some(delivery) = message.delivery.as_mut() else {
            return Decision::on(next).record(Record::Settle(message.id));
        };
        let settled = match outcome {
            SendOutcome::Accepted { wamid, wa_id } | SendOutcome::Held { wamid, wa_id } => {
                delivery.accept(now);
                message.wamid = Some(wamid);
                // Meta's own spelling of the number is the one to use next time.
                next.contact.phone = wa_id.or(next.contact.phone);
                true
            }
            SendOutcome::Refused(failure) => {
                delivery.merge(Status::Failed(failure), now);
                true
            }
            SendOutcome::InDoubt => !delivery.doubt(now),
        };
        next.refresh(&message);
        let outbox = if settled { Record::Settle(message.id) } else { Record::Doubt { id: message.id, since: now } };
        Decision::on(next).record(Record::Update(message.clone())).record(outbox).message_changed(&message)
    }

    /// A reaction has no message of its own: a refused one is taken off its target again.
    pub fn record_reaction_send(
        &self,
        id: MessageId,
        target: &Message,
        body: &OutgoingBody,
        outcome: &SendOutcome,
    ) -> Decision {
        let decision = Decision::on(self.clone()).record(Record::Settle(id));
        let mut message = target.clone();
        let refused = matches!(outcome, SendOutcome::Refused(_)) && matches!(body, OutgoingBody::Reaction { .. });
        if refused && message.react(ReactionFrom::Business, None) {
            return decision.record(Record::Update(message.clone())).message_changed(&message);
        }
        decision
    }

    /// Nobody said anything for too long: a person decides. The message keeps its amber mark and gets actions.
    pub fn park(&self, message: &Message) -> Option<Decision> {
        let mut message = message.clone();
        let delivery = message.delivery.as_mut().filter(|delivery| delivery.state == DeliveryState::Unknown)?;
        delivery.failure = Some(Failure {
            code: None,
            text: "WhatsApp gave no answer. It may have arrived. Ask the customer before you send it again.".to_owned(),
            action: Some(FailureAction::Retry),
        });
        Some(
            Decision::on(self.clone())
                .record(Record::Update(message.clone()))
                .record(Record::Settle(message.id))
                .message_changed(&message),
        )
    }
}
