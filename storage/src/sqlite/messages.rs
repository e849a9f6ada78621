use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use engine::content::MediaState;
use engine::conversation::Conversation;
use engine::id::{ConversationId, MediaId, MessageId, TenantId, Wamid};
use engine::inbound::StatusUpdate;
use engine::message::{Direction, Message};
use engine::ports::{ListError, Located, MessageStore, Page, PageRequest, StoreError};
use engine::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::conversations::{self, ConversationRow};
use super::fault::Outcome;
use super::ledger::TenantKey;
use super::media::FileRow;
use super::writer::Session;
use super::{SqliteStore, codec, media};
use crate::crypto::{Lookup, Sealer};
use crate::cursor::{self, List};

/// Rows of an import that share one operation: some milliseconds of the writer, so that live writes get in between.
const IMPORT_CHUNK: usize = 500;

/// CROSS JOIN keeps this order: the planner would rather go through all conversations of the tenant.
const LOCATE: &str = "SELECT conversation.id, message.id FROM message INDEXED BY message_by_wamid
     CROSS JOIN conversation ON message.conversation = key
     WHERE wamid = ?2 AND tenant = (SELECT key FROM tenant WHERE id = ?1) LIMIT 1";

#[async_trait]
impl MessageStore for SqliteStore {
    async fn message(
        &self,
        tenant: TenantId,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let read = self.readers.read(move |connection| {
            let sql = "SELECT message.at, message.body FROM message JOIN conversation ON message.conversation = key
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND conversation.id = ?2 AND message.id = ?3";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_bytes(), conversation.as_bytes(), id.as_bytes()])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            codec::open_message(&sealer, conversation, id, Timestamp(row.get(0)?), row.get_ref(1)?).map(Some)
        });
        read.await
    }

    async fn history(
        &self,
        tenant: TenantId,
        conversation: ConversationId,
        page: PageRequest,
    ) -> Result<Page<Message>, ListError> {
        let before = cursor::position(List::History, &page)?.unwrap_or((i64::MAX, i64::MAX));
        let limit = cursor::limit(&page);
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Page { items: Vec::new(), next: None }) };
        let read =
            self.readers.read(move |connection| history(connection, &sealer, tenant, conversation, before, limit));
        Ok(read.await?)
    }

    async fn locate(&self, tenant: TenantId, wamid: &Wamid) -> Result<Option<Located>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let wamid = codec::wamid_lookup(&sealer, wamid);
        let read = self.readers.read(move |connection| {
            let mut statement = connection.prepare_cached(LOCATE)?;
            let found = statement.query_row(params![tenant.as_bytes(), wamid], |row| {
                Ok(Located {
                    conversation: ConversationId::from_bytes(row.get(0)?),
                    message: MessageId::from_bytes(row.get(1)?),
                })
            });
            Ok(found.optional()?)
        });
        read.await
    }

    async fn park_status(&self, tenant: TenantId, update: &StatusUpdate) -> Result<(), StoreError> {
        let update = update.clone();
        let sealer = self.sealer(tenant).await?;
        let lookup = codec::wamid_lookup(&sealer, &update.wamid);
        let body = codec::seal(&sealer, codec::PARKED_STATUS, &lookup, &update)?;
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            if parked(session.connection, &sealer, key, lookup)?.contains(&update) {
                return Ok(());
            }
            let sql = "INSERT INTO parked_status (tenant, wamid, body) VALUES (?1, ?2, ?3)";
            session.connection.prepare_cached(sql)?.execute(params![key.0, lookup, body])?;
            Ok(())
        });
        write.await
    }

    async fn unpark_statuses(&self, tenant: TenantId, wamid: &Wamid) -> Result<Vec<StatusUpdate>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Vec::new()) };
        let lookup = codec::wamid_lookup(&sealer, wamid);
        // Nearly always nothing is parked, and looking costs no commit.
        let nothing = self.readers.read(move |connection| {
            let sql = "SELECT 1 FROM parked_status
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND wamid = ?2";
            Ok(!connection.prepare_cached(sql)?.exists(params![tenant.as_bytes(), lookup])?)
        });
        if nothing.await? {
            return Ok(Vec::new());
        }
        let write = self.writer.write(move |session| {
            let key = session.tenant(tenant)?;
            let taken = parked(session.connection, &sealer, key, lookup)?;
            let sql = "DELETE FROM parked_status WHERE tenant = ?1 AND wamid = ?2";
            session.connection.prepare_cached(sql)?.execute(params![key.0, lookup])?;
            Ok(taken)
        });
        write.await
    }

    async fn import(
        &self,
        tenant: TenantId,
        conversations: Vec<Conversation>,
        messages: Vec<Message>,
    ) -> Result<(), StoreError> {
        self.refuse_strays(tenant, &conversations, &messages).await?;
        let sealer = self.sealer(tenant).await?;
        for chunk in conversations.chunks(IMPORT_CHUNK) {
            let rows = chunk
                .iter()
                .map(|conversation| ConversationRow::of(&sealer, conversation))
                .collect::<Outcome<Vec<_>>>()?;
            let write = self.writer.write(move |session| {
                let key = session.tenant(tenant)?;
                rows.iter().try_for_each(|row| import_conversation(session, key, row))
            });
            write.await?;
        }
        for chunk in messages.chunks(IMPORT_CHUNK) {
            let rows = chunk.iter().map(|message| ImportRow::of(&sealer, message)).collect::<Outcome<Vec<_>>>()?;
            let write = self.writer.write(move |session| {
                let key = session.tenant(tenant)?;
                import_messages(session, key, &rows)
            });
            write.await?;
        }
        Ok(())
    }
}

impl SqliteStore {
    /// A message needs its conversation. Found out before anything is written.
    async fn refuse_strays(
        &self,
        tenant: TenantId,
        conversations: &[Conversation],
        messages: &[Message],
    ) -> Result<(), StoreError> {
        let named: BTreeSet<_> = messages.iter().map(|message| message.conversation_id).collect();
        let come: BTreeSet<_> = conversations.iter().map(|conversation| conversation.id).collect();
        let others: Vec<_> = named.difference(&come).copied().collect();
        let read = self.readers.read(move |connection| {
            let sql = "SELECT 1 FROM conversation WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            for id in others {
                if !statement.exists([tenant.as_bytes(), id.as_bytes()])? {
                    return Err(codec::corrupt("an import names a conversation that is not there"));
                }
            }
            Ok(())
        });
        read.await
    }
}

pub(super) fn import_conversation(session: &mut Session<'_>, tenant: TenantKey, row: &ConversationRow) -> Outcome<()> {
    if conversations::stored(session.connection, tenant, row.id)?.is_none() {
        row.write(session, tenant, None, 0)?;
    }
    Ok(())
}

/// A message of an import, with its file when the bytes are stored already.
pub(super) struct ImportRow {
    conversation: ConversationId,
    message: MessageRow,
    file: Option<FileRow>,
}

impl ImportRow {
    pub(super) fn of(sealer: &Sealer, message: &Message) -> Outcome<Self> {
        let ready = message.content.media().filter(|media| media.state == MediaState::Ready);
        let file = ready.map(|media| FileRow::of(sealer, media)).transpose()?;
        Ok(Self { conversation: message.conversation_id, message: MessageRow::of(sealer, message)?, file })
    }
}

pub(super) fn import_messages(session: &Session<'_>, tenant: TenantKey, rows: &[ImportRow]) -> Outcome<()> {
    // Key and arrivals of the conversations of this chunk.
    let mut places: BTreeMap<ConversationId, (i64, i64)> = BTreeMap::new();
    for ImportRow { conversation: id, message: row, file } in rows {
        if !places.contains_key(id) {
            let stored = conversations::stored(session.connection, tenant, *id)?;
            let stored = stored.ok_or_else(|| codec::corrupt("a conversation vanished during an import"))?;
            places.insert(*id, (stored.key, stored.arrivals));
        }
        let Some((key, arrivals)) = places.get_mut(id) else { continue };
        if !row.exists(session.connection, *key)? {
            *arrivals += 1;
            row.insert(session.connection, *key, *arrivals)?;
            row.media.map_or(Ok(()), |file| media::tie(session.connection, tenant, file, *id))?;
            file.as_ref().map_or(Ok(()), |file| file.add(session.connection, tenant, *id))?;
        }
    }
    for (key, arrivals) in places.into_values() {
        let mut statement =
            session.connection.prepare_cached("UPDATE conversation SET arrivals = ?2 WHERE key = ?1")?;
        statement.execute([key, arrivals])?;
    }
    Ok(())
}

fn history(
    connection: &Connection,
    sealer: &Sealer,
    tenant: TenantId,
    conversation: ConversationId,
    (at, arrival): (i64, i64),
    limit: u32,
) -> Outcome<Page<Message>> {
    let sql = "SELECT at, arrival, id, body FROM message WHERE conversation = (SELECT key FROM conversation
         WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2)
         AND (at, arrival) < (?3, ?4) ORDER BY at DESC, arrival DESC LIMIT ?5";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![tenant.as_bytes(), conversation.as_bytes(), at, arrival, limit + 1])?;
    let mut items = Vec::new();
    let mut last = None;
    while let Some(row) = rows.next()? {
        if items.len() == limit as usize {
            let next = last.map(|(at, arrival)| cursor::at_position(List::History, at, arrival));
            return Ok(Page { items, next });
        }
        let at = row.get(0)?;
        last = Some((at, row.get(1)?));
        let id = MessageId::from_bytes(row.get(2)?);
        items.push(codec::open_message(sealer, conversation, id, Timestamp(at), row.get_ref(3)?)?);
    }
    Ok(Page { items, next: None })
}

/// In order of arrival.
pub(super) fn parked(
    connection: &Connection,
    sealer: &Sealer,
    tenant: TenantKey,
    lookup: Lookup,
) -> Outcome<Vec<StatusUpdate>> {
    let sql = "SELECT body FROM parked_status WHERE tenant = ?1 AND wamid = ?2 ORDER BY arrival";
    let mut statement = connection.prepare_cached(sql)?;
    let bodies = statement.query_and_then(params![tenant.0, lookup], |row| {
        codec::open(sealer, codec::PARKED_STATUS, &lookup, row.get_ref(0)?)
    })?;
    bodies.collect()
}

/// A message on its way into the file, sealed.
pub(super) struct MessageRow {
    id: MessageId,
    at: i64,
    /// Set on what went out: the only messages that are looked for by wamid.
    wamid: Option<Lookup>,
    pub(super) media: Option<MediaId>,
    body: Vec<u8>,
}

impl MessageRow {
    pub(super) fn of(sealer: &Sealer, message: &Message) -> Outcome<Self> {
        let outgoing = message.direction == Direction::Out;
        Ok(Self {
            id: message.id,
            at: message.at.0,
            wamid: message.wamid.as_ref().filter(|_| outgoing).map(|wamid| codec::wamid_lookup(sealer, wamid)),
            media: message.content.media().map(|media| media.id),
            body: codec::seal_message(sealer, message)?,
        })
    }

    pub(super) fn exists(&self, connection: &Connection, conversation: i64) -> Outcome<bool> {
        let sql = "SELECT 1 FROM message WHERE conversation = ?1 AND id = ?2";
        Ok(connection.prepare_cached(sql)?.exists(params![conversation, self.id.as_bytes()])?)
    }

    /// The caller has made sure that it is not there.
    pub(super) fn insert(&self, connection: &Connection, conversation: i64, arrival: i64) -> Outcome<()> {
        let sql = "INSERT INTO message (conversation, at, arrival, id, wamid, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (conversation, id) DO NOTHING";
        let mut statement = connection.prepare_cached(sql)?;
        statement.execute(params![conversation, self.at, arrival, self.id.as_bytes(), self.wamid, self.body])?;
        Ok(())
    }

    pub(super) fn update(&self, connection: &Connection, conversation: i64) -> Outcome<()> {
        let sql = "SELECT at, arrival FROM message WHERE conversation = ?1 AND id = ?2";
        let mut place = connection.prepare_cached(sql)?;
        let place = place.query_row(params![conversation, self.id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)));
        let Some((at, arrival)): Option<(i64, i64)> = place.optional()? else { return Ok(()) };
        let sql = if at == self.at {
            "UPDATE message SET wamid = ?4, body = ?5 WHERE conversation = ?1 AND at = ?2 AND arrival = ?3"
        } else {
            "UPDATE message SET wamid = ?4, body = ?5, at = ?6 WHERE conversation = ?1 AND at = ?2 AND arrival = ?3"
        };
        let mut statement = connection.prepare_cached(sql)?;
        if at == self.at {
            statement.execute(params![conversation, at, arrival, self.wamid, self.body])?;
        } else {
            statement.execute(params![conversation, at, arrival, self.wamid, self.body, self.at])?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wamid_is_looked_up_without_going_through_conversations() {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../../schema/0001_start.sql")).unwrap();
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {LOCATE}")).unwrap();
        let steps = plan.query_map([[0; 16], [0; 16]], |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<_> = steps.map(Result::unwrap).collect();
        assert!(steps.first().unwrap().contains("message_by_wamid (wamid=?)"), "{steps:?}");
        assert!(steps.get(1).unwrap().contains("INTEGER PRIMARY KEY"), "{steps:?}");
    }
}
