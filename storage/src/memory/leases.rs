use async_trait::async_trait;
use engine::cluster::{Epoch, LeaseName, Member, Standing};
use engine::id::NodeId;
use engine::ports::{Leases, StoreError, Taken};

use super::{MemoryStore, State};

pub(super) struct Lease {
    /// `None`: given up.
    holder: Option<NodeId>,
    epoch: Epoch,
}

impl State {
    /// Who was forgotten held nothing, and who never joined can hold nothing.
    fn is_dead(&self, node: NodeId) -> bool {
        self.nodes.get(&node).is_none_or(|member| member.standing == Standing::Dead)
    }
}

#[async_trait]
impl Leases for MemoryStore {
    async fn join(&self, node: NodeId) -> Result<(), StoreError> {
        let member = Member { node, beat: 0, standing: Standing::Alive };
        self.state()?.nodes.entry(node).or_insert(member);
        Ok(())
    }

    async fn beat(&self, node: NodeId, beat: u64) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let Some(member) = state.nodes.get_mut(&node) else { return Ok(false) };
        if member.standing == Standing::Dead {
            return Ok(false);
        }
        if member.beat.checked_add(1) == Some(beat) {
            member.beat = beat;
        }
        Ok(member.beat == beat)
    }

    async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        if let Some(member) = self.state()?.nodes.get_mut(&node)
            && member.standing == Standing::Alive
        {
            member.standing = Standing::Leaving;
        }
        Ok(())
    }

    async fn members(&self) -> Result<Vec<Member>, StoreError> {
        Ok(self.state()?.nodes.values().cloned().collect())
    }

    async fn bury(&self, node: NodeId, seen: u64) -> Result<bool, StoreError> {
        let mut state = self.state()?;
        let Some(member) = state.nodes.get_mut(&node) else { return Ok(true) };
        if member.beat == seen {
            member.standing = Standing::Dead;
        }
        Ok(member.standing == Standing::Dead)
    }

    async fn take(&self, name: &LeaseName, node: NodeId) -> Result<Taken, StoreError> {
        let mut state = self.state()?;
        if state.is_dead(node) {
            return Ok(Taken::Fenced);
        }
        let before = match state.leases.get(name) {
            Some(Lease { holder: Some(holder), epoch }) if *holder == node => return Ok(Taken::Won(*epoch)),
            Some(Lease { holder: Some(holder), .. }) if !state.is_dead(*holder) => return Ok(Taken::HeldBy(*holder)),
            Some(lease) => lease.epoch,
            None => Epoch(0),
        };
        let epoch = Epoch(before.0 + 1);
        state.leases.insert(name.clone(), Lease { holder: Some(node), epoch });
        Ok(Taken::Won(epoch))
    }

    async fn give_up(&self, name: &LeaseName, node: NodeId, epoch: Epoch) -> Result<(), StoreError> {
        if let Some(lease) = self.state()?.leases.get_mut(name)
            && lease.holder == Some(node)
            && lease.epoch == epoch
        {
            lease.holder = None;
        }
        Ok(())
    }

    async fn holder(&self, name: &LeaseName) -> Result<Option<(NodeId, Epoch)>, StoreError> {
        Ok(self.state()?.leases.get(name).and_then(|lease| Some((lease.holder?, lease.epoch))))
    }

    async fn forget_dead(&self) -> Result<(), StoreError> {
        let mut guard = self.state()?;
        let State { nodes, leases, .. } = &mut *guard;
        let holds = |node: NodeId| leases.values().any(|lease| lease.holder == Some(node));
        nodes.retain(|node, member| member.standing != Standing::Dead || holds(*node));
        Ok(())
    }
}
