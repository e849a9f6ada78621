//! Wrapped keys in the keyspace: one partition, with a row for each owner and the name of the root key that wraps what is
//! made anew. What the rows say, only the keyring knows.

use std::path::PathBuf;
use std::sync::Arc;

use engine::ports::StoreError;
use zeroize::Zeroizing;

use super::session::{Cql, Lwt};
use super::{CqlOptions, OpenError, schema};
use crate::crypto::{KeyringPlace, back_up_shared, put_back_shared};

/// One owner's keys as they lie there.
pub(crate) struct KeyRow {
    pub(crate) keys: String,
    /// Of an organization that is being brought in: for whoever brings it in, and nobody else.
    pub(crate) arriving: bool,
}

/// How far a change of data keys is.
#[derive(Clone)]
pub(crate) struct RotationRow {
    /// `None`: none is under way.
    pub(crate) phase: Option<String>,
    /// Such changes that have come to their end.
    pub(crate) finished: i64,
}

/// Every change is a compare-and-set, and what came of it is read afterwards: an answer may get lost.
pub(crate) struct KeyTable {
    cql: Arc<Cql>,
    keyspace: String,
    installation: String,
}

async fn table(options: &CqlOptions) -> Result<KeyTable, StoreError> {
    let cql = Arc::new(Cql::new(schema::open(options).await?));
    Ok(KeyTable::new(cql, options.keyspace.clone(), options.installation.clone()))
}

/// Writes the installation's keyring into `to`, sealed by the passphrase, also while nodes use it; `false` when its root key
/// is not in it, because it lies in a file of the operator's.
pub async fn back_up_keys(
    options: &CqlOptions,
    place: KeyringPlace,
    to: PathBuf,
    passphrase: Zeroizing<String>,
) -> Result<bool, OpenError> {
    Ok(back_up_shared(place, table(options).await?, to, passphrase).await?)
}

/// Makes the installation's keyring of a backup, where there is none. No node may work meanwhile.
pub async fn put_back_keys(
    options: &CqlOptions,
    place: KeyringPlace,
    from: PathBuf,
    passphrase: Zeroizing<String>,
) -> Result<(), OpenError> {
    Ok(put_back_shared(place, table(options).await?, from, passphrase).await?)
}

impl KeyTable {
    pub(super) fn new(cql: Arc<Cql>, keyspace: String, installation: String) -> Self {
        Self { cql, keyspace, installation }
    }

    pub(crate) fn keyspace(&self) -> &str {
        &self.keyspace
    }

    /// The name of the root key; `None`: there is no keyring.
    pub(crate) async fn root(&self) -> Result<Option<String>, StoreError> {
        let text = "SELECT DISTINCT root FROM keyring WHERE installation = ?";
        let rows: Vec<(Option<String>,)> = self.cql.serial_rows(text, (&self.installation,)).await?;
        Ok(rows.into_iter().next().and_then(|(root,)| root))
    }

    pub(crate) async fn find(&self, owner: &str) -> Result<Option<KeyRow>, StoreError> {
        let text = "SELECT keys, arriving FROM keyring WHERE installation = ? AND owner = ?";
        let rows: Vec<(Option<String>, Option<bool>)> = self.cql.serial_rows(text, (&self.installation, owner)).await?;
        let row = |(keys, arriving): (Option<String>, Option<bool>)| {
            keys.map(|keys| KeyRow { keys, arriving: arriving.unwrap_or(false) })
        };
        Ok(rows.into_iter().next().and_then(row))
    }

    /// Of every owner.
    pub(crate) async fn all(&self) -> Result<Vec<(String, KeyRow)>, StoreError> {
        let text = "SELECT owner, keys, arriving FROM keyring WHERE installation = ?";
        let rows: Vec<(Option<String>, Option<String>, Option<bool>)> =
            self.cql.rows(text, (&self.installation,)).await?;
        let row = |(owner, keys, arriving): (Option<String>, Option<String>, Option<bool>)| {
            Some((owner?, KeyRow { keys: keys?, arriving: arriving.unwrap_or(false) }))
        };
        Ok(rows.into_iter().filter_map(row).collect())
    }

    /// Of an owner, as long as there is no keyring yet; `false`: there is one.
    pub(crate) async fn put_back(&self, owner: &str, keys: &str) -> Result<bool, StoreError> {
        let text = "UPDATE keyring SET keys = ?, arriving = false WHERE installation = ? AND owner = ? IF root = null";
        Ok(self.cql.lwt(text, (keys, &self.installation, owner)).await? != Lwt::Refused)
    }

    /// The first keys, unless there are some.
    pub(crate) async fn begin(&self, root: &str, owner: &str, keys: &str) -> Result<(), StoreError> {
        let text = "UPDATE keyring SET root = ?, keys = ?, arriving = false WHERE installation = ? AND owner = ?
             IF root = null";
        self.cql.lwt(text, (root, keys, &self.installation, owner)).await.map(drop)
    }

    /// Unless the owner has keys, and while this root key is the one in use.
    pub(crate) async fn add(&self, root: &str, owner: &str, row: &KeyRow) -> Result<(), StoreError> {
        let text = "UPDATE keyring SET keys = ?, arriving = ? WHERE installation = ? AND owner = ?
             IF root = ? AND keys = null";
        self.cql.lwt(text, (&row.keys, row.arriving, &self.installation, owner, root)).await.map(drop)
    }

    /// In place of exactly these in exactly this state, and while this root key is the one in use.
    pub(crate) async fn replace(
        &self,
        root: &str,
        owner: &str,
        before: &KeyRow,
        after: &KeyRow,
    ) -> Result<(), StoreError> {
        let text = "UPDATE keyring SET keys = ?, arriving = ? WHERE installation = ? AND owner = ?
             IF root = ? AND keys = ? AND arriving = ?";
        let values = (&after.keys, after.arriving, &self.installation, owner, root, &before.keys, before.arriving);
        self.cql.lwt(text, values).await.map(drop)
    }

    /// [`Self::replace`], while a change of data keys is in this phase.
    pub(crate) async fn replace_during(
        &self,
        phase: &str,
        root: &str,
        owner: &str,
        before: &KeyRow,
        after: &KeyRow,
    ) -> Result<(), StoreError> {
        let text = "UPDATE keyring SET keys = ? WHERE installation = ? AND owner = ?
             IF root = ? AND rotating = ? AND keys = ? AND arriving = ?";
        let values = (&after.keys, &self.installation, owner, root, phase, &before.keys, before.arriving);
        self.cql.lwt(text, values).await.map(drop)
    }

    pub(crate) async fn rotation(&self) -> Result<RotationRow, StoreError> {
        let text = "SELECT DISTINCT rotating, rotated FROM keyring WHERE installation = ?";
        let rows: Vec<(Option<String>, Option<i64>)> = self.cql.serial_rows(text, (&self.installation,)).await?;
        let (phase, finished) = rows.into_iter().next().unwrap_or_default();
        Ok(RotationRow { phase, finished: finished.unwrap_or(0) })
    }

    pub(crate) async fn set_rotation(&self, before: &RotationRow, after: &RotationRow) -> Result<(), StoreError> {
        let text = "UPDATE keyring SET rotating = ?, rotated = ? WHERE installation = ?
             IF root != null AND rotating = ? AND rotated = ?";
        let known = (before.finished > 0).then_some(before.finished);
        let finished = (after.finished > 0).then_some(after.finished);
        let values = (&after.phase, finished, &self.installation, &before.phase, known);
        self.cql.lwt(text, values).await.map(drop)
    }

    pub(crate) async fn remove(&self, owner: &str) -> Result<(), StoreError> {
        let text = "DELETE FROM keyring WHERE installation = ? AND owner = ? IF EXISTS";
        self.cql.lwt(text, (&self.installation, owner)).await.map(drop)
    }

    pub(crate) async fn change_root(&self, before: &str, after: &str) -> Result<(), StoreError> {
        let text = "UPDATE keyring SET root = ? WHERE installation = ? IF root = ?";
        self.cql.lwt(text, (after, &self.installation, before)).await.map(drop)
    }

    /// Whether this installation has ever had keys here. It lies in another table than they do: where there are data, no keys
    /// that are missing are made anew.
    pub(crate) async fn has_data(&self) -> Result<bool, StoreError> {
        let text = "SELECT key FROM pointer WHERE list = ?";
        Ok(!self.cql.rows::<(Vec<u8>,)>(text, (self.data_mark(),)).await?.is_empty())
    }

    pub(crate) async fn note_data(&self) -> Result<(), StoreError> {
        let text = "INSERT INTO pointer (list, key, body) VALUES (?, ?, ?)";
        let nothing: &[u8] = &[];
        self.cql.write(text, (self.data_mark(), nothing, nothing)).await
    }

    /// Longer than the look-up keys that all other lists are called by.
    fn data_mark(&self) -> Vec<u8> {
        format!("installation with data: {}", self.installation).into_bytes()
    }
}
