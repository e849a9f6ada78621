use engine::directory::Number;
use engine::ports::FetchError;

use super::{ActionKind, Check, CheckName};
use crate::meta::graph::{SubscribedApp, TokenFacts};

/// Without a subscription Meta sends nothing; with one of another app it sends elsewhere.
pub(super) fn subscribed(
    number: &Number,
    apps: &Result<Vec<SubscribedApp>, FetchError>,
    token: &Result<TokenFacts, FetchError>,
) -> Check {
    let name = CheckName::Subscription;
    let ours = token.as_ref().ok().and_then(|token| token.app_id.as_deref());
    let broken = |title: &str| {
        Check::broken(name, title, "Messages of customers and ticks of what was sent do not arrive here.")
            .button(ActionKind::Subscribe)
            .by_hand(format!("POST /{}/subscribed_apps with this number\u{2019}s token.", number.waba_id))
    };
    match apps {
        Ok(apps) if apps.is_empty() => broken("No app is subscribed to the webhooks of the account"),
        Ok(apps) if ours.is_some_and(|ours| apps.iter().all(|app| app.id != ours)) => {
            broken("Only other apps are subscribed to the webhooks of the account")
        }
        Ok(_) => Check::fine(name, "The account\u{2019}s webhooks are subscribed"),
        Err(error) => Check::unasked(name, "Webhook subscription", error),
    }
}

#[cfg(test)]
mod tests {
    use engine::directory::{CheckState, NumberStanding};

    use super::*;

    #[test]
    fn only_the_tokens_own_app_counts() {
        let number = Number {
            phone_number_id: "200".parse().unwrap(),
            waba_id: "300".parse().unwrap(),
            portfolio: String::new(),
            name: String::new(),
            display: String::new(),
            token: String::new(),
            rate_per_second: 80,
            standing: NumberStanding::default(),
        };
        let app = |id: &str| SubscribedApp { id: id.into(), name: None };
        let token = Ok(TokenFacts { is_valid: true, app_id: Some("1".into()), expires_at: None, scopes: vec![] });
        let unknown = Err(FetchError::Never("(190)".into()));
        for (apps, token, state) in [
            (vec![], &token, CheckState::Broken),
            (vec![app("2")], &token, CheckState::Broken),
            (vec![app("2"), app("1")], &token, CheckState::Fine),
            (vec![app("2")], &unknown, CheckState::Fine),
        ] {
            let check = subscribed(&number, &Ok(apps), token);
            assert_eq!(check.state, state, "{check:?}");
            assert_eq!(check.by_hand.contains("/300/subscribed_apps"), state == CheckState::Broken);
        }
    }
}
