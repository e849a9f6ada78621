//! A broadcast: one template to many people, each of whom gets it at most once. What is to be sent is a [`Plan`]; at the launch its
//! audience is frozen into recipients, and from then on the campaign only counts them down.

mod answer;
mod approval;
mod by_hour;
mod cap;
mod cost;
mod daily;
mod failure;
#[cfg(test)]
mod fixture;
mod freeze;
mod hours;
mod lane;
mod phase;
mod plan;
mod recipient;
mod repeat;
mod retarget;
mod retry;
mod series;
mod shown;
mod skip;
mod spend;
mod stop_rule;
mod tally;
mod triggered;
mod variant;
mod zones;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use answer::Answers;
pub use approval::Approval;
pub use by_hour::{ByHour, HourKey, Step};
pub use cap::{CampaignCap, Reached};
pub use cost::{Cost, CostRow, CountryFigures, Estimate, EstimateRow, countries};
pub use daily::Mark;
pub use failure::FailureClass;
pub use freeze::{Frozen, PAGE as FREEZE_PAGE, Page, freeze};
pub use hours::{Hours, QuietHours, Turn};
pub use phase::{PauseReason, Phase};
pub use plan::{Audience, ContactField, Plan, Source, VariableSource};
pub use recipient::{CampaignRecipient, RecipientKey, RecipientRow, SendState, Verdict};
pub use repeat::{Repeat, RepeatOn};
pub use retarget::{ReachedOf, Silent};
pub use retry::{FailedOf, Retry, as_told};
pub use series::{Due, OccurrenceOf, Series};
pub use skip::Skip;
pub use stop_rule::{Outcomes, StopRule};
pub use tally::{Class, Tallies, TallyKey};
pub use triggered::{Addition, Given, Trigger};
pub use variant::{
    Evidence, Forms, Gap, Group, Letter, Measure, Share, TestReport, Variant, VariantFigures, VariantReport,
    VariantTest, Waiters, Winner, WinnerReason, WinnerRule, Wording,
};

use crate::content::Media;
use crate::directory::Person;
use crate::id::CampaignId;
use crate::segment::{Node, Question, Segment};
use crate::template::Template;
use crate::time::Timestamp;

/// Longest name, in characters.
const NAME_MAX: usize = 120;

/// Everything of a campaign but its recipients. Changed over its revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Campaign {
    pub id: CampaignId,
    /// 1 when it is made, one more with each change.
    pub revision: u64,
    pub name: String,
    pub author: Person,
    pub created_at: Timestamp,
    /// Who changed the draft last.
    pub editor: Person,
    pub plan: Plan,
    pub phase: Phase,
    /// Of the draft as it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
    /// Set from the launch on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub launch: Option<Launch>,
}

/// What was fixed when it was launched.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Launch {
    pub by: Person,
    pub at: Timestamp,
    /// As it was then: what is sent does not change under way.
    pub template: Template,
    /// Of ours, which its values name: the picture of the header.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<Media>,
    /// Of the segment that it goes to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tree: Option<Node>,
    pub frozen: Frozen,
    /// How it went before somebody let it go on in spite of it.
    pub forgiven: Outcomes,
    /// How far it was in the course of the last day, oldest first; only with so many a day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
    /// Broadcasts that write again to those who failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub retries: Vec<Retry>,
    /// Lanes from which nobody is sent to for now.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub resting: BTreeSet<u8>,
    /// Where it stands, if it repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<Series>,
    /// Which one it is of what repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurrence: Option<OccurrenceOf>,
    /// Of its test: B, then C and D.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<Template>,
    /// When the last of the sample of its test had left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled_at: Option<Timestamp>,
    /// Of its test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub winner: Option<Winner>,
}

/// What a plan names, and does not hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Named {
    pub files: Vec<Media>,
    pub segment: Option<Segment>,
    /// Templates of its test: B, then C and D.
    pub others: Vec<Template>,
}

impl Launch {
    /// Who of all contacts is meant. `None`: those that the plan says.
    pub fn question(&self) -> Option<Question> {
        self.tree.as_ref().map(|tree| Question::of(tree, self.at))
    }
}
