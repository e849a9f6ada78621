//! A customer's message as a `messages` change.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::content::Content;
use super::ids::{Phone, Wamid};
use super::{Line, Sender, Update, put};

/// What the message refers to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Context {
    /// Answers one of our messages, or taps its button.
    Reply {
        from: Phone,
        id: Wamid,
    },
    /// Written from a product's "message business" button.
    Product {
        from: Phone,
        id: Wamid,
        catalog_id: String,
        product_retailer_id: String,
    },
    Forwarded,
    FrequentlyForwarded,
}

impl Context {
    fn to_json(&self) -> Value {
        match self {
            Self::Reply { from, id } => json!({"from": from, "id": id}),
            Self::Product { from, id, catalog_id, product_retailer_id } => json!({
                "from": from, "id": id,
                "referred_product": {"catalog_id": catalog_id, "product_retailer_id": product_retailer_id},
            }),
            Self::Forwarded => json!({"forwarded": true}),
            Self::FrequentlyForwarded => json!({"frequently_forwarded": true}),
        }
    }
}

/// The advertisement through which the customer came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Referral {
    pub source_url: String,
    pub source_id: String,
    pub headline: String,
    pub body: String,
    pub image_url: String,
    /// Absent for placements in Status.
    pub ctwa_clid: Option<String>,
    pub welcome: Option<String>,
}

impl Referral {
    fn to_json(&self) -> Value {
        let mut object = Map::new();
        put(&mut object, "source_url", Some(&self.source_url));
        put(&mut object, "source_id", Some(&self.source_id));
        put(&mut object, "source_type", Some("ad"));
        put(&mut object, "headline", Some(&self.headline));
        put(&mut object, "body", Some(&self.body));
        put(&mut object, "media_type", Some("image"));
        put(&mut object, "image_url", Some(&self.image_url));
        put(&mut object, "ctwa_clid", self.ctwa_clid.as_ref());
        if let Some(welcome) = &self.welcome {
            object.insert("welcome_message".into(), json!({"text": welcome}));
        }
        Value::Object(object)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Inbound {
    pub line: Line,
    pub sender: Sender,
    pub id: Wamid,
    pub at_s: u64,
    pub content: Content,
    pub context: Option<Context>,
    pub referral: Option<Referral>,
    pub group_id: Option<String>,
}

impl Inbound {
    /// A plain message; the optional parts are public fields.
    pub fn new(line: Line, sender: Sender, id: Wamid, at_s: u64, content: Content) -> Self {
        Self { line, sender, id, at_s, content, context: None, referral: None, group_id: None }
    }

    pub fn update(&self) -> Update {
        let mut message = Map::new();
        put(&mut message, "from", self.sender.phone.as_ref());
        put(&mut message, "from_user_id", self.sender.bsuid.as_ref());
        put(&mut message, "id", Some(&self.id));
        message.insert("timestamp".into(), json!(self.at_s.to_string()));
        self.content.write_into(&mut message);
        if let Some(context) = &self.context {
            message.insert("context".into(), context.to_json());
        }
        if let Some(referral) = &self.referral {
            message.insert("referral".into(), referral.to_json());
        }
        put(&mut message, "group_id", self.group_id.as_ref());
        let mut parts = Map::new();
        if !self.content.is_system() {
            parts.insert("contacts".into(), json!([self.sender.contact()]));
        }
        parts.insert("messages".into(), json!([message]));
        Update::of_line(&self.line, "messages", parts)
    }
}
