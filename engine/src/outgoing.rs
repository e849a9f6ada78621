//! What leaves: queued → claimed → sent, refused or in doubt. A claim is durable before the first byte goes out,
//! because Meta has no idempotency key: after a claim nobody may send again until the outcome is known.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::campaign::RecipientKey;
use crate::content::ContentKind;
use crate::delivery::Failure;
use crate::id::{
    Bsuid, CampaignId, ClaimToken, ConversationId, InvalidId, MediaId, MessageId, PhoneNumberId, TenantId, WaId, Wamid,
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
    /// Of a broadcast: its outcome is this recipient's, and the conversation does not hear of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipient: Option<RecipientKey>,
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
    /// Taken, and held until WhatsApp knows how people like the template: let go or dropped later, as a status says.
    Held { wamid: Wamid, wa_id: Option<WaId> },
}

/// Travels in `biz_opaque_callback_data` and comes back in every status: finds what was sent without a wamid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Callback {
    Message { conversation: ConversationId, message: MessageId, token: ClaimToken },
    Recipient { campaign: CampaignId, no: u32, token: ClaimToken },
}

const MESSAGE_PREFIX: &str = "jetto1";
const RECIPIENT_PREFIX: &str = "jetto1c";

impl Callback {
    pub fn of(outgoing: &Outgoing, token: ClaimToken) -> Self {
        match outgoing.recipient {
            Some(RecipientKey { campaign, no }) => Self::Recipient { campaign, no, token },
            None => Self::Message { conversation: outgoing.conversation, message: outgoing.id, token },
        }
    }
}

impl fmt::Display for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Message { conversation, message, token } => {
                write!(f, "{MESSAGE_PREFIX}.{conversation}.{message}.{token}")
            }
            Self::Recipient { campaign, no, token } => write!(f, "{RECIPIENT_PREFIX}.{campaign}.{no}.{token}"),
        }
    }
}

impl FromStr for Callback {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let invalid = || InvalidId { kind: "Callback" };
        let parts: Vec<_> = text.splitn(5, '.').collect();
        match parts.as_slice() {
            [MESSAGE_PREFIX, conversation, message, token] => Ok(Self::Message {
                conversation: conversation.parse()?,
                message: message.parse()?,
                token: token.parse()?,
            }),
            [RECIPIENT_PREFIX, campaign, no, token] => Ok(Self::Recipient {
                campaign: campaign.parse()?,
                no: no.parse().map_err(|_| invalid())?,
                token: token.parse()?,
            }),
            _ => Err(invalid()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_survives_the_trip_through_meta() {
        let token = ClaimToken::from_bytes([3; 16]);
        let (conversation, message) = (ConversationId::from_bytes([1; 16]), MessageId::from_bytes([2; 16]));
        let recipient = Callback::Recipient { campaign: CampaignId::from_bytes([4; 16]), no: u32::MAX, token };
        for callback in [Callback::Message { conversation, message, token }, recipient] {
            assert_eq!(callback.to_string().parse(), Ok(callback));
            assert!(callback.to_string().len() <= 512);
        }
    }

    #[test]
    fn somebody_elses_callback_is_not_ours() {
        assert!("campaign=42;recipient=1001".parse::<Callback>().is_err());
        assert!("jetto1.a.b.c.d".parse::<Callback>().is_err());
    }
}
