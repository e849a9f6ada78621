//! Two nodes in this process, over one store in memory, and the air between them.

use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use engine::account::Account;
use engine::administration::{Actor, Command, Founding, MemberCommand, found};
use engine::directory::{Number, NumberStanding, RoleId};
use engine::id::{AccountId, MemberId, NodeId, TenantId};
use engine::permission::Role;
use engine::ports::{Administration as _, Directory as _, Hint, Hints, Listener, StoreError};
use engine::time::Clock as _;
use gateway::app::{App, Ground};
use gateway::auth::keys::KeyPlace;
use gateway::config::Config;
use gateway::households::Households;
use gateway::peers::Peers;
use gateway::server;
use gateway::shell::SystemClock;
use gateway::store::Footing;
use loadtest::simulator::{Simulator, SimulatorConfig};
use storage::memory::MemoryStore;
use tempfile::TempDir;
use tokio::sync::oneshot;

use super::{Agent, NUMBER, ORGANIZATION, OWNER, PASSWORD, SECRET, VERIFY_TOKEN, WABA};

/// An agent of the organization.
pub(crate) const LINA: &str = "lina@garden.example";
pub(crate) const GARDEN: TenantId = TenantId::from_bytes([2; 16]);

/// Between the nodes; may lose everything.
#[derive(Default)]
pub(crate) struct Air {
    radios: Mutex<Vec<Arc<Tuned>>>,
    lost: AtomicBool,
}

/// One node's part of it.
struct Tuned {
    ear: Mutex<Option<Arc<dyn Listener>>>,
    follows: Mutex<HashSet<TenantId>>,
}

struct Radio {
    air: Arc<Air>,
    own: Arc<Tuned>,
}

impl Air {
    /// From now on no hint arrives.
    pub(crate) fn is_lost(&self) {
        self.lost.store(true, Ordering::SeqCst);
    }

    fn radio(self: &Arc<Self>) -> Arc<dyn Hints> {
        let own = Arc::new(Tuned { ear: Mutex::default(), follows: Mutex::default() });
        self.radios.lock().unwrap().push(own.clone());
        Arc::new(Radio { air: self.clone(), own })
    }
}

fn concerns(hint: &Hint) -> Option<TenantId> {
    match hint {
        Hint::Routing => None,
        Hint::Logged { tenant, .. }
        | Hint::Alerts { tenant }
        | Hint::Household { tenant, .. }
        | Hint::SessionEnded { tenant, .. }
        | Hint::MemberEnded { tenant, .. }
        | Hint::Work { tenant }
        | Hint::Outbox { tenant, .. }
        | Hint::Campaign { tenant, .. }
        | Hint::Presence { tenant, .. } => Some(*tenant),
    }
}

#[async_trait]
impl Hints for Radio {
    fn tell(&self, hint: Hint) {
        if self.air.lost.load(Ordering::SeqCst) {
            return;
        }
        for radio in self.air.radios.lock().unwrap().iter().filter(|radio| !Arc::ptr_eq(radio, &self.own)) {
            let wanted = concerns(&hint).is_none_or(|tenant| radio.follows.lock().unwrap().contains(&tenant));
            if let (true, Some(ear)) = (wanted, radio.ear.lock().unwrap().as_ref()) {
                ear.heard(hint.clone());
            }
        }
    }

    fn listen(&self, listener: Arc<dyn Listener>) {
        *self.own.ear.lock().unwrap() = Some(listener);
    }

    fn follow(&self, tenant: TenantId, wanted: bool) {
        let mut follows = self.own.follows.lock().unwrap();
        if wanted {
            follows.insert(tenant)
        } else {
            follows.remove(&tenant)
        };
    }
}

/// What carries a store in memory.
struct Memory;

#[async_trait]
impl Footing for Memory {
    fn lag(&self) -> Duration {
        Duration::ZERO
    }

    fn waiting(&self) -> Option<(usize, usize)> {
        None
    }

    fn free_bytes(&self) -> Option<std::io::Result<u64>> {
        None
    }

    fn is_shared(&self) -> bool {
        true
    }

    async fn roll_forward(&self, _: TenantId) -> Result<(), StoreError> {
        Ok(())
    }

    async fn close(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[derive(Default)]
struct SharedKeys(Mutex<Option<Vec<u8>>>);

#[async_trait]
impl KeyPlace for SharedKeys {
    async fn read(&self) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.lock().unwrap().clone())
    }

    async fn replace(&self, before: Option<&[u8]>, after: &[u8]) -> Result<bool, StoreError> {
        let mut kept = self.0.lock().unwrap();
        let same = kept.as_deref() == before;
        if same {
            *kept = Some(after.to_vec());
        }
        Ok(same)
    }
}

struct Node {
    url: String,
    end: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Node {
    async fn start(ground: Ground, config: Config) -> Self {
        let (ready, told) = oneshot::channel();
        let (end, ended) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let listener = server::bind(config.listen).unwrap();
                let url = config.address(listener.local_addr().unwrap());
                let app = App::start_on(ground, config, url.clone(), None).await.unwrap();
                let end = async { drop(ended.await) };
                let say = || drop(ready.send(url));
                server::serve_until(actix_web::web::Data::new(app), listener, None, say, end).await.unwrap();
            });
        });
        Self { url: told.await.expect("the node starts"), end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        drop(self.end.take());
        let ended = self.thread.take().map(std::thread::JoinHandle::join);
        assert!(std::thread::panicking() || ended.is_none_or(|ended| ended.is_ok()), "the node stops in order");
    }
}

/// An organization with its owner, an agent and a number, on two nodes.
pub(crate) struct Nodes {
    pub(crate) air: Arc<Air>,
    pub(crate) store: Arc<MemoryStore>,
    both: [Node; 2],
    #[expect(dead_code, reason = "Meta and the folders are there as long as the nodes")]
    around: (Simulator, TempDir),
}

impl Nodes {
    pub(crate) async fn two() -> Self {
        let meta = Simulator::start(SimulatorConfig::default()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (air, store) = (Arc::new(Air::default()), Arc::new(MemoryStore::new()));
        let keys = Arc::new(SharedKeys::default());
        furnish(&store).await;
        let node = async |n: u8| {
            let ground = Ground {
                store: store.clone(),
                footing: Arc::new(Memory),
                blobs: store.clone(),
                keys: keys.clone(),
                leases: Some(store.clone()),
                peers: Peers::on_one_store(NodeId::from_bytes([n; 16]), Some(air.radio())),
            };
            Node::start(ground, settings(&meta, folder.path())).await
        };
        let both = [node(1).await, node(2).await];
        Self { air, store, both, around: (meta, folder) }
    }

    pub(crate) fn url(&self, node: usize) -> &str {
        &self.both[node].url
    }

    pub(crate) async fn sign_in(&self, node: usize, email: &str) -> Agent {
        Agent::sign_in(self.url(node), email, PASSWORD).await
    }

    /// The same browser, sent to another node.
    pub(crate) fn moved(&self, agent: &Agent, node: usize) -> Agent {
        let url = self.url(node).to_owned();
        Agent { origin: url.clone(), url, ..agent.clone() }
    }
}

fn settings(meta: &Simulator, folder: &Path) -> Config {
    let mut config = Config::defaults().unwrap();
    config.listen = "127.0.0.1:0".parse().unwrap();
    config.metrics_listen = None;
    config.data_dir = folder.into();
    config.actor_threads = 1;
    config.http_threads = 1;
    config.meta.graph_url = meta.url().into();
    config.meta.app_secrets = vec![SECRET.to_owned()];
    config.meta.verify_token = VERIFY_TOKEN.into();
    config.limits.sign_in_attempts = 100;
    config
}

async fn furnish(store: &MemoryStore) {
    let now = SystemClock.now();
    let hash = gateway::auth::passwords::hash(PASSWORD).unwrap();
    let owner = Account::new(AccountId::from_bytes([1; 16]), OWNER.into(), "owner".into(), Some(hash), now);
    let founding = Founding { id: GARDEN, name: ORGANIZATION.into(), member: MemberId::from_bytes([3; 16]) };
    let (household, audit) = found(&Actor::SYSTEM, founding, &owner, now).unwrap();
    store.create_organization(household, vec![owner.clone()], audit).await.unwrap();
    let lina = Account { id: AccountId::from_bytes([4; 16]), email: LINA.into(), name: "lina".into(), ..owner };
    let (id, role) = (MemberId::from_bytes([5; 16]), RoleId::Default(Role::Agent));
    let add = Command::Member(MemberCommand::Add { id, account: Box::new(lina), role });
    Households::default().change(store, GARDEN, &Actor::SYSTEM, add, now).await.unwrap();
    assert!(store.put_number(GARDEN, number(NUMBER)).await.unwrap());
}

pub(crate) fn number(id: &str) -> Number {
    Number {
        phone_number_id: id.parse().unwrap(),
        waba_id: WABA.parse().unwrap(),
        portfolio: "default".to_owned(),
        name: "Garden".to_owned(),
        display: "+1 202 555 0100".to_owned(),
        token: super::TOKEN.to_owned(),
        rate_per_second: 80,
        standing: NumberStanding::default(),
    }
}
