use std::fs::{self, DirBuilder, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use engine::id::{MediaId, TenantId};
use engine::ports::{BlobStore, StoreError};

use crate::crypto::{self, Keyring, Sealer};

/// Blobs as sealed files: `blobs/<tenant>/<two digits>/<id>`. The path is made of our own ids only, never of outside text.
pub struct DirectoryBlobs {
    root: Arc<Path>,
    keyring: Arc<Keyring>,
    /// Tells two writers of the same blob apart.
    drafts: AtomicU64,
}

impl DirectoryBlobs {
    /// Keeps its files in `dir/blobs`.
    pub fn open(dir: &Path, keyring: Arc<Keyring>) -> io::Result<Self> {
        let root = dir.join("blobs");
        crypto::private_folder(&root)?;
        Ok(Self { root: root.into(), keyring, drafts: AtomicU64::new(0) })
    }

    fn path(&self, tenant: TenantId, id: MediaId) -> PathBuf {
        self.root.join(place(tenant, id))
    }

    fn draft(&self, path: &Path) -> PathBuf {
        path.with_extension(format!("draft-{}", self.drafts.fetch_add(1, Ordering::Relaxed)))
    }

    /// Seals every file by the newest key of its organization; how many were not yet. Blocks; for the command line. A
    /// repeat goes on where it was cut short. What belongs to nobody whose keys are known is left alone.
    pub fn reseal(&self) -> Result<u64, StoreError> {
        let mut resealed = 0;
        let done = each_file(&self.root, |tenant, id, file| {
            if let Some(sealer) = self.keyring.known(tenant) {
                resealed += u64::from(self.reseal_one(&sealer, id, file)?);
            }
            Ok(())
        });
        done.map(|()| resealed).map_err(failed)
    }

    fn reseal_one(&self, sealer: &Sealer, id: MediaId, path: &Path) -> io::Result<bool> {
        let stale = crypto::open_stale(sealer, id.as_bytes(), &mut File::open(path)?)?;
        let Some(plain) = stale else { return Ok(false) };
        write(&self.root, &self.draft(path), path, sealer, id, &plain)?;
        Ok(true)
    }
}

#[async_trait]
impl BlobStore for DirectoryBlobs {
    async fn put(&self, tenant: TenantId, id: MediaId, bytes: Bytes) -> Result<(), StoreError> {
        let path = self.path(tenant, id);
        let draft = self.draft(&path);
        let (root, sealer) = (Arc::clone(&self.root), self.keyring.make(tenant).await?);
        off_thread(move || write(&root, &draft, &path, &sealer, id, &bytes).map_err(failed)).await
    }

    async fn read(&self, tenant: TenantId, id: MediaId) -> Result<Option<Bytes>, StoreError> {
        self.read_range(tenant, id, 0, u64::MAX).await
    }

    async fn read_range(
        &self,
        tenant: TenantId,
        id: MediaId,
        offset: u64,
        length: u64,
    ) -> Result<Option<Bytes>, StoreError> {
        let path = self.path(tenant, id);
        let Some(sealer) = self.keyring.find(tenant).await? else { return Ok(None) };
        off_thread(move || {
            let Some(mut file) = found(File::open(path)).map_err(failed)? else { return Ok(None) };
            // Offset and length come from a browser's Range header: memory is taken by what is there.
            let bytes = crypto::open_range(&sealer, id.as_bytes(), &mut file, offset, length).map_err(failed)?;
            Ok(Some(Bytes::from(bytes)))
        })
        .await
    }
}

/// Where a file lies below the root.
pub(crate) fn place(tenant: TenantId, id: MediaId) -> PathBuf {
    let name = id.to_string();
    // 256 folders keep each one short enough to list.
    let shard: String = name.chars().take(2).collect();
    [tenant.to_string(), shard, name].iter().collect()
}

/// A reader sees the whole file or none: it is complete on disk before it gets its name.
fn write(root: &Path, draft: &Path, path: &Path, sealer: &Sealer, id: MediaId, plain: &[u8]) -> io::Result<()> {
    let shard = path.parent().unwrap_or(root);
    make_folders(root, shard)?;
    let written = (|| {
        // A draft of the same name can only be one that a crash left behind.
        let file = File::options().create(true).truncate(true).write(true).mode(0o600).open(draft)?;
        let mut file = BufWriter::new(file);
        crypto::seal_file(sealer, id.as_bytes(), plain, &mut file)?;
        file.flush()?;
        file.get_ref().sync_all()?;
        fs::rename(draft, path)
    })();
    if written.is_err() {
        // Half a file helps nobody; that it cannot be removed is no news after the first error.
        drop(fs::remove_file(draft));
    }
    written?;
    File::open(shard)?.sync_all()
}

/// A new folder is durable only once its parent is synced.
fn make_folders(root: &Path, shard: &Path) -> io::Result<()> {
    if shard.is_dir() {
        return Ok(());
    }
    DirBuilder::new().recursive(true).mode(0o700).create(shard)?;
    for parent in shard.ancestors().skip(1).take_while(|parent| parent.starts_with(root)) {
        File::open(parent)?.sync_all()?;
    }
    Ok(())
}

fn found<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Every file below `root`, in order of its name. What has no id for a name is a draft of a write that is under way or was
/// cut short.
pub(crate) fn each_file(
    root: &Path,
    mut visit: impl FnMut(TenantId, MediaId, &Path) -> io::Result<()>,
) -> io::Result<()> {
    for owner in entries(root)? {
        let Some(tenant) = name_of::<TenantId>(&owner) else { continue };
        for shard in entries(&owner)? {
            for file in entries(&shard)? {
                let Some(id) = name_of::<MediaId>(&file) else { continue };
                visit(tenant, id, &file)?;
            }
        }
    }
    Ok(())
}

/// What lies in a folder, folders and files alike, in order of name.
fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    entries.sort();
    Ok(entries)
}

fn name_of<T: std::str::FromStr>(path: &Path) -> Option<T> {
    path.file_name()?.to_str()?.parse().ok()
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err calls")]
fn failed(error: io::Error) -> StoreError {
    if error.kind() == io::ErrorKind::InvalidData {
        StoreError::Corrupt(format!("a file: {error}"))
    } else {
        StoreError::Unavailable(format!("file: {error}"))
    }
}

async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let outcome = tokio::task::spawn_blocking(work).await;
    outcome.map_err(|error| StoreError::Unavailable(format!("file work was cut short: {error}")))?
}
