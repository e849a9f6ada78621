//! Puts the parts together: the one place that names both the actors and the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use actors::{Actors, Placement, World};
use engine::ports::{BlobStore, Store};
use engine::time::{Clock, IdSource};
use storage::blobs::DirectoryBlobs;
use storage::sqlite::{SqliteOptions, SqliteStore};

use crate::auth::Auth;
use crate::clerk::Clerk;
use crate::config::Config;
use crate::demo::Demo;
use crate::households::Households;
use crate::live::hub::Hub;
use crate::mail::Mailer;
use crate::mail::post::Post;
use crate::meta::graph::{GraphClient, GraphConfig};
use crate::meta::parse::Dialect;
use crate::routing::Routing;
use crate::shell::{RandomIds, SystemClock, TimeOrderedIds};
use crate::templates::TemplateCache;

/// Everything that requests need.
pub struct App {
    pub config: Config,
    /// The exact Origin of browsers.
    pub origin: String,
    pub store: Arc<dyn Store>,
    pub blobs: Arc<dyn BlobStore>,
    pub actors: Arc<Actors>,
    pub hub: Arc<Hub>,
    pub graph: Arc<GraphClient>,
    pub templates: TemplateCache,
    pub routing: Routing,
    pub households: Arc<Households>,
    pub auth: Auth,
    pub clerk: Clerk,
    pub post: Post,
    /// Check-ups at once: each keeps Meta busy with half a dozen requests.
    pub checkups: tokio::sync::Semaphore,
    pub clock: Arc<dyn Clock>,
    /// Time-ordered: for inbox items and files.
    pub ids: Arc<dyn IdSource>,
    pub metrics: Option<metrics_exporter_prometheus::PrometheusHandle>,
    pub demo: Option<Demo>,
    /// Webhooks with a wrong signature since the start.
    pub refused: AtomicU64,
    disk_full: AtomicBool,
    sqlite: Arc<SqliteStore>,
}

/// The start failed; one line for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub String);

/// Intake is refused while commits lag behind by more than this: Meta repeats for days, a customer waits.
const LAG_MAX: Duration = Duration::from_millis(200);
/// Intake is refused below this, so that what is stored can still be merged, read and backed up.
const FREE_BYTES_MIN: u64 = 256 << 20;

/// More are answered 503.
const CHECKUPS_AT_ONCE: usize = 4;

impl App {
    /// Opens the store and starts the actors. Must run inside an actix system.
    pub async fn start(config: Config, origin: String, demo: Option<Demo>) -> Result<Self, StartError> {
        // Before anything counts: a gauge that misses its first steps stays wrong.
        let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder().ok();
        let sqlite = Arc::new(open_store(&config)?);
        let store: Arc<dyn Store> = sqlite.clone();
        let blobs = open_blobs(&config, &sqlite)?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let auth = Auth::open(&config.data_dir.join("session.keys"), &config.limits, clock.now())
            .map_err(|error| StartError(format!("The keys that sign sessions cannot be read or made: {error}.")))?;
        let mailer = Mailer::open(&config.smtp).map_err(|error| StartError(error.0))?;
        let graph = GraphConfig {
            base_url: config.meta.graph_url.clone(),
            version: config.meta.graph_version.clone(),
            ..GraphConfig::default()
        };
        let graph = GraphClient::new(graph, blobs.clone()).map_err(|error| StartError(error.to_string()))?;
        let graph = Arc::new(graph);
        let households = Arc::new(Households::default());
        let hub = Hub::new(store.clone(), households.clone(), &config.limits);
        households.tell(&hub);
        let world = World {
            store: store.clone(),
            blobs: blobs.clone(),
            bus: hub.clone(),
            meta: graph.clone(),
            translator: Arc::new(Dialect),
            clock: clock.clone(),
            ids: Arc::new(RandomIds),
            cluster: None,
        };
        let actors = Actors::start(world, &Placement::Arbiters(threads(config.actor_threads)));
        let routing = Routing::load(store.as_ref()).await.map_err(|error| StartError(error.to_string()))?;
        actors.recover().await.map_err(|error| StartError(error.to_string()))?;
        Ok(Self {
            origin,
            store,
            blobs,
            actors,
            hub,
            graph,
            templates: TemplateCache::default(),
            routing,
            households,
            auth,
            clerk: Clerk::default(),
            post: Post::new(mailer),
            checkups: tokio::sync::Semaphore::new(CHECKUPS_AT_ONCE),
            clock,
            ids: Arc::new(TimeOrderedIds::default()),
            metrics,
            demo,
            refused: AtomicU64::new(0),
            disk_full: AtomicBool::new(false),
            sqlite,
            config,
        })
    }

    /// Whether the store keeps up, so that what comes in can be answered in time and kept.
    pub fn keeps_up(&self) -> bool {
        Duration::from_millis(self.sqlite.pressure().oldest_ms) < LAG_MAX && !self.disk_full.load(Ordering::Relaxed)
    }

    /// Called now and then: asking the file system on every webhook would cost more than the webhook.
    pub fn look_at_disk(&self) {
        let full = self.sqlite.free_bytes().is_ok_and(|free| free < FREE_BYTES_MIN);
        if full && !self.disk_full.swap(full, Ordering::Relaxed) {
            tracing::error!(
                "the disk is nearly full: webhooks are answered 503 until there is room, Meta repeats them"
            );
        }
        self.disk_full.store(full, Ordering::Relaxed);
    }

    /// After the listener and the sessions: actors, then the store.
    pub async fn stop(&self, deadline: Duration) {
        if !self.actors.drain(deadline).await {
            tracing::warn!("stopped before everything was done; what is left is durable and goes on at the next start");
        }
        if let Err(error) = self.sqlite.close().await {
            tracing::error!(%error, "the store did not close in order");
        }
    }
}

/// Opens the embedded store; also for the command line.
pub fn open_store(config: &Config) -> Result<SqliteStore, StartError> {
    SqliteStore::open_with(&config.data_dir, config.keyring(), SqliteOptions::default())
        .map_err(|error| StartError(error.to_string()))
}

/// Opens the directory of files, which are sealed by the store's keys.
pub fn open_blobs(config: &Config, store: &SqliteStore) -> Result<Arc<DirectoryBlobs>, StartError> {
    let blobs = DirectoryBlobs::open(&config.data_dir, store.keyring());
    blobs.map(Arc::new).map_err(|error| StartError(format!("Files cannot be stored: {error}.")))
}

/// 0 in the settings is one thread per core.
pub fn threads(setting: usize) -> usize {
    if setting == 0 { std::thread::available_parallelism().map_or(1, std::num::NonZero::get) } else { setting }
}
