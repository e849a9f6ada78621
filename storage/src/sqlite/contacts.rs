use async_trait::async_trait;
use engine::contact::Contact;
use engine::id::{ContactId, TenantId};
use engine::identity::Identities;
use engine::ports::{ContactStore, ListError, Page, PageRequest, Resolved, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

use super::fault::Outcome;
use super::ledger::TenantKey;
use super::writer::Session;
use super::{SqliteStore, codec};
use crate::cursor::{self, List};
use crate::order;

/// Rows of an import that share one operation.
const IMPORT_CHUNK: usize = 500;

type Lookup = [u8; 16];

#[async_trait]
impl ContactStore for SqliteStore {
    async fn resolve(
        &self,
        tenant: TenantId,
        portfolio: &str,
        identities: &Identities,
        former: Option<&Identities>,
    ) -> Result<Resolved, StoreError> {
        let mut keys = identities.keys(portfolio);
        keys.extend(former.map(|former| former.keys(portfolio)).unwrap_or_default());
        let Some(first) = keys.first() else {
            return Err(StoreError::Corrupt("a customer without any identity".to_owned()));
        };
        let id = ContactId::of_identity(tenant, first);
        let lookups: Vec<Lookup> = keys.iter().map(|key| lookup(key)).collect();
        // Nearly always everything is known already, and looking costs no commit.
        let (known, says) = (lookups.clone(), identities.clone());
        let known = self.readers.read(move |connection| known_already(connection, tenant, &known, &says));
        if let Some(contact) = known.await? {
            return Ok(Resolved { contact, changed: false });
        }
        let identities = identities.clone();
        self.writer.write(move |session| resolve(session, tenant, id, &lookups, &identities)).await
    }

    async fn contact(&self, tenant: TenantId, id: ContactId) -> Result<Option<Contact>, StoreError> {
        let read = self.readers.read(move |connection| {
            let sql = "SELECT body FROM contact WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let body: Option<Vec<u8>> =
                statement.query_row([tenant.as_bytes(), id.as_bytes()], |row| row.get(0)).optional()?;
            body.map(|body| codec::decode(&body)).transpose()
        });
        read.await
    }

    async fn contacts(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Contact>, ListError> {
        let after: Option<ContactId> = cursor::row(List::Contacts, &page)?;
        let limit = cursor::limit(&page);
        let read = self.readers.read(move |connection| contacts(connection, tenant, after, limit));
        read.await?.ok_or(ListError::BadCursor)
    }

    async fn import_contacts(
        &self,
        tenant: TenantId,
        portfolio: &str,
        contacts: Vec<Contact>,
    ) -> Result<(), StoreError> {
        for chunk in contacts.chunks(IMPORT_CHUNK) {
            let rows: Vec<(Contact, Vec<Lookup>)> = chunk
                .iter()
                .map(|contact| {
                    let (bsuid, wa_id) = (contact.bsuid.clone(), contact.phone.clone());
                    let keys = Identities { bsuid, wa_id, ..Identities::default() }.keys(portfolio);
                    (contact.clone(), keys.iter().map(|key| lookup(key)).collect())
                })
                .collect();
            let write = self.writer.write(move |session| {
                let key = session.tenant(tenant)?;
                rows.iter().try_for_each(|(contact, lookups)| import(session, key, contact, lookups))
            });
            write.await?;
        }
        Ok(())
    }
}

fn lookup(key: &str) -> Lookup {
    codec::lookup("identity", key)
}

/// The contact, when nothing would have to be written.
fn known_already(
    connection: &Connection,
    tenant: TenantId,
    lookups: &[Lookup],
    identities: &Identities,
) -> Outcome<Option<Contact>> {
    let sql = "SELECT contact FROM identity WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND lookup = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut first = None;
    for lookup in lookups {
        let found: Option<i64> = statement.query_row([tenant.as_bytes(), lookup], |row| row.get(0)).optional()?;
        let Some(found) = found else { return Ok(None) };
        first = first.or(Some(found));
    }
    let Some(key) = first else { return Ok(None) };
    let mut contact = by_key(connection, key)?;
    Ok((!contact.learn(identities)).then_some(contact))
}

fn resolve(
    session: &mut Session<'_>,
    tenant: TenantId,
    id: ContactId,
    lookups: &[Lookup],
    identities: &Identities,
) -> Outcome<Resolved> {
    let tenant = session.tenant(tenant)?;
    let connection = session.connection;
    let mut statement = connection.prepare_cached("SELECT contact FROM identity WHERE tenant = ?1 AND lookup = ?2")?;
    let mut known: Option<i64> = None;
    for lookup in lookups {
        if known.is_none() {
            known = statement.query_row(params![tenant.0, lookup], |row| row.get(0)).optional()?;
        }
    }
    let known = known.map_or_else(|| key_of(connection, tenant, id), |key| Ok(Some(key)))?;
    let (key, contact, changed) = if let Some(key) = known {
        let mut contact = by_key(connection, key)?;
        let learned = contact.learn(identities);
        if learned {
            update(connection, key, &contact)?;
        }
        (key, contact, learned)
    } else {
        let mut contact = Contact::new(id);
        contact.learn(identities);
        (insert(connection, tenant, &contact)?, contact, true)
    };
    attach(connection, tenant, key, lookups)?;
    Ok(Resolved { contact, changed })
}

/// A key that leads somewhere else stays there.
fn attach(connection: &Connection, tenant: TenantKey, contact: i64, lookups: &[Lookup]) -> Outcome<()> {
    let sql = "INSERT INTO identity (tenant, lookup, contact) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
    let mut statement = connection.prepare_cached(sql)?;
    for lookup in lookups {
        statement.execute(params![tenant.0, lookup, contact])?;
    }
    Ok(())
}

fn import(session: &Session<'_>, tenant: TenantKey, contact: &Contact, lookups: &[Lookup]) -> Outcome<()> {
    let connection = session.connection;
    let mut known = connection.prepare_cached("SELECT 1 FROM identity WHERE tenant = ?1 AND lookup = ?2")?;
    for lookup in lookups {
        if known.exists(params![tenant.0, lookup])? {
            return Ok(());
        }
    }
    if key_of(connection, tenant, contact.id)?.is_some() {
        return Ok(());
    }
    let key = insert(connection, tenant, contact)?;
    attach(connection, tenant, key, lookups)
}

/// Unnamed last.
fn sort_key(contact: &Contact) -> (bool, String) {
    let name = contact.name.as_deref();
    (name.is_none(), name.map(order::by_name).unwrap_or_default())
}

fn insert(connection: &Connection, tenant: TenantKey, contact: &Contact) -> Outcome<i64> {
    let (unnamed, sort_name) = sort_key(contact);
    let sql = "INSERT INTO contact (tenant, id, unnamed, sort_name, body) VALUES (?1, ?2, ?3, ?4, ?5)";
    let body = codec::encode(contact)?;
    connection.prepare_cached(sql)?.execute(params![tenant.0, contact.id.as_bytes(), unnamed, sort_name, body])?;
    Ok(connection.last_insert_rowid())
}

fn update(connection: &Connection, key: i64, contact: &Contact) -> Outcome<()> {
    let (unnamed, sort_name) = sort_key(contact);
    let sql = "UPDATE contact SET unnamed = ?2, sort_name = ?3, body = ?4 WHERE key = ?1";
    connection.prepare_cached(sql)?.execute(params![key, unnamed, sort_name, codec::encode(contact)?])?;
    Ok(())
}

fn key_of(connection: &Connection, tenant: TenantKey, id: ContactId) -> Outcome<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT key FROM contact WHERE tenant = ?1 AND id = ?2")?;
    Ok(statement.query_row(params![tenant.0, id.as_bytes()], |row| row.get(0)).optional()?)
}

fn by_key(connection: &Connection, key: i64) -> Outcome<Contact> {
    let mut statement = connection.prepare_cached("SELECT body FROM contact WHERE key = ?1")?;
    let body: Vec<u8> = statement.query_row([key], |row| row.get(0))?;
    codec::decode(&body)
}

/// `None` when the contact that the cursor names is not one of this tenant.
fn contacts(
    connection: &Connection,
    tenant: TenantId,
    after: Option<ContactId>,
    limit: u32,
) -> Outcome<Option<Page<Contact>>> {
    let snapshot = connection.unchecked_transaction()?;
    // Names are personal, cursors end in addresses: a cursor holds the id, and the place is looked up.
    let mut start = (false, String::new(), [0; 16]);
    if let Some(after) = after {
        let sql = "SELECT unnamed, sort_name, id FROM contact
             WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
        let mut statement = snapshot.prepare_cached(sql)?;
        let found = statement
            .query_row([tenant.as_bytes(), after.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        let Some(found) = found.optional()? else { return Ok(None) };
        start = found;
    }
    let sql = "SELECT body FROM contact WHERE tenant = (SELECT key FROM tenant WHERE id = ?1)
         AND (unnamed, sort_name, id) > (?2, ?3, ?4) ORDER BY unnamed, sort_name, id LIMIT ?5";
    let mut statement = snapshot.prepare_cached(sql)?;
    let (unnamed, sort_name, id) = start;
    let found = statement.query_and_then(params![tenant.as_bytes(), unnamed, sort_name, id, limit + 1], |row| {
        codec::decode(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)
    })?;
    let mut items: Vec<Contact> = found.collect::<Outcome<_>>()?;
    let more = cursor::cut(&mut items, limit);
    let next = items.last().filter(|_| more).map(|last| cursor::at_row(List::Contacts, last.id));
    Ok(Some(Page { items, next }))
}
