//! For more than one machine can hold: ScyllaDB or Cassandra, by what both have in common (ADR 0014).
//!
//! One compare-and-set decides, and what follows from it is written plainly, as often as it takes. Whoever meets something
//! that was decided and is not written to its end writes it.

mod accounts;
mod administration;
mod alerts;
mod audit;
mod campaign_tally;
mod campaigns;
mod change;
mod commit;
mod contacts;
mod conversations;
mod directory;
mod documents;
mod event_log;
mod fault;
mod gauge;
mod import;
mod inbox_item;
mod inbox_log;
mod inbox_tally;
mod keys;
mod leases;
mod log;
mod media;
mod messages;
mod names;
mod notes;
mod office;
mod order;
mod outbox;
mod outreach;
mod password_resets;
mod places;
mod recipients;
mod relocation;
mod reseal;
mod schema;
mod session;
mod sessions;
mod shared;
mod shelf;
mod statements;
mod templates;
mod turns;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::id::TenantId;
use engine::ports::StoreError;
use engine::time::Clock;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::crypto::{Keyring, KeyringError, KeyringPlace, Sealer, Use};
use campaign_tally::Counted;
use log::Appender;
use order::Orders;
use places::Places;
use session::Cql;
use shelf::Standing;
use turns::Turns;

pub use fault::Faults;
pub(crate) use keys::{KeyRow, KeyTable, RotationRow};
pub use keys::{back_up_keys, put_back_keys};
pub use statements::Statements;

/// Statements of one call that are under way at a time, where there may be many.
const AT_ONCE: usize = 32;

/// Where the servers are, who we are there, and what is theirs to keep.
#[derive(Clone)]
pub struct CqlOptions {
    /// `host:port`, some of them; the others are found.
    pub nodes: Vec<String>,
    pub keyspace: String,
    /// Copies of everything, when the keyspace has to be made.
    pub replicas: u8,
    /// Name and password, where the servers ask for them.
    pub login: Option<(String, String)>,
    /// PEM: who signs the certificates of the servers. `None`: they are talked to without TLS.
    pub tls_ca_file: Option<PathBuf>,
    /// Whose data: nodes with the same name here are one installation. Others in the same keyspace never meet theirs.
    pub installation: String,
}

/// Why the store does not open: one line each, for the person who starts the server.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// One of any number of nodes on the same keyspace.
pub struct CqlStore {
    cql: Arc<Cql>,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    places: Places,
    turns: Turns,
    appender: Appender,
    orders: Orders,
    standing: Standing,
    /// Of campaigns, what was counted.
    counted: Counted,
    /// Names this process where it says that it has written.
    process: [u8; 16],
    /// Organizations that are on the list of all already.
    listed: Mutex<BTreeSet<TenantId>>,
    /// Organizations that are being brought in here: on no list before they are there.
    arriving: Mutex<BTreeSet<TenantId>>,
}

impl CqlStore {
    /// Makes or migrates the keyspace, and connects. Drivers work in the runtime that calls this. Of `keys` all nodes have
    /// the same root key; the keys that it wraps lie in the keyspace.
    pub async fn open(options: &CqlOptions, keys: KeyringPlace, clock: Arc<dyn Clock>) -> Result<Self, OpenError> {
        Self::open_for(Use::Everything, options, keys, clock).await
    }

    /// Also where a change of data keys was cut short, which nobody else is let in after; for [`Self::reseal`] and what is around it.
    pub async fn open_to_rotate(
        options: &CqlOptions,
        keys: KeyringPlace,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        Self::open_for(Use::Rotation, options, keys, clock).await
    }

    async fn open_for(
        use_for: Use,
        options: &CqlOptions,
        keys: KeyringPlace,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, OpenError> {
        let cql = Arc::new(Cql::new(schema::open(options).await?));
        let table = KeyTable::new(Arc::clone(&cql), options.keyspace.clone(), options.installation.clone());
        let keyring = Arc::new(Keyring::open_shared(keys, table, use_for).await?);
        Ok(Self {
            cql,
            keyring,
            clock,
            places: Places::default(),
            turns: Turns::default(),
            appender: Appender::default(),
            orders: Orders::default(),
            standing: Standing::default(),
            counted: Counted::default(),
            process: rand::random(),
            listed: Mutex::default(),
            arriving: Mutex::default(),
        })
    }

    /// How far the servers lag with plain writes. Cheap enough to ask on every webhook.
    pub fn lag(&self) -> Duration {
        self.cql.lag()
    }

    /// What went to the servers so far.
    pub fn statements(&self) -> Statements {
        self.cql.tally.so_far()
    }

    /// For tests: what goes wrong between two physical writes.
    pub fn faults(&self) -> &Faults {
        &self.cql.faults
    }

    /// A place after all that this node gave before; between nodes it is as good as their clocks.
    fn place(&self) -> i64 {
        self.places.next(self.clock.now())
    }

    /// What seals the rows, for files to be sealed by the same keys.
    pub fn keyring(&self) -> Arc<Keyring> {
        Arc::clone(&self.keyring)
    }

    /// The keys of an organization that something is to be written for, made at the first time.
    async fn sealer(&self, tenant: TenantId) -> Result<Arc<Sealer>, StoreError> {
        if let Some(known) = self.known(tenant).await? {
            // Whoever made them may have died before it was listed.
            if !self.is_arriving(tenant) {
                self.list_tenant(tenant).await?;
            }
            return Ok(known);
        }
        let list = self.name("tenants", &[]);
        // In this order: its keys come before it is listed.
        if self.has_pointer(list, tenant.as_bytes()).await? && self.known(tenant).await?.is_none() {
            return Err(keyless());
        }
        let sealer = self.keyring.make(tenant).await?;
        self.list_tenant(tenant).await?;
        Ok(sealer)
    }

    /// `None`: nothing was ever stored for this organization.
    async fn known(&self, tenant: TenantId) -> Result<Option<Arc<Sealer>>, StoreError> {
        self.keyring.find(tenant).await
    }

    /// Before names that are made of the organization's keys.
    async fn meet(&self, tenant: TenantId) -> Result<(), StoreError> {
        self.known(tenant).await.map(drop)
    }

    /// The keys of an organization that has rows.
    async fn keys_of(&self, tenant: TenantId) -> Result<Arc<Sealer>, StoreError> {
        self.known(tenant).await?.ok_or_else(keyless)
    }

    async fn list_tenant(&self, tenant: TenantId) -> Result<(), StoreError> {
        if self.listed.lock().unwrap_or_else(PoisonError::into_inner).contains(&tenant) {
            return Ok(());
        }
        self.point(self.name("tenants", &[]), tenant.as_bytes(), &[]).await?;
        self.listed.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant);
        Ok(())
    }

    /// Everybody for whom something was ever stored, but those whose keys are gone and who are on their way in.
    async fn tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        let listed = stream::iter(self.pointers(self.name("tenants", &[])).await?);
        let known = listed.map(async |(key, _)| {
            let tenant = TenantId::from_bytes(names::id(&key)?);
            Ok::<_, StoreError>(self.known(tenant).await?.map(|_| tenant))
        });
        let known: Vec<_> = known.buffered(AT_ONCE).try_collect().await?;
        Ok(known.into_iter().flatten().collect())
    }
}

fn keyless() -> StoreError {
    crate::codec::corrupt("rows of an organization without a key")
}
