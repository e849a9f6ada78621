//! Small sealed documents of the whole installation that its nodes have in common, the keys that sign sessions say.

use engine::ports::StoreError;
use serde::{Deserialize, Serialize};

use super::CqlStore;
use super::documents::{Edit, Place};
use crate::crypto::Sealer;

#[derive(Serialize, Deserialize)]
struct StoredBytes(#[serde(with = "hex::serde")] Vec<u8>);

impl CqlStore {
    fn shared_at<'a>(&self, ours: &'a Sealer, name: &str) -> Place<'a> {
        Place { name: self.name("shared", &[name.as_bytes()]), sealer: ours }
    }

    /// `None`: nobody has put one there.
    pub async fn shared_document(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let ours = self.keyring.installation();
        let found: Option<StoredBytes> = self.document(self.shared_at(&ours, name)).await?;
        Ok(found.map(|StoredBytes(bytes)| bytes))
    }

    /// Puts `after` in place of exactly `before`, `None`: where there was nothing. `false`: something else is there.
    pub async fn replace_shared_document(
        &self,
        name: &str,
        before: Option<&[u8]>,
        after: &[u8],
    ) -> Result<bool, StoreError> {
        let ours = self.keyring.installation();
        let replace = |known: Option<StoredBytes>| {
            if known.as_ref().map(|StoredBytes(bytes)| bytes.as_slice()) == before {
                Edit::Put(StoredBytes(after.to_vec()), true)
            } else {
                Edit::Keep(false)
            }
        };
        self.edit(self.shared_at(&ours, name), replace).await
    }
}
