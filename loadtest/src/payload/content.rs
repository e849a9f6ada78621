//! What a customer can write, one variant per inbound `type` of §1.6.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::ids::{Bsuid, MediaId, Phone, Wamid};
use super::put;

/// A file as a webhook names it. `url` is rolled out gradually by Meta, so it may be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaReference {
    pub id: MediaId,
    pub mime: String,
    /// Base64, as in webhooks.
    pub sha256: String,
    #[serde(default)]
    pub url: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    pub first_name: String,
    pub last_name: String,
    pub company: Option<String>,
    pub phone: Phone,
    pub email: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrderItem {
    pub product_retailer_id: String,
    pub quantity: u32,
    pub item_price: f64,
    pub currency: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    Text {
        body: String,
    },
    Image {
        media: MediaReference,
        caption: Option<String>,
    },
    Video {
        media: MediaReference,
        caption: Option<String>,
    },
    Audio {
        media: MediaReference,
        voice: bool,
    },
    Document {
        media: MediaReference,
        filename: String,
        caption: Option<String>,
    },
    Sticker {
        media: MediaReference,
        animated: bool,
    },
    Location {
        latitude: f64,
        longitude: f64,
        name: Option<String>,
        address: Option<String>,
        url: Option<String>,
    },
    Contacts {
        cards: Vec<Card>,
    },
    /// The answer to `request_contact_info`.
    SharedContact {
        name: String,
        phone: Phone,
    },
    ButtonReply {
        id: String,
        title: String,
    },
    ListReply {
        id: String,
        title: String,
        description: Option<String>,
    },
    FlowReply {
        name: String,
        body: String,
        response_json: String,
    },
    CallPermission {
        accept: bool,
        expires_at_s: u64,
    },
    /// A quick-reply button of a template.
    TemplateButton {
        payload: String,
        text: String,
    },
    /// No emoji takes the reaction back.
    Reaction {
        message_id: Wamid,
        emoji: Option<String>,
    },
    Order {
        catalog_id: String,
        text: Option<String>,
        items: Vec<OrderItem>,
    },
    NumberChanged {
        body: String,
        new_phone: Phone,
        new_bsuid: Bsuid,
        previous_bsuid: Bsuid,
    },
    BsuidChanged {
        body: String,
        new_bsuid: Bsuid,
        previous_bsuid: Bsuid,
    },
    Unsupported {
        kind_of: Option<String>,
        code: u32,
        title: String,
        details: String,
    },
    Edit {
        original: Wamid,
        edited: Box<Content>,
    },
    Revoke {
        original: Wamid,
    },
    /// A type that nobody knows yet.
    Novel {
        type_name: String,
        value: Value,
    },
}

impl Content {
    /// Meta's `type`.
    pub fn type_name(&self) -> &str {
        match self {
            Self::Text { .. } => "text",
            Self::Image { .. } => "image",
            Self::Video { .. } => "video",
            Self::Audio { .. } => "audio",
            Self::Document { .. } => "document",
            Self::Sticker { .. } => "sticker",
            Self::Location { .. } => "location",
            Self::Contacts { .. } | Self::SharedContact { .. } => "contacts",
            Self::ButtonReply { .. }
            | Self::ListReply { .. }
            | Self::FlowReply { .. }
            | Self::CallPermission { .. } => "interactive",
            Self::TemplateButton { .. } => "button",
            Self::Reaction { .. } => "reaction",
            Self::Order { .. } => "order",
            Self::NumberChanged { .. } | Self::BsuidChanged { .. } => "system",
            Self::Unsupported { .. } => "unsupported",
            Self::Edit { .. } => "edit",
            Self::Revoke { .. } => "revoke",
            Self::Novel { type_name, .. } => type_name,
        }
    }

    /// System messages come without `contacts[]`.
    pub fn is_system(&self) -> bool {
        self.type_name() == "system"
    }

    /// Writes `type`, the object under that name and, where Meta has them, `errors`.
    pub fn write_into(&self, message: &mut Map<String, Value>) {
        let name = self.type_name().to_owned();
        message.insert("type".into(), json!(name));
        if let Some(body) = self.body() {
            message.insert(name, body);
        }
        if let Self::Unsupported { code, title, details, .. } = self {
            let error = json!({"code": code, "title": title, "message": title, "error_data": {"details": details}});
            message.insert("errors".into(), json!([error]));
        }
    }

    fn body(&self) -> Option<Value> {
        Some(match self {
            Self::Text { body } => json!({"body": body}),
            Self::Image { media, caption } | Self::Video { media, caption } => {
                media_object(media, |object| put(object, "caption", caption.as_ref()))
            }
            Self::Audio { media, voice } => media_object(media, |object| {
                object.insert("voice".into(), json!(voice));
            }),
            Self::Document { media, filename, caption } => media_object(media, |object| {
                put(object, "filename", Some(filename));
                put(object, "caption", caption.as_ref());
            }),
            Self::Sticker { media, animated } => media_object(media, |object| {
                object.insert("animated".into(), json!(animated));
            }),
            Self::Location { latitude, longitude, name, address, url } => {
                let mut object = Map::new();
                object.insert("latitude".into(), json!(latitude));
                object.insert("longitude".into(), json!(longitude));
                put(&mut object, "name", name.as_ref());
                put(&mut object, "address", address.as_ref());
                put(&mut object, "url", url.as_ref());
                Value::Object(object)
            }
            Self::Contacts { cards } => Value::Array(cards.iter().map(card_object).collect()),
            Self::SharedContact { name, phone } => shared_contact(name, phone),
            Self::TemplateButton { payload, text } => json!({"payload": payload, "text": text}),
            Self::Reaction { message_id, emoji } => {
                let mut object = Map::new();
                put(&mut object, "message_id", Some(message_id));
                put(&mut object, "emoji", emoji.as_ref());
                Value::Object(object)
            }
            Self::Revoke { original } => json!({"original_message_id": original}),
            Self::Edit { original, edited } => {
                let mut message = Map::new();
                edited.write_into(&mut message);
                json!({"original_message_id": original, "message": message})
            }
            Self::Unsupported { kind_of, .. } => json!({"type": kind_of.as_ref()?}),
            Self::Novel { value, .. } => value.clone(),
            Self::ButtonReply { .. }
            | Self::ListReply { .. }
            | Self::FlowReply { .. }
            | Self::CallPermission { .. }
            | Self::Order { .. }
            | Self::NumberChanged { .. }
            | Self::BsuidChanged { .. } => self.structured_body()?,
        })
    }

    fn structured_body(&self) -> Option<Value> {
        match self {
            Self::ButtonReply { id, title } => {
                Some(json!({"type": "button_reply", "button_reply": {"id": id, "title": title}}))
            }
            Self::ListReply { id, title, description } => {
                let mut row = Map::new();
                put(&mut row, "id", Some(id));
                put(&mut row, "title", Some(title));
                put(&mut row, "description", description.as_ref());
                Some(json!({"type": "list_reply", "list_reply": row}))
            }
            Self::FlowReply { name, body, response_json } => Some(json!({
                "type": "nfm_reply",
                "nfm_reply": {"name": name, "body": body, "response_json": response_json}
            })),
            Self::CallPermission { accept, expires_at_s } => Some(json!({
                "type": "call_permission_reply",
                "call_permission_reply": {
                    "response": if *accept { "accept" } else { "reject" },
                    "is_permanent": false,
                    "expiration_timestamp": expires_at_s,
                    "response_source": "user_action",
                }
            })),
            Self::Order { catalog_id, text, items } => {
                let mut object = Map::new();
                put(&mut object, "catalog_id", Some(catalog_id));
                put(&mut object, "text", text.as_ref());
                object.insert("product_items".into(), json!(items));
                Some(Value::Object(object))
            }
            Self::NumberChanged { body, new_phone, new_bsuid, previous_bsuid } => Some(json!({
                "body": body, "wa_id": new_phone, "user_id": new_bsuid,
                "previous_user_id": previous_bsuid, "type": "user_changed_number",
            })),
            Self::BsuidChanged { body, new_bsuid, previous_bsuid } => Some(json!({
                "body": body, "user_id": new_bsuid,
                "previous_user_id": previous_bsuid, "type": "user_changed_user_id",
            })),
            Self::Text { .. }
            | Self::Image { .. }
            | Self::Video { .. }
            | Self::Audio { .. }
            | Self::Document { .. }
            | Self::Sticker { .. }
            | Self::Location { .. }
            | Self::Contacts { .. }
            | Self::SharedContact { .. }
            | Self::TemplateButton { .. }
            | Self::Reaction { .. }
            | Self::Unsupported { .. }
            | Self::Edit { .. }
            | Self::Revoke { .. }
            | Self::Novel { .. } => None,
        }
    }
}

fn media_object(media: &MediaReference, extra: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let mut object = Map::new();
    put(&mut object, "mime_type", Some(&media.mime));
    put(&mut object, "sha256", Some(&media.sha256));
    put(&mut object, "id", Some(&media.id));
    put(&mut object, "url", media.url.as_ref());
    extra(&mut object);
    Value::Object(object)
}

fn card_object(card: &Card) -> Value {
    let formatted = format!("{} {}", card.first_name, card.last_name);
    let mut object = Map::new();
    object.insert(
        "name".into(),
        json!({"first_name": card.first_name, "last_name": card.last_name, "formatted_name": formatted}),
    );
    if let Some(company) = &card.company {
        object.insert("org".into(), json!({"company": company}));
    }
    object
        .insert("phones".into(), json!([{"phone": format!("+{}", card.phone), "wa_id": card.phone, "type": "MOBILE"}]));
    if let Some(email) = &card.email {
        object.insert("emails".into(), json!([{"email": email, "type": "WORK"}]));
    }
    Value::Object(object)
}

fn shared_contact(name: &str, phone: &Phone) -> Value {
    let vcard =
        format!("BEGIN:VCARD\nVERSION:3.0\nN:;{name};;;\nFN:{name}\nTEL;type=CELL;waid={phone}:+{phone}\nEND:VCARD");
    json!([{
        "origin": "contact_request",
        "vcard": vcard,
        "phones": [{"phone": format!("+{phone}"), "wa_id": phone}],
    }])
}
