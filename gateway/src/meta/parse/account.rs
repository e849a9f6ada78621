//! What WhatsApp says of an account and its numbers, in words for people. An item that nobody has to know of is nothing.

use engine::alert::{About, AccountNews, Alert, AlertKind, Severity};
use engine::directory::NumberChange;
use engine::id::{AlertId, TenantId};
use engine::inbound::Inbound;
use engine::template::TemplateNews;
use engine::time::Timestamp;
use serde_json::Value;

use super::json::{id, integer, list, text, text_at, time};
use super::template;
use crate::meta::graph::RATE_HIGH;
use crate::meta::text::{LABEL_MAX, clean};

/// What a field makes of its value.
#[derive(Default)]
pub(super) struct Told {
    pub(super) alert: Option<Words>,
    pub(super) change: NumberChange,
    pub(super) template: Option<TemplateNews>,
}

pub(super) struct Words {
    kind: AlertKind,
    severity: Severity,
    title: String,
    effect: String,
    action: Option<&'static str>,
}

impl Words {
    pub(super) fn new(
        kind: AlertKind,
        severity: Severity,
        title: impl Into<String>,
        effect: impl Into<String>,
    ) -> Self {
        Self { kind, severity, title: title.into(), effect: effect.into(), action: None }
    }

    pub(super) fn advising(self, action: &'static str) -> Self {
        Self { action: Some(action), ..self }
    }
}

impl From<Words> for Told {
    fn from(words: Words) -> Self {
        Self { alert: Some(words), ..Self::default() }
    }
}

const MANAGER: &str = "Open WhatsApp Manager and follow what it asks for.";
const APPEAL: &str = "Ask for a review in Meta\u{2019}s Business Support Home.";

pub(super) fn news(tenant: TenantId, field: &str, item: &Value, received_at: Timestamp) -> Option<Inbound> {
    let value = item.get("value").filter(|value| value.is_object())?;
    let Told { alert, change, template } = match field {
        "phone_number_quality_update" => quality(value),
        "phone_number_name_update" => name(value)?.into(),
        "account_update" => account(value)?.into(),
        "account_review_update" => review(value)?.into(),
        "account_alerts" => stated(value).into(),
        "business_capability_update" => capability(value)?,
        "security" => security(value)?.into(),
        _ => template::told(field, item, value, received_at)?,
    };
    let alert = alert.map(|Words { kind, severity, title, effect, action }| Alert {
        id: told_id(tenant, field, item, value),
        at: time(item, "time", received_at).unwrap_or(received_at),
        kind,
        severity,
        title,
        effect,
        action: action.map(str::to_owned),
        phone_number_id: None,
    });
    Some(Inbound::Account(Box::new(AccountNews { alert, about: about(item, value)?, change, template })))
}

/// The same words at the same time about the same account are a redelivery.
fn told_id(tenant: TenantId, field: &str, item: &Value, value: &Value) -> AlertId {
    let part = |key: &str| item.get(key).map(Value::to_string).unwrap_or_default();
    let (account, at, value) = (part("id"), part("time"), value.to_string());
    AlertId::derive(&[tenant.as_bytes(), field.as_bytes(), account.as_bytes(), at.as_bytes(), value.as_bytes()])
}

fn about(item: &Value, value: &Value) -> Option<About> {
    if let Some(display) = text(value, "display_phone_number") {
        return Some(About::Display(display.chars().filter(char::is_ascii_digit).collect()));
    }
    if text(value, "entity_type") == Some("PHONE_NUMBER") {
        return id(value, "entity_id").map(About::Number);
    }
    let account = value.get("waba_info").and_then(|info| id(info, "waba_id"));
    account.or_else(|| id(item, "id")).map(About::Account)
}

/// As it may stand in a sentence.
pub(super) fn word(value: &Value, pointer: &str) -> String {
    text_at(value, pointer).map(|text| clean(text, LABEL_MAX)).unwrap_or_default()
}

/// `ACCOUNT_VIOLATION` as people read it.
pub(super) fn spoken(word: &str) -> String {
    word.replace('_', " ").to_lowercase()
}

fn display(value: &Value) -> String {
    format!("+{}", word(value, "/display_phone_number").trim_start_matches('+'))
}

/// `TIER_2K`, 2000 or -1, as `TIER_…`.
fn tier(value: &Value, key: &str) -> Option<String> {
    if let Some(stated) = text(value, key).filter(|stated| stated.starts_with("TIER_")) {
        return Some(clean(stated, LABEL_MAX));
    }
    match integer(value, key)? {
        -1 => Some("TIER_UNLIMITED".to_owned()),
        people if people >= 1000 && people % 1000 == 0 => Some(format!("TIER_{}K", people / 1000)),
        people if people > 0 => Some(format!("TIER_{people}")),
        _ => None,
    }
}

/// `10,000 people in 24 hours`.
fn people(tier: &str) -> String {
    match tier.trim_start_matches("TIER_") {
        "UNLIMITED" => "any number of people".to_owned(),
        count => format!("{} people in 24 hours", count.replace('K', ",000")),
    }
}

fn quality(value: &Value) -> Told {
    let number = display(value);
    let tier = tier(value, "max_daily_conversations_per_business").or_else(|| tier(value, "current_limit"));
    let mut change = NumberChange { tier: tier.clone(), ..NumberChange::default() };
    let limit = tier.as_deref().map_or_else(|| "as many people as WhatsApp allows".to_owned(), people);
    let words = match text(value, "event").unwrap_or_default() {
        "THROUGHPUT_UPGRADE" => {
            change.rate_per_second = Some(RATE_HIGH);
            let title = format!("{number} may send {RATE_HIGH} messages a second");
            Words::new(AlertKind::Throughput, Severity::Info, title, "Campaigns from this number go out faster.")
        }
        "FLAGGED" | "DOWNGRADE" => {
            let title = format!("WhatsApp lowered what it thinks of {number}");
            let effect = format!("Campaigns reach {limit}. Replies are not limited.");
            Words::new(AlertKind::Quality, Severity::Warning, title, effect)
                .advising("Pause templates that people block, and write to people who expect it.")
        }
        _ => {
            let title = format!("The limit of {number} changed");
            let effect = format!("Campaigns reach {limit}. Replies are not limited.");
            Words::new(AlertKind::Limit, Severity::Info, title, effect)
        }
    };
    Told { alert: Some(words), change, template: None }
}

fn name(value: &Value) -> Option<Words> {
    let (number, wanted) = (display(value), word(value, "/requested_verified_name"));
    let words = match text(value, "decision")? {
        "APPROVED" => Words::new(
            AlertKind::DisplayName,
            Severity::Info,
            format!("\u{201c}{wanted}\u{201d} is the name of {number} now"),
            "Customers see the new name. It is lost unless the number is registered again within 14 days.",
        ),
        "REJECTED" => Words::new(
            AlertKind::DisplayName,
            Severity::Warning,
            format!("WhatsApp refused the name \u{201c}{wanted}\u{201d} for {number}"),
            "Customers go on seeing the old name, or the bare number.",
        )
        .advising("Choose a name that follows WhatsApp\u{2019}s rules, in WhatsApp Manager."),
        _ => return None,
    };
    Some(words)
}

fn account(value: &Value) -> Option<Words> {
    use AlertKind::{Banned, Disconnected, Restriction, Violation};
    use Severity::{Critical, Info, Warning};
    let words = match text(value, "event")? {
        "ACCOUNT_VIOLATION" => {
            let rule = spoken(&word(value, "/violation_info/violation_type"));
            let title = format!("WhatsApp says that the account broke its rules ({rule})");
            Words::new(Violation, Warning, title, "Messages still go out. More violations lead to restrictions.")
                .advising(APPEAL)
        }
        "ACCOUNT_RESTRICTION" => {
            let kinds =
                list(value, "restriction_info").iter().take(8).map(|one| spoken(&word(one, "/restriction_type")));
            let title = "WhatsApp restricted the account";
            let effect = format!("Restricted: {}. Such messages fail meanwhile.", kinds.collect::<Vec<_>>().join(", "));
            Words::new(Restriction, Critical, title, effect).advising(APPEAL)
        }
        "DISABLED_UPDATE" => {
            let date = word(value, "/ban_info/waba_ban_date");
            match text_at(value, "/ban_info/waba_ban_state").unwrap_or_default() {
                "REINSTATE" => Words::new(Banned, Info, "WhatsApp opened the account again", "Messages go out again."),
                "SCHEDULE_FOR_DISABLE" => {
                    let title = format!("WhatsApp will disable the account ({date})");
                    Words::new(Banned, Critical, title, "From then on nothing is sent and nothing comes in.")
                        .advising(APPEAL)
                }
                _ => Words::new(
                    Banned,
                    Critical,
                    "WhatsApp disabled the account",
                    "Nothing is sent and nothing comes in.",
                )
                .advising(APPEAL),
            }
        }
        "ACCOUNT_DELETED" => Words::new(
            Disconnected,
            Critical,
            "The WhatsApp account was deleted",
            "Nothing is sent and nothing comes in.",
        ),
        "PARTNER_REMOVED" | "PARTNER_APP_UNINSTALLED" | "ACCOUNT_OFFBOARDED" => Words::new(
            Disconnected,
            Critical,
            "Access to the WhatsApp account was taken away",
            "Nothing is sent, and messages of customers do not arrive here.",
        )
        .advising("Give the app access again in Meta\u{2019}s Business settings, then replace the token."),
        "ACCOUNT_RECONNECTED" => {
            Words::new(Disconnected, Info, "The WhatsApp account is connected again", "Messages come and go again.")
        }
        _ => return None,
    };
    Some(words)
}

fn review(value: &Value) -> Option<Words> {
    let decision = text(value, "decision")?;
    if decision == "APPROVED" {
        let title = "WhatsApp approved the account";
        return Some(Words::new(AlertKind::Review, Severity::Info, title, "Messages can be sent."));
    }
    let title = format!("WhatsApp\u{2019}s review of the account: {}", spoken(&clean(decision, LABEL_MAX)));
    Some(
        Words::new(AlertKind::Review, Severity::Warning, title, "Until it is approved, templates cannot be sent.")
            .advising(MANAGER),
    )
}

fn stated(value: &Value) -> Words {
    let severity = match text_at(value, "/alert_info/alert_severity").unwrap_or_default() {
        "CRITICAL" => Severity::Critical,
        "WARNING" => Severity::Warning,
        _ => Severity::Info,
    };
    let title = format!("WhatsApp says: {}", spoken(&word(value, "/alert_info/alert_type")));
    Words::new(AlertKind::Notice, severity, title, word(value, "/alert_info/alert_description")).advising(MANAGER)
}

fn capability(value: &Value) -> Option<Told> {
    let tier = tier(value, "max_daily_conversations_per_business")
        .or_else(|| tier(value, "max_daily_conversation_per_phone"))?;
    let title = format!("Campaigns may reach {}", people(&tier));
    let words = Words::new(AlertKind::Limit, Severity::Info, title, "Replies to customers are not limited.");
    let change = NumberChange { tier: Some(tier), ..NumberChange::default() };
    Some(Told { alert: Some(words), change, template: None })
}

fn security(value: &Value) -> Option<Words> {
    let what = match text(value, "event")? {
        "PIN_CHANGED" => "The two-step PIN was changed",
        "PIN_RESET_REQUEST" => "Somebody asked for a new two-step PIN",
        "PIN_REQUEST_SUCCESS" => "A new two-step PIN was set",
        _ => return None,
    };
    let title = format!("{what} ({})", display(value));
    let effect = "Messages are not affected. Who has the PIN can register the number elsewhere.";
    Some(
        Words::new(AlertKind::Security, Severity::Warning, title, effect)
            .advising("If that was nobody of yours, set another PIN in WhatsApp Manager."),
    )
}
