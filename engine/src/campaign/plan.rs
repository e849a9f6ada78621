//! What is to be sent, to whom, and how fast.

use serde::{Deserialize, Serialize};

use super::{Campaign, FailedOf, Hours, NAME_MAX, Phase, QuietHours, ReachedOf, Repeat, StopRule, VariantTest};
use crate::contact::Contact;
use crate::directory::Person;
use crate::id::{CampaignId, ContactId, MediaId, PhoneNumberId, SegmentId};
use crate::price::Money;
use crate::rejection::Rejection;
use crate::template::{Template, TemplateValue, TemplateVariable, VariablePlace, VariableSlot};
use crate::time::Timestamp;

/// Numbers that share a campaign: a lane each.
const LANES_MAX: usize = 20;
/// People named one by one; more are a segment.
const NAMED_MAX: usize = 10_000;
const VARIABLES_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Plan {
    /// Of the template, as of its language.
    pub template: String,
    pub language: String,
    /// Business numbers that share the people out, a lane each, at least one.
    pub numbers: Vec<PhoneNumberId>,
    pub audience: Audience,
    /// Marketing goes to no one who was never asked. Who has opted out gets none in any case.
    #[serde(default)]
    pub opted_in_only: bool,
    /// Whose language is known, and is that of none of its messages, gets none: `pt` and `pt_BR` are one language.
    #[serde(default)]
    pub same_language: bool,
    pub variables: Vec<VariableSource>,
    /// Messages per second of all lanes together; `None`: as many as WhatsApp allows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_second: Option<u32>,
    /// Not before; `None`: at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_at: Option<Timestamp>,
    /// `start_at` is not one moment: everybody's turn comes when their own clock shows what that of `zone` shows then.
    #[serde(default)]
    pub start_is_local: bool,
    /// Hours in which nobody is written to, by their own clock; who waits then gets it afterwards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet: Option<QuietHours>,
    /// `America/Sao_Paulo`: of the sender, and of people whose country is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<String>,
    /// When it stops by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop: Option<StopRule>,
    /// People to begin with in any 24 hours, of all lanes together; the others wait for the next day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub per_day: Option<u32>,
    /// It pauses when it has cost so much, or may come to; `None`: no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spend_max: Option<Money>,
    /// It is made anew at these times, each with its own people; `None`: once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
    /// Other messages that some get instead, to find out which does best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<VariantTest>,
    /// Of a hundred people who would get it, so many get nothing, to compare with: at most 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold_out: Option<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Audience {
    Everyone,
    Contacts {
        ids: Vec<ContactId>,
    },
    /// As it is when the broadcast is started.
    Segment {
        id: SegmentId,
    },
    /// Whom another broadcast did not reach.
    Failed(FailedOf),
    /// Whom another broadcast reached, and who did not read or answer it.
    Reached(ReachedOf),
    /// People are added while it runs, by the business's own systems.
    Triggered,
}

/// Where the value of a variable comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VariableSource {
    /// `1` or a name.
    pub name: String,
    pub place: VariablePlace,
    /// Which button, from 0.
    #[serde(default)]
    pub index: Option<u8>,
    /// Which card, from 0.
    #[serde(default)]
    pub card: Option<u8>,
    pub source: Source,
    /// For people of whom the source says nothing; without one they are left out.
    #[serde(default)]
    pub fallback: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// The same for everybody.
    Text {
        text: String,
    },
    /// The same for everybody, and no text: a picture, a place, the end of an offer.
    Value {
        value: TemplateValue,
    },
    Contact {
        field: ContactField,
    },
    /// Comes along with each person who is added.
    Given,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ContactField {
    Name,
    FirstName,
    Username,
    Phone,
    Country,
}

impl ContactField {
    fn of(self, contact: &Contact) -> Option<String> {
        match self {
            Self::Name => contact.name.clone(),
            Self::FirstName => {
                contact.name.as_deref().and_then(|name| name.split_whitespace().next()).map(str::to_owned)
            }
            Self::Username => contact.username.clone(),
            Self::Phone => contact.phone.as_ref().map(crate::id::WaId::e164),
            Self::Country => contact.country.clone(),
        }
        .filter(|value| !value.trim().is_empty())
    }
}

impl VariableSource {
    fn is_for(&self, slot: &VariableSlot) -> bool {
        self.place == slot.place && self.index == slot.index && self.card == slot.card && self.name == slot.name
    }

    /// The file of ours that it names.
    pub fn file(&self) -> Option<MediaId> {
        match &self.source {
            Source::Value { value: TemplateValue::File { media_id, .. } } => Some(*media_id),
            Source::Value { .. } | Source::Text { .. } | Source::Contact { .. } | Source::Given => None,
        }
    }
}

impl Plan {
    /// One message to everybody of the audience, at once and as fast as WhatsApp allows.
    pub fn new(
        template: impl Into<String>,
        language: impl Into<String>,
        numbers: Vec<PhoneNumberId>,
        audience: Audience,
    ) -> Self {
        Self {
            template: template.into(),
            language: language.into(),
            numbers,
            audience,
            opted_in_only: false,
            same_language: false,
            variables: Vec::new(),
            per_second: None,
            start_at: None,
            start_is_local: false,
            quiet: None,
            zone: None,
            stop: None,
            per_day: None,
            spend_max: None,
            repeat: None,
            test: None,
            hold_out: None,
        }
    }

    /// What is wrong with it whoever gets it, before anything is written.
    pub(super) fn check(&self) -> Result<(), Rejection> {
        if self.numbers.is_empty() {
            return Err(Rejection::Invalid("A broadcast needs a number to send from."));
        }
        if self.numbers.len() > LANES_MAX {
            return Err(Rejection::Invalid("At most 20 numbers can share a broadcast."));
        }
        let mut numbers = self.numbers.clone();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.len() != self.numbers.len() {
            return Err(Rejection::Invalid("A number is there twice."));
        }
        if self.per_second == Some(0) {
            return Err(Rejection::Invalid("At least one message per second, or no limit."));
        }
        if self.per_day == Some(0) {
            return Err(Rejection::Invalid("At least one person a day, or no limit."));
        }
        Hours::check(self)?;
        self.stop.map_or(Ok(()), StopRule::check)?;
        check_count(&self.variables)?;
        self.check_test()?;
        self.check_spend()?;
        self.check_given()?;
        Repeat::check(self)?;
        match &self.audience {
            Audience::Contacts { ids } if ids.is_empty() => Err(Rejection::Invalid("A broadcast needs people.")),
            Audience::Contacts { ids } if ids.len() > NAMED_MAX => {
                Err(Rejection::Invalid("At most 10,000 people can be named one by one: make a segment of them."))
            }
            Audience::Everyone
            | Audience::Contacts { .. }
            | Audience::Segment { .. }
            | Audience::Failed(_)
            | Audience::Reached(_)
            | Audience::Triggered => Ok(()),
        }
    }

    /// Whether one of its messages is in the language of this person, or theirs is not known.
    pub fn speaks_to(&self, contact: &Contact) -> bool {
        let bare = |language: &str| language.split(['_', '-']).next().map(str::to_ascii_lowercase);
        let own = contact.language.as_deref().and_then(bare);
        own.is_none() || self.wordings().any(|wording| bare(wording.language) == own)
    }

    /// The segment that it goes to.
    pub fn segment(&self) -> Option<SegmentId> {
        match self.audience {
            Audience::Segment { id } => Some(id),
            Audience::Everyone
            | Audience::Contacts { .. }
            | Audience::Failed(_)
            | Audience::Reached(_)
            | Audience::Triggered => None,
        }
    }

    /// The broadcast whose people it goes to.
    pub fn follows(&self) -> Option<CampaignId> {
        match &self.audience {
            Audience::Failed(failed) => Some(failed.campaign),
            Audience::Reached(reached) => Some(reached.campaign),
            Audience::Everyone | Audience::Contacts { .. } | Audience::Segment { .. } | Audience::Triggered => None,
        }
    }

    /// Nothing leaves before.
    pub fn opens_at(&self) -> Option<Timestamp> {
        Hours::of(self).and_then(|hours| hours.opens()).or(self.start_at)
    }
}

pub(super) fn check_count(variables: &[VariableSource]) -> Result<(), Rejection> {
    if variables.len() > VARIABLES_MAX {
        return Err(Rejection::Invalid("A template has at most 100 variables."));
    }
    Ok(())
}

/// Every variable of the template has a source, and no source is of another template.
pub(super) fn check_sources(variables: &[VariableSource], template: &Template) -> Result<(), Rejection> {
    let slots = template.variables();
    for slot in slots.iter().filter(|slot| slot.required) {
        if !variables.iter().any(|source| source.is_for(slot)) {
            return Err(Rejection::BadTemplate(format!("The {slot} has no source.")));
        }
    }
    let strange = variables.iter().find(|source| !slots.iter().any(|slot| source.is_for(slot)));
    strange.map_or(Ok(()), |source| {
        Err(Rejection::BadTemplate(format!("The template has no variable {{{{{}}}}} there.", source.name)))
    })
}

/// The values for one person; `Err`: the variable of which nothing is known.
pub(super) fn values(variables: &[VariableSource], contact: &Contact) -> Result<Vec<TemplateVariable>, String> {
    let value = |variable: &VariableSource| {
        let found = match &variable.source {
            Source::Text { text } => Some(TemplateValue::Text(text.clone())),
            Source::Value { value } => Some(value.clone()),
            Source::Contact { field } => field.of(contact).map(TemplateValue::Text),
            Source::Given => None,
        };
        let fallback = || variable.fallback.clone().map(TemplateValue::Text);
        let value = found.or_else(fallback).ok_or_else(|| variable.name.clone())?;
        let VariableSource { name, place, index, card, .. } = variable;
        Ok(TemplateVariable { name: name.clone(), place: *place, index: *index, card: *card, value })
    };
    variables.iter().map(value).collect()
}

impl Campaign {
    pub fn draft(
        id: CampaignId,
        name: &str,
        plan: Plan,
        author: Person,
        created_at: Timestamp,
    ) -> Result<Self, Rejection> {
        plan.check()?;
        let name = checked_name(name)?;
        let editor = author.clone();
        let (phase, approval, launch) = (Phase::Draft, None, None);
        Ok(Self { id, revision: 1, name, author, created_at, editor, plan, phase, approval, launch })
    }

    /// A draft with another name and plan.
    pub fn edited(&self, name: &str, plan: Plan, editor: Person) -> Result<Self, Rejection> {
        if self.phase != Phase::Draft {
            return Err(Rejection::Invalid("Only a draft can be changed; this broadcast was started."));
        }
        plan.check()?;
        Ok(Self { name: checked_name(name)?, plan, editor, approval: None, ..self.next() })
    }

    /// With other messages per second; allowed at any time until it ends.
    pub fn paced(&self, per_second: Option<u32>) -> Result<Self, Rejection> {
        if self.phase.is_over() {
            return Err(Rejection::Invalid("This broadcast has ended."));
        }
        let plan = Plan { per_second, ..self.plan.clone() };
        plan.check()?;
        let approval = self.approval.clone().filter(|_| self.phase != Phase::Draft);
        Ok(Self { plan, approval, ..self.next() })
    }

    pub(super) fn next(&self) -> Self {
        Self { revision: self.revision + 1, ..self.clone() }
    }
}

fn checked_name(name: &str) -> Result<String, Rejection> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Rejection::Invalid("A broadcast needs a name."));
    }
    if name.chars().count() > NAME_MAX {
        return Err(Rejection::Invalid("A name has at most 120 characters."));
    }
    Ok(name.to_owned())
}
