//! Which conversations each version of an organization's log changed: what a node needs to bring the order of
//! conversations that it holds up to date, instead of reading all of them again.
//!
//! One sorted set per organization, by version. Versions have no gap, so whoever reads sees whether something is missing:
//! what was flushed, dropped or is late is no wrong answer but none.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use engine::id::ConversationId;
use engine::ports::StoreError;
use futures_util::future::join_all;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, timeout};

use super::RedisOptions;
use super::link::{BackOff, Dial, Link};
use crate::crypto::Lookup;

/// Versions that are remembered; who is further behind reads everything.
const VERSIONS_KEPT: i64 = 1024;
const SECONDS_KEPT: i64 = 3_600;
/// Changes on their way out. Full: the next is dropped, and others read everything once.
const OUT_MAX: usize = 4096;
const AT_ONCE: usize = 64;
const PING_EVERY: Duration = Duration::from_secs(1);
/// Somebody waits for a page.
const READ_MAX: Duration = Duration::from_millis(100);
/// After a read that took too long, nobody asks for this long.
const LEFT_ALONE: Duration = Duration::from_secs(1);
/// The newest versions are raised a moment before they are told here.
const LATE_TRIES: usize = 5;
const LATE_WAIT: Duration = Duration::from_millis(3);

struct Raised {
    home: Lookup,
    version: i64,
    conversations: Vec<ConversationId>,
}

/// Of every organization, for every node on the same keyspace.
pub struct RedisChanges {
    prefix: String,
    raised: mpsc::Sender<Raised>,
    link: watch::Receiver<Option<Link>>,
    left_alone_until: Mutex<Option<Instant>>,
    /// End with `self`.
    _tasks: JoinSet<()>,
}

impl RedisChanges {
    /// Connects in the background, in the runtime that calls this: a Redis that is away keeps nobody from starting.
    pub fn open(options: &RedisOptions) -> Result<Self, StoreError> {
        let dial = Dial::new(options)?;
        let (raised, waiting) = mpsc::channel(OUT_MAX);
        let (sender, link) = watch::channel(None);
        let mut tasks = JoinSet::new();
        tasks.spawn(keep_up(dial, options.prefix.clone(), waiting, sender));
        let prefix = options.prefix.clone();
        Ok(Self { prefix, raised, link, left_alone_until: Mutex::default(), _tasks: tasks })
    }

    pub fn is_connected(&self) -> bool {
        self.link.borrow().is_some()
    }

    /// Never waits.
    pub(crate) fn note(&self, home: Lookup, version: i64, conversations: Vec<ConversationId>) {
        // What is dropped shows as a gap.
        drop(self.raised.try_send(Raised { home, version, conversations }));
    }

    /// What the versions after `after` changed, up to `head`. `None`: not all of it is known here, or not at once.
    pub(crate) async fn between(&self, home: Lookup, after: i64, head: i64) -> Option<HashSet<ConversationId>> {
        if head - after > VERSIONS_KEPT || self.is_left_alone() {
            return None;
        }
        let mut link = self.link.borrow().clone()?;
        let mut again = interval(LATE_WAIT);
        for _ in 0..LATE_TRIES {
            again.tick().await;
            let mut command = redis::cmd("ZRANGEBYSCORE");
            command.arg(key(&self.prefix, home)).arg(format!("({after}")).arg(head);
            let Ok(Ok(members)) = timeout(READ_MAX, link.ask::<Vec<Vec<u8>>>(&command)).await else {
                self.leave_alone();
                return None;
            };
            if let Some(changed) = complete(&members, after, head) {
                return Some(changed);
            }
        }
        None
    }

    fn is_left_alone(&self) -> bool {
        let until = self.left_alone_until.lock().unwrap_or_else(PoisonError::into_inner);
        until.is_some_and(|until| Instant::now() < until)
    }

    fn leave_alone(&self) {
        *self.left_alone_until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + LEFT_ALONE);
    }
}

fn key(prefix: &str, home: Lookup) -> String {
    format!("{prefix}:{{{}}}:changes", hex::encode(home))
}

/// The version, then the conversations.
fn member(raised: &Raised) -> Vec<u8> {
    let ids = raised.conversations.iter().flat_map(|id| *id.as_bytes());
    raised.version.to_be_bytes().into_iter().chain(ids).collect()
}

fn complete(members: &[Vec<u8>], after: i64, head: i64) -> Option<HashSet<ConversationId>> {
    let (mut versions, mut changed) = (HashSet::new(), HashSet::new());
    for member in members {
        let (version, ids) = member.split_first_chunk::<8>()?;
        versions.insert(i64::from_be_bytes(*version));
        let (ids, rest) = ids.as_chunks::<16>();
        if !rest.is_empty() {
            return None;
        }
        changed.extend(ids.iter().map(|id| ConversationId::from_bytes(*id)));
    }
    (after + 1..=head).all(|version| versions.contains(&version)).then_some(changed)
}

async fn keep_up(dial: Dial, prefix: String, mut waiting: mpsc::Receiver<Raised>, shown: watch::Sender<Option<Link>>) {
    let mut back_off = BackOff::default();
    loop {
        if let Ok(link) = dial.connect(|_| {}).await {
            back_off = BackOff::default();
            shown.send_replace(Some(link.clone()));
            if serve(link, &prefix, &mut waiting).await {
                return;
            }
            shown.send_replace(None);
            // That Redis is away, `RedisHints` says.
        }
        back_off.wait().await;
    }
}

/// `true`: nothing will come any more; `false`: the connection is of no use any more.
async fn serve(mut link: Link, prefix: &str, waiting: &mut mpsc::Receiver<Raised>) -> bool {
    let mut pings = interval(PING_EVERY);
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            _ = pings.tick() => if link.ping().await.is_err() {
                return false;
            },
            count = waiting.recv_many(&mut batch, AT_ONCE) => {
                if count == 0 {
                    return true;
                }
                let told = batch.drain(..).map(async |raised| tell(link.clone(), prefix, &raised).await);
                if join_all(told).await.contains(&false) {
                    return false;
                }
            }
        }
    }
}

async fn tell(mut link: Link, prefix: &str, raised: &Raised) -> bool {
    let key = key(prefix, raised.home);
    let mut commands = redis::pipe();
    commands.cmd("ZADD").arg(&key).arg(raised.version).arg(member(raised)).ignore();
    commands.cmd("ZREMRANGEBYRANK").arg(&key).arg(0).arg(-VERSIONS_KEPT - 1).ignore();
    commands.cmd("EXPIRE").arg(&key).arg(SECONDS_KEPT).ignore();
    link.carry_out(&commands).await.is_ok()
}
