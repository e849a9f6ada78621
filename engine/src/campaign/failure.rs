//! Why somebody did not get it, by what can be done about it.

use serde::{Deserialize, Serialize};

use super::CampaignCap;
use crate::consent::STOPPED_AT_META;
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
    /// They have stopped marketing, here or in WhatsApp.
    OptedOut,
    /// They have had as much advertising as the organization lets a person have: not before some of it is old enough.
    Capped,
}

/// WhatsApp's codes for what it holds back for a person.
const PERSON_LIMIT: [i64; 1] = [131_049];
/// No account there, blocked, an experiment, a country that is not written to.
const PERMANENT: [i64; 5] = [130_403, 130_472, 130_497, 131_021, 131_026];
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
            if code == STOPPED_AT_META {
                return Self::OptedOut;
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
            Some(FailureAction::WaitForOptIn) => Self::OptedOut,
            Some(FailureAction::WaitForCap) => Self::Capped,
            Some(FailureAction::None) | None => Self::Permanent,
        }
    }
}

impl Failure {
    /// Ours, before anything was sent: the person has opted out since the broadcast was started.
    pub fn opted_out() -> Self {
        let text = "This person has opted out of marketing, so nothing was sent.".to_owned();
        Self { code: None, text, action: Some(FailureAction::WaitForOptIn) }
    }

    /// Ours as well: another broadcast was faster since this one was started.
    pub fn capped(cap: CampaignCap) -> Self {
        let CampaignCap { messages, days } = cap;
        let text = format!(
            "This person has had {messages} marketing messages in {days} days, as many as the organization allows, so \
             nothing was sent."
        );
        Self { code: None, text, action: Some(FailureAction::WaitForCap) }
    }

    /// Ours too: the contact is not there any more.
    pub fn contact_deleted() -> Self {
        let text = "This contact was deleted after the broadcast was started, so nothing was sent.".to_owned();
        Self { code: None, text, action: Some(FailureAction::None) }
    }

    /// Ours too: it went to the same person as another contact, which was merged with this one.
    pub fn same_person() -> Self {
        let text = "This contact was merged with another that gets this broadcast, so nothing was sent.".to_owned();
        Self { code: None, text, action: Some(FailureAction::None) }
    }

    /// Ours too: WhatsApp showed since that the number is somebody else's.
    pub fn number_moved() -> Self {
        let text = "This number is another person's since the broadcast was started, so nothing was sent.".to_owned();
        Self { code: None, text, action: Some(FailureAction::None) }
    }

    /// Whether a campaign must stop at once: everything that follows would fail too, or do harm.
    pub fn stops_a_campaign(&self) -> bool {
        let stops = |code| STOPS.contains(&code) || TEMPLATE_STOPS.contains(&code);
        self.code.is_some_and(stops) || self.action == Some(FailureAction::FixAccount)
    }
}
