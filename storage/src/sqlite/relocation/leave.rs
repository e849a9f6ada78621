//! What an organization has, page by page. Tables are gone through by their keys: an index by tenant would be written on
//! every message for something that happens once in the life of an organization.

use bytes::Bytes;
use engine::content::Media;
use engine::id::{ContactId, ConversationId, MediaId, MemberId, MessageId, TenantId};
use engine::ports::{Belonging, Kind, MediaRow};
use engine::time::Timestamp;
use rusqlite::{Connection, Row, params};

use super::super::codec;
use super::super::fault::Outcome;
use super::super::ledger::TenantKey;
use super::super::{audit, campaigns, contacts, inbox_log, notes, outbox};
use crate::crypto::{Column, Lookup, Sealer};
use crate::cursor::Place;

type Found = (Place, Belonging);

/// At most `limit` after `after`, in the kind's order.
pub(super) fn page(
    connection: &Connection,
    sealer: &Sealer,
    tenant: TenantId,
    kind: Kind,
    after: Place,
    limit: u32,
) -> Outcome<Vec<Found>> {
    let Some(tenant) = audit::tenant_key(connection, tenant)? else { return Ok(Vec::new()) };
    let scan = Scan { connection, sealer, tenant, after, limit };
    match kind {
        Kind::Contacts => scan.by_key(
            "SELECT key AS row_key, id, body FROM contact INDEXED BY contact_by_age
             WHERE tenant = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
            |row| contact(connection, sealer, row),
        ),
        Kind::Conversations => scan.by_key(
            "SELECT key AS row_key, id, body FROM conversation NOT INDEXED
             WHERE tenant = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
            |row| Ok(Belonging::Conversation(Box::new(body(sealer, codec::CONVERSATION, row)?))),
        ),
        Kind::Files => scan.by_key(
            "SELECT key AS row_key, id, conversation, uploader, body, due_at, attempts, job FROM media NOT INDEXED
             WHERE tenant = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
            |row| file(sealer, row),
        ),
        Kind::Messages => scan.messages(),
        Kind::ParkedStatuses => scan.by_key(
            "SELECT arrival AS row_key, wamid, body FROM parked_status NOT INDEXED
             WHERE tenant = ?1 AND arrival > ?2 ORDER BY arrival LIMIT ?3",
            |row| parked(sealer, row),
        ),
        Kind::Outbox => scan.by_key(
            "SELECT state, token, since, body, id, place AS row_key FROM outbox NOT INDEXED
             WHERE tenant = ?1 AND place > ?2 ORDER BY place LIMIT ?3",
            |row| Ok(Belonging::Outgoing(Box::new(outbox::entry(sealer, row)?))),
        ),
        Kind::Campaigns => scan.by_key(
            "SELECT key AS row_key, id, body FROM campaign INDEXED BY campaign_by_age
             WHERE tenant = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
            |row| Ok(Belonging::Campaign(Box::new(body(sealer, codec::CAMPAIGN, row)?))),
        ),
        Kind::Recipients => scan.recipients(),
        Kind::Intake => scan.by_key(
            "SELECT id, received_at, processed_at, field, kind, number, outcome, attempts, error,
             conversation, size, raw, inbox.arrival AS row_key FROM inbox NOT INDEXED CROSS JOIN inbox_body USING (arrival)
             WHERE tenant = ?1 AND outcome IN (0, 3) AND inbox.arrival > ?2 ORDER BY inbox.arrival LIMIT ?3",
            |row| intake(sealer, row),
        ),
        Kind::Alerts => scan.by_key(
            "SELECT place AS row_key, id, dismissed, body FROM alert INDEXED BY alert_of_tenant
             WHERE tenant = ?1 AND place > ?2 ORDER BY place LIMIT ?3",
            |row| {
                let id: [u8; 16] = row.get(1)?;
                let alert = codec::open(sealer, codec::ALERT, &id, row.get_ref(3)?)?;
                Ok(Belonging::Alert { alert, dismissed: row.get(2)? })
            },
        ),
        Kind::Templates => scan.by_key(
            "SELECT place AS row_key, id, body FROM template NOT INDEXED
             WHERE tenant = ?1 AND place > ?2 ORDER BY place LIMIT ?3",
            |row| Ok(Belonging::Template(Box::new(body(sealer, codec::TEMPLATE, row)?))),
        ),
        Kind::Audit => scan.by_key(
            "SELECT n, at, action, actor, hash, body, n AS row_key FROM audit INDEXED BY audit_by_n
             WHERE tenant = ?1 AND n > ?2 ORDER BY n LIMIT ?3",
            |row| Ok(Belonging::Audit(Box::new(audit::record(sealer, row)?))),
        ),
    }
}

/// What an id in the second column names, sealed in the third.
fn body<T: serde::de::DeserializeOwned>(sealer: &Sealer, column: Column, row: &Row<'_>) -> Outcome<T> {
    let id: [u8; 16] = row.get(1)?;
    codec::open(sealer, column, &id, row.get_ref(2)?)
}

fn parked(sealer: &Sealer, row: &Row<'_>) -> Outcome<Belonging> {
    let wamid: Lookup = row.get(1)?;
    let update = codec::open(sealer, codec::PARKED_STATUS, &wamid, row.get_ref(2)?)?;
    Ok(Belonging::ParkedStatus(Box::new(update)))
}

struct Scan<'a> {
    connection: &'a Connection,
    sealer: &'a Sealer,
    tenant: TenantKey,
    after: Place,
    limit: u32,
}

impl Scan<'_> {
    fn recipients(&self) -> Outcome<Vec<Found>> {
        let Place([after, ..]) = self.after;
        let found = campaigns::of_tenant(self.connection, self.sealer, self.tenant, after, self.limit)?.into_iter();
        let belonging =
            |(place, campaign, row)| (Place::key(place), Belonging::Recipient { campaign, row: Box::new(row) });
        Ok(found.map(belonging).collect())
    }

    /// The key is the column `row_key`.
    fn by_key(&self, sql: &str, belonging: impl Fn(&Row<'_>) -> Outcome<Belonging>) -> Outcome<Vec<Found>> {
        let mut statement = self.connection.prepare_cached(sql)?;
        let Place([after, ..]) = self.after;
        let found = statement.query_and_then(params![self.tenant.0, after, self.limit], |row| {
            Ok((Place::key(row.get("row_key")?), belonging(row)?))
        })?;
        found.collect()
    }

    fn messages(&self) -> Outcome<Vec<Found>> {
        let sql = "SELECT message.conversation, at, arrival, message.id, message.body, conversation.id FROM message
             CROSS JOIN conversation ON conversation.key = message.conversation
             WHERE conversation.tenant = ?1 AND (message.conversation, at, arrival) > (?2, ?3, ?4)
             ORDER BY message.conversation, at, arrival LIMIT ?5";
        let mut statement = self.connection.prepare_cached(sql)?;
        let Place([conversation, at, arrival]) = self.after;
        let range = params![self.tenant.0, conversation, at, arrival, self.limit];
        let found = statement.query_and_then(range, |row| {
            let place = Place([row.get(0)?, row.get(1)?, row.get(2)?]);
            let (id, conversation) = (MessageId::from_bytes(row.get(3)?), ConversationId::from_bytes(row.get(5)?));
            let at = Timestamp(row.get(1)?);
            let message = codec::open_message(self.sealer, conversation, id, at, row.get_ref(4)?)?;
            Ok((place, Belonging::Message(Box::new(message))))
        })?;
        found.collect()
    }
}

/// From (key, id, body).
fn contact(connection: &Connection, sealer: &Sealer, row: &Row<'_>) -> Outcome<Belonging> {
    let id = ContactId::from_bytes(row.get(1)?);
    Ok(Belonging::Contact {
        contact: codec::open(sealer, codec::CONTACT, id.as_bytes(), row.get_ref(2)?)?,
        identities: contacts::identities(connection, sealer, row.get(0)?)?,
        consents: contacts::ledger(connection, sealer, row.get(0)?)?,
        notes: notes::notes_of(connection, sealer, row.get(0)?)?,
    })
}

/// From (key, id, conversation, uploader, body, `due_at`, attempts, job).
fn file(sealer: &Sealer, row: &Row<'_>) -> Outcome<Belonging> {
    let id = MediaId::from_bytes(row.get(1)?);
    let media: Media = codec::open(sealer, codec::MEDIA, id.as_bytes(), row.get_ref(4)?)?;
    let conversation = row.get::<_, Option<[u8; 16]>>(2)?.map(ConversationId::from_bytes);
    let uploader = row.get::<_, Option<[u8; 16]>>(3)?.map(MemberId::from_bytes);
    let job = match row.get::<_, Option<i64>>(5)? {
        Some(due) => Some(Box::new((Timestamp(due), codec::open_job(sealer, id, row.get(6)?, row.get_ref(7)?)?))),
        None => None,
    };
    Ok(Belonging::File { row: Box::new(MediaRow { media, conversation, uploader }), job })
}

/// From what [`inbox_log::entry`] wants, and `raw`.
fn intake(sealer: &Sealer, row: &Row<'_>) -> Outcome<Belonging> {
    let entry = inbox_log::entry(sealer, row)?;
    let raw = codec::open_bytes(sealer, codec::INBOX_RAW, entry.id.as_bytes(), row.get_ref("raw")?)?;
    Ok(Belonging::Intake { entry: Box::new(entry), raw: Bytes::from(raw) })
}
