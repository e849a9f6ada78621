//! An item of the inbox log in the engine's words.

mod account;
mod call;
mod choice;
mod content;
mod history;
mod json;
mod message;
mod peer;
mod preference;
mod pricing;
mod status;
mod system;
mod template;

use engine::id::{PhoneNumberId, TenantId};
use engine::inbound::Inbound;
use engine::intake::IntakeRecord;
use engine::ports::Translator;
use engine::time::Timestamp;
use serde_json::Value;

use json::{id, list, text_at};

/// What an item lacks to be understood at all; the path leads there in the stored body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path} {problem}.")]
pub struct ParseError {
    pub path: String,
    pub problem: &'static str,
}

impl ParseError {
    fn at(path: &str, key: &str, problem: &'static str) -> Self {
        Self { path: format!("{path}.{key}"), problem }
    }
}

/// [`parse`], as the actors know it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Dialect;

impl Translator for Dialect {
    fn translate(&self, tenant: TenantId, record: &IntakeRecord) -> Result<Vec<Inbound>, String> {
        parse(record, tenant).map_err(|error| error.to_string())
    }
}

/// What the items of one change share.
struct Frame<'a> {
    tenant: TenantId,
    received_at: Timestamp,
    number: PhoneNumberId,
    value: &'a Value,
}

/// Normally one; a change with nothing for the inbox is one [`Inbound::Notice`].
pub fn parse(record: &IntakeRecord, tenant: TenantId) -> Result<Vec<Inbound>, ParseError> {
    let change = json::read(&record.raw)?;
    let Some(value) = change.get("value").filter(|_| !record.field.is_empty()) else {
        return Err(ParseError { path: "field or value".to_owned(), problem: "is missing" });
    };
    let found = match record.field.as_str() {
        "messages" => {
            let frame = frame(record, tenant, value, &["messages", "statuses"])?;
            let mut found = each(frame.as_ref(), "messages", message::incoming)?;
            found.append(&mut each(frame.as_ref(), "statuses", status::status)?);
            found
        }
        "smb_message_echoes" => {
            let frame = frame(record, tenant, value, &["message_echoes"])?;
            each(frame.as_ref(), "message_echoes", message::echo)?
        }
        "history" => {
            let frame = frame(record, tenant, value, &["history", "messages"])?;
            let mut found = each(frame.as_ref(), "messages", history::late_file)?;
            if let Some(frame) = &frame {
                found.append(&mut history::chunks(frame)?);
            }
            found
        }
        "calls" => {
            let frame = frame(record, tenant, value, &["calls"])?;
            each(frame.as_ref(), "calls", call::call)?
        }
        "user_preferences" => {
            let frame = frame(record, tenant, value, &["user_preferences"])?;
            each(frame.as_ref(), "user_preferences", preference::preference)?
        }
        // Reviews, quality, limits; nothing of handovers, copies of other owners' threads, groups, and whatever Meta adds.
        field => account::news(tenant, field, &change, record.received_at).into_iter().collect(),
    };
    Ok(if found.is_empty() { vec![Inbound::Notice] } else { found })
}

/// `None` when the change has nothing under `keys`.
fn frame<'a>(
    record: &IntakeRecord,
    tenant: TenantId,
    value: &'a Value,
    keys: &[&str],
) -> Result<Option<Frame<'a>>, ParseError> {
    if !value.is_object() {
        return Err(ParseError { path: "value".to_owned(), problem: "is not an object" });
    }
    if let Some(key) = keys.iter().find(|key| value.get(**key).is_some_and(|items| !items.is_array())) {
        return Err(ParseError::at("value", key, "is not a list"));
    }
    if keys.iter().all(|key| list(value, key).is_empty()) {
        return Ok(None);
    }
    let stated = value.get("metadata").and_then(|metadata| id(metadata, "phone_number_id"));
    let number = stated.or_else(|| record.number.clone());
    let number =
        number.ok_or_else(|| ParseError::at("value.metadata", "phone_number_id", "is missing or not an id"))?;
    Ok(Some(Frame { tenant, received_at: record.received_at, number, value }))
}

type Read = fn(&Frame<'_>, &str, &Value) -> Result<Inbound, ParseError>;

fn each(frame: Option<&Frame<'_>>, key: &str, read: Read) -> Result<Vec<Inbound>, ParseError> {
    let Some(frame) = frame else { return Ok(Vec::new()) };
    let items = list(frame.value, key).iter().enumerate();
    items.map(|(index, item)| read(frame, &format!("value.{key}[{index}]"), item)).collect()
}

impl Frame<'_> {
    /// The business number as Meta writes it; only good for telling the two sides of a synchronised thread apart.
    fn display(&self) -> Option<&str> {
        text_at(self.value, "/metadata/display_phone_number")
    }

    fn time(&self, path: &str, item: &Value) -> Result<Timestamp, ParseError> {
        let stated = json::time(item, "timestamp", self.received_at);
        stated.ok_or_else(|| ParseError::at(path, "timestamp", "is missing or not a time"))
    }
}

fn wamid<T: std::str::FromStr>(path: &str, item: &Value) -> Result<T, ParseError> {
    id(item, "id").ok_or_else(|| ParseError::at(path, "id", "is missing or not an id"))
}
