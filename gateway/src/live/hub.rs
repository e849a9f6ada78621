//! Brings events to listeners. What the bus says is a hint: a gap is filled from the log, and nobody is sent an event before
//! the one that comes before it.

mod elsewhere;
mod watching;

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytestring::ByteString;
use dashmap::DashMap;
use engine::access::Principal;
use engine::event::LoggedEvent;
use engine::household::Household;
use engine::id::{ConversationId, MemberId, SessionId, TenantId};
use engine::ports::{Bus, Hint, Store, StoreError};
use engine::time::Timestamp;
use tokio::time::Instant;

use super::channel::{Around, Channel, ConnectionId, Listener, Outlet, frame_of};
use super::courier::Tab;
use super::frames::{Reason, ServerFrame};
use crate::config::Limits;
use crate::households::Households;
use crate::metric;
use crate::peers::Peers;

/// Every this often each listener hears the head of the log.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
/// An event whose predecessor is missing for this long is not just announced out of order: the log is read.
const GAP_PATIENCE: Duration = Duration::from_millis(50);
/// Events read from the log at a time.
const PAGE: u32 = 512;
/// A listener that is further behind reloads instead.
const CATCH_UP_MAX: u64 = 50_000;

pub struct Hub<O = Tab> {
    this: Weak<Self>,
    store: Arc<dyn Store>,
    households: Arc<Households>,
    peers: Peers,
    channels: DashMap<TenantId, Arc<Mutex<Channel<O>>>>,
    runtime: tokio::runtime::Handle,
    next_connection: AtomicU64,
    connections: AtomicUsize,
    connections_max: usize,
    ring_max: usize,
    limit: BacklogLimit,
}

/// What may be on its way to one connection.
#[derive(Debug, Clone, Copy)]
pub struct BacklogLimit {
    pub bytes: usize,
    pub age: Duration,
}

/// How far a new listener has come.
pub enum Step {
    /// Listens from now on; `frames` are what it missed.
    Live { id: ConnectionId, head: u64, frames: Vec<ByteString> },
    /// Still behind: these are next, then ask again after `at`.
    More { head: u64, at: u64, frames: Vec<ByteString> },
    /// Listens from now on, but what it missed is not kept any more: it must reload.
    Resync { id: ConnectionId, head: u64 },
}

/// Who wants to listen.
pub struct Candidate<O> {
    pub outlet: O,
    pub principal: Principal,
}

impl<O: Outlet> Hub<O> {
    /// Must be made on a thread whose runtime lives as long as the process.
    pub fn new(store: Arc<dyn Store>, households: Arc<Households>, peers: Peers, limits: &Limits) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            this: this.clone(),
            store,
            households,
            peers,
            channels: DashMap::new(),
            runtime: tokio::runtime::Handle::current(),
            next_connection: AtomicU64::new(1),
            connections: AtomicUsize::new(0),
            connections_max: limits.live_connections,
            ring_max: limits.live_ring_events,
            limit: BacklogLimit {
                bytes: limits.live_backlog_bytes,
                age: Duration::from_secs(limits.live_backlog_seconds),
            },
        })
    }

    /// Takes one of the places for connections; `false` when there is none left.
    pub fn admit(&self) -> bool {
        let admitted = self.connections.fetch_add(1, Ordering::Relaxed) < self.connections_max;
        if admitted {
            metrics::gauge!(metric::LIVE_CONNECTIONS).increment(1.0);
        } else {
            self.connections.fetch_sub(1, Ordering::Relaxed);
        }
        admitted
    }

    /// Gives the place back.
    pub fn release(&self) {
        self.connections.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!(metric::LIVE_CONNECTIONS).decrement(1.0);
    }

    /// Adds a listener if it is close enough to the head, else gives it the next page. From the moment it is in the
    /// channel it hears everything after `head`, so nothing is missed between the two.
    pub async fn join(&self, candidate: Candidate<O>, after: Option<u64>) -> Result<Step, StoreError> {
        let tenant = candidate.principal.tenant;
        let channel = self.channel(tenant);
        self.begin(tenant, &channel).await?;
        // A page of the log can reach past what the bus has announced: then the channel is behind, not the browser ahead.
        if after.is_some_and(|after| lock(&channel).head.is_some_and(|head| after > head)) {
            self.fill_gap(tenant).await;
        }
        let (at, head) = {
            let mut channel = lock(&channel);
            let head = channel.head.unwrap_or_default();
            let after = after.unwrap_or(head);
            match channel.since(after, &candidate.principal, PAGE as usize) {
                Some((at, frames)) if at == head => {
                    return Ok(Step::Live { id: self.listen(&mut channel, candidate), head, frames });
                }
                Some((at, frames)) => return Ok(Step::More { head, at, frames }),
                // Ahead of the log (the browser knew another store), or too far behind.
                None if after > head || head - after > CATCH_UP_MAX => {
                    metrics::counter!(metric::LIVE_RESYNCS).increment(1);
                    return Ok(Step::Resync { id: self.listen(&mut channel, candidate), head });
                }
                None => (after, head),
            }
        };
        metrics::counter!(metric::LIVE_LOG_PAGES).increment(1);
        let page = self.store.events(tenant, at, PAGE).await?;
        if let Some((at, frames)) = self.frames_of(&page, at, &candidate.principal)? {
            return Ok(Step::More { head, at, frames });
        }
        metrics::counter!(metric::LIVE_RESYNCS).increment(1);
        let mut channel = lock(&channel);
        let head = channel.head.unwrap_or_default();
        Ok(Step::Resync { id: self.listen(&mut channel, candidate), head })
    }

    fn listen(&self, channel: &mut Channel<O>, candidate: Candidate<O>) -> ConnectionId {
        let id = self.next_connection.fetch_add(1, Ordering::Relaxed);
        let Candidate { outlet, principal } = candidate;
        let tenant = principal.tenant;
        channel.listen(id, Listener { outlet, principal });
        // What came while nobody listened was not looked after.
        if self.peers.may_be() && channel.want(0) {
            self.fill_soon(tenant);
        }
        id
    }

    /// `None` when the log does not go on right after `at`: its oldest part was trimmed.
    fn frames_of(
        &self,
        page: &[LoggedEvent],
        at: u64,
        principal: &Principal,
    ) -> Result<Option<(u64, Vec<ByteString>)>, StoreError> {
        let mut frames = Vec::with_capacity(page.len());
        let (mut last, masked) = (at, self.households.masks(principal.tenant));
        for event in page {
            if event.n != last + 1 {
                return Ok(None);
            }
            last = event.n;
            frames.push(frame_of(event, principal, masked).map_err(|error| StoreError::Corrupt(error.to_string()))?);
        }
        Ok((last > at).then_some((last, frames)))
    }

    pub fn leave(&self, tenant: TenantId, id: ConnectionId, person: engine::directory::Person) {
        self.view(tenant, id, person, None);
        let channel = self.channel(tenant);
        let mut channel = lock(&channel);
        channel.watch(id, None);
        channel.listeners.remove(&id);
    }

    /// The principal looks at this conversation now; whether they may was asked before.
    pub fn view(
        &self,
        tenant: TenantId,
        id: ConnectionId,
        person: engine::directory::Person,
        conversation: Option<ConversationId>,
    ) {
        let channel = self.channel(tenant);
        let mut channel = lock(&channel);
        for changed in channel.presence.view(id, person, conversation) {
            channel.tell_presence(changed);
        }
    }

    pub fn typing(&self, tenant: TenantId, id: ConnectionId, conversation: ConversationId, typing: bool) {
        let channel = self.channel(tenant);
        let mut channel = lock(&channel);
        if channel.presence.typing(id, conversation, typing) {
            channel.tell_presence(conversation);
        }
    }

    /// The household is this now: everybody who listens is measured by it at once. Older ones than the channel knows are
    /// passed over, so that two changes may be told in any order.
    pub fn household_changed(&self, before: Option<Arc<Household>>, household: &Arc<Household>) {
        lock(&self.channel(household.organization.id)).measure(before, household);
    }

    /// Every session of the member is over.
    pub fn end_member(&self, tenant: TenantId, member: MemberId) {
        lock(&self.channel(tenant)).end_member(member);
    }

    /// The member has a second factor from now on, or none any more.
    pub fn enrolled(&self, tenant: TenantId, member: MemberId, enrolled: bool) {
        let household = self.households.kept(tenant);
        lock(&self.channel(tenant)).enrolled(member, enrolled, household.as_deref());
    }

    pub fn end_session(&self, tenant: TenantId, session: SessionId) {
        lock(&self.channel(tenant)).end_session(session, Reason::SignedOut);
    }

    /// The session goes on under another name: its connections come back with it.
    pub fn reconnect(&self, tenant: TenantId, session: SessionId) {
        lock(&self.channel(tenant)).end_session(session, Reason::Draining);
    }

    pub fn close_all(&self) {
        for channel in &self.channels {
            lock(&channel).close_all(Reason::Draining);
        }
    }

    /// Called once a second: sessions that are over, typing that ended silently, and each 5th time the heads, and to other
    /// nodes who looks at what.
    pub fn beat(&self, now: Timestamp, with_heads: bool) {
        for channel in &self.channels {
            let mut channel = lock(&channel);
            channel.end_expired(now);
            for changed in channel.presence.expire() {
                channel.tell_presence(changed);
            }
            if let (true, Some(head)) = (with_heads, channel.head) {
                channel.tell(&ServerFrame::Head { head }, None);
                channel.repeat_presence();
            }
        }
    }

    /// Of each connection.
    pub fn backlog_limit(&self) -> BacklogLimit {
        self.limit
    }

    fn channel(&self, tenant: TenantId) -> Arc<Mutex<Channel<O>>> {
        let made = || {
            self.peers.follow(tenant);
            let (households, peers) = (self.households.clone(), self.peers.clone());
            let node = peers.node;
            let looked = move |conversation, people| peers.tell(Hint::Presence { tenant, node, conversation, people });
            let around = Around { masks: Box::new(move || households.masks(tenant)), looked: Box::new(looked) };
            Arc::new(Mutex::new(Channel::new(self.ring_max, around)))
        };
        self.channels.entry(tenant).or_insert_with(made).clone()
    }

    /// Asks the log where it stands: once, or whenever nobody listened and other nodes may have written.
    async fn begin(&self, tenant: TenantId, channel: &Mutex<Channel<O>>) -> Result<(), StoreError> {
        let unknown = {
            let channel = lock(channel);
            channel.head.is_none() || (self.peers.may_be() && channel.listeners.is_empty())
        };
        if unknown {
            let head = self.store.range(tenant).await?.head;
            lock(channel).begin(head);
        }
        Ok(())
    }

    /// Reads what is missing from the log; `false`: it was not read.
    async fn fill_gap(&self, tenant: TenantId) -> bool {
        let channel = self.channel(tenant);
        loop {
            let Some(head) = lock(&channel).head else { return false };
            let page = match self.store.events(tenant, head, PAGE).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(%error, "the event log was not read; the next event tries again");
                    return false;
                }
            };
            let mut channel = lock(&channel);
            if page.is_empty() {
                channel.has_all();
                return true;
            }
            if !channel.take(page) {
                return true;
            }
        }
    }
}

impl<O: Outlet> Bus for Hub<O> {
    fn publish(&self, tenant: TenantId, events: Vec<LoggedEvent>) {
        if let Some(head) = events.iter().map(|event| event.n).max() {
            self.peers.tell(Hint::Logged { tenant, head });
        }
        // Nobody has ever listened: the log has them.
        let Some(channel) = self.channels.get(&tenant).map(|channel| channel.clone()) else { return };
        let gap = {
            let mut channel = lock(&channel);
            channel.take(events) && !channel.listeners.is_empty()
        };
        if gap && let Some(hub) = self.this.upgrade() {
            self.runtime.spawn(async move {
                tokio::time::interval_at(Instant::now() + GAP_PATIENCE, GAP_PATIENCE).tick().await;
                if lock(&hub.channel(tenant)).take(Vec::new()) {
                    metrics::counter!(metric::LIVE_GAPS).increment(1);
                    hub.fill_gap(tenant).await;
                }
            });
        }
    }

    fn alerts_changed(&self, tenant: TenantId) {
        self.peers.tell(Hint::Alerts { tenant });
        self.heard_alerts(tenant);
    }
}

/// A panic while it was held cannot leave a channel half-changed in a way that matters: heads only move on after an event
/// is placed, and listeners that miss one resume by their `n`.
fn lock<O>(channel: &Mutex<Channel<O>>) -> MutexGuard<'_, Channel<O>> {
    channel.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use engine::access::Holder;
    use engine::contact::Contact;
    use engine::conversation::Conversation;
    use engine::directory::{NumberRef, Person};
    use engine::event::{Audience, Event, EventBody};
    use engine::id::ContactId;
    use engine::permission::Role;
    use engine::ports::{Commit, Committed};
    use storage::memory::MemoryStore;

    use super::*;
    use crate::config::Config;

    const TENANT: TenantId = TenantId::from_bytes([1; 16]);

    impl Outlet for mpsc::Sender<ByteString> {
        fn push<'a>(frame: &ByteString, to: impl Iterator<Item = &'a Self>) {
            to.for_each(|outlet| drop(outlet.send(frame.clone())));
        }

        fn close(&self, reason: Reason) {
            drop(self.send(ServerFrame::Bye { reason }.encode()));
        }
    }

    /// A hub over a log in which events are committed without being announced.
    struct Stage {
        store: Arc<MemoryStore>,
        hub: Arc<Hub<mpsc::Sender<ByteString>>>,
        conversation: Conversation,
    }

    impl Stage {
        fn new() -> Self {
            let store = Arc::new(MemoryStore::new());
            let hub = Hub::new(store.clone(), Arc::default(), Peers::none(), &Config::defaults().unwrap().limits);
            let number =
                NumberRef { phone_number_id: "200".parse().unwrap(), name: "Garden".into(), display: "+1".into() };
            let contact = Contact::new(ContactId::from_bytes([2; 16]));
            let conversation = Conversation::new(ConversationId::from_bytes([3; 16]), contact, number);
            Self { store, hub, conversation }
        }

        /// On disk, and the bus does not know it yet.
        async fn committed(&mut self) -> Vec<LoggedEvent> {
            use engine::ports::ConversationStore as _;
            self.conversation.revision += 1;
            let conversation = self.conversation.clone();
            let audience = Audience { holder: Holder::default(), was: Holder::default(), moved: false };
            let body = EventBody::ConversationChanged { conversation: conversation.clone() };
            let events = vec![Event { audience, body }];
            let commit = Commit { conversation, records: Vec::new(), events, intake: None };
            let Committed::Applied(logged) = self.store.commit(TENANT, commit).await.unwrap() else {
                panic!("applied")
            };
            logged
        }

        async fn join(&self, after: Option<u64>) -> (Step, mpsc::Receiver<ByteString>) {
            self.join_until(after, None).await
        }

        async fn join_until(&self, after: Option<u64>, until: Option<Timestamp>) -> (Step, mpsc::Receiver<ByteString>) {
            let (outlet, heard) = mpsc::channel();
            let person = Person { id: MemberId::from_bytes([4; 16]), name: "Lina".into() };
            let session = SessionId::from_bytes([5; 16]);
            let grants = Role::Owner.grants();
            let teams = Arc::default();
            let (api_key, enrolled) = (None, true);
            let principal = Principal { tenant: TENANT, person, session, api_key, until, enrolled, grants, teams };
            let candidate = Candidate { outlet, principal };
            (self.hub.join(candidate, after).await.unwrap(), heard)
        }
    }

    fn places(frames: impl IntoIterator<Item = ByteString>) -> Vec<u64> {
        let place = |frame: ByteString| serde_json::from_str::<serde_json::Value>(&frame).unwrap()["n"].as_u64();
        frames.into_iter().filter_map(place).collect()
    }

    #[tokio::test]
    async fn who_has_read_the_log_further_than_the_bus_has_announced_goes_on_from_there() {
        let mut stage = Stage::new();
        stage.committed().await;
        let (_, earlier) = stage.join(None).await;
        let late = [stage.committed().await, stage.committed().await];
        let (Step::More { at, frames, .. }, _) = stage.join(Some(0)).await else { panic!("a page of the log") };
        assert_eq!((at, places(frames)), (3, vec![1, 2, 3]));
        let (Step::Live { head, frames, .. }, newcomer) = stage.join(Some(at)).await else { panic!("told to reload") };
        assert_eq!((head, places(frames)), (3, vec![]));
        for events in late {
            stage.hub.publish(TENANT, events);
        }
        let next = stage.committed().await;
        stage.hub.publish(TENANT, next);
        assert_eq!(places(newcomer.try_iter()), [4], "what it has read is not told again");
        assert_eq!(places(earlier.try_iter()), [2, 3, 4], "and who was there misses nothing");
    }

    #[tokio::test]
    async fn who_is_ahead_of_the_log_itself_reloads() {
        let mut stage = Stage::new();
        stage.committed().await;
        let (Step::Resync { head, .. }, _) = stage.join(Some(9)).await else { panic!("it knew another store") };
        assert_eq!(head, 1);
    }

    #[tokio::test]
    async fn whose_session_is_over_is_signed_out_at_the_next_beat() {
        let stage = Stage::new();
        let (_, over) = stage.join_until(None, Some(Timestamp(5_000))).await;
        let (_, stays) = stage.join_until(None, Some(Timestamp(5_001))).await;
        stage.hub.beat(Timestamp(5_000), true);
        let bye = ServerFrame::Bye { reason: Reason::SignedOut }.encode();
        assert_eq!(over.try_iter().collect::<Vec<_>>(), [bye]);
        assert_eq!(stays.try_iter().collect::<Vec<_>>(), [ServerFrame::Head { head: 0 }.encode()]);
    }
}
