use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::account::Account;
use engine::audit::AuditEntry;
use engine::directory::{ApiKey, CustomRole, Invitation, Member, Organization, Settings, Team};
use engine::household::{Household, Write};
use engine::id::{AccountId, ApiKeyId, TenantId};
use engine::ports::{Administration, Changed, Created, StoreError};
use engine::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::accounts::AccountRow;
use super::fault::{Outcome, signed, unsigned};
use super::ledger::TenantKey;
use super::writer::Session;
use super::{SqliteStore, audit, codec};
use crate::order;

#[derive(Serialize, Deserialize)]
struct StoredOrganization {
    name: String,
    settings: Settings,
}

/// A write, encoded: the writer is one thread, the callers are many.
enum Prepared {
    Rename(String),
    Settings(Settings),
    Member {
        id: [u8; 16],
        account: Option<AccountId>,
        body: Vec<u8>,
    },
    Invitation {
        id: [u8; 16],
        token: [u8; 32],
        body: Vec<u8>,
    },
    ApiKey {
        id: [u8; 16],
        hash: [u8; 32],
        last_used_at: Option<Timestamp>,
        body: Vec<u8>,
    },
    /// Into a table that has nothing but (tenant, id, body).
    Plain {
        sql: &'static str,
        id: [u8; 16],
        body: Vec<u8>,
    },
    Delete {
        sql: &'static str,
        id: [u8; 16],
    },
}

const PUT_ROLE: &str = "INSERT OR REPLACE INTO role (tenant, id, body) VALUES (?1, ?2, ?3)";
const PUT_TEAM: &str = "INSERT OR REPLACE INTO team (tenant, id, body) VALUES (?1, ?2, ?3)";

/// The accounts to add, and everything else in its order.
fn prepare(writes: Vec<Write>) -> Outcome<(Vec<AccountRow>, Vec<Prepared>)> {
    let (mut accounts, mut rest) = (Vec::new(), Vec::new());
    for write in writes {
        let delete = |sql, id| Prepared::Delete { sql, id };
        rest.push(match write {
            Write::AddAccount(account) => {
                accounts.push(AccountRow::of(&account)?);
                continue;
            }
            Write::Rename(name) => Prepared::Rename(name),
            Write::Settings(settings) => Prepared::Settings(settings),
            Write::PutMember(member) => prepared_member(&member)?,
            Write::PutRole(role) => {
                Prepared::Plain { sql: PUT_ROLE, id: *role.id.as_bytes(), body: codec::encode(&role)? }
            }
            Write::PutTeam(team) => {
                Prepared::Plain { sql: PUT_TEAM, id: *team.id.as_bytes(), body: codec::encode(&team)? }
            }
            Write::PutInvitation(invitation) => prepared_invitation(&invitation)?,
            Write::PutApiKey(key) => prepared_key(&key)?,
            Write::DeleteRole(id) => delete("DELETE FROM role WHERE tenant = ?1 AND id = ?2", *id.as_bytes()),
            Write::DeleteTeam(id) => delete("DELETE FROM team WHERE tenant = ?1 AND id = ?2", *id.as_bytes()),
            Write::DeleteInvitation(id) => {
                delete("DELETE FROM invitation WHERE tenant = ?1 AND id = ?2", *id.as_bytes())
            }
            Write::DeleteApiKey(id) => delete("DELETE FROM api_key WHERE tenant = ?1 AND id = ?2", *id.as_bytes()),
            Write::EndSessions(member) => {
                delete("DELETE FROM session WHERE tenant = ?1 AND member = ?2", *member.as_bytes())
            }
        });
    }
    Ok((accounts, rest))
}

fn prepared_member(member: &Member) -> Outcome<Prepared> {
    Ok(Prepared::Member { id: *member.id.as_bytes(), account: member.account, body: codec::encode(member)? })
}

fn prepared_invitation(invitation: &Invitation) -> Outcome<Prepared> {
    let body = codec::encode(invitation)?;
    Ok(Prepared::Invitation { id: *invitation.id.as_bytes(), token: invitation.token_hash, body })
}

fn prepared_key(key: &ApiKey) -> Outcome<Prepared> {
    let body = codec::encode(key)?;
    Ok(Prepared::ApiKey { id: *key.id.as_bytes(), hash: key.hash, last_used_at: key.last_used_at, body })
}

impl Prepared {
    fn write(&self, connection: &Connection, tenant: TenantKey) -> Outcome<()> {
        match self {
            Self::Rename(name) => {
                let stored = organization(connection, tenant)?;
                put_organization(connection, tenant, &StoredOrganization { name: name.clone(), ..stored })?;
            }
            Self::Settings(settings) => {
                let stored = organization(connection, tenant)?;
                put_organization(connection, tenant, &StoredOrganization { settings: settings.clone(), ..stored })?;
            }
            Self::Member { id, account, body } => {
                let sql = "INSERT INTO member (tenant, id, account, body) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (tenant, id) DO UPDATE SET account = ?3, body = ?4";
                let account = account.as_ref().map(AccountId::as_bytes);
                connection.prepare_cached(sql)?.execute(params![tenant.0, id, account, body])?;
            }
            Self::Invitation { id, token, body } => {
                let sql = "INSERT INTO invitation (tenant, id, token, body) VALUES (?1, ?2, ?3, ?4)
                     ON CONFLICT (tenant, id) DO UPDATE SET token = ?3, body = ?4";
                connection.prepare_cached(sql)?.execute(params![tenant.0, id, token, body])?;
            }
            Self::ApiKey { id, hash, last_used_at, body } => {
                let sql = "INSERT INTO api_key (tenant, id, hash, last_used_at, body) VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (tenant, id) DO UPDATE SET hash = ?3, body = ?5";
                let used = last_used_at.map(|at| at.0);
                connection.prepare_cached(sql)?.execute(params![tenant.0, id, hash, used, body])?;
            }
            Self::Plain { sql, id, body } => {
                connection.prepare_cached(sql)?.execute(params![tenant.0, id, body])?;
            }
            Self::Delete { sql, id } => {
                connection.prepare_cached(sql)?.execute(params![tenant.0, id])?;
            }
        }
        Ok(())
    }
}

fn organization(connection: &Connection, tenant: TenantKey) -> Outcome<StoredOrganization> {
    let mut statement = connection.prepare_cached("SELECT body FROM tenant WHERE key = ?1")?;
    codec::decode(&statement.query_row([tenant.0], |row| row.get::<_, Vec<u8>>(0))?)
}

fn put_organization(connection: &Connection, tenant: TenantKey, stored: &StoredOrganization) -> Outcome<()> {
    let mut statement = connection.prepare_cached("UPDATE tenant SET body = ?2 WHERE key = ?1")?;
    statement.execute(params![tenant.0, codec::encode(stored)?])?;
    Ok(())
}

/// The key and revision of an organization that is there.
fn known(connection: &Connection, tenant: TenantId) -> Outcome<Option<(TenantKey, u64)>> {
    let sql = "SELECT key, revision FROM tenant WHERE id = ?1 AND body IS NOT NULL";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row([tenant.as_bytes()], |row| Ok((TenantKey(row.get(0)?), row.get(1)?)));
    found.optional()?.map(|(key, revision)| Ok((key, unsigned(revision)?))).transpose()
}

fn put_revision(session: &Session<'_>, tenant: TenantKey, revision: u64) -> Outcome<()> {
    let mut statement = session.connection.prepare_cached("UPDATE tenant SET revision = ?2 WHERE key = ?1")?;
    statement.execute([tenant.0, signed(revision)])?;
    Ok(())
}

/// Everything of a household as writes over an empty one.
fn writes_of(household: Household) -> Vec<Write> {
    let Household { organization: _, settings: _, members, roles, teams, invitations, api_keys, revision: _ } =
        household;
    let members = members.into_values().map(Write::PutMember);
    let roles = roles.into_values().map(Write::PutRole);
    let teams = teams.into_values().map(Write::PutTeam);
    let invitations = invitations.into_values().map(Write::PutInvitation);
    let keys = api_keys.into_values().map(Write::PutApiKey);
    members.chain(roles).chain(teams).chain(invitations).chain(keys).collect()
}

#[async_trait]
impl Administration for SqliteStore {
    async fn create_organization(
        &self,
        household: Household,
        accounts: Vec<Account>,
        audit: Vec<AuditEntry>,
    ) -> Result<Created, StoreError> {
        let Organization { id, name } = household.organization.clone();
        let stored = StoredOrganization { name, settings: household.settings.clone() };
        let accounts = accounts.iter().map(AccountRow::of).collect::<Outcome<Vec<_>>>()?;
        let (_, writes) = prepare(writes_of(household))?;
        let entries = audit::prepare(audit)?;
        let write = self.writer.write(move |session| {
            if known(session.connection, id)?.is_some() {
                return Ok(Created::Exists);
            }
            if AccountRow::any_taken(&accounts, session.connection)? {
                return Ok(Created::EmailTaken);
            }
            let key = session.tenant(id)?;
            put_organization(session.connection, key, &stored)?;
            put_revision(session, key, 1)?;
            for account in &accounts {
                account.insert(session.connection)?;
            }
            for write in &writes {
                write.write(session.connection, key)?;
            }
            audit::append(session, key, &entries)?;
            Ok(Created::Created)
        });
        write.await
    }

    async fn household(&self, tenant: TenantId) -> Result<Option<Household>, StoreError> {
        let read = self.readers.read(move |connection| {
            let snapshot = connection.unchecked_transaction()?;
            let Some((key, revision)) = known(&snapshot, tenant)? else { return Ok(None) };
            let StoredOrganization { name, settings } = organization(&snapshot, key)?;
            Ok(Some(Household {
                organization: Organization { id: tenant, name },
                settings,
                members: all(&snapshot, key, "SELECT body FROM member WHERE tenant = ?1", |row: &Member| row.id)?,
                roles: all(&snapshot, key, "SELECT body FROM role WHERE tenant = ?1", |row: &CustomRole| row.id)?,
                teams: all(&snapshot, key, "SELECT body FROM team WHERE tenant = ?1", |row: &Team| row.id)?,
                invitations: all(
                    &snapshot,
                    key,
                    "SELECT body FROM invitation WHERE tenant = ?1",
                    |row: &Invitation| row.id,
                )?,
                api_keys: api_keys(&snapshot, key)?,
                revision,
            }))
        });
        read.await
    }

    async fn organizations(&self) -> Result<Vec<Organization>, StoreError> {
        let read = self.readers.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT id, body FROM tenant WHERE body IS NOT NULL")?;
            let rows = statement.query_and_then([], |row| {
                let StoredOrganization { name, settings: _ } = codec::decode(&row.get::<_, Vec<u8>>(1)?)?;
                Ok(Organization { id: TenantId::from_bytes(row.get(0)?), name })
            })?;
            let mut all = rows.collect::<Outcome<Vec<_>>>()?;
            all.sort_by_key(|organization| (order::by_name(&organization.name), organization.id));
            Ok(all)
        });
        read.await
    }

    async fn change(
        &self,
        tenant: TenantId,
        expected_revision: u64,
        writes: Vec<Write>,
        audit: Vec<AuditEntry>,
    ) -> Result<Changed, StoreError> {
        let (accounts, writes) = prepare(writes)?;
        let entries = audit::prepare(audit)?;
        let write = self.writer.write(move |session| {
            let found = known(session.connection, tenant)?.filter(|(_, revision)| *revision == expected_revision);
            let Some((key, _)) = found else { return Ok(Changed::Conflict) };
            if AccountRow::any_taken(&accounts, session.connection)? {
                return Ok(Changed::EmailTaken);
            }
            let revision = expected_revision + 1;
            put_revision(session, key, revision)?;
            for account in &accounts {
                account.insert(session.connection)?;
            }
            for write in &writes {
                write.write(session.connection, key)?;
            }
            audit::append(session, key, &entries)?;
            Ok(Changed::Applied { revision })
        });
        write.await
    }

    async fn touch_api_key(&self, tenant: TenantId, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        let write = self.writer.write(move |session| {
            let sql = "UPDATE api_key SET last_used_at = max(coalesce(last_used_at, ?3), ?3)
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
            let mut statement = session.connection.prepare_cached(sql)?;
            statement.execute(params![tenant.as_bytes(), id.as_bytes(), at.0])?;
            Ok(())
        });
        write.await
    }
}

fn all<K: Ord, T: DeserializeOwned>(
    connection: &Connection,
    tenant: TenantKey,
    sql: &str,
    id: impl Fn(&T) -> K,
) -> Outcome<BTreeMap<K, T>> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_and_then([tenant.0], |row| {
        codec::decode::<T>(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)
    })?;
    rows.map(|row| row.map(|row| (id(&row), row))).collect()
}

fn api_keys(connection: &Connection, tenant: TenantKey) -> Outcome<BTreeMap<ApiKeyId, ApiKey>> {
    let mut statement = connection.prepare_cached("SELECT body, last_used_at FROM api_key WHERE tenant = ?1")?;
    let rows = statement.query_and_then([tenant.0], |row| {
        let key: ApiKey = codec::decode(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?;
        let last_used_at = row.get::<_, Option<i64>>(1)?.map(Timestamp);
        Ok((key.id, ApiKey { last_used_at, ..key }))
    })?;
    rows.collect()
}
