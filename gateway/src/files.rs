//! Counts what the place of files is asked, and how it answers: a disk or a server that fails shows in `/metrics`.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use engine::id::{MediaId, TenantId};
use engine::ports::{BlobStore, StoreError};

use crate::metric;

/// Where files are, with a count of every question.
pub struct CountedFiles(pub Arc<dyn BlobStore>);

fn count(operation: &'static str, outcome: &'static str) {
    metrics::counter!(metric::FILES, "operation" => operation, "outcome" => outcome).increment(1);
}

fn found(answer: &Result<Option<Bytes>, StoreError>) -> &'static str {
    match answer {
        Ok(Some(_)) => "done",
        Ok(None) => "missing",
        Err(_) => "failed",
    }
}

#[async_trait]
impl BlobStore for CountedFiles {
    async fn put(&self, tenant: TenantId, id: MediaId, bytes: Bytes) -> Result<(), StoreError> {
        let answer = self.0.put(tenant, id, bytes).await;
        count("put", if answer.is_ok() { "done" } else { "failed" });
        answer
    }

    async fn read(&self, tenant: TenantId, id: MediaId) -> Result<Option<Bytes>, StoreError> {
        let answer = self.0.read(tenant, id).await;
        count("read", found(&answer));
        answer
    }

    async fn read_range(
        &self,
        tenant: TenantId,
        id: MediaId,
        offset: u64,
        length: u64,
    ) -> Result<Option<Bytes>, StoreError> {
        let answer = self.0.read_range(tenant, id, offset, length).await;
        count("read", found(&answer));
        answer
    }
}
