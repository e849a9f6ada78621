//! A backup of the keyring: one file, sealed by a passphrase, because whoever has the keys and a backup of the data can read
//! everything.

use std::fs;
use std::path::Path;

use rand::RngCore as _;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::keyring::{KeyringError, KeyringPlace, read_keys, read_roots, shown, write_keys, write_roots};
use super::keyring_file::{KeyringFile, private_folder, replace, root_id};
use super::passphrase::{Passphrase, SALT_BYTES};
use super::secret::Secret;

const FORMAT: &str = "jetto keys 1";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BackupFile {
    format: String,
    #[serde(with = "hex::serde")]
    salt: [u8; SALT_BYTES],
    #[serde(with = "hex::serde")]
    sealed: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contents {
    pub(super) keys: KeyringFile,
    /// In hex. `None`: it lies with the operator, in a file of its own.
    root: Option<String>,
}

/// Writes the keyring into `to`, also while a server uses it; `false` when its root key is not in it, because it lies in a
/// file of the operator's. Blocks.
pub fn back_up_keys(place: &KeyringPlace, to: &Path, passphrase: &str) -> Result<bool, KeyringError> {
    if to.exists() {
        return Err(KeyringError::Exists { dir: to.to_owned() });
    }
    let keys_path = place.keys_path();
    let keys = read_keys(&keys_path)?.ok_or(KeyringError::Missing { keys: shown(&keys_path) })?;
    let root_path = place.root_path();
    let roots = read_roots(&root_path)?;
    let missing = if roots.is_empty() {
        KeyringError::RootMissing { path: root_path }
    } else {
        KeyringError::WrongRoot { root: root_path, keys: shown(&keys_path) }
    };
    let root = roots.into_iter().find(|root| root_id(root) == keys.root).ok_or(missing)?;
    write_backup(to, &Contents::of(place, keys, &root), passphrase)
}

impl Contents {
    pub(super) fn of(place: &KeyringPlace, keys: KeyringFile, root: &Secret) -> Self {
        let root = place.root_key_file.is_none().then(|| root.to_text());
        Self { keys, root: root.map(|text| text.to_string()) }
    }

    /// The root key, when it is in the backup and not in its place.
    pub(super) fn put_root(&self, place: &KeyringPlace, from: &Path) -> Result<(), KeyringError> {
        let strange = |()| KeyringError::NotABackup { path: from.to_owned() };
        let root = self.root.clone().map(Zeroizing::new);
        let Some(root) = root.map(|root| root.parse::<Secret>()).transpose().map_err(strange)? else { return Ok(()) };
        private_folder(&place.dir).map_err(|error| KeyringError::Folder { dir: place.dir.clone(), error })?;
        if place.root_path().exists() { Ok(()) } else { Ok(write_roots(&place.root_path(), &[&root])?) }
    }
}

/// Whether the root key is in it. Blocks.
pub(super) fn write_backup(to: &Path, contents: &Contents, passphrase: &str) -> Result<bool, KeyringError> {
    if to.exists() {
        return Err(KeyringError::Exists { dir: to.to_owned() });
    }
    let plain = Zeroizing::new(serde_json::to_vec(contents).map_err(std::io::Error::other)?);
    let mut salt = [0; SALT_BYTES];
    rand::rng().fill_bytes(&mut salt);
    let sealed = Passphrase::salted(passphrase, &salt)?.seal(FORMAT, &plain)?;
    let file = BackupFile { format: FORMAT.to_owned(), salt, sealed };
    replace(to, &serde_json::to_vec_pretty(&file).map_err(std::io::Error::other)?)?;
    Ok(contents.root.is_some())
}

/// Blocks.
pub(super) fn read_backup(from: &Path, passphrase: &str) -> Result<Contents, KeyringError> {
    let strange = || KeyringError::NotABackup { path: from.to_owned() };
    let file: Option<BackupFile> = serde_json::from_slice(&fs::read(from)?).ok();
    let BackupFile { format: _, salt, sealed } = file.filter(|file| file.format == FORMAT).ok_or_else(strange)?;
    let plain = Passphrase::salted(passphrase, &salt)?.open(FORMAT, &sealed)?;
    serde_json::from_slice(&plain).map_err(|_| strange())
}

/// Makes a keyring of a backup, where there is none. Blocks.
pub fn put_back_keys(place: &KeyringPlace, from: &Path, passphrase: &str) -> Result<(), KeyringError> {
    let contents = read_backup(from, passphrase)?;
    if place.keys_path().exists() {
        return Err(KeyringError::Exists { dir: place.dir.clone() });
    }
    private_folder(&place.dir).map_err(|error| KeyringError::Folder { dir: place.dir.clone(), error })?;
    contents.put_root(place, from)?;
    // Last: a keyring without it is none.
    write_keys(&place.keys_path(), &contents.keys)
}
