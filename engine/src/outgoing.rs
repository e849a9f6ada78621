//! What leaves: queued → claimed → sent, refused or in doubt. A claim is durable before the first byte goes out,
//! because Meta has no idempotency key: after a claim nobody may send again until the outcome is known.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::content::ContentKind;
use crate::delivery::Failure;
use crate::id::{
    Bsuid, ClaimToken, ConversationId, InvalidId, MediaId, MessageId, PhoneNumberId, TenantId, WaId, Wamid,
};
use crate::template::{FilledTemplate, SentFile};
use crate::time::{Span, Timestamp};

/// A message without an outcome waits this long, counted from an empty intake backlog, before a person is asked.
pub const DOUBT_SETTLES_WITHIN: Span = Span::seconds(600);

/// Which queue of the number; replies overtake broadcasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    Reply,
    Broadcast,
}

/// Everything needed to send one message, kept in the outbox until its outcome is known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outgoing {
    pub tenant: TenantId,
    pub id: MessageId,
    pub conversation: ConversationId,
    pub number: PhoneNumberId,
    pub to: Recipient,
    pub lane: Lane,
    pub reply_to: Option<Wamid>,
    pub body: OutgoingBody,
    pub queued_at: Timestamp,
}

/// At least one is set; the phone number wins where both are.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Recipient {
    pub wa_id: Option<WaId>,
    pub bsuid: Option<Bsuid>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum OutgoingBody {
    Text {
        body: String,
    },
    Media {
        media: MediaId,
        kind: ContentKind,
        mime: String,
        caption: Option<String>,
        filename: Option<String>,
        voice: bool,
    },
    /// Changes the target message; `emoji` `None` takes the reaction back.
    Reaction {
        target: Wamid,
        message: MessageId,
        emoji: Option<String>,
    },
    Template(FilledTemplate),
}

impl OutgoingBody {
    /// Files of ours that have to be at Meta before it is sent.
    pub fn files(&self) -> Vec<SentFile> {
        match self {
            Self::Media { media, mime, filename, .. } => {
                vec![SentFile { media: *media, mime: mime.clone(), filename: filename.clone() }]
            }
            Self::Template(template) => template.files().into_iter().cloned().collect(),
            Self::Text { .. } | Self::Reaction { .. } => Vec::new(),
        }
    }
}

/// A row of the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxEntry {
    pub outgoing: Outgoing,
    pub state: OutboxState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutboxState {
    Queued,
    /// Somebody is sending it, or died while sending it.
    Claimed {
        token: ClaimToken,
        at: Timestamp,
    },
    /// No answer came. Settled by a status, or by the policy after [`DOUBT_SETTLES_WITHIN`].
    InDoubt {
        since: Timestamp,
    },
    /// The outcome is known. Kept so that a person can send a failed one again.
    Settled,
}

/// How a send ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendOutcome {
    /// Meta's 200. `wa_id` is the canonical number, which can differ from what we sent to.
    Accepted { wamid: Wamid, wa_id: Option<WaId> },
    /// Will not be sent.
    Refused(Failure),
    /// The request left and no usable answer came.
    InDoubt,
}

/// Travels in `biz_opaque_callback_data` and comes back in every status: finds the message without a wamid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Callback {
    pub conversation: ConversationId,
    pub message: MessageId,
    pub token: ClaimToken,
}

const CALLBACK_PREFIX: &str = "jetto1";

impl fmt::Display for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{CALLBACK_PREFIX}.{}.{}.{}", self.conversation, self.message, self.token)
    }
}

impl FromStr for Callback {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = InvalidId { kind: "Callback" };
        let mut parts = text.split('.');
        if parts.next() != Some(CALLBACK_PREFIX) {
            return Err(invalid);
        }
        let mut part = || parts.next().ok_or(InvalidId { kind: "Callback" });
        let callback = Self { conversation: part()?.parse()?, message: part()?.parse()?, token: part()?.parse()? };
        if parts.next().is_some() { Err(invalid) } else { Ok(callback) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_survives_the_trip_through_meta() {
        let callback = Callback {
            conversation: ConversationId::from_bytes([1; 16]),
            message: MessageId::from_bytes([2; 16]),
            token: ClaimToken::from_bytes([3; 16]),
        };
        assert_eq!(callback.to_string().parse(), Ok(callback));
        assert!(callback.to_string().len() <= 512);
    }

    #[test]
    fn somebody_elses_callback_is_not_ours() {
        assert!("campaign=42;recipient=1001".parse::<Callback>().is_err());
    }
}
