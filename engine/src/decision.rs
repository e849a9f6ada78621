//! What a rule decides: records, orders, events, carried out in that order by one function of the actor.

use crate::content::Media;
use crate::conversation::Conversation;
use crate::event::{Audience, Event, EventBody};
use crate::id::{MediaId, MessageId, MetaMediaId, PhoneNumberId, Wamid};
use crate::message::Message;
use crate::outgoing::Outgoing;
use crate::time::Timestamp;

/// The next state of a conversation and everything that goes with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// With `revision` one above the state that was decided on.
    pub conversation: Conversation,
    /// Written in one commit together with the conversation, the events and the intake mark.
    pub records: Vec<Record>,
    /// Done after the commit. Each is found again from the store after a crash.
    pub orders: Vec<Order>,
    pub events: Vec<Event>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A message that was there before makes the whole commit `AlreadyApplied`.
    Insert(Message),
    /// Replaces a message that is there.
    Update(Message),
    /// Puts into the outbox as queued; an entry in doubt or settled is opened again.
    Enqueue(Outgoing),
    /// The outcome is known: leaves the outbox.
    Settle(MessageId),
    /// The outcome is not known: stays in the outbox, never sent by itself.
    Doubt { id: MessageId, since: Timestamp },
    /// A file to fetch from Meta.
    Fetch(MediaJob),
    /// The file is here, or given up: its row says so and the job ends.
    Fetched(Media),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    Dispatch(Box<Outgoing>),
    Fetch(MediaJob),
    /// Shows the customer the blue ticks.
    MarkRead {
        number: PhoneNumberId,
        wamid: Wamid,
    },
}

/// A file that lies at Meta and belongs to a message.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct MediaJob {
    pub media: MediaId,
    pub meta_id: MetaMediaId,
    pub number: PhoneNumberId,
    pub message: MessageId,
    pub conversation: crate::id::ConversationId,
    pub mime: String,
    pub filename: Option<String>,
    pub attempts: u32,
}

impl Decision {
    pub(crate) fn on(mut conversation: Conversation) -> Self {
        conversation.revision += 1;
        Self { conversation, records: Vec::new(), orders: Vec::new(), events: Vec::new() }
    }

    pub(crate) fn record(mut self, record: Record) -> Self {
        self.records.push(record);
        self
    }

    pub(crate) fn order(mut self, order: Order) -> Self {
        self.orders.push(order);
        self
    }

    /// Told to everyone who sees the conversation as it is now.
    pub(crate) fn message_added(self, message: &Message) -> Self {
        let body = EventBody::MessageAdded { conversation: self.conversation.clone(), message: message.clone() };
        self.event(body)
    }

    pub(crate) fn message_changed(self, message: &Message) -> Self {
        let body = EventBody::MessageChanged { conversation: self.conversation.clone(), message: message.clone() };
        self.event(body)
    }

    pub(crate) fn conversation_changed(self) -> Self {
        let body = EventBody::ConversationChanged { conversation: self.conversation.clone() };
        self.event(body)
    }

    fn event(mut self, body: EventBody) -> Self {
        let holder = self.conversation.holder();
        self.events.push(Event { audience: Audience { holder, was: holder, moved: false }, body });
        self
    }
}
