//! Nodes that share one store, and which of them does what (ADR 0016). Placement is a hint that every node computes by
//! itself; a lease decides, and the claims and compare-and-sets of the store hold even where a lease was believed too long.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::id::{NodeId, PhoneNumberId, TenantId};

/// Work that one node at a time does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeaseName {
    /// Bringing an organization's items of the inbox log to their conversations.
    Intake(TenantId),
    /// Sending from a number.
    Number(TenantId, PhoneNumberId),
    /// What the installation does by itself: daily checks, trimming, mails. Numbered, so that it can be shared out.
    Chores(u16),
}

/// Proof of having taken a lease: a later holder's is higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

/// A node as the others see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    pub node: NodeId,
    /// Raised by the node itself as long as it lives. Who sees it stand still for long enough may bury it.
    pub beat: u64,
    pub standing: Standing,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Alive,
    /// Gives its work away and takes no more.
    Leaving,
    /// Its leases are free. It can never beat again under this id.
    Dead,
}

/// Who of `nodes` should do it: the one with the highest hash (rendezvous), so that a node that comes or goes moves
/// only what is its own. `None` when there is no node.
pub fn placed<'a>(name: &LeaseName, nodes: impl IntoIterator<Item = &'a NodeId>) -> Option<NodeId> {
    nodes.into_iter().max_by_key(|node| (weight(name, **node), **node)).copied()
}

/// The same in every process of one version: `DefaultHasher::new` has fixed keys. Where two versions differ, a lease decides.
fn weight(name: &LeaseName, node: NodeId) -> u64 {
    let mut hasher = DefaultHasher::new();
    (node, name).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(n: u8) -> NodeId {
        NodeId::from_bytes([n; 16])
    }

    fn names() -> impl Iterator<Item = LeaseName> {
        (0..3_000_u32).map(|n| {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&n.to_be_bytes());
            LeaseName::Intake(TenantId::from_bytes(id))
        })
    }

    #[test]
    fn work_is_spread_and_only_a_lost_nodes_work_moves() {
        let (three, two) = ([node(1), node(2), node(3)], [node(1), node(3)]);
        let mut counts = [0; 3];
        for name in names() {
            let before = placed(&name, &three).unwrap();
            counts[usize::from(before.as_bytes()[0]) - 1] += 1;
            if before != node(2) {
                assert_eq!(placed(&name, &two), Some(before), "{name:?}");
            }
        }
        assert!(counts.iter().all(|count| (850..=1_150).contains(count)), "{counts:?}");
    }

    #[test]
    fn the_order_of_the_nodes_says_nothing() {
        let name = LeaseName::Chores(1);
        assert_eq!(placed(&name, &[node(1), node(2)]), placed(&name, &[node(2), node(1)]));
        assert_eq!(placed(&name, &[]), None);
    }
}
