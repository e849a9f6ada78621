//! Account-level changes of §1.9: they carry `entry.time` and mostly no number.

use serde_json::{Map, Value, json};

use super::ids::{Bsuid, Phone, WabaId};
use super::{Line, Sender, Update, put};

/// Any account-level change; `value` as Meta documents it for `field`.
pub fn change(waba: &WabaId, at_s: u64, field: &str, value: Value) -> Update {
    Update { entry: waba.to_string(), time: Some(at_s), field: field.into(), value }
}

/// The template that a change is about. Meta sends its id as a number here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateName {
    pub id: u64,
    pub name: String,
    pub language: String,
}

impl TemplateName {
    fn parts(&self) -> Map<String, Value> {
        let mut parts = Map::new();
        parts.insert("message_template_id".into(), json!(self.id));
        put(&mut parts, "message_template_name", Some(&self.name));
        put(&mut parts, "message_template_language", Some(&self.language));
        parts
    }
}

pub fn template_approved(waba: &WabaId, at_s: u64, template: &TemplateName, category: &str) -> Update {
    template_status(waba, at_s, template, "APPROVED", category, &json!({"reason": "NONE"}))
}

pub fn template_rejected(waba: &WabaId, at_s: u64, template: &TemplateName, category: &str, why: &str) -> Update {
    let info = json!({"reason": why, "recommendation": "Change the body and submit it again."});
    let extra = json!({"reason": "INVALID_FORMAT", "rejection_info": info});
    template_status(waba, at_s, template, "REJECTED", category, &extra)
}

pub fn template_paused(waba: &WabaId, at_s: u64, template: &TemplateName, category: &str) -> Update {
    let info = json!({"title": "FIRST_PAUSE", "description": "Paused for 3 hours because of low quality."});
    template_status(waba, at_s, template, "PAUSED", category, &json!({"reason": null, "other_info": info}))
}

pub fn template_disabled(waba: &WabaId, at_s: u64, template: &TemplateName, category: &str) -> Update {
    let info = json!({"title": "DISABLED", "description": "Disabled because of repeated low quality."});
    let extra = json!({"reason": null, "disable_info": {"disable_date": at_s.to_string()}, "other_info": info});
    template_status(waba, at_s, template, "DISABLED", category, &extra)
}

fn template_status(
    waba: &WabaId,
    at_s: u64,
    template: &TemplateName,
    event: &str,
    category: &str,
    extra: &Value,
) -> Update {
    let mut parts = template.parts();
    put(&mut parts, "event", Some(event));
    put(&mut parts, "message_template_category", Some(category));
    parts.extend(extra.as_object().cloned().unwrap_or_default());
    change(waba, at_s, "message_template_status_update", Value::Object(parts))
}

pub fn template_quality(waba: &WabaId, at_s: u64, template: &TemplateName, before: &str, now: &str) -> Update {
    let mut parts = template.parts();
    put(&mut parts, "previous_quality_score", Some(before));
    put(&mut parts, "new_quality_score", Some(now));
    change(waba, at_s, "message_template_quality_update", Value::Object(parts))
}

pub fn template_recategorised(waba: &WabaId, at_s: u64, template: &TemplateName, before: &str, now: &str) -> Update {
    let mut parts = template.parts();
    put(&mut parts, "previous_category", Some(before));
    put(&mut parts, "new_category", Some(now));
    change(waba, at_s, "template_category_update", Value::Object(parts))
}

pub fn throughput_upgraded(waba: &WabaId, at_s: u64, display: &Phone) -> Update {
    let value =
        json!({"display_phone_number": display, "event": "THROUGHPUT_UPGRADE", "current_limit": "TIER_UNLIMITED"});
    change(waba, at_s, "phone_number_quality_update", value)
}

/// `people` in 24 h; none is without limit.
pub fn limit_raised(waba: &WabaId, at_s: u64, people: Option<usize>) -> Update {
    let people = people.map_or(json!(-1), |people| json!(people));
    let value = json!({"max_daily_conversations_per_business": people, "max_phone_numbers_per_waba": 25});
    change(waba, at_s, "business_capability_update", value)
}

pub fn name_approved(waba: &WabaId, at_s: u64, display: &Phone, name: &str) -> Update {
    let value = json!({
        "display_phone_number": display, "decision": "APPROVED",
        "requested_verified_name": name, "rejection_reason": null,
    });
    change(waba, at_s, "phone_number_name_update", value)
}

pub fn account_disabled(waba: &WabaId, at_s: u64, date: &str) -> Update {
    let value = json!({"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE", "waba_ban_date": date}});
    change(waba, at_s, "account_update", value)
}

pub fn account_restricted(waba: &WabaId, at_s: u64, restriction: &str, expires_at_s: u64) -> Update {
    let info = json!([{"restriction_type": restriction, "expiration": expires_at_s}]);
    change(waba, at_s, "account_update", json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": info}))
}

/// The customer used WhatsApp's own "Offers and announcements" switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference {
    pub sender: Sender,
    pub phone: Option<Phone>,
    pub bsuid: Option<Bsuid>,
    pub stop: bool,
    pub at_s: u64,
}

pub fn preference(line: &Line, preference: &Preference) -> Update {
    let (word, detail) = if preference.stop {
        ("stop", "User requested to stop marketing messages")
    } else {
        ("resume", "User requested to resume marketing messages")
    };
    let mut item = Map::new();
    put(&mut item, "wa_id", preference.phone.as_ref());
    put(&mut item, "user_id", preference.bsuid.as_ref());
    put(&mut item, "detail", Some(detail));
    put(&mut item, "category", Some("marketing_messages"));
    put(&mut item, "value", Some(word));
    item.insert("timestamp".into(), json!(preference.at_s));
    let mut parts = Map::new();
    parts.insert("contacts".into(), json!([preference.sender.contact()]));
    parts.insert("user_preferences".into(), json!([item]));
    Update::of_line(line, "user_preferences", parts)
}

/// A problem of the account without a message, §1.8.
pub fn value_error(line: &Line, code: u32, title: &str, details: &str) -> Update {
    let error = json!({"code": code, "title": title, "message": title, "error_data": {"details": details}});
    let mut parts = Map::new();
    parts.insert("errors".into(), json!([error]));
    Update::of_line(line, "messages", parts)
}
