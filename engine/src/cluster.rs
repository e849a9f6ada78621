//! Nodes that share one store, and which of them does what (ADR 0016). Placement is a hint that every node computes by
//! itself; a lease decides, and the claims and compare-and-sets of the store hold even where a lease was believed too long.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::id::{CampaignId, ClaimToken, NodeId, PhoneNumberId, TenantId};

/// Work that one node at a time does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LeaseName {
    /// Bringing an organization's items of the inbox log to their conversations.
    Intake(TenantId),
    /// Sending from a number.
    Number(TenantId, PhoneNumberId),
    /// Counting a broadcast down.
    Campaign(TenantId, CampaignId),
    /// What the installation does by itself: daily checks, trimming, mails. Numbered, so that it can be shared out.
    Chores(u16),
}

/// Proof of having taken a lease: a later holder's is higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Epoch(pub u64);

impl Epoch {
    /// Of a node that shares its store with nobody: lower than that of every lease.
    pub const ALONE: Self = Self(0);
}

impl ClaimToken {
    /// Says under which epoch of the number it was made, so that the next holder knows which claims are an earlier one's.
    pub fn under(epoch: Epoch, chance: [u8; 16]) -> Self {
        let mut bytes = chance;
        for (byte, of_epoch) in bytes.iter_mut().zip(epoch.0.to_be_bytes()) {
            *byte = of_epoch;
        }
        Self::from_bytes(bytes)
    }

    pub fn epoch(&self) -> Epoch {
        Epoch(self.as_bytes().iter().take(8).fold(0, |epoch, byte| (epoch << 8) | u64::from(*byte)))
    }
}

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
/// only what is its own. `None` when there is no node. All of an organization lies together: what comes in counts against
/// the rates of its numbers, and two nodes on one conversation would only make each other decide again.
pub fn placed<'a>(name: &LeaseName, nodes: impl IntoIterator<Item = &'a NodeId>) -> Option<NodeId> {
    nodes.into_iter().max_by_key(|node| (weight(name, **node), **node)).copied()
}

/// The same in every process of one version: `DefaultHasher::new` has fixed keys. Where two versions differ, a lease decides.
fn weight(name: &LeaseName, node: NodeId) -> u64 {
    let mut hasher = DefaultHasher::new();
    match name {
        LeaseName::Intake(tenant) | LeaseName::Number(tenant, _) | LeaseName::Campaign(tenant, _) => {
            (node, tenant).hash(&mut hasher);
        }
        LeaseName::Chores(n) => (node, n).hash(&mut hasher),
    }
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

    #[test]
    fn an_organization_lies_together() -> Result<(), crate::id::InvalidId> {
        let nodes = [node(1), node(2), node(3)];
        for tenant in (0..50).map(|n| TenantId::from_bytes([n; 16])) {
            let number = LeaseName::Number(tenant, "200000000000001".parse()?);
            assert_eq!(placed(&LeaseName::Intake(tenant), &nodes), placed(&number, &nodes));
        }
        Ok(())
    }

    #[test]
    fn a_claim_says_under_which_epoch_it_was_made() {
        for epoch in [Epoch::ALONE, Epoch(1), Epoch(u64::MAX)] {
            let (one, other) = (ClaimToken::under(epoch, [7; 16]), ClaimToken::under(epoch, [8; 16]));
            assert_eq!((one.epoch(), other.epoch()), (epoch, epoch));
            assert_ne!(one, other);
        }
    }
}
