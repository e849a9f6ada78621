//! The keyring on disk: wrapped keys only, readable as JSON so that a person can see whose keys there are.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use serde::{Deserialize, Serialize};

use zeroize::Zeroizing;

use super::cipher::{Cipher, random_nonce};
use super::secret::Secret;

pub(super) const FORMAT: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyringFile {
    pub(super) format: u32,
    /// Which root key wraps these.
    pub(super) root: String,
    pub(super) keys: Vec<OwnerKeys>,
}

/// Without this entry, nothing that the owner ever stored can be read again, in no backup.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OwnerKeys {
    /// An organization's id, or `installation`.
    pub(super) owner: String,
    /// Wrapped, in hex.
    pub(super) lookup: String,
    /// Oldest first.
    pub(super) data: Vec<DataKey>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DataKey {
    pub(super) generation: u16,
    /// Wrapped, in hex.
    pub(super) key: String,
}

/// What a wrapped key is: bound into it, so that keys cannot be swapped within the file.
pub(super) struct Label<'a> {
    pub(super) owner: &'a str,
    /// 0: the key of look-ups.
    pub(super) generation: u16,
}

impl Label<'_> {
    fn context(&self) -> String {
        format!("jetto keyring {FORMAT} {} {}", self.owner, self.generation)
    }
}

pub(super) fn root_id(root: &Secret) -> String {
    root.derive("id").to_text().chars().take(16).collect()
}

pub(super) fn wrap(root: &Secret, label: &Label<'_>, key: &Secret) -> Option<String> {
    let nonce = random_nonce();
    let mut wrapped = *key.bytes();
    let tag = Cipher::new(root.derive("wrap")).seal(nonce, label.context().as_bytes(), &mut wrapped)?;
    Some(hex::encode(nonce) + &hex::encode(wrapped) + &hex::encode(tag))
}

pub(super) fn unwrap(root: &Secret, label: &Label<'_>, wrapped: &str) -> Option<Secret> {
    let mut wrapped = Zeroizing::new(hex::decode(wrapped).ok()?);
    let (nonce, wrapped) = wrapped.split_first_chunk_mut()?;
    let key = Cipher::new(root.derive("wrap")).open(*nonce, label.context().as_bytes(), wrapped)?;
    Some(Secret::from_bytes((&*key).try_into().ok()?))
}

/// The whole new file or the whole old one, also after a power cut; readable by its owner only.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let draft = path.with_extension("draft");
    // A draft of before may have been made with other permissions.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::options().create_new(true).write(true).mode(0o600).open(&draft)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&draft, path)?;
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

/// Makes the folder, or takes other people's rights from it.
pub(crate) fn private_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o777 == mode & 0o700 {
        return Ok(());
    }
    match fs::set_permissions(path, fs::Permissions::from_mode(0o700)) {
        // A mounted volume may belong to somebody else. What we put into it is readable by us only, all the same.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            tracing::warn!(folder = %path.display(), "others may look into this folder, and its mode cannot be changed");
            Ok(())
        }
        done => done,
    }
}
