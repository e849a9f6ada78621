use async_trait::async_trait;

use super::StoreError;
use crate::cluster::{Epoch, LeaseName, Member};
use crate::id::NodeId;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// Ours, durable on return. Taking what one has answers the same epoch again.
    Won(Epoch),
    /// Somebody has it who is not dead.
    HeldBy(NodeId),
    /// We ourselves are dead, or never joined.
    Fenced,
}

/// Nodes, and what each has taken. One beat holds all leases of a node, so their number costs nothing. Every method may be
/// repeated after an answer that was lost.
#[async_trait]
pub trait Leases: Send + Sync {
    /// The node is one of the cluster from now on, at beat 0.
    async fn join(&self, node: NodeId) -> Result<(), StoreError>;

    /// `beat` follows the one before. `false`: somebody buried this node, it must end its work at once and join under a new id.
    async fn beat(&self, node: NodeId, beat: u64) -> Result<bool, StoreError>;

    /// Alive → leaving: it gives its leases up one by one.
    async fn leave(&self, node: NodeId) -> Result<(), StoreError>;

    /// Everybody who joined and is not forgotten, dead ones too, in the order of ids.
    async fn members(&self) -> Result<Vec<Member>, StoreError>;

    /// Dead from now on, if its beat is still the one that was seen. `true`: it is dead.
    async fn bury(&self, node: NodeId, seen: u64) -> Result<bool, StoreError>;

    /// Takes what is free, given up, or a dead node's; the epoch is higher than every one before.
    async fn take(&self, name: &LeaseName, node: NodeId) -> Result<Taken, StoreError>;

    /// Gives it up, if it is held under this epoch.
    async fn give_up(&self, name: &LeaseName, node: NodeId, epoch: Epoch) -> Result<(), StoreError>;

    /// Who has it, dead or alive.
    async fn holder(&self, name: &LeaseName) -> Result<Option<(NodeId, Epoch)>, StoreError>;

    /// Removes dead nodes that hold nothing any more.
    async fn forget_dead(&self) -> Result<(), StoreError>;
}
