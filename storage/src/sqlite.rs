//! The embedded default: one SQLite file, one thread that writes, a few that read.
//!
//! A write is answered after the COMMIT that holds it is on disk; up to [`writer::GROUP_MAX`] share one. A read sees
//! everything that was answered before it began.

mod accounts;
mod administration;
mod alerts;
mod audit;
mod campaigns;
mod checkpointer;
mod codec;
mod commit;
mod contacts;
mod conversations;
mod data_directory;
mod directory;
mod event_log;
mod fault;
mod gauge;
mod inbox_log;
mod ledger;
mod media;
mod merging;
mod messages;
mod notes;
mod open;
mod outbox;
mod outreach;
mod ranges;
mod readers;
mod relocation;
mod reseal;
mod sessions;
pub(crate) mod snapshot;
mod templates;
mod writer;

use std::path::Path;
use std::sync::Arc;

use engine::id::TenantId;
use engine::ports::StoreError;

use checkpointer::Checkpointer;
use readers::Readers;
use writer::Writer;

use crate::crypto::{Keyring, KeyringPlace, Sealer};
use crate::facts::Facts;

pub(crate) use data_directory::DataDirectory;
pub use gauge::Pressure;
pub(crate) use open::RESTORING;
pub use open::{OpenError, SqliteOptions};

/// Holds the data directory until it is dropped. Dropping waits for what is queued; [`SqliteStore::close`] also
/// leaves a tidy file behind and does not block.
pub struct SqliteStore {
    // Dropped in this order: SQLite tidies up when the last connection closes, which only the writer's may do, and
    // nobody else may have the directory before that.
    readers: Readers,
    #[expect(dead_code, reason = "held until the store is dropped, not asked")]
    checkpointer: Checkpointer,
    writer: Writer,
    keyring: Arc<Keyring>,
    directory: DataDirectory,
    facts: Arc<Facts>,
}

impl SqliteStore {
    /// Opens `dir/jetto.db`, making or migrating it, with its keyring in `dir/keyring`.
    pub fn open(dir: &Path, options: SqliteOptions) -> Result<Self, OpenError> {
        Self::open_with(dir, KeyringPlace::within(dir), options)
    }

    /// The same, with its keyring elsewhere.
    pub fn open_with(dir: &Path, keys: KeyringPlace, options: SqliteOptions) -> Result<Self, OpenError> {
        open::open(dir, keys, options)
    }

    /// What seals the rows, for files to be sealed by the same keys.
    pub fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keyring)
    }

    /// How far the commits lag. Cheap enough to ask on every webhook.
    pub fn pressure(&self) -> Pressure {
        self.writer.pressure()
    }

    /// Reads that wait for a thread.
    pub fn reads_waiting(&self) -> usize {
        self.readers.waiting()
    }

    /// Bytes that may still be written to the file system of the data directory.
    pub fn free_bytes(&self) -> std::io::Result<u64> {
        self.directory.free_bytes()
    }

    /// Writes what is queued, merges the log into the file and stops writing; later writes are `Unavailable`.
    pub async fn close(&self) -> Result<(), StoreError> {
        self.writer.close().await
    }

    /// The keys of an organization that something is to be written for, made at the first time.
    async fn sealer(&self, tenant: TenantId) -> Result<Arc<Sealer>, StoreError> {
        self.keyring.make(tenant).await
    }
}

/// The keys of an organization that has rows.
fn keys_of(keyring: &Keyring, tenant: TenantId) -> fault::Outcome<Arc<Sealer>> {
    keyring.known(tenant).ok_or_else(|| codec::corrupt("rows of an organization without a key"))
}
