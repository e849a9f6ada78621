//! A person decides about a message that failed or that nobody answered for.

use super::{Composer, Conversation};
use crate::consent::may_market;
use crate::content::Content;
use crate::decision::{Decision, Order, Record};
use crate::delivery::{DeliveryState, Failure, FailureAction, Status};
use crate::message::Message;
use crate::outgoing::Outgoing;
use crate::rejection::Rejection;
use crate::template::Category;
use crate::time::Timestamp;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    Resend,
    Dismiss,
}

impl Conversation {
    /// `outgoing` is what the outbox kept of the message.
    pub fn resolve(
        &self,
        message: &Message,
        outgoing: Outgoing,
        resolution: Resolution,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let mut message = message.clone();
        let is_template = matches!(message.content, Content::Template(_));
        if let Content::Template(content) = &message.content
            && resolution == Resolution::Resend
            && Category::of(&content.category).is_marketing()
        {
            may_market(&self.contact)?;
        }
        let Some(delivery) = message.delivery.as_mut() else {
            return Err(Rejection::WrongState("not one that was sent from here"));
        };
        match delivery.state {
            DeliveryState::Failed => {}
            // Parked by the policy: before that, a status may still settle it.
            DeliveryState::Unknown if delivery.failure.is_some() => {}
            DeliveryState::Unknown => return Err(Rejection::WrongState("still being checked with WhatsApp")),
            DeliveryState::Queued => return Err(Rejection::WrongState("waiting to be sent")),
            DeliveryState::Sent | DeliveryState::Delivered | DeliveryState::Read | DeliveryState::Played => {
                return Err(Rejection::WrongState("sent"));
            }
        }
        let mut next = self.clone();
        match resolution {
            Resolution::Resend => {
                if !is_template && self.composer(now) == Composer::TemplateOnly {
                    return Err(Rejection::WindowClosed);
                }
                delivery.requeue(now);
                message.wamid = None;
                let outgoing = Outgoing { queued_at: now, ..outgoing };
                next.refresh(&message);
                Ok(Decision::on(next)
                    .record(Record::Update(message.clone()))
                    .record(Record::Enqueue(outgoing.clone()))
                    .order(Order::Dispatch(Box::new(outgoing)))
                    .message_changed(&message))
            }
            Resolution::Dismiss => {
                if delivery.state == DeliveryState::Unknown {
                    let text = "Given up. WhatsApp never said whether it took the message.".to_owned();
                    delivery.merge(Status::Failed(Failure { code: None, text, action: None }), now);
                }
                if let Some(failure) = delivery.failure.as_mut() {
                    failure.action = Some(FailureAction::None);
                }
                next.refresh(&message);
                Ok(Decision::on(next).record(Record::Update(message.clone())).message_changed(&message))
            }
        }
    }
}
