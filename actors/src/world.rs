//! What the actors stand on, and the handle by which the gateway reaches them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use actix::{Addr, Arbiter};
use dashmap::{DashMap, DashSet};
use engine::directory::Number;
use engine::id::{CampaignId, ConversationId, NodeId, PhoneNumberId, TenantId};
use engine::intake::IntakeRecord;
use engine::ports::{BlobStore, Bus, Clock, IdSource, MetaApi, Store, StoreError, Translator};
use engine::price::Prices;
use engine::rejection::Rejection;
use engine::time::Timestamp;

use crate::broadcast::{self, BroadcastActor, Flow};
use crate::cap::OneByOne;
use crate::cluster::{Cluster, Membership};
use crate::conversation::ConversationActor;
use crate::media::MediaActor;
use crate::number::NumberActor;
use crate::outreach::Portfolios;
use crate::registry::Registry;
use crate::supervisor::Site;
use crate::tenant::{Arrived, Backlog, CatchUp, TenantActor};

/// Everything the actors need of the world.
pub struct World {
    pub store: Arc<dyn Store>,
    pub blobs: Arc<dyn BlobStore>,
    pub bus: Arc<dyn Bus>,
    pub meta: Arc<dyn MetaApi>,
    pub translator: Arc<dyn Translator>,
    pub clock: Arc<dyn Clock>,
    pub prices: Arc<Prices>,
    pub ids: Arc<dyn IdSource>,
    /// `None`: nobody else works on this store, and everything is ours.
    pub cluster: Option<Cluster>,
}

/// Where actors run.
pub enum Placement {
    /// All on the calling thread: tests with paused time.
    Here,
    /// On this many threads of their own.
    Arbiters(usize),
}

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Too much waits for this conversation. Nothing was done.
    #[error("the conversation is busy")]
    Busy,
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The actor panicked with this command in hand; whether it was done is seen by repeating it with the same key.
    #[error("the conversation's actor panicked")]
    Crashed,
}

/// Items of the inbox log that may wait for one tenant in memory. Full: they stay in the log and are read from there.
const TENANT_QUEUE: u32 = 2048;
/// Messages that may wait for one conversation. Full: commands answer Busy, inbox items wait in their tenant.
const CONVERSATION_QUEUE: u32 = 64;
/// Messages that may wait in memory for one number. Full: they stay in the outbox and are read from there.
const NUMBER_QUEUE: u32 = 8192;
/// Words that may wait for one broadcast. Full: it is about to look anyway.
const BROADCAST_QUEUE: u32 = 16;
/// A conversation nobody used for this long is forgotten; the store has it.
const CONVERSATION_IDLE: Duration = Duration::from_mins(1);
/// From so many on (35 MB), the least idleness is enough to be forgotten: a burst of many customers must not fill the memory.
const CONVERSATIONS_MANY: usize = 20_000;
const CONVERSATION_IDLE_AMONG_MANY: Duration = Duration::from_secs(5);

/// The running actors.
pub struct Actors {
    pub(crate) world: World,
    pub(crate) tenants: Arc<Registry<TenantId, TenantActor>>,
    pub(crate) backlogs: DashMap<TenantId, Arc<Backlog>>,
    pub(crate) conversations: Arc<Registry<(TenantId, ConversationId), ConversationActor>>,
    pub(crate) numbers: Arc<Registry<(TenantId, PhoneNumberId), NumberActor>>,
    pub(crate) broadcasts: Arc<Registry<(TenantId, CampaignId), BroadcastActor>>,
    /// Broadcasts that are fed from here, as their numbers and the page that shows them see them.
    pub(crate) flows: DashMap<(TenantId, CampaignId), Arc<Flow>>,
    /// Changes of contacts that came from no message of theirs.
    pub(crate) contact_edits: AtomicU64,
    /// Whoever has launched a broadcast since this process began, as far as was heard.
    pub(crate) broadcasting: DashSet<TenantId>,
    pub(crate) outreach: Portfolios,
    /// Whom something that counts against a cap is being sent to.
    pub(crate) advertised: OneByOne,
    /// The process ends: no broadcast begins any more.
    draining: AtomicBool,
    media: Addr<MediaActor>,
    arbiters: Vec<Arbiter>,
    /// What was claimed before is nobody's any more, where there are no other nodes.
    pub(crate) started_at: Timestamp,
    pub(crate) membership: Option<Membership>,
    /// Where the membership runs: nothing that keeps an arbiter busy may hold up a beat.
    apart: Site,
}

impl Actors {
    /// Starts empty: [`Actors::recover`] takes up what an earlier process left.
    pub fn start(mut world: World, placement: &Placement) -> Arc<Self> {
        let membership =
            world.cluster.take().map(|cluster| Membership::new(cluster, NodeId::from_bytes(world.ids.next())));
        let mut arbiters: Vec<Arbiter> = match placement {
            Placement::Here => Vec::new(),
            Placement::Arbiters(count) => (0..*count).map(|_| Arbiter::new()).collect(),
        };
        let sites: Vec<Site> = match placement {
            Placement::Here => vec![Site::Here],
            Placement::Arbiters(_) => arbiters.iter().map(|arbiter| Site::Arbiter(arbiter.handle())).collect(),
        };
        let mut apart = Site::Here;
        if membership.is_some() && matches!(placement, Placement::Arbiters(_)) {
            let own = Arbiter::new();
            apart = Site::Arbiter(own.handle());
            arbiters.push(own);
        }
        let started_at = world.clock.now();
        Arc::new_cyclic(|this| Self {
            started_at,
            membership,
            apart,
            world,
            tenants: Arc::new(Registry::new("tenant", sites.clone(), TENANT_QUEUE)),
            backlogs: DashMap::new(),
            conversations: Arc::new(Registry::new("conversation", sites.clone(), CONVERSATION_QUEUE)),
            numbers: Arc::new(Registry::new("number", sites.clone(), NUMBER_QUEUE)),
            broadcasts: Arc::new(Registry::new("broadcast", sites.clone(), BROADCAST_QUEUE)),
            flows: DashMap::new(),
            contact_edits: AtomicU64::new(0),
            broadcasting: DashSet::new(),
            outreach: Portfolios::default(),
            advertised: OneByOne::default(),
            draining: AtomicBool::new(false),
            media: MediaActor::start(sites.first().unwrap_or(&Site::Here), this.clone()),
            arbiters,
        })
    }

    /// Takes up unfinished inbox items, the outbox, broadcasts and files to fetch. Returns when the work is handed out, not done. Where
    /// there are other nodes, joins them: work is taken up as it is taken over. At most once.
    pub async fn recover(self: &Arc<Self>) -> Result<(), StoreError> {
        if !self.is_alone() {
            self.join(&self.apart);
            return Ok(());
        }
        for organization in self.world.store.organizations().await? {
            self.tenant(organization.id).do_catch_up();
            for campaign in self.world.store.campaigns_at_work(organization.id).await? {
                broadcast::look(self, organization.id, campaign);
            }
        }
        Ok(())
    }

    /// Items that are committed to the inbox log; those of other tenants and in quarantine are passed over. What does
    /// not fit into memory is read from the log later.
    pub fn arrived(self: &Arc<Self>, tenant: TenantId, records: Arc<[IntakeRecord]>) {
        if self.takes_in(tenant).is_none() {
            return self.pass_on_work(tenant);
        }
        if self.backlogs.get(&tenant).is_some_and(|backlog| backlog.takes()) {
            return;
        }
        let weight = u32::try_from(records.len()).unwrap_or(u32::MAX);
        let actors = self.clone();
        match self.tenants.try_reserve(&tenant, weight, move || TenantActor::new(tenant, actors.clone())) {
            Ok(reserved) => {
                let span = tracing::Span::current();
                if reserved.address.try_send(Arrived { records, span, permit: reserved.permit }).is_err() {
                    self.tenant(tenant).do_catch_up();
                }
            }
            Err(_full) => self.tenant(tenant).do_catch_up(),
        }
    }

    /// The organization connected a number, or an item was opened for replay: look into the log.
    pub fn look_into_log(self: &Arc<Self>, tenant: TenantId) {
        if self.takes_in(tenant).is_none() {
            return self.pass_on_work(tenant);
        }
        self.tenant(tenant).do_catch_up();
    }

    /// Shows the customer "typing…"; best effort.
    pub async fn show_typing(self: &Arc<Self>, tenant: TenantId, number: &PhoneNumberId, wamid: engine::id::Wamid) {
        if let Ok(Some((owner, number))) = self.world.store.number(number).await
            && owner == tenant
        {
            self.world.meta.mark_read(&number, engine::ports::ReadReceipt { wamid, typing: true }).await;
        }
    }

    /// Leaves the other nodes, and waits until nothing is queued or in hand, at most until the deadline; what is left is
    /// durable.
    pub async fn drain(self: &Arc<Self>, deadline: Duration) -> bool {
        self.draining.store(true, Ordering::SeqCst);
        self.close_broadcasts();
        let quiet = async {
            self.leave().await;
            let mut tick = tokio::time::interval(Duration::from_millis(20));
            loop {
                tick.tick().await;
                if self.tenants.is_quiet() && self.conversations.is_quiet() && self.numbers.is_quiet() {
                    return;
                }
            }
        };
        let drained = tokio::time::timeout(deadline, quiet).await.is_ok();
        for arbiter in &self.arbiters {
            arbiter.stop();
        }
        drained
    }

    pub(crate) fn media(&self) -> &Addr<MediaActor> {
        &self.media
    }

    /// A contact was edited or removed: what is remembered of contacts is older. Other nodes look again by themselves.
    pub fn contact_changed(&self) {
        self.contact_edits.fetch_add(1, Ordering::AcqRel);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.draining.load(Ordering::SeqCst)
    }

    /// Forgets idle conversations and broadcasts. Called now and then by the owner of the process.
    pub fn sweep(&self) {
        self.broadcasts.sweep(CONVERSATION_IDLE);
        let many = self.conversations.len() > CONVERSATIONS_MANY;
        self.conversations.sweep(if many { CONVERSATION_IDLE_AMONG_MANY } else { CONVERSATION_IDLE });
    }

    pub(crate) async fn number_of(&self, tenant: TenantId, id: &PhoneNumberId) -> Result<Option<Number>, StoreError> {
        let found = self.world.store.number(id).await?;
        Ok(found.filter(|(owner, _)| *owner == tenant).map(|(_, number)| number))
    }

    fn tenant(self: &Arc<Self>, tenant: TenantId) -> TenantHandle {
        let actors = self.clone();
        TenantHandle(self.tenants.address(&tenant, move || TenantActor::new(tenant, actors.clone())))
    }
}

struct TenantHandle(Addr<TenantActor>);

impl TenantHandle {
    fn do_catch_up(&self) {
        if self.0.try_send(CatchUp).is_err() {
            // The actor ended between the two lines; its successor catches up when it starts.
            tracing::debug!("a tenant ended while it was told to catch up");
        }
    }
}
