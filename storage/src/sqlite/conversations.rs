use std::collections::BTreeMap;

use async_trait::async_trait;
use engine::access::{Holder, Visibility};
use engine::conversation::{Conversation, ConversationStatus};
use engine::id::{ContactId, ConversationId, MemberId, TeamId, TenantId};
use engine::ports::{
    Commit, Committed, ConversationCounts, ConversationQuery, ConversationStore, ListError, Page, StoreError, View,
};
use rusqlite::{Connection, Row, params};

use super::commit::Prepared;
use super::fault::{Outcome, signed, unsigned};
use super::ledger::{Desk, TenantKey};
use super::ranges::Range;
use super::writer::Session;
use super::{SqliteStore, codec};
use crate::crypto::Sealer;
use crate::cursor::{self, List};

/// Most conversations of one contact that are shown: one per business number.
const OF_CONTACT: usize = 50;
const OF_ONE: &str = "SELECT assignee, team, body, id FROM conversation
     WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND contact = ?2
     ORDER BY last_activity_at DESC, key DESC";

#[async_trait]
impl ConversationStore for SqliteStore {
    async fn conversation(&self, tenant: TenantId, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(None) };
        let read = self.readers.read(move |connection| {
            let sql = "SELECT body FROM conversation WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND id = ?2";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_bytes(), id.as_bytes()])?;
            let Some(row) = rows.next()? else { return Ok(None) };
            codec::open(&sealer, codec::CONVERSATION, id.as_bytes(), row.get_ref(0)?).map(Some)
        });
        read.await
    }

    async fn commit(&self, tenant: TenantId, commit: Commit) -> Result<Committed, StoreError> {
        let prepared = Prepared::of(self.sealer(tenant).await?.as_ref(), &commit)?;
        drop(commit);
        self.writer.write(move |session| prepared.write(session, tenant)).await
    }

    async fn conversations(&self, tenant: TenantId, query: ConversationQuery) -> Result<Page<Conversation>, ListError> {
        let before = cursor::position(List::Conversations, &query.page)?.unwrap_or((i64::MAX, i64::MAX));
        let limit = cursor::limit(&query.page);
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Page { items: Vec::new(), next: None }) };
        let read = self.readers.read(move |connection| {
            let range = Range { tenant, closed: query.view == View::Closed, unread: query.unread, before, limit };
            let snapshot = connection.unchecked_transaction()?;
            let mut places = range.list(&snapshot, query.view, &query.visibility)?;
            let more = cursor::cut(&mut places, limit);
            let last = places.last().filter(|_| more);
            let next = last.map(|(at, key)| cursor::at_position(List::Conversations, *at, *key));
            let items = places.iter().map(|(_, key)| at_key(&sealer, &snapshot, *key));
            Ok(Page { items: items.collect::<Outcome<_>>()?, next })
        });
        Ok(read.await?)
    }

    async fn counts(
        &self,
        tenant: TenantId,
        me: MemberId,
        visibility: Visibility,
    ) -> Result<ConversationCounts, StoreError> {
        let read = self.readers.read(move |connection| {
            let sql = "SELECT assignee, team, live, live_unread, closed FROM conversation_tally
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1)";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_bytes()])?;
            let mut counts = ConversationCounts::default();
            while let Some(row) = rows.next()? {
                let id = |column| Ok::<_, rusqlite::Error>(<[u8; 16]>::try_from(row.get::<_, Vec<u8>>(column)?).ok());
                let assignee = id(0)?.map(MemberId::from_bytes);
                let team = id(1)?.map(TeamId::from_bytes);
                if !visibility.covers(Holder { assignee, team }) {
                    continue;
                }
                let live = unsigned(row.get(2)?)?;
                counts.all += live;
                counts.closed += unsigned(row.get(4)?)?;
                if assignee == Some(me) {
                    counts.mine += live;
                    counts.mine_unread += unsigned(row.get(3)?)?;
                } else if assignee.is_none() {
                    counts.unassigned += live;
                }
            }
            Ok(counts)
        });
        read.await
    }

    async fn workloads(&self, tenant: TenantId) -> Result<BTreeMap<MemberId, u64>, StoreError> {
        let read = self.readers.read(move |connection| {
            let sql = "SELECT assignee, sum(live) FROM conversation_tally
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND length(assignee) = 16
                 GROUP BY assignee HAVING sum(live) > 0";
            let mut statement = connection.prepare_cached(sql)?;
            let rows = statement.query_and_then([tenant.as_bytes()], |row| {
                Ok((MemberId::from_bytes(row.get(0)?), unsigned(row.get(1)?)?))
            })?;
            rows.collect()
        });
        read.await
    }

    async fn conversations_of(
        &self,
        tenant: TenantId,
        contact: ContactId,
        visibility: Visibility,
    ) -> Result<Vec<Conversation>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Vec::new()) };
        let read = self.readers.read(move |connection| {
            let mut statement = connection.prepare_cached(OF_ONE)?;
            let mut rows = statement.query([tenant.as_bytes(), contact.as_bytes()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()?.filter(|_| found.len() < OF_CONTACT) {
                if visibility.covers(holder(row, 0)?) {
                    let id: [u8; 16] = row.get(3)?;
                    found.push(codec::open(&sealer, codec::CONVERSATION, &id, row.get_ref(2)?)?);
                }
            }
            Ok(found)
        });
        read.await
    }

    async fn newest_of(
        &self,
        tenant: TenantId,
        contacts: &[ContactId],
        visibility: Visibility,
    ) -> Result<Vec<Conversation>, StoreError> {
        let Some(sealer) = self.keyring.known(tenant) else { return Ok(Vec::new()) };
        let contacts = contacts.to_vec();
        let read = self.readers.read(move |connection| {
            let snapshot = connection.unchecked_transaction()?;
            let mut statement = snapshot.prepare_cached(OF_ONE)?;
            let mut found = Vec::new();
            for contact in &contacts {
                let mut rows = statement.query([tenant.as_bytes(), contact.as_bytes()])?;
                while let Some(row) = rows.next()? {
                    if visibility.covers(holder(row, 0)?) {
                        let id: [u8; 16] = row.get(3)?;
                        found.push(codec::open(&sealer, codec::CONVERSATION, &id, row.get_ref(2)?)?);
                        break;
                    }
                }
            }
            Ok(found)
        });
        read.await
    }
}

fn at_key(sealer: &Sealer, connection: &Connection, key: i64) -> Outcome<Conversation> {
    let mut statement = connection.prepare_cached("SELECT id, body FROM conversation WHERE key = ?1")?;
    let mut rows = statement.query([key])?;
    let row = rows.next()?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    codec::open(sealer, codec::CONVERSATION, &row.get::<_, [u8; 16]>(0)?, row.get_ref(1)?)
}

/// From (assignee, team) at `column`.
fn holder(row: &Row<'_>, column: usize) -> Outcome<Holder> {
    let assignee = row.get::<_, Option<[u8; 16]>>(column)?.map(MemberId::from_bytes);
    Ok(Holder { assignee, team: row.get::<_, Option<[u8; 16]>>(column + 1)?.map(TeamId::from_bytes) })
}

/// A conversation on its way into the file, sealed.
pub(super) struct ConversationRow {
    pub(super) id: ConversationId,
    pub(super) contact: ContactId,
    pub(super) revision: u64,
    pub(super) desk: Desk,
    pub(super) last_activity_at: i64,
    pub(super) body: Vec<u8>,
}

/// What the file has of it.
#[derive(Clone, Copy)]
pub(super) struct StoredConversation {
    pub(super) key: i64,
    pub(super) revision: u64,
    pub(super) arrivals: i64,
    desk: Desk,
    last_activity_at: i64,
}

impl ConversationRow {
    pub(super) fn of(sealer: &Sealer, conversation: &Conversation) -> Outcome<Self> {
        Ok(Self {
            id: conversation.id,
            contact: conversation.contact.id,
            revision: conversation.revision,
            desk: Desk {
                closed: conversation.status == ConversationStatus::Closed,
                holder: conversation.holder(),
                unread: conversation.unread > 0,
            },
            last_activity_at: conversation.last_activity_at.0,
            body: codec::seal(sealer, codec::CONVERSATION, conversation.id.as_bytes(), conversation)?,
        })
    }

    /// Over `stored`, or anew; returns its key.
    pub(super) fn write(
        &self,
        session: &mut Session<'_>,
        tenant: TenantKey,
        stored: Option<StoredConversation>,
        arrivals: i64,
    ) -> Outcome<i64> {
        session.ledger.move_desk(tenant, stored.map(|stored| stored.desk), self.desk);
        match stored {
            None => self.insert(session.connection, tenant, arrivals),
            // Ticks and reactions do not move it: no index needs to hear of them.
            Some(stored) if stored.desk == self.desk && stored.last_activity_at == self.last_activity_at => {
                let sql = "UPDATE conversation SET revision = ?2, arrivals = ?3, body = ?4 WHERE key = ?1";
                let mut statement = session.connection.prepare_cached(sql)?;
                statement.execute(params![stored.key, signed(self.revision), arrivals, self.body])?;
                Ok(stored.key)
            }
            Some(stored) => {
                let sql = "UPDATE conversation SET revision = ?2, arrivals = ?3, body = ?4, closed = ?5,
                     assignee = ?6, team = ?7, unread = ?8, last_activity_at = ?9 WHERE key = ?1";
                session.connection.prepare_cached(sql)?.execute(params![
                    stored.key,
                    signed(self.revision),
                    arrivals,
                    self.body,
                    self.desk.closed,
                    self.desk.holder.assignee.as_ref().map(MemberId::as_bytes),
                    self.desk.holder.team.as_ref().map(TeamId::as_bytes),
                    self.desk.unread,
                    self.last_activity_at,
                ])?;
                Ok(stored.key)
            }
        }
    }

    fn insert(&self, connection: &Connection, tenant: TenantKey, arrivals: i64) -> Outcome<i64> {
        let sql = "INSERT INTO conversation (tenant, id, contact, revision, arrivals, body, closed, assignee, team,
             unread, last_activity_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
        connection.prepare_cached(sql)?.execute(params![
            tenant.0,
            self.id.as_bytes(),
            self.contact.as_bytes(),
            signed(self.revision),
            arrivals,
            self.body,
            self.desk.closed,
            self.desk.holder.assignee.as_ref().map(MemberId::as_bytes),
            self.desk.holder.team.as_ref().map(TeamId::as_bytes),
            self.desk.unread,
            self.last_activity_at,
        ])?;
        Ok(connection.last_insert_rowid())
    }
}

pub(super) fn stored(
    connection: &Connection,
    tenant: TenantKey,
    id: ConversationId,
) -> Outcome<Option<StoredConversation>> {
    let sql = "SELECT key, revision, arrivals, closed, assignee, team, unread, last_activity_at FROM conversation
         WHERE tenant = ?1 AND id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![tenant.0, id.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(StoredConversation {
        key: row.get(0)?,
        revision: unsigned(row.get(1)?)?,
        arrivals: row.get(2)?,
        desk: Desk { closed: row.get(3)?, holder: holder(row, 4)?, unread: row.get(6)? },
        last_activity_at: row.get(7)?,
    }))
}
