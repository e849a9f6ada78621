//! What became of a message that we sent, as a `messages` change with `statuses[]`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ids::{Bsuid, Phone, Wamid};
use super::{Line, Sender, Update, put};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Sent,
    Delivered,
    Read,
    Played,
    Failed,
}

impl State {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Failed => "failed",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pricing {
    pub billable: bool,
    pub kind: &'static str,
    pub category: &'static str,
}

/// v23 and older: on every status; later only for free entry points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversation {
    pub id: String,
    /// Only with `sent`.
    pub expires_at_s: Option<u64>,
    pub origin: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub code: u32,
    pub title: String,
    pub details: String,
}

impl Failure {
    fn to_json(&self) -> Value {
        json!({
            "code": self.code, "title": self.title, "message": self.title,
            "error_data": {"details": self.details},
            "href": "/documentation/business-messaging/whatsapp/support/error-codes",
        })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub line: Line,
    pub id: Wamid,
    pub state: State,
    pub at_s: u64,
    pub recipient_id: Option<Phone>,
    pub recipient_bsuid: Option<Bsuid>,
    /// Since April 2026, and never on `failed`.
    pub contact: Option<Sender>,
    pub pricing: Option<Pricing>,
    pub conversation: Option<Conversation>,
    pub failure: Option<Failure>,
    pub callback_data: Option<String>,
}

impl Status {
    pub fn update(&self) -> Update {
        let mut status = Map::new();
        put(&mut status, "id", Some(&self.id));
        put(&mut status, "status", Some(self.state.as_str()));
        status.insert("timestamp".into(), json!(self.at_s.to_string()));
        put(&mut status, "recipient_id", self.recipient_id.as_ref());
        put(&mut status, "recipient_user_id", self.recipient_bsuid.as_ref());
        if let Some(conversation) = &self.conversation {
            let mut object = Map::new();
            put(&mut object, "id", Some(&conversation.id));
            put(&mut object, "expiration_timestamp", conversation.expires_at_s.map(|at| at.to_string()));
            object.insert("origin".into(), json!({"type": conversation.origin}));
            status.insert("conversation".into(), Value::Object(object));
        }
        if let Some(pricing) = &self.pricing {
            status.insert(
                "pricing".into(),
                json!({
                    "billable": pricing.billable, "pricing_model": "PMP",
                    "type": pricing.kind, "category": pricing.category,
                }),
            );
        }
        if let Some(failure) = &self.failure {
            status.insert("errors".into(), json!([failure.to_json()]));
        }
        put(&mut status, "biz_opaque_callback_data", self.callback_data.as_ref());
        let mut parts = Map::new();
        if let Some(contact) = &self.contact {
            parts.insert("contacts".into(), json!([contact.contact()]));
        }
        parts.insert("statuses".into(), json!([status]));
        Update::of_line(&self.line, "messages", parts)
    }
}
