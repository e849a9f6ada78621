use std::sync::Arc;

use async_trait::async_trait;
use engine::account::{Rotation, Session as SignIn};
use engine::audit::AuditEntry;
use engine::id::{AccountId, MemberId, SessionId, TenantId};
use engine::ports::{Rotated, Sessions, StoreError};
use engine::time::Timestamp;
use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use super::fault::Outcome;
use super::writer::Session;
use super::{SqliteStore, audit, codec, keys_of};
use crate::crypto::Keyring;

/// Where the browser is.
#[derive(Serialize, Deserialize)]
struct StoredPlace {
    ip: String,
    browser: String,
    device: String,
}

const COLUMNS: &str = "SELECT session.id, tenant.id, account, member, token_version, refresh, previous, rotated_at,
     created_at, expires_at, last_seen_at, session.body FROM session JOIN tenant ON tenant.key = session.tenant";

/// From the columns above.
fn sign_in(keyring: &Keyring, row: &Row<'_>) -> Outcome<SignIn> {
    let (id, tenant) = (SessionId::from_bytes(row.get(0)?), TenantId::from_bytes(row.get(1)?));
    let sealer = keys_of(keyring, tenant)?;
    let StoredPlace { ip, browser, device } = codec::open(&sealer, codec::SESSION, id.as_bytes(), row.get_ref(11)?)?;
    Ok(SignIn {
        id,
        tenant,
        account: AccountId::from_bytes(row.get(2)?),
        member: MemberId::from_bytes(row.get(3)?),
        token_version: row.get(4)?,
        refresh_hash: row.get(5)?,
        previous_refresh_hash: row.get(6)?,
        rotated_at: Timestamp(row.get(7)?),
        created_at: Timestamp(row.get(8)?),
        expires_at: Timestamp(row.get(9)?),
        last_seen_at: Timestamp(row.get(10)?),
        ip,
        browser,
        device,
    })
}

fn find(keyring: &Keyring, connection: &Connection, id: SessionId) -> Outcome<Option<SignIn>> {
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE session.id = ?1"))?;
    let mut rows = statement.query([id.as_bytes()])?;
    rows.next()?.map(|row| sign_in(keyring, row)).transpose()
}

fn remove(session: &Session<'_>, id: SessionId) -> Outcome<bool> {
    let mut statement = session.connection.prepare_cached("DELETE FROM session WHERE id = ?1")?;
    Ok(statement.execute([id.as_bytes()])? > 0)
}

#[async_trait]
impl Sessions for SqliteStore {
    async fn open_session(&self, session: SignIn, audit: Vec<AuditEntry>) -> Result<(), StoreError> {
        let place =
            StoredPlace { ip: session.ip.clone(), browser: session.browser.clone(), device: session.device.clone() };
        let sealer = self.sealer(session.tenant).await?;
        let body = codec::seal(&sealer, codec::SESSION, session.id.as_bytes(), &place)?;
        let entries = audit::prepare(audit);
        let write = self.writer.write(move |writer| {
            let key = writer.tenant(session.tenant)?;
            let sql = "INSERT INTO session (id, tenant, account, member, token_version, refresh, previous, rotated_at,
                 created_at, expires_at, last_seen_at, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                 ON CONFLICT (id) DO NOTHING";
            let inserted = writer.connection.prepare_cached(sql)?.execute(params![
                session.id.as_bytes(),
                key.0,
                session.account.as_bytes(),
                session.member.as_bytes(),
                session.token_version,
                session.refresh_hash,
                session.previous_refresh_hash,
                session.rotated_at.0,
                session.created_at.0,
                session.expires_at.0,
                session.last_seen_at.0,
                body,
            ])?;
            if inserted > 0 { audit::append(writer, key, &entries) } else { Ok(()) }
        });
        write.await
    }

    async fn session(&self, id: SessionId) -> Result<Option<SignIn>, StoreError> {
        let keyring = Arc::clone(&self.keyring);
        self.readers.read(move |connection| find(&keyring, connection, id)).await
    }

    async fn sessions_of(&self, account: AccountId) -> Result<Vec<SignIn>, StoreError> {
        let keyring = Arc::clone(&self.keyring);
        let read = self.readers.read(move |connection| {
            let sql = format!("{COLUMNS} WHERE account = ?1 ORDER BY last_seen_at DESC, session.id");
            let mut statement = connection.prepare_cached(&sql)?;
            statement.query_and_then([account.as_bytes()], |row| sign_in(&keyring, row))?.collect()
        });
        read.await
    }

    async fn rotate_session(
        &self,
        id: SessionId,
        presented: [u8; 32],
        next: [u8; 32],
        now: Timestamp,
        reuse: AuditEntry,
    ) -> Result<Rotated, StoreError> {
        let reuse = audit::prepare(vec![reuse]);
        let write = self.writer.write(move |writer| {
            let Some(session) = find(writer.keyring, writer.connection, id)? else { return Ok(Rotated::Ended) };
            match session.rotate(&presented, next, now) {
                Rotation::Fresh(fresh) => {
                    let sql = "UPDATE session SET refresh = ?2, previous = ?3, rotated_at = ?4, last_seen_at = ?5
                         WHERE id = ?1";
                    writer.connection.prepare_cached(sql)?.execute(params![
                        id.as_bytes(),
                        fresh.refresh_hash,
                        fresh.previous_refresh_hash,
                        fresh.rotated_at.0,
                        fresh.last_seen_at.0,
                    ])?;
                    Ok(Rotated::Fresh(fresh))
                }
                Rotation::Reused => {
                    remove(writer, id)?;
                    let key = writer.tenant(session.tenant)?;
                    audit::append(writer, key, &reuse)?;
                    Ok(Rotated::Reused(Box::new(session)))
                }
                Rotation::Ended => Ok(Rotated::Ended),
            }
        });
        write.await
    }

    async fn end_sessions(&self, ids: Vec<SessionId>, audit: Vec<(TenantId, AuditEntry)>) -> Result<usize, StoreError> {
        let entries = audit::prepare_each(audit);
        let write = self.writer.write(move |writer| {
            let mut ended = 0;
            for id in &ids {
                ended += usize::from(remove(writer, *id)?);
            }
            if ended > 0 {
                audit::append_each(writer, &entries)?;
            }
            Ok(ended)
        });
        write.await
    }

    async fn touch_session(&self, id: SessionId, at: Timestamp) -> Result<(), StoreError> {
        let write = self.writer.write(move |writer| {
            let sql = "UPDATE session SET last_seen_at = ?2 WHERE id = ?1 AND last_seen_at < ?2";
            writer.connection.prepare_cached(sql)?.execute(params![id.as_bytes(), at.0])?;
            Ok(())
        });
        write.await
    }

    async fn forget_expired(&self, now: Timestamp) -> Result<(), StoreError> {
        let write = self.writer.write(move |writer| {
            writer.connection.prepare_cached("DELETE FROM session WHERE expires_at <= ?1")?.execute([now.0])?;
            writer.connection.prepare_cached("DELETE FROM password_reset WHERE expires_at <= ?1")?.execute([now.0])?;
            Ok(())
        });
        write.await
    }
}
