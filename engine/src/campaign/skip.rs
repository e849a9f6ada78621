//! Who is left out, and why.

use serde::{Deserialize, Serialize};

use super::Campaign;
use crate::consent::{Consent, may_market};
use crate::contact::Contact;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Skip {
    /// Neither a number nor an id at WhatsApp.
    Unreachable,
    /// A variable has no value for this person, and no fallback.
    VariableMissing,
    /// A value that WhatsApp would refuse: too long, or with a line break.
    VariableInvalid,
    /// Asked not to be sent marketing.
    OptedOut,
    /// Never opted in, and the plan asks for that.
    NoConsent,
    /// WhatsApp could not reach them, and they have not written since.
    Undeliverable,
    /// Had as much advertising of late as the organization lets a person have.
    Capped,
    /// Would get it, and was drawn as one to compare with.
    HoldOut,
    /// Named twice, or another contact of the same person is in the audience.
    Duplicate,
    /// Speaks another language than its messages, and the plan asks for theirs.
    OtherLanguage,
}

impl Skip {
    /// As it is written for programs.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::VariableMissing => "variable_missing",
            Self::VariableInvalid => "variable_invalid",
            Self::OptedOut => "opted_out",
            Self::NoConsent => "no_consent",
            Self::Undeliverable => "undeliverable",
            Self::Capped => "capped",
            Self::HoldOut => "hold_out",
            Self::Duplicate => "duplicate",
            Self::OtherLanguage => "other_language",
        }
    }

    /// For whoever asked for just this person.
    pub const fn told(self) -> &'static str {
        match self {
            Self::Unreachable => "This person has neither a number nor an id at WhatsApp.",
            Self::VariableMissing => "A variable has no value for this person.",
            Self::VariableInvalid => "WhatsApp would refuse a value of this person.",
            Self::OptedOut => "This person has opted out of marketing messages.",
            Self::NoConsent => {
                "This person has never opted in to marketing messages, and this broadcast asks for that."
            }
            Self::Undeliverable => "WhatsApp could not reach this person, and they have not written since.",
            Self::Capped => "This person has had as many marketing messages as the organization sends to one.",
            Self::HoldOut => "This person was drawn as one who gets nothing, to compare with.",
            Self::Duplicate => "This person is in the audience already.",
            Self::OtherLanguage => "This person speaks another language than this broadcast, which asks for that.",
        }
    }

    /// `is_capped`: had as much advertising as they may.
    pub(super) fn check(campaign: &Campaign, contact: &Contact, is_capped: bool) -> Result<(), Self> {
        if contact.phone.is_none() && contact.bsuid.is_none() {
            return Err(Self::Unreachable);
        }
        if contact.undeliverable_since.is_some() {
            return Err(Self::Undeliverable);
        }
        if campaign.plan.same_language && !campaign.plan.speaks_to(contact) {
            return Err(Self::OtherLanguage);
        }
        if !campaign.is_marketing() {
            return Ok(());
        }
        if may_market(contact).is_err() {
            return Err(Self::OptedOut);
        }
        let has_opted_in = matches!(contact.marketing, Consent::OptedIn { .. });
        if campaign.plan.opted_in_only && !has_opted_in {
            return Err(Self::NoConsent);
        }
        if is_capped { Err(Self::Capped) } else { Ok(()) }
    }
}
