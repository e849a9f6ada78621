//! What sessions are told. Each event is logged under the tenant's next `n`, in the same commit as the change.

use bytes::Bytes;
use serde::Serialize;

use crate::access::Holder;
use crate::conversation::Conversation;
use crate::id::ConversationId;
use crate::message::Message;

#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub audience: Audience,
    pub body: EventBody,
}

/// Who may see an event: decided by with whom the conversation lies, see [`crate::access`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audience {
    pub holder: Holder,
    /// With whom it lay before this event; meaningful when `moved`.
    pub was: Holder,
    pub moved: bool,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum EventBody {
    MessageAdded {
        conversation: Conversation,
        message: Message,
    },
    /// Ticks, reaction, file ready, edit, revoke.
    MessageChanged {
        conversation: Conversation,
        message: Message,
    },
    /// Assigned, closed, read, contact renamed.
    ConversationChanged {
        conversation: Conversation,
    },
}

impl EventBody {
    pub fn conversation(&self) -> &Conversation {
        match self {
            Self::MessageAdded { conversation, .. }
            | Self::MessageChanged { conversation, .. }
            | Self::ConversationChanged { conversation } => conversation,
        }
    }
}

impl EventBody {
    /// The same, with the conversation as it ends up in the commit.
    pub(crate) fn show(&mut self, now: &Conversation) {
        match self {
            Self::MessageAdded { conversation, .. }
            | Self::MessageChanged { conversation, .. }
            | Self::ConversationChanged { conversation } => conversation.clone_from(now),
        }
    }
}

/// An event with its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedEvent {
    pub n: u64,
    pub conversation: ConversationId,
    pub audience: Audience,
    /// The frame as browsers get it: one JSON object that carries `n`. Encoded once, shared by all sessions.
    pub frame: Bytes,
}

impl Event {
    /// Places the event at `n` and encodes it.
    pub fn log(&self, n: u64) -> serde_json::Result<LoggedEvent> {
        #[derive(Serialize)]
        struct Frame<'a> {
            n: u64,
            #[serde(flatten)]
            body: &'a EventBody,
        }
        let frame = serde_json::to_vec(&Frame { n, body: &self.body })?;
        Ok(LoggedEvent {
            n,
            conversation: self.body.conversation().id,
            audience: self.audience,
            frame: Bytes::from(frame.into_boxed_slice()),
        })
    }
}
