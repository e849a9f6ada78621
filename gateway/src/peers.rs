//! Other nodes on the same store, as far as this one can reach them.

use std::sync::Arc;

use async_trait::async_trait;
use dashmap::{DashMap, DashSet};
use engine::id::{NodeId, TenantId};
use engine::ports::{Hint, Hints, HintsStanding, Listener};

/// A clone is the same.
#[derive(Clone)]
pub struct Peers {
    /// This process, for the others.
    pub node: NodeId,
    shared: bool,
    wires: Arc<Wires>,
    /// What the gateway follows.
    followed: Arc<DashSet<TenantId>>,
}

/// The one way to other nodes, for all parts of this one: an organization is followed as long as one of them wants it.
struct Wires {
    hints: Option<Arc<dyn Hints>>,
    wanted: DashMap<TenantId, usize>,
}

#[async_trait]
impl Hints for Wires {
    fn tell(&self, hint: Hint) {
        if let Some(hints) = &self.hints {
            hints.tell(hint);
        }
    }

    fn standing(&self) -> Option<HintsStanding> {
        self.hints.as_ref()?.standing()
    }

    fn listen(&self, listener: Arc<dyn Listener>) {
        if let Some(hints) = &self.hints {
            hints.listen(listener);
        }
    }

    fn follow(&self, tenant: TenantId, wanted: bool) {
        let Some(hints) = &self.hints else { return };
        // Held over the call, so that two at once come there in the order in which they were counted.
        let mut count = self.wanted.entry(tenant).or_default();
        let before = *count;
        *count = if wanted { before + 1 } else { before.saturating_sub(1) };
        if (before == 0) != (*count == 0) {
            hints.follow(tenant, wanted);
        }
    }
}

impl Peers {
    /// The store is ours alone.
    pub fn none() -> Self {
        Self { shared: false, ..Self::on_one_store(NodeId::from_bytes([0; 16]), None) }
    }

    /// Without hints they are noticed by looking.
    pub fn on_one_store(node: NodeId, hints: Option<Arc<dyn Hints>>) -> Self {
        let wires = Arc::new(Wires { hints, wanted: DashMap::new() });
        Self { node, shared: true, wires, followed: Arc::default() }
    }

    /// Whether there may be any.
    pub fn may_be(&self) -> bool {
        self.shared
    }

    /// Of the way to other nodes; `None`: there is none.
    pub fn standing(&self) -> Option<HintsStanding> {
        self.wires.standing()
    }

    pub fn hints(&self) -> Arc<dyn Hints> {
        self.wires.clone()
    }

    pub fn tell(&self, hint: Hint) {
        self.wires.tell(hint);
    }

    /// From now on this node wants what concerns the organization: somebody here has asked for it. There are at most as many
    /// as organizations, so nothing is given up again.
    pub fn follow(&self, tenant: TenantId) {
        if self.followed.insert(tenant) {
            self.wires.follow(tenant, true);
        }
    }
}
