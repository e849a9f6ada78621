use async_trait::async_trait;
use engine::account::Account;
use engine::audit::AuditEntry;
use engine::directory::Member;
use engine::id::{AccountId, ApiKeyId, InvitationId, MemberId, TenantId};
use engine::ports::{Accounts, StoreError, Updated};
use engine::time::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::fault::{Outcome, signed};
use super::ledger::TenantKey;
use super::writer::Session;
use super::{SqliteStore, audit, codec};
use crate::crypto::{Lookup, Sealer};

/// An account on its way into the file, sealed.
pub(super) struct AccountRow {
    id: AccountId,
    email: Lookup,
    revision: u64,
    body: Vec<u8>,
}

fn email_lookup(installation: &Sealer, email: &str) -> Lookup {
    installation.lookup("email", email)
}

impl AccountRow {
    pub(super) fn of(installation: &Sealer, account: &Account) -> Outcome<Self> {
        let (id, email) = (account.id, email_lookup(installation, &account.email));
        let body = codec::seal(installation, codec::ACCOUNT, id.as_bytes(), account)?;
        Ok(Self { id, email, revision: account.revision, body })
    }

    pub(super) fn insert(&self, connection: &Connection) -> Outcome<()> {
        let sql = "INSERT INTO account (id, email, revision, body) VALUES (?1, ?2, ?3, ?4)";
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(params![self.id.as_bytes(), self.email, signed(self.revision), self.body])?;
        Ok(())
    }

    /// `None`: there is neither this account nor another one with its e-mail. `Some(true)`: this one, with this e-mail.
    pub(super) fn known(&self, connection: &Connection) -> Outcome<Option<bool>> {
        let sql = "SELECT id = ?2 AND email = ?1 FROM account WHERE email = ?1 OR id = ?2";
        let mut found = connection.prepare_cached(sql)?;
        let found = found.query_map(params![self.email, self.id.as_bytes()], |row| row.get(0))?;
        let found = found.collect::<rusqlite::Result<Vec<bool>>>()?;
        Ok((!found.is_empty()).then(|| found.iter().all(|same| *same)))
    }

    /// Whether one of these is not new: asked before anything is written.
    pub(super) fn any_taken(rows: &[Self], connection: &Connection) -> Outcome<bool> {
        let mut known = connection.prepare_cached("SELECT 1 FROM account WHERE email = ?1 OR id = ?2")?;
        for (index, row) in rows.iter().enumerate() {
            let twice = rows.iter().skip(index + 1).any(|other| other.email == row.email);
            if twice || known.exists(params![row.email, row.id.as_bytes()])? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// From (id, body).
fn account(installation: &Sealer, row: &Row<'_>) -> Outcome<Account> {
    codec::open(installation, codec::ACCOUNT, &row.get::<_, [u8; 16]>(0)?, row.get_ref(1)?)
}

fn find(installation: &Sealer, connection: &Connection, id: AccountId) -> Outcome<Option<Account>> {
    let mut statement = connection.prepare_cached("SELECT id, body FROM account WHERE id = ?1")?;
    let mut rows = statement.query([id.as_bytes()])?;
    rows.next()?.map(|row| account(installation, row)).transpose()
}

/// The members of the account take over what changed, and their households notice.
fn follow(session: &Session<'_>, before: &Account, after: &Account) -> Outcome<()> {
    let renamed = before.name != after.name;
    if !renamed && before.email == after.email {
        return Ok(());
    }
    let mut statement = session.connection.prepare_cached("SELECT tenant, id, body FROM member WHERE account = ?1")?;
    let rows = statement.query_map([after.id.as_bytes()], |row| {
        Ok((TenantKey(row.get(0)?), row.get::<_, [u8; 16]>(1)?, row.get::<_, Value>(2)?))
    })?;
    for (tenant, id, body) in rows.collect::<rusqlite::Result<Vec<_>>>()? {
        let sealer = session.sealer(tenant)?;
        let mut member: Member = codec::open(&sealer, codec::MEMBER, &id, (&body).into())?;
        member.email.clone_from(&after.email);
        if renamed {
            member.name.clone_from(&after.name);
        }
        let body = codec::seal(&sealer, codec::MEMBER, &id, &member)?;
        let sql = "UPDATE member SET body = ?3 WHERE tenant = ?1 AND id = ?2";
        session.connection.prepare_cached(sql)?.execute(params![tenant.0, id, body])?;
        let sql = "UPDATE tenant SET revision = revision + 1 WHERE key = ?1";
        session.connection.prepare_cached(sql)?.execute([tenant.0])?;
    }
    Ok(())
}

#[async_trait]
impl Accounts for SqliteStore {
    async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let installation = self.keyring.installation();
        self.readers.read(move |connection| find(&installation, connection, id)).await
    }

    async fn account_by_email(&self, email: &str) -> Result<Option<Account>, StoreError> {
        let installation = self.keyring.installation();
        let lookup = email_lookup(&installation, email);
        let read = self.readers.read(move |connection| {
            let mut statement = connection.prepare_cached("SELECT id, body FROM account WHERE email = ?1")?;
            let mut rows = statement.query([lookup])?;
            rows.next()?.map(|row| account(&installation, row)).transpose()
        });
        read.await
    }

    async fn update_account(
        &self,
        account: Account,
        expected_revision: u64,
        audit: Vec<(TenantId, AuditEntry)>,
    ) -> Result<Updated, StoreError> {
        let account = Account { revision: expected_revision + 1, ..account };
        let installation = self.keyring.installation();
        let (row, entries) = (AccountRow::of(&installation, &account)?, audit::prepare_each(audit));
        let write = self.writer.write(move |session| {
            let before =
                find(&installation, session.connection, row.id)?.filter(|before| before.revision == expected_revision);
            let Some(before) = before else { return Ok(Updated::Conflict) };
            let mut taken = session.connection.prepare_cached("SELECT 1 FROM account WHERE email = ?1 AND id <> ?2")?;
            if taken.exists(params![row.email, row.id.as_bytes()])? {
                return Ok(Updated::EmailTaken);
            }
            let sql = "UPDATE account SET email = ?2, revision = ?3, body = ?4 WHERE id = ?1";
            let mut statement = session.connection.prepare_cached(sql)?;
            statement.execute(params![row.id.as_bytes(), row.email, signed(row.revision), row.body])?;
            follow(session, &before, &account)?;
            audit::append_each(session, &entries)?;
            Ok(Updated::Applied)
        });
        write.await
    }

    async fn memberships(&self, account: AccountId) -> Result<Vec<(TenantId, MemberId)>, StoreError> {
        let read = self.readers.read(move |connection| {
            let sql = "SELECT tenant.id, member.id FROM member JOIN tenant ON tenant.key = member.tenant
                 WHERE account = ?1 ORDER BY tenant.id";
            let mut statement = connection.prepare_cached(sql)?;
            let found = statement.query_map([account.as_bytes()], |row| {
                Ok((TenantId::from_bytes(row.get(0)?), MemberId::from_bytes(row.get(1)?)))
            })?;
            Ok(found.collect::<rusqlite::Result<_>>()?)
        });
        read.await
    }

    async fn put_reset(
        &self,
        account: AccountId,
        hash: [u8; 32],
        expires_at: Timestamp,
        audit: Vec<(TenantId, AuditEntry)>,
    ) -> Result<(), StoreError> {
        let entries = audit::prepare_each(audit);
        let write = self.writer.write(move |session| {
            // REPLACE: at most one per account.
            let sql = "INSERT OR REPLACE INTO password_reset (hash, account, expires_at) VALUES (?1, ?2, ?3)";
            session.connection.prepare_cached(sql)?.execute(params![hash, account.as_bytes(), expires_at.0])?;
            audit::append_each(session, &entries)
        });
        write.await
    }

    async fn reset(&self, hash: [u8; 32], now: Timestamp) -> Result<Option<AccountId>, StoreError> {
        let read = self.readers.read(move |connection| {
            let sql = "SELECT account FROM password_reset WHERE hash = ?1 AND expires_at > ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let found = statement.query_row(params![hash, now.0], |row| row.get(0).map(AccountId::from_bytes));
            Ok(found.optional()?)
        });
        read.await
    }

    async fn take_reset(&self, hash: [u8; 32], now: Timestamp) -> Result<Option<AccountId>, StoreError> {
        let write = self.writer.write(move |session| {
            let sql = "DELETE FROM password_reset WHERE hash = ?1 RETURNING account, expires_at";
            let mut statement = session.connection.prepare_cached(sql)?;
            let taken =
                statement.query_row([hash], |row| Ok((AccountId::from_bytes(row.get(0)?), Timestamp(row.get(1)?))));
            Ok(taken.optional()?.filter(|(_, expires_at)| now < *expires_at).map(|(account, _)| account))
        });
        write.await
    }

    async fn invitation_by_token(&self, hash: [u8; 32]) -> Result<Option<(TenantId, InvitationId)>, StoreError> {
        let read = self.readers.read(move |connection| {
            let sql = "SELECT tenant.id, invitation.id FROM invitation JOIN tenant ON tenant.key = invitation.tenant
                 WHERE token = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let found = statement.query_row([hash], |row| {
                Ok((TenantId::from_bytes(row.get(0)?), InvitationId::from_bytes(row.get(1)?)))
            });
            Ok(found.optional()?)
        });
        read.await
    }

    async fn api_key_by_hash(&self, hash: [u8; 32]) -> Result<Option<(TenantId, ApiKeyId)>, StoreError> {
        let read = self.readers.read(move |connection| {
            let sql = "SELECT tenant.id, api_key.id FROM api_key JOIN tenant ON tenant.key = api_key.tenant
                 WHERE hash = ?1";
            let mut statement = connection.prepare_cached(sql)?;
            let found = statement
                .query_row([hash], |row| Ok((TenantId::from_bytes(row.get(0)?), ApiKeyId::from_bytes(row.get(1)?))));
            Ok(found.optional()?)
        });
        read.await
    }
}
