//! Which leases there are: all organizations, numbers and broadcasts at work, looked up now and then, and what somebody asked for meanwhile.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use engine::cluster::LeaseName;
use engine::ports::{Store, StoreError};
use futures_util::{StreamExt as _, TryStreamExt as _};
use tokio::sync::Notify;

use super::wait;

/// How often all organizations and numbers are looked up; what is new in between is asked for by its first work.
const LIST_EVERY: Duration = Duration::from_secs(30);
/// … and at most this often, whatever is heard.
const LIST_PAUSE: Duration = Duration::from_secs(1);
const LISTS_AT_ONCE: usize = 8;
/// More names than this are not kept between two look-ups: who asks again is heard after the next.
const ASKED_MAX: usize = 10_000;

pub(super) struct Wanted {
    names: Mutex<Names>,
    chores: u16,
    again: Notify,
}

#[derive(Default)]
struct Names {
    listed: BTreeSet<LeaseName>,
    asked: BTreeSet<LeaseName>,
}

impl Wanted {
    pub(super) fn new(chores: u16) -> Self {
        Self { names: Mutex::default(), chores, again: Notify::new() }
    }

    /// `true` when the name is new.
    pub(super) fn ask(&self, name: LeaseName) -> bool {
        let mut names = self.names();
        !names.listed.contains(&name) && names.asked.len() < ASKED_MAX && names.asked.insert(name)
    }

    pub(super) fn all(&self) -> BTreeSet<LeaseName> {
        let names = self.names();
        names.listed.union(&names.asked).cloned().collect()
    }

    /// Numbers were connected or taken away somewhere.
    pub(super) fn look_again(&self) {
        self.again.notify_one();
    }

    pub(super) async fn keep_looking(&self, store: &dyn Store, changed: &Notify) {
        loop {
            let before = self.names().asked.clone();
            let next = match self.look(store).await {
                Ok(listed) => {
                    let mut names = self.names();
                    names.listed = listed;
                    names.asked.retain(|name| !before.contains(name));
                    drop(names);
                    changed.notify_one();
                    LIST_EVERY
                }
                Err(error) => {
                    tracing::warn!(%error, "organizations and numbers were not looked up");
                    LIST_PAUSE
                }
            };
            wait(LIST_PAUSE).await;
            // Time is up or somebody called: either way it is looked again.
            tokio::time::timeout(next, self.again.notified()).await.unwrap_or_default();
        }
    }

    async fn look(&self, store: &dyn Store) -> Result<BTreeSet<LeaseName>, StoreError> {
        let tenants = store.organizations().await?.into_iter().map(|organization| organization.id);
        let numbers = futures_util::stream::iter(tenants).map(async |tenant| {
            let numbers = store.numbers(tenant).await?;
            let numbers = numbers.into_iter().map(move |number| LeaseName::Number(tenant, number.phone_number_id));
            let campaigns = store.campaigns_at_work(tenant).await?;
            let campaigns = campaigns.into_iter().map(move |campaign| LeaseName::Campaign(tenant, campaign));
            Ok::<_, StoreError>(numbers.chain(campaigns).chain([LeaseName::Intake(tenant)]).collect::<Vec<_>>())
        });
        let found: Vec<Vec<_>> = numbers.buffer_unordered(LISTS_AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().chain((0..self.chores).map(LeaseName::Chores)).collect())
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        // Sets are never half changed.
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
