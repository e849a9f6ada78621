//! The model: what the ports promise, written as plainly as possible. The other stores are compared with it, and
//! tests of the actors run on it.

mod blobs;
mod commit;
mod contacts;
mod conversations;
mod directory;
mod event_log;
mod inbox_log;
mod media;
mod messages;
mod outbox;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use engine::contact::Contact;
use engine::conversation::Conversation;
use engine::decision::MediaJob;
use engine::directory::{Member, Number, Organization, Session};
use engine::event::LoggedEvent;
use engine::id::{
    ContactId, ConversationId, IntakeId, MediaId, MemberId, MessageId, PhoneNumberId, SessionId, TenantId, Wamid,
};
use engine::inbound::StatusUpdate;
use engine::intake::{IntakeOutcome, IntakeRecord};
use engine::message::Message;
use engine::outgoing::OutboxEntry;
use engine::ports::MediaRow;
use engine::time::Timestamp;

/// Everything in maps behind one lock; gone with the process.
#[derive(Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

impl MemoryStore {
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No operation leaves the maps half changed before it can panic, so a poisoned lock is still a good state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct State {
    organizations: BTreeMap<TenantId, Organization>,
    members: BTreeMap<(TenantId, MemberId), Member>,
    numbers: BTreeMap<PhoneNumberId, (TenantId, Number)>,
    sessions: BTreeMap<(TenantId, SessionId), Session>,
    intake: BTreeMap<IntakeId, Item>,
    conversations: BTreeMap<(TenantId, ConversationId), Arrived<Conversation>>,
    messages: BTreeMap<(TenantId, ConversationId, MessageId), Arrived<Message>>,
    parked: BTreeMap<(TenantId, Wamid), Vec<StatusUpdate>>,
    contacts: BTreeMap<(TenantId, ContactId), Arrived<Contact>>,
    identities: BTreeMap<(TenantId, String), ContactId>,
    outbox: BTreeMap<(TenantId, MessageId), Arrived<OutboxEntry>>,
    events: BTreeMap<TenantId, Log>,
    media: BTreeMap<(TenantId, MediaId), Arrived<File>>,
    blobs: BTreeMap<(TenantId, MediaId), Bytes>,
    arrivals: i64,
}

/// A row and its place among all rows, which breaks ties of time.
struct Arrived<T> {
    place: i64,
    row: T,
}

struct Item {
    place: i64,
    record: IntakeRecord,
    outcome: IntakeOutcome,
    processed_at: Option<Timestamp>,
    error: Option<String>,
    conversation: Option<ConversationId>,
}

#[derive(Default)]
struct Log {
    head: u64,
    events: BTreeMap<u64, LoggedEvent>,
}

struct File {
    row: MediaRow,
    /// What is to be fetched, and when.
    job: Option<(Timestamp, MediaJob)>,
}

impl State {
    fn arrived<T>(&mut self, row: T) -> Arrived<T> {
        self.arrivals += 1;
        Arrived { place: self.arrivals, row }
    }
}
