//! What the rules and the actors need of the world, named by intent. Each method is one idempotent operation with ids
//! made by the caller, and every adapter passes the same conformance suite (`storage/tests/conformance`).
//!
//! The tenant is the first argument. The exceptions are the look-ups that find out which tenant it is, and say so.

mod accounts;
mod administration;
mod alerts;
mod audit_log;
mod blobs;
mod bus;
mod campaigns;
mod contacts;
mod conversations;
mod directory;
mod event_log;
mod hints;
mod inbox_log;
mod leases;
mod media;
mod merging;
mod messages;
mod meta;
mod notes;
mod outbox;
mod outreach;
mod relocation;
mod sessions;
mod templates;
mod translator;

pub use accounts::{Accounts, Updated};
pub use administration::{Administration, Changed, Created, Pulse};
pub use alerts::{ALERTS_MAX, Alerts};
pub use audit_log::{AuditLog, AuditQuery, ChainEnds};
pub use blobs::BlobStore;
pub use bus::Bus;
pub use campaigns::{Added, Campaigns, RecipientQuery, Saved};
pub use contacts::{ContactStore, Forgotten, Resolved};
pub use conversations::{Commit, Committed, ConversationCounts, ConversationQuery, ConversationStore, View};
pub use directory::Directory;
pub use event_log::{EventLog, LogRange};
pub use hints::{Hint, Hints, HintsStanding, Listener, Onlooker};
pub use inbox_log::{InboxLog, IntakeQuery};
pub use leases::{Leases, Taken};
pub use media::{MediaRow, MediaStore};
pub use merging::{Merged, Merger, Merging, Mover, Parted};
pub use messages::{Located, MessageStore};
pub use meta::{FetchError, MetaApi, MetaSend, ReadReceipt, Uploads};
pub use notes::{Noted, Notes};
pub use outbox::{Claim, Outbox};
pub use outreach::OutreachStore;
pub use relocation::{Arrival, Belonging, Kind, Relocation, Welcome};
pub use sessions::{Rotated, Sessions};
pub use templates::Templates;
pub use translator::Translator;

pub use crate::time::{Clock, IdSource};

use crate::id::InvalidId;

/// The world failed; the caller may try again unless it says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The queue of writes is full or its commit takes too long. Try again later.
    #[error("the store is busy")]
    Busy,
    /// The operation may or may not have happened; repeat it, it is idempotent.
    #[error("the store did not answer: {0}")]
    Unavailable(String),
    /// A row does not read back as what was written.
    #[error("the store holds something unreadable: {0}")]
    Corrupt(String),
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::Corrupt(error.to_string())
    }
}

impl From<InvalidId> for StoreError {
    fn from(error: InvalidId) -> Self {
        Self::Corrupt(error.to_string())
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Where the next page starts; `None` on the last one.
    pub next: Option<Cursor>,
}

/// Opaque to everyone but the adapter that made it. Arrives from outside: an unreadable one is [`BadCursor`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// Which page is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    pub after: Option<Cursor>,
    /// 1 to 100.
    pub limit: u32,
}

/// A list was asked for with a cursor that this list did not give.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    #[error("the cursor is not one of this list")]
    BadCursor,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// All repositories of one store.
pub trait Store:
    Administration
    + Accounts
    + Sessions
    + AuditLog
    + Directory
    + Alerts
    + Templates
    + InboxLog
    + ConversationStore
    + MessageStore
    + ContactStore
    + Outbox
    + EventLog
    + MediaStore
    + Relocation
    + Campaigns
    + OutreachStore
    + Notes
    + Merging
{
}

impl<T> Store for T where
    T: Administration
        + Accounts
        + Sessions
        + AuditLog
        + Directory
        + Alerts
        + Templates
        + InboxLog
        + ConversationStore
        + MessageStore
        + ContactStore
        + Outbox
        + EventLog
        + MediaStore
        + Relocation
        + Campaigns
        + OutreachStore
        + Notes
        + Merging
{
}
