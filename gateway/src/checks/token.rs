use engine::ports::FetchError;
use engine::time::{Span, Timestamp};

use super::{ActionKind, Check, CheckName};
use crate::meta::graph::TokenFacts;

/// Enough for somebody who is asked on a Friday.
const EXPIRES_SOON: Span = Span::hours(24 * 14);
const SCOPES: [&str; 2] = ["whatsapp_business_messaging", "whatsapp_business_management"];
const NEW_TOKEN: &str = "Business settings, Users, System users: generate a token with whatsapp_business_messaging and \
    whatsapp_business_management, without expiry, and connect the number with it.";

pub(super) fn valid(token: &Result<TokenFacts, FetchError>, now: Timestamp) -> Check {
    let name = CheckName::Token;
    let broken = |title: &str| {
        Check::broken(name, title, "Nothing is sent from this number, and files of customers are not fetched.")
            .button(ActionKind::ReplaceToken)
            .by_hand(NEW_TOKEN)
    };
    match token {
        Ok(token) if !token.is_valid => broken("WhatsApp refuses the access token"),
        Ok(token) => match token.expires_at {
            Some(end) if end <= now => broken("The access token has expired"),
            Some(end) if end <= now.plus(EXPIRES_SOON) => {
                let days = (end.0 - now.0) / Span::hours(24).0;
                let effect = "Then sending stops. Receiving goes on. A system user token does not expire.";
                Check::to_do(name, format!("The access token expires in {days} days"), effect)
                    .button(ActionKind::ReplaceToken)
                    .by_hand(NEW_TOKEN)
            }
            Some(_) | None => Check::fine(name, "The access token is valid"),
        },
        Err(FetchError::Never(_)) => broken("WhatsApp refuses the access token"),
        Err(later @ FetchError::Later(_)) => Check::unasked(name, "Access token", later),
    }
}

pub(super) fn scopes(token: &Result<TokenFacts, FetchError>) -> Check {
    let name = CheckName::Scopes;
    match token {
        Ok(token) if !token.is_valid => {
            Check::to_do(name, "Scopes: the token is not valid", "They are checked with the next token.")
                .button(ActionKind::ReplaceToken)
                .by_hand(NEW_TOKEN)
        }
        Ok(token) => match SCOPES.into_iter().find(|wanted| !token.scopes.iter().any(|has| has == wanted)) {
            Some(missing) => {
                let effect = if missing == "whatsapp_business_messaging" {
                    "Nothing can be sent from this number."
                } else {
                    "Templates are not listed, and the state of the number is not known."
                };
                Check::broken(name, format!("The token lacks {missing}"), effect)
                    .button(ActionKind::ReplaceToken)
                    .by_hand(NEW_TOKEN)
            }
            None => Check::fine(name, "The token has every scope it needs"),
        },
        Err(error) => Check::unasked(name, "Scopes", error),
    }
}

#[cfg(test)]
mod tests {
    use engine::directory::CheckState;

    use super::*;

    const NOW: Timestamp = Timestamp(1_795_392_000_000);

    fn facts(expires_in: Option<Span>, scopes: &[&str]) -> TokenFacts {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        let expires_at = expires_in.map(|span| NOW.plus(span));
        TokenFacts { is_valid: true, app_id: None, expires_at, scopes }
    }

    #[test]
    fn a_token_that_ends_says_when_and_then_that_nothing_is_sent() {
        assert_eq!(valid(&Ok(facts(None, &[])), NOW).state, CheckState::Fine);
        assert_eq!(valid(&Ok(facts(Some(Span::hours(24 * 30)), &[])), NOW).state, CheckState::Fine);
        let soon = valid(&Ok(facts(Some(Span::hours(24 * 9 + 1)), &[])), NOW);
        assert_eq!((soon.state, soon.title.as_str()), (CheckState::ToDo, "The access token expires in 9 days"));
        let gone = valid(&Ok(facts(Some(Span::seconds(0)), &[])), NOW);
        assert_eq!(gone.state, CheckState::Broken);
        assert!(gone.effect.contains("Nothing is sent") && gone.by_hand.contains("System users"), "{gone:?}");
    }

    #[test]
    fn each_missing_scope_says_what_it_costs() {
        assert_eq!(scopes(&Ok(facts(None, &SCOPES))).state, CheckState::Fine);
        for (has, lacks, costs) in [(SCOPES[1], SCOPES[0], "Nothing can be sent"), (SCOPES[0], SCOPES[1], "Templates")]
        {
            let check = scopes(&Ok(facts(None, &[has])));
            assert_eq!(check.state, CheckState::Broken);
            assert!(check.title.contains(lacks) && check.effect.contains(costs), "{check:?}");
        }
    }

    #[test]
    fn silence_of_whatsapp_is_nothing_broken() {
        let silent = Err(FetchError::Later("WhatsApp did not answer.".into()));
        assert_eq!(valid(&silent, NOW).state, CheckState::ToDo);
        assert_eq!(scopes(&silent).action.unwrap().kind, ActionKind::CheckAgain);
        assert_eq!(valid(&Err(FetchError::Never("(190)".into())), NOW).state, CheckState::Broken);
    }
}
