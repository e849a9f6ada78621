use serde::{Deserialize, Serialize};

/// Decides the price and whether an opt-out counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(as = TemplateCategory))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Category {
    Marketing,
    Utility,
    Authentication,
    /// One that this version does not know: it is treated as the strictest.
    Unknown,
}

impl Category {
    pub fn of(word: &str) -> Self {
        match word.to_ascii_uppercase().as_str() {
            "MARKETING" => Self::Marketing,
            "UTILITY" => Self::Utility,
            "AUTHENTICATION" => Self::Authentication,
            _ => Self::Unknown,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Marketing => "MARKETING",
            Self::Utility => "UTILITY",
            Self::Authentication => "AUTHENTICATION",
            Self::Unknown => "UNKNOWN",
        }
    }

    /// Who has opted out of marketing must not get it.
    pub const fn is_marketing(self) -> bool {
        match self {
            Self::Marketing | Self::Unknown => true,
            Self::Utility | Self::Authentication => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TemplateStatus {
    /// Ours: WhatsApp has not seen it.
    Draft,
    Approved,
    Pending,
    InAppeal,
    Rejected,
    Paused,
    Disabled,
    Locked,
    LimitExceeded,
    Archived,
    PendingDeletion,
    Deleted,
    /// One that this version does not know.
    Unknown,
}

impl TemplateStatus {
    pub fn of(word: &str) -> Self {
        match word.to_ascii_uppercase().as_str() {
            "APPROVED" => Self::Approved,
            "PENDING" => Self::Pending,
            "IN_APPEAL" => Self::InAppeal,
            "REJECTED" => Self::Rejected,
            "PAUSED" => Self::Paused,
            "DISABLED" => Self::Disabled,
            "LOCKED" => Self::Locked,
            "LIMIT_EXCEEDED" => Self::LimitExceeded,
            "ARCHIVED" => Self::Archived,
            "PENDING_DELETION" => Self::PendingDeletion,
            "DELETED" => Self::Deleted,
            _ => Self::Unknown,
        }
    }

    /// Why a template in this state is not sent.
    pub const fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Approved => None,
            Self::Draft => Some("This template is a draft: WhatsApp has not seen it yet."),
            Self::Pending | Self::InAppeal => Some("WhatsApp is still reviewing this template."),
            Self::Rejected => Some("WhatsApp rejected this template."),
            Self::Paused => Some("WhatsApp has paused this template because of low quality."),
            Self::Disabled => Some("WhatsApp has disabled this template."),
            Self::Locked => Some("WhatsApp has locked this template."),
            Self::LimitExceeded => Some("The account has more templates than WhatsApp allows; this one is too many."),
            Self::Archived | Self::PendingDeletion | Self::Deleted => Some("This template is deleted or archived."),
            Self::Unknown => Some("WhatsApp does not let this template be sent now."),
        }
    }

    /// Stopped by WhatsApp, not by its review.
    pub const fn is_stopped(self) -> bool {
        match self {
            Self::Paused | Self::Disabled | Self::Locked | Self::Rejected => true,
            Self::Draft
            | Self::Approved
            | Self::Pending
            | Self::InAppeal
            | Self::LimitExceeded
            | Self::Archived
            | Self::PendingDeletion
            | Self::Deleted
            | Self::Unknown => false,
        }
    }

    /// Whether its parts may be changed: here while it is a draft, at WhatsApp otherwise.
    pub const fn is_editable(self) -> bool {
        match self {
            Self::Draft | Self::Approved | Self::Rejected | Self::Paused => true,
            Self::Pending
            | Self::InAppeal
            | Self::Disabled
            | Self::Locked
            | Self::LimitExceeded
            | Self::Archived
            | Self::PendingDeletion
            | Self::Deleted
            | Self::Unknown => false,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Approved => "APPROVED",
            Self::Pending => "PENDING",
            Self::InAppeal => "IN_APPEAL",
            Self::Rejected => "REJECTED",
            Self::Paused => "PAUSED",
            Self::Disabled => "DISABLED",
            Self::Locked => "LOCKED",
            Self::LimitExceeded => "LIMIT_EXCEEDED",
            Self::Archived => "ARCHIVED",
            Self::PendingDeletion => "PENDING_DELETION",
            Self::Deleted => "DELETED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TemplateQuality {
    Green,
    Yellow,
    Red,
    Unknown,
}

impl TemplateQuality {
    pub fn of(word: &str) -> Self {
        match word.to_ascii_uppercase().as_str() {
            "GREEN" | "HIGH" => Self::Green,
            "YELLOW" | "MEDIUM" => Self::Yellow,
            "RED" | "LOW" => Self::Red,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_meta_invents_stops_sends_and_counts_as_marketing() {
        assert!(TemplateStatus::of("SOMETHING").refusal().is_some());
        assert!(Category::of("SOMETHING").is_marketing());
        assert_eq!(TemplateQuality::of("SOMETHING"), TemplateQuality::Unknown);
    }

    #[test]
    fn what_is_written_is_read_again() {
        for status in ["APPROVED", "PENDING", "IN_APPEAL", "PENDING_DELETION", "LIMIT_EXCEEDED"] {
            assert_eq!(TemplateStatus::of(status).as_str(), status);
            assert_eq!(serde_json::to_value(TemplateStatus::of(status)).unwrap(), status);
        }
    }
}
