//! What WhatsApp says of the number itself: whether it can send, its quality, how many people it may write to, how fast.

use engine::ports::FetchError;

use super::{ActionKind, Check, CheckName};
use crate::meta::graph::{Health, NumberFacts};

const MANAGER: &str = "WhatsApp Manager, Phone numbers: open the number and follow what it asks for.";

pub(super) fn health(health: &Result<Option<Health>, FetchError>, facts: &Result<NumberFacts, FetchError>) -> Check {
    let name = CheckName::Health;
    let again = |check: Check, by_hand: String| check.button(ActionKind::CheckAgain).by_hand(by_hand);
    if let Ok(Some(Health { can_send, reasons })) = health
        && can_send != "AVAILABLE"
    {
        let why = if reasons.is_empty() { MANAGER.to_owned() } else { reasons.join(" ") };
        return again(
            if can_send == "LIMITED" {
                Check::to_do(name, "WhatsApp limits what the number sends", "Some messages fail.")
            } else {
                Check::broken(name, "WhatsApp blocks the number", "Nothing is sent from this number.")
            },
            why,
        );
    }
    match facts {
        Ok(facts) => match facts.status.as_deref() {
            Some("CONNECTED") | None => Check::fine(name, "The number is registered and can send"),
            Some(status) => {
                let status = status.to_lowercase().replace('_', " ");
                let effect = "Nothing is sent from this number, and nothing comes in.";
                again(
                    Check::broken(name, format!("WhatsApp says that the number is {status}"), effect),
                    "Register the number in WhatsApp Manager.".to_owned(),
                )
            }
        },
        Err(error) => Check::unasked(name, "State of the number", error),
    }
}

/// Quality, limit and pace.
pub(super) fn standing(facts: &Result<NumberFacts, FetchError>) -> Vec<Check> {
    match facts {
        Ok(facts) => vec![quality(facts), tier(facts), throughput(facts)],
        Err(error) => {
            [(CheckName::Quality, "Quality"), (CheckName::Tier, "Limit of people"), (CheckName::Throughput, "Pace")]
                .into_iter()
                .map(|(name, thing)| Check::unasked(name, thing, error))
                .collect()
        }
    }
}

fn quality(facts: &NumberFacts) -> Check {
    let name = CheckName::Quality;
    let by_hand = "Pause templates that people block, in WhatsApp Manager, and write to people active within 30 days.";
    match facts.quality.as_deref() {
        Some("GREEN") => Check::fine(name, "Quality is High"),
        Some("YELLOW") => {
            let effect = "People block or report messages of this number. All are still delivered.";
            Check::to_do(name, "Quality fell to Medium", effect).button(ActionKind::CheckAgain).by_hand(by_hand)
        }
        Some("RED") => {
            let effect = "Many people block this number. The limit does not grow, and WhatsApp may restrict it.";
            Check::broken(name, "Quality is Low", effect).button(ActionKind::CheckAgain).by_hand(by_hand)
        }
        Some(_) | None => Check::fine(name, "Quality is not known yet: too few messages"),
    }
}

fn tier(facts: &NumberFacts) -> Check {
    let name = CheckName::Tier;
    let Some(tier) = facts.messaging_limit.as_deref() else {
        return Check::fine(name, "WhatsApp does not say how many people may be written to");
    };
    let count = tier.trim_start_matches("TIER_").replace('K', ",000");
    match count.as_str() {
        "UNLIMITED" => Check::fine(name, "Any number of people may be written to"),
        "50" | "250" => {
            let effect = "Campaigns stop after so many people in 24 hours. Replies are not limited.";
            Check::to_do(name, format!("The limit is {count} people per day"), effect)
                .button(ActionKind::CheckAgain)
                .by_hand("Verify the business in Meta\u{2019}s Business settings, Security centre.")
        }
        count => Check::fine(name, format!("The limit is {count} people per day")),
    }
}

fn throughput(facts: &NumberFacts) -> Check {
    let name = CheckName::Throughput;
    match (facts.rate(), facts.throughput.as_deref()) {
        (Some(rate), _) => Check::fine(name, format!("The pace is {rate} messages per second")),
        (None, None) => Check::fine(name, "WhatsApp does not say the pace; the usual one is kept"),
        (None, Some(_)) => {
            let effect = "Sends may be slowed down by WhatsApp; they wait and are not lost.";
            Check::to_do(name, "WhatsApp gives the number no pace of its own", effect)
                .button(ActionKind::CheckAgain)
                .by_hand(MANAGER)
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::directory::CheckState;

    use super::*;

    fn facts(change: impl FnOnce(&mut NumberFacts)) -> NumberFacts {
        let text = |text: &str| Some(text.to_owned());
        let mut facts = NumberFacts {
            display: None,
            verified_name: None,
            status: text("CONNECTED"),
            quality: text("GREEN"),
            name_status: None,
            throughput: text("STANDARD"),
            messaging_limit: text("TIER_100K"),
        };
        change(&mut facts);
        facts
    }

    /// The one check of the three that is not fine.
    fn finding(change: impl FnOnce(&mut NumberFacts)) -> Check {
        let mut found = standing(&Ok(facts(change)));
        found.retain(|check| check.state != CheckState::Fine);
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    }

    #[test]
    fn a_good_number_has_nothing_to_do() {
        assert!(standing(&Ok(facts(|_| ()))).iter().all(|check| check.state == CheckState::Fine));
        assert_eq!(health(&Ok(None), &Ok(facts(|_| ()))).state, CheckState::Fine);
    }

    #[test]
    fn each_fault_is_found_and_says_what_to_do() {
        for (check, name, state) in [
            (finding(|facts| facts.quality = Some("YELLOW".into())), CheckName::Quality, CheckState::ToDo),
            (finding(|facts| facts.quality = Some("RED".into())), CheckName::Quality, CheckState::Broken),
            (finding(|facts| facts.messaging_limit = Some("TIER_250".into())), CheckName::Tier, CheckState::ToDo),
            (
                finding(|facts| facts.throughput = Some("NOT_APPLICABLE".into())),
                CheckName::Throughput,
                CheckState::ToDo,
            ),
        ] {
            assert_eq!((check.check, check.state), (name, state));
            assert!(!check.effect.is_empty() && !check.by_hand.is_empty() && check.action.is_some(), "{check:?}");
        }
    }

    #[test]
    fn a_number_that_cannot_send_is_told_with_metas_reason() {
        let said = |can_send: &str| Ok(Some(Health { can_send: can_send.into(), reasons: vec!["Unpaid.".into()] }));
        let blocked = health(&said("BLOCKED"), &Ok(facts(|_| ())));
        assert_eq!((blocked.state, blocked.by_hand.as_str()), (CheckState::Broken, "Unpaid."));
        assert_eq!(health(&said("LIMITED"), &Ok(facts(|_| ()))).state, CheckState::ToDo);
        assert_eq!(health(&said("AVAILABLE"), &Ok(facts(|_| ()))).state, CheckState::Fine);
        let banned = health(&Ok(None), &Ok(facts(|facts| facts.status = Some("RATE_LIMITED".into()))));
        assert_eq!(banned.title, "WhatsApp says that the number is rate limited");
    }
}
