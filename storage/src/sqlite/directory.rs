use std::sync::Arc;

use async_trait::async_trait;
use engine::directory::{Member, Number, Organization, Session as SignIn};
use engine::id::{MemberId, PhoneNumberId, SessionId, TenantId, WabaId};
use engine::ports::{Directory, StoreError};
use engine::time::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::fault::Outcome;
use super::{SqliteStore, codec, inbox_log, keys_of};
use crate::crypto::Sealer;
use crate::order;

#[async_trait]
impl Directory for SqliteStore {
    async fn put_organization(&self, organization: Organization) -> Result<(), StoreError> {
        let write = self.writer.write(move |session| {
            let key = session.tenant(organization.id)?;
            let mut statement = session.connection.prepare_cached("UPDATE tenant SET name = ?2 WHERE key = ?1")?;
            statement.execute(params![key.0, organization.name])?;
            Ok(())
        });
        write.await
    }

    async fn organization(&self, tenant: TenantId) -> Result<Option<Organization>, StoreError> {
        let read = self.readers.read(move |connection| {
            let mut statement =
                connection.prepare_cached("SELECT id, name FROM tenant WHERE id = ?1 AND name IS NOT NULL")?;
            Ok(statement.query_row([tenant.as_bytes()], organization).optional()?)
        });
        read.await
    }

    async fn organizations(&self) -> Result<Vec<Organization>, StoreError> {
        let read = self.readers.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT id, name FROM tenant WHERE name IS NOT NULL")?;
            let mut all = statement.query_map([], organization)?.collect::<rusqlite::Result<Vec<_>>>()?;
            all.sort_by_key(|organization| (order::by_name(&organization.name), organization.id));
            Ok(all)
        });
        read.await
    }

    async fn put_member(&self, tenant: TenantId, member: Member) -> Result<bool, StoreError> {
        let body = codec::encode_member(&member)?;
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let sql = "SELECT 1 FROM member WHERE email = ?1 AND NOT (tenant = ?2 AND id = ?3)";
            let mut taken = session.connection.prepare_cached(sql)?;
            if taken.exists(params![member.email, key.0, member.id.as_bytes()])? {
                return Ok(false);
            }
            let sql = "INSERT INTO member (tenant, id, email, sort_name, body) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (tenant, id) DO UPDATE SET email = ?3, sort_name = ?4, body = ?5";
            let mut statement = session.connection.prepare_cached(sql)?;
            let sort_name = order::by_name(&member.name);
            statement.execute(params![key.0, member.id.as_bytes(), member.email, sort_name, body])?;
            Ok(true)
        });
        write.await
    }

    async fn member(&self, tenant: TenantId, id: MemberId) -> Result<Option<Member>, StoreError> {
        let read = self.readers.read(move |connection| {
            let sql = "SELECT id, email, body FROM member
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_bytes(), id.as_bytes()])?;
            rows.next()?.map(member).transpose()
        });
        read.await
    }

    async fn members(&self, tenant: TenantId) -> Result<Vec<Member>, StoreError> {
        let read = self.readers.read(move |connection| {
            let sql = "SELECT id, email, body FROM member
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) ORDER BY sort_name, id";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_and_then([tenant.as_bytes()], member)?.collect()
        });
        read.await
    }

    async fn member_by_email(&self, email: &str) -> Result<Option<(TenantId, Member)>, StoreError> {
        let email = email.to_owned();
        let read = self.readers.read(move |connection| {
            let sql = "SELECT member.id, email, body, tenant.id FROM member JOIN tenant ON tenant.key = member.tenant
                 WHERE email = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([email])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            Ok(Some((TenantId::from_bytes(row.get(3)?), member(row)?)))
        });
        read.await
    }

    async fn put_number(&self, tenant: TenantId, number: Number) -> Result<bool, StoreError> {
        let body = codec::seal_number(self.sealer(tenant).await?.as_ref(), &number)?;
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let id = number.phone_number_id.as_str();
            let mut taken = session.connection.prepare_cached("SELECT 1 FROM number WHERE id = ?1 AND tenant <> ?2")?;
            if taken.exists(params![id, key.0])? {
                return Ok(false);
            }
            let sql = "INSERT INTO number (id, tenant, waba, body) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (id) DO UPDATE SET waba = ?3, body = ?4";
            let mut statement = session.connection.prepare_cached(sql)?;
            statement.execute(params![id, key.0, number.waba_id.as_str(), body])?;
            inbox_log::take_over(session, key, id)?;
            Ok(true)
        });
        write.await
    }

    async fn numbers(&self, tenant: TenantId) -> Result<Vec<Number>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Vec::new()) };
        let read = self.readers.read(move |connection| {
            let sql = "SELECT id, body FROM number WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) ORDER BY id";
            let mut statement = connection.prepare_cached(sql)?;
            statement.query_and_then([tenant.as_bytes()], |row| number(&sealer, row))?.collect()
        });
        read.await
    }

    async fn number(&self, id: &PhoneNumberId) -> Result<Option<(TenantId, Number)>, StoreError> {
        let (id, keyring) = (id.clone(), Arc::clone(&self.keyring));
        let read = self.readers.read(move |connection| {
            let sql = "SELECT number.id, body, tenant.id FROM number JOIN tenant ON tenant.key = number.tenant
                 WHERE number.id = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([id.as_str()])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            let tenant = TenantId::from_bytes(row.get(2)?);
            Ok(Some((tenant, number(keys_of(&keyring, tenant)?.as_ref(), row)?)))
        });
        read.await
    }

    async fn tenants_of_account(&self, waba: &WabaId) -> Result<Vec<TenantId>, StoreError> {
        let waba = waba.clone();
        let read = self.readers.read(move |connection| {
            let sql = "SELECT DISTINCT tenant.id FROM number JOIN tenant ON tenant.key = number.tenant
                 WHERE waba = ?1 ORDER BY tenant.id";
            let mut statement = connection.prepare_cached(sql)?;
            let tenants = statement.query_map([waba.as_str()], |row| row.get(0).map(TenantId::from_bytes))?;
            Ok(tenants.collect::<rusqlite::Result<_>>()?)
        });
        read.await
    }

    async fn put_session(&self, tenant: TenantId, session: SignIn) -> Result<(), StoreError> {
        let SignIn { id, member, created_at, expires_at } = session;
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let sql = "INSERT OR REPLACE INTO session (tenant, id, member, created_at, expires_at)
                 VALUES (?1, ?2, ?3, ?4, ?5)";
            let mut statement = session.connection.prepare_cached(sql)?;
            statement.execute(params![key.0, id.as_bytes(), member.as_bytes(), created_at.0, expires_at.0])?;
            Ok(())
        });
        write.await
    }

    async fn session(&self, tenant: TenantId, id: SessionId) -> Result<Option<SignIn>, StoreError> {
        let read = self.readers.read(move |connection| {
            let sql = "SELECT member, created_at, expires_at FROM session
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let found = statement.query_row([tenant.as_bytes(), id.as_bytes()], |row| {
                Ok(SignIn {
                    id,
                    member: MemberId::from_bytes(row.get(0)?),
                    created_at: Timestamp(row.get(1)?),
                    expires_at: Timestamp(row.get(2)?),
                })
            });
            Ok(found.optional()?)
        });
        read.await
    }

    async fn end_session(&self, tenant: TenantId, id: SessionId) -> Result<(), StoreError> {
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let mut statement =
                session.connection.prepare_cached("DELETE FROM session WHERE tenant = ?1 AND id = ?2")?;
            statement.execute(params![key.0, id.as_bytes()])?;
            Ok(())
        });
        write.await
    }
}

fn organization(row: &Row<'_>) -> rusqlite::Result<Organization> {
    Ok(Organization { id: TenantId::from_bytes(row.get(0)?), name: row.get(1)? })
}

/// From (id, email, body).
fn member(row: &Row<'_>) -> Outcome<Member> {
    codec::decode_member(row.get(0)?, row.get(1)?, row.get_ref(2)?.as_blob().map_err(rusqlite::Error::from)?)
}

/// From (id, body).
fn number(sealer: &Sealer, row: &Row<'_>) -> Outcome<Number> {
    let id = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
    codec::open_number(sealer, id, row.get_ref(1)?)
}
