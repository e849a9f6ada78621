//! What an organization keeps of its contacts besides: tags, and fields that it defined.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::day::Day;
use crate::id::InvalidId;
use crate::rejection::Rejection;

/// Fields that an organization may define.
pub const FIELDS_MAX: usize = 50;
/// Longest text in a field, in characters.
const VALUE_MAX: usize = 500;
/// Longest name of a field, in characters.
const NAME_MAX: usize = 60;

macro_rules! word {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $max:literal, $valid:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "schema", schema(value_type = String))]
        #[serde(transparent)]
        pub struct $name(Box<str>);

        impl $name {
            /// In characters.
            pub const MAX: usize = $max;

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let text = text.trim();
                let fits = !text.is_empty() && text.chars().count() <= $max && text.chars().all($valid);
                if fits { Ok(Self(text.into())) } else { Err(InvalidId { kind: $kind }) }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

word!(
    /// A label on a contact, as people typed it. A comma would end it in a file.
    Tag, "tag (1 to 40 characters without a comma)", 40, |char| !char.is_control() && char != ','
);
word!(
    /// What a field is called where programs meet it: `first_order`.
    FieldKey, "field (1 to 40 of a-z, 0-9 and _)", 40,
    |char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '_'
);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    Number,
    Date,
    YesNo,
}

/// A field that the organization keeps of its contacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FieldDefinition {
    pub key: FieldKey,
    pub name: String,
    pub kind: FieldKind,
}

/// A finite number.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(value_type = f64))]
#[serde(transparent)]
pub struct Number(f64);

impl Number {
    /// `None` for what is not one, or endless.
    pub fn new(value: f64) -> Option<Self> {
        // Minus zero is zero.
        value.is_finite().then_some(Self(value + 0.0))
    }

    pub fn value(self) -> f64 {
        self.0
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.to_bits().hash(state);
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(f64::deserialize(deserializer)?).ok_or_else(|| serde::de::Error::custom("not a number"))
    }
}

/// What a field holds; its kind is that of its definition.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum FieldValue {
    Text(String),
    Number(Number),
    Date(Day),
    YesNo(bool),
}

impl FieldValue {
    pub fn kind(&self) -> FieldKind {
        match self {
            Self::Text(_) => FieldKind::Text,
            Self::Number(_) => FieldKind::Number,
            Self::Date(_) => FieldKind::Date,
            Self::YesNo(_) => FieldKind::YesNo,
        }
    }

    pub fn check(&self) -> Result<(), Rejection> {
        match self {
            Self::Text(text) if text.trim().is_empty() || text.chars().count() > VALUE_MAX => {
                Err(Rejection::Invalid("A text in a field has 1 to 500 characters."))
            }
            Self::Text(_) | Self::Number(_) | Self::Date(_) | Self::YesNo(_) => Ok(()),
        }
    }
}

impl FieldKind {
    /// What a cell of a file, or a form, means for a field of this kind.
    pub fn read(self, text: &str) -> Result<FieldValue, &'static str> {
        let text = text.trim();
        match self {
            Self::Text if text.chars().count() > VALUE_MAX => Err("is longer than 500 characters"),
            Self::Text => Ok(FieldValue::Text(text.to_owned())),
            Self::Number => {
                let plain: String = text.chars().filter(|char| *char != ' ' && *char != '\u{a0}').collect();
                let number = plain.parse().ok().and_then(Number::new);
                number.map(FieldValue::Number).ok_or("is not a number like 1200.5")
            }
            Self::Date => text.parse().map(FieldValue::Date).map_err(|_| "is not a date like 2026-11-30"),
            Self::YesNo => match text.to_lowercase().as_str() {
                "yes" | "true" | "1" | "y" | "x" => Ok(FieldValue::YesNo(true)),
                "no" | "false" | "0" | "n" => Ok(FieldValue::YesNo(false)),
                _ => Err("is neither yes nor no"),
            },
        }
    }
}

impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{}", number.0),
            Self::Date(day) => write!(f, "{day}"),
            Self::YesNo(yes) => f.write_str(if *yes { "yes" } else { "no" }),
        }
    }
}

/// All fields of an organization.
pub fn check_definitions(fields: &[FieldDefinition]) -> Result<(), Rejection> {
    if fields.len() > FIELDS_MAX {
        return Err(Rejection::Invalid("There are at most 50 fields."));
    }
    for (nth, field) in fields.iter().enumerate() {
        let name = field.name.trim();
        if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
            return Err(Rejection::Invalid("The name of a field has 1 to 60 characters."));
        }
        if fields.iter().take(nth).any(|other| other.key == field.key) {
            return Err(Rejection::Invalid("Two fields have the same key."));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_bounded_and_has_no_comma() {
        assert_eq!(" VIP ".parse::<Tag>().unwrap().as_str(), "VIP");
        for text in ["", "  ", "a,b", "a\nb", &"x".repeat(41)] {
            assert!(text.parse::<Tag>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn cells_are_read_by_the_kind_of_their_field() {
        assert_eq!(FieldKind::Number.read("1 200.50").unwrap().to_string(), "1200.5");
        assert_eq!(FieldKind::Date.read("2026-11-30").unwrap().to_string(), "2026-11-30");
        assert_eq!(FieldKind::YesNo.read("Yes"), Ok(FieldValue::YesNo(true)));
        for (kind, text) in [
            (FieldKind::Number, "many"),
            (FieldKind::Number, "inf"),
            (FieldKind::Number, "1,200"),
            (FieldKind::Date, "30.11.2026"),
            (FieldKind::YesNo, "maybe"),
        ] {
            assert!(kind.read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_value_survives_its_json() {
        for value in ["1.5", "2", "-0"].map(|text| FieldKind::Number.read(text).unwrap()) {
            let json = serde_json::to_string(&value).unwrap();
            assert_eq!(serde_json::from_str::<FieldValue>(&json).unwrap(), value, "{json}");
        }
    }
}
