//! The local copy of a template. Two voices speak of it, whole lists and single news, and the later one counts: a list that was
//! asked for before a template was paused does not open it again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Template;
use super::change::TemplateChange;
use super::standing::TemplateStatus;
use crate::id::{TemplateId, TenantId, WabaId};
use crate::time::{Span, Timestamp};

/// What clocks, and what WhatsApp's own parts know of each other, may differ by.
const SKEW: Span = Span::seconds(60);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct KeptTemplate {
    /// Of the account, the name and the language: those three are what a template is known by.
    pub id: TemplateId,
    pub waba: WabaId,
    #[serde(flatten)]
    pub template: Template,
    /// From 1, with each change.
    pub revision: u64,
    /// By our clock: when a list or one of us changed it last.
    pub written_at: Timestamp,
    /// By WhatsApp's clock: the newest news of it.
    pub news_at: Option<Timestamp>,
}

impl KeptTemplate {
    pub fn id_of(tenant: TenantId, waba: &WabaId, name: &str, language: &str) -> TemplateId {
        TemplateId::derive(&[tenant.as_bytes(), waba.as_str().as_bytes(), name.as_bytes(), language.as_bytes()])
    }

    /// One that is written down for the first time.
    pub fn new(tenant: TenantId, waba: &WabaId, template: Template, now: Timestamp) -> Self {
        let id = Self::id_of(tenant, waba, &template.name, &template.language);
        Self { id, waba: waba.clone(), template, revision: 1, written_at: now, news_at: None }
    }

    /// Written by one of us, or from a list.
    #[must_use]
    pub fn rewritten(&self, template: Template, now: Timestamp) -> Self {
        Self { template, revision: self.revision + 1, written_at: now, ..self.clone() }
    }

    /// What a whole list of an account, asked for at `asked_at`, changes of what is known of it.
    pub fn after_list(
        tenant: TenantId,
        waba: &WabaId,
        known: &[Self],
        listed: Vec<Template>,
        asked_at: Timestamp,
    ) -> Vec<Self> {
        let listed = listed.into_iter().map(|one| (Self::id_of(tenant, waba, &one.name, &one.language), one));
        let mut listed: BTreeMap<_, _> = listed.collect();
        let mut changed = Vec::new();
        for known in known {
            changed.extend(match listed.remove(&known.id) {
                Some(template) => known.listed(&template, asked_at),
                None => known.missing(asked_at),
            });
        }
        changed.extend(listed.into_values().map(|template| Self::new(tenant, waba, template, asked_at)));
        changed
    }

    fn is_known_since(&self, asked_at: Timestamp) -> bool {
        self.written_at > asked_at || self.news_at.is_some_and(|at| at.plus(SKEW) > asked_at)
    }

    /// After a list that was asked for at `asked_at`; `None`: as it was.
    #[must_use]
    pub fn listed(&self, listed: &Template, asked_at: Timestamp) -> Option<Self> {
        if self.is_known_since(asked_at) {
            return None;
        }
        let mut listed = listed.clone();
        // Lists do not say why.
        if listed.status == self.template.status && listed.reason.is_none() {
            listed.reason.clone_from(&self.template.reason);
        }
        (listed != self.template).then(|| self.rewritten(listed, asked_at))
    }

    /// After a list that it is not on; `None`: as it was. A draft is on no list, and one that was just submitted not at once.
    #[must_use]
    pub fn missing(&self, asked_at: Timestamp) -> Option<Self> {
        let is_new = self.written_at.plus(SKEW) > asked_at;
        let is_gone = matches!(self.template.status, TemplateStatus::Draft | TemplateStatus::Deleted);
        if is_new || is_gone || self.is_known_since(asked_at) {
            return None;
        }
        Some(self.rewritten(Template { status: TemplateStatus::Deleted, ..self.template.clone() }, asked_at))
    }

    /// After news of this time; `None`: as it was. News that are older than newer ones, or than a list, say nothing.
    #[must_use]
    pub fn heard(&self, change: &TemplateChange, at: Timestamp) -> Option<Self> {
        if self.news_at.is_some_and(|newest| newest > at) || at.plus(SKEW) < self.written_at {
            return None;
        }
        let template = self.template.changed(change);
        let changed = template != self.template;
        changed.then(|| Self { template, revision: self.revision + 1, news_at: Some(at), ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::fixture::{saying, template};
    use crate::template::standing::TemplateQuality;

    const ASKED: Timestamp = Timestamp(1_000_000);

    fn kept() -> KeptTemplate {
        let waba = "100".parse().unwrap();
        KeptTemplate::new(TenantId::from_bytes([1; 16]), &waba, template(saying("Hello.")), ASKED)
    }

    fn paused() -> TemplateChange {
        TemplateChange::Status { status: TemplateStatus::Paused, reason: Some("Low.".into()), category: None }
    }

    #[test]
    fn a_list_from_before_a_pause_does_not_open_the_template() {
        let later = ASKED.plus(Span::seconds(9));
        let kept = kept().heard(&paused(), later).unwrap();
        assert_eq!(kept.listed(&template(saying("Hello.")), later), None);
        let opened = kept.listed(&template(saying("Hello.")), later.plus(SKEW)).unwrap();
        assert_eq!((opened.template.status, opened.revision), (TemplateStatus::Approved, 3));
    }

    #[test]
    fn a_repeat_changes_nothing_and_old_news_neither() {
        let first = kept();
        assert_eq!(first.heard(&paused(), ASKED.minus(SKEW).minus(Span(1))), None);
        let kept = first.heard(&paused(), ASKED.plus(Span::seconds(2))).unwrap();
        assert_eq!(kept.heard(&paused(), ASKED.plus(Span::seconds(2))), None);
        let approved = TemplateChange::Status { status: TemplateStatus::Approved, reason: None, category: None };
        assert_eq!(kept.heard(&approved, ASKED.plus(Span::seconds(1))), None, "it comes late");
        assert_eq!(first.listed(&first.template, ASKED.plus(Span(1))), None);
    }

    #[test]
    fn news_in_whole_seconds_are_not_taken_for_older_than_the_list_of_that_second() {
        let kept = KeptTemplate { written_at: ASKED.plus(Span(900)), ..kept() };
        assert!(kept.heard(&paused(), ASKED).is_some());
    }

    #[test]
    fn what_is_on_no_list_any_more_is_deleted_but_a_draft_is_ours() {
        assert_eq!(kept().missing(ASKED), None, "it is new, and lists lag behind");
        let later = ASKED.plus(SKEW);
        assert_eq!(kept().missing(later).unwrap().template.status, TemplateStatus::Deleted);
        let mut draft = kept();
        draft.template.status = TemplateStatus::Draft;
        assert_eq!(draft.missing(later), None);
    }

    #[test]
    fn a_list_keeps_the_reason_of_the_state_that_it_repeats() {
        let kept = kept().heard(&paused(), ASKED).unwrap();
        let quality = TemplateQuality::Red;
        let listed = Template { status: TemplateStatus::Paused, quality, ..template(saying("Hello.")) };
        let after = kept.listed(&listed, ASKED.plus(SKEW)).unwrap().template;
        assert_eq!((after.reason.as_deref(), after.quality), (Some("Low."), TemplateQuality::Red));
    }
}
