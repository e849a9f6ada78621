//! A message came in (or was sent from the phone app, which Meta echoes).

use super::{Conversation, ConversationStatus, WINDOW};
use crate::content::Content;
use crate::decision::{Decision, MediaJob, Order, Record};
use crate::delivery::{Delivery, Status};
use crate::id::{MessageId, TenantId};
use crate::inbound::{InboundBody, InboundMessage, MediaSource};
use crate::message::{Direction, Message, Quote, ReactionFrom};
use crate::time::Timestamp;

impl Conversation {
    /// `target` is the message that the inbound one points at (reply, reaction, edit, revoke), when it is in the history.
    pub fn receive(
        &self,
        tenant: TenantId,
        inbound: &InboundMessage,
        target: Option<&Message>,
        now: Timestamp,
    ) -> Option<Decision> {
        let mut next = self.clone();
        let learned = next.contact.learn(&inbound.peer);
        // A time in the future would hold the window open for longer than Meta does.
        let at = inbound.at.min(now);
        if inbound.opens_window {
            next.window_until = next.window_until.max(Some(at.plus(WINDOW)));
        }
        match (&inbound.body, target) {
            (InboundBody::Reaction { emoji, .. }, Some(target)) => {
                let from =
                    if inbound.direction == Direction::In { ReactionFrom::Customer } else { ReactionFrom::Business };
                let mut message = target.clone();
                if !message.react(from, emoji.as_deref()) {
                    return learned.then(|| Decision::on(next).conversation_changed());
                }
                Some(Decision::on(next).record(Record::Update(message.clone())).message_changed(&message))
            }
            (InboundBody::Edit { content, .. }, Some(target)) => {
                let mut content = content.clone();
                if let (Some(new), Some(kept)) = (content.media_mut(), target.content.media()) {
                    // An edit changes the caption; the file is the one that was fetched for the message.
                    *new = kept.clone();
                }
                let message = Message { content, edited: true, ..target.clone() };
                next.refresh(&message);
                Some(Decision::on(next).record(Record::Update(message.clone())).message_changed(&message))
            }
            (InboundBody::Revoke { .. }, Some(target)) => {
                let message = revoked(target.clone());
                next.refresh(&message);
                Some(Decision::on(next).record(Record::Update(message.clone())).message_changed(&message))
            }
            (InboundBody::Reaction { emoji: None, .. }, None) => None,
            (InboundBody::Revoke { target }, None) => {
                // It came before its message: the row it leaves makes the late message a duplicate.
                let id = MessageId::of_wamid(tenant, target);
                let mut message = revoked(next.message(id, inbound, Content::Text { body: String::new() }, at));
                message.wamid = Some(target.clone());
                Some(next.added(&message))
            }
            (InboundBody::Reaction { emoji, target }, None) => {
                let content = Content::Reaction {
                    emoji: emoji.clone(),
                    target: Some(MessageId::of_wamid(tenant, target).to_string()),
                };
                let message = next.message(MessageId::of_wamid(tenant, &inbound.wamid), inbound, content, at);
                Some(next.added(&message))
            }
            (InboundBody::Edit { content, .. } | InboundBody::Content(content), _) => {
                let message = next.received(tenant, inbound, content.clone(), target, at);
                Some(next.added(&message))
            }
            (InboundBody::File { content, source }, _) => {
                let message = next.received(tenant, inbound, content.clone(), target, at);
                Some(next.added_with_file(&message, source))
            }
        }
    }

    /// The new message; a live one of the customer makes the conversation open and unread.
    fn received(
        &mut self,
        tenant: TenantId,
        inbound: &InboundMessage,
        content: Content,
        target: Option<&Message>,
        at: Timestamp,
    ) -> Message {
        let mut message = self.message(MessageId::of_wamid(tenant, &inbound.wamid), inbound, content, at);
        message.edited = matches!(inbound.body, InboundBody::Edit { .. });
        message.reply_to = match (&inbound.reply_to, target) {
            (Some(_), Some(target)) => Some(target.quote(self.author_of(target))),
            (Some(_), None) => Some(Quote { id: None, author: None, snippet: String::new() }),
            (None, _) => None,
        };
        if inbound.live && inbound.direction == Direction::In {
            self.unread = self.unread.saturating_add(1);
            self.status = ConversationStatus::Open;
        }
        message
    }

    fn message(&self, id: MessageId, inbound: &InboundMessage, content: Content, at: Timestamp) -> Message {
        let delivery = (inbound.direction == Direction::Out).then(|| {
            let mut delivery = Delivery::queued(at);
            delivery.merge(Status::Sent, at);
            if let Some(status) = &inbound.status {
                delivery.merge(status.clone(), at);
            }
            delivery
        });
        Message {
            id,
            conversation_id: self.id,
            direction: inbound.direction,
            content,
            author: None,
            at,
            wamid: Some(inbound.wamid.clone()),
            client_id: None,
            reply_to: None,
            reactions: Vec::new(),
            forwarded: inbound.forwarded,
            edited: false,
            revoked: false,
            delivery,
            referral: inbound.referral.clone(),
        }
    }

    pub(super) fn author_of(&self, message: &Message) -> Option<String> {
        match message.direction {
            Direction::In => self.contact.name.clone().or_else(|| self.contact.username.clone()),
            Direction::Out => message.author.as_ref().map(|person| person.name.clone()),
        }
    }

    fn added(mut self, message: &Message) -> Decision {
        self.show(message);
        Decision::on(self).record(Record::Insert(message.clone())).message_added(message)
    }

    fn added_with_file(self, message: &Message, source: &MediaSource) -> Decision {
        let number = self.number.phone_number_id.clone();
        let job = message.content.media().map(|media| MediaJob {
            media: media.id,
            meta_id: source.meta_id.clone(),
            number,
            message: message.id,
            conversation: message.conversation_id,
            mime: media.mime.clone(),
            filename: media.filename.clone(),
            attempts: 0,
        });
        let decision = self.added(message);
        match job {
            Some(job) => decision.record(Record::Fetch(job.clone())).order(Order::Fetch(job)),
            None => decision,
        }
    }
}

/// What the customer took back is not shown any more; the inbox log keeps what came.
fn revoked(message: Message) -> Message {
    Message { content: Content::Text { body: String::new() }, revoked: true, reactions: Vec::new(), ..message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::{Media, MediaState};
    use crate::conversation::Composer;
    use crate::conversation::fixture::{NOW, TENANT, conversation, inbound, wamid};
    use crate::time::Span;

    #[test]
    fn a_message_opens_the_window_for_24_hours_from_its_own_time() {
        let at = NOW.minus(Span::hours(3));
        let decision = conversation().receive(TENANT, &inbound("a", at, "Hi"), None, NOW).unwrap();
        assert_eq!(decision.conversation.composer(NOW), Composer::Free { until: at.plus(Span::hours(24)) });
    }

    #[test]
    fn a_time_in_the_future_does_not_hold_the_window_open() {
        let decision =
            conversation().receive(TENANT, &inbound("a", NOW.plus(Span::hours(99)), "Hi"), None, NOW).unwrap();
        assert_eq!(decision.conversation.window_until, Some(NOW.plus(WINDOW)));
    }

    #[test]
    fn an_older_message_does_not_replace_the_newer_one_in_the_list() {
        let first = conversation().receive(TENANT, &inbound("a", NOW, "newer"), None, NOW).unwrap();
        let second =
            first.conversation.receive(TENANT, &inbound("b", NOW.minus(Span::seconds(9)), "older"), None, NOW).unwrap();
        assert_eq!(second.conversation.preview.unwrap().snippet, "newer");
        assert_eq!(second.conversation.unread, 2);
    }

    #[test]
    fn a_closed_conversation_opens_again_when_the_customer_writes() {
        let closed = Conversation { status: ConversationStatus::Closed, ..conversation() };
        let decision = closed.receive(TENANT, &inbound("a", NOW, "Hi"), None, NOW).unwrap();
        assert_eq!(decision.conversation.status, ConversationStatus::Open);
    }

    #[test]
    fn a_reaction_sits_on_its_message_and_opens_nothing() {
        let first = conversation().receive(TENANT, &inbound("a", NOW, "Hi"), None, NOW).unwrap();
        let Some(Record::Insert(target)) = first.records.first() else { panic!("no message") };
        let mut reaction = inbound("r", NOW, "");
        reaction.opens_window = false;
        reaction.body = InboundBody::Reaction { target: wamid("a"), emoji: Some("👍".into()) };
        let before = Conversation { window_until: None, ..conversation() };
        let decision = before.receive(TENANT, &reaction, Some(target), NOW).unwrap();
        let Some(Record::Update(changed)) = decision.records.first() else { panic!("no update") };
        assert_eq!(changed.reactions.len(), 1);
        assert_eq!(decision.conversation.window_until, None);
        assert_eq!(decision.conversation.unread, 0);
        assert_eq!(first.conversation.receive(TENANT, &reaction, Some(changed), NOW), None, "a repeat changes nothing");
    }

    #[test]
    fn an_edited_caption_keeps_the_file() {
        let media = |state| Media {
            id: crate::id::MediaId::from_bytes([6; 16]),
            state,
            mime: "image/png".into(),
            size: None,
            filename: None,
            reason: None,
        };
        let image = |state, caption: &str| Content::Image { media: media(state), caption: Some(caption.into()) };
        let first = conversation().receive(TENANT, &inbound("a", NOW, "Hi"), None, NOW).unwrap();
        let Some(Record::Insert(message)) = first.records.first() else { panic!("no message") };
        let ready = Message { content: image(MediaState::Ready, "old"), ..message.clone() };
        let mut edit = inbound("e", NOW, "");
        edit.body = InboundBody::Edit { target: wamid("a"), content: image(MediaState::Pending, "new") };
        let decision = first.conversation.receive(TENANT, &edit, Some(&ready), NOW).unwrap();
        let Some(Record::Update(edited)) = decision.records.first() else { panic!("no update") };
        assert_eq!(edited.content, image(MediaState::Ready, "new"));
    }

    #[test]
    fn a_revoke_before_its_message_leaves_the_row_that_makes_the_message_a_duplicate() {
        let mut revoke = inbound("r", NOW, "");
        revoke.body = InboundBody::Revoke { target: wamid("a") };
        let decision = conversation().receive(TENANT, &revoke, None, NOW).unwrap();
        let Some(Record::Insert(message)) = decision.records.first() else { panic!("no message") };
        assert_eq!(message.id, MessageId::of_wamid(TENANT, &wamid("a")));
        assert!(message.revoked);
    }
}
