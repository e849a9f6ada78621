//! What a message says, by its type.

use engine::content::{Content, Media, MediaState, OrderItem, SharedContact};
use engine::id::{MediaId, TenantId, Wamid};
use engine::inbound::{InboundBody, MediaSource};
use serde_json::Value;

use super::choice;
use super::json::{decimal, id, integer, is_set, list, text, text_at};
use crate::meta::text::{BODY_MAX, CAPTION_MAX, KIND_MAX, LABEL_MAX, clean, filename, label, link, mime};

/// Meta lets a person share this many contacts at once, and an order hold fewer items.
const SHARED_MAX: usize = 257;
/// Phones, mail addresses of one contact.
const REACHES_MAX: usize = 20;

/// `None` when the type is not known or lacks what makes it one.
pub(super) fn content(tenant: TenantId, kind: &str, payload: &Value, wamid: &Wamid) -> Option<InboundBody> {
    let caption = || text(payload, "caption").and_then(|text| label(text, CAPTION_MAX));
    let file = |with: &dyn Fn(Media) -> Content| file(tenant, payload, wamid, with);
    let content = match kind {
        "image" => return file(&|media| Content::Image { media, caption: caption() }),
        "video" => return file(&|media| Content::Video { media, caption: caption() }),
        "audio" | "voice" => {
            let voice = kind == "voice" || is_set(payload, "voice");
            return file(&|media| Content::Audio { media, voice });
        }
        "document" => return file(&|media| Content::Document { media, caption: caption() }),
        "sticker" => return file(&|media| Content::Sticker { media, animated: is_set(payload, "animated") }),
        "text" => Content::Text { body: clean(text(payload, "body")?, BODY_MAX) },
        "location" => location(payload)?,
        "contacts" => contacts(payload)?,
        "interactive" => choice::interactive(payload)?,
        "button" => choice::template_button(payload)?,
        "order" => order(payload)?,
        _ => return None,
    };
    Some(InboundBody::Content(content))
}

/// `kind` is the type that the message claims; `unsupported` messages name a better one inside.
pub(super) fn unsupported(kind: Option<&str>, item: &Value, detail: Option<String>) -> Content {
    let kind = match kind {
        Some("unsupported" | "unknown") => text_at(item, "/unsupported/type"),
        Some("interactive") => text_at(item, "/interactive/type").or(kind),
        Some(_) | None => kind,
    };
    let error = list(item, "errors").first().unwrap_or(&Value::Null);
    let said =
        text_at(error, "/error_data/details").or_else(|| text(error, "message")).or_else(|| text(error, "title"));
    Content::Unsupported {
        kind: kind.and_then(|kind| label(kind, KIND_MAX)),
        code: integer(error, "code"),
        detail: detail.or_else(|| said.and_then(|said| label(said, LABEL_MAX))),
    }
}

fn file(tenant: TenantId, payload: &Value, wamid: &Wamid, with: &dyn Fn(Media) -> Content) -> Option<InboundBody> {
    let source = MediaSource { meta_id: id(payload, "id")? };
    let media = Media {
        id: MediaId::derive(&[tenant.as_bytes(), wamid.as_str().as_bytes()]),
        state: MediaState::Pending,
        mime: mime(text(payload, "mime_type").unwrap_or_default()),
        size: None,
        filename: text(payload, "filename").and_then(filename),
        reason: None,
    };
    Some(InboundBody::File { content: with(media), source })
}

fn location(payload: &Value) -> Option<Content> {
    let within = |key, max: f64| decimal(payload, key).filter(|degrees| degrees.abs() <= max);
    Some(Content::Location {
        latitude: within("latitude", 90.0)?,
        longitude: within("longitude", 180.0)?,
        name: text(payload, "name").and_then(|text| label(text, LABEL_MAX)),
        address: text(payload, "address").and_then(|text| label(text, LABEL_MAX)),
        url: text(payload, "url").and_then(link),
    })
}

fn contacts(payload: &Value) -> Option<Content> {
    let contacts: Vec<_> = payload.as_array()?.iter().take(SHARED_MAX).filter_map(shared_contact).collect();
    (!contacts.is_empty()).then_some(Content::Contacts { contacts })
}

/// One without a name (the answer to a request for the own number) is called as its card or its number says.
fn shared_contact(contact: &Value) -> Option<SharedContact> {
    let reaches = |lists: &str, key: &str| -> Vec<String> {
        let texts = list(contact, lists).iter().take(REACHES_MAX).filter_map(|entry| text(entry, key));
        texts.filter_map(|text| label(text, LABEL_MAX)).collect()
    };
    let (mut phones, emails) = (reaches("phones", "phone"), reaches("emails", "email"));
    if phones.is_empty() {
        phones = reaches("phones", "wa_id");
    }
    let card = text(contact, "vcard").unwrap_or_default();
    let on_card = card.lines().find_map(|line| line.trim().strip_prefix("FN:"));
    let named = text_at(contact, "/name/formatted_name").or_else(|| text_at(contact, "/name/first_name")).or(on_card);
    let name = named.and_then(|name| label(name, LABEL_MAX)).or_else(|| phones.first().or(emails.first()).cloned())?;
    let organization = text_at(contact, "/org/company").and_then(|text| label(text, LABEL_MAX));
    Some(SharedContact { name, phones, emails, organization })
}

fn order(payload: &Value) -> Option<Content> {
    let items: Vec<_> = list(payload, "product_items").iter().take(SHARED_MAX).filter_map(order_item).collect();
    let order = Content::Order {
        catalog_id: text(payload, "catalog_id").map(|id| clean(id, LABEL_MAX)).unwrap_or_default(),
        text: text(payload, "text").and_then(|text| label(text, CAPTION_MAX)),
        items,
    };
    payload.is_object().then_some(order)
}

fn order_item(item: &Value) -> Option<OrderItem> {
    let quantity = decimal(item, "quantity").map_or(1.0, |quantity| quantity.clamp(0.0, f64::from(u32::MAX)));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to the range of u32")]
    let quantity = quantity as u32;
    let price = match item.get("item_price") {
        Some(Value::String(price)) => clean(price, KIND_MAX),
        Some(Value::Number(price)) => price.to_string(),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => String::new(),
    };
    Some(OrderItem {
        product: id::<String>(item, "product_retailer_id").and_then(|text| label(&text, LABEL_MAX))?,
        quantity,
        price,
        currency: text(item, "currency").map(|text| clean(text, KIND_MAX)).unwrap_or_default(),
    })
}
