use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::id::{TemplateId, TenantId, WabaId};
use engine::ports::{StoreError, Templates};
use engine::template::{KeptTemplate, Template, TemplateNews};
use engine::time::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, params};

use super::fault::{Outcome, signed};
use super::ledger::TenantKey;
use super::{SqliteStore, audit, codec};
use crate::crypto::Sealer;
use crate::order;

/// Templates that share one operation.
const CHUNK: usize = 200;
/// A list is compared again this often when somebody else changed a template meanwhile.
const SYNCS_MAX: usize = 8;

/// On its way into the file, sealed.
pub(super) struct TemplateRow {
    id: TemplateId,
    waba: WabaId,
    revision: u64,
    body: Vec<u8>,
}

impl TemplateRow {
    pub(super) fn of(sealer: &Sealer, kept: &KeptTemplate) -> Result<Self, StoreError> {
        let body = codec::seal(sealer, codec::TEMPLATE, kept.id.as_bytes(), kept)?;
        Ok(Self { id: kept.id, waba: kept.waba.clone(), revision: kept.revision, body })
    }

    /// What is there already is left as it is.
    pub(super) fn bring(&self, connection: &Connection, tenant: TenantKey) -> Outcome<()> {
        let sql = "INSERT INTO template (tenant, id, waba, revision, body) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (tenant, id) DO NOTHING";
        let values = params![tenant.0, self.id.as_bytes(), self.waba.as_str(), signed(self.revision), self.body];
        connection.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    /// In place of the revision before; `false`: there is another one.
    fn replace(&self, connection: &Connection, tenant: TenantKey) -> Outcome<bool> {
        if self.revision == 1 {
            let sql = "INSERT INTO template (tenant, id, waba, revision, body) VALUES (?1, ?2, ?3, 1, ?4)
                 ON CONFLICT (tenant, id) DO NOTHING";
            let values = params![tenant.0, self.id.as_bytes(), self.waba.as_str(), self.body];
            return Ok(connection.prepare_cached(sql)?.execute(values)? > 0);
        }
        let sql = "UPDATE template SET revision = ?3, body = ?4 WHERE tenant = ?1 AND id = ?2 AND revision = ?3 - 1";
        let values = params![tenant.0, self.id.as_bytes(), signed(self.revision), self.body];
        Ok(connection.prepare_cached(sql)?.execute(values)? > 0)
    }
}

fn one(connection: &Connection, sealer: &Sealer, tenant: TenantId, id: TemplateId) -> Outcome<Option<KeptTemplate>> {
    let sql = "SELECT body FROM template WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![tenant.as_bytes(), id.as_bytes()])?;
    let row = rows.next()?;
    row.map(|row| codec::open(sealer, codec::TEMPLATE, id.as_bytes(), row.get_ref(0)?)).transpose()
}

impl SqliteStore {
    /// Those whose revision before is there; `false`: not all of them were.
    async fn replace_templates(&self, tenant: TenantId, changed: &[KeptTemplate]) -> Result<bool, StoreError> {
        let sealer = self.sealer(tenant).await?;
        let mut all = true;
        for chunk in changed.chunks(CHUNK) {
            let rows = chunk.iter().map(|kept| TemplateRow::of(&sealer, kept)).collect::<Result<Vec<_>, _>>()?;
            let write = self.writer.write(move |session| {
                let key = session.tenant(tenant)?;
                let mut all = true;
                for row in &rows {
                    all &= row.replace(session.connection, key)?;
                }
                Ok(all)
            });
            all &= write.await?;
        }
        Ok(all)
    }
}

#[async_trait]
impl Templates for SqliteStore {
    async fn sync_templates(
        &self,
        tenant: TenantId,
        waba: &WabaId,
        listed: Vec<Template>,
        asked_at: Timestamp,
    ) -> Result<usize, StoreError> {
        let mut count = 0;
        for nth in 0.. {
            let known = self.templates(tenant, waba).await?;
            let changed = KeptTemplate::after_list(tenant, waba, &known, listed.clone(), asked_at);
            count = count.max(changed.len());
            if self.replace_templates(tenant, &changed).await? {
                break;
            }
            if nth == SYNCS_MAX {
                return Err(StoreError::Busy);
            }
        }
        let waba = waba.clone();
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let sql = "INSERT INTO template_sync (tenant, waba, at) VALUES (?1, ?2, ?3)
                 ON CONFLICT (tenant, waba) DO UPDATE SET at = max(at, excluded.at)";
            session.connection.prepare_cached(sql)?.execute(params![key.0, waba.as_str(), asked_at.0])?;
            Ok(())
        });
        write.await?;
        Ok(count)
    }

    async fn templates_synced_at(&self, tenant: TenantId, waba: &WabaId) -> Result<Option<Timestamp>, StoreError> {
        let waba = waba.clone();
        let read = self.readers.read(move |connection| {
            let sql =
                "SELECT at FROM template_sync WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND waba = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let at = statement.query_row(params![tenant.as_bytes(), waba.as_str()], |row| row.get(0)).optional()?;
            Ok(at.map(Timestamp))
        });
        read.await
    }

    async fn templates(&self, tenant: TenantId, waba: &WabaId) -> Result<Vec<KeptTemplate>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Vec::new()) };
        let waba = waba.clone();
        let read = self.readers.read(move |connection| {
            let sql = "SELECT id, body FROM template
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND waba = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_and_then(params![tenant.as_bytes(), waba.as_str()], |row| {
                codec::open(&sealer, codec::TEMPLATE, &row.get::<_, [u8; 16]>(0)?, row.get_ref(1)?)
            })?;
            let mut found = rows.collect::<Outcome<Vec<_>>>()?;
            order::templates(&mut found);
            Ok(found)
        });
        read.await
    }

    async fn template(&self, tenant: TenantId, id: TemplateId) -> Result<Option<KeptTemplate>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        self.readers.read(move |connection| one(connection, &sealer, tenant, id)).await
    }

    async fn hear_template(&self, tenant: TenantId, news: TemplateNews) -> Result<Option<KeptTemplate>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let write = self.writer.write(move |session| {
            let id = KeptTemplate::id_of(tenant, &news.waba, &news.name, &news.language);
            let known = one(session.connection, &sealer, tenant, id)?;
            let next = known.and_then(|known| known.heard(&news.change, news.at));
            if let Some(next) = &next {
                let key = session.tenant(tenant)?;
                TemplateRow::of(&sealer, next)?.replace(session.connection, key)?;
            }
            Ok(next)
        });
        write.await
    }

    async fn put_template(
        &self,
        tenant: TenantId,
        template: KeptTemplate,
        audit: Vec<AuditEntry>,
    ) -> Result<bool, StoreError> {
        let sealer = self.sealer(tenant).await?;
        let row = TemplateRow::of(&sealer, &template)?;
        let entries = audit::prepare(audit);
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let known = one(session.connection, &sealer, tenant, template.id)?;
            if known.as_ref() == Some(&template) {
                return Ok(true);
            }
            if known.map_or(0, |known| known.revision) + 1 != template.revision
                || !row.replace(session.connection, key)?
            {
                return Ok(false);
            }
            audit::append(session, key, &entries)?;
            Ok(true)
        });
        write.await
    }
}
