//! The model: what the ports promise, written as plainly as possible. The other stores are compared with it, and
//! tests of the actors run on it.

mod accounts;
mod administration;
mod alerts;
mod audit;
mod blobs;
mod campaigns;
mod commit;
mod contacts;
mod conversations;
mod directory;
mod event_log;
mod inbox_log;
mod leases;
mod media;
mod merging;
mod messages;
mod notes;
mod outbox;
mod outreach;
mod relocation;
mod sessions;
mod templates;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use engine::account::{Account, Session};
use engine::campaign::{Campaign, RecipientRow};
use engine::cluster::{LeaseName, Member};
use engine::consent::ConsentEntry;
use engine::contact::Contact;
use engine::conversation::Conversation;
use engine::decision::MediaJob;
use engine::directory::{MetaApp, Number};
use engine::event::LoggedEvent;
use engine::household::Household;
use engine::id::{
    AccountId, CampaignId, ConsentId, ContactId, ConversationId, IntakeId, MediaId, MessageId, NodeId, NoteId,
    PhoneNumberId, SessionId, TemplateId, TenantId, WabaId, Wamid,
};
use engine::inbound::StatusUpdate;
use engine::intake::{IntakeOutcome, IntakeRecord};
use engine::message::Message;
use engine::note::Note;
use engine::outgoing::OutboxEntry;
use engine::ports::{MediaRow, StoreError};
use engine::template::KeptTemplate;
use engine::time::Timestamp;
use tokio::time::Instant;

/// Everything in maps behind one lock; gone with the process.
#[derive(Default)]
pub struct MemoryStore {
    state: Arc<Mutex<State>>,
    cut_off: AtomicBool,
    claims_late_ms: AtomicU64,
    commits_late_ms: AtomicU64,
}

impl MemoryStore {
    pub fn new() -> Self {
        Self::default()
    }

    /// For tests: the same store as another node reaches it.
    #[must_use]
    pub fn as_seen_by_another(&self) -> Self {
        Self { state: Arc::clone(&self.state), ..Self::default() }
    }

    /// For tests: whether the store does not answer this node; others reach it.
    pub fn set_cut_off(&self, cut_off: bool) {
        self.cut_off.store(cut_off, Ordering::SeqCst);
    }

    /// For tests: how long this node waits for the answer to a claim that is made already.
    pub fn set_claims_late(&self, late: Duration) {
        self.claims_late_ms.store(u64::try_from(late.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    async fn answer_late(&self) {
        late(&self.claims_late_ms).await;
    }

    /// For tests: how long a commit of a conversation takes at this node.
    pub fn set_commits_late(&self, late: Duration) {
        self.commits_late_ms.store(u64::try_from(late.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }

    /// For tests: whether it says that more comes in than can be worked off.
    pub fn set_pressing(&self, pressing: bool) {
        self.locked().pressing = pressing;
    }

    fn state(&self) -> Result<MutexGuard<'_, State>, StoreError> {
        if self.cut_off.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("cut off by a test".to_owned()));
        }
        Ok(self.locked())
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        // No operation leaves the maps half changed before it can panic, so a poisoned lock is still a good state.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn late(millis: &AtomicU64) {
    let late = millis.load(Ordering::SeqCst);
    if late > 0 {
        tokio::time::sleep_until(Instant::now() + Duration::from_millis(late)).await;
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
    templates: BTreeMap<(TenantId, TemplateId), Arrived<KeptTemplate>>,
    templates_synced: BTreeMap<(TenantId, WabaId), Timestamp>,
    intake: BTreeMap<IntakeId, Item>,
    conversations: BTreeMap<(TenantId, ConversationId), Arrived<Conversation>>,
    messages: BTreeMap<(TenantId, ConversationId, MessageId), Arrived<Message>>,
    parked: BTreeMap<(TenantId, Wamid), Vec<Arrived<StatusUpdate>>>,
    contacts: BTreeMap<(TenantId, ContactId), Arrived<Contact>>,
    identities: BTreeMap<(TenantId, String), ContactId>,
    /// In the order of the ledger: by time.
    consents: BTreeMap<(TenantId, ContactId, Timestamp, ConsentId), ConsentEntry>,
    /// In the order of time.
    notes: BTreeMap<(TenantId, ContactId, Timestamp, NoteId), Note>,
    outbox: BTreeMap<(TenantId, MessageId), Arrived<OutboxEntry>>,
    campaigns: BTreeMap<(TenantId, CampaignId), Arrived<Campaign>>,
    recipients: BTreeMap<(TenantId, CampaignId, u32), RecipientRow>,
    outreach: BTreeMap<(TenantId, String, ContactId), Timestamp>,
    events: BTreeMap<TenantId, Log>,
    media: BTreeMap<(TenantId, MediaId), Arrived<File>>,
    blobs: BTreeMap<(TenantId, MediaId), Bytes>,
    nodes: BTreeMap<NodeId, Member>,
    leases: BTreeMap<LeaseName, leases::Lease>,
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
