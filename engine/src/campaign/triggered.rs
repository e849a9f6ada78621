//! A broadcast that the business's own systems add people to, one after the other, for as long as it runs. Who cannot get it is refused at
//! once; whoever is added goes the way of every other recipient. Their place comes from the store, in the commit that adds them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::freeze::in_lane;
use super::{Audience, Campaign, CampaignRecipient, Phase, Plan, Skip, Source, VariableSource, plan};
use crate::contact::Contact;
use crate::id::{AskedId, ClientKey};
use crate::outgoing::Recipient;
use crate::price::Country;
use crate::rejection::Rejection;
use crate::template::{TemplateValue, TemplateVariable, VariablePlace};
use crate::time::Timestamp;

/// Longest value that comes along for one person, in characters: WhatsApp takes no longer body.
const GIVEN_MAX: usize = 1_024;

/// What somebody was added by. The same key is the same place, however often it comes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    pub key: ClientKey,
    /// What was asked for under it: another wish under the same key is a mistake of whoever sends it.
    pub asked: AskedId,
}

/// Values that come along for one person, by the names of variables.
pub type Given = BTreeMap<String, String>;

/// Somebody who may be added, with everything but their place.
#[derive(Debug, Clone, PartialEq)]
pub struct Addition {
    recipient: CampaignRecipient,
    /// How many numbers share the broadcast.
    lanes: usize,
    pub trigger: Trigger,
    pub at: Timestamp,
}

impl Addition {
    pub fn numbered(&self, no: u32) -> CampaignRecipient {
        let trigger = Some(Box::new(self.trigger.clone()));
        CampaignRecipient { no, lane: in_lane(no, self.lanes), trigger, ..self.recipient.clone() }
    }
}

impl Plan {
    /// A value that comes along needs somebody who brings it.
    pub(super) fn check_given(&self) -> Result<(), Rejection> {
        let is_given = |variable: &VariableSource| matches!(variable.source, Source::Given);
        if self.audience != Audience::Triggered && self.variables.iter().any(is_given) {
            return Err(Rejection::Invalid(
                "A value can come along with each person only where your systems add the people.",
            ));
        }
        Ok(())
    }
}

/// These values in the places of the plan's own.
fn with_given(variables: &[VariableSource], given: &Given) -> Result<Vec<VariableSource>, Rejection> {
    let mut variables = variables.to_vec();
    for (name, text) in given {
        if text.chars().count() > GIVEN_MAX {
            return Err(Rejection::BadTemplate(format!(
                "The value of {{{{{name}}}}} is longer than 1,024 characters."
            )));
        }
        let named =
            |variable: &VariableSource| variable.name == *name && !matches!(variable.source, Source::Value { .. });
        // Where the text and a button have a variable of one name, the text's is meant.
        let is_in_body = variables.iter().any(|one| named(one) && one.place == VariablePlace::Body);
        let is_meant = |one: &VariableSource| named(one) && (!is_in_body || one.place == VariablePlace::Body);
        if !variables.iter().any(is_meant) {
            return Err(Rejection::BadTemplate(format!("This broadcast has no text variable {{{{{name}}}}}.")));
        }
        for one in &mut variables {
            if is_meant(one) {
                one.source = Source::Text { text: text.clone() };
            }
        }
    }
    Ok(variables)
}

pub(super) fn values_for(
    variables: &[VariableSource],
    contact: &Contact,
    given: &Given,
) -> Result<Vec<TemplateVariable>, Rejection> {
    let missing =
        |name: String| Rejection::BadTemplate(format!("There is no value for {{{{{name}}}}} of this person."));
    let values = plan::values(&with_given(variables, given)?, contact).map_err(missing)?;
    // An empty text is none: whoever sent it has forgotten something.
    let is_empty = |one: &&TemplateVariable| matches!(&one.value, TemplateValue::Text(text) if text.trim().is_empty());
    if let Some(empty) = values.iter().find(is_empty) {
        return Err(missing(empty.name.clone()));
    }
    Ok(values)
}

impl Campaign {
    /// Whether people are added to it, rather than written down at its launch.
    pub fn is_triggered(&self) -> bool {
        self.plan.audience == Audience::Triggered
    }

    /// Whether somebody may still be added: also while it is paused, they wait then.
    pub fn takes_more(&self) -> bool {
        let is_on = matches!(self.phase, Phase::Running | Phase::Paused { .. });
        self.is_triggered() && is_on && self.launch.as_ref().is_some_and(|launch| !launch.frozen.is_whole)
    }

    /// This person with these values, or why they cannot get it. `is_capped`: had as much advertising as they may.
    pub fn addition(
        &self,
        contact: &Contact,
        is_capped: bool,
        given: &Given,
        trigger: Trigger,
        at: Timestamp,
    ) -> Result<Addition, Rejection> {
        self.require_more()?;
        Skip::check(self, contact, is_capped).map_err(Rejection::LeftOut)?;
        let launch = self.launch.as_ref().ok_or(Rejection::Invalid("This broadcast is not started yet."))?;
        let values = values_for(&self.plan.variables, contact, given)?;
        launch.template.fill(&values, &launch.files)?;
        let to = Recipient { wa_id: contact.phone.clone(), bsuid: contact.bsuid.clone() };
        let country = Country::of_recipient(&to);
        let recipient = CampaignRecipient {
            no: 0,
            contact: contact.id,
            lane: 0,
            to,
            country,
            values,
            group: None,
            other_values: Vec::new(),
            trigger: None,
        };
        Ok(Addition { recipient, lanes: self.plan.numbers.len(), trigger, at })
    }

    pub fn require_more(&self) -> Result<(), Rejection> {
        if self.takes_more() {
            return Ok(());
        }
        if !self.is_triggered() {
            return Err(Rejection::Invalid("The people of this broadcast are fixed at its start."));
        }
        if self.phase == Phase::Draft {
            return Err(Rejection::Invalid("This broadcast is not started yet."));
        }
        Err(Rejection::Invalid("This broadcast takes nobody more: it was ended."))
    }

    /// Takes nobody more. Whoever was added still gets it, then it is finished.
    pub fn closed(&self) -> Result<Self, Rejection> {
        self.require_more()?;
        let mut next = self.next();
        if let Some(launch) = &mut next.launch {
            launch.frozen.is_whole = true;
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::fixture::{contact, draft, launched, priya, template};
    use crate::campaign::{ContactField, FailureClass, PauseReason, freeze};
    use crate::consent::{ConsentEntry, Opted};

    fn variable(source: Source) -> VariableSource {
        VariableSource { name: "1".into(), place: VariablePlace::Body, index: None, card: None, source, fallback: None }
    }

    fn running(source: Source) -> Campaign {
        let mut campaign = draft();
        campaign.plan.audience = Audience::Triggered;
        campaign.plan.numbers = vec!["1".parse().unwrap(), "2".parse().unwrap()];
        campaign.plan.variables = vec![variable(source)];
        launched(&campaign)
    }

    fn trigger() -> Trigger {
        Trigger { key: "order-1".parse().unwrap(), asked: AskedId::from_bytes([1; 16]) }
    }

    fn given(text: &str) -> Given {
        Given::from([("1".to_owned(), text.to_owned())])
    }

    fn added(campaign: &Campaign, n: u8, given: &Given) -> Result<CampaignRecipient, Rejection> {
        campaign.addition(&contact(n), false, given, trigger(), Timestamp(7)).map(|addition| addition.numbered(3))
    }

    #[test]
    fn it_runs_from_its_launch_and_takes_people_until_somebody_ends_it() {
        let campaign = running(Source::Given);
        assert_eq!((campaign.phase.clone(), campaign.takes_more()), (Phase::Running, true));
        let paused = campaign.paused(PauseReason::Person { by: priya() }).unwrap();
        assert!(paused.takes_more(), "they wait");
        let resumed = paused.resumed(&template(&campaign.plan.variables), &[]).unwrap();
        assert_eq!(resumed.phase, Phase::Running);
        let closed = campaign.closed().unwrap();
        assert!(!closed.takes_more() && added(&closed, 1, &given("Berlin")).is_err() && closed.closed().is_err());
        assert!(closed.finished(Timestamp(9)).is_some());
        assert!(!campaign.cancelled(Timestamp(9)).unwrap().takes_more());
        let page = crate::campaign::fixture::page(&[1], None);
        assert!(freeze(&campaign, &page).is_none() && !launched(&draft()).takes_more());
    }

    #[test]
    fn a_value_that_comes_along_is_used_and_one_that_does_not_is_missed() {
        let campaign = running(Source::Given);
        let someone = added(&campaign, 1, &given("Berlin")).unwrap();
        assert_eq!((someone.no, someone.lane, someone.values[0].value.clone()), (3, 1, "Berlin".into()));
        assert_eq!(someone.trigger, Some(Box::new(trigger())));
        for bad in [Given::new(), given(" "), Given::from([("2".into(), "x".into())])] {
            assert!(matches!(added(&campaign, 1, &bad), Err(Rejection::BadTemplate(_))), "{bad:?}");
        }
        assert!(matches!(added(&campaign, 1, &given(&"x".repeat(1_025))), Err(Rejection::BadTemplate(_))));
        let by_name = running(Source::Contact { field: ContactField::FirstName });
        assert_eq!(added(&by_name, 1, &Given::new()).unwrap().values[0].value, "Marina".into());
        assert_eq!(added(&by_name, 1, &given("Dr. Duarte")).unwrap().values[0].value, "Dr. Duarte".into());
    }

    #[test]
    fn who_must_not_get_it_is_refused_with_the_reason() {
        let mut campaign = running(Source::Text { text: "you".into() });
        let said = |opted| {
            let mut contact = contact(1);
            contact.heed(&ConsentEntry::recorded(contact.id, opted, "called", priya(), Timestamp(1)).unwrap());
            contact
        };
        let ask = |campaign: &Campaign, contact: &Contact| {
            campaign.addition(contact, false, &Given::new(), trigger(), Timestamp(7)).map(drop)
        };
        assert_eq!(ask(&campaign, &said(Opted::Out)), Err(Rejection::LeftOut(Skip::OptedOut)));
        let gone = Contact { undeliverable_since: Some(Timestamp(1)), ..contact(4) };
        assert_eq!(ask(&campaign, &gone), Err(Rejection::LeftOut(Skip::Undeliverable)));
        assert_eq!(ask(&campaign, &contact(2)), Ok(()));
        campaign.plan.opted_in_only = true;
        assert_eq!(ask(&campaign, &contact(2)), Err(Rejection::LeftOut(Skip::NoConsent)));
        assert_eq!(ask(&campaign, &said(Opted::In)), Ok(()));
    }

    #[test]
    fn values_come_along_only_where_people_do_and_nobody_is_written_to_again_without_theirs() {
        let mut campaign = draft();
        campaign.plan.variables = vec![variable(Source::Given)];
        assert!(campaign.plan.check().is_err());
        campaign.plan.audience = Audience::Triggered;
        assert!(campaign.plan.check().is_ok());
        let over = running(Source::Given).closed().unwrap().finished(Timestamp(9)).unwrap();
        assert!(over.retried(FailureClass::TryLater, "again", priya(), None, None, Timestamp(99_999_999)).is_err());
    }
}
