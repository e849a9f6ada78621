//! What WhatsApp tells an organization about its account: it stays until somebody puts it away.

use serde::{Deserialize, Serialize};

use crate::directory::NumberChange;
use crate::id::{AlertId, PhoneNumberId};
use crate::template::TemplateNews;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Alert {
    /// Derived from what was told: a redelivery is the same alert.
    pub id: AlertId,
    pub at: Timestamp,
    pub kind: AlertKind,
    pub severity: Severity,
    /// For people: what happened.
    pub title: String,
    /// For people: what it does to messages.
    pub effect: String,
    /// For people: what to do.
    pub action: Option<String>,
    /// `None`: about the whole account.
    pub phone_number_id: Option<PhoneNumberId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AlertKind {
    Quality,
    Limit,
    Throughput,
    Restriction,
    Violation,
    Banned,
    Disconnected,
    Review,
    DisplayName,
    Template,
    Token,
    /// Webhooks of the account do not come here.
    Subscription,
    Security,
    Notice,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Warning,
    Critical,
}

/// An account-level item: what to show, and what it says of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountNews {
    /// Without the number's id where WhatsApp wrote the number itself.
    pub alert: Option<Alert>,
    pub about: About,
    pub change: NumberChange,
    /// What it says of a template.
    pub template: Option<TemplateNews>,
}

/// Which of the organization's numbers news are about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// The digits of the number as people read it: WhatsApp writes that one here.
    Display(String),
    Number(PhoneNumberId),
    /// All numbers of the WhatsApp account, as limits are shared.
    Account(crate::id::WabaId),
}

impl About {
    pub fn covers(&self, number: &crate::directory::Number) -> bool {
        match self {
            Self::Display(digits) => number.display.chars().filter(char::is_ascii_digit).eq(digits.chars()),
            Self::Number(id) => number.phone_number_id == *id,
            Self::Account(waba) => number.waba_id == *waba,
        }
    }
}
