//! A template as it is submitted.

use engine::template::{
    ButtonAction, Category, Example, HeaderKind, OtpKind, Template, TemplateButton, TemplateHeader, TemplateParts,
    VariablePlace, names_in,
};
use serde_json::{Value, json};

/// The body of `POST /{waba}/message_templates`.
pub(super) fn created(template: &Template) -> Value {
    json!({
        "name": template.name,
        "language": template.language,
        "category": template.category.as_str(),
        "parameter_format": if is_named(&template.parts) { "NAMED" } else { "POSITIONAL" },
        "components": components(template),
    })
}

/// The body of `POST /{template}`: name and language cannot change.
pub(super) fn edited(template: &Template) -> Value {
    json!({"category": template.category.as_str(), "components": components(template)})
}

fn is_named(parts: &TemplateParts) -> bool {
    let header = parts.header.as_ref().and_then(|header| header.text.as_deref()).unwrap_or_default();
    let cards = parts.cards.iter().map(|card| card.body.as_str());
    let mut names = [header, &parts.body].into_iter().chain(cards).flat_map(names_in);
    names.any(|name| name.parse::<u16>().is_err())
}

fn components(template: &Template) -> Vec<Value> {
    let parts = &template.parts;
    if template.category == Category::Authentication {
        return login(parts);
    }
    let mut components = Vec::new();
    components.extend(parts.header.as_ref().map(|header| header_of(parts, header, None)));
    components.push(body(parts, &parts.body, None));
    components.extend(parts.footer.as_ref().map(|text| json!({"type": "FOOTER", "text": text})));
    components.extend(parts.offer.as_ref().map(|offer| {
        let offer = json!({"text": offer.text, "has_expiration": offer.has_expiration});
        json!({"type": "LIMITED_TIME_OFFER", "limited_time_offer": offer})
    }));
    components.extend(buttons(parts, &parts.buttons, None));
    if !parts.cards.is_empty() {
        let cards = (0..).zip(&parts.cards).map(|(index, card)| {
            let mut components = Vec::new();
            components.extend(card.header.as_ref().map(|header| header_of(parts, header, Some(index))));
            if !card.body.is_empty() {
                components.push(body(parts, &card.body, Some(index)));
            }
            components.extend(buttons(parts, &card.buttons, Some(index)));
            json!({"components": components})
        });
        components.push(json!({"type": "CAROUSEL", "cards": cards.collect::<Vec<_>>()}));
    }
    components
}

/// The words are Meta's.
fn login(parts: &TemplateParts) -> Vec<Value> {
    let login = parts.login_code.unwrap_or_default();
    let mut components = vec![json!({"type": "BODY", "add_security_recommendation": login.security_recommendation})];
    let footer = |minutes| json!({"type": "FOOTER", "code_expiration_minutes": minutes});
    components.extend(login.expires_minutes.map(footer));
    components.extend(buttons(parts, &parts.buttons, None));
    components
}

fn example<'a>(
    parts: &'a TemplateParts,
    place: VariablePlace,
    index: Option<u8>,
    card: Option<u8>,
    name: &str,
) -> &'a str {
    let is_it = |one: &&Example| one.place == place && one.index == index && one.card == card && one.name == name;
    parts.examples.iter().find(is_it).map(|one| one.value.as_str()).unwrap_or_default()
}

/// `…_text` for numbered variables, `…_text_named_params` for named ones; `None` without variables.
fn examples(
    parts: &TemplateParts,
    place: VariablePlace,
    card: Option<u8>,
    text: &str,
) -> Option<(Vec<String>, Option<Vec<Value>>)> {
    let names = names_in(text);
    if names.is_empty() {
        return None;
    }
    let values: Vec<_> = names.iter().map(|name| example(parts, place, None, card, name).to_owned()).collect();
    let is_named = names.iter().any(|name| name.parse::<u16>().is_err());
    let pairs = is_named.then(|| {
        let pairs = names.iter().zip(&values);
        pairs.map(|(name, value)| json!({"param_name": name, "example": value})).collect()
    });
    Some((values, pairs))
}

fn header_of(parts: &TemplateParts, header: &TemplateHeader, card: Option<u8>) -> Value {
    let format = match header.kind {
        HeaderKind::Text => {
            let text = header.text.as_deref().unwrap_or_default();
            let mut component = json!({"type": "HEADER", "format": "TEXT", "text": text});
            match examples(parts, VariablePlace::Header, card, text) {
                Some((_, Some(named))) => put(&mut component, json!({"header_text_named_params": named})),
                Some((values, None)) => put(&mut component, json!({"header_text": values})),
                None => {}
            }
            return component;
        }
        HeaderKind::Image => "IMAGE",
        HeaderKind::Video => "VIDEO",
        HeaderKind::Document => "DOCUMENT",
        HeaderKind::Location => return json!({"type": "HEADER", "format": "LOCATION"}),
        HeaderKind::Product => return json!({"type": "HEADER", "format": "PRODUCT"}),
    };
    let handle = example(parts, VariablePlace::Header, None, card, "file");
    json!({"type": "HEADER", "format": format, "example": {"header_handle": [handle]}})
}

fn body(parts: &TemplateParts, text: &str, card: Option<u8>) -> Value {
    let mut component = json!({"type": "BODY", "text": text});
    match examples(parts, VariablePlace::Body, card, text) {
        Some((_, Some(named))) => put(&mut component, json!({"body_text_named_params": named})),
        Some((values, None)) => put(&mut component, json!({"body_text": [values]})),
        None => {}
    }
    component
}

fn put(component: &mut Value, example: Value) {
    if let Some(object) = component.as_object_mut() {
        object.insert("example".into(), example);
    }
}

fn buttons(parts: &TemplateParts, buttons: &[TemplateButton], card: Option<u8>) -> Option<Value> {
    let all: Vec<_> = (0..).zip(buttons).map(|(index, one)| button(parts, one, index, card)).collect();
    (!all.is_empty()).then(|| json!({"type": "BUTTONS", "buttons": all}))
}

fn button(parts: &TemplateParts, button: &TemplateButton, index: u8, card: Option<u8>) -> Value {
    let text = &button.text;
    let kind = button.action.kind();
    match &button.action {
        ButtonAction::Url { url } => match names_in(url).first() {
            Some(name) => {
                let sample = example(parts, VariablePlace::Button, Some(index), card, name);
                json!({"type": kind, "text": text, "url": url, "example": [sample]})
            }
            None => json!({"type": kind, "text": text, "url": url}),
        },
        ButtonAction::PhoneNumber { phone_number } => json!({"type": kind, "text": text, "phone_number": phone_number}),
        ButtonAction::CopyCode => {
            let sample = example(parts, VariablePlace::Button, Some(index), card, "coupon_code");
            json!({"type": kind, "example": sample})
        }
        ButtonAction::Otp { otp, autofill_text, apps, terms_accepted } => {
            let otp_type = match otp {
                OtpKind::CopyCode => "COPY_CODE",
                OtpKind::OneTap => "ONE_TAP",
                OtpKind::ZeroTap => "ZERO_TAP",
            };
            let mut json = json!({"type": kind, "otp_type": otp_type, "text": text});
            if let (Some(object), true) = (json.as_object_mut(), *otp != OtpKind::CopyCode) {
                object.insert("supported_apps".into(), json!(apps));
                object.extend(autofill_text.iter().map(|text| ("autofill_text".to_owned(), json!(text))));
                if *otp == OtpKind::ZeroTap {
                    object.insert("zero_tap_terms_accepted".into(), json!(terms_accepted));
                }
            }
            json
        }
        ButtonAction::Flow { flow_id, flow_action, screen } => {
            let mut json = json!({"type": kind, "text": text, "flow_id": flow_id});
            if let Some(object) = json.as_object_mut() {
                object.extend(flow_action.iter().map(|action| ("flow_action".to_owned(), json!(action))));
                object.extend(screen.iter().map(|screen| ("navigate_screen".to_owned(), json!(screen))));
            }
            json
        }
        ButtonAction::QuickReply
        | ButtonAction::Catalog
        | ButtonAction::Mpm
        | ButtonAction::Spm
        | ButtonAction::VoiceCall
        | ButtonAction::RequestContactInfo
        | ButtonAction::Other { .. } => json!({"type": kind, "text": text}),
    }
}

#[cfg(test)]
mod tests {
    use engine::template::{TemplateQuality, TemplateStatus};

    use super::super::read;
    use super::*;

    /// Every kind of part, as Meta's pages write them.
    fn samples() -> Vec<Value> {
        serde_json::from_str(include_str!("../../../../tests/samples/templates/submitted.json")).unwrap()
    }

    #[test]
    fn what_is_submitted_is_what_metas_samples_say() {
        for sample in samples() {
            let mut listed = sample.clone();
            let object = listed.as_object_mut().unwrap();
            object.insert("status".into(), json!("APPROVED"));
            let template = read::template(&listed).unwrap();
            assert_eq!((template.status, template.quality), (TemplateStatus::Approved, TemplateQuality::Unknown));
            assert_eq!(created(&template), sample, "{}", template.name);
            assert!(template.parts.unknown.is_empty(), "{}", template.name);
        }
    }

    #[test]
    fn an_edit_has_neither_name_nor_language() {
        let sample = samples().remove(0);
        let edited = edited(&read::template(&sample).unwrap());
        let keys: Vec<_> = edited.as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["category", "components"]);
    }
}
