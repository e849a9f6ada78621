//! The customer used WhatsApp's own switch for marketing messages.

use engine::content::Content;
use engine::id::Wamid;
use engine::identity::Identities;
use engine::inbound::{Inbound, InboundBody, InboundMessage};
use engine::message::Direction;
use engine::time::Timestamp;
use serde_json::Value;

use super::json::text;
use super::message::{inbound, nobody};
use super::peer::{PLAIN, with_contact};
use super::{Frame, ParseError};
use crate::meta::text::{KIND_MAX, clean};

/// A line in the conversation that is no message: nothing to read, no window.
pub(super) fn preference(frame: &Frame<'_>, path: &str, item: &Value) -> Result<Inbound, ParseError> {
    let (kind, body) = match text(item, "value") {
        Some("stop") => ("marketing_stop", "Stopped marketing messages in WhatsApp."),
        Some("resume") => ("marketing_resume", "Allowed marketing messages again in WhatsApp."),
        Some(_) => return Ok(Inbound::Notice),
        None => return Err(ParseError::at(path, "value", "is missing or not a text")),
    };
    if text(item, "category").is_some_and(|category| category != "marketing_messages") {
        return Ok(Inbound::Notice);
    }
    let peer = with_contact(PLAIN.read(item), frame.value).ok_or_else(|| nobody(path, "user_id"))?;
    let at = frame.time(path, item)?;
    let wamid = stand_in(&peer, at, kind).ok_or_else(|| nobody(path, "user_id"))?;
    Ok(inbound(InboundMessage {
        number: frame.number.clone(),
        peer,
        former: None,
        direction: Direction::In,
        live: false,
        opens_window: false,
        wamid,
        at,
        body: InboundBody::Content(Content::System { kind: clean(kind, KIND_MAX), body: body.to_owned() }),
        reply_to: None,
        forwarded: false,
        referral: None,
        status: None,
    }))
}

/// Meta gives these no id; the same switch at the same second is the same one.
fn stand_in(peer: &Identities, at: Timestamp, kind: &str) -> Option<Wamid> {
    let who = peer.bsuid.as_ref().map(engine::id::Bsuid::as_str).or(peer.wa_id.as_ref().map(engine::id::WaId::as_str));
    format!("jetto.{kind}:{}:{}", who?, at.0).parse().ok()
}
