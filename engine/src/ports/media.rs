use async_trait::async_trait;

use super::StoreError;
use crate::content::{Media, MediaState};
use crate::decision::MediaJob;
use crate::id::{ConversationId, MediaId, MemberId, TenantId};
use crate::time::Timestamp;

/// What is known of a file. Its bytes lie in the [`super::BlobStore`] under `media/<id>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MediaRow {
    pub media: Media,
    /// `None` until an upload is sent.
    pub conversation: Option<ConversationId>,
    /// Who uploaded it; `None` on what came from a customer.
    pub uploader: Option<MemberId>,
}

impl MediaRow {
    pub fn is_ready(&self) -> bool {
        self.media.state == MediaState::Ready
    }
}

/// Files of messages. Jobs come in through [`super::ConversationStore::commit`] (`Record::Fetch`) and end through it
/// (`Record::Fetched`), and an upload is
/// tied to its conversation by the commit that inserts a message with it.
#[async_trait]
pub trait MediaStore: Send + Sync {
    async fn media(&self, tenant: TenantId, id: MediaId) -> Result<Option<MediaRow>, StoreError>;

    /// An upload whose bytes are stored already.
    async fn put_upload(&self, tenant: TenantId, media: Media, uploader: MemberId) -> Result<(), StoreError>;

    /// Ends a job whose message is gone; normally `Record::Fetched` does it.
    async fn finish_fetch(&self, tenant: TenantId, media: Media) -> Result<(), StoreError>;

    /// Counts the try and says when the next one is due.
    async fn postpone_fetch(&self, tenant: TenantId, id: MediaId, next: Timestamp) -> Result<(), StoreError>;

    /// Installation-wide: jobs that are due, oldest first, with their tenants.
    async fn due_fetches(&self, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, MediaJob)>, StoreError>;
}
