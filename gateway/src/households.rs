//! Households in memory, because every request asks for one and they change rarely; and the one way to change them.

use std::sync::Arc;

use dashmap::DashMap;
use engine::administration::{Actor, Change, Command, decide};
use engine::household::Household;
use engine::id::TenantId;
use engine::ports::{Administration, Changed, StoreError};
use engine::rejection::Rejection;
use engine::time::Timestamp;

/// A decision is made again this often when somebody else was faster.
const DECIDE_AGAIN_MAX: usize = 8;

pub const EMAIL_TAKEN: Rejection = Rejection::Taken("Somebody has this e-mail address already.");

/// The newest household of each organization that was asked for.
#[derive(Default)]
pub struct Households {
    kept: DashMap<TenantId, Arc<Household>>,
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

    /// Whether phone numbers are masked for the organization's people: until it is known, they are.
    pub fn masks(&self, tenant: TenantId) -> bool {
        self.kept.get(&tenant).is_none_or(|household| household.settings.mask_phones)
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
                    return Ok((self.keep(Arc::new(next)), change));
                }
                Changed::EmailTaken => return Err(EMAIL_TAKEN.into()),
                Changed::Conflict => household = self.reload(store, tenant).await?.ok_or(Rejection::NotFound)?,
            }
        }
        Err(StoreError::Busy.into())
    }

    /// A slow reader does not put an older one in place of a newer one.
    fn keep(&self, household: Arc<Household>) -> Arc<Household> {
        let mut kept = self.kept.entry(household.organization.id).or_insert_with(|| Arc::clone(&household));
        if kept.revision < household.revision {
            *kept = household;
        }
        Arc::clone(&kept)
    }
}
