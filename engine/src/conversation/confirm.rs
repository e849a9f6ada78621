//! Whoever opts out or in is told once that it was heard, in the commit of the message that said so: no repeat of that message, and no
//! crash, tells them twice or not at all.

use super::Composer;
use crate::content::Content;
use crate::decision::{Decision, Order, Record};
use crate::delivery::Delivery;
use crate::id::{ClientKey, MessageId, TenantId};
use crate::message::{Direction, Message};
use crate::outgoing::{Lane, Outgoing, OutgoingBody};
use crate::time::Timestamp;

impl Decision {
    /// Answers the message that was decided on. Outside the window nothing can be said for free, and nothing is.
    #[must_use]
    pub fn confirm(self, tenant: TenantId, cause: MessageId, text: &str, now: Timestamp) -> Self {
        let conversation = &self.conversation;
        let (to, number) = (conversation.recipient(), conversation.number.phone_number_id.clone());
        let key: Option<ClientKey> = format!("consent.{cause}").parse().ok();
        let is_open = matches!(conversation.composer(now), Composer::Free { .. });
        let Some(key) = key.filter(|_| is_open && (to.wa_id.is_some() || to.bsuid.is_some())) else { return self };
        let id = MessageId::of_client_key(tenant, conversation.id, &key);
        let message = Message {
            id,
            conversation_id: conversation.id,
            direction: Direction::Out,
            content: Content::Text { body: text.to_owned() },
            author: None,
            at: now,
            wamid: None,
            client_id: Some(key),
            reply_to: None,
            reactions: Vec::new(),
            forwarded: false,
            edited: false,
            revoked: false,
            delivery: Some(Delivery::queued(now)),
            referral: None,
        };
        let outgoing = Outgoing {
            tenant,
            id,
            conversation: conversation.id,
            recipient: None,
            number,
            to,
            lane: Lane::Reply,
            reply_to: None,
            body: OutgoingBody::Text { body: text.to_owned() },
            queued_at: now,
        };
        self.also_sent(&message, outgoing)
    }

    /// A message more in the same commit.
    fn also_sent(mut self, message: &Message, outgoing: Outgoing) -> Self {
        self.conversation.show(message);
        for event in &mut self.events {
            event.body.show(&self.conversation);
        }
        self.record(Record::Insert(message.clone()))
            .record(Record::Enqueue(outgoing.clone()))
            .order(Order::Dispatch(Box::new(outgoing)))
            .message_added(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::fixture::{NOW, TENANT, conversation, inbound};
    use crate::time::Span;

    fn received(at: Timestamp) -> Decision {
        conversation().receive(TENANT, &inbound("a", at, "STOP"), None, NOW).unwrap()
    }

    #[test]
    fn the_answer_goes_out_with_the_commit_that_took_the_message_in() {
        let cause = MessageId::from_bytes([9; 16]);
        let decision = received(NOW).confirm(TENANT, cause, "Done.", NOW);
        let inserted = decision.records.iter().filter(|record| matches!(record, Record::Insert(_))).count();
        assert_eq!((inserted, decision.orders.len(), decision.events.len()), (2, 1, 2));
        assert_eq!(decision.conversation.unread, 1, "a person has still to read it");
        assert_eq!(decision.conversation.preview.as_ref().unwrap().snippet, "Done.");
        assert_eq!(decision, received(NOW).confirm(TENANT, cause, "Done.", NOW));
    }

    #[test]
    fn outside_the_window_nothing_is_said() {
        let late = received(NOW.minus(Span::hours(25)));
        assert_eq!(late.clone().confirm(TENANT, MessageId::from_bytes([9; 16]), "Done.", NOW), late);
    }
}
