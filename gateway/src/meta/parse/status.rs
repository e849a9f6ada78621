//! What became of a message that was sent.

use engine::delivery::Status;
use engine::inbound::{Inbound, StatusUpdate};
use serde_json::Value;

use super::json::{integer, list, text, text_at};
use super::pricing::pricing;
use super::{Frame, ParseError, wamid};
use crate::meta::failure;

/// A status that Jetto does not know changes nothing; nor do those of groups, to which nothing is sent.
pub(super) fn status(frame: &Frame<'_>, path: &str, item: &Value) -> Result<Inbound, ParseError> {
    let wamid = wamid(path, item)?;
    let at = frame.time(path, item)?;
    let status = match text(item, "status") {
        Some("sent") => Status::Sent,
        Some("delivered") => Status::Delivered,
        Some("read") => Status::Read,
        Some("played") => Status::Played,
        Some("failed") => Status::Failed(failed(item)),
        Some(_) => return Ok(Inbound::Notice),
        None => return Err(ParseError::at(path, "status", "is missing or not a text")),
    };
    if text(item, "recipient_type") == Some("group") {
        return Ok(Inbound::Notice);
    }
    let callback = text(item, "biz_opaque_callback_data").and_then(|data| data.parse().ok());
    let number = frame.number.clone();
    let pricing = pricing(item);
    Ok(Inbound::Status(Box::new(StatusUpdate { number, wamid, callback, status, pricing, at })))
}

fn failed(item: &Value) -> engine::delivery::Failure {
    let error = list(item, "errors").first().unwrap_or(&Value::Null);
    let details = text_at(error, "/error_data/details").or_else(|| text(error, "title"));
    failure::describe(integer(error, "code"), details)
}
