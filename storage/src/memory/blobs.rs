use async_trait::async_trait;
use bytes::Bytes;
use engine::id::{MediaId, TenantId};
use engine::ports::{BlobStore, StoreError};

use super::MemoryStore;

#[async_trait]
impl BlobStore for MemoryStore {
    async fn put(&self, tenant: TenantId, id: MediaId, bytes: Bytes) -> Result<(), StoreError> {
        self.state()?.blobs.insert((tenant, id), bytes);
        Ok(())
    }

    async fn read(&self, tenant: TenantId, id: MediaId) -> Result<Option<Bytes>, StoreError> {
        Ok(self.state()?.blobs.get(&(tenant, id)).cloned())
    }

    async fn read_range(
        &self,
        tenant: TenantId,
        id: MediaId,
        offset: u64,
        length: u64,
    ) -> Result<Option<Bytes>, StoreError> {
        Ok(self.state()?.blobs.get(&(tenant, id)).map(|bytes| {
            let end = offset.saturating_add(length).min(bytes.len() as u64);
            let start = usize::try_from(offset.min(end)).unwrap_or(bytes.len());
            bytes.slice(start..usize::try_from(end).unwrap_or(bytes.len()))
        }))
    }
}
