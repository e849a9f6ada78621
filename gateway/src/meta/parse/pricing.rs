//! What Meta says that a message was charged as. `billable` will go away, so `type` and `category` decide, and it only helps
//! where a type is new. Only prices per message count: those per conversation ended on 2025-07-01.

use engine::price::{PriceCategory, PriceKind, Pricing};
use serde_json::Value;

use super::json::text;

/// Of a status; `None`: it says nothing of it.
pub(super) fn pricing(status: &Value) -> Option<Pricing> {
    let pricing = status.get("pricing")?;
    if text(pricing, "pricing_model") == Some("CBP") {
        return None;
    }
    let category = category(text(pricing, "category")?);
    let billable = pricing.get("billable").and_then(Value::as_bool);
    let kind = match (text(pricing, "type"), text(pricing, "subtype")) {
        (Some("regular"), Some("paid_exempt")) => PriceKind::Exempt,
        (Some("regular"), _) => PriceKind::Regular,
        (Some("free_customer_service"), _) => PriceKind::FreeCustomerService,
        (Some("free_entry_point"), _) => PriceKind::FreeEntryPoint,
        (Some("free_group_customer_service"), _) => PriceKind::FreeGroup,
        (Some(other), _) if other.starts_with("free") => PriceKind::OtherFree,
        _ if billable == Some(false) => PriceKind::OtherFree,
        _ => PriceKind::OtherBilled,
    };
    Some(Pricing { category, kind })
}

/// Written with a hyphen here and with an underscore elsewhere.
fn category(text: &str) -> PriceCategory {
    PriceCategory::from_key(&text.replace('-', "_")).unwrap_or(PriceCategory::Other)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(pricing: &Value) -> Option<(PriceCategory, PriceKind)> {
        super::pricing(&json!({ "pricing": pricing })).map(|pricing| (pricing.category, pricing.kind))
    }

    #[test]
    fn type_and_category_say_what_it_costs() {
        for (pricing, expected) in [
            (json!({"category": "marketing", "type": "regular"}), (PriceCategory::Marketing, PriceKind::Regular)),
            (
                json!({"billable": true, "category": "utility", "type": "free_customer_service"}),
                (PriceCategory::Utility, PriceKind::FreeCustomerService),
            ),
            (
                json!({"category": "referral_conversion", "type": "free_entry_point"}),
                (PriceCategory::ReferralConversion, PriceKind::FreeEntryPoint),
            ),
            (
                json!({"category": "authentication-international", "type": "regular"}),
                (PriceCategory::AuthenticationInternational, PriceKind::Regular),
            ),
            (
                json!({"category": "marketing", "type": "regular", "subtype": "paid_exempt"}),
                (PriceCategory::Marketing, PriceKind::Exempt),
            ),
        ] {
            assert_eq!(told(&pricing), Some(expected), "{pricing}");
        }
    }

    #[test]
    fn what_is_new_is_free_only_if_it_says_so() {
        let kind = |pricing: Value| told(&pricing).map(|(_, kind)| kind);
        assert_eq!(kind(json!({"category": "marketing", "type": "free_on_sundays"})), Some(PriceKind::OtherFree));
        assert_eq!(kind(json!({"category": "marketing", "billable": false})), Some(PriceKind::OtherFree));
        assert_eq!(kind(json!({"category": "marketing", "type": "auction"})), Some(PriceKind::OtherBilled));
        let category =
            told(&json!({"category": "general_purpose_ai", "type": "regular"})).map(|(category, _)| category);
        assert_eq!(category, Some(PriceCategory::Other));
    }

    #[test]
    fn a_price_of_a_conversation_is_not_one_of_a_message() {
        assert_eq!(told(&json!({"pricing_model": "CBP", "category": "marketing", "billable": true})), None);
        assert_eq!(told(&json!({"type": "regular"})), None);
        assert_eq!(super::pricing(&json!({"status": "read"})), None);
    }
}
