use async_trait::async_trait;
use bytes::Bytes;

use super::StoreError;
use crate::id::{MediaId, TenantId};

/// Bytes of files. A blob is never changed; writing it again is harmless.
#[async_trait]
pub trait BlobStore: Send + Sync {
    /// Durable on return.
    async fn put(&self, tenant: TenantId, id: MediaId, bytes: Bytes) -> Result<(), StoreError>;

    async fn read(&self, tenant: TenantId, id: MediaId) -> Result<Option<Bytes>, StoreError>;

    /// `length` bytes from `offset`, fewer at the end.
    async fn read_range(
        &self,
        tenant: TenantId,
        id: MediaId,
        offset: u64,
        length: u64,
    ) -> Result<Option<Bytes>, StoreError>;
}
