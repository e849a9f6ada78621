//! How many people stand where. Kept with every change of a recipient, so that nobody counts rows.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FailureClass, Group};
use crate::price::{Charge, Country};

/// Every recipient is in exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    Waiting,
    /// Claimed; its request is on its way.
    UnderWay,
    /// Whether WhatsApp has it is not known, and being found out.
    Unknown,
    /// The same, and nobody will find out: a person decides.
    Parked,
    Sent,
    Delivered,
    Read,
    Failed(FailureClass),
    /// WhatsApp has it, and holds it for a quality check.
    Held,
}

impl Class {
    pub const ALL: &[Self] = &[
        Self::Waiting,
        Self::UnderWay,
        Self::Unknown,
        Self::Parked,
        Self::Sent,
        Self::Delivered,
        Self::Read,
        Self::Failed(FailureClass::TryLater),
        Self::Failed(FailureClass::PersonLimit),
        Self::Failed(FailureClass::Permanent),
        Self::Failed(FailureClass::OurMistake),
        Self::Failed(FailureClass::OptedOut),
        Self::Failed(FailureClass::Capped),
        Self::Held,
    ];

    /// As it is stored and asked for.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::UnderWay => "under_way",
            Self::Unknown => "unknown",
            Self::Parked => "parked",
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Failed(FailureClass::TryLater) => "failed_try_later",
            Self::Failed(FailureClass::PersonLimit) => "failed_person_limit",
            Self::Failed(FailureClass::Permanent) => "failed_permanent",
            Self::Failed(FailureClass::OurMistake) => "failed_our_mistake",
            Self::Failed(FailureClass::OptedOut) => "failed_opted_out",
            Self::Failed(FailureClass::Capped) => "failed_capped",
            Self::Held => "held",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|class| class.key() == key)
    }
}

/// A place in which recipients are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TallyKey {
    pub lane: u8,
    pub class: Class,
    /// WhatsApp's code of a failure; 0 where there is none.
    pub code: i64,
    pub replied: bool,
    /// Tapped a button, as far as WhatsApp tells.
    pub clicked: bool,
    /// Stopped marketing, as far as it may be because of this.
    pub opted_out: bool,
    /// By whose prices they are charged, as far as known.
    pub country: Option<Country>,
    /// `None`: WhatsApp has not said it yet, or nothing went out.
    pub charge: Option<Charge>,
    /// `None`: the campaign has one message.
    pub group: Option<Group>,
}

/// Only places where somebody is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tallies(pub BTreeMap<TallyKey, u64>);

impl Tallies {
    pub fn add(&mut self, key: TallyKey) {
        *self.0.entry(key).or_default() += 1;
    }

    pub fn moved(&mut self, from: TallyKey, to: TallyKey) {
        if from == to {
            return;
        }
        if let Some(count) = self.0.get_mut(&from) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.0.remove(&from);
            }
        }
        self.add(to);
    }

    pub fn sum(&self, is_counted: impl Fn(&TallyKey) -> bool) -> u64 {
        self.0.iter().filter(|(key, _)| is_counted(key)).map(|(_, count)| count).sum()
    }

    pub fn of(&self, class: Class) -> u64 {
        self.sum(|key| key.class == class)
    }

    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Nobody waits and nobody is under way: what is unknown is not sent by itself.
    pub fn is_done(&self) -> bool {
        self.of(Class::Waiting) == 0 && self.of(Class::UnderWay) == 0
    }
}

/// For the wire: `{"waiting": 3, …}`.
impl Serialize for Class {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

impl<'de> Deserialize<'de> for Class {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_key(&key).ok_or_else(|| serde::de::Error::custom("unknown class of recipients"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::fixture::tally;

    #[test]
    fn every_class_has_its_own_key() {
        for class in Class::ALL {
            assert_eq!(Class::from_key(class.key()), Some(*class));
        }
        let keys: std::collections::BTreeSet<_> = Class::ALL.iter().map(|class| class.key()).collect();
        assert_eq!(keys.len(), Class::ALL.len());
    }

    #[test]
    fn who_moves_is_counted_once() {
        let mut tallies = Tallies::default();
        tallies.add(tally(Class::Waiting));
        tallies.add(tally(Class::Waiting));
        tallies.moved(tally(Class::Waiting), tally(Class::UnderWay));
        tallies.moved(tally(Class::UnderWay), tally(Class::UnderWay));
        assert_eq!((tallies.of(Class::Waiting), tallies.of(Class::UnderWay), tallies.total()), (1, 1, 2));
        assert!(!tallies.is_done());
        tallies.moved(tally(Class::UnderWay), tally(Class::Sent));
        tallies.moved(tally(Class::Waiting), tally(Class::Unknown));
        assert!(tallies.is_done());
    }
}
