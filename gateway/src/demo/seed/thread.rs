//! One conversation on its way into the store: messages in order of time, and what the list shows of them.

use bytes::Bytes;
use engine::content::{Content, ContentKind};
use engine::conversation::{Conversation, ConversationStatus, Preview, WINDOW};
use engine::delivery::{Delivery, Failure, Status};
use engine::directory::Person;
use engine::id::{ConversationId, InvalidId, MediaId, MessageId, Wamid};
use engine::message::{Direction, Message};
use engine::time::{Span, Timestamp};

use super::files::File;
use super::people::Customer;
use super::scene::Scene;

/// A conversation, its messages in order of time, and the bytes of their files.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Story {
    pub(super) conversation: Conversation,
    pub(super) messages: Vec<Message>,
    pub(super) files: Vec<(MediaId, Bytes)>,
}

/// What became of a message that went out.
#[derive(Debug, Clone)]
pub(super) enum Reached {
    Queued,
    Sent,
    Delivered,
    Read,
    Played,
    /// Refused at once: WhatsApp never gave it an id.
    Refused(Failure),
    /// Accepted, and failed later.
    Failed(Failure),
    Unknown,
}

pub(super) struct Thread<'a> {
    scene: &'a Scene,
    conversation: Conversation,
    messages: Vec<Message>,
    files: Vec<(MediaId, Bytes)>,
    /// Which conversation of all: `customer * 4 + number`.
    slot: usize,
}

impl<'a> Thread<'a> {
    pub(super) fn new(scene: &'a Scene, customer: &Customer, number: usize) -> Result<Self, InvalidId> {
        let reference = scene.number(number)?;
        let id = ConversationId::of(scene.tenant, &reference.phone_number_id, customer.contact.id);
        Ok(Self {
            scene,
            conversation: Conversation::new(id, customer.contact.clone(), reference),
            messages: Vec::new(),
            files: Vec::new(),
            slot: customer.index * super::NUMBERS + number,
        })
    }

    pub(super) fn len(&self) -> usize {
        self.messages.len()
    }

    /// The id of the next file.
    pub(super) fn file_id(&self) -> MediaId {
        let (slot, file) = (self.slot.to_le_bytes(), self.messages.len().to_le_bytes());
        MediaId::derive(&[b"demo", self.scene.tenant.as_bytes(), &slot, &file])
    }

    /// Keeps the bytes and gives what the message says of them.
    pub(super) fn attach(&mut self, file: File) -> engine::content::Media {
        self.files.push((file.media.id, file.bytes));
        file.media
    }

    pub(super) fn say(&mut self, at: Timestamp, content: Content) -> Result<&mut Message, InvalidId> {
        let wamid = self.wamid()?;
        let id = MessageId::of_wamid(self.scene.tenant, &wamid);
        let message = Message { wamid: Some(wamid), ..self.message(id, Direction::In, at, content) };
        Ok(self.push(message))
    }

    pub(super) fn answer(
        &mut self,
        at: Timestamp,
        content: Content,
        author: Option<Person>,
        reached: Reached,
    ) -> Result<&mut Message, InvalidId> {
        let key = format!("demo-{}-{}", self.slot, self.messages.len()).parse()?;
        let id = MessageId::of_client_key(self.scene.tenant, self.conversation.id, &key);
        let accepted = !matches!(reached, Reached::Queued | Reached::Refused(_) | Reached::Unknown);
        let wamid = if accepted { Some(self.wamid()?) } else { None };
        let delivery = Some(delivery(at, reached));
        let message = self.message(id, Direction::Out, at, content);
        Ok(self.push(Message { author, wamid, client_id: Some(key), delivery, ..message }))
    }

    /// The newest message quotes the `back`-th before it.
    pub(super) fn quote(&mut self, back: usize) {
        let Some(place) = self.messages.len().checked_sub(1 + back) else { return };
        let quote = self.messages.get(place).map(|target| {
            let author = match target.direction {
                Direction::In => self.conversation.contact.name.clone(),
                Direction::Out => target.author.as_ref().map(|person| person.name.clone()),
            };
            target.quote(author)
        });
        if let Some(last) = self.messages.last_mut() {
            last.reply_to = quote;
        }
    }

    pub(super) fn last(&self) -> Option<&Message> {
        self.messages.last()
    }

    /// How many messages of the customer follow the last answer.
    pub(super) fn unanswered(&self) -> u32 {
        let waiting = self.messages.iter().rev().take_while(|message| message.direction == Direction::In);
        u32::try_from(waiting.count()).unwrap_or(u32::MAX)
    }

    pub(super) fn finish(self, status: ConversationStatus, assignee: Option<Person>, unread: u32) -> Story {
        let Self { scene: _, mut conversation, messages, files, slot: _ } = self;
        let customer =
            |message: &&Message| message.direction == Direction::In && message.content.kind() != ContentKind::System;
        conversation.window_until = messages.iter().rfind(customer).map(|message| message.at.plus(WINDOW));
        conversation.preview = messages.last().map(|newest| Preview {
            message_id: newest.id,
            direction: newest.direction,
            kind: newest.content.kind(),
            snippet: newest.content.snippet(),
            at: newest.at,
            delivery: newest.delivery.as_ref().map(|delivery| delivery.state),
        });
        conversation.last_activity_at = messages.last().map(|newest| newest.at).unwrap_or_default();
        conversation.status = status;
        conversation.assignee = assignee;
        conversation.unread = unread;
        conversation.revision = 1;
        Story { conversation, messages, files }
    }

    fn wamid(&self) -> Result<Wamid, InvalidId> {
        format!("wamid.demo.{}.{}", self.slot, self.messages.len()).parse()
    }

    fn message(&self, id: MessageId, direction: Direction, at: Timestamp, content: Content) -> Message {
        Message {
            id,
            conversation_id: self.conversation.id,
            direction,
            content,
            author: None,
            at,
            wamid: None,
            client_id: None,
            reply_to: None,
            reactions: Vec::new(),
            forwarded: false,
            edited: false,
            revoked: false,
            delivery: None,
            referral: None,
        }
    }

    fn push(&mut self, message: Message) -> &mut Message {
        self.messages.push_mut(message)
    }
}

fn delivery(at: Timestamp, reached: Reached) -> Delivery {
    let mut delivery = Delivery::queued(at);
    let after = |seconds| at.plus(Span::seconds(seconds));
    let mut happened = |statuses: &[(Status, i64)]| {
        for (status, seconds) in statuses {
            delivery.merge(status.clone(), after(*seconds));
        }
    };
    let (sent, delivered, read) = ((Status::Sent, 1), (Status::Delivered, 3), (Status::Read, 25));
    match reached {
        Reached::Queued => {}
        Reached::Sent => happened(&[sent]),
        Reached::Delivered => happened(&[sent, delivered]),
        Reached::Read => happened(&[sent, delivered, read]),
        Reached::Played => happened(&[sent, delivered, read, (Status::Played, 31)]),
        Reached::Refused(failure) => happened(&[(Status::Failed(failure), 2)]),
        Reached::Failed(failure) => happened(&[sent, (Status::Failed(failure), 6)]),
        Reached::Unknown => drop(delivery.doubt(after(10))),
    }
    delivery
}
