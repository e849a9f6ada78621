//! Brings events to listeners. What the bus says is a hint: a gap is filled from the log, and nobody is sent an event before
//! the one that comes before it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use actix::Addr;
use bytestring::ByteString;
use dashmap::DashMap;
use engine::access::Principal;
use engine::event::LoggedEvent;
use engine::id::{ConversationId, SessionId, TenantId};
use engine::ports::{Bus, Store, StoreError};
use tokio::time::Instant;

use super::channel::{Backlog, BacklogLimit, Channel, ConnectionId, Listener, frame_of};
use super::frames::{Reason, ServerFrame};
use super::socket::Socket;
use crate::config::Limits;
use crate::metric;

/// Every this often each listener hears the head of the log.
pub const HEARTBEAT: Duration = Duration::from_secs(5);
/// An event whose predecessor is missing for this long is not just announced out of order: the log is read.
const GAP_PATIENCE: Duration = Duration::from_millis(50);
/// Events read from the log at a time.
const PAGE: u32 = 512;
/// A listener that is further behind reloads instead.
const CATCH_UP_MAX: u64 = 50_000;

pub struct Hub {
    this: Weak<Self>,
    store: Arc<dyn Store>,
    channels: DashMap<TenantId, Arc<Mutex<Channel>>>,
    runtime: tokio::runtime::Handle,
    next_connection: AtomicU64,
    connections: AtomicUsize,
    connections_max: usize,
    ring_max: usize,
    limit: BacklogLimit,
    epoch: Instant,
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
#[derive(Clone)]
pub struct Candidate {
    pub address: Addr<Socket>,
    pub principal: Principal,
    pub backlog: Arc<Backlog>,
}

impl Hub {
    /// Must be made on a thread whose runtime lives as long as the process.
    pub fn new(store: Arc<dyn Store>, limits: &Limits) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            this: this.clone(),
            store,
            channels: DashMap::new(),
            runtime: tokio::runtime::Handle::current(),
            next_connection: AtomicU64::new(1),
            connections: AtomicUsize::new(0),
            connections_max: limits.live_connections,
            ring_max: limits.live_ring_events,
            limit: BacklogLimit { bytes: limits.live_backlog_bytes, age_ms: limits.live_backlog_seconds * 1000 },
            epoch: Instant::now(),
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
    pub async fn join(&self, candidate: Candidate, after: Option<u64>) -> Result<Step, StoreError> {
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
                    return Ok(Step::Resync { id: self.listen(&mut channel, candidate), head });
                }
                None => (after, head),
            }
        };
        let page = self.store.events(tenant, at, PAGE).await?;
        if let Some((at, frames)) = Self::frames_of(&page, at, &candidate.principal)? {
            return Ok(Step::More { head, at, frames });
        }
        let mut channel = lock(&channel);
        let head = channel.head.unwrap_or_default();
        Ok(Step::Resync { id: self.listen(&mut channel, candidate), head })
    }

    fn listen(&self, channel: &mut Channel, candidate: Candidate) -> ConnectionId {
        let id = self.next_connection.fetch_add(1, Ordering::Relaxed);
        let Candidate { address, principal, backlog } = candidate;
        channel.listeners.insert(id, Listener { address, principal, backlog });
        id
    }

    /// `None` when the log does not go on right after `at`: its oldest part was trimmed.
    fn frames_of(
        page: &[LoggedEvent],
        at: u64,
        principal: &Principal,
    ) -> Result<Option<(u64, Vec<ByteString>)>, StoreError> {
        let mut frames = Vec::with_capacity(page.len());
        let mut last = at;
        for event in page {
            if event.n != last + 1 {
                return Ok(None);
            }
            last = event.n;
            frames.push(frame_of(event, principal).map_err(|error| StoreError::Corrupt(error.to_string()))?);
        }
        Ok((last > at).then_some((last, frames)))
    }

    pub fn leave(&self, tenant: TenantId, id: ConnectionId, person: engine::directory::Person) {
        self.view(tenant, id, person, None);
        lock(&self.channel(tenant)).listeners.remove(&id);
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

    pub fn end_session(&self, tenant: TenantId, session: SessionId) {
        lock(&self.channel(tenant)).end_session(session);
    }

    pub fn close_all(&self) {
        for channel in &self.channels {
            lock(&channel).close_all(Reason::Draining);
        }
    }

    /// Called once a second: typing that ended silently, and each 5th time the heads.
    pub fn beat(&self, with_heads: bool) {
        for channel in &self.channels {
            let mut channel = lock(&channel);
            for changed in channel.presence.expire() {
                channel.tell_presence(changed);
            }
            if let (true, Some(head)) = (with_heads, channel.head) {
                channel.tell(&ServerFrame::Head { head }, None);
            }
        }
    }

    /// Milliseconds since the hub was made, never 0.
    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX).max(1)
    }

    fn channel(&self, tenant: TenantId) -> Arc<Mutex<Channel>> {
        let made = || Arc::new(Mutex::new(Channel::new(self.ring_max, self.limit, self.epoch)));
        self.channels.entry(tenant).or_insert_with(made).clone()
    }

    /// Asks the log once where it stands.
    async fn begin(&self, tenant: TenantId, channel: &Mutex<Channel>) -> Result<(), StoreError> {
        if lock(channel).head.is_none() {
            let head = self.store.range(tenant).await?.head;
            lock(channel).begin(head);
        }
        Ok(())
    }

    /// Reads what is missing from the log.
    async fn fill_gap(&self, tenant: TenantId) {
        let channel = self.channel(tenant);
        loop {
            let Some(head) = lock(&channel).head else { return };
            let page = match self.store.events(tenant, head, PAGE).await {
                Ok(page) => page,
                Err(error) => {
                    tracing::warn!(%error, "the event log was not read; the next event tries again");
                    return;
                }
            };
            let gap = !page.is_empty() && lock(&channel).take(page);
            if !gap {
                return;
            }
        }
    }
}

impl Bus for Hub {
    fn publish(&self, tenant: TenantId, events: Vec<LoggedEvent>) {
        // Nobody has ever listened: the log has them.
        let Some(channel) = self.channels.get(&tenant).map(|channel| channel.clone()) else { return };
        let gap = lock(&channel).take(events);
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
}

/// A panic while it was held cannot leave a channel half-changed in a way that matters: heads only move on after an event
/// is placed, and listeners that miss one resume by their `n`.
fn lock(channel: &Mutex<Channel>) -> MutexGuard<'_, Channel> {
    channel.lock().unwrap_or_else(PoisonError::into_inner)
}
