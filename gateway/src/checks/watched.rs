//! The part of the checks that the server does by itself, as alerts.

use engine::alert::{Alert, AlertKind, Severity};
use engine::directory::{CheckState, Number};
use engine::id::{AlertId, PhoneNumberId};
use engine::ports::FetchError;
use engine::time::{Span, Timestamp};

use super::{Check, subscription, token};
use crate::meta::graph::{SubscribedApp, TokenFacts};
use crate::rounds::Finding;

/// Before this nobody is disturbed; the page says it earlier.
const EXPIRES_WITHIN: Span = Span::hours(24 * 7);

#[derive(Debug, Clone, Copy)]
enum Cause {
    TokenInvalid,
    TokenExpires,
    SubscriptionMissing,
}

impl Cause {
    const ALL: [Self; 3] = [Self::TokenInvalid, Self::TokenExpires, Self::SubscriptionMissing];

    const fn key(self) -> &'static str {
        match self {
            Self::TokenInvalid => "token_invalid",
            Self::TokenExpires => "token_expires",
            Self::SubscriptionMissing => "subscription_missing",
        }
    }

    /// The same for the same number: told again it is the same alert.
    fn id(self, number: &PhoneNumberId) -> AlertId {
        AlertId::derive(&[b"watched", number.as_str().as_bytes(), self.key().as_bytes()])
    }
}

/// What is wrong and what is mended. What WhatsApp did not say is neither.
pub fn watched(
    number: &Number,
    token: &Result<TokenFacts, FetchError>,
    apps: &Result<Vec<SubscribedApp>, FetchError>,
    now: Timestamp,
) -> Vec<Finding> {
    let id = &number.phone_number_id;
    let mut found = Vec::new();
    let told = |cause: Cause, kind: AlertKind, severity: Severity, check: Check| {
        let Check { title, effect, by_hand, .. } = check;
        let (id, phone_number_id) = (cause.id(id), Some(id.clone()));
        Finding::Wrong(Alert { id, at: now, kind, severity, title, effect, action: Some(by_hand), phone_number_id })
    };
    let mended = |cause: Cause| Finding::Mended(cause.id(id));
    let valid = token::valid(token, now);
    let ends_soon =
        token.as_ref().is_ok_and(|token| token.expires_at.is_some_and(|end| end <= now.plus(EXPIRES_WITHIN)));
    if valid.state == CheckState::Broken {
        found.push(mended(Cause::TokenExpires));
        found.push(told(Cause::TokenInvalid, AlertKind::Token, Severity::Critical, valid));
    } else if token.is_ok() {
        found.push(mended(Cause::TokenInvalid));
        found.push(if ends_soon {
            // The alert stays as it was raised, so it does not count days.
            let title = "The access token expires within a week".to_owned();
            told(Cause::TokenExpires, AlertKind::Token, Severity::Warning, Check { title, ..valid })
        } else {
            mended(Cause::TokenExpires)
        });
    }
    let subscribed = subscription::subscribed(number, apps, token);
    if subscribed.state == CheckState::Broken {
        found.push(told(Cause::SubscriptionMissing, AlertKind::Subscription, Severity::Critical, subscribed));
    } else if apps.is_ok() {
        found.push(mended(Cause::SubscriptionMissing));
    }
    found
}

/// For a number that is not connected any more.
pub fn over(number: &PhoneNumberId) -> Vec<Finding> {
    Cause::ALL.map(|cause| Finding::Mended(cause.id(number))).into()
}

#[cfg(test)]
mod tests {
    use engine::directory::NumberStanding;

    use super::*;

    const NOW: Timestamp = Timestamp(1_795_392_000_000);

    fn number() -> Number {
        Number {
            phone_number_id: "200".parse().unwrap(),
            waba_id: "300".parse().unwrap(),
            portfolio: String::new(),
            name: String::new(),
            display: String::new(),
            token: String::new(),
            rate_per_second: 80,
            standing: NumberStanding::default(),
        }
    }

    /// `+` for what is raised, `-` for what is put away.
    fn found(token: &Result<TokenFacts, FetchError>, apps: &Result<Vec<SubscribedApp>, FetchError>) -> Vec<String> {
        let key = |id: AlertId| Cause::ALL.into_iter().find(|cause| cause.id(&number().phone_number_id) == id);
        let found = watched(&number(), token, apps, NOW);
        let word = |finding| match finding {
            Finding::Wrong(alert) => format!("+{}", key(alert.id).unwrap().key()),
            Finding::Mended(id) => format!("-{}", key(id).unwrap().key()),
        };
        let mut words: Vec<String> = found.into_iter().map(word).collect();
        words.sort_unstable();
        words
    }

    fn token(is_valid: bool, ends_in_hours: Option<i64>) -> TokenFacts {
        let expires_at = ends_in_hours.map(|hours| NOW.plus(Span::hours(hours)));
        TokenFacts { is_valid, app_id: Some("1".into()), expires_at, scopes: vec![] }
    }

    #[test]
    fn each_cause_is_raised_and_put_away_by_itself() {
        let ours = Ok(vec![SubscribedApp { id: "1".into(), name: None }]);
        let fine = ["-subscription_missing", "-token_expires", "-token_invalid"];
        assert_eq!(found(&Ok(token(true, None)), &ours), fine);
        assert_eq!(found(&Ok(token(true, Some(24 * 7 + 1))), &ours), fine);
        let soon = ["+token_expires", "-subscription_missing", "-token_invalid"];
        assert_eq!(found(&Ok(token(true, Some(24 * 7))), &ours), soon);
        let gone = ["+token_invalid", "-subscription_missing", "-token_expires"];
        assert_eq!(found(&Ok(token(true, Some(0))), &ours), gone);
        assert_eq!(found(&Ok(token(false, None)), &ours), gone);
        let deaf = ["+subscription_missing", "-token_expires", "-token_invalid"];
        assert_eq!(found(&Ok(token(true, None)), &Ok(vec![])), deaf);
    }

    #[test]
    fn what_whatsapp_did_not_say_is_neither_wrong_nor_mended() {
        let later = || FetchError::Later("WhatsApp did not answer.".into());
        assert!(found(&Err(later()), &Err(later())).is_empty());
        let refused = FetchError::Never("(190)".into());
        assert_eq!(found(&Err(refused), &Err(later())), ["+token_invalid", "-token_expires"]);
    }
}
