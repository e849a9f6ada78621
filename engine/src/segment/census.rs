//! How many a tree matches, and how many each part of it does, in one pass.

use serde::{Deserialize, Serialize};

use super::{ContactFacts, MarketingState, Node, Question};
use crate::day::Day;

/// Of those whom a tree matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Reach {
    pub people: u64,
    /// Opted in, and nothing says that they cannot be reached.
    pub can_get_marketing: u64,
    pub no_consent: u64,
    pub opted_out: u64,
    /// Opted in, but messages do not arrive.
    pub other: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Census {
    /// Of all, whether the tree matches them or not.
    pub contacts: u64,
    pub reach: Reach,
    /// How many each part matches by itself, in the order in which they are written: a group before its parts.
    pub parts: Vec<u64>,
}

impl Census {
    pub fn of(question: &Question) -> Self {
        Self { parts: vec![0; question.tree.nodes()], ..Self::default() }
    }

    /// Counts one more contact.
    pub fn add(&mut self, question: &Question, contact: &ContactFacts) {
        self.contacts += 1;
        if question.tree.count(contact, question.today, &mut self.parts.iter_mut()) {
            self.reach.add(contact);
        }
    }

    /// With counts of other contacts, by the same question.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        self.contacts += other.contacts;
        let (reach, more) = (&mut self.reach, other.reach);
        reach.people += more.people;
        reach.can_get_marketing += more.can_get_marketing;
        reach.no_consent += more.no_consent;
        reach.opted_out += more.opted_out;
        reach.other += more.other;
        for (part, more) in self.parts.iter_mut().zip(&other.parts) {
            *part += more;
        }
        self
    }
}

impl Reach {
    fn add(&mut self, contact: &ContactFacts) {
        self.people += 1;
        match contact.marketing {
            MarketingState::OptedOut => self.opted_out += 1,
            MarketingState::NotAsked => self.no_consent += 1,
            MarketingState::OptedIn if contact.undeliverable => self.other += 1,
            MarketingState::OptedIn => self.can_get_marketing += 1,
        }
    }
}

impl Node {
    /// Itself and everything below.
    pub fn nodes(&self) -> usize {
        1 + match self {
            Self::All(nodes) | Self::Any(nodes) => nodes.iter().map(Self::nodes).sum(),
            Self::Not(node) => node.nodes(),
            Self::Is(_) => 0,
        }
    }

    /// Like matching, but asks every part, because each is counted.
    fn count(&self, contact: &ContactFacts, today: Day, counts: &mut std::slice::IterMut<'_, u64>) -> bool {
        let own = counts.next();
        let holds = match self {
            Self::All(nodes) => {
                let mut all = true;
                for node in nodes {
                    all &= node.count(contact, today, counts);
                }
                all
            }
            Self::Any(nodes) => {
                let mut any = false;
                for node in nodes {
                    any |= node.count(contact, today, counts);
                }
                any
            }
            Self::Not(node) => !node.count(contact, today, counts),
            Self::Is(condition) => condition.holds(contact, today),
        };
        if let Some(own) = own {
            *own += u64::from(holds);
        }
        holds
    }
}
