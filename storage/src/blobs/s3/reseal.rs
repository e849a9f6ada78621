use engine::id::{MediaId, TenantId};
use engine::ports::{BlobStore as _, StoreError};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::sync::Semaphore;

use super::S3Blobs;
use super::fault::Asked;
use crate::crypto::Sealer;

/// Objects whose beginning is asked for at a time.
const AT_ONCE: usize = 16;
/// Of these, files that come down and go up: each takes its size in memory, and two parts.
const RESEALED_AT_ONCE: usize = 2;
/// Format and generation of the key.
const TELLING_BYTES: u64 = 3;

impl S3Blobs {
    /// Seals every file by the newest key of its organization; how many were not yet. For the command line. A repeat goes on
    /// where it was cut short. What belongs to nobody whose keys are known is left alone.
    pub async fn reseal(&self) -> Result<u64, StoreError> {
        let mut resealed = 0;
        for (tenant, sealer) in self.keyring.tenants() {
            resealed += self.reseal_of(tenant, &sealer).await?;
        }
        Ok(resealed)
    }

    async fn reseal_of(&self, tenant: TenantId, sealer: &Sealer) -> Result<u64, StoreError> {
        let (turns, mut resealed, mut next) = (Semaphore::new(RESEALED_AT_ONCE), 0, None);
        loop {
            let request =
                self.client.list_objects_v2().bucket(&self.bucket).prefix(format!("{}{tenant}/", self.prefix));
            let page = request.set_continuation_token(next).send().await;
            let page = page.map_err(|error| self.failed(Asked::Files, error))?;
            let ids = page.contents().iter().filter_map(|object| self.id_in(tenant, object.key()?));
            let files = ids.map(|id| self.reseal_one(tenant, sealer, id, &turns));
            let done = stream::iter(files.collect::<Vec<_>>()).buffer_unordered(AT_ONCE);
            resealed += done.try_fold(0, async |sum, was_stale| Ok(sum + u64::from(was_stale))).await?;
            next = page.next_continuation_token;
            if next.is_none() {
                return Ok(resealed);
            }
        }
    }

    /// What has another name was put there by somebody else.
    fn id_in(&self, tenant: TenantId, key: &str) -> Option<MediaId> {
        let id = key.rsplit('/').next()?.parse().ok()?;
        (self.key(tenant, id) == key).then_some(id)
    }

    async fn reseal_one(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: MediaId,
        turns: &Semaphore,
    ) -> Result<bool, StoreError> {
        let first = self.first_bytes(&self.key(tenant, id), TELLING_BYTES).await?;
        if !first.is_some_and(|first| sealer.is_stale(&first)) {
            return Ok(false);
        }
        let _turn = turns.acquire().await.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        let Some(plain) = self.read(tenant, id).await? else { return Ok(false) };
        self.upload(tenant, id, plain).await?;
        Ok(true)
    }
}
