//! One message of a conversation, either direction.

use serde::{Deserialize, Serialize};

use crate::content::Content;
use crate::delivery::Delivery;
use crate::directory::Person;
use crate::id::{ClientKey, ConversationId, MessageId, Wamid};
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Message {
    pub id: MessageId,
    pub conversation_id: ConversationId,
    pub direction: Direction,
    pub content: Content,
    /// The member who sent it; `None` on what came in and on what was sent outside Jetto.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<Person>,
    /// Meta's time on what came in, the time of queueing on what goes out. History is ordered by it, then by arrival.
    pub at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wamid: Option<Wamid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_id: Option<ClientKey>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Quote>,
    pub reactions: Vec<Reaction>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub forwarded: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub edited: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub revoked: bool,
    /// Set on what goes out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delivery: Option<Delivery>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referral: Option<Referral>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    In,
    Out,
}

/// What a message answers to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Quote {
    /// `None` when the quoted message is not in the history.
    pub id: Option<MessageId>,
    pub author: Option<String>,
    pub snippet: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Reaction {
    pub from: ReactionFrom,
    pub emoji: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReactionFrom {
    Customer,
    Business,
}

/// The ad or post that brought the customer here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Referral {
    pub headline: Option<String>,
    pub body: Option<String>,
    pub source_url: Option<String>,
}

impl Message {
    /// Sets, replaces or (`None`) removes one side's reaction; `false` when nothing changed.
    pub fn react(&mut self, from: ReactionFrom, emoji: Option<&str>) -> bool {
        let before = self.reactions.clone();
        self.reactions.retain(|reaction| reaction.from != from);
        if let Some(emoji) = emoji.filter(|emoji| !emoji.is_empty()) {
            self.reactions.push(Reaction { from, emoji: emoji.chars().take(16).collect() });
        }
        self.reactions != before
    }

    pub fn quote(&self, author: Option<String>) -> Quote {
        Quote { id: Some(self.id), author, snippet: self.content.snippet() }
    }
}
