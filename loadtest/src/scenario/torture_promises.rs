//! What torture holds the server to, and which of it each deliberate bug breaks.

use std::fmt;

use clap::ValueEnum;
use serde_json::Value;

use crate::report::progress;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Promise {
    /// Every webhook is answered with 200 in the end.
    Taken,
    /// What was answered is in the history.
    Kept,
    /// It is there once.
    KeptOnce,
    /// A message gets its file.
    File,
    /// A reply that was taken has an outcome.
    Outcome,
    /// Nobody gets a reply twice.
    SentOnce,
    /// What is shown as sent has reached Meta.
    Truth,
    /// Agents see every event once.
    Events,
    /// No number sends more than Meta allows.
    Rate,
    /// … nor a broadcast less.
    Pace,
    /// Everybody of a broadcast is counted in one place.
    Sums,
    /// What is counted is right.
    Figures,
    /// A reply does not wait for a broadcast.
    Reply,
    /// A pause holds, and holds nobody for good.
    Pause,
    /// Others go on with the work of a dead node.
    TakeOver,
    /// SIGTERM ends the server.
    Stop,
    /// The database is whole.
    Database,
    /// Logs name nobody.
    Log,
}

/// A promise that was broken, and how, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) promise: Promise,
    pub(crate) words: String,
}

impl Violation {
    pub(crate) fn new(promise: Promise, words: impl Into<String>) -> Self {
        Self { promise, words: words.into() }
    }

    /// `None`: there is nothing of which this is so.
    pub(crate) fn of(promise: Promise, what: &str, which: &[impl fmt::Debug]) -> Option<Self> {
        let examples: Vec<String> = which.iter().take(3).map(|one| format!("{one:?}")).collect();
        let words = || format!("{} {what}, e.g. {}", which.len(), examples.join(", "));
        (!which.is_empty()).then(|| Self::new(promise, words()))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { promise, words } = self;
        write!(f, "{promise:?}: {words}")
    }
}

impl From<Violation> for Value {
    fn from(violation: Violation) -> Self {
        violation.to_string().into()
    }
}

/// Deliberate bugs of a server that was built with them, by the name that `JETTO_SEEDED_BUG` has.
#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Bug {
    AnswerBeforeCommit,
    SendBeforeClaim,
    LogTheBody,
    /// Of a broadcast: who was under way when the server died waits again.
    ForgetClaims,
    /// In a cluster.
    LeaveClaimsOfTheDead,
}

impl Bug {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AnswerBeforeCommit => "answer_before_commit",
            Self::SendBeforeClaim => "send_before_claim",
            Self::LogTheBody => "log_the_body",
            Self::ForgetClaims => "forget_claims",
            Self::LeaveClaimsOfTheDead => "leave_claims_of_the_dead",
        }
    }

    /// It may break others on the way.
    fn breaks(self) -> Promise {
        match self {
            Self::AnswerBeforeCommit => Promise::Kept,
            Self::SendBeforeClaim | Self::ForgetClaims => Promise::SentOnce,
            Self::LogTheBody => Promise::Log,
            // Nobody sends them again, and nobody says that they are in doubt.
            Self::LeaveClaimsOfTheDead => Promise::Outcome,
        }
    }
}

/// Whether a run ended as it should, told on the way. `expected`: the bug that must show.
pub(crate) fn judge(violations: &[Violation], expected: Option<Bug>) -> bool {
    for violation in violations {
        progress(&format!("VIOLATION: {violation}"));
    }
    let Some(bug) = expected else { return violations.is_empty() };
    let shows = violations.iter().any(|violation| violation.promise == bug.breaks());
    if !shows {
        progress(&format!("the bug {} does not show: it breaks {:?}, which was kept", bug.name(), bug.breaks()));
    }
    shows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_bug_breaks_shows_it() {
        let lost = Violation::of(Promise::Kept, "are lost", &["a", "b", "c", "d"]).unwrap();
        assert_eq!(lost.to_string(), r#"Kept: 4 are lost, e.g. "a", "b", "c""#);
        let twice = Violation::new(Promise::SentOnce, "replies reached a customer twice");
        assert!(judge(&[], None) && !judge(std::slice::from_ref(&lost), None));
        for bug in Bug::value_variants() {
            assert!(!judge(&[], Some(*bug)));
        }
        let bug = Some(Bug::SendBeforeClaim);
        assert!(!judge(std::slice::from_ref(&lost), bug), "another promise");
        assert!(judge(&[lost, twice], bug));
    }

    #[test]
    fn a_bug_is_called_as_the_server_calls_it() {
        for bug in Bug::value_variants() {
            assert_eq!(bug.to_possible_value().unwrap().get_name(), bug.name());
        }
    }
}
