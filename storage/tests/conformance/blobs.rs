use bytes::Bytes;
use engine::id::MediaId;
use engine::ports::BlobStore;
use storage::blobs::DirectoryBlobs;

use crate::fixture::*;

const ID: MediaId = MediaId::from_bytes([0xab; 16]);

pub async fn a_blob_reads_back(blobs: &impl Blobs) {
    let blobs = blobs.blobs();
    assert_eq!(blobs.read(TENANT, ID).await, Ok(None));
    for _ in 0..2 {
        blobs.put(TENANT, ID, Bytes::from_static(b"0123456789")).await.unwrap();
    }
    assert_eq!(blobs.read(TENANT, ID).await, Ok(Some(Bytes::from_static(b"0123456789"))));
    assert_eq!(blobs.read(OTHER, ID).await, Ok(None));
}

pub async fn a_range_ends_with_the_file(blobs: &impl Blobs) {
    let blobs = blobs.blobs();
    assert_eq!(blobs.read_range(TENANT, ID, 0, 1).await, Ok(None));
    blobs.put(TENANT, ID, Bytes::from_static(b"0123456789")).await.unwrap();
    for (offset, length, expected) in
        [(0, 4, "0123"), (8, 4, "89"), (10, 1, ""), (99, 1, ""), (0, u64::MAX, "0123456789"), (u64::MAX, u64::MAX, "")]
    {
        let found = blobs.read_range(TENANT, ID, offset, length).await.unwrap().unwrap();
        assert_eq!(found, expected, "{offset} {length}");
    }
}

/// What a row of the suite keeps its blobs in.
pub trait Blobs {
    fn blobs(&self) -> Box<dyn BlobStore + '_>;
}

impl Blobs for storage::memory::MemoryStore {
    fn blobs(&self) -> Box<dyn BlobStore + '_> {
        Box::new(Borrowed(self))
    }
}

/// The embedded store keeps its blobs in the directory.
impl Blobs for storage::sqlite::SqliteStore {
    fn blobs(&self) -> Box<dyn BlobStore + '_> {
        let dir = tempfile::tempdir().unwrap();
        let blobs = DirectoryBlobs::open(dir.path()).unwrap();
        Box::new(InDirectory { blobs, _dir: dir })
    }
}

struct Borrowed<'a>(&'a storage::memory::MemoryStore);

struct InDirectory {
    blobs: DirectoryBlobs,
    _dir: tempfile::TempDir,
}
