use std::collections::BTreeMap;

use engine::conversation::Conversation;
use engine::decision::Record;
use engine::event::{Audience, Event};
use engine::id::{ConversationId, MessageId, TenantId};
use engine::intake::{IntakeMark, IntakeOutcome};
use engine::message::Message;
use engine::ports::{Commit, Committed, StoreError};
use futures_util::future::{try_join, try_join_all};
use tokio::time::Instant;

use super::change::{Change, Rest, State, Task};
use super::event_log::EventRow;
use super::messages::{self, MessageAt, MessageRow};
use super::order::Listed;
use super::session::Lwt;
use super::{CqlStore, names};
use crate::codec::{self, Frame};
use crate::crypto::{Lookup, Sealer};

/// Only a compare-and-set whose answer got lost is tried again.
const TRIES_MAX: usize = 8;

/// Where the messages of one change lay, and where they lie after it.
#[derive(Default)]
pub(super) struct Touched {
    messages: BTreeMap<MessageId, (Option<MessageAt>, MessageAt, Message)>,
}

impl Touched {
    pub(super) fn insert(&mut self, message: Message, arrival: i64) {
        let place = (message.at.0, arrival);
        self.messages.entry(message.id).or_insert((None, place, message));
    }

    /// `stored`: where it lies, if it is there.
    fn update(&mut self, message: Message, stored: Option<MessageAt>) {
        if let Some((_, place, known)) = self.messages.get_mut(&message.id) {
            place.0 = message.at.0;
            *known = message;
        } else if let Some(stored) = stored {
            let place = (message.at.0, stored.1);
            self.messages.insert(message.id, (Some(stored), place, message));
        }
    }

    pub(super) fn rows(self, sealer: &Sealer) -> Result<(Vec<MessageRow>, Vec<MessageAt>), StoreError> {
        let (mut puts, mut drops) = (Vec::new(), Vec::new());
        for (before, place, message) in self.messages.into_values() {
            puts.push(messages::row(sealer, &message, place)?);
            drops.extend(before.filter(|before| *before != place));
        }
        Ok((puts, drops))
    }
}

impl CqlStore {
    pub(super) async fn commit_change(&self, tenant: TenantId, commit: Commit) -> Result<Committed, StoreError> {
        let sealer = self.sealer(tenant).await?;
        let id = commit.conversation.id;
        let name = self.conversation_name(tenant, id);
        let _turn = self.turns.conversations.take(&name).await;
        for _ in 0..TRIES_MAX {
            let state = self.settled(tenant, &sealer, id).await?;
            // Where there is no conversation there is none of its messages.
            if state.is_some() && self.has_inserted(tenant, id, &commit.records).await? {
                if let Some(mark) = &commit.intake {
                    let mark = IntakeMark { outcome: IntakeOutcome::Duplicate, error: None, ..mark.clone() };
                    self.mark_item(tenant, &mark).await?;
                }
                return Ok(Committed::AlreadyApplied);
            }
            let revision = state.as_ref().map_or(0, |state| state.revision);
            if commit.conversation.revision != revision + 1 {
                return Ok(Committed::Conflict);
            }
            let frames = commit.events.iter().map(|event| Frame::of(&sealer, event));
            let frames = frames.collect::<Result<Vec<_>, _>>()?;
            let (change, arrivals) = self.prepare(tenant, &sealer, &commit, &frames, state.as_ref()).await?;
            if self.decide(tenant, &sealer, &commit.conversation, state.as_ref(), &change, arrivals).await? {
                let first = self.follow(tenant, &sealer, id, &change).await?;
                let logged = (first..).zip(&frames).map(|(n, frame)| frame.at(n)).collect();
                return Ok(Committed::Applied(logged));
            }
        }
        Err(StoreError::Busy)
    }

    async fn has_inserted(
        &self,
        tenant: TenantId,
        conversation: ConversationId,
        records: &[Record],
    ) -> Result<bool, StoreError> {
        let name = self.conversation_name(tenant, conversation);
        let inserted = records.iter().filter_map(|record| match record {
            Record::Insert(message) => Some(message.id),
            Record::Update(_)
            | Record::Enqueue(_)
            | Record::Settle(_)
            | Record::Doubt { .. }
            | Record::Fetch(_)
            | Record::Fetched(_) => None,
        });
        let places = try_join_all(inserted.map(|message| self.message_at(name, message))).await?;
        Ok(places.iter().any(Option::is_some))
    }

    /// The change and the arrivals after it.
    async fn prepare(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        commit: &Commit,
        frames: &[Frame],
        state: Option<&State>,
    ) -> Result<(Change, i64), StoreError> {
        let known_since = Instant::now();
        let Commit { conversation, records, events, intake } = commit;
        let name = self.conversation_name(tenant, conversation.id);
        let due = intake.as_ref().map_or(conversation.last_activity_at, |mark| mark.at);
        let mut arrivals = state.map_or(0, |state| state.arrivals);
        let (mut touched, mut tasks) = (Touched::default(), Vec::new());
        for record in records {
            match record {
                Record::Insert(message) => {
                    arrivals += 1;
                    tasks.extend(message.content.media().map(|media| Task::Tie(media.id)));
                    touched.insert(message.clone(), arrivals);
                }
                Record::Update(message) => {
                    touched.update(message.clone(), self.message_at(name, message.id).await?);
                }
                Record::Enqueue(outgoing) => tasks.push(Task::Enqueue(Box::new(outgoing.clone()))),
                Record::Settle(id) => tasks.push(Task::Settle(*id)),
                Record::Doubt { id, since } => tasks.push(Task::Doubt { id: *id, since: *since }),
                Record::Fetch(job) => tasks.push(Task::Fetch { job: job.clone(), due }),
                Record::Fetched(media) => tasks.push(Task::Fetched(media.clone())),
            }
        }
        let (puts, drops) = touched.rows(sealer)?;
        let stamp = state.map_or(0, |state| state.stamp) + 1;
        let place = state.map_or_else(|| self.place(), |state| state.place);
        let listed = Listed::of(conversation, place, stamp);
        let events = events.iter().zip(frames).map(|(event, frame)| event_row(event, frame)).collect();
        let rest = Rest { listed, tasks, mark: intake.clone() };
        let change = Change { id: rand::random(), stamp, puts, drops, events, rest, known_since };
        Ok((change, arrivals))
    }

    /// Announces the change and makes it, over exactly this state. `false`: somebody else was faster.
    pub(super) async fn decide(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        conversation: &Conversation,
        before: Option<&State>,
        change: &Change,
        arrivals: i64,
    ) -> Result<bool, StoreError> {
        let id = conversation.id;
        let name = self.conversation_name(tenant, id);
        let body = codec::seal(sealer, codec::CONVERSATION, &name, conversation)?;
        let list = async {
            if before.is_some() {
                return Ok(());
            }
            self.shelve(self.conversation_list(tenant), change.rest.listed.place, id.as_bytes(), 1).await
        };
        try_join(list, self.announce(tenant, sealer, id, change)).await?;
        let (key, revision, change_id) = (name.as_slice(), names::signed(conversation.revision), change.id.as_slice());
        let outcome = match before {
            None => {
                let text = "INSERT INTO conversation (key, home, stamp, revision, change, place, arrivals, body)
                     VALUES (?, ?, ?, ?, ?, ?, ?, ?) IF NOT EXISTS";
                let (place, home) = (change.rest.listed.place, names::home_of(sealer));
                self.cql
                    .lwt(text, (key, home.as_slice(), change.stamp, revision, change_id, place, arrivals, body))
                    .await?
            }
            Some(before) => {
                let text = "UPDATE conversation SET stamp = ?, revision = ?, change = ?, arrivals = ?, body = ?
                     WHERE key = ? IF stamp = ?";
                self.cql.lwt(text, (change.stamp, revision, change_id, arrivals, body, key, before.stamp)).await?
            }
        };
        let decided = match outcome {
            Lwt::Applied => true,
            Lwt::Refused | Lwt::Unknown => self.is_decided(name, &change.id).await?,
        };
        if !decided {
            self.withdraw(tenant, id, &change.id).await?;
        }
        Ok(decided)
    }

    /// After what is under way has come to its end.
    pub(super) async fn is_decided(&self, name: Lookup, change: &[u8; 16]) -> Result<bool, StoreError> {
        let text = "SELECT change FROM conversation WHERE key = ?";
        let rows: Vec<(Option<Vec<u8>>,)> = self.cql.serial_rows(text, (name.as_slice(),)).await?;
        Ok(rows.into_iter().next().and_then(|(found,)| found).as_deref() == Some(change.as_slice()))
    }
}

fn event_row(event: &Event, frame: &Frame) -> EventRow {
    let Audience { holder, was, moved } = event.audience;
    let bytes = |id: Option<[u8; 16]>| id.map(|id| id.to_vec());
    (
        event.body.conversation().id.as_bytes().to_vec(),
        bytes(holder.assignee.map(|id| *id.as_bytes())),
        bytes(holder.team.map(|id| *id.as_bytes())),
        bytes(was.assignee.map(|id| *id.as_bytes())),
        bytes(was.team.map(|id| *id.as_bytes())),
        moved,
        frame.stored.clone(),
    )
}
