//! A message, from the customer or as an echo from the phone app.

use engine::delivery::Status;
use engine::id::{TenantId, Wamid};
use engine::identity::Identities;
use engine::inbound::{Inbound, InboundBody, InboundMessage};
use engine::message::{Direction, Referral};
use serde_json::Value;

use super::json::{id, is_set, text};
use super::peer::{FROM, TO, with_contact};
use super::{Frame, ParseError, content, system, wamid};
use crate::meta::text::{CAPTION_MAX, LABEL_MAX, label, link};

/// From the customer.
pub(super) fn incoming(frame: &Frame<'_>, path: &str, item: &Value) -> Result<Inbound, ParseError> {
    if text(item, "type") == Some("system") {
        return system::system(frame, path, item);
    }
    let peer = with_contact(FROM.read(item), frame.value).ok_or_else(|| nobody(path, "from"))?;
    read(frame, path, item, peer, Direction::In).map(inbound)
}

/// Sent from the phone app of a number that is used in both places; opens no window.
pub(super) fn echo(frame: &Frame<'_>, path: &str, item: &Value) -> Result<Inbound, ParseError> {
    let peer = with_contact(TO.read(item), frame.value).ok_or_else(|| nobody(path, "to"))?;
    let message = read(frame, path, item, peer, Direction::Out)?;
    Ok(inbound(InboundMessage { status: Some(Status::Sent), ..message }))
}

pub(super) fn inbound(message: InboundMessage) -> Inbound {
    Inbound::Message(Box::new(message))
}

pub(super) fn nobody(path: &str, key: &str) -> ParseError {
    ParseError::at(path, key, "names nobody: neither a phone number nor a user id")
}

/// Live; the caller knows better where it is not.
pub(super) fn read(
    frame: &Frame<'_>,
    path: &str,
    item: &Value,
    peer: Identities,
    direction: Direction,
) -> Result<InboundMessage, ParseError> {
    let wamid = wamid(path, item)?;
    let at = frame.time(path, item)?;
    let body = body(frame.tenant, item, &wamid);
    let context = item.get("context").unwrap_or(&Value::Null);
    Ok(InboundMessage {
        number: frame.number.clone(),
        peer,
        former: None,
        direction,
        live: true,
        opens_window: direction == Direction::In && opens_window(item, &body),
        at,
        reply_to: id(context, "id").filter(|target| *target != wamid),
        forwarded: is_set(context, "forwarded") || is_set(context, "frequently_forwarded"),
        referral: item.get("referral").and_then(referral),
        status: None,
        wamid,
        body,
    })
}

/// Messages do. Of a reaction Meta does not say so, a group is not this customer, and changes to an earlier message
/// come when the window is open anyway.
fn opens_window(item: &Value, body: &InboundBody) -> bool {
    let kind = text(item, "type");
    let unsupported = item.get("unsupported").and_then(|unsupported| text(unsupported, "type"));
    let is_reaction = kind == Some("reaction") || unsupported == Some("reaction");
    match body {
        InboundBody::Content(_) | InboundBody::File { .. } => !is_reaction && item.get("group_id").is_none(),
        InboundBody::Reaction { .. } | InboundBody::Edit { .. } | InboundBody::Revoke { .. } => false,
    }
}

fn body(tenant: TenantId, item: &Value, wamid: &Wamid) -> InboundBody {
    let kind = text(item, "type").unwrap_or("unknown");
    if item.get("group_id").is_some() {
        let detail = "Messages of groups are not shown yet.".to_owned();
        return InboundBody::Content(content::unsupported(Some("group"), item, Some(detail)));
    }
    let payload = item.get(kind).unwrap_or(&Value::Null);
    let understood = match kind {
        "reaction" => id(payload, "message_id").map(|target| {
            let emoji = text(payload, "emoji").and_then(|emoji| label(emoji, LABEL_MAX));
            InboundBody::Reaction { target, emoji }
        }),
        "revoke" => id(payload, "original_message_id").map(|target| InboundBody::Revoke { target }),
        "edit" => edit(tenant, payload),
        _ => content::content(tenant, kind, payload, wamid),
    };
    understood.unwrap_or_else(|| InboundBody::Content(content::unsupported(Some(kind), item, None)))
}

/// The new words under the old wamid: a file keeps the id that it had.
fn edit(tenant: TenantId, payload: &Value) -> Option<InboundBody> {
    let target: Wamid = id(payload, "original_message_id")?;
    let message = payload.get("message")?;
    let kind = text(message, "type")?;
    match content::content(tenant, kind, message.get(kind)?, &target)? {
        InboundBody::Content(content) | InboundBody::File { content, .. } => {
            Some(InboundBody::Edit { target, content })
        }
        InboundBody::Reaction { .. } | InboundBody::Edit { .. } | InboundBody::Revoke { .. } => None,
    }
}

fn referral(item: &Value) -> Option<Referral> {
    let referral = Referral {
        headline: text(item, "headline").and_then(|text| label(text, LABEL_MAX)),
        body: text(item, "body").and_then(|text| label(text, CAPTION_MAX)),
        source_url: text(item, "source_url").and_then(link),
    };
    let says_something = referral.headline.is_some() || referral.body.is_some() || referral.source_url.is_some();
    says_something.then_some(referral)
}
