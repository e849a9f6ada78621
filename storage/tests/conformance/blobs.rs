use std::sync::Arc;

use bytes::Bytes;
use engine::id::MediaId;
use engine::ports::BlobStore;
use storage::blobs::DirectoryBlobs;
use storage::crypto::{Keyring, KeyringPlace};
use storage::memory::MemoryStore;

use crate::fixture::*;

pub(crate) const ID: MediaId = MediaId::from_bytes([0xab; 16]);

pub(crate) async fn a_blob_reads_back(blobs: &impl BlobStore) {
    assert_eq!(blobs.read(TENANT, ID).await, Ok(None));
    for _ in 0..2 {
        blobs.put(TENANT, ID, Bytes::from_static(b"0123456789")).await.unwrap();
    }
    assert_eq!(blobs.read(TENANT, ID).await, Ok(Some(Bytes::from_static(b"0123456789"))));
    assert_eq!(blobs.read(OTHER, ID).await, Ok(None));
}

pub(crate) async fn a_range_ends_with_the_file(blobs: &impl BlobStore) {
    let other = MediaId::from_bytes([0xac; 16]);
    assert_eq!(blobs.read_range(TENANT, other, 0, 1).await, Ok(None));
    blobs.put(TENANT, other, Bytes::from_static(b"0123456789")).await.unwrap();
    let ranges =
        [(0, 4, "0123"), (8, 4, "89"), (10, 1, ""), (99, 1, ""), (0, u64::MAX, "0123456789"), (u64::MAX, u64::MAX, "")];
    for (offset, length, expected) in ranges {
        let found = blobs.read_range(TENANT, other, offset, length).await.unwrap().unwrap();
        assert_eq!(found, expected, "{offset} {length}");
    }
}

#[tokio::test]
async fn the_directory_keeps_blobs_and_nothing_half_written() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = Arc::new(Keyring::open(KeyringPlace::within(dir.path()), true).unwrap());
    let blobs = DirectoryBlobs::open(dir.path(), Arc::clone(&keyring)).unwrap();
    a_blob_reads_back(&blobs).await;
    a_range_ends_with_the_file(&blobs).await;
    let folder = dir.path().join("blobs").join(TENANT.to_string()).join("ab");
    let names: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, [ID.to_string().as_str()], "no draft stays behind");
    // A crash leaves a draft behind, and the names of drafts start again.
    let again = DirectoryBlobs::open(dir.path(), keyring).unwrap();
    std::fs::write(folder.join(format!("{ID}.draft-0")), b"half").unwrap();
    again.put(TENANT, ID, Bytes::from_static(b"whole")).await.unwrap();
    assert_eq!(again.read(TENANT, ID).await, Ok(Some(Bytes::from_static(b"whole"))));
}

#[tokio::test]
async fn memory_keeps_blobs() {
    let blobs = MemoryStore::new();
    a_blob_reads_back(&blobs).await;
    a_range_ends_with_the_file(&blobs).await;
}
