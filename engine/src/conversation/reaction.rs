//! A member reacts to a message of the customer.

use super::{Composer, Conversation};
use crate::decision::{Decision, Order, Record};
use crate::id::{ClientKey, MessageId, TenantId};
use crate::message::{Message, ReactionFrom};
use crate::outgoing::{Lane, Outgoing, OutgoingBody};
use crate::rejection::Rejection;
use crate::time::Timestamp;

impl Conversation {
    /// Shown at once, taken back if WhatsApp refuses it. `None` when it is already so.
    pub fn react(
        &self,
        tenant: TenantId,
        key: &ClientKey,
        target: &Message,
        emoji: Option<String>,
        now: Timestamp,
    ) -> Result<Option<Decision>, Rejection> {
        if self.composer(now) == Composer::TemplateOnly {
            return Err(Rejection::WindowClosed);
        }
        let Some(wamid) = target.wamid.clone() else {
            return Err(Rejection::WrongState("not known to WhatsApp yet"));
        };
        let mut message = target.clone();
        if !message.react(ReactionFrom::Business, emoji.as_deref()) {
            return Ok(None);
        }
        let outgoing = Outgoing {
            tenant,
            id: MessageId::of_client_key(tenant, self.id, key),
            conversation: self.id,
            recipient: None,
            number: self.number.phone_number_id.clone(),
            to: self.recipient(),
            lane: Lane::Reply,
            reply_to: None,
            body: OutgoingBody::Reaction { target: wamid, message: target.id, emoji },
            queued_at: now,
        };
        Ok(Some(
            Decision::on(self.clone())
                .record(Record::Update(message.clone()))
                .record(Record::Enqueue(outgoing.clone()))
                .order(Order::Dispatch(Box::new(outgoing)))
                .message_changed(&message),
        ))
    }
}
