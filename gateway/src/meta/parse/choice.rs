//! Taps: on a button, a row of a list, a form.

use engine::content::{ChoiceKind, Content};
use serde_json::Value;

use super::json::{id, is_set, text};
use crate::meta::text::{CAPTION_MAX, LABEL_MAX, clean, label};

/// `None` when there is nothing to show of it.
pub(super) fn interactive(payload: &Value) -> Option<Content> {
    let name = text(payload, "type")?;
    let inner = payload.get(name)?;
    match name {
        "button_reply" => choice(ChoiceKind::Button, inner),
        "list_reply" => choice(ChoiceKind::List, inner),
        "nfm_reply" => Some(Content::Choice {
            kind: ChoiceKind::Flow,
            id: text(inner, "name").and_then(|text| label(text, LABEL_MAX)),
            title: text(inner, "body").and_then(|text| label(text, LABEL_MAX)).unwrap_or_else(|| "Form".to_owned()),
            // The answers, as JSON.
            description: text(inner, "response_json").and_then(|text| label(text, CAPTION_MAX)),
        }),
        "call_permission_reply" => Some(call_permission(inner)),
        name if name.contains("product") => choice(ChoiceKind::Product, inner),
        _ => choice(ChoiceKind::Other, inner),
    }
}

/// A quick reply of a template that was sent earlier.
pub(super) fn template_button(payload: &Value) -> Option<Content> {
    let code = text(payload, "payload").and_then(|text| label(text, LABEL_MAX));
    let title = text(payload, "text").and_then(|text| label(text, LABEL_MAX)).or_else(|| code.clone())?;
    Some(Content::Choice { kind: ChoiceKind::TemplateButton, id: code, title, description: None })
}

fn choice(kind: ChoiceKind, inner: &Value) -> Option<Content> {
    let code = ["id", "product_retailer_id", "name"].iter().find_map(|key| id::<String>(inner, key));
    let code = code.map(|code| clean(&code, LABEL_MAX));
    let title = ["title", "text", "body", "name"].iter().find_map(|key| label(text(inner, key)?, LABEL_MAX));
    Some(Content::Choice {
        kind,
        title: title.or_else(|| code.clone())?,
        id: code,
        description: text(inner, "description").and_then(|text| label(text, CAPTION_MAX)),
    })
}

fn call_permission(inner: &Value) -> Content {
    let response = text(inner, "response").and_then(|text| label(text, LABEL_MAX));
    let title = match response.as_deref() {
        Some("accept") if is_set(inner, "is_permanent") => "Allowed calls".to_owned(),
        Some("accept") => "Allowed calls for a while".to_owned(),
        Some("reject") => "Did not allow calls".to_owned(),
        Some(other) => format!("Answered about calls: {other}"),
        None => "Answered about calls".to_owned(),
    };
    Content::Choice { kind: ChoiceKind::CallPermission, id: response, title, description: None }
}
