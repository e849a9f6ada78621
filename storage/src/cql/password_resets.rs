use engine::id::AccountId;
use engine::ports::StoreError;
use engine::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::accounts::Notes;
use super::documents::{Edit, Place};
use super::{CqlStore, names};
use crate::crypto::Sealer;

/// Resets that are forgotten in one go.
const RESETS_MAX: u32 = 10_000;

/// Write times on the list of ends: a reset comes once and goes once.
const COMES: i64 = 1;
const GOES: i64 = 2;

/// The last reset of an account.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredReset {
    pub(super) hash: [u8; 32],
    pub(super) expires_at: Timestamp,
    pub(super) notes: Option<Notes>,
}

pub(super) fn reset_at<'a>(store: &CqlStore, ours: &'a Sealer, id: &AccountId) -> Place<'a> {
    Place { name: store.name("password_reset", &[id.as_bytes()]), sealer: ours }
}

impl CqlStore {
    pub(super) async fn settled_reset(&self, account: AccountId) -> Result<Option<StoredReset>, StoreError> {
        let ours = self.keyring.installation();
        let place = reset_at(self, &ours, &account);
        let stored: Option<StoredReset> = self.document(place).await?;
        if let Some(notes) = stored.as_ref().and_then(|stored| stored.notes.as_ref()) {
            self.leave(notes).await?;
            let change = notes.change;
            let clear = |known: Option<StoredReset>| match known {
                Some(known) if known.notes.as_ref().is_some_and(|notes| notes.change == change) => {
                    Edit::Put(StoredReset { notes: None, ..known }, ())
                }
                Some(_) | None => Edit::Keep(()),
            };
            self.edit(place, clear).await?;
            self.forget_notes(notes).await?;
        }
        Ok(stored)
    }

    pub(super) async fn reset_account(&self, hash: [u8; 32]) -> Result<Option<AccountId>, StoreError> {
        let found = self.pointers(self.name("reset", &[&hash])).await?;
        found.into_iter().next().map(|(key, _)| Ok(AccountId::from_bytes(names::id(&key)?))).transpose()
    }

    pub(super) async fn forget_resets(&self, now: Timestamp) -> Result<(), StoreError> {
        let list = self.name("reset_ends", &[]);
        let ours = self.keyring.installation();
        for (place, key) in self.oldest(list, i64::MIN, RESETS_MAX).await? {
            if place > now.0.saturating_mul(1000) {
                break;
            }
            let account = AccountId::from_bytes(names::id(&key)?);
            self.settled_reset(account).await?;
            let expire = |known: Option<StoredReset>| match known {
                Some(known) if known.expires_at <= now => Edit::Remove(Some(known.hash)),
                Some(_) | None => Edit::Keep(None),
            };
            if let Some(hash) = self.edit(reset_at(self, &ours, &account), expire).await? {
                self.unpoint_reset(hash, account).await?;
            }
            self.unshelve(list, place, account.as_bytes(), GOES).await?;
        }
        Ok(())
    }

    /// The token leads nowhere any more.
    pub(super) async fn unpoint_reset(&self, hash: [u8; 32], account: AccountId) -> Result<(), StoreError> {
        self.unpoint(self.name("reset", &[&hash]), account.as_bytes()).await
    }

    pub(super) async fn shelve_reset(&self, account: AccountId, expires_at: Timestamp) -> Result<(), StoreError> {
        let list = self.name("reset_ends", &[]);
        self.shelve(list, expires_at.0.saturating_mul(1000), account.as_bytes(), COMES).await
    }
}
