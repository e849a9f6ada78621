//! What follows from a change of a conversation: written after the compare-and-set that decided it, by whoever gets there,
//! as often as it takes. All of it is worked out before, so that a replay writes the same; plain writes carry the stamp of
//! the change as their time, so that one that comes late loses against a later change.

use engine::content::Media;
use engine::conversation::Conversation;
use engine::decision::MediaJob;
use engine::id::{ConversationId, MediaId, MessageId, TenantId};
use engine::intake::IntakeMark;
use engine::outgoing::Outgoing;
use engine::ports::StoreError;
use engine::time::Timestamp;
use futures_util::future::{try_join, try_join_all};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::event_log::EventRow;
use super::log::Wish;
use super::messages::{MessageAt, MessageRow};
use super::order::{Listed, shard_of};
use super::{AT_ONCE, CqlStore, names};
use crate::codec;
use crate::crypto::{Column, Lookup, Sealer};

/// By the change's id.
const REST: Column = Column { table: "open_change", column: "rest" };

/// Changes that are rolled forward one after the other before somebody gives up.
const ROUNDS_MAX: usize = 8;

/// What is to be done with things that others may change too: each looks at what is there.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Task {
    Enqueue(Box<Outgoing>),
    Settle(MessageId),
    Doubt {
        id: MessageId,
        since: Timestamp,
    },
    Fetch {
        job: MediaJob,
        due: Timestamp,
    },
    Fetched(Media),
    /// A message with this file is in the conversation.
    Tie(MediaId),
    /// A file of an imported message, whose bytes are here.
    Import(Media),
}

impl Task {
    fn is_of_a_file(&self) -> bool {
        match self {
            Self::Fetch { .. } | Self::Fetched(_) | Self::Tie(_) | Self::Import(_) => true,
            Self::Enqueue(_) | Self::Settle(_) | Self::Doubt { .. } => false,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Rest {
    pub(super) listed: Listed,
    pub(super) tasks: Vec<Task>,
    pub(super) mark: Option<IntakeMark>,
}

pub(super) struct Change {
    pub(super) id: [u8; 16],
    pub(super) stamp: i64,
    pub(super) puts: Vec<MessageRow>,
    /// Where messages lay that have moved.
    pub(super) drops: Vec<MessageAt>,
    pub(super) events: Vec<EventRow>,
    pub(super) rest: Rest,
    /// When it was made or read here.
    pub(super) known_since: Instant,
}

/// The row of a conversation.
pub(super) struct State {
    pub(super) stamp: i64,
    pub(super) revision: u64,
    pub(super) place: i64,
    pub(super) arrivals: i64,
    /// Sealed.
    pub(super) body: Vec<u8>,
    change: [u8; 16],
    done: i64,
}

type StateRow = (Option<i64>, Option<i64>, Option<Vec<u8>>, Option<i64>, Option<i64>, Option<Vec<u8>>, Option<i64>);
type OpenRow = (Option<Vec<MessageRow>>, Option<Vec<MessageAt>>, Option<Vec<EventRow>>, Vec<u8>);

impl CqlStore {
    pub(super) fn conversation_name(&self, tenant: TenantId, id: ConversationId) -> Lookup {
        self.name_of("conversation", tenant, id.as_bytes())
    }

    /// All of an organization, as they began.
    pub(super) fn conversation_list(&self, tenant: TenantId) -> Lookup {
        self.name_of("conversations", tenant, &[])
    }

    /// Sealed by its name.
    pub(super) fn open_conversation(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: ConversationId,
        state: &State,
    ) -> Result<Conversation, StoreError> {
        codec::open(sealer, codec::CONVERSATION, &self.conversation_name(tenant, id), &state.body)
    }

    async fn state(&self, name: Lookup) -> Result<Option<State>, StoreError> {
        let text = "SELECT stamp, revision, change, place, arrivals, body, done FROM conversation WHERE key = ?";
        let rows: Vec<StateRow> = self.cql.rows(text, (name.as_slice(),)).await?;
        let Some((Some(stamp), Some(revision), Some(change), Some(place), Some(arrivals), Some(body), done)) =
            rows.into_iter().next()
        else {
            return Ok(None);
        };
        let (revision, change) = (names::unsigned(revision)?, names::id(&change)?);
        Ok(Some(State { stamp, revision, place, arrivals, body, change, done: done.unwrap_or(0) }))
    }

    /// Whether there is such a conversation, and nothing of its last change is left to be written.
    pub(super) async fn is_settled(&self, name: Lookup) -> Result<bool, StoreError> {
        Ok(self.state(name).await?.is_some_and(|state| state.done >= state.stamp))
    }

    /// The conversation, after what its last change brings with it is written.
    pub(super) async fn settled(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: ConversationId,
    ) -> Result<Option<State>, StoreError> {
        let name = self.conversation_name(tenant, id);
        for _ in 0..ROUNDS_MAX {
            let Some(state) = self.state(name).await? else { return Ok(None) };
            if state.done >= state.stamp {
                return Ok(Some(state));
            }
            // Gone: somebody has finished it since, which the next look shows.
            if let Some(change) = self.open_change(tenant, sealer, id, &state).await? {
                self.follow(tenant, sealer, id, &change).await?;
            }
        }
        Err(StoreError::Busy)
    }

    /// Before the compare-and-set that decides it.
    pub(super) async fn announce(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: ConversationId,
        change: &Change,
    ) -> Result<(), StoreError> {
        let rest = codec::seal(sealer, REST, &change.id, &change.rest)?;
        let text = "INSERT INTO open_change (home, shard, conversation, change, stamp, puts, drops, events, rest)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
        let (home, conversation) = (self.home(tenant), id.as_bytes().as_slice());
        let Change { id: change_id, stamp, puts, drops, events, .. } = change;
        let values =
            (home.as_slice(), shard_of(id), conversation, change_id.as_slice(), stamp, puts, drops, events, rest);
        self.cql.write(text, values).await
    }

    /// It was not decided, or it is finished.
    pub(super) async fn withdraw(
        &self,
        tenant: TenantId,
        id: ConversationId,
        change: &[u8; 16],
    ) -> Result<(), StoreError> {
        let text = "DELETE FROM open_change WHERE home = ? AND shard = ? AND conversation = ? AND change = ?";
        let home = self.home(tenant);
        self.cql.write(text, (home.as_slice(), shard_of(id), id.as_bytes().as_slice(), change.as_slice())).await
    }

    async fn open_change(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: ConversationId,
        state: &State,
    ) -> Result<Option<Change>, StoreError> {
        let known_since = Instant::now();
        let text = "SELECT puts, drops, events, rest FROM open_change
             WHERE home = ? AND shard = ? AND conversation = ? AND change = ?";
        let (home, conversation) = (self.home(tenant), id.as_bytes().as_slice());
        let rows: Vec<OpenRow> =
            self.cql.rows(text, (home.as_slice(), shard_of(id), conversation, state.change.as_slice())).await?;
        let Some((puts, drops, events, rest)) = rows.into_iter().next() else { return Ok(None) };
        let rest = codec::open(sealer, REST, &state.change, &rest)?;
        let (puts, drops, events) = (puts.unwrap_or_default(), drops.unwrap_or_default(), events.unwrap_or_default());
        Ok(Some(Change { id: state.change, stamp: state.stamp, puts, drops, events, rest, known_since }))
    }

    /// Writes everything that follows from a change; answers the place of its first event. Files, records, orders, then
    /// events; last that the item which caused it is done, so that the item brings somebody here again until then. What
    /// does not have to follow each other goes out together.
    pub(super) async fn follow(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: ConversationId,
        change: &Change,
    ) -> Result<u64, StoreError> {
        let name = self.conversation_name(tenant, id);
        let tasks = || (0_i64..).zip(&change.rest.tasks);
        // Who reads in between may see a message that is new already: its file is there before it says so.
        for (index, task) in tasks().filter(|(_, task)| task.is_of_a_file()) {
            self.carry_out(tenant, sealer, id, task, step(change.stamp, index)).await?;
        }
        let messages = async {
            // An import has hundreds.
            for rows in change.puts.chunks(AT_ONCE) {
                try_join_all(rows.iter().map(|row| self.put_message(tenant, id, name, row, change.stamp))).await?;
            }
            for places in change.drops.chunks(AT_ONCE) {
                try_join_all(places.iter().map(|place| self.drop_message(name, *place, change.stamp))).await?;
            }
            Ok(())
        };
        try_join(messages, self.put_listed(tenant, &change.rest.listed)).await?;
        for (index, task) in tasks().filter(|(_, task)| !task.is_of_a_file()) {
            self.carry_out(tenant, sealer, id, task, step(change.stamp, index)).await?;
        }
        let home = self.home(tenant);
        let wish = |events| Wish { change: change.id, conversation: id, events, known_since: change.known_since };
        let count = u32::try_from(change.events.len()).unwrap_or(u32::MAX);
        let first = self.append(tenant, wish(count)).await?;
        try_join_all((first..).zip(&change.events).map(|(n, event)| self.put_event(home, n, event))).await?;
        if let Some(mark) = &change.rest.mark {
            self.mark_item(tenant, mark).await?;
        }
        let text = "UPDATE conversation USING TIMESTAMP ? SET done = ? WHERE key = ?";
        self.cql.write(text, (change.stamp, change.stamp, name.as_slice())).await?;
        // Only then: who finds it undone and the change gone looks again, and must find it done.
        let forget = async { if count > 0 { self.forget_places(home, &wish(count), first).await } else { Ok(()) } };
        try_join(self.withdraw(tenant, id, &change.id), forget).await?;
        Ok(first)
    }

    async fn carry_out(
        &self,
        tenant: TenantId,
        sealer: &Sealer,
        id: ConversationId,
        task: &Task,
        step: i64,
    ) -> Result<(), StoreError> {
        let by = (id, step);
        match task {
            Task::Enqueue(outgoing) => self.enqueue(tenant, sealer, outgoing, by).await,
            Task::Settle(message) => self.settle(tenant, sealer, *message, by).await,
            Task::Doubt { id, since } => self.doubt(tenant, sealer, *id, *since, by).await,
            Task::Fetch { job, due } => self.fetch(tenant, sealer, job, *due).await,
            Task::Fetched(media) => self.fetched(tenant, sealer, media).await,
            Task::Tie(media) => self.tie(tenant, sealer, *media, id).await,
            Task::Import(media) => self.import_file(tenant, sealer, media, id).await,
        }
    }

    /// Finishes what was decided for this organization and is not written to its end, and takes away what was announced and
    /// not decided. For the start of a node and for housekeeping.
    pub async fn roll_forward(&self, tenant: TenantId) -> Result<(), StoreError> {
        let Some(sealer) = self.known(tenant).await? else { return Ok(()) };
        let home = self.home(tenant);
        for shard in 0..16_i8 {
            let text = "SELECT conversation, change, stamp FROM open_change WHERE home = ? AND shard = ?";
            let open: Vec<(Vec<u8>, Vec<u8>, i64)> = self.cql.rows(text, (home.as_slice(), shard)).await?;
            for (conversation, change, stamp) in open {
                let id = ConversationId::from_bytes(names::id(&conversation)?);
                let state = self.settled(tenant, &sealer, id).await?;
                // Below that stamp it may still be decided by whoever announced it.
                if state.is_some_and(|state| state.stamp >= stamp) {
                    self.withdraw(tenant, id, &names::id(&change)?).await?;
                }
            }
        }
        Ok(())
    }
}

/// Orders what a change does to things that have a life of their own.
fn step(stamp: i64, index: i64) -> i64 {
    stamp.saturating_mul(1_000).saturating_add(index + 1)
}
