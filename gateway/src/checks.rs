//! Whether a number can do its work: one list of checks for the page and for `jetto doctor`. Each that fails says what is
//! wrong, what that does to messages, one button and one way by hand.

mod number;
pub mod round_trip;
mod subscription;
mod templates;
mod token;
mod watched;

use engine::directory::{CheckState, Number, NumberChange};
use engine::ports::{FetchError, MetaApi as _};
use engine::time::Timestamp;
use serde::Serialize;

use crate::meta::graph::GraphClient;
use crate::rounds::Finding;
use round_trip::RoundTrip;
pub use watched::{over, watched};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    Token,
    Scopes,
    Subscription,
    WebhookRoundTrip,
    Health,
    Quality,
    Tier,
    Throughput,
    Templates,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Check {
    pub check: CheckName,
    pub state: CheckState,
    pub title: String,
    /// What it does to messages; empty when it is fine.
    pub effect: String,
    pub action: Option<CheckAction>,
    /// What to do without the button; may be empty.
    pub by_hand: String,
}

/// The button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct CheckAction {
    pub label: &'static str,
    pub kind: ActionKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Sent back as `repair`.
    Subscribe,
    /// Asks for another token.
    ReplaceToken,
    CheckAgain,
    /// Leads to the settings of the organization's own app.
    App,
}

impl Check {
    fn fine(check: CheckName, title: impl Into<String>) -> Self {
        let (effect, by_hand) = (String::new(), String::new());
        Self { check, state: CheckState::Fine, title: title.into(), effect, action: None, by_hand }
    }

    fn to_do(check: CheckName, title: impl Into<String>, effect: impl Into<String>) -> Self {
        Self { state: CheckState::ToDo, effect: effect.into(), ..Self::fine(check, title) }
    }

    fn broken(check: CheckName, title: impl Into<String>, effect: impl Into<String>) -> Self {
        Self { state: CheckState::Broken, effect: effect.into(), ..Self::fine(check, title) }
    }

    fn by_hand(self, by_hand: impl Into<String>) -> Self {
        Self { by_hand: by_hand.into(), ..self }
    }

    fn button(self, kind: ActionKind) -> Self {
        let label = match kind {
            ActionKind::Subscribe => "Subscribe now",
            ActionKind::ReplaceToken => "Replace token",
            ActionKind::CheckAgain => "Check again",
            ActionKind::App => "Open app settings",
        };
        Self { action: Some(CheckAction { label, kind }), ..self }
    }

    /// Of something that could not be asked.
    fn unasked(check: CheckName, thing: &str, error: &FetchError) -> Self {
        let effect = "Nothing is known about it. Messages may be fine.";
        match error {
            FetchError::Later(_) => Self::to_do(check, format!("{thing}: WhatsApp did not answer"), effect)
                .button(ActionKind::CheckAgain)
                .by_hand("Check meta.graph_url and the network, then check again."),
            FetchError::Never(reason) => Self::to_do(check, format!("{thing}: WhatsApp refused to say"), effect)
                .button(ActionKind::ReplaceToken)
                .by_hand(reason.clone()),
        }
    }
}

/// What was found, and what it says of the number.
pub struct Findings {
    pub checks: Vec<Check>,
    pub heard: NumberChange,
    /// What the server would say of it by itself.
    pub alerts: Vec<Finding>,
}

/// Asks everything at once. `trip` is `None` where there is no server that could answer.
pub async fn run(graph: &GraphClient, number: &Number, trip: Option<RoundTrip>, now: Timestamp) -> Findings {
    let (token, facts, apps, health, templates) = tokio::join!(
        graph.token_facts(number),
        graph.number_facts(number),
        graph.subscribed_apps(number),
        graph.health(number),
        graph.templates(number),
    );
    let mut checks = vec![token::valid(&token, now), token::scopes(&token)];
    checks.push(subscription::subscribed(number, &apps, &token));
    checks.extend(trip.map(|trip| round_trip::answered(&trip, now)));
    checks.push(number::health(&health, &facts));
    checks.extend(number::standing(&facts));
    checks.push(templates::usable(&templates));
    let state = checks.iter().map(|check| check.state).max();
    let heard = match facts {
        Ok(facts) => NumberChange {
            rate_per_second: facts.rate(),
            quality: facts.quality,
            tier: facts.messaging_limit,
            state,
            ..NumberChange::default()
        },
        Err(_unasked) => NumberChange { state, ..NumberChange::default() },
    };
    Findings { checks, heard, alerts: watched(number, &token, &apps, now) }
}
