use async_trait::async_trait;
use engine::access::Visibility;
use engine::conversation::{Conversation, ConversationStatus};
use engine::id::{ContactId, ConversationId, MemberId, TenantId};
use engine::ports::{
    Commit, Committed, ConversationCounts, ConversationQuery, ConversationStore, ListError, Page, StoreError, View,
};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, params};

use super::commit::Prepared;
use super::fault::{Outcome, signed, unsigned};
use super::ledger::{Desk, TenantKey};
use super::writer::Session;
use super::{SqliteStore, codec};
use crate::crypto::Sealer;
use crate::cursor::{self, List};

/// Most conversations of one contact that are shown: one per business number.
const OF_CONTACT: usize = 50;

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
            let mut listed = range.list(connection, &whose(query.view, query.visibility))?;
            let more = cursor::cut(&mut listed, limit);
            let next = listed.last().filter(|_| more).map(|last| {
                let Listed { at, key, id: _, body: _ } = last;
                cursor::at_position(List::Conversations, *at, *key)
            });
            let items = listed
                .iter()
                .map(|Listed { id, body, .. }| codec::open(&sealer, codec::CONVERSATION, id, ValueRef::Blob(body)));
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
            let sql = "SELECT assignee, live, live_unread, closed FROM conversation_tally
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1)";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_bytes()])?;
            let mut counts = ConversationCounts::default();
            while let Some(row) = rows.next()? {
                let assignee = <[u8; 16]>::try_from(row.get::<_, Vec<u8>>(0)?).ok().map(MemberId::from_bytes);
                if !visibility.covers(assignee) {
                    continue;
                }
                let live = unsigned(row.get(1)?)?;
                counts.all += live;
                counts.closed += unsigned(row.get(3)?)?;
                if assignee == Some(me) {
                    counts.mine = live;
                    counts.mine_unread = unsigned(row.get(2)?)?;
                } else if assignee.is_none() {
                    counts.unassigned = live;
                }
            }
            Ok(counts)
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
            let sql = "SELECT assignee, body, id FROM conversation
                 WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND contact = ?2
                 ORDER BY last_activity_at DESC, key DESC";
            let mut statement = connection.prepare_cached(sql)?;
            let mut rows = statement.query([tenant.as_bytes(), contact.as_bytes()])?;
            let mut found = Vec::new();
            while let Some(row) = rows.next()?.filter(|_| found.len() < OF_CONTACT) {
                let assignee: Option<[u8; 16]> = row.get(0)?;
                if visibility.covers(assignee.map(MemberId::from_bytes)) {
                    let id: [u8; 16] = row.get(2)?;
                    found.push(codec::open(&sealer, codec::CONVERSATION, &id, row.get_ref(1)?)?);
                }
            }
            Ok(found)
        });
        read.await
    }
}

/// Whose conversations a list shows: one range of an index each.
#[derive(Clone, Copy)]
enum Whose {
    Everybodys,
    Nobodys,
    Of(MemberId),
}

fn whose(view: View, visibility: Visibility) -> Vec<Whose> {
    let assigned = |assignee: Option<MemberId>| assignee.map_or(Whose::Nobodys, Whose::Of);
    let assignees = match (view, visibility) {
        (View::All | View::Closed, Visibility::All) => return vec![Whose::Everybodys],
        (View::All | View::Closed, Visibility::Team(me)) => vec![None, Some(me)],
        (View::All | View::Closed, Visibility::Assigned(me)) => vec![Some(me)],
        (View::All | View::Closed, Visibility::Nothing) => Vec::new(),
        (View::Mine(member), _) => vec![Some(member)],
        (View::Unassigned, _) => vec![None],
    };
    assignees.into_iter().filter(|assignee| visibility.covers(*assignee)).map(assigned).collect()
}

/// One stretch of a list.
struct Range {
    tenant: TenantId,
    closed: bool,
    unread: bool,
    before: (i64, i64),
    limit: u32,
}

struct Listed {
    at: i64,
    key: i64,
    id: [u8; 16],
    body: Vec<u8>,
}

impl Range {
    /// At most two ranges, merged. One row more than the limit, if there is one.
    fn list(&self, connection: &Connection, whose: &[Whose]) -> Outcome<Vec<Listed>> {
        let snapshot = connection.unchecked_transaction()?;
        let mut listed = Vec::new();
        for whose in whose {
            self.read(&snapshot, *whose, &mut listed)?;
        }
        listed.sort_by_key(|listed| std::cmp::Reverse((listed.at, listed.key)));
        listed.truncate(self.limit as usize + 1);
        Ok(listed)
    }

    fn read(&self, connection: &Connection, whose: Whose, listed: &mut Vec<Listed>) -> Outcome<()> {
        // The index is named: the planner would have to guess which filter is the rare one.
        macro_rules! page {
            ($index:literal, $filter:literal) => {
                concat!(
                    "SELECT last_activity_at, key, id, body FROM conversation INDEXED BY ",
                    $index,
                    " WHERE tenant = (SELECT key FROM tenant WHERE id = ?1) AND closed = ?2",
                    " AND (last_activity_at, key) < (?3, ?4)",
                    $filter,
                    " ORDER BY last_activity_at DESC, key DESC LIMIT ?5"
                )
            };
        }
        let (sql, assignee) = match (whose, self.unread) {
            (Whose::Everybodys, false) => (page!("conversation_list", ""), None),
            (Whose::Everybodys, true) => (page!("conversation_list_unread", " AND unread = 1"), None),
            (Whose::Nobodys, false) => (page!("conversation_desk", " AND assignee IS NULL"), None),
            (Whose::Nobodys, true) => (page!("conversation_desk_unread", " AND unread = 1 AND assignee IS NULL"), None),
            (Whose::Of(member), false) => (page!("conversation_desk", " AND assignee = ?6"), Some(member)),
            (Whose::Of(member), true) => {
                (page!("conversation_desk_unread", " AND unread = 1 AND assignee = ?6"), Some(member))
            }
        };
        let mut statement = connection.prepare_cached(sql)?;
        let (at, key) = self.before;
        for (index, value) in (1..).zip(params![self.tenant.as_bytes(), self.closed, at, key, self.limit + 1]) {
            statement.raw_bind_parameter(index, value)?;
        }
        if let Some(member) = assignee {
            statement.raw_bind_parameter(6, member.as_bytes())?;
        }
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            listed.push(Listed { at: row.get(0)?, key: row.get(1)?, id: row.get(2)?, body: row.get(3)? });
        }
        Ok(())
    }
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
                assignee: conversation.assignee.as_ref().map(|person| person.id),
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
                     assignee = ?6, unread = ?7, last_activity_at = ?8 WHERE key = ?1";
                session.connection.prepare_cached(sql)?.execute(params![
                    stored.key,
                    signed(self.revision),
                    arrivals,
                    self.body,
                    self.desk.closed,
                    self.desk.assignee.as_ref().map(MemberId::as_bytes),
                    self.desk.unread,
                    self.last_activity_at,
                ])?;
                Ok(stored.key)
            }
        }
    }

    fn insert(&self, connection: &Connection, tenant: TenantKey, arrivals: i64) -> Outcome<i64> {
        let sql = "INSERT INTO conversation (tenant, id, contact, revision, arrivals, body, closed, assignee, unread,
             last_activity_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        connection.prepare_cached(sql)?.execute(params![
            tenant.0,
            self.id.as_bytes(),
            self.contact.as_bytes(),
            signed(self.revision),
            arrivals,
            self.body,
            self.desk.closed,
            self.desk.assignee.as_ref().map(MemberId::as_bytes),
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
    let sql = "SELECT key, revision, arrivals, closed, assignee, unread, last_activity_at FROM conversation
         WHERE tenant = ?1 AND id = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(params![tenant.0, id.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let assignee: Option<[u8; 16]> = row.get(4)?;
    Ok(Some(StoredConversation {
        key: row.get(0)?,
        revision: unsigned(row.get(1)?)?,
        arrivals: row.get(2)?,
        desk: Desk { closed: row.get(3)?, assignee: assignee.map(MemberId::from_bytes), unread: row.get(5)? },
        last_activity_at: row.get(6)?,
    }))
}
