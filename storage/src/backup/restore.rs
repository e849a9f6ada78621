use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use engine::id::{MediaId, TenantId};

use super::{BLOBS, BackupError, DATABASE, at, database};
use crate::blobs::place;
use crate::bundle::{Bundle, Format, Manifest};
use crate::sqlite::{DataDirectory, RESTORING, snapshot};

/// A backup on its way into an empty data directory, which is held until the end. It lies in a folder of its own there, a
/// data directory in itself, until somebody has looked at it and says [`Restore::finish`]; cut short before that, the server
/// refuses to start and the next restore begins anew.
pub struct Restore {
    data: DataDirectory,
    staged: PathBuf,
    pub manifest: Manifest,
}

impl Restore {
    /// Copies everything and checks every byte. Blocks.
    pub fn begin(from: &Path, data: &Path) -> Result<Self, BackupError> {
        let bundle = Bundle::open(from, Format::Backup)?;
        let locked = DataDirectory::lock(data)?;
        let staged = data.join(RESTORING);
        if data.join(DATABASE).exists() || (data.join(BLOBS).exists() && !staged.exists()) {
            return Err(BackupError::NotEmpty(data.to_owned()));
        }
        for left in [&staged, &data.join(BLOBS)] {
            match fs::remove_dir_all(left) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(left)(error)),
                _ => {}
            }
        }
        let restore = Self { data: locked, staged, manifest: bundle.manifest.clone() };
        restore.copy(&bundle)?;
        Ok(restore)
    }

    fn copy(&self, bundle: &Bundle) -> Result<(), BackupError> {
        let mut seen = false;
        for listed in bundle.files()? {
            let listed = listed?;
            seen |= listed.name == DATABASE;
            if listed.name != DATABASE && !is_blob(&listed.name) {
                return Err(BackupError::Strange(listed.name));
            }
            let path = self.staged.join(&listed.name);
            let folder = path.parent().unwrap_or(&self.staged);
            DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))?;
            let mut file = File::options().create_new(true).write(true).mode(0o600).open(&path).map_err(at(&path))?;
            listed.read(bundle, |piece| file.write_all(piece))?;
        }
        if !seen {
            return Err(BackupError::Strange(format!("no {DATABASE}")));
        }
        snapshot::check(&self.staged.join(DATABASE)).map_err(database(bundle.dir()))
    }

    /// The restored data directory, to be looked at.
    pub fn staged(&self) -> &Path {
        &self.staged
    }

    /// It is what was wanted: from now on it is the data directory.
    pub fn finish(self) -> Result<(), BackupError> {
        let data = self.data.path();
        let synced = |path: &Path| File::open(path).and_then(|folder| folder.sync_all()).map_err(at(path));
        let folder = File::open(&self.staged).map_err(at(&self.staged))?;
        rustix::fs::syncfs(&folder).map_err(|error| at(&self.staged)(error.into()))?;
        if self.staged.join(BLOBS).exists() {
            fs::rename(self.staged.join(BLOBS), data.join(BLOBS)).map_err(at(data))?;
        }
        // The last step: without it there is no data, and the folder that is left says that a restore was cut short.
        fs::rename(self.staged.join(DATABASE), data.join(DATABASE)).map_err(at(data))?;
        synced(data)
    }
}

/// What was not finished is of no use.
impl Drop for Restore {
    fn drop(&mut self) {
        match fs::remove_dir_all(&self.staged) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, folder = %self.staged.display(), "what was restored so far was not removed");
            }
            _ => {}
        }
    }
}

/// Whether this is where a file of a message lies, and nothing else.
fn is_blob(name: &str) -> bool {
    let mut parts = name.split('/').skip(1);
    let ids = (parts.next(), parts.nth(1));
    let (Some(tenant), Some(id)) = ids else { return false };
    let (Ok(tenant), Ok(id)) = (tenant.parse::<TenantId>(), id.parse::<MediaId>()) else { return false };
    format!("{BLOBS}/{}", place(tenant, id).display()) == name
}
