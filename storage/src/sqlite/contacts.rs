mod change;
mod count;

use std::sync::Arc;

use async_trait::async_trait;
use engine::audit::AuditEntry;
use engine::consent::ConsentEntry;
use engine::contact::{Clash, Contact, ContactEdit, ImportRow, Imported, Undone};
use engine::id::{ContactId, ImportId, TenantId};
use engine::identity::{Identities, is_bsuid_key};
use engine::ports::{ContactStore, Forgotten, ListError, Page, PageRequest, Resolved, StoreError};
use engine::segment::{Census, Question, TagCount};
use engine::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::fault::{Fault, Outcome};
use super::ledger::TenantKey;
use super::writer::Session;
use super::{SqliteStore, codec, merging};
use crate::crypto::{Lookup, Sealer};
use crate::cursor::{self, List};

pub(super) use change::{ConsentRow, ledger};

/// Rows of an import that share one operation.
const IMPORT_CHUNK: usize = 500;

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
        let told = keys.len();
        keys.extend(former.map(|former| former.keys(portfolio)).unwrap_or_default());
        let asked = Asked::of(self.sealer(tenant).await?, tenant, keys, identities)?;
        let asked = Asked { told, portfolio: portfolio.to_owned(), ..asked };
        // Nearly always everything is known already, and looking costs no commit.
        let looked = asked.clone();
        if let Some(contact) = self.readers.read(move |connection| looked.known_already(connection)).await? {
            return Ok(Resolved { contact, changed: false, created: false, clashes: Vec::new() });
        }
        self.writer.write(move |session| asked.resolve(session)).await
    }

    async fn contact(&self, tenant: TenantId, id: ContactId) -> Result<Option<Contact>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let read = self.readers.read(move |connection| merging::kept(connection, &sealer, tenant, id));
        Ok(read.await?.map(|(_, contact)| contact))
    }

    async fn contacts(&self, tenant: TenantId, page: PageRequest) -> Result<Page<Contact>, ListError> {
        let before = cursor::place(List::Contacts, tenant, &page)?.unwrap_or(i64::MAX);
        let limit = cursor::limit(&page);
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Page { items: Vec::new(), next: None }) };
        let read = self.readers.read(move |connection| contacts(connection, &sealer, tenant, before, limit));
        Ok(read.await?)
    }

    async fn scan_contacts(
        &self,
        tenant: TenantId,
        after: Option<i64>,
        limit: u32,
    ) -> Result<Vec<(i64, Contact)>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Vec::new()) };
        self.readers.read(move |connection| count::scan(connection, &sealer, tenant, after, limit)).await
    }

    async fn census(&self, tenant: TenantId, question: Question) -> Result<Census, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Census::of(&question)) };
        let facts = Arc::clone(&self.facts);
        self.readers.read(move |connection| count::census(connection, &facts, &sealer, tenant, &question)).await
    }

    async fn tags(&self, tenant: TenantId) -> Result<Vec<TagCount>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Vec::new()) };
        let facts = Arc::clone(&self.facts);
        self.readers.read(move |connection| count::tags(connection, &facts, &sealer, tenant)).await
    }

    async fn edit_contact(
        &self,
        tenant: TenantId,
        id: ContactId,
        edit: ContactEdit,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Resolved>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let entries = super::audit::prepare(audit);
        self.writer.write(move |session| change::edit(session, &sealer, tenant, id, &edit, &entries)).await
    }

    async fn record_consent(
        &self,
        tenant: TenantId,
        entry: ConsentEntry,
        audit: Vec<AuditEntry>,
    ) -> Result<Option<Contact>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let entries = super::audit::prepare(audit);
        self.writer.write(move |session| change::consent(session, &sealer, tenant, &entry, &entries)).await
    }

    async fn consents(&self, tenant: TenantId, contact: ContactId) -> Result<Vec<ConsentEntry>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Vec::new()) };
        self.readers.read(move |connection| change::newest_lines(connection, &sealer, tenant, contact)).await
    }

    async fn bring_contacts(
        &self,
        tenant: TenantId,
        import: ImportId,
        rows: Vec<ImportRow>,
        at: Timestamp,
    ) -> Result<Vec<Imported>, StoreError> {
        let sealer = self.sealer(tenant).await?;
        let mut outcomes = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(IMPORT_CHUNK) {
            let asked = chunk.iter().map(|row| {
                let asked = Asked::of(Arc::clone(&sealer), tenant, row.identities.keys(""), &row.identities)?;
                Ok((asked, row.clone()))
            });
            let asked = asked.collect::<Result<Vec<_>, StoreError>>()?;
            let write = self.writer.write(move |session| {
                let bring = |(asked, row): &(Asked, ImportRow)| change::bring(session, asked, import, row, at);
                asked.iter().map(bring).collect::<Outcome<Vec<_>>>()
            });
            outcomes.extend(write.await?);
        }
        Ok(outcomes)
    }

    async fn undo_contact(&self, tenant: TenantId, id: ContactId, import: ImportId) -> Result<Undone, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Undone::Untouched) };
        let write = self.writer.write(move |session| change::undo(session, &sealer, tenant, id, import));
        let (undone, gone) = write.await?;
        self.facts.forget(tenant, &gone);
        Ok(undone)
    }

    async fn forget_contact(
        &self,
        tenant: TenantId,
        id: ContactId,
        audit: Vec<AuditEntry>,
    ) -> Result<Forgotten, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Forgotten::Unknown) };
        let entries = super::audit::prepare(audit);
        let write = self.writer.write(move |session| change::forget(session, &sealer, tenant, id, &entries));
        let (forgotten, gone) = write.await?;
        self.facts.forget(tenant, &gone);
        Ok(forgotten)
    }

    async fn import_contacts(
        &self,
        tenant: TenantId,
        portfolio: &str,
        contacts: Vec<Contact>,
    ) -> Result<(), StoreError> {
        let sealer = self.sealer(tenant).await?;
        for chunk in contacts.chunks(IMPORT_CHUNK) {
            let rows = chunk.iter().map(|contact| BulkRow::of(&sealer, contact, portfolio));
            let rows = rows.collect::<Outcome<Vec<_>>>()?;
            let write = self.writer.write(move |session| {
                let key = session.tenant(tenant)?;
                rows.iter().try_for_each(|row| row.import(session, key))
            });
            write.await?;
        }
        Ok(())
    }
}

pub(super) fn lookup(sealer: &Sealer, key: &str) -> Lookup {
    sealer.lookup("identity", key)
}

/// Who is looked for.
#[derive(Clone)]
struct Asked {
    sealer: Arc<Sealer>,
    tenant: TenantId,
    /// Of the contact, if it has to be made.
    id: ContactId,
    keys: Vec<String>,
    /// Of the keys, in their order.
    lookups: Vec<Lookup>,
    identities: Identities,
    /// So many of the keys, from the first, must lead to one contact.
    told: usize,
    portfolio: String,
}

impl Asked {
    fn of(
        sealer: Arc<Sealer>,
        tenant: TenantId,
        keys: Vec<String>,
        identities: &Identities,
    ) -> Result<Self, StoreError> {
        let Some(first) = keys.first() else {
            return Err(StoreError::Corrupt("a customer without any identity".to_owned()));
        };
        // By the organization's key: a plain hash of a phone number is found again by hashing all phone numbers.
        let id = ContactId::from_bytes(sealer.lookup("contact", first));
        let lookups = keys.iter().map(|key| lookup(&sealer, key)).collect();
        let (identities, portfolio) = (identities.clone(), String::new());
        Ok(Self { sealer, tenant, id, keys, lookups, identities, told: 0, portfolio })
    }

    /// The contact, when nothing would have to be written.
    fn known_already(&self, connection: &Connection) -> Outcome<Option<Contact>> {
        let sql = "SELECT contact FROM identity WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND lookup = ?2";
        let mut statement = connection.prepare_cached(sql)?;
        let mut led_to: Vec<i64> = Vec::with_capacity(self.lookups.len());
        for lookup in &self.lookups {
            let found = statement.query_row([self.tenant.as_bytes(), lookup], |row| row.get(0)).optional()?;
            let Some(found) = found else { return Ok(None) };
            led_to.push(found);
        }
        let Some(first) = led_to.first() else { return Ok(None) };
        let (_, mut contact) = merging::kept_by_key(connection, &self.sealer, *first)?;
        for other in led_to.iter().take(self.told).filter(|key| *key != first) {
            if merging::kept_by_key(connection, &self.sealer, *other)?.1.id != contact.id {
                return Ok(None);
            }
        }
        Ok((!contact.learn(&self.identities)).then_some(contact))
    }

    /// Whom what was told leads to besides `found`. `led_to`: by all keys, as far as they lead anywhere.
    fn clashes(&self, connection: &Connection, led_to: &[Option<i64>], found: &Contact) -> Outcome<Vec<Clash>> {
        let (mut seen, mut clashes) = (vec![found.id], Vec::new());
        for key in led_to.iter().take(self.told).flatten() {
            let (key, contact) = merging::kept_by_key(connection, &self.sealer, *key)?;
            if seen.contains(&contact.id) {
                continue;
            }
            seen.push(contact.id);
            let mut has_bsuid = false;
            for key in merging::everybody(connection, key, &contact)? {
                let own = identities(connection, &self.sealer, key)?;
                has_bsuid |= own.iter().any(|key| is_bsuid_key(key, &self.portfolio));
            }
            clashes.push(Clash { contact, has_bsuid });
        }
        Ok(clashes)
    }

    fn resolve(&self, session: &mut Session<'_>) -> Outcome<Resolved> {
        let tenant = session.tenant(self.tenant)?;
        let Identified { led_to, resolved, .. } = self.identified(session, tenant)?;
        let connection = session.connection;
        attach(connection, tenant, led_to, &IdentityRow::all(&self.sealer, &self.keys)?)?;
        Ok(resolved)
    }

    /// With what it has learned written, and without the keys that were new.
    fn identified(&self, session: &mut Session<'_>, tenant: TenantKey) -> Outcome<Identified> {
        let connection = session.connection;
        let mut statement =
            connection.prepare_cached("SELECT contact FROM identity WHERE tenant = ?1 AND lookup = ?2")?;
        let mut known: Vec<Option<i64>> = Vec::with_capacity(self.lookups.len());
        for lookup in &self.lookups {
            known.push(statement.query_row(params![tenant.0, lookup], |row| row.get(0)).optional()?);
        }
        let first = known.iter().flatten().next().copied();
        let first = first.map_or_else(|| key_of(connection, tenant, self.id), |key| Ok(Some(key)))?;
        if let Some(led_to) = first {
            let (key, mut contact) = merging::kept_by_key(connection, &self.sealer, led_to)?;
            let clashes = self.clashes(connection, &known, &contact)?;
            let changed = contact.learn_undisputed(&self.identities, &clashes);
            if changed {
                update(session, &self.sealer, key, &contact)?;
            }
            return Ok(Identified { led_to, key, resolved: Resolved { contact, changed, created: false, clashes } });
        }
        let mut contact = Contact::new(self.id);
        contact.learn(&self.identities);
        let key = insert(session, tenant, (self.id, None), &seal(&self.sealer, &contact)?)?;
        let resolved = Resolved { contact, changed: true, created: true, clashes: Vec::new() };
        Ok(Identified { led_to: key, key, resolved })
    }
}

struct Identified {
    /// By the keys: new ones lead there too, so that they go along when it is parted from who it became part of.
    led_to: i64,
    /// Of the contact.
    key: i64,
    resolved: Resolved,
}

/// A contact of an import on its way into the file, sealed.
struct BulkRow {
    id: ContactId,
    body: Vec<u8>,
    identities: Vec<IdentityRow>,
}

impl BulkRow {
    fn of(sealer: &Sealer, contact: &Contact, portfolio: &str) -> Outcome<Self> {
        let (bsuid, wa_id) = (contact.bsuid.clone(), contact.phone.clone());
        let keys = Identities { bsuid, wa_id, ..Identities::default() }.keys(portfolio);
        Ok(Self { id: contact.id, body: seal(sealer, contact)?, identities: IdentityRow::all(sealer, &keys)? })
    }

    fn import(&self, session: &mut Session<'_>, tenant: TenantKey) -> Outcome<()> {
        let connection = session.connection;
        let mut known = connection.prepare_cached("SELECT 1 FROM identity WHERE tenant = ?1 AND lookup = ?2")?;
        for identity in &self.identities {
            if known.exists(params![tenant.0, identity.lookup])? {
                return Ok(());
            }
        }
        if key_of(connection, tenant, self.id)?.is_some() {
            return Ok(());
        }
        let key = insert(session, tenant, (self.id, None), &self.body)?;
        attach(connection, tenant, key, &self.identities)
    }
}

/// A key that leads to a contact, on its way into the file.
pub(super) struct IdentityRow {
    lookup: Lookup,
    body: Vec<u8>,
}

impl IdentityRow {
    pub(super) fn all(sealer: &Sealer, keys: &[String]) -> Outcome<Vec<Self>> {
        let row = |key: &String| {
            let lookup = lookup(sealer, key);
            Ok(Self { lookup, body: sealer.seal(codec::IDENTITY, &lookup, key.as_bytes())? })
        };
        keys.iter().map(row).collect()
    }
}

/// The keys that lead to a contact, in order of their text.
pub(super) fn identities(connection: &Connection, sealer: &Sealer, contact: i64) -> Outcome<Vec<String>> {
    let sql = "SELECT lookup, body FROM identity INDEXED BY identity_of_contact WHERE contact = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let keys = statement.query_and_then([contact], |row| {
        let key = codec::open_bytes(sealer, codec::IDENTITY, &row.get::<_, Lookup>(0)?, row.get_ref(1)?)?;
        String::from_utf8(key).map_err(|_| codec::corrupt("an identity that is not text"))
    })?;
    let mut keys = keys.collect::<Outcome<Vec<_>>>()?;
    keys.sort();
    Ok(keys)
}

/// A key that leads somewhere else stays there.
pub(super) fn attach(
    connection: &Connection,
    tenant: TenantKey,
    contact: i64,
    identities: &[IdentityRow],
) -> Outcome<()> {
    let sql = "INSERT INTO identity (tenant, lookup, contact, body) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    let mut statement = connection.prepare_cached(sql)?;
    for IdentityRow { lookup, body } in identities {
        statement.execute(params![tenant.0, lookup, contact, body])?;
    }
    Ok(())
}

pub(super) fn seal(sealer: &Sealer, contact: &Contact) -> Outcome<Vec<u8>> {
    Ok(codec::seal(sealer, codec::CONTACT, contact.id.as_bytes(), contact)?)
}

/// From (body, id).
pub(super) fn contact(sealer: &Sealer, row: &Row<'_>) -> Outcome<Contact> {
    codec::open(sealer, codec::CONTACT, &row.get::<_, [u8; 16]>(1)?, row.get_ref(0)?)
}

pub(super) fn insert(
    session: &mut Session<'_>,
    tenant: TenantKey,
    (id, merged_into): (ContactId, Option<ContactId>),
    body: &[u8],
) -> Outcome<i64> {
    let change = session.next_change()?;
    let sql = "INSERT INTO contact (tenant, id, body, change, merged_into) VALUES (?1, ?2, ?3, ?4, ?5)";
    let into = merged_into.map(|into| *into.as_bytes());
    session.connection.prepare_cached(sql)?.execute(params![tenant.0, id.as_bytes(), body, change, into])?;
    Ok(session.connection.last_insert_rowid())
}

pub(super) fn update(session: &mut Session<'_>, sealer: &Sealer, key: i64, contact: &Contact) -> Outcome<()> {
    let change = session.next_change()?;
    let mut statement = session
        .connection
        .prepare_cached("UPDATE contact SET body = ?2, change = ?3, merged_into = ?4 WHERE key = ?1")?;
    let into = contact.merged_into.map(|into| *into.as_bytes());
    statement.execute(params![key, seal(sealer, contact)?, change, into])?;
    Ok(())
}

pub(super) fn key_of(connection: &Connection, tenant: TenantKey, id: ContactId) -> Outcome<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT key FROM contact WHERE tenant = ?1 AND id = ?2")?;
    Ok(statement.query_row(params![tenant.0, id.as_bytes()], |row| row.get(0)).optional()?)
}

pub(super) fn by_key(connection: &Connection, sealer: &Sealer, key: i64) -> Outcome<Contact> {
    let mut statement = connection.prepare_cached("SELECT body, id FROM contact WHERE key = ?1")?;
    let mut rows = statement.query([key])?;
    let row = rows.next()?.ok_or_else(|| codec::corrupt("an identity of no contact"))?;
    contact(sealer, row)
}

/// `None` when the contact that the cursor names is not one of this tenant.
fn contacts(
    connection: &Connection,
    sealer: &Sealer,
    tenant: TenantId,
    before: i64,
    limit: u32,
) -> Outcome<Page<Contact>> {
    let sql = "SELECT body, id, key FROM contact INDEXED BY contact_by_age
         WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND merged_into IS NULL AND key < ?2 ORDER BY key DESC LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let listed = |row: &Row<'_>| Ok::<_, Fault>((contact(sealer, row)?, row.get(2)?));
    let found = statement.query_and_then(params![tenant.as_bytes(), before, limit + 1], listed)?;
    let mut items: Vec<(Contact, i64)> = found.collect::<Outcome<_>>()?;
    let more = cursor::cut(&mut items, limit);
    let next = items.last().filter(|_| more).map(|(_, place)| cursor::at_place(List::Contacts, tenant, *place));
    Ok(Page { items: items.into_iter().map(|(contact, _)| contact).collect(), next })
}
