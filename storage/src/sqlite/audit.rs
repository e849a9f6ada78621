use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use engine::audit::{Action, AuditActor, AuditEntry, AuditRecord, Link, Origin, link};
use engine::id::{ActorId, ApiKeyId, MemberId, TenantId};
use engine::ports::{AuditLog, AuditQuery, ChainEnds, ListError, Page, StoreError};
use engine::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::fault::{Outcome, signed, unsigned};
use super::ledger::TenantKey;
use super::writer::Session;
use super::{SqliteStore, codec, keys_of};
use crate::crypto::{Keyring, Sealer};
use crate::cursor::{self, List};

/// Entries that are forgotten in one operation.
const TRIM_CHUNK: u32 = 1_000;

/// An entry without what its columns say.
#[derive(Serialize, Deserialize)]
struct StoredEntry {
    kind: String,
    name: String,
    target: Option<String>,
    details: BTreeMap<String, String>,
    origin: Option<Origin>,
}

/// An entry on its way; its place and hash, and what it is sealed for, are known to the writer only.
pub(super) struct Prepared {
    entry: AuditEntry,
    stored: StoredEntry,
}

pub(super) fn prepare(entries: Vec<AuditEntry>) -> Vec<Prepared> {
    entries.into_iter().map(prepare_one).collect()
}

pub(super) fn prepare_one(entry: AuditEntry) -> Prepared {
    let AuditEntry { at: _, actor, action: _, target, details, origin } = entry.clone();
    let (kind, name) = (actor.kind().to_owned(), actor.name().to_owned());
    Prepared { stored: StoredEntry { kind, name, target, details, origin }, entry }
}

/// The same for entries of several organizations.
pub(super) fn prepare_each(entries: Vec<(TenantId, AuditEntry)>) -> Vec<(TenantId, Vec<Prepared>)> {
    entries.into_iter().map(|(tenant, entry)| (tenant, prepare(vec![entry]))).collect()
}

pub(super) fn append_each(session: &mut Session<'_>, entries: &[(TenantId, Vec<Prepared>)]) -> Outcome<()> {
    for (tenant, entries) in entries {
        let key = session.tenant(*tenant)?;
        append(session, key, entries)?;
    }
    Ok(())
}

/// Links the entries to the end of the chain.
pub(super) fn append(session: &Session<'_>, tenant: TenantKey, entries: &[Prepared]) -> Outcome<()> {
    if entries.is_empty() {
        return Ok(());
    }
    let (connection, sealer) = (session.connection, session.sealer(tenant)?);
    let ends = ends(connection, tenant)?;
    let mut head = ends.head;
    for prepared in entries {
        let n = head.n + 1;
        head = Link { n, hash: link(&head.hash, n, &prepared.entry) };
        prepared.insert(connection, &sealer, tenant, head)?;
    }
    put_ends(connection, tenant, ChainEnds { head, ..ends })
}

impl Prepared {
    /// At a place that is free.
    pub(super) fn insert(&self, connection: &Connection, sealer: &Sealer, tenant: TenantKey, at: Link) -> Outcome<()> {
        let Self { entry, stored } = self;
        let body = codec::seal(sealer, codec::AUDIT, &at.hash, stored)?;
        let sql = "INSERT INTO audit (tenant, n, at, action, actor, hash, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let actor = entry.actor.id();
        connection.prepare_cached(sql)?.execute(params![
            tenant.0,
            signed(at.n),
            entry.at.0,
            entry.action.key(),
            actor.as_ref().map(ActorId::as_bytes),
            at.hash,
            body,
        ])?;
        Ok(())
    }
}

pub(super) fn ends(connection: &Connection, tenant: TenantKey) -> Outcome<ChainEnds> {
    let sql = "SELECT anchor_n, anchor_hash, head_n, head_hash FROM audit_end WHERE tenant = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([tenant.0])?;
    let Some(row) = rows.next()? else { return Ok(ChainEnds::default()) };
    Ok(ChainEnds {
        anchor: Link { n: unsigned(row.get(0)?)?, hash: row.get(1)? },
        head: Link { n: unsigned(row.get(2)?)?, hash: row.get(3)? },
    })
}

pub(super) fn put_ends(connection: &Connection, tenant: TenantKey, ends: ChainEnds) -> Outcome<()> {
    let sql = "INSERT INTO audit_end (tenant, anchor_n, anchor_hash, head_n, head_hash) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (tenant) DO UPDATE SET anchor_n = ?2, anchor_hash = ?3, head_n = ?4, head_hash = ?5";
    let ChainEnds { anchor, head } = ends;
    let mut statement = connection.prepare_cached(sql)?;
    statement.execute(params![tenant.0, signed(anchor.n), anchor.hash, signed(head.n), head.hash])?;
    Ok(())
}

pub(super) fn tenant_key(connection: &Connection, tenant: TenantId) -> Outcome<Option<TenantKey>> {
    let mut statement = connection.prepare_cached("SELECT key FROM tenant WHERE id = ?1")?;
    Ok(statement.query_row([tenant.as_bytes()], |row| row.get(0).map(TenantKey)).optional()?)
}

impl SqliteStore {
    /// Where the index of the audit log does not say what its rows say, in SQLite's words. Reads all of it.
    pub async fn audit_faults(&self) -> Result<Vec<String>, StoreError> {
        let read = self.readers.read(|connection| {
            let mut statement = connection.prepare("PRAGMA integrity_check(audit)")?;
            let said = statement.query_and_then([], |row| Ok(row.get(0)?))?;
            said.collect::<Outcome<Vec<String>>>()
        });
        let mut said = read.await?;
        said.retain(|line| line != "ok");
        Ok(said)
    }
}

fn opened(connection: &Connection, keyring: &Keyring, tenant: TenantId) -> Outcome<Option<(TenantKey, Arc<Sealer>)>> {
    let key = tenant_key(connection, tenant)?;
    key.map(|key| Ok((key, keys_of(keyring, tenant)?))).transpose()
}

#[async_trait]
impl AuditLog for SqliteStore {
    async fn record(&self, tenant: TenantId, entries: Vec<AuditEntry>) -> Result<(), StoreError> {
        let entries = prepare(entries);
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            append(session, key, &entries)
        });
        write.await
    }

    async fn audit_page(&self, tenant: TenantId, query: AuditQuery) -> Result<Page<AuditRecord>, ListError> {
        let before: Option<u64> = cursor::row(List::Audit, &query.page)?;
        let limit = cursor::limit(&query.page);
        let keyring = Arc::clone(&self.keyring);
        let read = self.readers.read(move |connection| {
            let Some((tenant, sealer)) = opened(connection, &keyring, tenant)? else { return Ok(Vec::new()) };
            let sql = "SELECT n, at, action, actor, hash, body FROM audit INDEXED BY audit_by_n
                 WHERE tenant = ?1 AND n < ?2 AND (?3 IS NULL OR actor = ?3)
                 AND (?4 IS NULL OR substr(action, 1, length(?4)) = ?4)
                 AND (?5 IS NULL OR at >= ?5) AND (?6 IS NULL OR at < ?6) ORDER BY n DESC LIMIT ?7";
            let mut statement = connection.prepare_cached(sql)?;
            let range = params![
                tenant.0,
                before.map_or(i64::MAX, signed),
                query.actor.as_ref().map(ActorId::as_bytes),
                query.action,
                query.from.map(|from| from.0),
                query.to.map(|to| to.0),
                limit + 1,
            ];
            statement.query_and_then(range, |row| record(&sealer, row))?.collect()
        });
        let mut items: Vec<AuditRecord> = read.await?;
        let more = cursor::cut(&mut items, limit);
        let next = items.last().filter(|_| more).map(|last| cursor::at_row(List::Audit, last.n));
        Ok(Page { items, next })
    }

    async fn audit_chain(&self, tenant: TenantId, after: u64, limit: u32) -> Result<Vec<AuditRecord>, StoreError> {
        let keyring = Arc::clone(&self.keyring);
        let read = self.readers.read(move |connection| {
            let Some((tenant, sealer)) = opened(connection, &keyring, tenant)? else { return Ok(Vec::new()) };
            let sql = "SELECT n, at, action, actor, hash, body FROM audit INDEXED BY audit_by_n
                 WHERE tenant = ?1 AND n > ?2 ORDER BY n LIMIT ?3";
            let mut statement = connection.prepare_cached(sql)?;
            let range = params![tenant.0, signed(after), limit];
            statement.query_and_then(range, |row| record(&sealer, row))?.collect()
        });
        read.await
    }

    async fn audit_ends(&self, tenant: TenantId) -> Result<ChainEnds, StoreError> {
        let read = self.readers.read(move |connection| match tenant_key(connection, tenant)? {
            Some(tenant) => ends(connection, tenant),
            None => Ok(ChainEnds::default()),
        });
        read.await
    }

    async fn trim_audit(&self, tenant: TenantId, before: Timestamp, entry: AuditEntry) -> Result<(), StoreError> {
        let read = self.readers.read(move |connection| {
            let Some(tenant) = tenant_key(connection, tenant)? else { return Ok(None) };
            let sql = "SELECT at FROM audit INDEXED BY audit_by_n WHERE tenant = ?1 ORDER BY n LIMIT 1";
            Ok(connection.prepare_cached(sql)?.query_row([tenant.0], |row| row.get(0)).optional()?)
        });
        // Asked often and rarely with anything to do: a look costs no place in the writer's queue.
        if read.await?.is_none_or(|oldest: i64| oldest >= before.0) {
            return Ok(());
        }
        let mut entries = prepare(vec![entry]);
        loop {
            let told = std::mem::take(&mut entries);
            let write = self.writer.write(move |session| {
                let key = session.tenant(tenant)?;
                trim_chunk(session, key, before, &told)
            });
            if !write.await? {
                return Ok(());
            }
        }
    }
}

/// `true` when there may be more.
fn trim_chunk(session: &Session<'_>, tenant: TenantKey, before: Timestamp, told: &[Prepared]) -> Outcome<bool> {
    let ends = ends(session.connection, tenant)?;
    let sql = "SELECT n, at, hash FROM audit INDEXED BY audit_by_n WHERE tenant = ?1 ORDER BY n LIMIT ?2";
    let mut statement = session.connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![tenant.0, TRIM_CHUNK])?;
    let (mut anchor, mut passed) = (ends.anchor, 0);
    while let Some(row) = rows.next()? {
        if row.get::<_, i64>(1)? >= before.0 {
            break;
        }
        anchor = Link { n: unsigned(row.get(0)?)?, hash: row.get(2)? };
        passed += 1;
    }
    drop(rows);
    if passed == 0 {
        return Ok(false);
    }
    let sql = "DELETE FROM audit WHERE tenant = ?1 AND n <= ?2";
    session.connection.prepare_cached(sql)?.execute([tenant.0, signed(anchor.n)])?;
    put_ends(session.connection, tenant, ChainEnds { anchor, ..ends })?;
    append(session, tenant, told)?;
    Ok(passed == TRIM_CHUNK)
}

/// From (n, at, action, actor, hash, body).
pub(super) fn record(sealer: &Sealer, row: &Row<'_>) -> Outcome<AuditRecord> {
    let n = unsigned(row.get(0)?)?;
    let damaged = || codec::corrupt(&format!("entry {n} of the audit log"));
    let action = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
    let action: Action = action.parse().map_err(|_| damaged())?;
    let id: Option<[u8; 16]> = row.get(3)?;
    let hash: [u8; 32] = row.get(4).map_err(|_| damaged())?;
    let StoredEntry { kind, name, target, details, origin } =
        codec::open(sealer, codec::AUDIT, &hash, row.get_ref(5)?).map_err(|_| damaged())?;
    let actor = match (kind.as_str(), id) {
        ("member", Some(id)) => AuditActor::Member { id: MemberId::from_bytes(id), name },
        ("api_key", Some(id)) => AuditActor::ApiKey { id: ApiKeyId::from_bytes(id), name },
        ("system", None) => AuditActor::System,
        ("nobody", None) => AuditActor::Nobody,
        _ => return Err(damaged()),
    };
    let at = Timestamp(row.get(1)?);
    Ok(AuditRecord { n, entry: AuditEntry { at, actor, action, target, details, origin }, hash })
}
