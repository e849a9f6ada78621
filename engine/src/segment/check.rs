//! Whether a tree that came from outside is one: bounded, and comparing only what can be compared.

use super::{Condition, DEPTH_MAX, FieldTest, NODES_MAX, Node, Segment, VALUES_MAX, When};
use crate::contact::{FieldDefinition, FieldKind, FieldValue};
use crate::rejection::Rejection;

/// Longest text that is looked for, and name of a segment, in characters.
const TEXT_MAX: usize = 100;
/// A hundred years.
const DAYS_MAX: u32 = 36_500;

impl Segment {
    pub fn check(&self, fields: &[FieldDefinition]) -> Result<(), Rejection> {
        let name = self.name.trim();
        if name.is_empty() || name.chars().count() > TEXT_MAX || name.chars().any(char::is_control) {
            return Err(Rejection::Invalid("The name of a segment has 1 to 100 characters."));
        }
        self.tree.check(fields)
    }
}

impl Node {
    pub fn check(&self, fields: &[FieldDefinition]) -> Result<(), Rejection> {
        if self.nodes() > NODES_MAX {
            return Err(Rejection::Invalid("A segment has at most 100 conditions and groups."));
        }
        self.check_at(1, fields)
    }

    fn check_at(&self, depth: usize, fields: &[FieldDefinition]) -> Result<(), Rejection> {
        if depth > DEPTH_MAX {
            return Err(Rejection::Invalid("Groups of a segment lie at most 6 deep in each other."));
        }
        match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().try_for_each(|node| node.check_at(depth + 1, fields)),
            Self::Not(node) => node.check_at(depth + 1, fields),
            Self::Is(condition) => condition.check(fields),
        }
    }
}

impl Condition {
    fn check(&self, fields: &[FieldDefinition]) -> Result<(), Rejection> {
        match self {
            Self::Country { any_of } => {
                let is_country = |text: &String| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase());
                values(any_of.len())?;
                all(any_of, is_country, "A country is written like \"BR\".")
            }
            Self::Language { any_of } => {
                let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
                let is_language = |text: &String| (2..=8).contains(&text.len()) && text.bytes().all(is_letter);
                values(any_of.len())?;
                all(any_of, is_language, "A language is written like \"pt\" or \"pt_BR\".")
            }
            Self::Tag { any_of } => values(any_of.len()),
            Self::Field { key, test } => {
                let definition = fields.iter().find(|definition| definition.key == *key);
                let definition = definition.ok_or(Rejection::Invalid("There is no such field."))?;
                test.check(definition.kind)
            }
            Self::Marketing { any_of } => values(any_of.len()),
            Self::LastMessage { when } | Self::Created { when } => when.check(),
            Self::Identity { any_of } => values(any_of.len()),
            Self::Import { any_of } => values(any_of.len()),
            Self::Name { contains } => text(contains),
            Self::Undeliverable { .. } => Ok(()),
        }
    }
}

impl FieldTest {
    fn check(&self, kind: FieldKind) -> Result<(), Rejection> {
        const OTHER: Rejection = Rejection::Invalid("The value is not of the field's kind.");
        const NO_ORDER: Rejection = Rejection::Invalid("Only numbers and dates are at least or at most something.");
        match self {
            Self::Known(_) => Ok(()),
            Self::Is(value) if value.kind() != kind => Err(OTHER),
            Self::Is(value) => value.check(),
            Self::AtLeast(value) | Self::AtMost(value) => match value {
                FieldValue::Number(_) | FieldValue::Date(_) if value.kind() == kind => Ok(()),
                FieldValue::Number(_) | FieldValue::Date(_) => Err(OTHER),
                FieldValue::Text(_) | FieldValue::YesNo(_) => Err(NO_ORDER),
            },
            Self::Contains(_) if kind != FieldKind::Text => Err(Rejection::Invalid("Only a text contains something.")),
            Self::Contains(part) => text(part),
        }
    }
}

impl When {
    fn check(self) -> Result<(), Rejection> {
        match self {
            Self::WithinDays(1..=DAYS_MAX) | Self::BeforeDays(1..=DAYS_MAX) | Self::Never => Ok(()),
            Self::WithinDays(_) | Self::BeforeDays(_) => Err(Rejection::Invalid("A number of days is 1 to 36,500.")),
        }
    }
}

fn values(count: usize) -> Result<(), Rejection> {
    let fits = (1..=VALUES_MAX).contains(&count);
    fits.then_some(()).ok_or(Rejection::Invalid("A condition lists 1 to 250 values."))
}

fn all(texts: &[String], fits: impl Fn(&String) -> bool, otherwise: &'static str) -> Result<(), Rejection> {
    texts.iter().all(fits).then_some(()).ok_or(Rejection::Invalid(otherwise))
}

fn text(text: &str) -> Result<(), Rejection> {
    let fits = !text.trim().is_empty() && text.chars().count() <= TEXT_MAX;
    fits.then_some(()).ok_or(Rejection::Invalid("What is looked for has 1 to 100 characters."))
}
