use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::OpenError;
use crate::crypto::private_folder;

/// The locked data directory.
pub(crate) struct DataDirectory {
    path: PathBuf,
    /// Ends with the process, also when it is killed.
    lock: File,
}

impl DataDirectory {
    pub(crate) fn lock(dir: &Path) -> Result<Self, OpenError> {
        private_folder(dir).map_err(|error| OpenError::Folder { dir: dir.to_owned(), error })?;
        refuse_network(dir, rustix::fs::statfs(dir).map_err(std::io::Error::from)?.f_type)?;
        let mut lock = File::options().create(true).truncate(false).write(true).mode(0o600).open(dir.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(OpenError::Locked { dir: dir.to_owned() }),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        lock.set_len(0)?;
        // For the person who wonders who holds it.
        writeln!(lock, "{}", std::process::id())?;
        Ok(Self { path: dir.to_owned(), lock })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Only its owner may read this file, made empty if it is not there: SQLite gives the same mode to what it puts
    /// beside it.
    pub(crate) fn make_private(file: &Path) -> std::io::Result<()> {
        let file = File::options().create(true).append(true).mode(0o600).open(file)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))
    }

    pub(crate) fn free_bytes(&self) -> std::io::Result<u64> {
        let stat = rustix::fs::statvfs(&self.path)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }
}

/// A child that is being started has a copy of the handle for a moment: closing ours alone would leave it locked.
impl Drop for DataDirectory {
    fn drop(&mut self) {
        if let Err(error) = self.lock.unlock() {
            tracing::warn!(%error, "the data directory was not unlocked; the end of the process does it");
        }
    }
}

/// SQLite's write-ahead log needs shared memory and real locks, which file systems of several machines do not give.
fn refuse_network(dir: &Path, magic: rustix::fs::FsWord) -> Result<(), OpenError> {
    let name = match magic {
        0x6969 => "NFS",
        0x517B | 0xFF53_4D42 | 0xFE53_4D42 => "SMB",
        0x00C3_6400 => "Ceph",
        0x5346_414F => "AFS",
        0x0102_1997 => "9P",
        0x0BD0_0BD0 => "Lustre",
        0x4750_4653 => "GPFS",
        0x0116_1970 => "GFS2",
        0x7461_636F => "OCFS2",
        _ => return Ok(()),
    };
    Err(OpenError::NetworkFileSystem { dir: dir.to_owned(), name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_file_system_is_refused_in_one_clear_line() {
        let error = refuse_network(Path::new("/data"), 0x6969).unwrap_err().to_string();
        assert!(error.contains("NFS") && error.contains("/data") && !error.contains('\n'), "{error}");
        assert!(refuse_network(Path::new("/data"), 0xEF53).is_ok(), "ext4");
    }

    #[test]
    fn a_directory_has_one_holder() {
        let dir = tempfile::tempdir().unwrap();
        let first = DataDirectory::lock(dir.path()).unwrap();
        assert!(matches!(DataDirectory::lock(dir.path()), Err(OpenError::Locked { .. })));
        assert!(first.free_bytes().unwrap() > 0);
        drop(first);
        assert!(DataDirectory::lock(dir.path()).is_ok());
    }
}
