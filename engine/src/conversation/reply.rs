//! A member writes to the customer.

use super::{Composer, Conversation};
use crate::consent::may_market;
use crate::content::{Content, ContentKind, Media};
use crate::decision::{Decision, Order, Record};
use crate::delivery::Delivery;
use crate::directory::Person;
use crate::id::{ClientKey, MessageId, TenantId};
use crate::message::{Direction, Message};
use crate::outgoing::{Lane, Outgoing, OutgoingBody};
use crate::rejection::Rejection;
use crate::template::{Category, Filled};
use crate::time::Timestamp;

/// Meta's limits, in characters.
const TEXT_MAX: usize = 4096;
const CAPTION_MAX: usize = 1024;

/// What a member asks to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Compose {
    /// Makes repeats of one click one message.
    pub key: ClientKey,
    pub author: Person,
    pub draft: Draft,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Draft {
    Text {
        body: String,
    },
    /// A file that was uploaded to us and is ready.
    Media {
        media: Media,
        kind: ContentKind,
        caption: Option<String>,
        voice: bool,
    },
    Template(Box<Filled>),
}

impl Conversation {
    pub fn reply(
        &self,
        tenant: TenantId,
        compose: Compose,
        target: Option<&Message>,
        now: Timestamp,
    ) -> Result<Decision, Rejection> {
        let is_template = matches!(compose.draft, Draft::Template(_));
        if !is_template && self.composer(now) == Composer::TemplateOnly {
            return Err(Rejection::WindowClosed);
        }
        if let Draft::Template(filled) = &compose.draft
            && Category::of(&filled.content.category).is_marketing()
        {
            may_market(&self.contact)?;
        }
        let to = self.recipient();
        if to.wa_id.is_none() && to.bsuid.is_none() {
            return Err(Rejection::Invalid("This contact has neither a number nor a WhatsApp id to send to."));
        }
        let (content, body) = drafted(compose.draft)?;
        let id = MessageId::of_client_key(tenant, self.id, &compose.key);
        let message = Message {
            id,
            conversation_id: self.id,
            direction: Direction::Out,
            content,
            author: Some(compose.author.clone()),
            at: now,
            wamid: None,
            client_id: Some(compose.key),
            reply_to: target.map(|target| target.quote(self.author_of(target))),
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
            conversation: self.id,
            recipient: None,
            number: self.number.phone_number_id.clone(),
            to,
            lane: Lane::Reply,
            reply_to: target.and_then(|target| target.wamid.clone()),
            body,
            queued_at: now,
        };
        let mut next = self.clone();
        next.unread = 0;
        next.show(&message);
        Ok(Decision::on(next)
            .record(Record::Insert(message.clone()))
            .record(Record::Enqueue(outgoing.clone()))
            .order(Order::Dispatch(Box::new(outgoing)))
            .message_added(&message))
    }
}

fn drafted(draft: Draft) -> Result<(Content, OutgoingBody), Rejection> {
    match draft {
        Draft::Text { body } => {
            if body.trim().is_empty() {
                return Err(Rejection::Invalid("The message is empty."));
            }
            if body.chars().count() > TEXT_MAX {
                return Err(Rejection::Invalid("WhatsApp takes at most 4,096 characters in a message."));
            }
            Ok((Content::Text { body: body.clone() }, OutgoingBody::Text { body }))
        }
        Draft::Media { media, kind, caption, voice } => {
            let caption = caption.filter(|caption| !caption.trim().is_empty());
            if caption.as_ref().is_some_and(|caption| caption.chars().count() > CAPTION_MAX) {
                return Err(Rejection::Invalid("WhatsApp takes at most 1,024 characters below a file."));
            }
            let body = OutgoingBody::Media {
                media: media.id,
                kind,
                mime: media.mime.clone(),
                caption: caption.clone(),
                filename: media.filename.clone(),
                voice,
            };
            let content = match kind {
                ContentKind::Image => Content::Image { media, caption },
                ContentKind::Video => Content::Video { media, caption },
                ContentKind::Audio => Content::Audio { media, voice },
                ContentKind::Sticker => Content::Sticker { media, animated: false },
                ContentKind::Document => Content::Document { media, caption },
                ContentKind::Text
                | ContentKind::Location
                | ContentKind::Contacts
                | ContentKind::Choice
                | ContentKind::Order
                | ContentKind::Template
                | ContentKind::Reaction
                | ContentKind::System
                | ContentKind::Unsupported => return Err(Rejection::Invalid("This is not a file.")),
            };
            Ok((content, body))
        }
        Draft::Template(filled) => {
            let Filled { content, sent } = *filled;
            Ok((Content::Template(content), OutgoingBody::Template(sent)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::{ConsentEntry, Opted};
    use crate::conversation::WINDOW;
    use crate::conversation::fixture::{NOW, TENANT, conversation, inbound, rafael};
    use crate::template::Template;
    use crate::template::fixture::{saying, template};
    use crate::time::Span;

    fn compose(body: &str) -> Compose {
        Compose { key: "k1".parse().unwrap(), author: rafael(), draft: Draft::Text { body: body.into() } }
    }

    fn open() -> Conversation {
        conversation().receive(TENANT, &inbound("a", NOW, "Hi"), None, NOW).unwrap().conversation
    }

    #[test]
    fn free_text_outside_the_window_is_refused_before_meta_does() {
        assert_eq!(conversation().reply(TENANT, compose("Hi"), None, NOW), Err(Rejection::WindowClosed));
        let last = NOW.plus(WINDOW).minus(Span(1));
        assert!(open().reply(TENANT, compose("Hi"), None, last).is_ok());
        assert_eq!(open().reply(TENANT, compose("Hi"), None, NOW.plus(WINDOW)), Err(Rejection::WindowClosed));
    }

    fn of_category(category: Category) -> Compose {
        let filled = Template { category, ..template(saying("Hello")) }.fill(&[], &[]).unwrap();
        Compose { draft: Draft::Template(Box::new(filled)), ..compose("") }
    }

    #[test]
    fn a_template_goes_out_when_the_window_is_shut() {
        assert!(conversation().reply(TENANT, of_category(Category::Utility), None, NOW).is_ok());
    }

    #[test]
    fn who_has_opted_out_is_sent_no_marketing_and_everything_else() {
        let mut conversation = open();
        assert!(conversation.reply(TENANT, of_category(Category::Marketing), None, NOW).is_ok());
        let out = ConsentEntry::recorded(conversation.contact.id, Opted::Out, "called", rafael(), NOW).unwrap();
        conversation.contact.heed(&out);
        assert_eq!(conversation.reply(TENANT, of_category(Category::Marketing), None, NOW), Err(Rejection::OptedOut));
        assert!(conversation.reply(TENANT, of_category(Category::Utility), None, NOW).is_ok());
        assert!(conversation.reply(TENANT, compose("Your order is here."), None, NOW).is_ok());
    }

    #[test]
    fn the_same_click_is_the_same_message() {
        let one = open().reply(TENANT, compose("Hi"), None, NOW).unwrap();
        let two = open().reply(TENANT, compose("Hi"), None, NOW.plus(Span::seconds(9))).unwrap();
        let id = |decision: &Decision| match decision.records.first() {
            Some(Record::Insert(message)) => message.id,
            _ => panic!("no message"),
        };
        assert_eq!(id(&one), id(&two));
    }

    #[test]
    fn an_empty_and_an_endless_text_are_refused() {
        assert!(open().reply(TENANT, compose("  "), None, NOW).is_err());
        assert!(open().reply(TENANT, compose(&"x".repeat(4097)), None, NOW).is_err());
    }
}
