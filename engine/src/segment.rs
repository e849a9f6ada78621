//! Segments: conditions on contacts, put together by "all of", "any of" and "not". The same tree is evaluated over a page of contacts and
//! over facts of a million of them in memory.

mod census;
mod check;
mod facts;
mod tags;

use serde::{Deserialize, Serialize};

use crate::contact::{FieldKey, FieldValue, Tag};
use crate::day::Day;
use crate::id::{ImportId, SegmentId};
use crate::time::Timestamp;

pub use census::{Census, Reach};
pub use facts::ContactFacts;
pub use tags::{TAGS_TOLD_MAX, TagCount};

/// Levels of a tree.
pub const DEPTH_MAX: usize = 6;
/// Conditions and groups of a tree.
pub const NODES_MAX: usize = 100;
/// Values that one condition lists.
pub const VALUES_MAX: usize = 250;

/// A tree that somebody saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Segment {
    pub id: SegmentId,
    pub name: String,
    pub tree: Node,
    pub saved_at: Timestamp,
}

/// A part of a tree. An empty `all` is everybody, an empty `any` nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(no_recursion))]
#[serde(rename_all = "snake_case")]
pub enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Is(Condition),
}

/// Lists of values mean any of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "on", rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    /// ISO 3166 alpha-2.
    Country {
        any_of: Vec<String>,
    },
    /// `pt` covers `pt_BR`.
    Language {
        any_of: Vec<String>,
    },
    Tag {
        any_of: Vec<Tag>,
    },
    Field {
        key: FieldKey,
        test: FieldTest,
    },
    Marketing {
        any_of: Vec<MarketingState>,
    },
    LastMessage {
        when: When,
    },
    Created {
        when: When,
    },
    /// How they can be reached.
    Identity {
        any_of: Vec<IdentityKind>,
    },
    Import {
        any_of: Vec<ImportId>,
    },
    /// Whatever the case of its letters.
    Name {
        contains: String,
    },
    /// WhatsApp could not reach them, and they have not written since.
    Undeliverable {
        is: bool,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum FieldTest {
    /// Whether it holds anything.
    Known(bool),
    Is(FieldValue),
    /// Of numbers and dates.
    AtLeast(FieldValue),
    AtMost(FieldValue),
    /// Of texts, whatever the case of its letters.
    Contains(String),
}

/// A stretch of time, by the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum When {
    WithinDays(u32),
    /// At least so long ago, and ever.
    BeforeDays(u32),
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MarketingState {
    NotAsked,
    OptedIn,
    OptedOut,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    Phone,
    Bsuid,
    Username,
}

/// A tree as of a day, with its texts in the case of the facts.
#[derive(Debug, Clone)]
pub struct Question {
    tree: Node,
    today: Day,
}

impl Question {
    pub fn of(tree: &Node, now: Timestamp) -> Self {
        Self { tree: tree.lowered(), today: Day::of(now) }
    }

    pub fn matches(&self, contact: &ContactFacts) -> bool {
        self.tree.holds(contact, self.today)
    }
}

impl Node {
    pub const EVERYBODY: Self = Self::All(Vec::new());

    pub fn matches(&self, contact: &ContactFacts, now: Timestamp) -> bool {
        Question::of(self, now).matches(contact)
    }

    fn lowered(&self) -> Self {
        match self {
            Self::All(nodes) => Self::All(nodes.iter().map(Self::lowered).collect()),
            Self::Any(nodes) => Self::Any(nodes.iter().map(Self::lowered).collect()),
            Self::Not(node) => Self::Not(Box::new(node.lowered())),
            Self::Is(condition) => Self::Is(condition.lowered()),
        }
    }

    fn holds(&self, contact: &ContactFacts, today: Day) -> bool {
        match self {
            Self::All(nodes) => nodes.iter().all(|node| node.holds(contact, today)),
            Self::Any(nodes) => nodes.iter().any(|node| node.holds(contact, today)),
            Self::Not(node) => !node.holds(contact, today),
            Self::Is(condition) => condition.holds(contact, today),
        }
    }
}

impl Condition {
    fn lowered(&self) -> Self {
        let mut lowered = self.clone();
        match &mut lowered {
            Self::Name { contains } | Self::Field { test: FieldTest::Contains(contains), .. } => {
                *contains = contains.to_lowercase();
            }
            Self::Field { test: FieldTest::Is(value), .. } => *value = facts::lower(value.clone()),
            Self::Field { .. }
            | Self::Country { .. }
            | Self::Language { .. }
            | Self::Tag { .. }
            | Self::Marketing { .. }
            | Self::LastMessage { .. }
            | Self::Created { .. }
            | Self::Identity { .. }
            | Self::Import { .. }
            | Self::Undeliverable { .. } => {}
        }
        lowered
    }

    fn holds(&self, contact: &ContactFacts, today: Day) -> bool {
        match self {
            Self::Country { any_of } => {
                contact.country.as_deref().is_some_and(|country| any_of.iter().any(|one| one == country))
            }
            Self::Language { any_of } => {
                contact.language.as_deref().is_some_and(|language| any_of.iter().any(|one| covers(one, language)))
            }
            Self::Tag { any_of } => contact.tags.iter().any(|tag| any_of.iter().any(|one| one.as_str() == &**tag)),
            Self::Field { key, test } => test.holds(contact.field(key)),
            Self::Marketing { any_of } => any_of.contains(&contact.marketing),
            Self::LastMessage { when } => when.holds(contact.last_message_on, today),
            Self::Created { when } => when.holds(contact.created_on, today),
            Self::Identity { any_of } => any_of.iter().any(|kind| contact.has(*kind)),
            Self::Import { any_of } => contact.imports.iter().any(|import| any_of.contains(import)),
            Self::Name { contains } => contact.name.contains(contains.as_str()),
            Self::Undeliverable { is } => contact.undeliverable == *is,
        }
    }
}

fn covers(wanted: &str, language: &str) -> bool {
    language.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
}

impl FieldTest {
    fn holds(&self, value: Option<&FieldValue>) -> bool {
        match (self, value) {
            (Self::Known(known), value) => value.is_some() == *known,
            (Self::Is(wanted), value) => value == Some(wanted),
            (Self::AtLeast(FieldValue::Number(wanted)), Some(FieldValue::Number(value))) => value >= wanted,
            (Self::AtLeast(FieldValue::Date(wanted)), Some(FieldValue::Date(value))) => value >= wanted,
            (Self::AtMost(FieldValue::Number(wanted)), Some(FieldValue::Number(value))) => value <= wanted,
            (Self::AtMost(FieldValue::Date(wanted)), Some(FieldValue::Date(value))) => value <= wanted,
            (Self::Contains(part), Some(FieldValue::Text(text))) => text.contains(part.as_str()),
            (Self::AtLeast(_) | Self::AtMost(_) | Self::Contains(_), _) => false,
        }
    }
}

impl When {
    fn holds(self, day: Option<Day>, today: Day) -> bool {
        match (self, day) {
            (Self::WithinDays(days), Some(day)) => day > today.minus(days),
            (Self::BeforeDays(days), Some(day)) => day <= today.minus(days),
            (Self::Never, day) => day.is_none(),
            (Self::WithinDays(_) | Self::BeforeDays(_), None) => false,
        }
    }
}

#[cfg(test)]
mod tests;
