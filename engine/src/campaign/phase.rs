//! Where a campaign stands, and how it gets from one place to the next.

use serde::{Deserialize, Serialize};

use super::plan::check_sources;
use super::{Campaign, Frozen, Launch, Named, Outcomes, Series, Verdict};
use crate::alert::{Alert, AlertKind, Severity};
use crate::delivery::Failure;
use crate::directory::Person;
use crate::id::AlertId;
use crate::price::Money;
use crate::rejection::Rejection;
use crate::template::{Category, Template, TemplateStatus};
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
        /// What had left is found out about, and nobody is under way any more.
        is_settled: bool,
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
    /// WhatsApp does not let its template be sent any more.
    Template {
        status: TemplateStatus,
    },
    /// Too many did not get it.
    Failures {
        failed: u64,
        /// Outcomes that are known.
        of: u64,
    },
    /// Its template counts as advertising now: another price, and not for everybody.
    Category {
        category: Category,
    },
    /// It has cost as much as it may, or what has left may come to it.
    Spent {
        max: Money,
        spent: Money,
    },
    /// Of what repeats: far more people than somebody agreed to.
    Grown {
        people: u64,
        confirmed: u64,
    },
}

impl Phase {
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Cancelled { .. } | Self::Finished { .. })
    }

    /// Whether it goes to people, now or when it is frozen.
    pub fn is_going(&self) -> bool {
        matches!(self, Self::Freezing | Self::Running)
    }

    /// Whether an actor has something to do for it: what left before a pause or the end is still found out about.
    pub fn is_at_work(&self) -> bool {
        match self {
            Self::Freezing | Self::Running | Self::Paused { .. } | Self::Cancelled { is_settled: false, .. } => true,
            Self::Draft | Self::Cancelled { is_settled: true, .. } | Self::Finished { .. } => false,
        }
    }
}

impl PauseReason {
    /// WhatsApp refused in a way in which it would refuse everybody.
    pub fn refused(failure: &Failure) -> Self {
        Self::Refused { code: failure.code, text: failure.text.clone() }
    }

    /// What is told of it, and what to do; `None` when a person did it.
    fn told(&self) -> Option<(AlertKind, String, &'static str)> {
        const MEND: &str = "Open the broadcast, mend what it names, then resume it.";
        match self {
            Self::Person { .. } => None,
            Self::Refused { code, text } => {
                let is_template = code.is_some_and(|code| (132_000..133_000).contains(&code));
                let kind = if is_template { AlertKind::Template } else { AlertKind::Restriction };
                Some((kind, format!("WhatsApp refuses its messages: {text}"), MEND))
            }
            Self::Template { status } => {
                Some((AlertKind::Template, status.refusal().unwrap_or_default().to_owned(), MEND))
            }
            Self::Failures { failed, of } => {
                let why = format!("{failed} of {of} messages did not arrive, which is more than its plan allows.");
                Some((AlertKind::Quality, why, MEND))
            }
            Self::Category { .. } => {
                let why = "WhatsApp counts its template as marketing now, which has another price.";
                Some((AlertKind::Template, why.to_owned(), MEND))
            }
            Self::Spent { max, .. } => {
                let why = format!("It has cost as much as it may: {max}.");
                Some((AlertKind::Limit, why, "Open the broadcast, raise its limit of spending, then resume it."))
            }
            Self::Grown { people, confirmed } => {
                let why =
                    format!("It would go to {people} people, and {confirmed} were agreed to when it was started.");
                Some((AlertKind::Limit, why, "Open the broadcast, look who would get it, then resume it or cancel it."))
            }
        }
    }
}

impl Campaign {
    /// The template must be sendable and every variable must have a source.
    /// `named`: what the plan names, as it is now.
    pub fn launched(&self, by: Person, template: Template, named: Named, at: Timestamp) -> Result<Self, Rejection> {
        if self.phase != Phase::Draft {
            return Err(Rejection::Invalid("This broadcast was started already."));
        }
        let Named { files, segment, others } = named;
        self.check_templates(&template, &others)?;
        if self.plan.segment() != segment.as_ref().map(|segment| segment.id) {
            return Err(Rejection::Invalid("The segment of this broadcast is not there any more."));
        }
        let tree = segment.map(|segment| segment.tree);
        let (frozen, forgiven) = (Frozen::default(), Outcomes::default());
        let next = Self::first_time(&self.plan, at);
        if self.is_series() && next.is_none() {
            return Err(Rejection::Invalid("Its last time is over already."));
        }
        let series = self.is_series().then(|| Series { next, ..Series::default() });
        let (marks, retries, resting, occurrence) = Default::default();
        let (sampled_at, winner) = (None, None);
        let launch = Launch {
            by,
            at,
            template,
            files,
            tree,
            frozen,
            forgiven,
            marks,
            retries,
            resting,
            series,
            occurrence,
            others,
            sampled_at,
            winner,
        };
        // Nobody is to be written down.
        let phase = if self.is_triggered() || self.is_series() { Phase::Running } else { Phase::Freezing };
        Ok(Self { phase, launch: Some(launch), ..self.next() })
    }

    /// Each of its messages can be sent and has what it needs; all are of one kind, so that they differ by what they say and not by
    /// whom they may go to.
    fn check_templates(&self, template: &Template, others: &[Template]) -> Result<(), Rejection> {
        let wordings: Vec<_> = self.plan.wordings().collect();
        if wordings.len() != others.len() + 1 {
            return Err(Rejection::Invalid("A message of the test has no template."));
        }
        for (wording, one) in wordings.iter().zip(std::iter::once(template).chain(others)) {
            if let Some(reason) = one.unsendable() {
                return Err(Rejection::BadTemplate(reason));
            }
            check_sources(wording.variables, one)?;
            if one.category != template.category {
                return Err(Rejection::BadTemplate(format!(
                    "Message {} is of another category than message A: people would get them under other rules.",
                    wording.letter
                )));
            }
        }
        Ok(())
    }

    pub fn paused(&self, reason: PauseReason) -> Result<Self, Rejection> {
        if !self.phase.is_going() {
            return Err(Rejection::Invalid("This broadcast is not running."));
        }
        Ok(Self { phase: Phase::Paused { reason }, ..self.next() })
    }

    /// `template`, and `others` of its test: as WhatsApp has them now. What is sent stays what was launched, under its present category.
    pub fn resumed(&self, template: &Template, others: &[Template]) -> Result<Self, Rejection> {
        if !matches!(self.phase, Phase::Paused { .. }) {
            return Err(Rejection::Invalid("This broadcast is not paused."));
        }
        let now: Vec<_> = std::iter::once(template).chain(others).collect();
        let in_use = self.launch.iter().flat_map(Launch::templates_in_use);
        let mut in_use = in_use.filter_map(|launched| now.iter().find(|one| one.is_named_as(launched)));
        if let Some(reason) = in_use.find_map(|one| one.status.refusal()) {
            return Err(Rejection::BadTemplate(reason.to_owned()));
        }
        let mut next = self.next();
        next.phase = Phase::Freezing;
        if let Some(launch) = &mut next.launch {
            if let Phase::Paused { reason: PauseReason::Failures { failed, of } } = self.phase {
                launch.forgiven = launch.forgiven.and(Outcomes { failed, of });
            }
            for launched in launch.templates_mut() {
                if let Some(one) = now.iter().find(|one| one.is_named_as(launched)) {
                    launched.category = one.category;
                }
            }
            if launch.frozen.is_whole || self.is_triggered() || self.is_series() {
                next.phase = Phase::Running;
            }
        }
        Ok(next)
    }

    /// Why this template, as WhatsApp has it now, does not let it go on, if it is one that somebody may still get.
    pub fn held_by(&self, template: &Template) -> Option<PauseReason> {
        let launched = self.launch.as_ref()?.templates_in_use().find(|launched| launched.is_named_as(template))?;
        let (status, category) = (template.status, template.category);
        if status.refusal().is_some() {
            return Some(PauseReason::Template { status });
        }
        let is_dearer = category.is_marketing() && !launched.category.is_marketing();
        is_dearer.then_some(PauseReason::Category { category })
    }

    pub fn cancelled(&self, at: Timestamp) -> Result<Self, Rejection> {
        if self.phase == Phase::Draft || self.phase.is_over() {
            return Err(Rejection::Invalid("This broadcast is not running."));
        }
        Ok(Self { phase: Phase::Cancelled { at, is_settled: false }, ..self.next() })
    }

    /// Nobody is under way or in doubt any more. `None`: it was not cancelled, or that is known.
    pub fn settled(&self) -> Option<Self> {
        let Phase::Cancelled { at, is_settled: false } = self.phase else { return None };
        Some(Self { phase: Phase::Cancelled { at, is_settled: true }, ..self.next() })
    }

    /// What becomes of a doubt: twice is worse than never for what only advertises, and the other way round for the rest.
    pub fn verdict(&self) -> Verdict {
        if self.is_marketing() { Verdict::Park } else { Verdict::Again }
    }

    /// Whether it advertises, or may.
    pub fn is_marketing(&self) -> bool {
        self.launch.as_ref().is_none_or(|launch| launch.templates().any(|template| template.category.is_marketing()))
    }

    /// For people, when it has paused by itself: one for each time.
    pub fn pause_alert(&self, at: Timestamp) -> Option<Alert> {
        let Phase::Paused { reason } = &self.phase else { return None };
        let (kind, why, action) = reason.told()?;
        Some(Alert {
            id: AlertId::derive(&[b"campaign", self.id.as_bytes(), &self.revision.to_be_bytes()]),
            at,
            kind,
            severity: Severity::Critical,
            title: format!("The broadcast “{}” was stopped", self.name),
            effect: format!("{why} Nobody else gets it until you resume it."),
            action: Some(action.to_owned()),
            phone_number_id: None,
        })
    }

    /// Nobody waits and nobody is under way. `None`: it is not running.
    pub fn finished(&self, at: Timestamp) -> Option<Self> {
        (self.phase == Phase::Running).then(|| Self { phase: Phase::Finished { at }, ..self.next() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::fixture::{draft, launched, launched_test, page, priya, template, tested};
    use crate::campaign::{Letter, Tallies, freeze};
    use crate::template::{TemplateParts, TemplateStatus};

    #[test]
    fn only_a_draft_starts_and_only_with_a_template_that_can_be_sent() {
        let unsendable = Template { status: TemplateStatus::Paused, ..template(&[]) };
        assert!(draft().launched(priya(), unsendable, Named::default(), Timestamp(2)).is_err());
        let running = launched(&draft());
        assert!(running.launched(priya(), template(&[]), Named::default(), Timestamp(3)).is_err());
        assert!(running.edited("x", running.plan.clone(), priya()).is_err());
    }

    #[test]
    fn a_pause_goes_on_where_it_was() {
        let by_priya = || PauseReason::Person { by: priya() };
        let now = template(&[]);
        let freezing = launched(&draft()).paused(by_priya()).unwrap();
        assert_eq!(freezing.resumed(&now, &[]).map(|next| next.phase), Ok(Phase::Freezing));
        let (running, _) = freeze(&launched(&draft()), &page(&[1], None)).unwrap();
        let paused = running.paused(by_priya()).unwrap();
        assert_eq!(paused.resumed(&now, &[]).map(|next| next.phase), Ok(Phase::Running));
        assert!(paused.paused(by_priya()).is_err() && running.resumed(&now, &[]).is_err());
        assert_eq!(paused.pause_alert(Timestamp(9)), None, "somebody knows");
        let money = Money { micros: 612_800_000, currency: "USD".parse().unwrap() };
        let spent = running.paused(PauseReason::Spent { max: money, spent: money }).unwrap();
        let alert = spent.pause_alert(Timestamp(9)).unwrap();
        assert!(alert.effect.starts_with("It has cost as much as it may: USD 612.80."), "{}", alert.effect);
    }

    #[test]
    fn a_template_that_was_stopped_or_became_advertising_holds_it_until_somebody_decides() {
        let utility = Template { category: Category::Utility, ..template(&[]) };
        let campaign = draft().launched(priya(), utility.clone(), Named::default(), Timestamp(2)).unwrap();
        assert_eq!(campaign.held_by(&utility), None);
        let stopped = Template { status: TemplateStatus::Paused, ..utility };
        let reason = PauseReason::Template { status: TemplateStatus::Paused };
        assert_eq!(campaign.held_by(&stopped), Some(reason.clone()));
        let paused = campaign.paused(reason).unwrap();
        let alert = paused.pause_alert(Timestamp(9)).unwrap();
        assert!(alert.effect.starts_with("WhatsApp has paused this template"), "{}", alert.effect);
        assert!(matches!(paused.resumed(&stopped, &[]), Err(Rejection::BadTemplate(_))));
        let dearer = template(&[]);
        let reason = campaign.held_by(&dearer).unwrap();
        assert_eq!(reason, PauseReason::Category { category: Category::Marketing });
        let resumed = campaign.paused(reason).unwrap().resumed(&dearer, &[]).unwrap();
        assert_eq!((resumed.held_by(&dearer), resumed.is_marketing()), (None, true), "it goes on as what it is now");
        let cheaper = Template { category: Category::Utility, ..template(&[]) };
        assert_eq!(launched(&draft()).held_by(&cheaper), None);
    }

    #[test]
    fn all_messages_of_a_test_must_be_sendable_and_of_one_kind() {
        let campaign = tested(20, 2);
        let launch = |other: Template| {
            let named = Named { others: vec![other], ..Named::default() };
            campaign.launched(priya(), template(&[]), named, Timestamp(2))
        };
        let other = Template { name: "variant_b".into(), ..template(&[]) };
        assert!(launch(other.clone()).is_ok());
        assert!(campaign.launched(priya(), template(&[]), Named::default(), Timestamp(2)).is_err(), "B is not there");
        let notice = Template { category: Category::Utility, ..other.clone() };
        let Err(Rejection::BadTemplate(why)) = launch(notice) else { panic!("two kinds") };
        assert!(why.starts_with("Message B is of another category"), "{why}");
        assert!(launch(Template { status: TemplateStatus::Rejected, ..other.clone() }).is_err());
        let greedy = TemplateParts { body: "Hi {{1}}".into(), ..TemplateParts::default() };
        assert!(launch(Template { parts: greedy, ..other }).is_err(), "B's variable has no source");
    }

    #[test]
    fn the_template_of_any_message_holds_it_and_after_the_winner_only_the_winners() {
        let (campaign, _) = freeze(&launched_test(&tested(20, 2)), &page(&[1], None)).unwrap();
        let other = |status| Template { name: "variant_b".into(), status, ..template(&[]) };
        let stopped = other(TemplateStatus::Paused);
        let reason = campaign.held_by(&stopped).unwrap();
        assert_eq!(reason, PauseReason::Template { status: TemplateStatus::Paused });
        let paused = campaign.paused(reason).unwrap();
        assert!(paused.resumed(&template(&[]), std::slice::from_ref(&stopped)).is_err());
        assert!(paused.resumed(&template(&[]), &[other(TemplateStatus::Approved)]).is_ok());
        let chosen = campaign.chosen(Letter::A, priya(), &Tallies::default(), Timestamp(9)).unwrap();
        assert_eq!(chosen.held_by(&stopped), None);
        let own = Template { status: TemplateStatus::Paused, ..template(&[]) };
        assert!(chosen.held_by(&own).is_some());
    }

    #[test]
    fn what_is_over_stays_over() {
        let (running, _) = freeze(&launched(&draft()), &page(&[1], None)).unwrap();
        let cancelled = running.cancelled(Timestamp(9)).unwrap();
        assert!(cancelled.resumed(&template(&[]), &[]).is_err() && cancelled.cancelled(Timestamp(9)).is_err());
        assert!(cancelled.finished(Timestamp(9)).is_none() && cancelled.paced(Some(1)).is_err());
        let settled = cancelled.settled().unwrap();
        assert_eq!((cancelled.phase.is_at_work(), settled.phase.is_at_work()), (true, false));
        assert!(settled.settled().is_none() && running.settled().is_none());
        assert!(running.finished(Timestamp(9)).is_some_and(|it| it.phase.is_over()));
        assert!(draft().cancelled(Timestamp(9)).is_err(), "a draft is deleted");
    }
}
