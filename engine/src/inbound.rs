//! What comes in, in our own words. The gateway translates Meta's dialect into this; the rules know nothing else.

use serde::{Deserialize, Serialize};

use crate::alert::AccountNews;
use crate::content::Content;
use crate::delivery::Status;
use crate::id::{MetaMediaId, PhoneNumberId, Wamid};
use crate::identity::Identities;
use crate::message::{Direction, Referral};
use crate::outgoing::Callback;
use crate::price::Pricing;
use crate::time::Timestamp;

/// One item of a webhook.
#[derive(Debug, Clone, PartialEq)]
pub enum Inbound {
    Message(Box<InboundMessage>),
    Status(Box<StatusUpdate>),
    /// About the account: quality, limits, restrictions, reviews.
    Account(Box<AccountNews>),
    /// Understood, kept in the inbox log, and changes nothing.
    Notice,
}

#[derive(Debug, Clone, PartialEq)]
pub struct InboundMessage {
    pub number: PhoneNumberId,
    /// The customer, whoever wrote.
    pub peer: Identities,
    /// Who the customer was before, when their number or BSUID changed: the contact keeps both.
    pub former: Option<Identities>,
    /// `Out` on echoes of what was sent from the phone app.
    pub direction: Direction,
    /// `false` on synchronised history: no unread badge, no reopening.
    pub live: bool,
    /// Messages and calls of the customer open the 24 h window, reactions and echoes do not.
    pub opens_window: bool,
    pub wamid: Wamid,
    pub at: Timestamp,
    pub body: InboundBody,
    pub reply_to: Option<Wamid>,
    pub forwarded: bool,
    pub referral: Option<Referral>,
    /// On echoes and history: what is known of the delivery.
    pub status: Option<Status>,
}

impl InboundMessage {
    /// Whether it is something that the customer wrote: no echo, no reaction, and no line that only tells what happened.
    pub fn is_written(&self) -> bool {
        let says = match &self.body {
            InboundBody::Content(content) => !matches!(content, Content::System { .. } | Content::Reaction { .. }),
            InboundBody::File { .. } | InboundBody::Edit { .. } => true,
            InboundBody::Reaction { .. } | InboundBody::Revoke { .. } => false,
        };
        self.direction == Direction::In && says
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum InboundBody {
    Content(Content),
    /// Content whose file still lies at Meta; `content.media()` is pending.
    File {
        content: Content,
        source: MediaSource,
    },
    /// `emoji` is `None` when the reaction was taken back.
    Reaction {
        target: Wamid,
        emoji: Option<String>,
    },
    Edit {
        target: Wamid,
        content: Content,
    },
    Revoke {
        target: Wamid,
    },
}

/// Where Meta keeps a file; the id lives 7 days, the URL 5 minutes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaSource {
    pub meta_id: MetaMediaId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StatusUpdate {
    pub number: PhoneNumberId,
    pub wamid: Wamid,
    /// What we sent along, when it is ours.
    pub callback: Option<Callback>,
    pub status: Status,
    /// What it was charged as; not every status says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pricing: Option<Pricing>,
    pub at: Timestamp,
}
