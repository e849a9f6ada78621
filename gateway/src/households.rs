//! Households in memory, because every request asks for one and they change rarely; and the one way to change them.

use std::sync::Arc;

use dashmap::DashMap;
use engine::administration::{Actor, Change, Command, decide};
use engine::household::{Household, Write};
use engine::id::TenantId;
use engine::ports::{Administration, Changed, StoreError};
use engine::rejection::Rejection;
use engine::time::Timestamp;

use crate::live::hub::Hub;

/// A decision is made again this often when somebody else was faster.
const DECIDE_AGAIN_MAX: usize = 8;

pub const EMAIL_TAKEN: Rejection = Rejection::Taken("Somebody has this e-mail address already.");

/// The newest household of each organization that was asked for.
#[derive(Default)]
pub struct Households {
    kept: DashMap<TenantId, Arc<Household>>,
    /// Whose listeners are measured by a new household at once; `None` at the command line.
    hub: Option<Arc<Hub>>,
}

/// Why a household did not change.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error(transparent)]
    Rejected(#[from] Rejection),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Households {
    pub fn telling(hub: Arc<Hub>) -> Self {
        Self { hub: Some(hub), ..Self::default() }
    }

    /// `None` when there is no such organization.
    pub async fn of<S: Administration + ?Sized>(
        &self,
        store: &S,
        tenant: TenantId,
    ) -> Result<Option<Arc<Household>>, StoreError> {
        if let Some(kept) = self.kept.get(&tenant) {
            return Ok(Some(Arc::clone(&kept)));
        }
        self.reload(store, tenant).await
    }

    /// As the store has it: after something other than [`Households::change`] raised the revision.
    pub async fn reload<S: Administration + ?Sized>(
        &self,
        store: &S,
        tenant: TenantId,
    ) -> Result<Option<Arc<Household>>, StoreError> {
        Ok(store.household(tenant).await?.map(|household| self.keep(Arc::new(household))))
    }

    /// Decides, and writes the decision. Answers what it was and the household with it.
    pub async fn change<S: Administration + ?Sized>(
        &self,
        store: &S,
        tenant: TenantId,
        actor: &Actor,
        command: Command,
        now: Timestamp,
    ) -> Result<(Arc<Household>, Change), ChangeError> {
        let mut household = self.of(store, tenant).await?.ok_or(Rejection::NotFound)?;
        for _ in 0..DECIDE_AGAIN_MAX {
            let change = decide(&household, actor, command.clone(), now)?;
            if change == Change::default() {
                return Ok((household, change));
            }
            let Change { writes, audit } = change.clone();
            match store.change(tenant, household.revision, writes, audit).await? {
                Changed::Applied { revision } => {
                    let mut next = Household::clone(&household);
                    next.apply(&change.writes, revision);
                    let next = self.keep(Arc::new(next));
                    self.end_sessions(tenant, &change.writes);
                    return Ok((next, change));
                }
                Changed::EmailTaken => return Err(EMAIL_TAKEN.into()),
                Changed::Conflict => household = self.reload(store, tenant).await?.ok_or(Rejection::NotFound)?,
            }
        }
        Err(StoreError::Busy.into())
    }

    /// A slow reader does not put an older one in place of a newer one.
    fn keep(&self, household: Arc<Household>) -> Arc<Household> {
        let (before, kept) = {
            let mut kept = self.kept.entry(household.organization.id).or_insert_with(|| Arc::clone(&household));
            let before = Arc::clone(&kept);
            if kept.revision < household.revision {
                *kept = household;
            }
            (before, Arc::clone(&kept))
        };
        if let Some(hub) = self.hub.as_ref().filter(|_| before.revision < kept.revision) {
            hub.household_changed(Some(before), &kept);
        }
        kept
    }

    fn end_sessions(&self, tenant: TenantId, writes: &[Write]) {
        let Some(hub) = &self.hub else { return };
        for write in writes {
            if let Write::EndSessions(member) = write {
                hub.end_member(tenant, *member);
            }
        }
    }
}
