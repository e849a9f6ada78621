//! What this node has taken, and until when it counts on it.

use std::sync::atomic::{AtomicU64, Ordering};

use dashmap::DashMap;
use engine::cluster::{Epoch, LeaseName};
use engine::id::TenantId;
use tokio::time::Instant;

#[derive(Debug, Clone, Copy)]
struct Held {
    epoch: Epoch,
    /// What is in hand is finished, nothing new is begun.
    ends: bool,
}

pub(crate) struct Holdings {
    held: DashMap<LeaseName, Held>,
    /// How many leases of each organization are here.
    tenants: DashMap<TenantId, usize>,
    began: Instant,
    /// Milliseconds since `began`.
    believed_until: AtomicU64,
}

impl Default for Holdings {
    fn default() -> Self {
        Self { held: DashMap::new(), tenants: DashMap::new(), began: Instant::now(), believed_until: AtomicU64::new(0) }
    }
}

fn tenant_of(name: &LeaseName) -> Option<TenantId> {
    match name {
        LeaseName::Intake(tenant) | LeaseName::Number(tenant, _) | LeaseName::Campaign(tenant, _) => Some(*tenant),
        LeaseName::Chores(_) => None,
    }
}

impl Holdings {
    pub(crate) fn holds(&self, name: &LeaseName) -> Option<Epoch> {
        self.found(name).map(|held| held.epoch)
    }

    pub(crate) fn takes_on(&self, name: &LeaseName) -> Option<Epoch> {
        self.found(name).filter(|held| !held.ends).map(|held| held.epoch)
    }

    fn found(&self, name: &LeaseName) -> Option<Held> {
        if self.now() >= self.believed_until.load(Ordering::SeqCst) {
            return None;
        }
        self.held.get(name).map(|held| *held)
    }

    pub(crate) fn works_for(&self, tenant: TenantId) -> bool {
        self.tenants.contains_key(&tenant)
    }

    pub(super) fn tenants(&self) -> Vec<TenantId> {
        self.tenants.iter().map(|entry| *entry.key()).collect()
    }

    pub(super) fn len(&self) -> usize {
        self.held.len()
    }

    /// What is held and not about to be given up, whether it is believed or not.
    pub(super) fn kept(&self) -> Vec<(LeaseName, Epoch)> {
        let kept = self.held.iter().filter(|entry| !entry.ends);
        kept.map(|entry| (entry.key().clone(), entry.epoch)).collect()
    }

    pub(super) fn has(&self, name: &LeaseName) -> bool {
        self.held.contains_key(name)
    }

    pub(super) fn believe_until(&self, until: Instant) {
        let until = until.saturating_duration_since(self.began);
        self.believed_until.store(u64::try_from(until.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// The organization, if this is its first lease here.
    pub(super) fn insert(&self, name: LeaseName, epoch: Epoch) -> Option<TenantId> {
        let tenant = tenant_of(&name);
        if self.held.insert(name, Held { epoch, ends: false }).is_some() {
            return None;
        }
        let mut count = self.tenants.entry(tenant?).or_default();
        *count += 1;
        tenant.filter(|_| *count == 1)
    }

    pub(super) fn end(&self, name: &LeaseName) {
        if let Some(mut held) = self.held.get_mut(name) {
            held.ends = true;
        }
    }

    /// The organization, if this was its last lease here.
    pub(super) fn remove(&self, name: &LeaseName) -> Option<TenantId> {
        self.held.remove(name)?;
        let tenant = tenant_of(name)?;
        if let Some(mut count) = self.tenants.get_mut(&tenant) {
            *count -= 1;
        }
        self.tenants.remove_if(&tenant, |_, count| *count == 0).map(|(tenant, _)| tenant)
    }

    /// Whose leases were here.
    pub(super) fn clear(&self) -> Vec<TenantId> {
        self.believed_until.store(0, Ordering::SeqCst);
        self.held.clear();
        let tenants = self.tenants();
        self.tenants.clear();
        tenants
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_believed_until_its_time_and_no_longer() {
        let (holdings, intake) = (Holdings::default(), LeaseName::Intake(TENANT));
        assert_eq!(holdings.insert(intake.clone(), Epoch(3)), Some(TENANT));
        assert_eq!(holdings.holds(&intake), None, "not before the first beat");
        holdings.believe_until(Instant::now() + Duration::from_secs(2));
        assert_eq!(holdings.holds(&intake), Some(Epoch(3)));
        tokio::time::advance(Duration::from_millis(1999)).await;
        assert_eq!(holdings.holds(&intake), Some(Epoch(3)));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(holdings.holds(&intake), None);
        holdings.believe_until(Instant::now() + Duration::from_secs(2));
        holdings.end(&intake);
        assert_eq!((holdings.holds(&intake), holdings.takes_on(&intake)), (Some(Epoch(3)), None));
    }

    #[test]
    fn an_organization_is_worked_for_from_its_first_lease_to_its_last() -> Result<(), engine::id::InvalidId> {
        let holdings = Holdings::default();
        let names = [LeaseName::Intake(TENANT), LeaseName::Number(TENANT, "200".parse()?), LeaseName::Chores(0)];
        let first: Vec<_> = names.iter().map(|name| holdings.insert(name.clone(), Epoch(1))).collect();
        assert_eq!(first, [Some(TENANT), None, None]);
        assert_eq!(holdings.insert(LeaseName::Intake(TENANT), Epoch(2)), None, "counted already");
        assert_eq!((holdings.remove(&names[0]), holdings.works_for(TENANT)), (None, true));
        assert_eq!((holdings.remove(&names[0]), holdings.works_for(TENANT)), (None, true));
        assert_eq!((holdings.remove(&names[1]), holdings.works_for(TENANT)), (Some(TENANT), false));
        assert_eq!((holdings.clear(), holdings.len()), (vec![], 0));
        Ok(())
    }
}
