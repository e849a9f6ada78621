//! Meta reported what became of a message.

use super::Conversation;
use crate::decision::{Decision, Record};
use crate::delivery::{DeliveryState, Status};
use crate::id::Wamid;
use crate::message::Message;
use crate::time::Timestamp;

impl Conversation {
    /// `None` when the status says nothing new.
    pub fn record_status(&self, message: &Message, wamid: &Wamid, status: Status, at: Timestamp) -> Option<Decision> {
        let mut message = message.clone();
        let delivery = message.delivery.as_mut()?;
        let was_unsettled = matches!(delivery.state, DeliveryState::Queued | DeliveryState::Unknown);
        let news = delivery.merge(status, at);
        if news && delivery.state != DeliveryState::Failed {
            delivery.failure = None;
        }
        let named = message.wamid.is_none();
        message.wamid.get_or_insert_with(|| wamid.clone());
        if !news && !named {
            return None;
        }
        let mut next = self.clone();
        next.refresh(&message);
        let mut decision = Decision::on(next).record(Record::Update(message.clone()));
        if was_unsettled {
            // The status proves that Meta has it, whatever became of the answer to the request.
            decision = decision.record(Record::Settle(message.id));
        }
        Some(decision.message_changed(&message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversation::fixture::{NOW, TENANT, conversation, inbound, rafael, wamid};
    use crate::conversation::{Compose, Draft};
    use crate::outgoing::SendOutcome;

    fn sent() -> (Conversation, Message) {
        let open = conversation().receive(TENANT, &inbound("a", NOW, "Hi"), None, NOW).unwrap().conversation;
        let compose =
            Compose { key: "k".parse().unwrap(), author: rafael(), draft: Draft::Text { body: "Hello".into() } };
        let decision = open.reply(TENANT, compose, None, NOW).unwrap();
        let Some(Record::Insert(message)) = decision.records.first().cloned() else { panic!("no message") };
        (decision.conversation, message)
    }

    #[test]
    fn a_status_before_the_answer_settles_the_send() {
        let (conversation, message) = sent();
        let decision = conversation.record_status(&message, &wamid("x"), Status::Delivered, NOW).unwrap();
        assert!(decision.records.contains(&Record::Settle(message.id)));
        let Some(Record::Update(after)) = decision.records.first() else { panic!("no update") };
        assert_eq!(after.wamid, Some(wamid("x")));
        let late =
            decision.conversation.record_send(after, SendOutcome::Accepted { wamid: wamid("x"), wa_id: None }, NOW);
        let Some(Record::Update(last)) = late.records.first() else { panic!("no update") };
        assert_eq!(last.delivery.as_ref().unwrap().state, DeliveryState::Delivered);
    }

    #[test]
    fn no_answer_leaves_a_doubt_that_a_status_settles() {
        let (conversation, message) = sent();
        let doubt = conversation.record_send(&message, SendOutcome::InDoubt, NOW);
        let Some(Record::Update(unknown)) = doubt.records.first() else { panic!("no update") };
        assert!(doubt.records.contains(&Record::Doubt { id: message.id, since: NOW }));
        assert_eq!(doubt.conversation.preview.as_ref().unwrap().delivery, Some(DeliveryState::Unknown));
        let settled = doubt.conversation.record_status(unknown, &wamid("x"), Status::Sent, NOW).unwrap();
        assert!(settled.records.contains(&Record::Settle(message.id)));
    }

    #[test]
    fn a_repeated_status_changes_nothing() {
        let (conversation, message) = sent();
        let first = conversation.record_status(&message, &wamid("x"), Status::Read, NOW).unwrap();
        let Some(Record::Update(after)) = first.records.first() else { panic!("no update") };
        assert_eq!(first.conversation.record_status(after, &wamid("x"), Status::Read, NOW), None);
        assert_eq!(
            first
                .conversation
                .record_status(after, &wamid("x"), Status::Failed(failure()), NOW)
                .map(|late| { late.conversation.preview.unwrap().delivery }),
            Some(Some(DeliveryState::Read)),
            "a late failure does not undo a read"
        );
    }

    fn failure() -> crate::delivery::Failure {
        crate::delivery::Failure { code: None, text: String::new(), action: None }
    }
}
