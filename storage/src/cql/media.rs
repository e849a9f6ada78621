use async_trait::async_trait;
use engine::content::{Media, MediaState};
use engine::decision::MediaJob;
use engine::id::{ConversationId, MediaId, MemberId, TenantId};
use engine::ports::{Belonging, MediaRow, MediaStore, StoreError};
use engine::time::Timestamp;
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};

use super::documents::{Edit, Place};
use super::shelf::{pair, unpair};
use super::{CqlStore, names};
use crate::crypto::{Lookup, Sealer};

/// Jobs that are looked at, installation-wide; the others are behind them.
const JOBS_MAX: u32 = 10_000;

/// Write times on the list of jobs: a job comes once and goes once.
const COMES: i64 = 1;
const GOES: i64 = 2;

#[derive(Clone, Serialize, Deserialize)]
struct StoredFile {
    media: Media,
    conversation: Option<ConversationId>,
    uploader: Option<MemberId>,
    /// On the list of files, and on that of jobs while there is one.
    place: i64,
    /// What is to be fetched, and when.
    job: Option<(Timestamp, MediaJob)>,
}

fn at<'a>(store: &CqlStore, tenant: TenantId, sealer: &'a Sealer, id: &MediaId) -> Place<'a> {
    Place { name: store.name_of("media", tenant, id.as_bytes()), sealer }
}

/// The first that is known of a file stays; `false`: it was not this one. One that came through without an answer, and was
/// changed since, is known by its place.
fn first(file: &StoredFile) -> impl FnMut(Option<StoredFile>) -> Edit<StoredFile, bool> {
    |known| known.map_or_else(|| Edit::Put(file.clone(), true), |known| Edit::Keep(known.place == file.place))
}

impl CqlStore {
    fn jobs(&self) -> Lookup {
        self.name("media_jobs", &[])
    }

    /// All of an organization.
    pub(super) fn file_list(&self, tenant: TenantId) -> Lookup {
        self.name_of("files", tenant, &[])
    }

    /// On the list before it is there to be found. `false`: there is one already.
    async fn add_file(&self, tenant: TenantId, sealer: &Sealer, file: &StoredFile) -> Result<bool, StoreError> {
        self.shelve(self.file_list(tenant), file.place, file.media.id.as_bytes(), 1).await?;
        self.edit(at(self, tenant, sealer, &file.media.id), first(file)).await
    }

    /// Jobs of an organization that is being brought in; they become everybody's when it is there.
    pub(super) fn arriving_jobs(&self, tenant: TenantId) -> Lookup {
        self.name_of("arriving_jobs", tenant, &[])
    }

    pub(super) async fn bring_file(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        row: MediaRow,
        job: Option<(Timestamp, MediaJob)>,
    ) -> Result<(), StoreError> {
        let MediaRow { media, conversation, uploader } = row;
        if self.document::<StoredFile>(at(self, tenant, sealer, &media.id)).await?.is_some() {
            return Ok(());
        }
        let place = self.place();
        if job.is_some() {
            self.shelve(self.arriving_jobs(tenant), place, media.id.as_bytes(), COMES).await?;
        }
        let file = StoredFile { media, conversation, uploader, place, job };
        self.add_file(tenant, sealer, &file).await.map(drop)
    }

    /// The organization is there: its jobs are everybody's.
    pub(super) async fn unpack_jobs(&self, tenant: TenantId) -> Result<(), StoreError> {
        let list = self.arriving_jobs(tenant);
        loop {
            let listed = self.oldest(list, i64::MIN, JOBS_MAX).await?;
            if listed.is_empty() {
                return Ok(());
            }
            for (place, id) in listed {
                let key = pair(*tenant.as_bytes(), names::id(&id)?);
                self.shelve(self.jobs(), place, &key, COMES).await?;
                self.unshelve(list, place, &id, GOES).await?;
            }
        }
    }

    pub(super) async fn leaving_file(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        place: i64,
        id: MediaId,
    ) -> Result<Option<Belonging>, StoreError> {
        let found: Option<StoredFile> = self.document(at(self, tenant, sealer, &id)).await?;
        Ok(found.filter(|found| found.place == place).map(
            |StoredFile { media, conversation, uploader, job, .. }| Belonging::File {
                row: Box::new(MediaRow { media, conversation, uploader }),
                job: job.map(Box::new),
            },
        ))
    }

    /// On the list before it is there to be found.
    pub(super) async fn fetch(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        job: &MediaJob,
        due: Timestamp,
    ) -> Result<(), StoreError> {
        let (mime, filename) = (job.mime.clone(), job.filename.clone());
        let media = Media { id: job.media, state: MediaState::Pending, mime, size: None, filename, reason: None };
        let key = pair(*tenant.as_bytes(), *job.media.as_bytes());
        let place = self.place();
        self.shelve(self.jobs(), place, &key, COMES).await?;
        let conversation = Some(job.conversation);
        let file = StoredFile { media, conversation, uploader: None, place, job: Some((due, job.clone())) };
        if !self.add_file(tenant, sealer, &file).await? {
            self.unshelve(self.jobs(), place, &key, GOES).await?;
        }
        Ok(())
    }

    pub(super) async fn fetched(&self, tenant: TenantId, sealer: &Sealer, media: &Media) -> Result<(), StoreError> {
        let fetched = |known: Option<StoredFile>| match known {
            Some(known) => {
                let place = known.place;
                Edit::Put(StoredFile { media: media.clone(), job: None, ..known }, Some(place))
            }
            None => Edit::Keep(None),
        };
        if let Some(place) = self.edit(at(self, tenant, sealer, &media.id), fetched).await? {
            let key = pair(*tenant.as_bytes(), *media.id.as_bytes());
            self.unshelve(self.jobs(), place, &key, GOES).await?;
        }
        Ok(())
    }

    pub(super) async fn tie(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: MediaId,
        conversation: ConversationId,
    ) -> Result<(), StoreError> {
        let tie = |known: Option<StoredFile>| match known {
            Some(known) if known.conversation.is_none() => {
                Edit::Put(StoredFile { conversation: Some(conversation), ..known }, ())
            }
            Some(_) | None => Edit::Keep(()),
        };
        self.edit(at(self, tenant, sealer, &id), tie).await
    }

    pub(super) async fn import_file(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        media: &Media,
        conversation: ConversationId,
    ) -> Result<(), StoreError> {
        let conversation = Some(conversation);
        let file = StoredFile { media: media.clone(), conversation, uploader: None, place: self.place(), job: None };
        self.add_file(tenant, sealer, &file).await.map(drop)
    }
}

#[async_trait]
impl MediaStore for CqlStore {
    async fn media(&self, tenant: TenantId, id: MediaId) -> Result<Option<MediaRow>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let file: Option<StoredFile> = self.document(at(self, tenant, &sealer, &id)).await?;
        Ok(file.map(|StoredFile { media, conversation, uploader, .. }| MediaRow { media, conversation, uploader }))
    }

    async fn put_upload(&self, tenant: TenantId, media: Media, uploader: MemberId) -> Result<(), StoreError> {
        let sealer = self.sealer(tenant).await?;
        let file = StoredFile { media, conversation: None, uploader: Some(uploader), place: self.place(), job: None };
        self.add_file(tenant, &sealer, &file).await.map(drop)
    }

    async fn finish_fetch(&self, tenant: TenantId, media: Media) -> Result<(), StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(()) };
        self.fetched(tenant, &sealer, &media).await
    }

    async fn postpone_fetch(&self, tenant: TenantId, id: MediaId, next: Timestamp) -> Result<(), StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(()) };
        let postpone = |known: Option<StoredFile>| match known {
            Some(mut known) => match known.job.take() {
                Some((_, job)) => {
                    let job = Some((next, MediaJob { attempts: job.attempts + 1, ..job }));
                    Edit::Put(StoredFile { job, ..known }, ())
                }
                None => Edit::Keep(()),
            },
            None => Edit::Keep(()),
        };
        self.edit(at(self, tenant, &sealer, &id), postpone).await
    }

    async fn due_fetches(&self, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, MediaJob)>, StoreError> {
        let listed = self.oldest(self.jobs(), i64::MIN, JOBS_MAX).await?;
        let read = listed.iter().map(|(place, key)| async move {
            let (tenant, id) = unpair(key)?;
            let (tenant, id) = (TenantId::from_bytes(tenant), MediaId::from_bytes(names::id(&id)?));
            // Of one whose keys are gone, nothing can be fetched.
            let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
            let file: Option<StoredFile> = self.document(at(self, tenant, &sealer, &id)).await?;
            // Of a job that was announced twice, one place counts.
            let job = file.filter(|file| file.place == *place).and_then(|file| file.job);
            Ok::<_, StoreError>(job.map(|(due, job)| (due, *place, tenant, job)))
        });
        let mut due: Vec<_> = try_join_all(read).await?.into_iter().flatten().filter(|(due, ..)| *due <= now).collect();
        due.sort_by_key(|(due, place, ..)| (*due, *place));
        Ok(due.into_iter().take(limit as usize).map(|(_, _, tenant, job)| (tenant, job)).collect())
    }
}
