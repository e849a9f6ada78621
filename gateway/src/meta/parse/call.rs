//! Calls cannot be answered here yet, but a customer's call opens the window, and a missed one wants an answer.

use engine::content::Content;
use engine::delivery::Status;
use engine::id::Wamid;
use engine::inbound::{Inbound, InboundBody, InboundMessage};
use engine::message::Direction;
use serde_json::Value;

use super::json::{decimal, text};
use super::message::{inbound, nobody};
use super::peer::{FROM, TO, with_contact};
use super::{Frame, ParseError, wamid};

pub(super) fn call(frame: &Frame<'_>, path: &str, item: &Value) -> Result<Inbound, ParseError> {
    let Some(event) = text(item, "event") else {
        return Err(ParseError::at(path, "event", "is missing or not a text"));
    };
    let ours = text(item, "direction") == Some("BUSINESS_INITIATED");
    let (kind, body) = match event {
        "connect" if ours => return Ok(Inbound::Notice),
        "connect" => ("call", "Incoming call".to_owned()),
        "terminate" => ended(item, ours),
        _ => return Ok(Inbound::Notice),
    };
    let (naming, key) = if ours { (TO, "to") } else { (FROM, "from") };
    let id: Wamid = wamid(path, item)?;
    // Both events carry the id of the call, and each is a line of its own.
    let wamid = format!("{id}:{event}").parse();
    Ok(inbound(InboundMessage {
        number: frame.number.clone(),
        peer: with_contact(naming.read(item), frame.value).ok_or_else(|| nobody(path, key))?,
        former: None,
        direction: if ours { Direction::Out } else { Direction::In },
        live: true,
        opens_window: !ours,
        wamid: wamid.map_err(|_| ParseError::at(path, "id", "is too long"))?,
        at: frame.time(path, item)?,
        body: InboundBody::Content(Content::System { kind: kind.to_owned(), body }),
        reply_to: None,
        forwarded: false,
        referral: None,
        status: ours.then_some(Status::Sent),
    }))
}

fn ended(item: &Value, ours: bool) -> (&'static str, String) {
    match decimal(item, "duration").filter(|seconds| *seconds > 0.0) {
        Some(seconds) => ("call_ended", format!("Call ended after {}", spoken(seconds))),
        None if text(item, "status") == Some("COMPLETED") => ("call_ended", "Call ended".to_owned()),
        None if ours => ("call_ended", "Call not answered".to_owned()),
        None => ("call_missed", "Missed call".to_owned()),
    }
}

fn spoken(seconds: f64) -> String {
    if seconds < 60.0 { format!("{seconds:.0} s") } else { format!("{:.0} min", (seconds / 60.0).floor()) }
}
