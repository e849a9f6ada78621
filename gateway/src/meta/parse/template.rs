//! What WhatsApp says of a template: words for people, and what it changes of the local copy.

use engine::alert::{AlertKind, Severity};
use engine::template::{Category, TemplateChange, TemplateNews, TemplateQuality, TemplateStatus};
use engine::time::Timestamp;
use serde_json::Value;

use super::account::{Told, Words, spoken, word};
use super::json::{id, list, text, text_at, time};
use crate::meta::text::{LABEL_MAX, clean};

const TEXT_MAX: usize = 4_096;
const BUTTONS_MAX: usize = 32;

/// `None`: nobody has to know.
pub(super) fn told(field: &str, item: &Value, value: &Value, received_at: Timestamp) -> Option<Told> {
    let (alert, change) = match field {
        // Meta's own sample of the quality carries the field of the status.
        "message_template_status_update" if value.get("new_quality_score").is_none() => status(value),
        "message_template_status_update" | "message_template_quality_update" => quality(value),
        "message_template_components_update" => (None, texts(value)),
        "template_category_update" => category(value),
        _ => return None,
    };
    let template = change.and_then(|change| {
        Some(TemplateNews {
            waba: id(item, "id")?,
            name: clean(text(value, "message_template_name")?, LABEL_MAX),
            // `en-US` here, `en_US` where it is sent.
            language: clean(text(value, "message_template_language")?, LABEL_MAX).replace('-', "_"),
            change,
            at: time(item, "time", received_at).unwrap_or(received_at),
        })
    });
    (alert.is_some() || template.is_some()).then(|| Told { alert, template, ..Told::default() })
}

type Said = (Option<Words>, Option<TemplateChange>);

fn named(value: &Value) -> String {
    format!("\u{201c}{}\u{201d}", word(value, "/message_template_name"))
}

fn status(value: &Value) -> Said {
    let event = text(value, "event").unwrap_or_default();
    let said = ["/rejection_info/recommendation", "/other_info/description"];
    let said = said.iter().map(|pointer| word(value, pointer)).find(|text| !text.is_empty()).unwrap_or_default();
    let change = match event {
        // Still sent; whether an unarchived one is, only the list says.
        "FLAGGED" | "UNARCHIVED" => None,
        "REINSTATED" => Some(TemplateStatus::Approved),
        event => Some(TemplateStatus::of(event)).filter(|status| *status != TemplateStatus::Unknown),
    };
    let reason = [word(value, "/rejection_info/reason"), said.clone(), word(value, "/reason")];
    let reason = reason.into_iter().find(|reason| !reason.is_empty() && reason != "NONE");
    let change = change.map(|status| TemplateChange::Status {
        status,
        reason: reason.filter(|_| status != TemplateStatus::Approved),
        category: text(value, "message_template_category")
            .map(Category::of)
            .filter(|known| *known != Category::Unknown),
    });
    (status_words(event, value, &said), change)
}

fn status_words(event: &str, value: &Value, said: &str) -> Option<Words> {
    let what = match event {
        "PAUSED" => "paused",
        "DISABLED" => "disabled",
        "REJECTED" => "refused",
        "FLAGGED" => "is about to pause",
        _ => return None,
    };
    let title = format!("WhatsApp {what} the template {}", named(value));
    let effect = format!("It cannot be sent while it is so. {said}");
    Some(Words::new(AlertKind::Template, Severity::Warning, title, effect.trim_end().to_owned()))
}

fn quality(value: &Value) -> Said {
    let score = text(value, "new_quality_score").unwrap_or_default();
    let change = Some(TemplateChange::Quality { quality: TemplateQuality::of(score) });
    let fell = match score {
        "YELLOW" => "Medium",
        "RED" => "Low",
        _ => return (None, change),
    };
    let title = format!("Quality of the template {} is {fell}", named(value));
    let effect = "WhatsApp pauses a template that goes on falling.";
    let words = Words::new(AlertKind::Template, Severity::Warning, title, effect)
        .advising("Send it to people who expect it, or change its words.");
    (Some(words), change)
}

fn category(value: &Value) -> Said {
    let Some(now) = text(value, "new_category") else { return (None, None) };
    let effect = "Its price and its opt-out rules are others then.";
    // Impending: what is new now is what it will not be any more.
    if let Some(then) = text(value, "correct_category") {
        let then = spoken(&clean(then, LABEL_MAX));
        let title = format!("The template {} will count as {then} soon", named(value));
        return (Some(Words::new(AlertKind::Template, Severity::Warning, title, effect)), None);
    }
    let title = format!("The template {} counts as {}", named(value), spoken(&clean(now, LABEL_MAX)));
    let effect = "Its price and its opt-out rules are others now.";
    let words = Words::new(AlertKind::Template, Severity::Warning, title, effect);
    (Some(words), Some(TemplateChange::Category { category: Category::of(now) }))
}

fn texts(value: &Value) -> Option<TemplateChange> {
    let said = |pointer: &str| text_at(value, pointer).map(|text| clean(text, TEXT_MAX));
    let buttons = list(value, "message_template_buttons").iter().take(BUTTONS_MAX).map(|button| {
        let said = |key: &str| text(button, key).map(|text| clean(text, TEXT_MAX));
        let label = said("message_template_button_text").unwrap_or_default();
        (label, said("message_template_button_url"))
    });
    Some(TemplateChange::Texts {
        header: said("/message_template_title"),
        body: said("/message_template_element")?,
        footer: said("/message_template_footer"),
        buttons: buttons.collect(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(field: &str, value: &Value) -> (Option<TemplateChange>, bool) {
        let mut value = value.clone();
        let object = value.as_object_mut().unwrap();
        object.insert("message_template_name".into(), json!("order_shipped"));
        object.insert("message_template_language".into(), json!("en-US"));
        let item = json!({"id": "100", "time": 1_795_392_000});
        let Some(told) = told(field, &item, &value, Timestamp(0)) else { return (None, false) };
        if let Some(news) = &told.template {
            assert_eq!((news.language.as_str(), news.at), ("en_US", Timestamp::from_seconds(1_795_392_000)));
        }
        (told.template.map(|news| news.change), told.alert.is_some())
    }

    #[test]
    fn a_status_stops_or_opens_a_template() {
        let status =
            |event: &str| match of("message_template_status_update", &json!({"event": event, "reason": "NONE"})) {
                (Some(TemplateChange::Status { status, reason, .. }), alert) => (Some(status), reason, alert),
                (_, alert) => (None, None, alert),
            };
        assert_eq!(status("APPROVED"), (Some(TemplateStatus::Approved), None, false));
        assert_eq!(status("REINSTATED"), (Some(TemplateStatus::Approved), None, false));
        assert_eq!(status("PAUSED"), (Some(TemplateStatus::Paused), None, true));
        assert_eq!(status("PENDING_DELETION"), (Some(TemplateStatus::PendingDeletion), None, false));
        assert_eq!(status("FLAGGED"), (None, None, true), "it is still sent");
        assert_eq!(status("INVENTED"), (None, None, false));
        let rejected = json!({"event": "REJECTED", "reason": "INCORRECT_CATEGORY",
            "rejection_info": {"reason": "Words of marketing.", "recommendation": "Choose marketing."}});
        let (Some(TemplateChange::Status { reason, .. }), true) = of("message_template_status_update", &rejected)
        else {
            panic!("no news")
        };
        assert_eq!(reason.as_deref(), Some("Words of marketing."));
    }

    #[test]
    fn a_quality_is_known_by_its_shape() {
        let value = json!({"previous_quality_score": "GREEN", "new_quality_score": "RED"});
        for field in ["message_template_quality_update", "message_template_status_update"] {
            let change = Some(TemplateChange::Quality { quality: TemplateQuality::Red });
            assert_eq!(of(field, &value), (change, true));
        }
    }

    #[test]
    fn a_category_changes_when_it_is_done_and_not_before() {
        let impending =
            json!({"correct_category": "MARKETING", "new_category": "UTILITY", "category_update_timestamp": 1});
        assert_eq!(of("template_category_update", &impending), (None, true));
        let done = json!({"previous_category": "UTILITY", "new_category": "MARKETING"});
        let change = Some(TemplateChange::Category { category: Category::Marketing });
        assert_eq!(of("template_category_update", &done), (change, true));
    }

    #[test]
    fn new_texts_are_taken_over_without_a_word() {
        let value = json!({"message_template_element": "Hello.", "message_template_buttons": [
            {"message_template_button_type": "URL", "message_template_button_text": "Track", "message_template_button_url": "https://a.example"}]});
        let (Some(TemplateChange::Texts { body, buttons, .. }), false) =
            of("message_template_components_update", &value)
        else {
            panic!("no news")
        };
        assert_eq!(
            (body.as_str(), buttons),
            ("Hello.", vec![("Track".to_owned(), Some("https://a.example".to_owned()))])
        );
    }
}
