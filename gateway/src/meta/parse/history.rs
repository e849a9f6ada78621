//! What was written before the number was connected: shown, but nothing to read and nothing to reopen.

use engine::delivery::Status;
use engine::id::WaId;
use engine::identity::Identities;
use engine::inbound::{Inbound, InboundMessage};
use engine::message::Direction;
use serde_json::Value;

use super::json::{list, text_at};
use super::message::{inbound, nobody, read};
use super::peer::{FROM, Naming, PLAIN, TO, is_equivalent, phone_digits, with_contact};
use super::{Frame, ParseError};
use crate::meta::failure;

/// The thread is named by its customer, mostly by phone number.
const THREAD: Naming = Naming { phone: "id", bsuid: "user_id" };

pub(super) fn chunks(frame: &Frame<'_>) -> Result<Vec<Inbound>, ParseError> {
    let mut found = Vec::new();
    for (chunk, history) in list(frame.value, "history").iter().enumerate() {
        for (index, thread) in list(history, "threads").iter().enumerate() {
            let customer = THREAD.read(thread).or_else(|| PLAIN.read(thread.get("context")?));
            for (place, item) in list(thread, "messages").iter().enumerate() {
                let path = format!("value.history[{chunk}].threads[{index}].messages[{place}]");
                found.push(message(frame, &path, item, customer.clone())?);
            }
        }
    }
    Ok(found)
}

/// The file of a message that stood in a chunk as a placeholder.
pub(super) fn late_file(frame: &Frame<'_>, path: &str, item: &Value) -> Result<Inbound, ParseError> {
    message(frame, path, item, None)
}

fn message(frame: &Frame<'_>, path: &str, item: &Value, customer: Option<Identities>) -> Result<Inbound, ParseError> {
    let direction = direction(frame, item, customer.as_ref());
    let (side, key) = match direction {
        Direction::In => (FROM, "from"),
        Direction::Out => (TO, "to"),
    };
    let peer = with_contact(customer.or_else(|| side.read(item)), frame.value).ok_or_else(|| nobody(path, key))?;
    let status = (direction == Direction::Out).then(|| delivery(item)).flatten();
    let message = read(frame, path, item, peer, direction)?;
    Ok(inbound(InboundMessage { live: false, status, ..message }))
}

/// In when the sender is the customer of the thread; out when it is the business, or when it says to whom it went.
fn direction(frame: &Frame<'_>, item: &Value, customer: Option<&Identities>) -> Direction {
    let Some(sender) = FROM.read(item) else { return Direction::In };
    let is = |number: &WaId| sender.wa_id.as_ref().is_some_and(|from| from == number || is_equivalent(from, number));
    let is_customer = |customer: &Identities| {
        customer.wa_id.as_ref().is_some_and(is) || (sender.bsuid.is_some() && sender.bsuid == customer.bsuid)
    };
    if customer.is_some_and(is_customer) {
        return Direction::In;
    }
    let business = frame.display().and_then(phone_digits);
    if business.as_ref().is_some_and(is) || TO.read(item).is_some() { Direction::Out } else { Direction::In }
}

fn delivery(item: &Value) -> Option<Status> {
    match text_at(item, "/history_context/status")?.to_ascii_uppercase().as_str() {
        "SENT" => Some(Status::Sent),
        "DELIVERED" => Some(Status::Delivered),
        "READ" => Some(Status::Read),
        "PLAYED" => Some(Status::Played),
        "ERROR" | "FAILED" => Some(Status::Failed(failure::describe(None, None))),
        _ => None,
    }
}
