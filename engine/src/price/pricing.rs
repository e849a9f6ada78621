//! Meta's word on what a message was charged as.

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::template::Category;
use crate::time::Timestamp;

/// What a message is charged as. A template has its own, and what comes with a status may be another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PriceCategory {
    Marketing,
    /// Sent by the API for marketing messages.
    MarketingLite,
    Utility,
    Authentication,
    AuthenticationInternational,
    Service,
    /// Within a free entry point.
    ReferralConversion,
    /// One that came after this version.
    Other,
}

impl PriceCategory {
    pub const ALL: &[Self] = &[
        Self::Marketing,
        Self::MarketingLite,
        Self::Utility,
        Self::Authentication,
        Self::AuthenticationInternational,
        Self::Service,
        Self::ReferralConversion,
        Self::Other,
    ];

    /// As the table and the API write it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::MarketingLite => "marketing_lite",
            Self::Utility => "utility",
            Self::Authentication => "authentication",
            Self::AuthenticationInternational => "authentication_international",
            Self::Service => "service",
            Self::ReferralConversion => "referral_conversion",
            Self::Other => "other",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|category| category.key() == key)
    }
}

impl From<Category> for PriceCategory {
    fn from(category: Category) -> Self {
        match category {
            Category::Marketing => Self::Marketing,
            Category::Utility => Self::Utility,
            Category::Authentication => Self::Authentication,
            Category::Unknown => Self::Other,
        }
    }
}

/// Whether it costs something, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PriceKind {
    Regular,
    /// The window was open.
    FreeCustomerService,
    /// The customer came by an ad.
    FreeEntryPoint,
    FreeGroup,
    /// Governments and non-profits that WhatsApp exempts.
    Exempt,
    /// Free, by a name that came after this version.
    OtherFree,
    /// Charged, by a name that came after this version.
    OtherBilled,
}

impl PriceKind {
    pub const ALL: &[Self] = &[
        Self::Regular,
        Self::FreeCustomerService,
        Self::FreeEntryPoint,
        Self::FreeGroup,
        Self::Exempt,
        Self::OtherFree,
        Self::OtherBilled,
    ];

    pub const fn is_billed(self) -> bool {
        match self {
            Self::Regular | Self::OtherBilled => true,
            Self::FreeCustomerService | Self::FreeEntryPoint | Self::FreeGroup | Self::Exempt | Self::OtherFree => {
                false
            }
        }
    }

    pub const fn key(self) -> &'static str {
        match self {
            Self::Regular => "regular",
            Self::FreeCustomerService => "free_customer_service",
            Self::FreeEntryPoint => "free_entry_point",
            Self::FreeGroup => "free_group",
            Self::Exempt => "exempt",
            Self::OtherFree => "other_free",
            Self::OtherBilled => "other_billed",
        }
    }
}

/// As one status says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Pricing {
    pub category: PriceCategory,
    pub kind: PriceKind,
}

/// What was first said of a message, and in which month: prices change between months. Of several statuses that say it the
/// first counts, so that a repeat changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Charge {
    pub pricing: Pricing,
    /// The first day of the month, in UTC.
    pub month: Day,
}

impl Charge {
    pub fn of(pricing: Pricing, at: Timestamp) -> Self {
        Self { pricing, month: Day::of(at).first_of_month() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_category_has_its_own_key() {
        for category in PriceCategory::ALL {
            assert_eq!(PriceCategory::from_key(category.key()), Some(*category));
            assert_eq!(serde_json::to_value(category).unwrap(), category.key());
        }
        for kind in PriceKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.key());
        }
    }
}
