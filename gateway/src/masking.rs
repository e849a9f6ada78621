//! Phone numbers of customers in what leaves for people of an organization that masks them: the one place for answers of
//! the API and for live events. What a route shows is masked unless the route is named here, so that nobody can forget it.

use actix_web::body::{BoxBody, MessageBody as _, to_bytes};
use actix_web::dev::ServiceResponse;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{HttpMessage as _, HttpRequest, web};
use bytestring::ByteString;
use engine::access::Principal;
use engine::contact::Contact;
use engine::mask::{self, Hidden};
use serde_json::Value;

use crate::app::App;
use crate::http::problem::Problem;

/// Beginnings of routes that show people of the organization to themselves, and the one that reveals.
const EXEMPT: &[&str] =
    &["/api/v1/me", "/api/v1/sessions", "/api/v1/invitations", "/api/v1/demo", "/api/v1/contacts/{id}/reveal"];

/// In a body of WhatsApp, digits under these keys are not taken for somebody's phone number by their looks.
const BUSINESS: &[&str] = &[
    "id",
    "time",
    "timestamp",
    "expiration",
    "expiration_timestamp",
    "phone_number_id",
    "display_phone_number",
    "waba_id",
];

/// Whose number must not show although the answer does not name it.
pub struct Also(Hidden);

impl Also {
    pub fn hide(request: &HttpRequest, contact: &Contact) {
        let mut hidden = Hidden::default();
        if let Some(phone) = &contact.phone {
            hidden.add(phone.as_str());
        }
        request.extensions_mut().insert(Self(hidden));
    }
}

/// The answer as the session that asked may see it.
pub async fn shown(response: ServiceResponse<BoxBody>) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes() == b"application/json");
    let request = response.request();
    let pattern = request.match_pattern().unwrap_or_default();
    let principal = request.extensions().get::<Principal>().cloned();
    let (Some(principal), true) = (principal, is_json) else { return Ok(response) };
    if EXEMPT.iter().any(|exempt| pattern.starts_with(exempt)) {
        return Ok(response);
    }
    let app = request.app_data::<web::Data<App>>().ok_or_else(|| Problem::internal(&"no app"))?;
    if !app.households.masks(principal.tenant) {
        return Ok(response);
    }
    let hidden = request.extensions_mut().remove::<Also>().map(|also| also.0).unwrap_or_default();
    let (request, response) = response.into_parts();
    let (head, body) = response.into_parts();
    let body = to_bytes(body).await.map_err(|_| Problem::internal(&"an answer could not be read"))?;
    let masked = json(&body, hidden).ok_or_else(|| Problem::internal(&"an answer is not JSON"))?;
    Ok(ServiceResponse::new(request, head.set_body(masked.boxed())))
}

/// A logged event. What cannot be read is not shown.
pub fn frame(frame: &ByteString) -> Option<ByteString> {
    json(frame.as_bytes(), Hidden::default()).map(ByteString::from)
}

fn json(text: &[u8], mut hidden: Hidden) -> Option<String> {
    let mut value: Value = serde_json::from_slice(text).ok()?;
    collect(&value, &mut hidden);
    mask_value("", &mut value, &hidden);
    serde_json::to_string(&value).ok()
}

/// Every number that stands under its name.
fn collect(value: &Value, hidden: &mut Hidden) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value.as_str() {
                    Some(phone) if key == "phone" => hidden.add(phone),
                    Some(_) | None => collect(value, hidden),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, hidden)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn mask_value(key: &str, value: &mut Value, hidden: &Hidden) {
    match value {
        Value::Object(members) => {
            // A change of a number names both, and only one of them is the customer's now.
            let says_numbers =
                ["type", "kind"].iter().any(|key| members.get(*key).is_some_and(|kind| kind == "system"));
            for (key, value) in members.iter_mut() {
                if let (Value::String(text), true, "body" | "snippet") = (&mut *value, says_numbers, key.as_str()) {
                    replace(text, mask::any_within);
                } else {
                    mask_value(key, value, hidden);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask_value(key, item, hidden)),
        Value::String(text) => match key {
            "phone" => *text = mask::phone(text),
            "raw" => *text = raw(text, hidden),
            _ if text.starts_with("wamid.") => *text = mask::wamid(text),
            _ if key == "id" || key.ends_with("_id") => {}
            _ => replace(text, |text| hidden.within(text)),
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn replace(text: &mut String, masked: impl Fn(&str) -> Option<String>) {
    if let Some(masked) = masked(text) {
        *text = masked;
    }
}

/// An item as Meta sent it. Which of its members are numbers is Meta's to change, so whatever looks like one is masked
/// unless it is known to be the business's; what is not readable is masked by its looks.
fn raw(text: &str, hidden: &Hidden) -> String {
    let Ok(mut item) = serde_json::from_str::<Value>(text) else {
        return mask::any_within(&without_wamids(text)).unwrap_or_else(|| without_wamids(text));
    };
    let mut hidden = hidden.clone();
    collect_raw("", &item, &mut hidden);
    mask_raw("", &mut item, &hidden);
    item.to_string()
}

fn without_wamids(text: &str) -> String {
    let mut parts = text.split("wamid.");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|char: char| !(char.is_ascii_alphanumeric() || "+/=-_".contains(char)));
        out.push_str("wamid.…");
        out.push_str(part.get(end.unwrap_or(part.len())..).unwrap_or_default());
    }
    out
}

fn is_number(key: &str, text: &str) -> bool {
    let digits = text.trim_start_matches('+');
    !BUSINESS.contains(&key) && (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn collect_raw(key: &str, value: &Value, hidden: &mut Hidden) {
    match value {
        Value::Object(members) => {
            // A thread of synchronised history is called by its customer's number.
            if let (Some(id), "threads") = (members.get("id").and_then(Value::as_str), key) {
                hidden.add(id);
            }
            members.iter().for_each(|(key, value)| collect_raw(key, value, hidden));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_raw(key, item, hidden)),
        Value::String(text) if is_number(key, text) => hidden.add(text),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn mask_raw(key: &str, value: &mut Value, hidden: &Hidden) {
    match value {
        Value::Object(members) => {
            let says_numbers = members.get("type").is_some_and(|kind| kind == "user_changed_number");
            for (key, value) in members.iter_mut() {
                if let (Value::String(text), true, "body") = (&mut *value, says_numbers, key.as_str()) {
                    replace(text, mask::any_within);
                } else {
                    mask_raw(key, value, hidden);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| mask_raw(key, item, hidden)),
        Value::String(text) if text.starts_with("wamid.") => *text = mask::wamid(text),
        Value::String(text) if is_number(key, text) => *text = mask::phone(text),
        Value::String(text) => replace(text, |text| hidden.within(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json as value;

    use super::*;

    const PHONE: &str = "12025550123";

    fn masked(value: &Value) -> Value {
        serde_json::from_str(&json(value.to_string().as_bytes(), Hidden::default()).unwrap()).unwrap()
    }

    #[test]
    fn the_customers_number_goes_wherever_it_stands_and_others_stay() {
        let event = value!({
            "n": 12_025_550_123_u64,
            "conversation": {"id": PHONE, "contact": {"name": "Ana 1 202 555 0123", "phone": "+12025550123"},
                "number": {"display": "+1 202 555 0100", "phone_number_id": "200000000000001"},
                "preview": {"kind": "system", "snippet": "from 12025550199 to 12025550123"}},
            "message": {"wamid": "wamid.HBgLMTIwMjU1NTAxMjM", "at": 1_795_392_000_000_i64,
                "content": {"type": "contacts", "contacts": [{"phones": ["+1 202-555-0123", "+1 202-555-0177"]}]}},
        });
        let shown = masked(&event);
        assert_eq!(shown["conversation"]["contact"], value!({"name": "Ana • ••• ••• 0123", "phone": "+•••••••0123"}));
        assert_eq!(shown["conversation"]["preview"]["snippet"], "from •••••••0199 to •••••••0123");
        assert_eq!(
            shown["message"]["content"]["contacts"][0]["phones"],
            value!(["+• •••-•••-0123", "+1 202-555-0177"])
        );
        for kept in ["/n", "/conversation/id", "/conversation/number", "/message/at"] {
            assert_eq!(shown.pointer(kept), event.pointer(kept), "{kept}");
        }
        assert!(!shown.to_string().contains("MTIwMjU1NTAxMjM"));
    }

    #[test]
    fn an_item_of_whatsapp_keeps_the_business_and_loses_the_customer() {
        let item = value!({"id": "100000000000001", "time": 1_795_392_000, "field": "messages", "value": {
            "metadata": {"display_phone_number": "12025550100", "phone_number_id": "200000000000001"},
            "contacts": [{"wa_id": PHONE, "user_id": "US.1"}],
            "messages": [{"from": PHONE, "id": "wamid.HBgL", "timestamp": "1795392000", "new_key_of_meta": "5511912341234",
                "text": {"body": "I am (202) 555-0123"}}]}});
        let shown = masked(&value!({"raw": item.to_string()}));
        let shown: Value = serde_json::from_str(shown["raw"].as_str().unwrap()).unwrap();
        let message = &shown["value"]["messages"][0];
        assert_eq!(message["from"], "•••••••0123");
        assert_eq!(message["new_key_of_meta"], "•••••••••1234");
        assert_eq!(message["text"]["body"], "I am (•••) •••-0123");
        assert_eq!(message["timestamp"], "1795392000");
        assert_eq!(shown["value"]["metadata"], item["value"]["metadata"]);
        assert!(!shown.to_string().contains("HBgL"));
    }

    #[test]
    fn what_is_no_json_is_masked_by_its_looks() {
        let shown = masked(&value!({"raw": "{\"from\":\"12025550123\",\"id\":\"wamid.HBgLMTI=\" cut"}));
        assert_eq!(shown["raw"], "{\"from\":\"•••••••0123\",\"id\":\"wamid.…\" cut");
    }

    #[test]
    fn no_sample_of_whatsapp_shows_its_customer() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/webhooks");
        let mut seen = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let Ok(sample) = serde_json::from_str::<Value>(&text) else { continue };
            for customer in ["12025550123", "5511912345678"].into_iter().filter(|digits| text.contains(digits)) {
                seen += 1;
                let shown = raw(&sample.to_string(), &Hidden::default());
                assert!(!shown.contains(customer), "{shown}");
            }
        }
        assert!(seen > 10, "{seen}");
    }

    proptest! {
        #[test]
        fn any_text_is_taken(text in any::<String>()) {
            let shown = masked(&value!({"raw": text, "phone": text, "body": text}));
            prop_assert!(shown.is_object());
        }
    }
}
