//! The store that the settings name: its ports, and what only one kind of it has.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use engine::id::TenantId;
use engine::ports::{Store, StoreError, WorkingStore};
use storage::blobs::DirectoryBlobs;
use storage::cql::{CqlOptions, CqlStore};
use storage::crypto::Keyring;
use storage::sqlite::{SqliteOptions, SqliteStore};

use crate::app::StartError;
use crate::auth::keys::{KeyFile, KeyPlace};
use crate::config::{Config, CqlConfig, Storage};
use crate::shell::SystemClock;

/// What carries a store, as far as the server has to look after it.
#[async_trait]
pub trait Footing: Send + Sync {
    /// How far writes lag behind. Asked on every webhook.
    fn lag(&self) -> Duration;

    /// Bytes that may still be written, where it is our disk that may be full.
    fn free_bytes(&self) -> Option<std::io::Result<u64>>;

    /// Whether other nodes may change what is stored.
    fn is_shared(&self) -> bool;

    /// Finishes what was decided for the organization and is not written to its end. Called at the start and now and then.
    async fn roll_forward(&self, tenant: TenantId) -> Result<(), StoreError>;

    /// Writes what is queued; nothing is written after it.
    async fn close(&self) -> Result<(), StoreError>;
}

#[async_trait]
impl Footing for SqliteStore {
    fn lag(&self) -> Duration {
        Duration::from_millis(self.pressure().oldest_ms)
    }

    fn free_bytes(&self) -> Option<std::io::Result<u64>> {
        Some(Self::free_bytes(self))
    }

    fn is_shared(&self) -> bool {
        false
    }

    /// A commit is whole or not there.
    async fn roll_forward(&self, _: TenantId) -> Result<(), StoreError> {
        Ok(())
    }

    async fn close(&self) -> Result<(), StoreError> {
        Self::close(self).await
    }
}

#[async_trait]
impl Footing for CqlStore {
    fn lag(&self) -> Duration {
        Self::lag(self)
    }

    /// Their disks are the servers' to watch.
    fn free_bytes(&self) -> Option<std::io::Result<u64>> {
        None
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn roll_forward(&self, tenant: TenantId) -> Result<(), StoreError> {
        Self::roll_forward(self, tenant).await
    }

    /// Every write was answered by the servers or is its caller's to repeat.
    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

/// An open store.
#[derive(Clone)]
pub enum Opened {
    Embedded(Arc<SqliteStore>),
    Cluster(Arc<CqlStore>),
}

impl Opened {
    pub async fn by(config: &Config) -> Result<Self, StartError> {
        match config.storage {
            Storage::Sqlite => {
                let opened = SqliteStore::open_with(&config.data_dir, config.keyring(), SqliteOptions::default());
                opened.map(|store| Self::Embedded(Arc::new(store))).map_err(|error| StartError(error.to_string()))
            }
            Storage::Cql => open_cluster(config).await.map(|store| Self::Cluster(Arc::new(store))),
        }
    }

    pub fn working(&self) -> Arc<dyn WorkingStore> {
        match self {
            Self::Embedded(store) => store.clone(),
            Self::Cluster(store) => store.clone(),
        }
    }

    /// For organizations that move in or out.
    pub fn moving(&self) -> Result<Arc<dyn Store>, StartError> {
        match self {
            Self::Embedded(store) => Ok(store.clone()),
            Self::Cluster(_) => {
                Err(StartError("Organizations do not move in or out with storage = \"cql\" yet.".to_owned()))
            }
        }
    }

    pub fn footing(&self) -> Arc<dyn Footing> {
        match self {
            Self::Embedded(store) => store.clone(),
            Self::Cluster(store) => store.clone(),
        }
    }

    pub fn keyring(&self) -> Arc<Keyring> {
        match self {
            Self::Embedded(store) => store.keyring(),
            Self::Cluster(store) => store.keyring(),
        }
    }

    /// Opens the directory of files, which are sealed by the store's keys.
    pub fn blobs(&self, config: &Config) -> Result<Arc<DirectoryBlobs>, StartError> {
        let blobs = DirectoryBlobs::open(&config.data_dir, self.keyring());
        blobs.map(Arc::new).map_err(|error| StartError(format!("Files cannot be stored: {error}.")))
    }

    /// Where the keys that sign sessions lie.
    pub fn session_keys(&self, config: &Config) -> Arc<dyn KeyPlace> {
        match self {
            Self::Embedded(_) => Arc::new(KeyFile(config.data_dir.join("session.keys"))),
            Self::Cluster(store) => store.clone(),
        }
    }

    /// What the audit log's own file says is wrong with it.
    pub async fn audit_faults(&self) -> Result<Vec<String>, StoreError> {
        match self {
            Self::Embedded(store) => store.audit_faults().await,
            Self::Cluster(_) => Ok(Vec::new()),
        }
    }

    pub async fn close(&self) -> Result<(), StartError> {
        self.footing().close().await.map_err(|error| StartError(error.to_string()))
    }
}

async fn open_cluster(config: &Config) -> Result<CqlStore, StartError> {
    let failed = |error: &dyn std::fmt::Display| {
        let nodes = config.cql.nodes.join(", ");
        StartError(format!("The store on {nodes} cannot be used: {error}. Look at the settings in [cql]."))
    };
    let CqlConfig { nodes, keyspace, replicas, installation, username, password, tls_ca_file } = config.cql.clone();
    let login = (!username.is_empty()).then_some((username, password));
    let options = CqlOptions { nodes, keyspace, replicas, installation, login, tls_ca_file };
    CqlStore::open(&options, config.keyring(), Arc::new(SystemClock)).await.map_err(|error| failed(&error))
}
