//! The store that the settings name: its ports, and what only one kind of it has.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use engine::id::TenantId;
use engine::ports::{BlobStore, Hints, Leases, Store, StoreError};
use storage::blobs::{DirectoryBlobs, S3Blobs, S3Credentials, S3Options};
use storage::cql::{CqlOptions, CqlStore};
use storage::crypto::Keyring;
use storage::redis::{RedisChanges, RedisHints, RedisOptions};
use storage::sqlite::{SqliteOptions, SqliteStore};
use zeroize::Zeroizing;

use crate::app::StartError;
use crate::auth::keys::{KeyFile, KeyPlace};
use crate::config::{Blobs, Config, CqlConfig, RedisConfig, S3Config, Storage};
use crate::files::CountedFiles;
use crate::shell::SystemClock;

/// What carries a store, as far as the server has to look after it.
#[async_trait]
pub trait Footing: Send + Sync {
    /// How far writes lag behind. Asked on every webhook.
    fn lag(&self) -> Duration;

    /// Writes that are not answered, and reads that wait for a thread, where they wait in this process.
    fn waiting(&self) -> Option<(usize, usize)>;

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

    fn waiting(&self) -> Option<(usize, usize)> {
        Some((self.pressure().queued, self.reads_waiting()))
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

    /// They wait at the servers.
    fn waiting(&self) -> Option<(usize, usize)> {
        None
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
            Storage::Cql => {
                let (options, clock) = (cql_options(config), Arc::new(SystemClock));
                let opened = Box::pin(CqlStore::open(&options, config.keyring(), clock)).await;
                let store = opened.map_err(|error| unusable(config, &error))?;
                with_changes(config, store).map(|store| Self::Cluster(Arc::new(store)))
            }
        }
    }

    /// To change data keys: also where that was cut short, and nothing else is let in.
    pub async fn to_rotate(config: &Config) -> Result<Self, StartError> {
        match config.storage {
            Storage::Sqlite => Self::by(config).await,
            Storage::Cql => {
                let (options, clock) = (cql_options(config), Arc::new(SystemClock));
                let opened = Box::pin(CqlStore::open_to_rotate(&options, config.keyring(), clock)).await;
                opened.map(|store| Self::Cluster(Arc::new(store))).map_err(|error| unusable(config, &error))
            }
        }
    }

    pub fn store(&self) -> Arc<dyn Store> {
        match self {
            Self::Embedded(store) => store.clone(),
            Self::Cluster(store) => store.clone(),
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
    pub fn directory(&self, config: &Config) -> Result<Arc<DirectoryBlobs>, StartError> {
        let blobs = DirectoryBlobs::open(&config.data_dir, self.keyring());
        blobs.map(Arc::new).map_err(|error| StartError(format!("Files cannot be stored: {error}.")))
    }

    /// Where the settings want files.
    pub async fn blobs(&self, config: &Config) -> Result<Arc<dyn BlobStore>, StartError> {
        match config.blobs {
            Blobs::Disk => Ok(Arc::new(CountedFiles(self.directory(config)?))),
            Blobs::S3 => Ok(Arc::new(CountedFiles(Arc::new(self.bucket(config).await?)))),
        }
    }

    /// Seals every file by the newest keys; how many were not yet.
    pub async fn reseal_files(&self, config: &Config) -> Result<u64, StartError> {
        let failed = |error: StoreError| StartError(error.to_string());
        match config.blobs {
            Blobs::Disk => {
                let blobs = self.directory(config)?;
                let sealing = tokio::task::spawn_blocking(move || blobs.reseal()).await;
                sealing.map_err(|error| StartError(error.to_string()))?.map_err(failed)
            }
            Blobs::S3 => self.bucket(config).await?.reseal().await.map_err(failed),
        }
    }

    async fn bucket(&self, config: &Config) -> Result<S3Blobs, StartError> {
        let S3Config { endpoint, bucket, region, path_style, access_key_id, secret_access_key, prefix } =
            config.s3.clone();
        let credentials = (!access_key_id.is_empty())
            .then(|| S3Credentials { access_key_id, secret_access_key: Zeroizing::new(secret_access_key) });
        let endpoint = (!endpoint.is_empty()).then_some(endpoint);
        let options = S3Options { endpoint, bucket, region, path_style, prefix, credentials };
        let blobs = Box::pin(S3Blobs::open(options, self.keyring())).await;
        blobs.map_err(|error| StartError(format!("Files cannot be stored: {error}.")))
    }

    /// Nodes and what each has taken, where there may be others.
    pub fn leases(&self) -> Option<Arc<dyn Leases>> {
        match self {
            Self::Embedded(_) => None,
            Self::Cluster(store) => Some(store.clone()),
        }
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

/// The way between nodes. A Redis that is away keeps nobody from starting.
pub fn hints(config: &Config) -> Result<Option<Arc<dyn Hints>>, StartError> {
    let Some(options) = redis_options(config) else { return Ok(None) };
    let hints = RedisHints::open(&options).map_err(|error| StartError(format!("Setting redis.url: {error}.")))?;
    Ok(Some(Arc::new(hints)))
}

fn redis_options(config: &Config) -> Option<RedisOptions> {
    let RedisConfig { url } = &config.redis;
    let prefix = || format!("jetto:{}:{}", config.cql.keyspace, config.cql.installation);
    (!url.is_empty()).then(|| RedisOptions { urls: url.clone(), prefix: prefix() })
}

/// Where a store on servers of CQL lies.
pub fn cql_options(config: &Config) -> CqlOptions {
    let CqlConfig { nodes, keyspace, replicas, installation, username, password, tls_ca_file } = config.cql.clone();
    let login = (!username.is_empty()).then_some((username, password));
    CqlOptions { nodes, keyspace, replicas, installation, login, tls_ca_file }
}

fn unusable(config: &Config, error: &dyn std::fmt::Display) -> StartError {
    let nodes = config.cql.nodes.join(", ");
    StartError(format!("The store on {nodes} cannot be used: {error}. Look at the settings in [cql]."))
}

fn with_changes(config: &Config, store: CqlStore) -> Result<CqlStore, StartError> {
    let Some(redis) = redis_options(config) else { return Ok(store) };
    let changes = RedisChanges::open(&redis).map_err(|error| StartError(format!("Setting redis.url: {error}.")))?;
    Ok(store.with_changes(Arc::new(changes)))
}
