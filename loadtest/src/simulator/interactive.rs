//! The limits of interactive messages (§2.2).

use std::collections::HashSet;

use serde_json::Value;

use super::graph_error::GraphError;
use super::outgoing::{text_of, within};

pub(super) fn check(object: &Value) -> Result<(), GraphError> {
    let kind = text_of(object, "type").ok_or_else(|| GraphError::missing("interactive['type']"))?;
    let action = object.get("action").filter(|action| action.is_object());
    let action = action.ok_or_else(|| GraphError::missing("interactive['action']"))?;
    if let Some(footer) = object.get("footer") {
        within(footer, "text", "interactive['footer']['text']", 60)?;
    }
    check_header(object)?;
    match kind {
        "button" => {
            body(object, 1_024)?;
            check_buttons(action)
        }
        "list" => {
            body(object, 4_096)?;
            check_list(action)
        }
        "cta_url" => {
            body(object, 1_024)?;
            named(action, "cta_url")?;
            let parameters = action.get("parameters").unwrap_or(&Value::Null);
            within(parameters, "display_text", "action['parameters']['display_text']", 20)?;
            within(parameters, "url", "action['parameters']['url']", 2_000)
        }
        "flow" => {
            body(object, 1_024)?;
            named(action, "flow")?;
            let parameters = action.get("parameters").unwrap_or(&Value::Null);
            within(parameters, "flow_message_version", "action['parameters']['flow_message_version']", 8)?;
            within(parameters, "flow_cta", "action['parameters']['flow_cta']", 30)
        }
        "location_request_message" => {
            body(object, 1_024)?;
            named(action, "send_location")
        }
        "product" => {
            within(action, "catalog_id", "action['catalog_id']", 64)?;
            within(action, "product_retailer_id", "action['product_retailer_id']", 100)
        }
        "product_list" => {
            body(object, 1_024)?;
            within(action, "catalog_id", "action['catalog_id']", 64)?;
            check_sections(action, "product_items", 30)
        }
        "carousel" => {
            body(object, 1_024)?;
            let cards = action.get("cards").and_then(Value::as_array).map_or(0, Vec::len);
            if (2..=10).contains(&cards) { Ok(()) } else { Err(GraphError::invalid("A carousel has 2 to 10 cards.")) }
        }
        "catalog_message" | "address_message" | "call_permission_request" | "voice_call" | "request_contact_info" => {
            body(object, 1_024)
        }
        other => Err(GraphError::new(100, format!("interactive['type'] {other:?} is unknown."))),
    }
}

fn body(object: &Value, limit: usize) -> Result<(), GraphError> {
    within(object.get("body").unwrap_or(&Value::Null), "text", "interactive['body']['text']", limit)
}

fn named(action: &Value, name: &str) -> Result<(), GraphError> {
    match text_of(action, "name") {
        Some(given) if given == name => Ok(()),
        Some(_) | None => Err(GraphError::invalid(format!("action['name'] must be {name}."))),
    }
}

fn check_header(object: &Value) -> Result<(), GraphError> {
    let Some(header) = object.get("header") else { return Ok(()) };
    match text_of(header, "type") {
        Some("text") => within(header, "text", "interactive['header']['text']", 60),
        Some(kind @ ("image" | "video" | "document")) if header.get(kind).is_some() => Ok(()),
        Some(_) | None => Err(GraphError::invalid("interactive['header'] has no usable type.")),
    }
}

fn check_buttons(action: &Value) -> Result<(), GraphError> {
    let buttons = action.get("buttons").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    if !(1..=3).contains(&buttons.len()) {
        return Err(GraphError::invalid("Buttons: between 1 and 3 are allowed."));
    }
    let (mut ids, mut titles) = (HashSet::new(), HashSet::new());
    for button in buttons {
        let reply = button.get("reply").unwrap_or(&Value::Null);
        within(reply, "id", "button['reply']['id']", 256)?;
        within(reply, "title", "button['reply']['title']", 20)?;
        if !ids.insert(text_of(reply, "id")) || !titles.insert(text_of(reply, "title")) {
            return Err(GraphError::invalid("Buttons must have different ids and titles."));
        }
    }
    Ok(())
}

fn check_list(action: &Value) -> Result<(), GraphError> {
    within(action, "button", "action['button']", 20)?;
    check_sections(action, "rows", 10)?;
    let sections = action.get("sections").and_then(Value::as_array).into_iter().flatten();
    for row in sections.filter_map(|section| section.get("rows")?.as_array()).flatten() {
        within(row, "id", "row['id']", 200)?;
        within(row, "title", "row['title']", 24)?;
        if row.get("description").is_some() {
            within(row, "description", "row['description']", 72)?;
        }
    }
    Ok(())
}

/// At most ten sections with `limit` items in total; several sections need titles.
fn check_sections(action: &Value, items: &str, limit: usize) -> Result<(), GraphError> {
    let sections = action.get("sections").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let count: usize = sections.iter().filter_map(|section| section.get(items)?.as_array()).map(Vec::len).sum();
    if !(1..=10).contains(&sections.len()) || count == 0 || count > limit {
        return Err(GraphError::invalid(format!("1 to 10 sections with 1 to {limit} {items} in total are allowed.")));
    }
    for section in sections.iter().filter(|section| sections.len() > 1 || section.get("title").is_some()) {
        within(section, "title", "section['title']", 24)?;
    }
    Ok(())
}
