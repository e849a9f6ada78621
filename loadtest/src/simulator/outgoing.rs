//! The request of `POST /{phone_number_id}/messages`, checked with Meta's limits (§2.2) before anything happens.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::graph_error::GraphError;
use super::identity::dialled;
use super::interactive;
use super::pricing::Category;
use super::templates::Catalogue;
use crate::payload::{Bsuid, MediaId, Phone, Wamid};

const TEXT_LIMIT: usize = 4_096;
const CAPTION_LIMIT: usize = 1_024;
const CALLBACK_DATA_LIMIT: usize = 512;
const CONTACTS_LIMIT: usize = 257;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Recipient {
    Phone { input: String, dialled: Phone },
    Bsuid(Bsuid),
}

impl Recipient {
    pub(crate) fn input(&self) -> &str {
        match self {
            Self::Phone { input, .. } => input,
            Self::Bsuid(bsuid) => bsuid.as_str(),
        }
    }
}

/// A file that a send uses, and as what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaUse {
    pub(crate) id: MediaId,
    pub(crate) kind: String,
}

#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    pub(crate) to: Recipient,
    pub(crate) kind: String,
    pub(crate) body_sha256: String,
    pub(crate) text: Option<String>,
    pub(crate) callback_data: Option<String>,
    pub(crate) category: Category,
    /// The template that is sent, by its id.
    pub(crate) template: Option<u64>,
    pub(crate) is_voice: bool,
    pub(crate) media: Vec<MediaUse>,
    /// The message that a reaction points at.
    pub(crate) reacts_to: Option<Wamid>,
}

#[derive(Clone, Debug)]
pub(crate) enum Request {
    MarkRead { message: Wamid, typing: bool },
    Send(Box<Outgoing>),
}

pub(crate) fn parse(body: &Value, catalogue: &Catalogue, business: &Phone) -> Result<Request, GraphError> {
    if !body.is_object() {
        return Err(GraphError::new(100, "The request body is not a JSON object."));
    }
    match text_of(body, "messaging_product") {
        Some("whatsapp") => {}
        Some(other) => return Err(GraphError::new(100, format!("messaging_product must be whatsapp, not {other}."))),
        None => return Err(GraphError::new(100, "The parameter messaging_product is required.")),
    }
    if text_of(body, "status") == Some("read") {
        return mark_read(body);
    }
    let to = recipient(body, business)?;
    let kind = text_of(body, "type").unwrap_or("text");
    let object = match body.get(kind) {
        Some(object) if is_known(kind) => object,
        None if is_known(kind) => return Err(GraphError::missing(kind)),
        Some(_) | None => {
            return Err(GraphError::new(100, format!("Param type must be one of the message types; got {kind:?}.")));
        }
    };
    let callback_data = text_of(body, "biz_opaque_callback_data").map(str::to_owned);
    if callback_data.as_deref().is_some_and(|data| data.chars().count() > CALLBACK_DATA_LIMIT) {
        return Err(too_long("biz_opaque_callback_data", CALLBACK_DATA_LIMIT));
    }
    if body
        .get("context")
        .is_some_and(|context| text_of(context, "message_id").is_none_or(|id| !id.starts_with("wamid.")))
    {
        return Err(GraphError::invalid("context['message_id'] is not a message id."));
    }
    let (category, template) = check_object(kind, object, catalogue, &to)?;
    Ok(Request::Send(Box::new(Outgoing {
        to,
        kind: kind.into(),
        body_sha256: hex::encode(Sha256::digest(object.to_string())),
        text: words(kind, object),
        callback_data,
        category,
        template,
        is_voice: kind == "audio" && object.get("voice").and_then(Value::as_bool) == Some(true),
        media: media_used(kind, object),
        reacts_to: (kind == "reaction").then(|| text_of(object, "message_id").unwrap_or_default().into()),
    })))
}

fn mark_read(body: &Value) -> Result<Request, GraphError> {
    let id = text_of(body, "message_id").ok_or_else(|| GraphError::missing("message_id"))?;
    let typing = match body.get("typing_indicator") {
        None => false,
        Some(indicator) if text_of(indicator, "type") == Some("text") => true,
        Some(_) => return Err(GraphError::invalid("typing_indicator['type'] must be text.")),
    };
    Ok(Request::MarkRead { message: id.into(), typing })
}

/// If both are set, `to` wins.
fn recipient(body: &Value, business: &Phone) -> Result<Recipient, GraphError> {
    if let Some(to) = text_of(body, "to") {
        let phone = dialled(to, business).ok_or_else(|| GraphError::invalid("to is not a phone number."))?;
        if &phone == business {
            return Err(GraphError::new(131_021, "Recipient phone number cannot be the sender."));
        }
        return Ok(Recipient::Phone { input: to.into(), dialled: phone });
    }
    let bsuid = text_of(body, "recipient").ok_or_else(|| GraphError::missing("to"))?;
    let is_well_formed = bsuid.split_once('.').is_some_and(|(country, id)| {
        country.len() == 2
            && (1..=134).contains(&id.len())
            && id.chars().all(|one| one.is_ascii_alphanumeric() || one == '.')
    });
    if is_well_formed {
        Ok(Recipient::Bsuid(bsuid.into()))
    } else {
        Err(GraphError::invalid("recipient is malformed."))
    }
}

fn is_known(kind: &str) -> bool {
    const KINDS: [&str; 11] = [
        "text",
        "image",
        "video",
        "audio",
        "document",
        "sticker",
        "location",
        "contacts",
        "reaction",
        "interactive",
        "template",
    ];
    KINDS.contains(&kind)
}

fn check_object(
    kind: &str,
    object: &Value,
    catalogue: &Catalogue,
    to: &Recipient,
) -> Result<(Category, Option<u64>), GraphError> {
    match kind {
        "text" => within(object, "body", "text['body']", TEXT_LIMIT)?,
        "image" | "video" | "audio" | "document" | "sticker" => check_media(kind, object)?,
        "location" => check_location(object)?,
        "contacts" => check_contacts(object)?,
        "reaction" => check_reaction(object)?,
        "interactive" => interactive::check(object)?,
        _ => {
            let template = catalogue.check(object)?;
            if template.category == Category::Authentication && matches!(to, Recipient::Bsuid(_)) {
                return Err(GraphError::new(131_062, "Authentication templates need a phone number."));
            }
            return Ok((template.category, Some(template.id)));
        }
    }
    Ok((Category::Service, None))
}

fn check_media(kind: &str, object: &Value) -> Result<(), GraphError> {
    match (text_of(object, "id"), text_of(object, "link")) {
        (None, None) => return Err(GraphError::missing(&format!("{kind}['id'] or {kind}['link']"))),
        (None, Some(link)) if !link.starts_with("https://") && !link.starts_with("http://") => {
            return Err(GraphError::invalid(format!("{kind}['link'] is not an http(s) address.")));
        }
        (Some(_), _) | (None, Some(_)) => {}
    }
    let has_caption = object.get("caption").is_some();
    if has_caption && matches!(kind, "audio" | "sticker") {
        return Err(GraphError::new(100, format!("Unexpected key \"caption\" on param \"{kind}\".")));
    }
    if has_caption { within(object, "caption", &format!("{kind}['caption']"), CAPTION_LIMIT) } else { Ok(()) }
}

fn check_location(object: &Value) -> Result<(), GraphError> {
    for (key, limit) in [("latitude", 90.0), ("longitude", 180.0)] {
        let number = object.get(key).and_then(|value| value.as_f64().or_else(|| value.as_str()?.parse().ok()));
        let number = number.ok_or_else(|| GraphError::missing(&format!("location['{key}']")))?;
        if number.abs() > limit {
            return Err(GraphError::invalid(format!("location['{key}'] is out of range.")));
        }
    }
    Ok(())
}

fn check_contacts(object: &Value) -> Result<(), GraphError> {
    let cards = object.as_array().ok_or_else(|| GraphError::new(100, "contacts must be an array."))?;
    if cards.is_empty() || cards.len() > CONTACTS_LIMIT {
        return Err(GraphError::invalid(format!("contacts takes 1 to {CONTACTS_LIMIT} entries.")));
    }
    for card in cards {
        if card.pointer("/name/formatted_name").and_then(Value::as_str).is_none() {
            return Err(GraphError::missing("contacts['name']['formatted_name']"));
        }
    }
    Ok(())
}

fn check_reaction(object: &Value) -> Result<(), GraphError> {
    let target = text_of(object, "message_id").ok_or_else(|| GraphError::missing("reaction['message_id']"))?;
    let emoji = text_of(object, "emoji").ok_or_else(|| GraphError::missing("reaction['emoji']"))?;
    if !target.starts_with("wamid.") {
        return Err(GraphError::invalid("reaction['message_id'] is not a message id."));
    }
    let is_emoji =
        emoji.chars().count() <= 12 && !emoji.chars().any(|one| one.is_ascii_alphanumeric() && !one.is_ascii_digit());
    if is_emoji { Ok(()) } else { Err(GraphError::invalid("reaction['emoji'] is not one emoji.")) }
}

/// A required text of at most `limit` characters.
pub(super) fn within(object: &Value, key: &str, name: &str, limit: usize) -> Result<(), GraphError> {
    match text_of(object, key) {
        None | Some("") => Err(GraphError::missing(name)),
        Some(text) if text.chars().count() > limit => Err(too_long(name, limit)),
        Some(_) => Ok(()),
    }
}

fn too_long(name: &str, limit: usize) -> GraphError {
    GraphError::new(100, format!("Param {name} must be at most {limit} characters long."))
}

pub(super) fn text_of<'a>(value: &'a Value, key: &str) -> Option<&'a str> {
    value.get(key)?.as_str()
}

fn words(kind: &str, object: &Value) -> Option<String> {
    let key = match kind {
        "text" => "body",
        "template" => "name",
        "reaction" => "emoji",
        "interactive" => return object.pointer("/body/text")?.as_str().map(str::to_owned),
        _ => "caption",
    };
    text_of(object, key).map(str::to_owned)
}

fn media_used(kind: &str, object: &Value) -> Vec<MediaUse> {
    let used =
        |kind: &str, object: &Value| text_of(object, "id").map(|id| MediaUse { id: id.into(), kind: kind.into() });
    match kind {
        "image" | "video" | "audio" | "document" | "sticker" => used(kind, object).into_iter().collect(),
        "template" => {
            let components = object.get("components").and_then(Value::as_array).into_iter().flatten();
            let parameters = components.filter_map(|one| one.get("parameters")?.as_array()).flatten();
            parameters
                .filter_map(|parameter| {
                    let kind =
                        text_of(parameter, "type").filter(|kind| matches!(*kind, "image" | "video" | "document"))?;
                    used(kind, parameter.get(kind)?)
                })
                .collect()
        }
        _ => Vec::new(),
    }
}
