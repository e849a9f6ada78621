use async_trait::async_trait;
use engine::content::{Media, MediaState};
use engine::decision::MediaJob;
use engine::id::{MediaId, MemberId, TenantId};
use engine::message::Message;
use engine::ports::{MediaRow, MediaStore, StoreError};
use engine::time::Timestamp;

use super::{File, MemoryStore, State};

impl State {
    /// A file of an imported message whose bytes are stored already.
    pub(super) fn import_file(&mut self, tenant: TenantId, message: &Message) {
        let Some(media) = message.content.media().filter(|media| media.state == MediaState::Ready) else { return };
        let row = MediaRow { media: media.clone(), conversation: Some(message.conversation_id), uploader: None };
        let arrived = self.arrived(File { row, job: None });
        self.media.entry((tenant, media.id)).or_insert(arrived);
    }

    pub(super) fn finish_fetch(&mut self, tenant: TenantId, media: Media) {
        if let Some(file) = self.media.get_mut(&(tenant, media.id)) {
            file.row.row.media = media;
            file.row.job = None;
        }
    }
}

#[async_trait]
impl MediaStore for MemoryStore {
    async fn media(&self, tenant: TenantId, id: MediaId) -> Result<Option<MediaRow>, StoreError> {
        Ok(self.state()?.media.get(&(tenant, id)).map(|file| file.row.row.clone()))
    }

    async fn put_upload(&self, tenant: TenantId, media: Media, uploader: MemberId) -> Result<(), StoreError> {
        let mut state = self.state()?;
        let key = (tenant, media.id);
        let row = MediaRow { media, conversation: None, uploader: Some(uploader) };
        let arrived = state.arrived(File { row, job: None });
        state.media.entry(key).or_insert(arrived);
        Ok(())
    }

    async fn finish_fetch(&self, tenant: TenantId, media: Media) -> Result<(), StoreError> {
        self.state()?.finish_fetch(tenant, media);
        Ok(())
    }

    async fn postpone_fetch(&self, tenant: TenantId, id: MediaId, next: Timestamp) -> Result<(), StoreError> {
        let mut state = self.state()?;
        if let Some((due, job)) = state.media.get_mut(&(tenant, id)).and_then(|file| file.row.job.as_mut()) {
            *due = next;
            job.attempts += 1;
        }
        Ok(())
    }

    async fn due_fetches(&self, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, MediaJob)>, StoreError> {
        let state = self.state()?;
        let working = state.media.iter().filter(|((tenant, _), _)| !state.arriving.contains(tenant));
        let jobs = working.filter_map(|((tenant, _), file)| {
            let (due, job) = file.row.job.as_ref()?;
            Some((*due, file.place, *tenant, job))
        });
        let mut jobs: Vec<_> = jobs.filter(|(due, ..)| *due <= now).collect();
        jobs.sort_by_key(|(due, place, ..)| (*due, *place));
        Ok(jobs.into_iter().take(limit as usize).map(|(_, _, tenant, job)| (tenant, job.clone())).collect())
    }
}
