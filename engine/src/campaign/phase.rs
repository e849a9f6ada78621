//! Where a campaign stands, and how it gets from one place to the next.

use serde::{Deserialize, Serialize};

use super::{Campaign, Frozen, Launch, Named, Verdict};
use crate::alert::{Alert, AlertKind, Severity};
use crate::delivery::Failure;
use crate::directory::Person;
use crate::id::AlertId;
use crate::rejection::Rejection;
use crate::template::Template;
use crate::time::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Phase {
    Draft,
    /// Its audience is being written down.
    Freezing,
    /// Recipients leave, not before the plan's start.
    Running,
    /// Nobody is sent to; what is handed to WhatsApp stays handed over.
    Paused {
        reason: PauseReason,
    },
    /// Whoever was still waiting gets nothing.
    Cancelled {
        at: Timestamp,
    },
    /// Nobody waits any more.
    Finished {
        at: Timestamp,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PauseReason {
    Person {
        by: Person,
    },
    /// WhatsApp refuses everything, or the template: in words for people.
    Refused {
        code: Option<i64>,
        text: String,
    },
}

impl Phase {
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Cancelled { .. } | Self::Finished { .. })
    }

    /// Whether an actor has something to do for it.
    pub fn is_at_work(&self) -> bool {
        matches!(self, Self::Freezing | Self::Running)
    }
}

impl Campaign {
    /// The template must be sendable and every variable must have a source.
    /// `named`: what the plan names, as it is now.
    pub fn launched(&self, by: Person, template: Template, named: Named, at: Timestamp) -> Result<Self, Rejection> {
        if self.phase != Phase::Draft {
            return Err(Rejection::Invalid("This broadcast was started already."));
        }
        if let Some(reason) = template.unsendable() {
            return Err(Rejection::BadTemplate(reason));
        }
        self.plan.check_against(&template)?;
        let Named { files, segment } = named;
        if self.plan.segment() != segment.as_ref().map(|segment| segment.id) {
            return Err(Rejection::Invalid("The segment of this broadcast is not there any more."));
        }
        let tree = segment.map(|segment| segment.tree);
        let launch = Launch { by, at, template, files, tree, frozen: Frozen::default() };
        Ok(Self { phase: Phase::Freezing, launch: Some(launch), ..self.next() })
    }

    pub fn paused(&self, reason: PauseReason) -> Result<Self, Rejection> {
        if !self.phase.is_at_work() {
            return Err(Rejection::Invalid("This broadcast is not running."));
        }
        Ok(Self { phase: Phase::Paused { reason }, ..self.next() })
    }

    pub fn resumed(&self) -> Result<Self, Rejection> {
        if !matches!(self.phase, Phase::Paused { .. }) {
            return Err(Rejection::Invalid("This broadcast is not paused."));
        }
        let is_frozen = self.launch.as_ref().is_some_and(|launch| launch.frozen.is_whole);
        let phase = if is_frozen { Phase::Running } else { Phase::Freezing };
        Ok(Self { phase, ..self.next() })
    }

    pub fn cancelled(&self, at: Timestamp) -> Result<Self, Rejection> {
        if self.phase == Phase::Draft || self.phase.is_over() {
            return Err(Rejection::Invalid("This broadcast is not running."));
        }
        Ok(Self { phase: Phase::Cancelled { at }, ..self.next() })
    }

    /// What becomes of a doubt: twice is worse than never for what only advertises, and the other way round for the rest.
    pub fn verdict(&self) -> Verdict {
        if self.is_marketing() { Verdict::Park } else { Verdict::Again }
    }

    /// Whether it advertises, or may.
    pub fn is_marketing(&self) -> bool {
        self.launch.as_ref().is_none_or(|launch| launch.template.category.is_marketing())
    }

    /// One per campaign and code, however often it is refused.
    pub fn refusal_alert(&self, failure: &Failure, at: Timestamp) -> Alert {
        let code = failure.code.unwrap_or_default();
        let is_template = (132_000..133_000).contains(&code);
        Alert {
            id: AlertId::derive(&[b"campaign", self.id.as_bytes(), &code.to_be_bytes()]),
            at,
            kind: if is_template { AlertKind::Template } else { AlertKind::Restriction },
            severity: Severity::Critical,
            title: format!("The broadcast “{}” was stopped", self.name),
            effect: format!("WhatsApp refuses its messages: {} Nobody else gets it until you resume it.", failure.text),
            action: Some("Open the broadcast, mend what WhatsApp names, then resume it.".to_owned()),
            phone_number_id: None,
        }
    }

    /// Nobody waits and nobody is under way. `None`: it is not running.
    pub fn finished(&self, at: Timestamp) -> Option<Self> {
        (self.phase == Phase::Running).then(|| Self { phase: Phase::Finished { at }, ..self.next() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::fixture::{draft, launched, page, priya, template};
    use crate::campaign::freeze;
    use crate::template::TemplateStatus;

    #[test]
    fn only_a_draft_starts_and_only_with_a_template_that_can_be_sent() {
        let unsendable = Template { status: TemplateStatus::Paused, ..template(&[]) };
        assert!(draft().launched(priya(), unsendable, Named::default(), Timestamp(2)).is_err());
        let running = launched(&draft());
        assert!(running.launched(priya(), template(&[]), Named::default(), Timestamp(3)).is_err());
        assert!(running.edited("x", running.plan.clone()).is_err());
    }

    #[test]
    fn a_pause_goes_on_where_it_was() {
        let by_priya = || PauseReason::Person { by: priya() };
        let freezing = launched(&draft()).paused(by_priya()).unwrap();
        assert_eq!(freezing.resumed().map(|next| next.phase), Ok(Phase::Freezing));
        let (running, _) = freeze(&launched(&draft()), &page(&[1], None)).unwrap();
        let paused = running.paused(by_priya()).unwrap();
        assert_eq!(paused.resumed().map(|next| next.phase), Ok(Phase::Running));
        assert!(paused.paused(by_priya()).is_err() && running.resumed().is_err());
    }

    #[test]
    fn what_is_over_stays_over() {
        let (running, _) = freeze(&launched(&draft()), &page(&[1], None)).unwrap();
        let cancelled = running.cancelled(Timestamp(9)).unwrap();
        assert!(cancelled.resumed().is_err() && cancelled.cancelled(Timestamp(9)).is_err());
        assert!(cancelled.finished(Timestamp(9)).is_none() && cancelled.paced(Some(1)).is_err());
        assert!(running.finished(Timestamp(9)).is_some_and(|it| it.phase.is_over()));
        assert!(draft().cancelled(Timestamp(9)).is_err(), "a draft is deleted");
    }
}
