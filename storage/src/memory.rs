//! The model: what the ports promise, written as plainly as possible. The other stores are compared with it, and
//! tests of the actors run on it.

mod accounts;
mod administration;
mod alerts;
mod audit;
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
mod relocation;
mod sessions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use engine::account::{Account, Session};
use engine::contact::Contact;
use engine::conversation::Conversation;
use engine::decision::MediaJob;
use engine::directory::{MetaApp, Number};
use engine::event::LoggedEvent;
use engine::household::Household;
use engine::id::{
    AccountId, ContactId, ConversationId, IntakeId, MediaId, MessageId, PhoneNumberId, SessionId, TenantId, Wamid,
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

    /// For tests: whether it says that more comes in than can be worked off.
    pub fn set_pressing(&self, pressing: bool) {
        self.state().pressing = pressing;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No operation leaves the maps half changed before it can panic, so a poisoned lock is still a good state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Default)]
struct State {
    households: BTreeMap<TenantId, Household>,
    /// Being brought in from another installation.
    arriving: BTreeSet<TenantId>,
    accounts: BTreeMap<AccountId, Account>,
    /// By the hash of the link's token.
    resets: BTreeMap<[u8; 32], (AccountId, Timestamp)>,
    sessions: BTreeMap<SessionId, Session>,
    audit: BTreeMap<TenantId, audit::Chain>,
    numbers: BTreeMap<PhoneNumberId, (TenantId, Number)>,
    apps: BTreeMap<TenantId, MetaApp>,
    alerts: BTreeMap<TenantId, Vec<alerts::Raised>>,
    intake: BTreeMap<IntakeId, Item>,
    conversations: BTreeMap<(TenantId, ConversationId), Arrived<Conversation>>,
    messages: BTreeMap<(TenantId, ConversationId, MessageId), Arrived<Message>>,
    parked: BTreeMap<(TenantId, Wamid), Vec<Arrived<StatusUpdate>>>,
    contacts: BTreeMap<(TenantId, ContactId), Arrived<Contact>>,
    identities: BTreeMap<(TenantId, String), ContactId>,
    outbox: BTreeMap<(TenantId, MessageId), Arrived<OutboxEntry>>,
    events: BTreeMap<TenantId, Log>,
    media: BTreeMap<(TenantId, MediaId), Arrived<File>>,
    blobs: BTreeMap<(TenantId, MediaId), Bytes>,
    arrivals: i64,
    pressing: bool,
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
