use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use engine::account::Account;
use engine::audit::AuditEntry;
use engine::contact::Import;
use engine::directory::{ApiKey, CustomRole, Invitation, Member, Organization, Settings, Team};
use engine::household::{Household, Write};
use engine::id::{AccountId, ApiKeyId, TenantId};
use engine::ports::{Administration, Changed, Created, Pulse, StoreError};
use engine::segment::Segment;
use engine::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::accounts::AccountRow;
use super::fault::{Outcome, signed, unsigned};
use super::ledger::TenantKey;
use super::writer::Session;
use super::{SqliteStore, audit, codec, keys_of};
use crate::crypto::{Column, Sealer};
use crate::order;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredOrganization {
    pub(super) name: String,
    pub(super) settings: Settings,
}

/// A write, sealed: the writer is one thread, the callers are many.
pub(super) enum Prepared {
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
const PUT_SEGMENT: &str = "INSERT OR REPLACE INTO segment (tenant, id, body) VALUES (?1, ?2, ?3)";
const PUT_IMPORT: &str = "INSERT OR REPLACE INTO contact_import (tenant, id, body) VALUES (?1, ?2, ?3)";
const PUT_TEAM: &str = "INSERT OR REPLACE INTO team (tenant, id, body) VALUES (?1, ?2, ?3)";

/// The accounts to add, and everything else in its order.
pub(super) fn prepare(
    sealer: &Sealer,
    installation: &Sealer,
    writes: Vec<Write>,
) -> Outcome<(Vec<AccountRow>, Vec<Prepared>)> {
    let (mut accounts, mut rest) = (Vec::new(), Vec::new());
    for write in writes {
        let delete = |sql, id| Prepared::Delete { sql, id };
        rest.push(match write {
            Write::AddAccount(account) => {
                accounts.push(AccountRow::of(installation, &account)?);
                continue;
            }
            Write::Rename(name) => Prepared::Rename(name),
            Write::Settings(settings) => Prepared::Settings(settings),
            Write::PutMember(member) => prepared_member(sealer, &member)?,
            Write::PutRole(role) => {
                let body = codec::seal(sealer, codec::ROLE, role.id.as_bytes(), &role)?;
                Prepared::Plain { sql: PUT_ROLE, id: *role.id.as_bytes(), body }
            }
            Write::PutTeam(team) => {
                let body = codec::seal(sealer, codec::TEAM, team.id.as_bytes(), &team)?;
                Prepared::Plain { sql: PUT_TEAM, id: *team.id.as_bytes(), body }
            }
            Write::PutSegment(segment) => {
                let body = codec::seal(sealer, codec::SEGMENT, segment.id.as_bytes(), &segment)?;
                Prepared::Plain { sql: PUT_SEGMENT, id: *segment.id.as_bytes(), body }
            }
            Write::PutImport(import) => {
                let body = codec::seal(sealer, codec::CONTACT_IMPORT, import.id.as_bytes(), &import)?;
                Prepared::Plain { sql: PUT_IMPORT, id: *import.id.as_bytes(), body }
            }
            Write::PutInvitation(invitation) => prepared_invitation(sealer, &invitation)?,
            Write::PutApiKey(key) => prepared_key(sealer, &key)?,
            Write::DeleteMember(id) => delete("DELETE FROM member WHERE tenant = ?1 AND id = ?2", *id.as_bytes()),
            Write::DeleteRole(id) => delete("DELETE FROM role WHERE tenant = ?1 AND id = ?2", *id.as_bytes()),
            Write::DeleteTeam(id) => delete("DELETE FROM team WHERE tenant = ?1 AND id = ?2", *id.as_bytes()),
            Write::DeleteInvitation(id) => {
                delete("DELETE FROM invitation WHERE tenant = ?1 AND id = ?2", *id.as_bytes())
            }
            Write::DeleteApiKey(id) => delete("DELETE FROM api_key WHERE tenant = ?1 AND id = ?2", *id.as_bytes()),
            Write::DeleteSegment(id) => delete("DELETE FROM segment WHERE tenant = ?1 AND id = ?2", *id.as_bytes()),
            Write::DeleteImport(id) => {
                delete("DELETE FROM contact_import WHERE tenant = ?1 AND id = ?2", *id.as_bytes())
            }
            Write::EndSessions(member) => {
                delete("DELETE FROM session WHERE tenant = ?1 AND member = ?2", *member.as_bytes())
            }
        });
    }
    Ok((accounts, rest))
}

fn prepared_member(sealer: &Sealer, member: &Member) -> Outcome<Prepared> {
    let body = codec::seal(sealer, codec::MEMBER, member.id.as_bytes(), member)?;
    Ok(Prepared::Member { id: *member.id.as_bytes(), account: member.account, body })
}

fn prepared_invitation(sealer: &Sealer, invitation: &Invitation) -> Outcome<Prepared> {
    let body = codec::seal(sealer, codec::INVITATION, invitation.id.as_bytes(), invitation)?;
    Ok(Prepared::Invitation { id: *invitation.id.as_bytes(), token: invitation.token_hash, body })
}

fn prepared_key(sealer: &Sealer, key: &ApiKey) -> Outcome<Prepared> {
    let body = codec::seal(sealer, codec::API_KEY, key.id.as_bytes(), key)?;
    Ok(Prepared::ApiKey { id: *key.id.as_bytes(), hash: key.hash, last_used_at: key.last_used_at, body })
}

impl Prepared {
    pub(super) fn write(&self, home: &Home<'_>) -> Outcome<()> {
        let Home { connection, key: tenant, .. } = home;
        match self {
            Self::Rename(name) => {
                let stored = home.organization()?;
                home.put_organization(&StoredOrganization { name: name.clone(), ..stored })?;
            }
            Self::Settings(settings) => {
                let stored = home.organization()?;
                home.put_organization(&StoredOrganization { settings: settings.clone(), ..stored })?;
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

/// Where the rows of an organization are, and what seals them.
pub(super) struct Home<'a> {
    pub(super) connection: &'a Connection,
    pub(super) sealer: &'a Sealer,
    pub(super) key: TenantKey,
    pub(super) id: TenantId,
}

impl Home<'_> {
    fn organization(&self) -> Outcome<StoredOrganization> {
        let mut statement = self.connection.prepare_cached("SELECT body FROM tenant WHERE key = ?1")?;
        let mut rows = statement.query([self.key.0])?;
        let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        codec::open(self.sealer, codec::ORGANIZATION, self.id.as_bytes(), row.get_ref(0)?)
    }

    pub(super) fn put_organization(&self, stored: &StoredOrganization) -> Outcome<()> {
        let body = codec::seal(self.sealer, codec::ORGANIZATION, self.id.as_bytes(), stored)?;
        let mut statement = self.connection.prepare_cached("UPDATE tenant SET body = ?2 WHERE key = ?1")?;
        statement.execute(params![self.key.0, body])?;
        Ok(())
    }

    /// Every row of a table that has an id and a body.
    fn all<K: Ord, T: DeserializeOwned>(
        &self,
        column: Column,
        sql: &str,
        id: impl Fn(&T) -> K,
    ) -> Outcome<BTreeMap<K, T>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_and_then([self.key.0], |row| {
            codec::open::<T>(self.sealer, column, &row.get::<_, [u8; 16]>(0)?, row.get_ref(1)?)
        })?;
        rows.map(|row| row.map(|row| (id(&row), row))).collect()
    }

    fn api_keys(&self) -> Outcome<BTreeMap<ApiKeyId, ApiKey>> {
        let sql = "SELECT id, body, last_used_at FROM api_key WHERE tenant = ?1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let rows = statement.query_and_then([self.key.0], |row| {
            let id: [u8; 16] = row.get(0)?;
            let key: ApiKey = codec::open(self.sealer, codec::API_KEY, &id, row.get_ref(1)?)?;
            let last_used_at = row.get::<_, Option<i64>>(2)?.map(Timestamp);
            Ok((key.id, ApiKey { last_used_at, ..key }))
        })?;
        rows.collect()
    }
}

/// The key and revision of an organization that is there.
pub(super) fn known(connection: &Connection, tenant: TenantId) -> Outcome<Option<(TenantKey, u64)>> {
    let sql = "SELECT key, revision FROM tenant WHERE id = ?1 AND body IS NOT NULL";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row([tenant.as_bytes()], |row| Ok((TenantKey(row.get(0)?), row.get(1)?)));
    found.optional()?.map(|(key, revision)| Ok((key, unsigned(revision)?))).transpose()
}

pub(super) fn put_revision(session: &Session<'_>, tenant: TenantKey, revision: u64) -> Outcome<()> {
    let mut statement = session.connection.prepare_cached("UPDATE tenant SET revision = ?2 WHERE key = ?1")?;
    statement.execute([tenant.0, signed(revision)])?;
    Ok(())
}

/// Everything of a household as writes over an empty one.
pub(super) fn writes_of(household: Household) -> Vec<Write> {
    let Household {
        organization: _,
        settings: _,
        members,
        roles,
        teams,
        invitations,
        api_keys,
        segments,
        imports,
        revision: _,
    } = household;
    let members = members.into_values().map(Write::PutMember);
    let roles = roles.into_values().map(Write::PutRole);
    let teams = teams.into_values().map(Write::PutTeam);
    let invitations = invitations.into_values().map(Write::PutInvitation);
    let keys = api_keys.into_values().map(Write::PutApiKey);
    let segments = segments.into_values().map(Write::PutSegment);
    let imports = imports.into_values().map(Write::PutImport);
    members.chain(roles).chain(teams).chain(invitations).chain(keys).chain(segments).chain(imports).collect()
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
        let (sealer, installation) = (self.sealer(id).await?, self.keyring.installation());
        let accounts = accounts.iter().map(|account| AccountRow::of(&installation, account));
        let accounts = accounts.collect::<Outcome<Vec<_>>>()?;
        let (_, writes) = prepare(&sealer, &installation, writes_of(household))?;
        let entries = audit::prepare(audit);
        let write = self.writer.write(move |session| {
            if known(session.connection, id)?.is_some() {
                return Ok(Created::Exists);
            }
            if AccountRow::any_taken(&accounts, session.connection)? {
                return Ok(Created::EmailTaken);
            }
            let key = session.tenant(id)?;
            let home = Home { connection: session.connection, sealer: &sealer, key, id };
            home.put_organization(&stored)?;
            put_revision(session, key, 1)?;
            for account in &accounts {
                account.insert(session.connection)?;
            }
            for write in &writes {
                write.write(&home)?;
            }
            audit::append(session, key, &entries)?;
            Ok(Created::Created)
        });
        write.await
    }

    async fn household(&self, tenant: TenantId) -> Result<Option<Household>, StoreError> {
        let keyring = Arc::clone(&self.keyring);
        let read = self.readers.read(move |connection| {
            let snapshot = connection.unchecked_transaction()?;
            let Some((key, revision)) = known(&snapshot, tenant)? else { return Ok(None) };
            let sealer = keys_of(&keyring, tenant)?;
            let home = Home { connection: &snapshot, sealer: &sealer, key, id: tenant };
            let StoredOrganization { name, settings } = home.organization()?;
            let invitations = "SELECT id, body FROM invitation WHERE tenant = ?1";
            let imports = "SELECT id, body FROM contact_import WHERE tenant = ?1";
            let segments = "SELECT id, body FROM segment WHERE tenant = ?1";
            Ok(Some(Household {
                organization: Organization { id: tenant, name },
                settings,
                members: home
                    .all(codec::MEMBER, "SELECT id, body FROM member WHERE tenant = ?1", |row: &Member| row.id)?,
                roles: home
                    .all(codec::ROLE, "SELECT id, body FROM role WHERE tenant = ?1", |row: &CustomRole| row.id)?,
                teams: home.all(codec::TEAM, "SELECT id, body FROM team WHERE tenant = ?1", |row: &Team| row.id)?,
                invitations: home.all(codec::INVITATION, invitations, |row: &Invitation| row.id)?,
                api_keys: home.api_keys()?,
                imports: home.all(codec::CONTACT_IMPORT, imports, |row: &Import| row.id)?,
                segments: home.all(codec::SEGMENT, segments, |row: &Segment| row.id)?,
                revision,
            }))
        });
        read.await
    }

    async fn settings(&self, tenant: TenantId) -> Result<Option<Settings>, StoreError> {
        let keyring = Arc::clone(&self.keyring);
        let read = self.readers.read(move |connection| {
            let Some((key, _)) = known(connection, tenant)? else { return Ok(None) };
            let sealer = keys_of(&keyring, tenant)?;
            let home = Home { connection, sealer: &sealer, key, id: tenant };
            Ok(Some(home.organization()?.settings))
        });
        read.await
    }

    async fn pulses(&self, tenants: &[TenantId]) -> Result<BTreeMap<TenantId, Pulse>, StoreError> {
        let tenants = tenants.to_vec();
        let read = self.readers.read(move |connection| {
            let snapshot = connection.unchecked_transaction()?;
            let mut found = BTreeMap::new();
            for tenant in tenants {
                if let Some((key, revision)) = known(&snapshot, tenant)? {
                    found.insert(tenant, Pulse { revision, audit: audit::ends(&snapshot, key)?.head.n });
                }
            }
            Ok(found)
        });
        read.await
    }

    async fn organizations(&self) -> Result<Vec<Organization>, StoreError> {
        let keyring = Arc::clone(&self.keyring);
        let read = self.readers.read(move |connection| {
            let mut statement = connection.prepare_cached("SELECT id, body FROM tenant WHERE body IS NOT NULL")?;
            let rows = statement.query_and_then([], |row| {
                let id = TenantId::from_bytes(row.get(0)?);
                let sealer = keys_of(&keyring, id)?;
                let StoredOrganization { name, settings: _ } =
                    codec::open(&sealer, codec::ORGANIZATION, id.as_bytes(), row.get_ref(1)?)?;
                Ok(Organization { id, name })
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
        let (sealer, installation) = (self.sealer(tenant).await?, self.keyring.installation());
        let (accounts, writes) = prepare(&sealer, &installation, writes)?;
        let entries = audit::prepare(audit);
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
            let home = Home { connection: session.connection, sealer: &sealer, key, id: tenant };
            for write in &writes {
                write.write(&home)?;
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
