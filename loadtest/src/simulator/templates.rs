//! The message templates of an account: a seeded set, the list with its cursors, and the checks that Meta makes of parameters.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::graph_error::GraphError;
use super::pricing::Category;
use super::template_seed;
use crate::payload::WabaId;
use crate::payload::account::TemplateName;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Quality {
    Green,
    Yellow,
    Red,
    /// New, or unpaused.
    Unknown,
}

impl Quality {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Green => "GREEN",
            Self::Yellow => "YELLOW",
            Self::Red => "RED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) category: Category,
    /// APPROVED, PENDING, REJECTED, PAUSED, DISABLED.
    pub(crate) status: String,
    pub(crate) quality: Quality,
    pub(crate) named: bool,
    /// As in the API.
    pub(crate) components: Value,
}

impl Template {
    pub(crate) fn to_json(&self) -> Value {
        json!({
            "name": self.name, "language": self.language, "status": self.status, "category": self.category,
            "parameter_format": if self.named { "NAMED" } else { "POSITIONAL" },
            "components": self.components, "id": self.id.to_string(),
            "quality_score": {"score": self.quality, "date": 1_795_305_600},
        })
    }

    /// As the webhooks of its account name it.
    pub(crate) fn name(&self) -> TemplateName {
        TemplateName { id: self.id, name: self.name.clone(), language: self.language.clone() }
    }

    fn component(&self, kind: &str) -> Option<&Value> {
        self.components.as_array()?.iter().find(|component| text(component, "type") == kind)
    }
}

#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) templates: Vec<Template>,
}

/// The query of `GET /{waba}/message_templates`.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct TemplateQuery {
    limit: Option<usize>,
    after: Option<String>,
    name: Option<String>,
    language: Option<String>,
    status: Option<String>,
    category: Option<String>,
}

const DEFAULT_PAGE: usize = 25;

impl Catalogue {
    pub(crate) fn seeded() -> Self {
        Self { templates: template_seed::templates() }
    }

    pub(crate) fn page(&self, waba: &WabaId, query: &TemplateQuery, base_url: &str) -> Value {
        let matches = |wanted: &Option<String>, actual: &str| {
            wanted.as_deref().is_none_or(|wanted| wanted.eq_ignore_ascii_case(actual))
        };
        let found: Vec<&Template> = self
            .templates
            .iter()
            .filter(|template| matches(&query.name, &template.name))
            .filter(|template| matches(&query.language, &template.language))
            .filter(|template| matches(&query.status, &template.status))
            .filter(|template| matches(&query.category, &template.category.as_str().to_ascii_uppercase()))
            .collect();
        let start = query.after.as_deref().and_then(cursor_position).unwrap_or(0);
        let limit = query.limit.unwrap_or(DEFAULT_PAGE).clamp(1, 1_000);
        let data: Vec<Value> = found.iter().skip(start).take(limit).map(|template| template.to_json()).collect();
        let end = start + data.len();
        let mut page = json!({
            "data": data,
            "paging": {"cursors": {"before": cursor(start), "after": cursor(end)}},
        });
        if end < found.len()
            && let Some(paging) = page.get_mut("paging").and_then(Value::as_object_mut)
        {
            let next = format!("{base_url}/{waba}/message_templates?limit={limit}&after={}", cursor(end));
            paging.insert("next".into(), json!(next));
        }
        page
    }

    pub(crate) fn find_mut(&mut self, id: u64) -> Option<&mut Template> {
        self.templates.iter_mut().find(|template| template.id == id)
    }

    /// Finds the template of a send and checks what was filled in.
    pub(crate) fn check(&self, sent: &Value) -> Result<&Template, GraphError> {
        let name = sent.get("name").and_then(Value::as_str).ok_or_else(|| GraphError::missing("template['name']"))?;
        let language = sent
            .pointer("/language/code")
            .and_then(Value::as_str)
            .ok_or_else(|| GraphError::missing("template['language']['code']"))?;
        let template = self
            .templates
            .iter()
            .find(|template| template.name == name && template.language == language)
            .ok_or_else(|| missing(name, language))?;
        match template.status.as_str() {
            "APPROVED" => check_components(template, sent).map(|()| template),
            "PAUSED" => Err(GraphError::new(132_015, format!("template ({name}) is paused because of low quality"))),
            "DISABLED" => Err(GraphError::new(132_016, format!("template ({name}) is disabled"))),
            _ => Err(missing(name, language)),
        }
    }
}

fn missing(name: &str, language: &str) -> GraphError {
    GraphError::new(132_001, format!("template name ({name}) does not exist in {language}"))
}

fn cursor(position: usize) -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(format!("sim:{position}"))
}

fn cursor_position(cursor: &str) -> Option<usize> {
    use base64::Engine;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor).ok()?;
    String::from_utf8(bytes).ok()?.strip_prefix("sim:")?.parse().ok()
}

fn check_components(template: &Template, sent: &Value) -> Result<(), GraphError> {
    check_header(template, sent)?;
    let body = template.component("BODY").map(|body| text(body, "text")).unwrap_or_default();
    check_texts("body", template.named, body, &parameters(sent, "body"))?;
    check_buttons(template, sent)?;
    let ends =
        template.component("LIMITED_TIME_OFFER").and_then(|offer| offer.pointer("/limited_time_offer/has_expiration"));
    if ends.and_then(Value::as_bool) == Some(true) && parameters(sent, "limited_time_offer").is_empty() {
        return Err(GraphError::missing("limited_time_offer['expiration_time_ms']"));
    }
    check_cards(template, sent)
}

/// Each card is checked as a message of its own.
fn check_cards(template: &Template, sent: &Value) -> Result<(), GraphError> {
    let cards = template.component("CAROUSEL").and_then(|component| component.get("cards")?.as_array());
    let wanted = cards.map(Vec::as_slice).unwrap_or_default();
    let components = sent.get("components").and_then(Value::as_array).into_iter().flatten();
    let mut carousels = components.filter(|one| text(one, "type").eq_ignore_ascii_case("carousel"));
    let given = carousels.next().and_then(|one| one.get("cards")?.as_array()).map(Vec::as_slice).unwrap_or_default();
    if wanted.len() != given.len() {
        return Err(count_mismatch("carousel", given.len(), wanted.len()));
    }
    for (card, given) in wanted.iter().zip(given) {
        let components = card.get("components").cloned().unwrap_or_default();
        check_components(&Template { components, ..template.clone() }, given)?;
    }
    Ok(())
}

fn check_header(template: &Template, sent: &Value) -> Result<(), GraphError> {
    let given = parameters(sent, "header");
    let Some(header) = template.component("HEADER") else {
        return if given.is_empty() { Ok(()) } else { Err(count_mismatch("header", given.len(), 0)) };
    };
    let format = text(header, "format");
    if format == "TEXT" {
        return check_texts("header", template.named, text(header, "text"), &given);
    }
    let received = given.first().map(|parameter| text(parameter, "type").to_ascii_uppercase()).unwrap_or_default();
    if received == format && given.len() == 1 {
        return Ok(());
    }
    let received = if received.is_empty() { "UNKNOWN" } else { &received };
    Err(GraphError::new(132_012, format!("header: Format mismatch, expected {format}, received {received}")))
}

fn check_texts(place: &str, named: bool, pattern: &str, given: &[&Value]) -> Result<(), GraphError> {
    let wanted = variables(pattern);
    if given.len() != wanted.len() {
        return Err(count_mismatch(place, given.len(), wanted.len()));
    }
    let mut length = pattern.chars().count();
    for parameter in given {
        if !matches!(text(parameter, "type"), "text" | "currency" | "date_time") {
            let details = format!("{place}: Format mismatch, expected TEXT, received {}", text(parameter, "type"));
            return Err(GraphError::new(132_012, details));
        }
        let value = text(parameter, "text");
        if text(parameter, "type") == "text" && value.is_empty() {
            return Err(GraphError::missing(&format!("template['components'] {place} parameter text")));
        }
        if named && !wanted.contains(&text(parameter, "parameter_name")) {
            return Err(GraphError::new(132_012, format!("{place}: Parameter name is missing or unknown")));
        }
        length += value.chars().count();
    }
    let limit = if place == "header" { 60 } else { 1_024 };
    let has_room = wanted.is_empty() || length <= limit + pattern.chars().count();
    if has_room { Ok(()) } else { Err(GraphError::new(132_005, format!("{place}: text is longer than {limit}"))) }
}

fn check_buttons(template: &Template, sent: &Value) -> Result<(), GraphError> {
    let buttons = template.component("BUTTONS").and_then(|component| component.get("buttons")?.as_array());
    for (index, button) in buttons.into_iter().flatten().enumerate() {
        let leads_elsewhere = text(button, "type") == "URL" && !variables(text(button, "url")).is_empty();
        let wants_suffix = leads_elsewhere || text(button, "type") == "OTP";
        let wants_code = text(button, "type") == "COPY_CODE";
        let given = button_parameter(sent, index);
        if (wants_suffix || wants_code) && given.is_none() {
            let kind = if wants_suffix { "Url" } else { "Copy_code" };
            let details = format!("buttons: Button at index {index} of type {kind} requires a parameter");
            return Err(GraphError::new(131_008, details));
        }
        let code_length = given.map_or(0, |given| text(given, "coupon_code").chars().count());
        if wants_code && !(1..=15).contains(&code_length) {
            return Err(GraphError::new(
                132_012,
                format!("buttons: coupon code at index {index} must have 1 to 15 characters"),
            ));
        }
    }
    Ok(())
}

fn button_parameter(sent: &Value, index: usize) -> Option<&Value> {
    let is_at = |component: &&Value| {
        let place = component.get("index");
        let number = place.and_then(Value::as_u64).or_else(|| place?.as_str()?.parse().ok());
        text(component, "type").eq_ignore_ascii_case("button") && number == u64::try_from(index).ok()
    };
    sent.get("components")?.as_array()?.iter().find(is_at)?.get("parameters")?.as_array()?.first()
}

fn parameters<'a>(sent: &'a Value, place: &str) -> Vec<&'a Value> {
    let components = sent.get("components").and_then(Value::as_array);
    let component = components.into_iter().flatten().find(|one| text(one, "type").eq_ignore_ascii_case(place));
    component.and_then(|one| one.get("parameters")?.as_array()).into_iter().flatten().collect()
}

fn count_mismatch(place: &str, given: usize, wanted: usize) -> GraphError {
    let details = format!(
        "{place}: number of localizable_params ({given}) does not match the expected number of params ({wanted})"
    );
    GraphError::new(132_000, details)
}

/// The names inside `{{…}}`, each once.
pub(crate) fn variables(pattern: &str) -> Vec<&str> {
    let mut found: Vec<&str> = Vec::new();
    for part in pattern.split("{{").skip(1) {
        if let Some((name, _)) = part.split_once("}}")
            && !found.contains(&name.trim())
        {
            found.push(name.trim());
        }
    }
    found
}

pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}
