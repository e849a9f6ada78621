//! A template as Meta lists it, in our words.

use engine::template::{
    ButtonAction, Card, Category, Example, HeaderKind, LimitedTimeOffer, LoginCode, OtpApp, OtpKind, Template,
    TemplateButton, TemplateHeader, TemplateParts, TemplateQuality, TemplateStatus, VariablePlace,
};
use serde_json::Value;

use crate::meta::text::{LABEL_MAX, clean, label};

const TEXT_MAX: usize = 4_096;
const BUTTONS_MAX: usize = 32;
const CARDS_MAX: usize = 32;
/// Meta's own words, where it does not say them.
const LOGIN_BODY: &str = "*{{1}}* is your verification code.";

/// `None` for what has no name or language: nothing could be done with it.
pub(super) fn template(json: &Value) -> Option<Template> {
    let said = |key: &str| json.get(key).and_then(Value::as_str).map(|text| clean(text, LABEL_MAX));
    let category = Category::of(&said("category").unwrap_or_default());
    let mut reading = Reading::default();
    reading.components(json.get("components"), None);
    let mut parts = reading.parts;
    if category == Category::Authentication && !parts.body.contains("{{") {
        LOGIN_BODY.clone_into(&mut parts.body);
    }
    let id = said("id").or_else(|| json.get("id").and_then(Value::as_u64).map(|id| id.to_string()));
    let quality = json.pointer("/quality_score/score").and_then(Value::as_str).unwrap_or_default();
    let reason = said("rejected_reason").filter(|reason| !reason.is_empty() && reason != "NONE");
    Some(Template {
        meta_id: id.and_then(|id| id.parse().ok()),
        name: said("name").filter(|name| !name.is_empty())?,
        // Webhooks write `en-US`, sends want `en_US`.
        language: said("language").filter(|code| !code.is_empty())?.replace('-', "_"),
        category,
        status: TemplateStatus::of(&said("status").unwrap_or_default()),
        quality: TemplateQuality::of(quality),
        reason: reason.map(|reason| reason.replace('_', " ").to_lowercase()),
        parts,
    })
}

#[derive(Default)]
struct Reading {
    parts: TemplateParts,
}

/// The message itself or one card.
#[derive(Default)]
struct Section {
    header: Option<TemplateHeader>,
    body: String,
    buttons: Vec<TemplateButton>,
}

impl Reading {
    fn components(&mut self, components: Option<&Value>, card: Option<u8>) -> Section {
        let mut section = Section::default();
        for component in components.and_then(Value::as_array).into_iter().flatten() {
            self.component(component, card, &mut section);
        }
        if card.is_none() {
            let Section { header, body, buttons } = std::mem::take(&mut section);
            (self.parts.header, self.parts.body, self.parts.buttons) = (header, body, buttons);
        }
        section
    }

    fn component(&mut self, component: &Value, card: Option<u8>, section: &mut Section) {
        let kind = word(component, "type");
        let text = component.get("text").and_then(Value::as_str).map(|text| clean(text, TEXT_MAX));
        match (kind.as_str(), card) {
            ("HEADER", _) => section.header = self.header(component, text, card),
            ("BODY", _) => {
                section.body = text.unwrap_or_default();
                if component.get("add_security_recommendation").and_then(Value::as_bool) == Some(true) {
                    self.login().security_recommendation = true;
                }
                let place = (VariablePlace::Body, None, card);
                self.examples(place, &section.body, component.get("example"), "body_text");
            }
            ("FOOTER", None) => {
                if let Some(minutes) = component.get("code_expiration_minutes").and_then(Value::as_u64) {
                    self.login().expires_minutes = u8::try_from(minutes).ok();
                }
                self.parts.footer = text;
            }
            ("BUTTONS", _) => {
                let buttons = component.get("buttons").and_then(Value::as_array).into_iter().flatten();
                for (index, button) in (0..).zip(buttons.take(BUTTONS_MAX)) {
                    section.buttons.push(self.button(index, card, button));
                }
            }
            ("LIMITED_TIME_OFFER", None) => {
                let offer = component.get("limited_time_offer").unwrap_or(component);
                let text = offer.get("text").and_then(Value::as_str).map(|text| clean(text, LABEL_MAX));
                let has_expiration = offer.get("has_expiration").and_then(Value::as_bool) == Some(true);
                self.parts.offer = Some(LimitedTimeOffer { text: text.unwrap_or_default(), has_expiration });
            }
            ("CAROUSEL", None) => {
                let cards = component.get("cards").and_then(Value::as_array).into_iter().flatten();
                for (index, card) in (0..).zip(cards.take(CARDS_MAX)) {
                    let Section { header, body, buttons } = self.components(card.get("components"), Some(index));
                    self.parts.cards.push(Card { header, body, buttons });
                }
            }
            _ => self.unknown(&kind),
        }
    }

    fn login(&mut self) -> &mut LoginCode {
        self.parts.login_code.get_or_insert_default()
    }

    fn header(&mut self, component: &Value, text: Option<String>, card: Option<u8>) -> Option<TemplateHeader> {
        let format = word(component, "format");
        let (kind, name) = match format.as_str() {
            "" | "TEXT" => (HeaderKind::Text, None),
            "IMAGE" => (HeaderKind::Image, Some("file")),
            "VIDEO" | "GIF" => (HeaderKind::Video, Some("file")),
            "DOCUMENT" => (HeaderKind::Document, Some("file")),
            "LOCATION" => (HeaderKind::Location, None),
            "PRODUCT" => (HeaderKind::Product, None),
            other => {
                self.unknown(&format!("{other} header"));
                return None;
            }
        };
        let place = (VariablePlace::Header, None, card);
        if let Some(name) = name {
            let sample = component.pointer("/example/header_handle").and_then(first_text);
            self.example(place, name, sample);
        } else if let Some(text) = &text {
            self.examples(place, text, component.get("example"), "header_text");
        }
        Some(TemplateHeader { kind, text })
    }

    fn button(&mut self, index: u8, card: Option<u8>, button: &Value) -> TemplateButton {
        let text = button.get("text").and_then(Value::as_str).and_then(|text| label(text, LABEL_MAX));
        let action = action(button);
        let place = (VariablePlace::Button, Some(index), card);
        let sample = button.get("example").and_then(first_text);
        match &action {
            ButtonAction::Url { url } => {
                for name in variables_in(url).into_iter().take(1) {
                    self.example(place, &name, sample.clone());
                }
            }
            ButtonAction::CopyCode => self.example(place, "coupon_code", sample),
            ButtonAction::QuickReply
            | ButtonAction::PhoneNumber { .. }
            | ButtonAction::Otp { .. }
            | ButtonAction::Flow { .. }
            | ButtonAction::Catalog
            | ButtonAction::Mpm
            | ButtonAction::Spm
            | ButtonAction::VoiceCall
            | ButtonAction::RequestContactInfo
            | ButtonAction::Other { .. } => {}
        }
        TemplateButton { text: text.unwrap_or_default(), action }
    }

    fn examples(&mut self, place: At, text: &str, example: Option<&Value>, key: &str) {
        for (position, name) in variables_in(text).into_iter().enumerate() {
            let value = example.and_then(|example| example_of(example, key, position, &name));
            self.example(place, &name, value);
        }
    }

    fn example(&mut self, (place, index, card): At, name: &str, value: Option<String>) {
        let name = name.to_owned();
        self.parts.examples.extend(value.map(|value| Example { name, place, index, card, value }));
    }

    fn unknown(&mut self, kind: &str) {
        let kind = kind.to_lowercase().replace('_', " ");
        if !self.parts.unknown.contains(&kind) && self.parts.unknown.len() < BUTTONS_MAX {
            self.parts.unknown.push(kind);
        }
    }
}

type At = (VariablePlace, Option<u8>, Option<u8>);

/// In order of their numbers, as examples are.
fn variables_in(text: &str) -> Vec<String> {
    engine::template::names_in(text)
}

fn action(button: &Value) -> ButtonAction {
    let said = |key: &str| button.get(key).and_then(Value::as_str).map(|text| clean(text, TEXT_MAX));
    let or_number = |key: &str| said(key).or_else(|| button.get(key).and_then(Value::as_u64).map(|id| id.to_string()));
    let kind = word(button, "type");
    match kind.as_str() {
        "QUICK_REPLY" => ButtonAction::QuickReply,
        "URL" => {
            let url = said("url").unwrap_or_default();
            // Once it is approved, Meta lists a button for a code as an address of its own.
            match url.split_once("otp_type=").map(|(_, rest)| rest.split('&').next().unwrap_or_default()) {
                Some(otp) => login_button(button, otp),
                None => ButtonAction::Url { url },
            }
        }
        "OTP" => login_button(button, &word(button, "otp_type")),
        "PHONE_NUMBER" => ButtonAction::PhoneNumber { phone_number: said("phone_number").unwrap_or_default() },
        "COPY_CODE" => ButtonAction::CopyCode,
        "FLOW" => ButtonAction::Flow {
            flow_id: or_number("flow_id"),
            flow_action: said("flow_action"),
            screen: said("navigate_screen"),
        },
        "CATALOG" => ButtonAction::Catalog,
        "MPM" => ButtonAction::Mpm,
        "SPM" => ButtonAction::Spm,
        "VOICE_CALL" => ButtonAction::VoiceCall,
        "REQUEST_CONTACT_INFO" => ButtonAction::RequestContactInfo,
        _ => ButtonAction::Other { name: kind.to_lowercase().replace('_', " ") },
    }
}

fn login_button(button: &Value, otp: &str) -> ButtonAction {
    let otp = match otp {
        "ONE_TAP" => OtpKind::OneTap,
        "ZERO_TAP" => OtpKind::ZeroTap,
        _ => OtpKind::CopyCode,
    };
    let said = |json: &Value, key: &str| json.get(key).and_then(Value::as_str).map(|text| clean(text, LABEL_MAX));
    let apps = button.get("supported_apps").and_then(Value::as_array).into_iter().flatten().take(BUTTONS_MAX);
    let app = |app: &Value| {
        Some(OtpApp { package_name: said(app, "package_name")?, signature_hash: said(app, "signature_hash")? })
    };
    ButtonAction::Otp {
        otp,
        autofill_text: said(button, "autofill_text"),
        apps: apps.filter_map(app).collect(),
        terms_accepted: button.get("zero_tap_terms_accepted").and_then(Value::as_bool) == Some(true),
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
    label(text, TEXT_MAX)
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
            "name": "order_shipped", "language": "en_US", "category": "UTILITY", "status": "APPROVED", "id": "77",
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
        assert_eq!(template.unsendable(), None);
        let slots = template.variables();
        let slots: Vec<_> = slots
            .iter()
            .map(|slot| (slot.name.as_str(), slot.place, slot.index, slot.example.as_deref().unwrap_or_default()))
            .collect();
        assert_eq!(
            slots,
            [
                ("name", VariablePlace::Header, None, "Avery"),
                ("1", VariablePlace::Body, None, "A-1"),
                ("2", VariablePlace::Body, None, "today"),
                ("payload", VariablePlace::Button, Some(0), ""),
                ("1", VariablePlace::Button, Some(1), "https://shop.example/t/9"),
                ("coupon_code", VariablePlace::Button, Some(2), "SPRING"),
            ]
        );
        assert_eq!((template.quality, template.parts.footer.as_deref()), (TemplateQuality::Green, Some("Example Ltd")));
        assert_eq!(template.meta_id, Some("77".parse().unwrap()));
    }

    #[test]
    fn what_cannot_be_sent_says_why() {
        let with = |status: &str, component: Value| {
            template(&json!({"name": "x", "language": "en", "status": status, "category": "MARKETING",
                             "components": [{"type": "BODY", "text": "Hello"}, component]}))
            .unwrap()
            .unsendable()
            .unwrap_or_default()
        };
        let footer = json!({"type": "FOOTER", "text": "x"});
        assert_eq!(with("APPROVED", footer.clone()), "");
        assert!(with("PAUSED", footer.clone()).contains("paused"));
        assert!(with("SOMETHING", footer).contains("does not let"));
        assert!(with("APPROVED", json!({"type": "HEADER", "format": "HOLOGRAM"})).contains("(hologram header)"));
        assert!(with("APPROVED", json!({"type": "POLL"})).contains("(poll)"));
        let odd = json!({"type": "BUTTONS", "buttons": [{"type": "ORDER_DETAILS", "text": "Pay"}]});
        assert!(with("APPROVED", odd).contains("(order details)"));
    }

    #[test]
    fn an_approved_login_code_is_known_by_the_address_that_meta_made() {
        let template = template(&json!({"name": "code", "language": "en", "status": "APPROVED", "category": "AUTHENTICATION",
            "components": [{"type": "BODY", "add_security_recommendation": true}, {"type": "FOOTER", "code_expiration_minutes": 10},
                {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "Copy code",
                    "url": "https://www.whatsapp.com/otp/code/?otp_type=COPY_CODE&code=otp{{1}}"}]}]}))
        .unwrap();
        assert_eq!(
            template.parts.login_code,
            Some(LoginCode { security_recommendation: true, expires_minutes: Some(10) })
        );
        assert!(matches!(
            template.parts.buttons.first().unwrap().action,
            ButtonAction::Otp { otp: OtpKind::CopyCode, .. }
        ));
        let slots: Vec<_> = template.variables().into_iter().map(|slot| (slot.name, slot.place)).collect();
        assert_eq!(slots, [("1".to_owned(), VariablePlace::Body)]);
    }

    #[test]
    fn an_odd_template_is_left_out_or_read_as_far_as_it_goes() {
        assert!(template(&json!({"language": "en"})).is_none());
        assert!(template(&json!([])).is_none());
        let odd = template(&json!({"name": "x", "language": "en-US", "components": [1, {"type": "BODY"}]})).unwrap();
        assert!(odd.unsendable().is_some());
        assert_eq!(odd.language, "en_US");
    }
}
