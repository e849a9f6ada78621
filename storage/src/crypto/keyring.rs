use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use engine::id::TenantId;
use engine::ports::StoreError;
use zeroize::Zeroizing;

use super::keyring_file::{self, DataKey, KeyringFile, Label, OwnerKeys, private_folder, replace, root_id};
use super::passphrase::PassphraseError;
use super::sealer::Sealer;
use super::secret::Secret;
use keyspace::Shared;

mod keyspace;
mod rotation;

pub(crate) use keyspace::{Use, back_up_shared, put_back_shared};

const INSTALLATION: &str = "installation";

/// Where the keys lie.
#[derive(Debug, Clone)]
pub struct KeyringPlace {
    /// Holds `keys.json`, and `root.key` unless the root key lies elsewhere.
    pub dir: PathBuf,
    /// A file of the operator's, 64 hex digits a line; `None`: `root.key` in `dir`, made at the first start.
    pub root_key_file: Option<PathBuf>,
}

impl KeyringPlace {
    /// In a folder of its own within the data directory.
    pub fn within(data_dir: &Path) -> Self {
        Self { dir: data_dir.join("keyring"), root_key_file: None }
    }

    pub(super) fn root_path(&self) -> PathBuf {
        self.root_key_file.clone().unwrap_or_else(|| self.dir.join("root.key"))
    }

    pub(super) fn keys_path(&self) -> PathBuf {
        self.dir.join("keys.json")
    }
}

/// Why the keys cannot be used: one line each, for the person who starts the server.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    #[error("the root key {} is missing; put it back from its backup, without it nothing that is stored can be read", .path.display())]
    RootMissing { path: PathBuf },
    #[error("{} is not a root key: it wants 64 hex digits a line", .path.display())]
    RootUnreadable { path: PathBuf },
    #[error("the root key in {} is not the one that the keyring {keys} was made with; put the right one there", .root.display())]
    WrongRoot { root: PathBuf, keys: String },
    #[error(
        "the keyring {keys} is missing; put it back from its backup, without it nothing that is stored can be read"
    )]
    Missing { keys: String },
    #[error("the keyring {keys} is damaged, or of a newer jetto; put it back from its backup")]
    Unreadable { keys: String },
    #[error("the keyring {} is in use by another jetto", .dir.display())]
    Locked { dir: PathBuf },
    #[error("the first key in {} is the one in use; put a new one on a line above it, then run this again", .path.display())]
    NothingNew { path: PathBuf },
    #[error("the keyring {} cannot be made or used: {error}", .dir.display())]
    Folder { dir: PathBuf, error: io::Error },
    #[error("there is a keyring in {} already; nothing was put over it", .dir.display())]
    Exists { dir: PathBuf },
    #[error("there is a keyring {keys} already; nothing was put over it")]
    ExistsIn { keys: String },
    #[error("{} is not a backup of keys, or of a newer jetto", .path.display())]
    NotABackup { path: PathBuf },
    #[error(transparent)]
    Passphrase(#[from] PassphraseError),
    #[error("the keyring cannot be used: {0}")]
    Io(#[from] io::Error),
    #[error(
        "the data keys are being changed, or that was cut short; run `jetto keys rotate --data` (again), then this"
    )]
    Rotating,
    #[error("the data keys were changed since this process has read them; start it again")]
    Rotated,
    #[error("the keyring cannot be reached: {0}")]
    Store(#[from] StoreError),
}

impl From<KeyringError> for StoreError {
    fn from(error: KeyringError) -> Self {
        if let KeyringError::Store(error) = error { error } else { Self::Unavailable(error.to_string()) }
    }
}

/// The keys of the installation, unlocked.
pub struct Keyring {
    place: Place,
    open: RwLock<Open>,
}

/// Where the wrapped keys lie.
enum Place {
    /// Of one process, which has all of them in memory.
    Folder(Folder),
    /// Of several nodes; looked up when an organization is first met.
    Keyspace(Shared),
}

/// Held until it is dropped.
struct Folder {
    place: KeyringPlace,
    lock: File,
    kept: Mutex<Kept>,
}

/// As it lies there.
struct Kept {
    root: Secret,
    file: KeyringFile,
}

struct Open {
    installation: Arc<Sealer>,
    tenants: HashMap<TenantId, Arc<Sealer>>,
}

impl Keyring {
    /// In a folder. `new`: there is no data yet, so keys that are missing are made.
    pub fn open(place: KeyringPlace, new: bool) -> Result<Self, KeyringError> {
        private_folder(&place.dir).map_err(|error| KeyringError::Folder { dir: place.dir.clone(), error })?;
        let lock = lock(&place.dir)?;
        let (root_path, keys_path) = (place.root_path(), place.keys_path());
        let mut roots = read_roots(&root_path)?;
        let file = read_keys(&keys_path)?;
        if roots.is_empty() {
            if file.is_some() || !new || place.root_key_file.is_some() {
                return Err(KeyringError::RootMissing { path: root_path });
            }
            let root = Secret::random()?;
            write_roots(&root_path, &[&root])?;
            roots.push(root);
        }
        let (root, file) = match file {
            Some(file) => {
                let root = roots.into_iter().find(|root| root_id(root) == file.root);
                let wrong = KeyringError::WrongRoot { root: root_path, keys: shown(&keys_path) };
                (root.ok_or(wrong)?, file)
            }
            None if !new => return Err(KeyringError::Missing { keys: shown(&keys_path) }),
            None => {
                let root = roots.swap_remove(0);
                let mut file = KeyringFile { format: keyring_file::FORMAT, root: root_id(&root), keys: Vec::new() };
                file.keys.push(new_keys(&root, INSTALLATION)?);
                write_keys(&keys_path, &file)?;
                (root, file)
            }
        };
        let open = unlock(&root, &file).ok_or(KeyringError::Unreadable { keys: shown(&keys_path) })?;
        let folder = Folder { place, lock, kept: Mutex::new(Kept { root, file }) };
        Ok(Self { place: Place::Folder(folder), open: RwLock::new(open) })
    }

    /// For what belongs to no organization.
    pub fn installation(&self) -> Arc<Sealer> {
        Arc::clone(&self.read().installation)
    }

    /// Without a look elsewhere. `None`: nothing was ever stored for this organization, or another node has made its keys
    /// and this one has not looked since.
    pub fn known(&self, tenant: TenantId) -> Option<Arc<Sealer>> {
        self.read().tenants.get(&tenant).map(Arc::clone)
    }

    /// `None`: nothing was ever stored for this organization, by no node.
    pub async fn find(&self, tenant: TenantId) -> Result<Option<Arc<Sealer>>, StoreError> {
        match (self.known(tenant), &self.place) {
            (None, Place::Keyspace(shared)) => Ok(self.look_up(shared, tenant).await?),
            (known, Place::Folder(_) | Place::Keyspace(_)) => Ok(known),
        }
    }

    /// Makes the organization's keys when it has none; they are durable when this returns.
    pub async fn make(self: &Arc<Self>, tenant: TenantId) -> Result<Arc<Sealer>, StoreError> {
        if let Some(known) = self.known(tenant) {
            return Ok(known);
        }
        match &self.place {
            Place::Folder(_) => {
                let keyring = Arc::clone(self);
                let made = tokio::task::spawn_blocking(move || keyring.of(tenant)).await;
                made.map_err(|error| StoreError::Unavailable(error.to_string()))?
            }
            Place::Keyspace(shared) => Ok(self.make_shared(shared, tenant).await?),
        }
    }

    /// [`Keyring::make`] of a keyring in a folder; waits for the disk, once per organization.
    pub fn of(&self, tenant: TenantId) -> Result<Arc<Sealer>, StoreError> {
        if let Some(known) = self.known(tenant) {
            return Ok(known);
        }
        Ok(self.add(self.folder()?, tenant)?)
    }

    fn add(&self, folder: &Folder, tenant: TenantId) -> Result<Arc<Sealer>, KeyringError> {
        let Kept { root, file } = &mut *folder.kept();
        // Somebody else may have made them meanwhile.
        if let Some(known) = self.known(tenant) {
            return Ok(known);
        }
        let keys = new_keys(root, &tenant.to_string())?;
        let sealer = unwrap_keys(root, &keys).ok_or_else(|| folder.unreadable())?;
        file.keys.push(keys);
        if let Err(error) = write_keys(&folder.place.keys_path(), file) {
            file.keys.pop();
            return Err(error);
        }
        self.write().tenants.insert(tenant, Arc::clone(&sealer));
        Ok(sealer)
    }

    fn folder(&self) -> Result<&Folder, KeyringError> {
        match &self.place {
            Place::Folder(folder) => Ok(folder),
            Place::Keyspace(shared) => Err(shared.unreadable()),
        }
    }

    /// A new root key wraps the same data keys: nothing that is stored changes. At every moment one of the root keys on
    /// disk opens every key. In a keyspace the nodes go on meanwhile, with both root keys in the file of each.
    pub async fn rotate_root(&self) -> Result<(), KeyringError> {
        match &self.place {
            Place::Folder(folder) => folder.rotate(),
            Place::Keyspace(shared) => shared.rotate().await,
        }
    }

    /// Gives every owner a new data key for what is written from now on, unless the last such change is unfinished. In a
    /// folder only.
    pub fn begin_data_rotation(&self) -> Result<(), KeyringError> {
        let folder = self.folder()?;
        let kept = &mut *folder.kept();
        if kept.file.keys.iter().any(|keys| keys.data.len() > 1) {
            return Ok(());
        }
        for keys in &mut kept.file.keys {
            add_data_key(&kept.root, keys)?;
        }
        self.publish(folder, kept)
    }

    /// Forgets all data keys but the newest: nothing is sealed by them any more. In a folder only.
    pub fn end_data_rotation(&self) -> Result<(), KeyringError> {
        let folder = self.folder()?;
        let kept = &mut *folder.kept();
        for keys in &mut kept.file.keys {
            let older = keys.data.len().saturating_sub(1);
            keys.data.drain(..older);
        }
        self.publish(folder, kept)
    }

    fn publish(&self, folder: &Folder, kept: &Kept) -> Result<(), KeyringError> {
        write_keys(&folder.place.keys_path(), &kept.file)?;
        *self.write() = unlock(&kept.root, &kept.file).ok_or_else(|| folder.unreadable())?;
        Ok(())
    }

    fn read(&self) -> RwLockReadGuard<'_, Open> {
        // Nothing is half changed where it could panic.
        self.open.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Open> {
        self.open.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Folder {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unreadable(&self) -> KeyringError {
        KeyringError::Unreadable { keys: shown(&self.place.keys_path()) }
    }

    fn rotate(&self) -> Result<(), KeyringError> {
        let mut kept = self.kept();
        let path = self.place.root_path();
        let root = if self.place.root_key_file.is_some() {
            let first =
                read_roots(&path)?.into_iter().next().ok_or(KeyringError::RootMissing { path: path.clone() })?;
            if root_id(&first) == kept.file.root {
                return Err(KeyringError::NothingNew { path });
            }
            first
        } else {
            let root = Secret::random()?;
            write_roots(&path, &[&root, &kept.root])?;
            root
        };
        let file = rewrapped(&kept.root, &kept.file, &root).ok_or_else(|| self.unreadable())?;
        write_keys(&self.place.keys_path(), &file)?;
        if self.place.root_key_file.is_none() {
            write_roots(&path, &[&root])?;
        }
        *kept = Kept { root, file };
        Ok(())
    }
}

/// A child that is being started has a copy of the handle for a moment: closing ours alone would leave it locked.
impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the keyring was not unlocked; the end of the process does it");
        }
    }
}

fn unlock(root: &Secret, file: &KeyringFile) -> Option<Open> {
    let mut installation = None;
    let mut tenants = HashMap::new();
    for keys in &file.keys {
        let sealer = unwrap_keys(root, keys)?;
        if keys.owner == INSTALLATION {
            installation = Some(sealer);
        } else {
            tenants.insert(keys.owner.parse().ok()?, sealer);
        }
    }
    Some(Open { installation: installation?, tenants })
}

fn unwrap_keys(root: &Secret, keys: &OwnerKeys) -> Option<Arc<Sealer>> {
    let owner = &keys.owner;
    let tenant = if owner == INSTALLATION { None } else { Some(owner.parse().ok()?) };
    let lookup = keyring_file::unwrap(root, &Label { owner, generation: 0 }, &keys.lookup)?;
    let data = keys.data.iter().map(|DataKey { generation, key }| {
        let label = Label { owner, generation: *generation };
        Some((*generation, keyring_file::unwrap(root, &label, key)?))
    });
    let data = data.collect::<Option<Vec<_>>>()?;
    (!data.is_empty()).then(|| Arc::new(Sealer::new(tenant, data, lookup)))
}

fn new_keys(root: &Secret, owner: &str) -> Result<OwnerKeys, KeyringError> {
    let lookup = wrapped(root, &Label { owner, generation: 0 }, &Secret::random()?)?;
    Ok(OwnerKeys { owner: owner.to_owned(), lookup, data: vec![new_data_key(root, owner, 1)?] })
}

fn new_data_key(root: &Secret, owner: &str, generation: u16) -> Result<DataKey, KeyringError> {
    Ok(DataKey { generation, key: wrapped(root, &Label { owner, generation }, &Secret::random()?)? })
}

/// For what is sealed from now on.
fn add_data_key(root: &Secret, keys: &mut OwnerKeys) -> Result<(), KeyringError> {
    let generation = keys.data.last().map_or(1, |newest| newest.generation.saturating_add(1));
    keys.data.push(new_data_key(root, &keys.owner, generation)?);
    Ok(())
}

fn wrapped(root: &Secret, label: &Label<'_>, key: &Secret) -> Result<String, KeyringError> {
    keyring_file::wrap(root, label, key).ok_or_else(|| KeyringError::Io(io::Error::other("a key was not wrapped")))
}

fn rewrapped(before: &Secret, file: &KeyringFile, root: &Secret) -> Option<KeyringFile> {
    let again =
        |label: &Label<'_>, old: &str| keyring_file::wrap(root, label, &keyring_file::unwrap(before, label, old)?);
    let keys = file.keys.iter().map(|keys| {
        let owner = &keys.owner;
        let data = keys.data.iter().map(|DataKey { generation, key }| {
            Some(DataKey { generation: *generation, key: again(&Label { owner, generation: *generation }, key)? })
        });
        let lookup = again(&Label { owner, generation: 0 }, &keys.lookup)?;
        Some(OwnerKeys { owner: owner.clone(), lookup, data: data.collect::<Option<_>>()? })
    });
    Some(KeyringFile { format: file.format, root: root_id(root), keys: keys.collect::<Option<_>>()? })
}

fn lock(dir: &Path) -> Result<File, KeyringError> {
    let path = dir.join("lock");
    if !path.exists() {
        replace(&path, b"")?;
    }
    let lock = File::options().write(true).open(path)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(KeyringError::Locked { dir: dir.to_owned() }),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// Empty when there is no such file.
pub(super) fn read_roots(path: &Path) -> Result<Vec<Secret>, KeyringError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let roots: Vec<Secret> = lines
        .map(|line| line.parse().map_err(|()| KeyringError::RootUnreadable { path: path.to_owned() }))
        .collect::<Result<_, _>>()?;
    if roots.is_empty() { Err(KeyringError::RootUnreadable { path: path.to_owned() }) } else { Ok(roots) }
}

pub(super) fn write_roots(path: &Path, roots: &[&Secret]) -> Result<(), KeyringError> {
    let mut text = Zeroizing::new(String::with_capacity(roots.len() * 65));
    for root in roots {
        text.push_str(&root.to_text());
        text.push('\n');
    }
    Ok(replace(path, text.as_bytes())?)
}

pub(super) fn read_keys(path: &Path) -> Result<Option<KeyringFile>, KeyringError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    parsed(&bytes).map(Some).ok_or_else(|| KeyringError::Unreadable { keys: shown(path) })
}

fn parsed(bytes: &[u8]) -> Option<KeyringFile> {
    let file: Option<KeyringFile> = serde_json::from_slice(bytes).ok();
    file.filter(|file| file.format == keyring_file::FORMAT)
}

pub(super) fn shown(path: &Path) -> String {
    path.display().to_string()
}

pub(super) fn write_keys(path: &Path, file: &KeyringFile) -> Result<(), KeyringError> {
    let text = serde_json::to_vec_pretty(file).map_err(io::Error::other)?;
    Ok(replace(path, &text)?)
}

#[cfg(test)]
mod tests;
