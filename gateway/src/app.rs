//! Puts the parts together: the one place that names both the actors and the store.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use actors::{Actors, Cluster, Placement, World};
use engine::cluster::LeaseName;
use engine::id::{NodeId, TenantId};
use engine::ports::{BlobStore, Hint, Leases, Store, StoreError};
use engine::price::Prices;
use engine::time::{Clock, IdSource};
use tokio::time::Instant;

use crate::auth::Auth;
use crate::auth::keys::KeyPlace;
use crate::clerk::Clerk;
use crate::config::Config;
use crate::contact_import::Imports;
use crate::demo::Demo;
use crate::households::Households;
use crate::live::hub::Hub;
use crate::mail::Mailer;
use crate::mail::post::Post;
use crate::meta::graph::{GraphClient, GraphConfig};
use crate::meta::parse::Dialect;
use crate::metric;
use crate::peers::Peers;
use crate::prices;
use crate::routing::Routing;
use crate::shell::{RandomIds, SystemClock, TimeOrderedIds};
use crate::store::{self, Footing, Opened};
use crate::templates::Syncs;

/// Everything that requests need.
pub struct App {
    pub config: Config,
    /// The exact Origin of browsers.
    pub origin: String,
    pub store: Arc<dyn Store>,
    pub footing: Arc<dyn Footing>,
    pub peers: Peers,
    pub blobs: Arc<dyn BlobStore>,
    pub actors: Arc<Actors>,
    pub hub: Arc<Hub>,
    pub graph: Arc<GraphClient>,
    pub syncs: Syncs,
    pub prices: Arc<Prices>,
    pub routing: Routing,
    pub households: Arc<Households>,
    pub auth: Auth,
    pub clerk: Clerk,
    pub imports: Imports,
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
}

/// What a server stands on.
pub struct Ground {
    pub store: Arc<dyn Store>,
    pub footing: Arc<dyn Footing>,
    pub blobs: Arc<dyn BlobStore>,
    /// The keys that sign sessions: the same for every node.
    pub keys: Arc<dyn KeyPlace>,
    /// `None`: all work is ours.
    pub leases: Option<Arc<dyn Leases>>,
    pub peers: Peers,
}

/// The start failed; one line for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct StartError(pub String);

/// Intake is refused while commits lag behind by more than this: Meta repeats for days, a customer waits.
const LAG_MAX: Duration = Duration::from_millis(200);
/// Intake is refused below this, so that what is stored can still be merged, read and backed up.
const FREE_BYTES_MIN: u64 = 256 << 20;

/// A start waits so long for servers that do not answer; who started it would only do so again.
const START_PATIENCE: Duration = Duration::from_mins(1);
const START_AGAIN: Duration = Duration::from_secs(1);

/// What the installation does by itself, whichever node has it: [`HOUSEKEEPING`] and [`ROUNDS`].
const CHORES: u16 = 2;
/// Trimming, handing over, forgetting what has expired.
pub const HOUSEKEEPING: LeaseName = LeaseName::Chores(0);
/// Checks of numbers.
pub const ROUNDS: LeaseName = LeaseName::Chores(1);

/// More are answered 503.
pub(crate) const CHECKUPS_AT_ONCE: usize = 4;

impl App {
    /// Opens the store and starts the actors. Must run inside an actix system.
    pub async fn start(config: Config, origin: String, demo: Option<Demo>) -> Result<Self, StartError> {
        let opened = Opened::by(&config).await?;
        let node = NodeId::from_bytes(RandomIds.next());
        let peers = match opened.leases() {
            Some(_) => Peers::on_one_store(node, store::hints(&config)?),
            None => Peers::none(),
        };
        let ground = Ground {
            store: opened.store(),
            footing: opened.footing(),
            blobs: opened.blobs(&config).await?,
            keys: opened.session_keys(&config),
            leases: opened.leases(),
            peers,
        };
        Self::start_on(ground, config, origin, demo).await
    }

    /// The same, on what is open already.
    pub async fn start_on(
        ground: Ground,
        config: Config,
        origin: String,
        demo: Option<Demo>,
    ) -> Result<Self, StartError> {
        // Before anything counts: a gauge that misses its first steps stays wrong.
        let metrics = metrics_exporter_prometheus::PrometheusBuilder::new().install_recorder().ok();
        let prices = prices::read(config.prices_file.as_deref(), demo.as_ref().map(|_| crate::demo::PRICES));
        let prices = Arc::new(prices.map_err(|error| StartError(error.0))?);
        let Ground { store, footing, blobs, keys, leases, peers } = ground;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let shared = footing.is_shared();
        let auth = asked(shared, async || Auth::open(keys.clone(), &config.limits, clock.now()).await)
            .await
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
        let hub = Hub::new(store.clone(), households.clone(), peers.clone(), &config.limits);
        households.tell(&hub, peers.clone());
        let world = World {
            store: store.clone(),
            blobs: blobs.clone(),
            bus: hub.clone(),
            meta: graph.clone(),
            translator: Arc::new(Dialect),
            clock: clock.clone(),
            prices: prices.clone(),
            ids: Arc::new(RandomIds),
            cluster: leases.map(|leases| Cluster { leases, hints: peers.hints(), chores: CHORES }),
        };
        let actors = Actors::start(world, &Placement::Arbiters(threads(config.actor_threads)));
        let unanswered = |error: StoreError| StartError(error.to_string());
        let routing = asked(shared, async || Routing::load(store.as_ref()).await).await.map_err(unanswered)?;
        let roll = async || roll_forward(store.as_ref(), footing.as_ref()).await;
        asked(shared, roll).await.map_err(unanswered)?;
        asked(shared, async || actors.recover().await).await.map_err(unanswered)?;
        Ok(Self {
            origin,
            store,
            blobs,
            actors,
            hub,
            graph,
            syncs: Syncs::default(),
            prices,
            routing,
            households,
            auth,
            clerk: Clerk::default(),
            imports: Imports::default(),
            post: Post::new(mailer),
            checkups: tokio::sync::Semaphore::new(CHECKUPS_AT_ONCE),
            clock,
            ids: Arc::new(TimeOrderedIds::default()),
            metrics,
            demo,
            refused: AtomicU64::new(0),
            disk_full: AtomicBool::new(false),
            footing,
            peers,
            config,
        })
    }

    /// After a number or an app was connected, changed or taken away.
    pub async fn routing_changed(&self) -> Result<(), StoreError> {
        self.peers.tell(Hint::Routing);
        self.routing.reload(self.store.as_ref()).await
    }

    /// Whether the store keeps up, so that what comes in can be answered in time and kept.
    pub fn keeps_up(&self) -> bool {
        self.footing.lag() < LAG_MAX && !self.disk_full.load(Ordering::Relaxed)
    }

    /// Whether the store answers at all.
    pub async fn is_ready(&self) -> bool {
        // An organization that nobody has: the least that can be asked for.
        self.keeps_up() && self.store.pulses(&[TenantId::from_bytes([0; 16])]).await.is_ok()
    }

    /// Called now and then: asking the file system on every webhook would cost more than the webhook.
    pub fn look_at_disk(&self) {
        let free = self.footing.free_bytes().and_then(Result::ok);
        if let Some(free) = free {
            #[expect(clippy::cast_precision_loss, reason = "a gauge; disks have less than 2^52 bytes")]
            metrics::gauge!(metric::DISK_FREE).set(free as f64);
        }
        let full = free.is_some_and(|free| free < FREE_BYTES_MIN);
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
        if let Err(error) = self.footing.close().await {
            tracing::error!(%error, "the store did not close in order");
        }
    }
}

/// What the start needs of the store. Servers of a `shared` one may be starting too, or busy: they are asked again.
async fn asked<T>(shared: bool, ask: impl AsyncFn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    let until = Instant::now() + START_PATIENCE;
    loop {
        match ask().await {
            Err(error @ (StoreError::Busy | StoreError::Unavailable(_))) if shared && Instant::now() < until => {
                tracing::warn!(%error, "the store does not answer yet; it is asked again");
            }
            answer => return answer,
        }
        tokio::time::sleep_until(Instant::now() + START_AGAIN).await;
    }
}

async fn roll_forward(store: &dyn Store, footing: &dyn Footing) -> Result<(), StoreError> {
    for organization in store.organizations().await? {
        footing.roll_forward(organization.id).await?;
    }
    Ok(())
}

/// 0 in the settings is one thread per core.
pub fn threads(setting: usize) -> usize {
    if setting == 0 { std::thread::available_parallelism().map_or(1, std::num::NonZero::get) } else { setting }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_start_waits_for_servers_that_do_not_answer_yet_and_for_nothing_else() {
        let tries = Cell::new(0);
        let ask = |error: fn() -> StoreError, well_after| {
            let tries = &tries;
            tries.set(0);
            async move || {
                tries.set(tries.get() + 1);
                if tries.get() > well_after { Ok(tries.get()) } else { Err(error()) }
            }
        };
        assert_eq!(asked(true, ask(|| StoreError::Unavailable("late".into()), 5)).await.unwrap(), 6);
        let began = Instant::now();
        asked(true, ask(|| StoreError::Busy, usize::MAX)).await.unwrap_err();
        assert_eq!(began.elapsed(), START_PATIENCE);
        for (shared, error) in
            [(true, (|| StoreError::Corrupt(String::new())) as fn() -> _), (false, || StoreError::Busy)]
        {
            asked(shared, ask(error, usize::MAX)).await.unwrap_err();
            assert_eq!(tries.get(), 1);
        }
    }
}
