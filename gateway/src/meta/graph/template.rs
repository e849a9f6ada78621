//! Templates as Meta lists them, in our words.

use engine::directory::Number;
use engine::outgoing::VariablePlace;
use engine::ports::FetchError;
use engine::template::{HeaderKind, Template, TemplateButton, TemplateHeader, VariableSlot};
use serde_json::Value;

use super::GraphClient;
use super::answer;
use super::components::COUPON_CODE;
use crate::meta::text::{LABEL_MAX, clean, label};

const FIELDS: &str = "name,language,category,status,quality_score,parameter_format,components";
const PAGE: &str = "200";
/// An account has at most 6,000 templates.
const PAGES_MAX: usize = 40;
const TEXT_MAX: usize = 4_096;
const BUTTONS_MAX: usize = 32;

impl GraphClient {
    pub(super) async fn list_templates(&self, number: &Number) -> Result<Vec<Template>, FetchError> {
        let mut templates = Vec::new();
        let mut after: Option<String> = None;
        for _ in 0..PAGES_MAX {
            let mut url = self.url(&[number.waba_id.as_str(), "message_templates"]);
            url.query_pairs_mut().append_pair("fields", FIELDS).append_pair("limit", PAGE);
            if let Some(after) = &after {
                url.query_pairs_mut().append_pair("after", after);
            }
            let page = answer::read(self.get(url, number).await)?;
            let listed = page.get("data").and_then(Value::as_array);
            templates.extend(listed.into_iter().flatten().filter_map(template));
            // `next` is an address with the token in it; its cursor is enough.
            let cursor = page.pointer("/paging/cursors/after").and_then(Value::as_str).map(str::to_owned);
            if page.pointer("/paging/next").is_none() || cursor.is_none() || cursor == after {
                return Ok(templates);
            }
            after = cursor;
        }
        tracing::warn!(waba = number.waba_id.as_str(), "the account has more templates than are read");
        Ok(templates)
    }
}

/// `None` for what has no name or language: nothing could be done with it.
fn template(json: &Value) -> Option<Template> {
    let said = |key: &str| json.get(key).and_then(Value::as_str).map(|text| clean(text, LABEL_MAX));
    let status = said("status").unwrap_or_else(|| "UNKNOWN".to_owned());
    let mut parts = Parts::default();
    for component in json.get("components").and_then(Value::as_array).into_iter().flatten() {
        parts.read(component);
    }
    let category = said("category").unwrap_or_else(|| "UNKNOWN".to_owned());
    let unsendable_reason = not_approved(&status).or_else(|| not_for_the_inbox(&category)).or(parts.unsupported);
    let quality = json.pointer("/quality_score/score").and_then(Value::as_str).unwrap_or("UNKNOWN");
    Some(Template {
        name: said("name").filter(|name| !name.is_empty())?,
        // Webhooks write `en-US`, sends want `en_US`.
        language: said("language").filter(|code| !code.is_empty())?.replace('-', "_"),
        category,
        status,
        quality: clean(quality, LABEL_MAX),
        header: parts.header,
        body: parts.body,
        footer: parts.footer,
        buttons: parts.buttons,
        variables: parts.variables,
        sendable: unsendable_reason.is_none(),
        unsendable_reason,
    })
}

fn not_approved(status: &str) -> Option<String> {
    let reason = match status {
        "APPROVED" => return None,
        "PENDING" | "IN_APPEAL" => "WhatsApp is still reviewing this template.".to_owned(),
        "REJECTED" => "WhatsApp rejected this template.".to_owned(),
        "PAUSED" => "WhatsApp has paused this template because of low quality.".to_owned(),
        "DISABLED" => "WhatsApp has disabled this template.".to_owned(),
        "DELETED" | "PENDING_DELETION" | "ARCHIVED" => "This template is deleted or archived.".to_owned(),
        other => format!("WhatsApp does not let this template be sent now ({other})."),
    };
    Some(reason)
}

fn not_for_the_inbox(category: &str) -> Option<String> {
    let reason = "This template carries a login code, which your own system sends, not a person.";
    category.eq_ignore_ascii_case("AUTHENTICATION").then(|| reason.to_owned())
}

#[derive(Default)]
struct Parts {
    header: Option<TemplateHeader>,
    body: String,
    footer: Option<String>,
    buttons: Vec<TemplateButton>,
    variables: Vec<VariableSlot>,
    /// The first part that cannot be filled in here.
    unsupported: Option<String>,
}

impl Parts {
    fn read(&mut self, component: &Value) {
        let kind = word(component, "type");
        let text = component.get("text").and_then(Value::as_str).map(|text| clean(text, TEXT_MAX));
        match kind.as_str() {
            "HEADER" => self.read_header(component, text),
            "BODY" => {
                self.body = text.unwrap_or_default();
                self.add_variables(VariablePlace::Body, &self.body.clone(), component.get("example"), "body_text");
            }
            "FOOTER" => self.footer = text,
            "BUTTONS" => {
                let buttons = component.get("buttons").and_then(Value::as_array).into_iter().flatten();
                for (index, button) in (0..).zip(buttons.take(BUTTONS_MAX)) {
                    self.read_button(index, button);
                }
            }
            _ => self.refuse(format!(
                "This template has a part that Jetto cannot fill in yet ({}).",
                kind.to_lowercase().replace('_', " ")
            )),
        }
    }

    fn read_header(&mut self, component: &Value, text: Option<String>) {
        let format = word(component, "format");
        let (kind, needs) = match format.as_str() {
            "" | "TEXT" => (HeaderKind::Text, None),
            "IMAGE" => (HeaderKind::Image, Some("a picture")),
            "VIDEO" | "GIF" => (HeaderKind::Video, Some("a video")),
            "DOCUMENT" => (HeaderKind::Document, Some("a file")),
            "LOCATION" => (HeaderKind::Location, Some("a place")),
            other => {
                return self.refuse(format!(
                    "This template has a header that Jetto cannot fill in yet ({}).",
                    other.to_lowercase()
                ));
            }
        };
        if let Some(needs) = needs {
            self.refuse(format!("This template needs {needs} in its header, which comes with broadcasts."));
        } else if let Some(text) = &text {
            self.add_variables(VariablePlace::Header, text, component.get("example"), "header_text");
        }
        self.header = Some(TemplateHeader { kind, text });
    }

    fn read_button(&mut self, index: u8, button: &Value) {
        let kind = word(button, "type");
        let text = button.get("text").and_then(Value::as_str).and_then(|text| label(text, LABEL_MAX));
        let url = button.get("url").and_then(Value::as_str).map(|url| clean(url, TEXT_MAX));
        let example = button.get("example").and_then(first_text);
        let slot = |name: String| VariableSlot {
            name,
            place: VariablePlace::Button,
            index: Some(index),
            example: example.clone(),
        };
        match kind.as_str() {
            "URL" => {
                let names = url.as_deref().map(Template::variables_in).unwrap_or_default();
                self.variables.extend(names.into_iter().take(1).map(slot));
            }
            "COPY_CODE" => self.variables.push(slot(COUPON_CODE.to_owned())),
            "QUICK_REPLY" | "PHONE_NUMBER" | "VOICE_CALL" | "REQUEST_CONTACT_INFO" => {}
            _ => self.refuse(format!(
                "This template has a button that Jetto cannot fill in yet ({}).",
                kind.to_lowercase().replace('_', " ")
            )),
        }
        self.buttons.push(TemplateButton { kind, text: text.unwrap_or_default(), url });
    }

    fn add_variables(&mut self, place: VariablePlace, text: &str, example: Option<&Value>, key: &str) {
        for (position, name) in Template::variables_in(text).into_iter().enumerate() {
            let example = example.and_then(|example| example_of(example, key, position, &name));
            self.variables.push(VariableSlot { name, place, index: None, example });
        }
    }

    fn refuse(&mut self, reason: String) {
        self.unsupported.get_or_insert(reason);
    }
}

/// `body_text: [["a", "b"]]`, `header_text: ["a"]`, or `…_named_params: [{param_name, example}]`.
fn example_of(example: &Value, key: &str, position: usize, name: &str) -> Option<String> {
    let named = example.get(format!("{key}_named_params")).and_then(Value::as_array).into_iter().flatten();
    let mut named = named.filter(|entry| entry.get("param_name").and_then(Value::as_str) == Some(name));
    if let Some(text) = named.find_map(|entry| entry.get("example")?.as_str()) {
        return label(text, LABEL_MAX);
    }
    let list = example.get(key)?;
    let list = list.get(0).filter(|inner| inner.is_array()).unwrap_or(list);
    list.get(position)?.as_str().and_then(|text| label(text, LABEL_MAX))
}

fn first_text(example: &Value) -> Option<String> {
    let text = example.as_str().or_else(|| example.get(0)?.as_str())?;
    label(text, LABEL_MAX)
}

fn word(json: &Value, key: &str) -> String {
    json.get(key).and_then(Value::as_str).map(|word| clean(word, LABEL_MAX).to_uppercase()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_template_is_read_with_its_variables_and_examples() {
        let template = template(&json!({
            "name": "order_shipped", "language": "en_US", "category": "UTILITY", "status": "APPROVED",
            "quality_score": {"score": "GREEN", "date": 1},
            "components": [
                {"type": "HEADER", "format": "TEXT", "text": "Hi {{name}}",
                 "example": {"header_text_named_params": [{"param_name": "name", "example": "Avery"}]}},
                {"type": "BODY", "text": "Order {{1}} leaves {{2}}.", "example": {"body_text": [["A-1", "today"]]}},
                {"type": "FOOTER", "text": "Example Ltd"},
                {"type": "BUTTONS", "buttons": [
                    {"type": "QUICK_REPLY", "text": "Thanks"},
                    {"type": "URL", "text": "Track", "url": "https://shop.example/t/{{1}}", "example": ["https://shop.example/t/9"]},
                    {"type": "COPY_CODE", "text": "Copy", "example": "SPRING"}
                ]}
            ]
        }))
        .unwrap();
        assert!(template.sendable, "{:?}", template.unsendable_reason);
        let slots: Vec<_> = template
            .variables
            .iter()
            .map(|slot| (slot.name.as_str(), slot.place, slot.index, slot.example.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(
            slots,
            [
                ("name", VariablePlace::Header, None, "Avery"),
                ("1", VariablePlace::Body, None, "A-1"),
                ("2", VariablePlace::Body, None, "today"),
                ("1", VariablePlace::Button, Some(1), "https://shop.example/t/9"),
                ("coupon_code", VariablePlace::Button, Some(2), "SPRING"),
            ]
        );
        assert_eq!((template.quality.as_str(), template.footer.as_deref()), ("GREEN", Some("Example Ltd")));
    }

    #[test]
    fn what_cannot_be_sent_says_why() {
        let with = |status: &str, category: &str, component: Value| {
            template(&json!({"name": "x", "language": "en", "status": status, "category": category,
                             "components": [{"type": "BODY", "text": "Hello"}, component]}))
            .unwrap()
            .unsendable_reason
            .unwrap_or_default()
        };
        let footer = json!({"type": "FOOTER", "text": "x"});
        assert_eq!(with("APPROVED", "UTILITY", footer.clone()), "");
        assert!(with("PAUSED", "MARKETING", footer.clone()).contains("paused"));
        assert!(with("SOMETHING", "MARKETING", footer.clone()).contains("(SOMETHING)"));
        assert!(with("APPROVED", "AUTHENTICATION", footer).contains("login code"));
        assert!(with("APPROVED", "MARKETING", json!({"type": "HEADER", "format": "IMAGE"})).contains("broadcasts"));
        assert!(with("APPROVED", "MARKETING", json!({"type": "CAROUSEL", "cards": []})).contains("(carousel)"));
        let flow = json!({"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "Book"}]});
        assert!(with("APPROVED", "MARKETING", flow).contains("(flow)"));
    }

    #[test]
    fn an_odd_template_is_left_out_or_read_as_far_as_it_goes() {
        assert!(template(&json!({"language": "en"})).is_none());
        assert!(template(&json!([])).is_none());
        let odd = template(&json!({"name": "x", "language": "en-US", "components": [1, {"type": "BODY"}]})).unwrap();
        assert!(!odd.sendable);
        assert_eq!(odd.language, "en_US");
    }
}
