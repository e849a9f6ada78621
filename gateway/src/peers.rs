//! Other nodes on the same store, as far as this one can reach them.

use std::sync::Arc;

use dashmap::DashSet;
use engine::id::{NodeId, TenantId};
use engine::ports::{Hint, Hints};

/// A clone is the same.
#[derive(Clone)]
pub struct Peers {
    /// This process, for the others.
    pub node: NodeId,
    shared: bool,
    hints: Option<Arc<dyn Hints>>,
    followed: Arc<DashSet<TenantId>>,
}

impl Peers {
    /// The store is ours alone.
    pub fn none() -> Self {
        Self { node: NodeId::from_bytes([0; 16]), shared: false, hints: None, followed: Arc::default() }
    }

    /// Without hints they are noticed by looking.
    pub fn on_one_store(node: NodeId, hints: Option<Arc<dyn Hints>>) -> Self {
        Self { node, shared: true, hints, followed: Arc::default() }
    }

    /// Whether there may be any.
    pub fn may_be(&self) -> bool {
        self.shared
    }

    pub fn hints(&self) -> Option<&Arc<dyn Hints>> {
        self.hints.as_ref()
    }

    pub fn tell(&self, hint: Hint) {
        if let Some(hints) = &self.hints {
            hints.tell(hint);
        }
    }

    /// From now on this node wants what concerns the organization: somebody here has asked for it. There are at most as many
    /// as organizations, so nothing is given up again.
    pub fn follow(&self, tenant: TenantId) {
        if let Some(hints) = self.hints.as_ref().filter(|_| self.followed.insert(tenant)) {
            hints.follow(tenant, true);
        }
    }
}
