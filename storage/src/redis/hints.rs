use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use engine::id::TenantId;
use engine::ports::{Hint, Hints, HintsStanding, Listener, StoreError};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;

use super::RedisOptions;
use super::link::Dial;
use super::listening::{self, Line};

/// Hints on their way out. Full: the next is dropped and counted, and the others are told that something is missing.
const OUT_MAX: usize = 1024;
/// Hints that came in and were not looked at. Full: `missed`.
const IN_MAX: usize = 4096;
/// A longer message is not sent, and not read.
const MESSAGE_MAX: usize = 16 * 1024;

/// Hints by sharded pub/sub: a channel for each organization, and one for all. They name ids and nothing of a person.
pub struct RedisHints {
    shared: Arc<Shared>,
    outgoing: mpsc::Sender<Hint>,
    incoming: Mutex<Option<mpsc::Receiver<Vec<u8>>>>,
    /// End with `self`.
    tasks: Mutex<JoinSet<()>>,
    runtime: Handle,
}

pub(super) struct Shared {
    prefix: String,
    /// Tells our own messages from those of others.
    me: u64,
    /// How often each is followed; never 0.
    followed: Mutex<HashMap<TenantId, usize>>,
    /// `followed` has changed.
    pub(super) refollow: Notify,
    /// Something may not have arrived here.
    pub(super) missed: Notify,
    /// Something did not go out.
    pub(super) lost: AtomicBool,
    pub(super) is_connected: AtomicBool,
    dropped: AtomicU64,
    unreadable: AtomicU64,
    pub(super) connected: AtomicU64,
}

/// On the wire, as JSON.
#[derive(Serialize, Deserialize)]
struct Note {
    from: u64,
    /// `None`: some of `from` were lost.
    hint: Option<Hint>,
}

impl Shared {
    pub(super) fn count_dropped(&self, hints: usize) {
        self.dropped.fetch_add(hints as u64, Ordering::Relaxed);
        self.lost.store(true, Ordering::Relaxed);
    }

    /// Of everything that this node wants to hear.
    pub(super) fn channels(&self) -> Vec<String> {
        let followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
        followed.keys().map(|tenant| self.channel(Some(*tenant))).chain([self.channel(None)]).collect()
    }

    fn channel(&self, tenant: Option<TenantId>) -> String {
        // What is in braces gives the slot of a cluster.
        match tenant {
            Some(tenant) => format!("{}:{{{tenant}}}:hints", self.prefix),
            None => format!("{}:{{all}}:hints", self.prefix),
        }
    }

    /// Channel and message. `None`: it is too long.
    pub(super) fn message(&self, hint: Option<Hint>) -> Option<(String, Vec<u8>)> {
        let channel = self.channel(hint.as_ref().and_then(concerned));
        let message = serde_json::to_vec(&Note { from: self.me, hint }).ok()?;
        (message.len() <= MESSAGE_MAX).then_some((channel, message))
    }

    fn deliver(&self, message: &[u8], listener: &dyn Listener) {
        let note = (message.len() <= MESSAGE_MAX).then(|| serde_json::from_slice::<Note>(message).ok()).flatten();
        match note {
            Some(note) if note.from == self.me => {}
            Some(Note { hint: Some(hint), .. }) => listener.heard(hint),
            Some(Note { hint: None, .. }) => listener.missed(),
            None => {
                self.unreadable.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// Whose channel it goes to; `None`: everybody's.
fn concerned(hint: &Hint) -> Option<TenantId> {
    match hint {
        Hint::Logged { tenant, .. }
        | Hint::Alerts { tenant }
        | Hint::Household { tenant, .. }
        | Hint::SessionEnded { tenant, .. }
        | Hint::MemberEnded { tenant, .. }
        | Hint::Work { tenant }
        | Hint::Outbox { tenant, .. }
        | Hint::Campaign { tenant, .. }
        | Hint::Presence { tenant, .. } => Some(*tenant),
        Hint::Routing => None,
    }
}

impl RedisHints {
    /// Connects in the background, in the runtime that calls this: a Redis that is away keeps nobody from starting.
    pub fn open(options: &RedisOptions) -> Result<Self, StoreError> {
        let dial = Dial::new(options)?;
        let shared = Arc::new(Shared {
            prefix: options.prefix.clone(),
            // JSON readers of others may take numbers as doubles.
            me: rand::random::<u64>() >> 12,
            followed: Mutex::default(),
            refollow: Notify::new(),
            missed: Notify::new(),
            lost: AtomicBool::new(false),
            is_connected: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
            unreadable: AtomicU64::new(0),
            connected: AtomicU64::new(0),
        });
        let (outgoing, hints) = mpsc::channel(OUT_MAX);
        let (arrivals, incoming) = mpsc::channel(IN_MAX);
        let mut tasks = JoinSet::new();
        tasks.spawn(listening::keep_up(Line { dial, shared: Arc::clone(&shared), arrivals }, hints));
        let (incoming, tasks) = (Mutex::new(Some(incoming)), Mutex::new(tasks));
        Ok(Self { shared, outgoing, incoming, tasks, runtime: Handle::current() })
    }
}

#[async_trait]
impl Hints for RedisHints {
    fn tell(&self, hint: Hint) {
        if self.outgoing.try_send(hint).is_err() {
            self.shared.count_dropped(1);
        }
    }

    fn standing(&self) -> Option<HintsStanding> {
        let of = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let Shared { is_connected, connected, dropped, unreadable, .. } = &*self.shared;
        Some(HintsStanding {
            is_connected: is_connected.load(Ordering::Relaxed),
            connected: of(connected),
            dropped: of(dropped),
            unreadable: of(unreadable),
        })
    }

    fn listen(&self, listener: Arc<dyn Listener>) {
        let incoming = self.incoming.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(incoming) = incoming else { return };
        let shared = Arc::clone(&self.shared);
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.spawn_on(hear(shared, incoming, listener), &self.runtime);
    }

    fn follow(&self, tenant: TenantId, wanted: bool) {
        let mut followed = self.shared.followed.lock().unwrap_or_else(PoisonError::into_inner);
        let times = followed.get(&tenant).copied().unwrap_or(0);
        let now = if wanted { times + 1 } else { times.saturating_sub(1) };
        if now == 0 {
            followed.remove(&tenant);
        } else {
            followed.insert(tenant, now);
        }
        if (times == 0) != (now == 0) {
            self.shared.refollow.notify_one();
        }
    }
}

async fn hear(shared: Arc<Shared>, mut incoming: mpsc::Receiver<Vec<u8>>, listener: Arc<dyn Listener>) {
    loop {
        tokio::select! {
            () = shared.missed.notified() => listener.missed(),
            message = incoming.recv() => match message {
                Some(message) => shared.deliver(&message, &*listener),
                None => return,
            },
        }
    }
}
