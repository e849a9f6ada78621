//! What is said over a live connection besides the logged events.

use bytestring::ByteString;
use engine::directory::Person;
use engine::event::EventBody;
use engine::id::{CampaignId, ConversationId, SessionId};
use serde::{Deserialize, Serialize};

use crate::api::campaigns::progress::Progress;

/// Logged events as browsers get them; only for the API's description, frames are encoded by the engine.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EventFrame {
    pub n: u64,
    #[serde(flatten)]
    pub body: EventBody,
}

/// Everything else from the server.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerFrame {
    /// First frame.
    Hello {
        head: u64,
        session: SessionId,
    },
    /// An event this session may not see: only `n` moves on.
    Tick {
        n: u64,
    },
    /// The conversation moved out of what this person may see.
    ConversationHidden {
        n: u64,
        conversation_id: ConversationId,
    },
    /// Every 5 s: who is behind and hears nothing has lost something.
    Head {
        head: u64,
    },
    /// Who is looking at a conversation, for those who do.
    Presence {
        conversation_id: ConversationId,
        people: Vec<Viewer>,
    },
    /// `after` is too old: reload, then go on from `head`.
    Resync {
        head: u64,
    },
    /// Once a second to those who look at a broadcast, as `GET /campaigns/{id}/progress`.
    CampaignProgress {
        campaign_id: CampaignId,
        progress: Box<Progress>,
    },
    /// What `GET /alerts` answers is another now; only to those who may ask.
    AlertsChanged,
    Pong,
    /// This person may do something else from now on, or is in other teams: ask who one is again.
    PermissionsChanged,
    /// The session is over; the connection closes with 4001.
    SignedOut,
    /// Last frame.
    Bye {
        reason: Reason,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    SignedOut,
    /// Signed in still, but with no conversation to see, or not before a second factor is set up.
    NoAccess,
    Slow,
    Draining,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Viewer {
    #[serde(flatten)]
    pub person: Person,
    pub typing: bool,
}

/// What browsers say.
#[derive(Debug, Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ClientFrame {
    View {
        conversation_id: Option<ConversationId>,
    },
    Typing {
        conversation_id: ConversationId,
        typing: bool,
    },
    /// `null`: at none any more.
    WatchCampaign {
        campaign_id: Option<CampaignId>,
    },
    Ping,
}

impl ServerFrame {
    pub fn encode(&self) -> ByteString {
        // These types have nothing that could fail to encode.
        ByteString::from(serde_json::to_string(self).unwrap_or_default())
    }
}
