//! Why somebody did not get it, by what can be done about it.

use serde::{Deserialize, Serialize};

use crate::delivery::{Failure, FailureAction};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FailureClass {
    /// Nothing is wrong with the person or the message.
    TryLater,
    /// WhatsApp holds marketing back for this person: not before a day has passed.
    PersonLimit,
    /// Will not arrive, however often it is sent.
    Permanent,
    /// The message, its values, or the account: fix it, then send.
    OurMistake,
}

/// WhatsApp's codes for what it holds back for a person.
const PERSON_LIMIT: [i64; 1] = [131_049];
/// No account there, blocked, opted out, an experiment, a country that is not written to.
const PERMANENT: [i64; 6] = [130_403, 130_472, 130_497, 131_021, 131_026, 131_050];
/// The account as a whole must not go on: stop, and call somebody.
const STOPS: [i64; 4] = [368, 131_031, 131_042, 131_048];
/// The template is paused, disabled, or is not there: nobody else would get it either.
const TEMPLATE_STOPS: [i64; 3] = [132_001, 132_015, 132_016];

impl FailureClass {
    pub fn of(failure: &Failure) -> Self {
        if let Some(code) = failure.code {
            if PERSON_LIMIT.contains(&code) {
                return Self::PersonLimit;
            }
            if PERMANENT.contains(&code) {
                return Self::Permanent;
            }
        }
        match failure.action {
            Some(FailureAction::Retry | FailureAction::RetryLater) => Self::TryLater,
            Some(
                FailureAction::UseTemplate
                | FailureAction::FixContent
                | FailureAction::FixNumber
                | FailureAction::FixAccount,
            ) => Self::OurMistake,
            Some(FailureAction::None) | None => Self::Permanent,
        }
    }
}

impl Failure {
    /// Whether a campaign must stop at once: everything that follows would fail too, or do harm.
    pub fn stops_a_campaign(&self) -> bool {
        let stops = |code| STOPS.contains(&code) || TEMPLATE_STOPS.contains(&code);
        self.code.is_some_and(stops) || self.action == Some(FailureAction::FixAccount)
    }
}
