//! Households in memory, because every request asks for one and they change rarely; and the one way to change them.

use std::sync::{Arc, OnceLock, Weak};

use dashmap::DashMap;
use engine::administration::{Actor, Change, Command, decide};
use engine::household::{Household, Write};
use engine::id::TenantId;
use engine::ports::{Administration, Changed, Hint, StoreError};
use engine::rejection::Rejection;
use engine::time::Timestamp;

use crate::live::hub::Hub;
use crate::peers::Peers;

/// A decision is made again this often when somebody else was faster.
const DECIDE_AGAIN_MAX: usize = 8;

pub const EMAIL_TAKEN: Rejection = Rejection::Taken("Somebody has this e-mail address already.");

/// The newest household of each organization that was asked for.
#[derive(Default)]
pub struct Households {
    kept: DashMap<TenantId, Arc<Household>>,
    /// Whose listeners are measured by a new household at once; nobody's at the command line.
    hub: OnceLock<Weak<Hub>>,
    peers: OnceLock<Peers>,
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
    /// From now on this hub and these nodes hear of every change.
    pub fn tell(&self, hub: &Arc<Hub>, peers: Peers) {
        self.hub.get_or_init(|| Arc::downgrade(hub));
        self.peers.get_or_init(|| peers);
    }

    fn say(&self, hint: Hint) {
        if let Some(peers) = self.peers.get() {
            peers.tell(hint);
        }
    }

    fn hub(&self) -> Option<Arc<Hub>> {
        self.hub.get().and_then(Weak::upgrade)
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

    /// [`Households::reload`] after this node raised the revision by something other than [`Households::change`].
    pub async fn raised<S: Administration + ?Sized>(&self, store: &S, tenant: TenantId) -> Result<(), StoreError> {
        if let Some(household) = self.reload(store, tenant).await? {
            self.say(Hint::Household { tenant, revision: household.revision });
        }
        Ok(())
    }

    /// Those that somebody has asked for.
    pub fn all_kept(&self) -> Vec<TenantId> {
        self.kept.iter().map(|kept| *kept.key()).collect()
    }

    /// `None` when nobody has asked for it yet.
    pub fn kept(&self, tenant: TenantId) -> Option<Arc<Household>> {
        self.kept.get(&tenant).map(|household| Arc::clone(&household))
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
                    let next = self.keep(Arc::new(next));
                    self.say(Hint::Household { tenant, revision });
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
        if let Some(peers) = self.peers.get() {
            peers.follow(kept.organization.id);
        }
        if let Some(hub) = self.hub().filter(|_| before.revision < kept.revision) {
            hub.household_changed(Some(before), &kept);
        }
        kept
    }

    fn end_sessions(&self, tenant: TenantId, writes: &[Write]) {
        let Some(hub) = self.hub() else { return };
        for write in writes {
            if let Write::EndSessions(member) = write {
                hub.end_member(tenant, *member);
                self.say(Hint::MemberEnded { tenant, member: *member });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use engine::account::Account;
    use engine::administration::{Founding, MemberCommand, SettingsChange, found};
    use engine::directory::RoleId;
    use engine::id::{AccountId, MemberId};
    use storage::memory::MemoryStore;

    use super::*;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);
    const NOW: Timestamp = Timestamp(1_795_392_000_000);

    fn account(n: u8) -> Account {
        Account::new(AccountId::from_bytes([n; 16]), format!("p{n}@x.org"), format!("Person {n}"), None, NOW)
    }

    async fn store() -> MemoryStore {
        let store = MemoryStore::new();
        let founding = Founding { id: TENANT, name: "Aurora".into(), member: MemberId::from_bytes([1; 16]) };
        let (household, audit) = found(&Actor::SYSTEM, founding, &account(1), NOW).unwrap();
        store.create_organization(household, vec![account(1)], audit).await.unwrap();
        store
    }

    fn hours(hours: u32) -> Command {
        Command::Settings(SettingsChange { session_hours: Some(hours), ..SettingsChange::default() })
    }

    #[tokio::test]
    async fn a_change_on_an_old_household_is_decided_again_on_the_new_one() {
        let store = store().await;
        let (here, elsewhere) = (Households::default(), Households::default());
        here.of(&store, TENANT).await.unwrap();
        elsewhere.change(&store, TENANT, &Actor::SYSTEM, hours(8), NOW).await.unwrap();
        assert_eq!(here.of(&store, TENANT).await.unwrap().unwrap().revision, 1, "here nobody has heard of it");
        let mask = Command::Settings(SettingsChange { mask_phones: Some(false), ..SettingsChange::default() });
        let (household, _) = here.change(&store, TENANT, &Actor::SYSTEM, mask, NOW).await.unwrap();
        assert_eq!((household.settings.session_hours, household.settings.mask_phones), (8, false));
        assert_eq!(here.of(&store, TENANT).await.unwrap().unwrap(), household);
        assert_eq!(store.household(TENANT).await.unwrap().as_ref(), Some(household.as_ref()));
    }

    #[tokio::test]
    async fn what_is_so_already_is_not_written() {
        let store = store().await;
        let households = Households::default();
        let (household, change) = households.change(&store, TENANT, &Actor::SYSTEM, hours(12), NOW).await.unwrap();
        assert_eq!((household.revision, change), (1, Change::default()));
    }

    #[tokio::test]
    async fn an_address_that_somebody_has_is_refused() {
        let store = store().await;
        let households = Households::default();
        let twin = Account { email: "p1@x.org".into(), ..account(2) };
        let elsewhere = TenantId::from_bytes([2; 16]);
        let founding = Founding { id: elsewhere, name: "Bakery".into(), member: MemberId::from_bytes([1; 16]) };
        let (household, audit) = found(&Actor::SYSTEM, founding, &account(3), NOW).unwrap();
        store.create_organization(household, vec![account(3)], audit).await.unwrap();
        let (id, role) = (MemberId::from_bytes([2; 16]), RoleId::ADMIN);
        let add = Command::Member(MemberCommand::Add { id, account: Box::new(twin), role });
        let refused = households.change(&store, elsewhere, &Actor::SYSTEM, add, NOW).await;
        assert!(matches!(refused, Err(ChangeError::Rejected(Rejection::Taken(_)))), "{refused:?}");
        assert_eq!(store.household(elsewhere).await.unwrap().unwrap().members.len(), 1);
    }
}
