use async_trait::async_trait;
use engine::conversation::Conversation;
use engine::id::{ConversationId, MessageId, TenantId, Wamid};
use engine::inbound::StatusUpdate;
use engine::message::{Direction, Message};
use engine::ports::{Belonging, ListError, Located, MessageStore, Page, PageRequest, StoreError};
use engine::time::Timestamp;
use futures_util::future::{try_join, try_join3};
use serde::{Deserialize, Serialize};

use super::documents::{Edit, Place};
use super::{CqlStore, names};
use crate::codec;
use crate::crypto::{Lookup, Sealer};
use crate::cursor::{self, List};

/// Messages of 30 days lie in one partition.
const MONTH: i64 = 30 * 24 * 3_600_000;

/// Time and arrival: where a message lies in its conversation.
pub(super) type MessageAt = (i64, i64);

/// As it is kept: time, arrival, id, look-up key of the wamid of what went out, sealed body.
pub(super) type MessageRow = (i64, i64, Vec<u8>, Option<Vec<u8>>, Vec<u8>);

/// Write times on the list of what is parked: each has a place of its own, comes once and goes once.
const COMES: i64 = 1;
const GOES: i64 = 2;

#[derive(Serialize, Deserialize)]
struct StoredParked {
    place: i64,
    update: StatusUpdate,
}

pub(super) fn row(sealer: &Sealer, message: &Message, (at, arrival): MessageAt) -> Result<MessageRow, StoreError> {
    let outgoing = message.direction == Direction::Out;
    let wamid = message.wamid.as_ref().filter(|_| outgoing);
    let wamid = wamid.map(|wamid| codec::wamid_lookup(sealer, wamid).to_vec());
    Ok((at, arrival, message.id.as_bytes().to_vec(), wamid, codec::seal_message(sealer, message)?))
}

fn month(at: i64) -> i32 {
    let month = at.div_euclid(MONTH);
    i32::try_from(month).unwrap_or(if month < 0 { i32::MIN } else { i32::MAX })
}

impl CqlStore {
    pub(super) async fn message_at(&self, name: Lookup, id: MessageId) -> Result<Option<MessageAt>, StoreError> {
        let text = "SELECT at, arrival FROM message_place WHERE conversation = ? AND id = ?";
        let rows: Vec<MessageAt> = self.cql.rows(text, (name.as_slice(), id.as_bytes().as_slice())).await?;
        Ok(rows.into_iter().next())
    }

    /// The place comes last: until then a replay still finds where the message lay before.
    pub(super) async fn put_message(
        &self,
        tenant: TenantId,
        conversation: ConversationId,
        name: Lookup,
        row: &MessageRow,
        stamp: i64,
    ) -> Result<(), StoreError> {
        let (at, arrival, id, wamid, body) = row;
        let text = "INSERT INTO message (conversation, month, at, arrival, home, id, wamid, body)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?) USING TIMESTAMP ?";
        let home = self.home(tenant);
        let values = (name.as_slice(), month(*at), at, arrival, home.as_slice(), id, wamid, body, stamp);
        let written = self.cql.write(text, values);
        let found_by = async {
            let Some(wamid) = wamid else { return Ok(()) };
            let text = "INSERT INTO wamid (wamid, conversation, message) VALUES (?, ?, ?)";
            let name = self.name_of("wamid", tenant, wamid);
            self.cql.write(text, (name.as_slice(), conversation.as_bytes().as_slice(), id)).await
        };
        try_join3(written, self.put_month(name, month(*at)), found_by).await?;
        let text = "INSERT INTO message_place (conversation, id, at, arrival) VALUES (?, ?, ?, ?) USING TIMESTAMP ?";
        self.cql.write(text, (name.as_slice(), id, at, arrival, stamp)).await
    }

    async fn put_month(&self, name: Lookup, month: i32) -> Result<(), StoreError> {
        if self.standing.has(name, month.into()) {
            return Ok(());
        }
        let text = "INSERT INTO message_month (conversation, month) VALUES (?, ?)";
        self.cql.write(text, (name.as_slice(), month)).await?;
        self.standing.note(name, month.into());
        Ok(())
    }

    pub(super) async fn drop_message(&self, name: Lookup, place: MessageAt, stamp: i64) -> Result<(), StoreError> {
        let (at, arrival) = place;
        let text =
            "DELETE FROM message USING TIMESTAMP ? WHERE conversation = ? AND month = ? AND at = ? AND arrival = ?";
        self.cql.write(text, (stamp, name.as_slice(), month(at), at, arrival)).await
    }

    async fn stored(
        &self,
        sealer: &Sealer,
        name: Lookup,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        let Some((at, arrival)) = self.message_at(name, id).await? else { return Ok(None) };
        let text = "SELECT body FROM message WHERE conversation = ? AND month = ? AND at = ? AND arrival = ?";
        let rows: Vec<(Vec<u8>,)> = self.cql.rows(text, (name.as_slice(), month(at), at, arrival)).await?;
        let open = |(body,): (Vec<u8>,)| codec::open_message(sealer, conversation, id, Timestamp(at), &body);
        rows.into_iter().next().map(open).transpose()
    }

    pub(super) fn parked_list(&self, tenant: TenantId) -> Lookup {
        self.name_of("parked", tenant, &[])
    }

    pub(super) async fn leaving_status(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        place: i64,
        lookup: Lookup,
    ) -> Result<Option<Belonging>, StoreError> {
        let parked: Option<Vec<StoredParked>> = self.document(self.parked(tenant, sealer, &lookup)).await?;
        let found = parked.into_iter().flatten().find(|parked| parked.place == place);
        Ok(found.map(|found| Belonging::ParkedStatus(Box::new(found.update))))
    }

    /// Messages after this time and arrival, oldest first.
    pub(super) async fn leaving_messages(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        conversation: ConversationId,
        after: MessageAt,
        limit: usize,
    ) -> Result<Vec<(MessageAt, Message)>, StoreError> {
        let name = self.conversation_name(tenant, conversation);
        let text = "SELECT month FROM message_month WHERE conversation = ? AND month >= ?";
        let months: Vec<(i32,)> = self.cql.rows(text, (name.as_slice(), month(after.0))).await?;
        let mut found = Vec::new();
        for (month,) in months {
            let room = limit.saturating_sub(found.len());
            if room == 0 {
                break;
            }
            let text = "SELECT at, arrival, id, body FROM message
                 WHERE conversation = ? AND month = ? AND (at, arrival) > (?, ?) ORDER BY at ASC, arrival ASC LIMIT ?";
            let room = i32::try_from(room).unwrap_or(i32::MAX);
            let values = (name.as_slice(), month, after.0, after.1, room);
            for (at, arrival, id, body) in self.cql.rows::<(i64, i64, Vec<u8>, Vec<u8>)>(text, values).await? {
                let id = MessageId::from_bytes(names::id(&id)?);
                found.push(((at, arrival), codec::open_message(sealer, conversation, id, Timestamp(at), &body)?));
            }
        }
        Ok(found)
    }

    fn parked<'a>(&self, tenant: TenantId, sealer: &'a Sealer, lookup: &Lookup) -> Place<'a> {
        Place { name: self.name_of("parked_status", tenant, lookup), sealer }
    }
}

#[async_trait]
impl MessageStore for CqlStore {
    async fn message(
        &self,
        tenant: TenantId,
        conversation: ConversationId,
        id: MessageId,
    ) -> Result<Option<Message>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        self.settled(tenant, &sealer, conversation).await?;
        self.stored(&sealer, self.conversation_name(tenant, conversation), conversation, id).await
    }

    async fn history(
        &self,
        tenant: TenantId,
        conversation: ConversationId,
        page: PageRequest,
    ) -> Result<Page<Message>, ListError> {
        let (before_at, before_arrival) = cursor::position(List::History, &page)?.unwrap_or((i64::MAX, i64::MAX));
        let limit = cursor::limit(&page);
        let none = Page { items: Vec::new(), next: None };
        let Some(sealer) = self.known(tenant).await? else { return Ok(none) };
        let name = self.conversation_name(tenant, conversation);
        let text = "SELECT month FROM message_month WHERE conversation = ? AND month <= ? ORDER BY month DESC";
        let months = self.cql.rows(text, (name.as_slice(), month(before_at)));
        let (is_settled, mut months): (_, Vec<(i32,)>) = try_join(self.is_settled(name), months).await?;
        if !is_settled {
            if self.settled(tenant, &sealer, conversation).await?.is_none() {
                return Ok(none);
            }
            months = self.cql.rows(text, (name.as_slice(), month(before_at))).await?;
        }
        let mut rows: Vec<(i64, i64, Vec<u8>, Vec<u8>)> = Vec::new();
        for (month,) in months {
            let room = limit as usize + 1 - rows.len();
            if room == 0 {
                break;
            }
            let text = "SELECT at, arrival, id, body FROM message
                 WHERE conversation = ? AND month = ? AND (at, arrival) < (?, ?) LIMIT ?";
            let room = i32::try_from(room).unwrap_or(i32::MAX);
            rows.extend(self.cql.rows(text, (name.as_slice(), month, before_at, before_arrival, room)).await?);
        }
        let more = cursor::cut(&mut rows, limit);
        let next = rows.last().filter(|_| more);
        let next = next.map(|(at, arrival, ..)| cursor::at_position(List::History, *at, *arrival));
        let open = |(at, _, id, body): (i64, i64, Vec<u8>, Vec<u8>)| {
            let id = MessageId::from_bytes(names::id(&id)?);
            codec::open_message(&sealer, conversation, id, Timestamp(at), &body)
        };
        Ok(Page { items: rows.into_iter().map(open).collect::<Result<_, _>>()?, next })
    }

    async fn locate(&self, tenant: TenantId, wamid: &Wamid) -> Result<Option<Located>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(None) };
        let name = self.name_of("wamid", tenant, &codec::wamid_lookup(&sealer, wamid));
        let text = "SELECT conversation, message FROM wamid WHERE wamid = ?";
        let rows: Vec<(Vec<u8>, Vec<u8>)> = self.cql.rows(text, (name.as_slice(),)).await?;
        let Some((conversation, message)) = rows.into_iter().next() else { return Ok(None) };
        let conversation = ConversationId::from_bytes(names::id(&conversation)?);
        let message = MessageId::from_bytes(names::id(&message)?);
        let name = self.conversation_name(tenant, conversation);
        let stored = self.stored(&sealer, name, conversation, message).await?;
        let found = stored.is_some_and(|stored| stored.wamid.as_ref() == Some(wamid));
        Ok(found.then_some(Located { conversation, message }))
    }

    async fn park_status(&self, tenant: TenantId, update: &StatusUpdate) -> Result<(), StoreError> {
        let sealer = self.sealer(tenant).await?;
        let lookup = codec::wamid_lookup(&sealer, &update.wamid);
        let at = self.parked(tenant, &sealer, &lookup);
        let (list, place) = (self.parked_list(tenant), self.place());
        self.shelve(list, place, &lookup, COMES).await?;
        let park = |parked: Option<Vec<StoredParked>>| {
            let mut parked = parked.unwrap_or_default();
            if parked.iter().any(|known| known.update == *update) {
                return Edit::Keep(false);
            }
            parked.push(StoredParked { place, update: update.clone() });
            Edit::Put(parked, true)
        };
        if !self.edit(at, park).await? {
            self.unshelve(list, place, &lookup, GOES).await?;
        }
        Ok(())
    }

    async fn unpark_statuses(&self, tenant: TenantId, wamid: &Wamid) -> Result<Vec<StatusUpdate>, StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(Vec::new()) };
        let lookup = codec::wamid_lookup(&sealer, wamid);
        let place = self.parked(tenant, &sealer, &lookup);
        let take = |parked: Option<Vec<StoredParked>>| match parked {
            Some(parked) => Edit::Remove(parked),
            None => Edit::Keep(Vec::new()),
        };
        let taken = self.edit(place, take).await?;
        for parked in &taken {
            self.unshelve(self.parked_list(tenant), parked.place, &lookup, GOES).await?;
        }
        Ok(taken.into_iter().map(|parked| parked.update).collect())
    }

    async fn import(
        &self,
        tenant: TenantId,
        conversations: Vec<Conversation>,
        messages: Vec<Message>,
    ) -> Result<(), StoreError> {
        self.import_history(tenant, conversations, messages).await
    }
}
