//! Who has had as much advertising as their organization lets a person have, from all of its broadcasts together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use dashmap::DashMap;
use engine::campaign::CampaignCap;
use engine::contact::Contact;
use engine::id::{CampaignId, ContactId, TenantId};
use engine::ports::{Store, StoreError};
use engine::time::Timestamp;
use tokio::sync::OwnedMutexGuard;
use tokio::time::Instant;

/// How long it is believed that a broadcast which has not ended advertises, or does not: a pause may change that.
const BELIEVED: Duration = Duration::from_secs(1);

/// Looks who has had enough, and remembers which broadcasts advertise.
#[derive(Debug)]
pub struct CapWatch {
    cap: CampaignCap,
    advertising: Mutex<BTreeMap<CampaignId, Advertises>>,
}

#[derive(Debug, Clone, Copy)]
struct Advertises {
    is_so: bool,
    /// `None`: it has ended, and stays as it is.
    until: Option<Instant>,
}

impl CapWatch {
    pub fn new(cap: CampaignCap) -> Self {
        Self { cap, advertising: Mutex::default() }
    }

    pub(crate) fn cap(&self) -> CampaignCap {
        self.cap
    }

    /// Of these people, by the ids that they have now. What is in doubt does not count until it is known to have been taken.
    pub async fn capped(
        &self,
        store: &dyn Store,
        tenant: TenantId,
        people: &[Contact],
        now: Timestamp,
    ) -> Result<BTreeSet<ContactId>, StoreError> {
        // What went to somebody as one of several contacts is theirs.
        let ids = people.iter().flat_map(|person| person.everybody().map(|id| (id, person.id)));
        let ids: BTreeMap<ContactId, ContactId> = ids.collect();
        let asked: Vec<_> = ids.keys().copied().collect();
        let mut reached = store.reached_after(tenant, &asked, self.cap.counts_after(now)).await?;
        for one in &mut reached {
            one.contact = ids.get(&one.contact).copied().unwrap_or(one.contact);
        }
        if reached.len() < self.cap.messages as usize {
            return Ok(BTreeSet::new());
        }
        let mut advertising = BTreeMap::new();
        for campaign in reached.iter().map(|one| one.campaign).collect::<BTreeSet<_>>() {
            advertising.insert(campaign, self.advertises(store, tenant, campaign).await?);
        }
        Ok(self.cap.full(&reached, |campaign| advertising.get(&campaign).is_none_or(|is_so| *is_so)))
    }

    async fn advertises(&self, store: &dyn Store, tenant: TenantId, id: CampaignId) -> Result<bool, StoreError> {
        let known = self.advertising().get(&id).copied();
        if let Some(known) = known.filter(|known| known.until.is_none_or(|until| Instant::now() < until)) {
            return Ok(known.is_so);
        }
        // What was launched is never deleted.
        let Some(campaign) = store.campaign(tenant, id).await? else { return Ok(true) };
        let is_so = campaign.is_marketing();
        let until = (!campaign.phase.is_over()).then(|| Instant::now() + BELIEVED);
        self.advertising().insert(id, Advertises { is_so, until });
        Ok(is_so)
    }

    fn advertising(&self) -> MutexGuard<'_, BTreeMap<CampaignId, Advertises>> {
        self.advertising.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Person = (TenantId, ContactId);

/// Lets in one at a time for each person: from the look at what they have had until what was sent to them is written down. So of two
/// broadcasts that come to somebody at the same moment, the second sees the first. That holds within this process: where two numbers
/// send from two nodes, each may send one while the other's is under way.
#[derive(Default)]
pub(crate) struct OneByOne(Arc<DashMap<Person, Arc<tokio::sync::Mutex<()>>>>);

/// Nobody else is let in for this person.
pub(crate) struct Alone {
    person: Person,
    all: Arc<DashMap<Person, Arc<tokio::sync::Mutex<()>>>>,
    guard: Option<OwnedMutexGuard<()>>,
}

impl OneByOne {
    pub(crate) async fn enter(&self, person: Person) -> Alone {
        let door = self.0.entry(person).or_default().clone();
        // From here on, so that who gives up waiting leaves nothing behind.
        let mut alone = Alone { person, all: self.0.clone(), guard: None };
        alone.guard = Some(door.lock_owned().await);
        alone
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        drop(self.guard.take());
        self.all.remove_if(&self.person, |_, door| Arc::strong_count(door) == 1);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    const WHO: Person = (TenantId::from_bytes([1; 16]), ContactId::from_bytes([2; 16]));
    const OTHER: Person = (TenantId::from_bytes([1; 16]), ContactId::from_bytes([3; 16]));

    #[tokio::test]
    async fn one_is_let_in_at_a_time_for_each_person_and_nobody_stays_behind() {
        let doors = OneByOne::default();
        let first = doors.enter(WHO).await;
        assert!(doors.enter(OTHER).now_or_never().is_some(), "another person");
        let mut second = Box::pin(doors.enter(WHO));
        assert!(second.as_mut().now_or_never().is_none() && doors.enter(WHO).now_or_never().is_none());
        drop(first);
        drop(second.await);
        assert!(doors.0.is_empty());
    }
}
