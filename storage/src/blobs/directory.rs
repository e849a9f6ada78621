use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use bytes::Bytes;
use engine::id::{MediaId, TenantId};
use engine::ports::{BlobStore, StoreError};

/// Blobs as files: `blobs/<tenant>/<two digits>/<id>`. The path is made of our own ids only, never of outside text.
pub struct DirectoryBlobs {
    root: Arc<Path>,
    /// Tells two writers of the same blob apart.
    drafts: AtomicU64,
}

impl DirectoryBlobs {
    /// Keeps its files in `dir/blobs`.
    pub fn open(dir: &Path) -> io::Result<Self> {
        let root = dir.join("blobs");
        fs::create_dir_all(&root)?;
        Ok(Self { root: root.into(), drafts: AtomicU64::new(0) })
    }

    fn path(&self, tenant: TenantId, id: MediaId) -> PathBuf {
        let name = id.to_string();
        // 256 folders keep each one short enough to list.
        let shard: String = name.chars().take(2).collect();
        self.root.join(tenant.to_string()).join(shard).join(name)
    }
}

#[async_trait]
impl BlobStore for DirectoryBlobs {
    async fn put(&self, tenant: TenantId, id: MediaId, bytes: Bytes) -> Result<(), StoreError> {
        let path = self.path(tenant, id);
        let draft = path.with_extension(format!("draft-{}", self.drafts.fetch_add(1, Ordering::Relaxed)));
        let root = Arc::clone(&self.root);
        off_thread(move || write(&root, &draft, &path, &bytes)).await
    }

    async fn read(&self, tenant: TenantId, id: MediaId) -> Result<Option<Bytes>, StoreError> {
        let path = self.path(tenant, id);
        off_thread(move || found(fs::read(path)).map(|bytes| bytes.map(Bytes::from))).await
    }

    async fn read_range(
        &self,
        tenant: TenantId,
        id: MediaId,
        offset: u64,
        length: u64,
    ) -> Result<Option<Bytes>, StoreError> {
        let path = self.path(tenant, id);
        off_thread(move || {
            let Some(mut file) = found(File::open(path))? else { return Ok(None) };
            // Offset and length come from a browser's Range header: never allocate by them, read what is there.
            file.seek(SeekFrom::Start(offset.min(file.metadata()?.len())))?;
            let mut bytes = Vec::new();
            file.take(length).read_to_end(&mut bytes)?;
            Ok(Some(Bytes::from(bytes)))
        })
        .await
    }
}

/// A reader sees the whole file or none: it is complete on disk before it gets its name.
fn write(root: &Path, draft: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let shard = path.parent().unwrap_or(root);
    make_folders(root, shard)?;
    let written = (|| {
        // A draft of the same name can only be one that a crash left behind.
        let mut file = File::create(draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
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
    fs::create_dir_all(shard)?;
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

async fn off_thread<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, StoreError> {
    let outcome = tokio::task::spawn_blocking(work).await;
    let outcome = outcome.map_err(|error| StoreError::Unavailable(format!("file work was cut short: {error}")))?;
    outcome.map_err(|error| StoreError::Unavailable(format!("file: {error}")))
}
