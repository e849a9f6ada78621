//! What a delivered message costs, by date (§8). The dates are data: nothing else knows them.

use serde::{Deserialize, Serialize};

use crate::payload::status::Pricing;

/// 2026-10-01T00:00:00Z: service messages and utility in the window become billable.
const AUTUMN_2026_MS: u64 = 1_790_812_800_000;
/// Free service messages per number and month from then on.
const FREE_SERVICE_MESSAGES: u32 = 1_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Category {
    Marketing,
    Utility,
    Authentication,
    /// Free-form messages.
    Service,
}

impl Category {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Marketing => "marketing",
            Self::Utility => "utility",
            Self::Authentication => "authentication",
            Self::Service => "service",
        }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Circumstances {
    pub(crate) at_ms: u64,
    pub(crate) window_open: bool,
    pub(crate) free_entry: bool,
    /// Service messages that this number delivered this month.
    pub(crate) service_messages: u32,
}

pub(crate) fn price(category: Category, circumstances: Circumstances) -> Pricing {
    let is_free_service = match category {
        Category::Marketing | Category::Authentication => false,
        Category::Utility => circumstances.at_ms < AUTUMN_2026_MS && circumstances.window_open,
        Category::Service => {
            circumstances.at_ms < AUTUMN_2026_MS || circumstances.service_messages < FREE_SERVICE_MESSAGES
        }
    };
    if circumstances.free_entry {
        Pricing { billable: false, kind: "free_entry_point", category: "referral_conversion" }
    } else if is_free_service {
        Pricing { billable: false, kind: "free_customer_service", category: category.as_str() }
    } else {
        Pricing { billable: true, kind: "regular", category: category.as_str() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(category: Category, at_ms: u64, service_messages: u32) -> &'static str {
        price(category, Circumstances { at_ms, window_open: true, free_entry: false, service_messages }).kind
    }

    #[test]
    fn utility_in_the_window_costs_since_october_2026() {
        assert_eq!(kind(Category::Utility, AUTUMN_2026_MS - 1, 0), "free_customer_service");
        assert_eq!(kind(Category::Utility, AUTUMN_2026_MS, 0), "regular");
    }

    #[test]
    fn a_thousand_service_messages_a_month_are_free() {
        assert_eq!(kind(Category::Service, AUTUMN_2026_MS, 999), "free_customer_service");
        assert_eq!(kind(Category::Service, AUTUMN_2026_MS, 1_000), "regular");
    }
}
