use std::sync::Arc;

use async_trait::async_trait;
use engine::content::{Media, MediaState};
use engine::decision::MediaJob;
use engine::id::{ConversationId, MediaId, MemberId, TenantId};
use engine::ports::{MediaRow, MediaStore, StoreError};
use engine::time::Timestamp;
use rusqlite::{Connection, params};

use super::fault::Outcome;
use super::ledger::TenantKey;
use super::{SqliteStore, codec, keys_of};
use crate::crypto::Sealer;

#[async_trait]
impl MediaStore for SqliteStore {
    async fn media(&self, tenant: TenantId, id: MediaId) -> Result<Option<MediaRow>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let read = self.readers.read(move |connection| {
            let sql = "SELECT conversation, uploader, body FROM media
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_bytes(), id.as_bytes()])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            Ok(Some(MediaRow {
                media: codec::open(&sealer, codec::MEDIA, id.as_bytes(), row.get_ref(2)?)?,
                conversation: row.get::<_, Option<[u8; 16]>>(0)?.map(ConversationId::from_bytes),
                uploader: row.get::<_, Option<[u8; 16]>>(1)?.map(MemberId::from_bytes),
            }))
        });
        read.await
    }

    async fn put_upload(&self, tenant: TenantId, media: Media, uploader: MemberId) -> Result<(), StoreError> {
        let FileRow { id, body } = FileRow::of(self.sealer(tenant).await?.as_ref(), &media)?;
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let sql = "INSERT INTO media (tenant, id, uploader, body, attempts) VALUES (?1, ?2, ?3, ?4, 0)
                 ON CONFLICT (tenant, id) DO NOTHING";
            let mut statement = session.connection.prepare_cached(sql)?;
            statement.execute(params![key.0, id.as_bytes(), uploader.as_bytes(), body])?;
            Ok(())
        });
        write.await
    }

    async fn finish_fetch(&self, tenant: TenantId, media: Media) -> Result<(), StoreError> {
        let file = FileRow::of(self.sealer(tenant).await?.as_ref(), &media)?;
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            file.finish_fetch(session.connection, key)
        });
        write.await
    }

    async fn postpone_fetch(&self, tenant: TenantId, id: MediaId, next: Timestamp) -> Result<(), StoreError> {
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let sql = "UPDATE media SET due_at = ?3, attempts = attempts + 1
                 WHERE tenant = ?1 AND id = ?2 AND job IS NOT NULL";
            session.connection.prepare_cached(sql)?.execute(params![key.0, id.as_bytes(), next.0])?;
            Ok(())
        });
        write.await
    }

    async fn due_fetches(&self, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, MediaJob)>, StoreError> {
        let keyring = Arc::clone(&self.keyring);
        let read = self.readers.read(move |connection| {
            let sql = "SELECT tenant.id, media.id, attempts, job FROM media INDEXED BY media_due
                 JOIN tenant ON tenant.key = media.tenant
                 WHERE due_at IS NOT NULL AND due_at <= ?1 AND arriving = 0 ORDER BY due_at, media.key LIMIT ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let jobs = statement.query_and_then(params![now.0, limit], |row| {
                let media = MediaId::from_bytes(row.get(1)?);
                let tenant = TenantId::from_bytes(row.get(0)?);
                let sealer = keys_of(&keyring, tenant)?;
                Ok((tenant, codec::open_job(&sealer, media, row.get(2)?, row.get_ref(3)?)?))
            })?;
            jobs.collect()
        });
        read.await
    }
}

/// An upload belongs to the first conversation in which it is sent.
pub(super) fn tie(
    connection: &Connection,
    tenant: TenantKey,
    media: MediaId,
    conversation: ConversationId,
) -> Outcome<()> {
    let sql = "UPDATE media SET conversation = ?3 WHERE tenant = ?1 AND id = ?2 AND conversation IS NULL";
    connection.prepare_cached(sql)?.execute(params![tenant.0, media.as_bytes(), conversation.as_bytes()])?;
    Ok(())
}

/// A file on its way into the store, sealed.
pub(super) struct FileRow {
    id: MediaId,
    body: Vec<u8>,
}

impl FileRow {
    pub(super) fn of(sealer: &Sealer, media: &Media) -> Outcome<Self> {
        Ok(Self { id: media.id, body: codec::seal(sealer, codec::MEDIA, media.id.as_bytes(), media)? })
    }

    /// A file whose bytes are here, of a message that is imported.
    pub(super) fn add(&self, connection: &Connection, tenant: TenantKey, conversation: ConversationId) -> Outcome<()> {
        let sql = "INSERT INTO media (tenant, id, conversation, body, attempts) VALUES (?1, ?2, ?3, ?4, 0)
             ON CONFLICT (tenant, id) DO NOTHING";
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(params![tenant.0, self.id.as_bytes(), conversation.as_bytes(), self.body])?;
        Ok(())
    }

    pub(super) fn finish_fetch(&self, connection: &Connection, tenant: TenantKey) -> Outcome<()> {
        let sql = "UPDATE media SET body = ?3, due_at = NULL, job = NULL WHERE tenant = ?1 AND id = ?2";
        connection.prepare_cached(sql)?.execute(params![tenant.0, self.id.as_bytes(), self.body])?;
        Ok(())
    }
}

/// A file to fetch.
pub(super) struct JobRow {
    file: FileRow,
    conversation: ConversationId,
    attempts: u32,
    body: Vec<u8>,
}

impl JobRow {
    pub(super) fn of(sealer: &Sealer, job: &MediaJob) -> Outcome<Self> {
        let media = Media {
            id: job.media,
            state: MediaState::Pending,
            mime: job.mime.clone(),
            size: None,
            filename: job.filename.clone(),
            reason: None,
        };
        let (file, body) = (FileRow::of(sealer, &media)?, codec::seal_job(sealer, job)?);
        Ok(Self { file, conversation: job.conversation, attempts: job.attempts, body })
    }

    pub(super) fn add(&self, connection: &Connection, tenant: TenantKey, due: Timestamp) -> Outcome<()> {
        let sql = "INSERT INTO media (tenant, id, conversation, body, due_at, attempts, job)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (tenant, id) DO NOTHING";
        connection.prepare_cached(sql)?.execute(params![
            tenant.0,
            self.file.id.as_bytes(),
            self.conversation.as_bytes(),
            self.file.body,
            due.0,
            self.attempts,
            self.body,
        ])?;
        Ok(())
    }
}
