//! The customer changed their number or their user id. The message names both, and the contact keeps both.

use engine::content::Content;
use engine::identity::Identities;
use engine::inbound::{Inbound, InboundBody, InboundMessage};
use engine::message::Direction;
use serde_json::Value;

use super::json::{id, text};
use super::message::{inbound, nobody};
use super::peer::{FROM, PLAIN, with_contact};
use super::{Frame, ParseError, wamid};
use crate::meta::text::{CAPTION_MAX, KIND_MAX, label};

/// Nobody wrote anything: no unread badge, a closed conversation stays closed, no window opens.
pub(super) fn system(frame: &Frame<'_>, path: &str, item: &Value) -> Result<Inbound, ParseError> {
    let system = item.get("system").unwrap_or(&Value::Null);
    let kind = text(system, "type").and_then(|kind| label(kind, KIND_MAX)).unwrap_or_else(|| "system".to_owned());
    let from = FROM.read(item);
    let before = Identities {
        bsuid: id(system, "previous_user_id").or_else(|| from.as_ref()?.bsuid.clone()),
        wa_id: from.as_ref().and_then(|from| from.wa_id.clone()),
        ..Identities::default()
    };
    let known_before = before.bsuid.is_some() || before.wa_id.is_some();
    let now = PLAIN.read(system);
    let former = (known_before && now.as_ref().is_some_and(|now| *now != before)).then_some(before);
    let peer = now.or_else(|| with_contact(from, frame.value)).ok_or_else(|| nobody(path, "system"))?;
    let body = text(system, "body").and_then(|body| label(body, CAPTION_MAX)).unwrap_or_else(|| said(&kind));
    Ok(inbound(InboundMessage {
        number: frame.number.clone(),
        peer,
        former,
        direction: Direction::In,
        live: false,
        opens_window: false,
        wamid: wamid(path, item)?,
        at: frame.time(path, item)?,
        body: InboundBody::Content(Content::System { kind, body }),
        reply_to: None,
        forwarded: false,
        referral: None,
        status: None,
    }))
}

fn said(kind: &str) -> String {
    match kind {
        "user_changed_number" => "Changed their phone number.".to_owned(),
        "user_changed_user_id" => "Changed their phone number, which WhatsApp may not share.".to_owned(),
        _ => "Something changed about this customer.".to_owned(),
    }
}
