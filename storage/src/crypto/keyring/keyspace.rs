//! A keyring that several nodes share: the wrapped keys lie in the keyspace, the root key in a file that every node has.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, RwLock};

use engine::id::TenantId;
use engine::ports::StoreError;
use zeroize::Zeroizing;

use super::super::keyring_backup::{Contents, read_backup, write_backup};
use super::super::keyring_file::{self, KeyringFile, private_folder, root_id};
use super::super::sealer::Sealer;
use super::super::secret::Secret;
use super::{
    INSTALLATION, Keyring, KeyringError, KeyringPlace, Open, Place, lock, new_keys, parsed, read_roots, rewrapped,
    unwrap_keys, write_roots,
};
use crate::cql::{KeyRow, KeyTable};

/// What the keys are opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Everything,
    /// To change the data keys.
    Rotation,
}

/// A change is decided again this often when other nodes were faster.
pub(super) const TRIES_MAX: usize = 16;

pub(super) struct Shared {
    place: KeyringPlace,
    pub(super) table: KeyTable,
    /// Changes of data keys that there were when the keys were read here.
    pub(super) finished: i64,
}

impl Shared {
    pub(super) fn shown(&self) -> String {
        format!("in the keyspace {}", self.table.keyspace())
    }

    fn root_path(&self) -> PathBuf {
        self.place.root_path()
    }

    pub(super) fn unreadable(&self) -> KeyringError {
        KeyringError::Unreadable { keys: self.shown() }
    }

    /// The root key of this name out of the operator's file, which may have got another line since the last look.
    pub(super) fn root_named(&self, name: &str) -> Result<Secret, KeyringError> {
        let roots = read_roots(&self.root_path())?;
        let missing = if roots.is_empty() {
            KeyringError::RootMissing { path: self.root_path() }
        } else {
            KeyringError::WrongRoot { root: self.root_path(), keys: self.shown() }
        };
        roots.into_iter().find(|root| root_id(root) == name).ok_or(missing)
    }

    /// The root key that wraps what is made anew.
    pub(super) async fn root(&self) -> Result<Secret, KeyringError> {
        let name = self.table.root().await?.ok_or_else(|| KeyringError::Missing { keys: self.shown() })?;
        self.root_named(&name)
    }

    /// `owner`: whose keys they must be.
    pub(super) fn unlock(&self, owner: &str, row: &KeyRow) -> Result<Arc<Sealer>, KeyringError> {
        let file = parsed(row.keys.as_bytes()).ok_or_else(|| self.unreadable())?;
        let root = self.root_named(&file.root)?;
        let keys = file.keys.first().filter(|keys| keys.owner == owner);
        keys.and_then(|keys| unwrap_keys(&root, keys)).ok_or_else(|| self.unreadable())
    }

    /// The root key changes first, so that nobody wraps by the old one any more; then entry by entry is wrapped again.
    pub(super) async fn rotate(&self) -> Result<(), KeyringError> {
        let path = self.root_path();
        let mut roots = read_roots(&path)?;
        if self.place.root_key_file.is_none() && roots.len() == 1 {
            roots.insert(0, Secret::random()?);
            write_roots(&path, &roots.iter().collect::<Vec<_>>())?;
        }
        let Some(root) = roots.first() else { return Err(KeyringError::RootMissing { path }) };
        let (new, before) = (root_id(root), root_id(&self.root().await?));
        self.table.change_root(&before, &new).await?;
        if self.table.root().await?.as_ref() != Some(&new) {
            return Err(busy());
        }
        let wrapped = self.wrap_again(root).await?;
        if before == new && wrapped == 0 {
            return Err(KeyringError::NothingNew { path });
        }
        if self.place.root_key_file.is_none() {
            write_roots(&path, &[root])?;
        }
        Ok(())
    }

    /// Everything that is not wrapped by this root key yet; how much that was.
    async fn wrap_again(&self, root: &Secret) -> Result<usize, KeyringError> {
        let (name, mut wrapped) = (root_id(root), 0);
        for _ in 0..TRIES_MAX {
            let mut stale = 0;
            for (owner, before) in self.table.all().await? {
                let file = parsed(before.keys.as_bytes()).ok_or_else(|| self.unreadable())?;
                if file.root != name {
                    stale += 1;
                    let again = rewrapped(&self.root_named(&file.root)?, &file, root);
                    let again = entry(&again.ok_or_else(|| self.unreadable())?, before.arriving)?;
                    self.table.replace(&name, &owner, &before, &again).await?;
                }
            }
            // The next round sees whether that happened.
            if stale == 0 {
                return Ok(wrapped);
            }
            wrapped += stale;
        }
        Err(busy())
    }

    /// All keys that count, as one file wrapped by the root key in use. Those of an organization on its way in are left out: it
    /// begins again.
    async fn copied(&self) -> Result<Contents, KeyringError> {
        let root = self.root().await?;
        let mut all = KeyringFile { format: keyring_file::FORMAT, root: root_id(&root), keys: Vec::new() };
        for (owner, row) in self.table.all().await? {
            if row.arriving {
                continue;
            }
            let mut file = parsed(row.keys.as_bytes()).ok_or_else(|| self.unreadable())?;
            if file.root != all.root {
                // The root key is just being changed.
                let again = rewrapped(&self.root_named(&file.root)?, &file, &root);
                file = again.ok_or_else(|| self.unreadable())?;
            }
            all.keys.extend(file.keys.into_iter().filter(|keys| keys.owner == owner));
        }
        Ok(Contents::of(&self.place, all, &root))
    }

    /// Into a keyspace without a keyring: the installation's keys come last, because only with them there is one. Cut short, it
    /// begins again.
    async fn put_back(&self, contents: Contents) -> Result<(), KeyringError> {
        let exists = || KeyringError::ExistsIn { keys: self.shown() };
        let KeyringFile { format, root, keys } = contents.keys;
        // Before anything is written: it is of no use without.
        self.root_named(&root)?;
        if self.table.root().await?.is_some() {
            return Err(exists());
        }
        let mut installation = None;
        for keys in keys {
            let owner = keys.owner.clone();
            let row = entry(&KeyringFile { format, root: root.clone(), keys: vec![keys] }, false)?;
            self.unlock(&owner, &row)?;
            if owner == INSTALLATION {
                installation = Some(row);
            } else if self.table.put_back(&owner, &row.keys).await? {
                let found = self.table.find(&owner).await?;
                found.filter(|found| found.keys == row.keys).ok_or_else(busy)?;
            } else {
                return Err(exists());
            }
        }
        let installation = installation.ok_or_else(|| self.unreadable())?;
        self.table.begin(&root, INSTALLATION, &installation.keys).await?;
        let found = self.table.find(INSTALLATION).await?;
        found.filter(|found| found.keys == installation.keys).map(drop).ok_or_else(exists)
    }

    /// The first root key, where there is neither one nor anything that it wraps.
    fn make_root(&self) -> Result<Secret, KeyringError> {
        let path = self.root_path();
        if self.place.root_key_file.is_some() {
            return Err(KeyringError::RootMissing { path });
        }
        let folder = |error| KeyringError::Folder { dir: self.place.dir.clone(), error };
        private_folder(&self.place.dir).map_err(folder)?;
        let _lock = lock(&self.place.dir)?;
        if let Some(root) = read_roots(&path)?.into_iter().next() {
            return Ok(root);
        }
        let root = Secret::random()?;
        write_roots(&path, &[&root])?;
        Ok(root)
    }
}

fn new_entry(root: &Secret, owner: &str, arriving: bool) -> Result<KeyRow, KeyringError> {
    let keys = vec![new_keys(root, owner)?];
    entry(&KeyringFile { format: keyring_file::FORMAT, root: root_id(root), keys }, arriving)
}

pub(super) fn entry(file: &KeyringFile, arriving: bool) -> Result<KeyRow, KeyringError> {
    let keys = serde_json::to_string(file).map_err(std::io::Error::other)?;
    Ok(KeyRow { keys, arriving })
}

/// Keys that lie in the keyspace, as they were met there.
pub(crate) struct Met {
    pub(crate) sealer: Arc<Sealer>,
    row: KeyRow,
}

impl Met {
    pub(crate) fn is_arriving(&self) -> bool {
        self.row.arriving
    }
}

/// The owner of keys that an arrival which was cut short has left.
fn left_by(tenant: TenantId) -> String {
    format!("left by {tenant}")
}

/// Equal keys find the same things.
fn same(one: &Sealer, other: &Sealer) -> bool {
    one.lookup("keyring", "same") == other.lookup("keyring", "same")
}

pub(super) fn busy() -> KeyringError {
    KeyringError::Store(StoreError::Busy)
}

fn other_arrival() -> KeyringError {
    KeyringError::Store(StoreError::Unavailable("another process brings this organization in".to_owned()))
}

/// [`back_up_keys`](super::super::back_up_keys) of a keyring in a keyspace, also while nodes work.
pub(crate) async fn back_up_shared(
    place: KeyringPlace,
    table: KeyTable,
    to: PathBuf,
    passphrase: Zeroizing<String>,
) -> Result<bool, KeyringError> {
    let contents = Shared { place, table, finished: 0 }.copied().await?;
    off_thread(move || write_backup(&to, &contents, &passphrase)).await
}

/// [`put_back_keys`](super::super::put_back_keys) into a keyspace.
pub(crate) async fn put_back_shared(
    place: KeyringPlace,
    table: KeyTable,
    from: PathBuf,
    passphrase: Zeroizing<String>,
) -> Result<(), KeyringError> {
    let shared = Shared { place: place.clone(), table, finished: 0 };
    if shared.table.root().await?.is_some() {
        return Err(KeyringError::ExistsIn { keys: shared.shown() });
    }
    let contents = off_thread(move || {
        let contents = read_backup(&from, &passphrase)?;
        contents.put_root(&place, &from).map(|()| contents)
    });
    shared.put_back(contents.await?).await
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| KeyringError::Io(std::io::Error::other(error)))?
}

impl Keyring {
    /// Shared with other nodes. Of two that come first, both end with the same keys. While data keys are changed, only for
    /// whoever does that.
    pub(crate) async fn open_shared(place: KeyringPlace, table: KeyTable, use_for: Use) -> Result<Self, KeyringError> {
        let rotation = table.rotation().await?;
        if rotation.phase.is_some() && use_for != Use::Rotation {
            return Err(KeyringError::Rotating);
        }
        let shared = Shared { place, table, finished: rotation.finished };
        for _ in 0..TRIES_MAX {
            let Some(name) = shared.table.root().await? else {
                if shared.table.has_data().await? {
                    return Err(KeyringError::Missing { keys: shared.shown() });
                }
                let root = match read_roots(&shared.root_path())?.into_iter().next() {
                    Some(root) => root,
                    None => shared.make_root()?,
                };
                let first = new_entry(&root, INSTALLATION, false)?;
                shared.table.begin(&root_id(&root), INSTALLATION, &first.keys).await?;
                continue;
            };
            // Before anything else: the right root key is what everything hangs on.
            shared.root_named(&name)?;
            let found = shared.table.find(INSTALLATION).await?.ok_or_else(|| shared.unreadable())?;
            let installation = shared.unlock(INSTALLATION, &found)?;
            shared.table.note_data().await?;
            let open = Open { installation, tenants: HashMap::new() };
            return Ok(Self { place: Place::Keyspace(shared), open: RwLock::new(open) });
        }
        Err(busy())
    }

    fn adopt(&self, tenant: TenantId, sealer: Arc<Sealer>) -> Arc<Sealer> {
        self.write().tenants.insert(tenant, Arc::clone(&sealer));
        sealer
    }

    /// Keys of an organization that is being brought in may yet be replaced: they are nobody's but whose who brings it in.
    pub(super) async fn look_up(&self, shared: &Shared, tenant: TenantId) -> Result<Option<Arc<Sealer>>, KeyringError> {
        let owner = tenant.to_string();
        let found = shared.table.find(&owner).await?.filter(|row| !row.arriving);
        found.map(|row| Ok(self.adopt(tenant, shared.unlock(&owner, &row)?))).transpose()
    }

    /// Also those of an organization that is being brought in; for whoever brings it in, and known here until
    /// [`Keyring::part_with`].
    pub(crate) async fn meet_arrival(&self, tenant: TenantId) -> Result<Option<Met>, KeyringError> {
        let (shared, owner) = (self.shared()?, tenant.to_string());
        let Some(row) = shared.table.find(&owner).await? else { return Ok(None) };
        let sealer = self.adopt(tenant, shared.unlock(&owner, &row)?);
        Ok(Some(Met { sealer, row }))
    }

    /// They are looked up when the organization is met again.
    pub(crate) fn part_with(&self, tenant: TenantId) {
        self.write().tenants.remove(&tenant);
    }

    /// New keys for an organization that is being brought in, in place of exactly those that it had: what those have sealed is
    /// nobody's. They are kept as left behind, until nothing is left that they lead to.
    pub(crate) async fn renew(&self, tenant: TenantId, before: Option<&Met>) -> Result<(), KeyringError> {
        let (shared, owner) = (self.shared()?, tenant.to_string());
        let root = shared.root().await?;
        let (name, new) = (root_id(&root), new_entry(&root, &owner, true)?);
        match before {
            Some(Met { row, .. }) => {
                let left = KeyRow { keys: row.keys.clone(), arriving: true };
                shared.table.add(&name, &left_by(tenant), &left).await?;
                shared.table.replace(&name, &owner, row, &new).await?;
            }
            None => shared.table.add(&name, &owner, &new).await?,
        }
        let found = shared.table.find(&owner).await?.filter(|found| found.keys == new.keys);
        self.adopt(tenant, shared.unlock(&owner, &found.ok_or_else(other_arrival)?)?);
        Ok(())
    }

    /// Makes the keys known that an earlier arrival has left, in place of those in use: what they lead to is to be taken away.
    /// `false`: there are none.
    pub(crate) async fn meet_left(&self, tenant: TenantId) -> Result<bool, KeyringError> {
        let (shared, owner) = (self.shared()?, tenant.to_string());
        let Some(left) = shared.table.find(&left_by(tenant)).await? else { return Ok(false) };
        let left = shared.unlock(&owner, &left)?;
        if let Some(used) = shared.table.find(&owner).await?
            && same(&left, shared.unlock(&owner, &used)?.as_ref())
        {
            // They were about to be replaced, and have not been.
            return Ok(false);
        }
        self.adopt(tenant, left);
        Ok(true)
    }

    pub(crate) async fn drop_left(&self, tenant: TenantId) -> Result<(), KeyringError> {
        self.part_with(tenant);
        Ok(self.shared()?.table.remove(&left_by(tenant)).await?)
    }

    /// The organization is there: its keys are for every node, if they are still those that this one knows.
    pub(crate) async fn settle(&self, tenant: TenantId) -> Result<(), KeyringError> {
        let (shared, owner) = (self.shared()?, tenant.to_string());
        for _ in 0..TRIES_MAX {
            let found = shared.table.find(&owner).await?.ok_or_else(other_arrival)?;
            let theirs = shared.unlock(&owner, &found)?;
            if self.known(tenant).is_none_or(|ours| !same(&ours, &theirs)) {
                self.part_with(tenant);
                return Err(other_arrival());
            }
            if !found.arriving {
                return Ok(());
            }
            // A root key that changes meanwhile wraps them again: then they are looked at again.
            let settled = KeyRow { keys: found.keys.clone(), arriving: false };
            let root = root_id(&shared.root().await?);
            shared.table.replace(&root, &owner, &found, &settled).await?;
        }
        Err(busy())
    }

    pub(super) fn shared(&self) -> Result<&Shared, KeyringError> {
        match &self.place {
            Place::Keyspace(shared) => Ok(shared),
            Place::Folder(folder) => Err(folder.unreadable()),
        }
    }

    pub(super) async fn make_shared(&self, shared: &Shared, tenant: TenantId) -> Result<Arc<Sealer>, KeyringError> {
        let owner = tenant.to_string();
        for _ in 0..TRIES_MAX {
            if let Some(found) = shared.table.find(&owner).await? {
                return if found.arriving {
                    Err(other_arrival())
                } else {
                    Ok(self.adopt(tenant, shared.unlock(&owner, &found)?))
                };
            }
            let root = shared.root().await?;
            shared.table.add(&root_id(&root), &owner, &new_entry(&root, &owner, false)?).await?;
        }
        Err(busy())
    }
}
