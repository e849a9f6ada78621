//! For more than one machine can hold: ScyllaDB or Cassandra, by what both have in common (ADR 0014).
//!
//! One compare-and-set decides, and what follows from it is written plainly, as often as it takes. Whoever meets something
//! that was decided and is not written to its end writes it.

mod accounts;
mod administration;
mod alerts;
mod audit;
mod change;
mod commit;
mod contacts;
mod conversations;
mod directory;
mod documents;
mod event_log;
mod fault;
mod import;
mod inbox_item;
mod inbox_log;
mod leases;
mod log;
mod media;
mod messages;
mod names;
mod office;
mod order;
mod outbox;
mod places;
mod schema;
mod session;
mod sessions;
mod shelf;
mod turns;

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use engine::id::TenantId;
use engine::ports::StoreError;
use engine::time::Clock;

use crate::crypto::{Keyring, Sealer};
use log::Appender;
use order::Orders;
use places::Places;
use session::Cql;
use turns::Turns;

pub use fault::Faults;

/// Where the servers are, and what is theirs to keep.
#[derive(Debug, Clone)]
pub struct CqlOptions {
    /// `host:port`, some of them; the others are found.
    pub nodes: Vec<String>,
    pub keyspace: String,
    /// Copies of everything, when the keyspace has to be made.
    pub replicas: u8,
}

/// One of any number of nodes on the same keyspace.
pub struct CqlStore {
    cql: Cql,
    keyring: Arc<Keyring>,
    clock: Arc<dyn Clock>,
    places: Places,
    turns: Turns,
    appender: Appender,
    orders: Orders,
    /// Organizations that are on the list of all already.
    listed: Mutex<BTreeSet<TenantId>>,
}

impl CqlStore {
    /// Makes or migrates the keyspace, and connects. Drivers work in the runtime that calls this.
    pub async fn open(options: &CqlOptions, keyring: Arc<Keyring>, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let session = schema::open(options).await?;
        Ok(Self {
            cql: Cql::new(session),
            keyring,
            clock,
            places: Places::default(),
            turns: Turns::default(),
            appender: Appender::default(),
            orders: Orders::default(),
            listed: Mutex::default(),
        })
    }

    /// For tests: what goes wrong between two physical writes.
    pub fn faults(&self) -> &Faults {
        &self.cql.faults
    }

    /// A place after all that this node gave before; between nodes it is as good as their clocks.
    fn place(&self) -> i64 {
        self.places.next(self.clock.now())
    }

    /// The keys of an organization that something is to be written for, made at the first time.
    async fn sealer(&self, tenant: TenantId) -> Result<Arc<Sealer>, StoreError> {
        let sealer = if let Some(known) = self.keyring.known(tenant) {
            known
        } else {
            let keyring = Arc::clone(&self.keyring);
            let made = tokio::task::spawn_blocking(move || keyring.of(tenant)).await;
            made.map_err(session::unavailable)??
        };
        self.list_tenant(tenant).await?;
        Ok(sealer)
    }

    /// The keys of an organization that has rows.
    fn keys_of(&self, tenant: TenantId) -> Result<Arc<Sealer>, StoreError> {
        self.keyring.known(tenant).ok_or_else(|| crate::codec::corrupt("rows of an organization without a key"))
    }

    async fn list_tenant(&self, tenant: TenantId) -> Result<(), StoreError> {
        if self.listed.lock().unwrap_or_else(PoisonError::into_inner).contains(&tenant) {
            return Ok(());
        }
        self.point(self.name("tenants", &[]), tenant.as_bytes(), &[]).await?;
        self.listed.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant);
        Ok(())
    }

    /// Everybody for whom something was ever stored.
    async fn tenants(&self) -> Result<Vec<TenantId>, StoreError> {
        let listed = self.pointers(self.name("tenants", &[])).await?;
        listed.into_iter().map(|(key, _)| Ok(TenantId::from_bytes(names::id(&key)?))).collect()
    }
}
