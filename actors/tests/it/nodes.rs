//! Several nodes on one store, in one thread of paused time. Each runs in a set of tasks of its own, so that it can be killed
//! (the set is dropped) and paused (the set is not polled, while time goes on).

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, Weak};
use std::task::{Poll, Waker};
use std::time::Duration;

use actors::{Actors, Cluster, Placement, World};
use async_trait::async_trait;
use bytes::Bytes;
use engine::cluster::{Epoch, LeaseName, Member};
use engine::directory::Number;
use engine::id::{ClaimToken, ConversationId, IntakeId, MetaMediaId, NodeId, TenantId};
use engine::message::Message;
use engine::outgoing::Outgoing;
use engine::ports::{
    FetchError, Hint, Hints, InboxLog as _, Leases, Listener, MetaApi, MetaSend, ReadReceipt, StoreError, Taken,
    Uploads,
};
use engine::template::Template;
use storage::memory::MemoryStore;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::stage::{Archive, Counted, Heard, Meta, NUMBER, PlayClock, Script, TENANT, text};

const TICK: Duration = Duration::from_millis(10);
/// What a test waits for happens within this.
const SOON: Duration = Duration::from_mins(2);
pub(crate) const CHORES: u16 = 2;

pub(crate) fn intake() -> LeaseName {
    LeaseName::Intake(TENANT)
}

pub(crate) fn number() -> LeaseName {
    LeaseName::Number(TENANT, NUMBER.parse().unwrap())
}

/// The same numbers for the same seed.
pub(crate) struct Chance(AtomicU64);

impl Chance {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Below `end`.
    pub(crate) fn below(&self, end: u64) -> u64 {
        let mut mixed = self.0.fetch_add(0x9E37_79B9_7F4A_7C15, Ordering::SeqCst);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }

    pub(crate) fn percent(&self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// Between the nodes: loses, delays and doubles.
pub(crate) struct Network {
    pub(crate) chance: Chance,
    pub(crate) loses_percent: AtomicU64,
    inboxes: Mutex<Vec<UnboundedSender<(Instant, Hint)>>>,
}

struct Wire {
    network: Arc<Network>,
    index: usize,
}

impl Hints for Wire {
    fn tell(&self, hint: Hint) {
        let (inboxes, chance) = (self.network.inboxes.lock().unwrap(), &self.network.chance);
        for (_, inbox) in inboxes.iter().enumerate().filter(|(index, _)| *index != self.index) {
            if chance.percent(self.network.loses_percent.load(Ordering::SeqCst)) {
                continue;
            }
            for _ in 0..=u8::from(chance.percent(10)) {
                let late = if chance.percent(10) { 2_000 } else { 20 };
                // A node that is gone hears nothing.
                drop(inbox.send((Instant::now() + Duration::from_millis(chance.below(late)), hint.clone())));
            }
        }
    }

    /// Nodes of a test take hints out of their inbox by themselves.
    fn listen(&self, _: Arc<dyn Listener>) {}

    fn follow(&self, _: TenantId, _: bool) {}
}

/// The way to the leases.
pub(crate) struct Line {
    store: Arc<MemoryStore>,
    /// Beats are made, and nobody is told.
    pub(crate) loses_answers: AtomicBool,
    /// Nothing of the leases answers, though everything else of the store does.
    pub(crate) hangs: AtomicBool,
}

impl Line {
    async fn reach(&self) {
        if self.hangs.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Leases for Line {
    async fn join(&self, node: NodeId) -> Result<(), StoreError> {
        self.reach().await;
        self.store.join(node).await
    }

    async fn beat(&self, node: NodeId, beat: u64) -> Result<bool, StoreError> {
        self.reach().await;
        let answer = self.store.beat(node, beat).await?;
        if self.loses_answers.load(Ordering::SeqCst) {
            return Err(StoreError::Unavailable("the answer was lost".to_owned()));
        }
        Ok(answer)
    }

    async fn leave(&self, node: NodeId) -> Result<(), StoreError> {
        self.reach().await;
        self.store.leave(node).await
    }

    async fn members(&self) -> Result<Vec<Member>, StoreError> {
        self.reach().await;
        self.store.members().await
    }

    async fn bury(&self, node: NodeId, seen: u64) -> Result<bool, StoreError> {
        self.reach().await;
        self.store.bury(node, seen).await
    }

    async fn take(&self, name: &LeaseName, node: NodeId) -> Result<Taken, StoreError> {
        self.reach().await;
        self.store.take(name, node).await
    }

    async fn give_up(&self, name: &LeaseName, node: NodeId, epoch: Epoch) -> Result<(), StoreError> {
        self.reach().await;
        self.store.give_up(name, node, epoch).await
    }

    async fn holder(&self, name: &LeaseName) -> Result<Option<(NodeId, Epoch)>, StoreError> {
        self.reach().await;
        self.store.holder(name).await
    }

    async fn forget_dead(&self) -> Result<(), StoreError> {
        self.reach().await;
        self.store.forget_dead().await
    }
}

/// WhatsApp, as one node reaches it: whoever sends without the number's lease is written down.
struct Reach {
    meta: Arc<Meta>,
    truth: Arc<MemoryStore>,
    strays: Arc<Mutex<Vec<String>>>,
    actors: OnceLock<Weak<Actors>>,
}

#[async_trait]
impl MetaApi for Reach {
    async fn prepare(&self, number: &Number, outgoing: &Outgoing) -> Result<Uploads, MetaSend> {
        self.meta.prepare(number, outgoing).await
    }

    async fn send(&self, to: &Number, outgoing: &Outgoing, files: &Uploads, token: ClaimToken) -> MetaSend {
        let node = self.actors.get().and_then(Weak::upgrade).and_then(|actors| actors.node());
        let holder = self.truth.holder(&number()).await.unwrap();
        if holder.map(|(holder, _)| holder) != node {
            self.strays.lock().unwrap().push(format!("{node:?} sends, and {holder:?} has the number"));
        }
        self.meta.send(to, outgoing, files, token).await
    }

    async fn mark_read(&self, number: &Number, receipt: ReadReceipt) {
        self.meta.mark_read(number, receipt).await;
    }

    async fn download(&self, number: &Number, media: &MetaMediaId, size_max: u64) -> Result<Bytes, FetchError> {
        self.meta.download(number, media, size_max).await
    }

    async fn templates(&self, number: &Number) -> Result<Vec<Template>, FetchError> {
        self.meta.templates(number).await
    }
}

pub(crate) struct Node {
    tasks: Rc<RefCell<Option<LocalSet>>>,
    paused: Rc<Cell<bool>>,
    waker: Rc<RefCell<Option<Waker>>>,
    pub(crate) actors: Arc<Actors>,
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) line: Arc<Line>,
}

impl Node {
    /// What a request at this node does; a node that was killed has none.
    pub(crate) async fn run<R: 'static>(&self, work: impl Future<Output = R> + 'static) -> R {
        let running = self.tasks.borrow().as_ref().map(|tasks| tasks.spawn_local(work));
        running.unwrap().await.unwrap()
    }

    pub(crate) fn is_killed(&self) -> bool {
        self.tasks.borrow().is_none()
    }

    pub(crate) fn is_paused(&self) -> bool {
        self.paused.get()
    }

    pub(crate) fn serves(&self) -> bool {
        !self.is_killed() && !self.is_paused()
    }

    pub(crate) fn kill(&self) {
        drop(self.tasks.borrow_mut().take());
    }

    pub(crate) fn pause(&self) {
        self.paused.set(true);
    }

    pub(crate) fn go_on(&self) {
        self.paused.set(false);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }

    fn holds(&self, name: &LeaseName) -> bool {
        !self.is_killed() && self.actors.holds(name).is_some()
    }

    async fn leave(&self) {
        let actors = self.actors.clone();
        self.run(async move { actors.leave().await }).await;
    }

    /// SIGTERM, and its end.
    pub(crate) async fn stop(&self) {
        self.leave().await;
        self.kill();
    }

    pub(crate) async fn reply(&self, conversation: ConversationId, key: &str) -> Result<Message, actors::CommandError> {
        let (actors, request) = (self.actors.clone(), text(key, key));
        self.run(async move { actors.reply(conversation, request).await }).await
    }
}

pub(crate) struct Fleet {
    pub(crate) archive: Archive,
    pub(crate) meta: Arc<Meta>,
    pub(crate) network: Arc<Network>,
    nodes: RefCell<Vec<Rc<Node>>>,
    ids: Arc<Counted>,
    strays: Arc<Mutex<Vec<String>>>,
}

/// Runs with paused time on one thread, with this many nodes.
pub(crate) fn play_with<F: Future<Output = ()>>(nodes: usize, seed: u64, scene: impl FnOnce(Fleet) -> F) {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    actix::System::with_tokio_rt(runtime).block_on(async move {
        let archive = Archive::furnished(Arc::new(MemoryStore::new()), PlayClock::from_now_on()).await;
        let inboxes = Mutex::default();
        let network = Arc::new(Network { chance: Chance::seeded(seed), loses_percent: AtomicU64::new(0), inboxes });
        let fleet = Fleet {
            archive,
            network,
            meta: Arc::new(Meta::default()),
            nodes: RefCell::default(),
            ids: Arc::default(),
            strays: Arc::default(),
        };
        for _ in 0..nodes {
            fleet.start().await;
        }
        scene(fleet).await;
    });
}

impl Fleet {
    pub(crate) async fn start(&self) -> Rc<Node> {
        let store = Arc::new(self.archive.store.as_seen_by_another());
        let reach = Arc::new(Reach {
            meta: self.meta.clone(),
            truth: self.archive.store.clone(),
            strays: self.strays.clone(),
            actors: OnceLock::new(),
        });
        let (loses_answers, hangs) = (AtomicBool::default(), AtomicBool::default());
        let line = Arc::new(Line { store: store.clone(), loses_answers, hangs });
        let (sender, inbox) = unbounded_channel();
        let index = {
            let mut inboxes = self.network.inboxes.lock().unwrap();
            inboxes.push(sender);
            inboxes.len() - 1
        };
        let hints = Arc::new(Wire { network: self.network.clone(), index });
        let world = World {
            store: store.clone(),
            blobs: store.clone(),
            bus: Arc::new(Heard::default()),
            meta: reach.clone(),
            translator: Arc::new(Script),
            clock: self.archive.clock.clone(),
            prices: Arc::default(),
            ids: self.ids.clone(),
            cluster: Some(Cluster { leases: line.clone(), hints, chores: CHORES }),
        };
        let tasks = LocalSet::new();
        let (sender, started) = oneshot::channel();
        tasks.spawn_local(async move {
            let actors = Actors::start(world, &Placement::Here);
            assert!(reach.actors.set(Arc::downgrade(&actors)).is_ok());
            actors.recover().await.unwrap();
            assert!(sender.send(actors.clone()).is_ok());
            hear(actors, inbox).await;
        });
        let (tasks, paused, waker) = (Rc::new(RefCell::new(Some(tasks))), Rc::default(), Rc::default());
        drop(actix::spawn(drive(Rc::clone(&tasks), Rc::clone(&paused), Rc::clone(&waker))));
        let node = Rc::new(Node { tasks, paused, waker, actors: started.await.unwrap(), store, line });
        self.nodes.borrow_mut().push(node.clone());
        node
    }

    pub(crate) fn nodes(&self) -> Vec<Rc<Node>> {
        self.nodes.borrow().iter().filter(|node| !node.is_killed()).cloned().collect()
    }

    pub(crate) fn holder(&self, name: &LeaseName) -> Option<Rc<Node>> {
        self.nodes().into_iter().find(|node| node.holds(name))
    }

    /// Whoever has the intake and the number, when everybody has what is placed on them.
    pub(crate) async fn settled(&self) -> Rc<Node> {
        self.pass(Duration::from_secs(5)).await;
        let settled = async || self.holder(&intake()).is_some_and(|node| node.serves() && node.holds(&number()));
        self.until("the work is taken", settled).await;
        self.holder(&intake()).unwrap()
    }

    pub(crate) fn others(&self, than: &Rc<Node>) -> Vec<Rc<Node>> {
        self.nodes().into_iter().filter(|node| !Rc::ptr_eq(node, than)).collect()
    }

    /// Lets time pass until it is so, and looks at every moment whether the promises are kept.
    pub(crate) async fn until<F: Future<Output = bool>>(&self, what: &str, mut is_so: impl FnMut() -> F) {
        let deadline = Instant::now() + SOON;
        let mut tick = tokio::time::interval(TICK);
        while Instant::now() < deadline {
            self.look();
            if is_so().await {
                return;
            }
            tick.tick().await;
        }
        let open = engine::ports::Outbox::unsettled(self.archive.store.as_ref(), TENANT, None, 9).await.unwrap();
        let open: Vec<_> = open.iter().map(|entry| entry.state).collect();
        panic!("never: {what}; {open:?} {:?} {:?}", self.meta.bodies(), self.archive.store.members().await);
    }

    pub(crate) async fn pass(&self, time: Duration) {
        let end = Instant::now() + time;
        self.until("time passes", async || Instant::now() >= end).await;
    }

    /// Nothing is believed by two, paused or not, and nobody sends without the number's lease.
    fn look(&self) {
        for name in [intake(), number()].into_iter().chain((0..CHORES).map(LeaseName::Chores)) {
            let holders = self.nodes().iter().filter(|node| node.holds(&name)).count();
            assert!(holders <= 1, "{holders} nodes believe in {name:?}");
        }
        let strays = self.strays.lock().unwrap();
        assert!(strays.is_empty(), "{strays:?}");
    }

    /// A webhook at this node. `false`: it was refused, and nothing is stored.
    pub(crate) async fn receive(&self, node: &Node, line: &str) -> Option<IntakeId> {
        let record = self.archive.record(line);
        let (id, records): (_, Arc<[_]>) = (record.id, [record].into());
        node.store.append(records.clone()).await.ok()?;
        let actors = node.actors.clone();
        node.run(async move { actors.arrived(TENANT, records) }).await;
        Some(id)
    }

    /// Customers write, so that their windows are open.
    pub(crate) async fn opened(&self, node: &Node, customers: std::ops::Range<u32>) -> Vec<ConversationId> {
        let before = self.archive.conversations().await.len();
        for customer in customers.clone() {
            let at = engine::time::Clock::now(self.archive.clock.as_ref());
            let phone = format!("120255{customer:05}");
            self.receive(node, &crate::stage::line(&format!("open-{phone}"), &phone, at, "Hi")).await.unwrap();
        }
        let there = async || self.archive.conversations().await.len() == before + customers.len();
        self.until("the conversations are there", there).await;
        self.archive.conversations().await
    }

    /// What was sent, and that no second saw more than `rate` of it.
    pub(crate) fn sent_within(&self, rate: usize) -> Vec<String> {
        let sends = self.meta.sends.lock().unwrap();
        for window in sends.windows(rate + 1) {
            let time = window[rate].at.saturating_sub(window[0].at);
            assert!(time >= Duration::from_secs(1), "{} sends in {time:?}", rate + 1);
        }
        sends.iter().map(|send| send.body.clone()).collect()
    }
}

/// Polls the tasks of a node, unless it is paused.
async fn drive(tasks: Rc<RefCell<Option<LocalSet>>>, paused: Rc<Cell<bool>>, waker: Rc<RefCell<Option<Waker>>>) {
    std::future::poll_fn(|context| {
        *waker.borrow_mut() = Some(context.waker().clone());
        if paused.get() {
            return Poll::Pending;
        }
        match tasks.borrow_mut().as_mut() {
            None => Poll::Ready(()),
            Some(tasks) => {
                let _all_done = Pin::new(tasks).poll(context);
                Poll::Pending
            }
        }
    })
    .await;
}

async fn hear(actors: Arc<Actors>, mut inbox: UnboundedReceiver<(Instant, Hint)>) {
    while let Some((at, hint)) = inbox.recv().await {
        let actors = actors.clone();
        drop(actix::spawn(async move {
            tokio::time::sleep_until(at).await;
            actors.heard(&hint);
        }));
    }
}
