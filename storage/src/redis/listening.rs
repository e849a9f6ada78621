//! The connection that carries hints both ways, made anew whenever it ends.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::ports::Hint;
use futures_util::future::try_join_all;
use redis::{PushInfo, PushKind, RedisResult, Value};
use tokio::sync::{Notify, mpsc};
use tokio::time::{MissedTickBehavior, interval};

use super::hints::Shared;
use super::link::{BackOff, Dial, Link};

/// A connection that is open and dead is noticed after this and the wait for an answer.
const PING_EVERY: Duration = Duration::from_secs(1);
/// Hints that are sent before the first is answered.
const AT_ONCE: usize = 64;

pub(super) struct Line {
    pub(super) dial: Dial,
    pub(super) shared: Arc<Shared>,
    pub(super) arrivals: mpsc::Sender<Vec<u8>>,
}

/// Channels that the server has confirmed.
type Subscribed = Arc<Mutex<HashSet<String>>>;

pub(super) async fn keep_up(line: Line, mut hints: mpsc::Receiver<Hint>) {
    let mut back_off = BackOff::default();
    let mut is_away = false;
    loop {
        match line.serve(&mut hints, &mut back_off).await {
            Ok(()) => return,
            Err(error) => {
                let was_connected = line.shared.is_connected.swap(false, Ordering::Relaxed);
                if was_connected || !is_away {
                    tracing::warn!(kind = ?error.kind(), "Redis is away: other nodes hear of what happens here a little later");
                }
                is_away = true;
            }
        }
        back_off.wait().await;
    }
}

impl Line {
    /// `Ok`: nobody tells anything any more.
    async fn serve(&self, hints: &mut mpsc::Receiver<Hint>, back_off: &mut BackOff) -> RedisResult<()> {
        let (subscribed, broken) = (Subscribed::default(), Arc::new(Notify::new()));
        let mut link = self.dial.connect(self.on_push(&subscribed, &broken)).await?;
        self.follow(&mut link, &subscribed).await?;
        self.shared.is_connected.store(true, Ordering::Relaxed);
        self.shared.connected.fetch_add(1, Ordering::Relaxed);
        // Whatever was said until now was said to nobody here.
        self.shared.missed.notify_one();
        *back_off = BackOff::default();
        let mut pings = interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut batch = Vec::new();
        loop {
            if self.shared.lost.swap(false, Ordering::Relaxed) {
                self.say_that_some_were_lost(&mut link).await?;
            }
            tokio::select! {
                () = broken.notified() => return Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()),
                () = self.shared.refollow.notified() => self.follow(&mut link, &subscribed).await?,
                _ = pings.tick() => link.ping().await?,
                told = hints.recv_many(&mut batch, AT_ONCE) => {
                    if told == 0 {
                        return Ok(());
                    }
                    self.publish(&link, &mut batch).await?;
                }
            }
        }
    }

    fn on_push(&self, subscribed: &Subscribed, broken: &Arc<Notify>) -> impl Fn(PushInfo) + Send + Sync + 'static {
        let (shared, arrivals) = (Arc::clone(&self.shared), self.arrivals.clone());
        let (subscribed, broken) = (Arc::clone(subscribed), Arc::clone(broken));
        move |push| {
            if push.kind == PushKind::SMessage {
                if let Some(Value::BulkString(message)) = push.data.into_iter().nth(1)
                    && arrivals.try_send(message).is_err()
                {
                    shared.missed.notify_one();
                }
            } else if push.kind == PushKind::Disconnection {
                broken.notify_one();
            } else if push.kind == PushKind::SUnsubscribe {
                // Not asked for: the channel's slot went to another server.
                let subscribed = subscribed.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(Value::BulkString(channel)) = push.data.into_iter().next()
                    && str::from_utf8(&channel).is_ok_and(|channel| subscribed.contains(channel))
                {
                    broken.notify_one();
                }
            }
        }
    }

    /// Makes the server's list of our channels what it should be.
    async fn follow(&self, link: &mut Link, subscribed: &Subscribed) -> RedisResult<()> {
        let wanted: HashSet<_> = self.shared.channels().into_iter().collect();
        let (fresh, gone) = {
            let mut subscribed = subscribed.lock().unwrap_or_else(PoisonError::into_inner);
            let fresh: Vec<_> = wanted.difference(&subscribed).cloned().collect();
            let gone: Vec<_> = subscribed.difference(&wanted).cloned().collect();
            subscribed.retain(|channel| wanted.contains(channel));
            (fresh, gone)
        };
        for channels in fresh.chunks(AT_ONCE) {
            let link = &*link;
            try_join_all(channels.iter().map(async |channel| link.clone().subscribe(channel).await)).await?;
        }
        subscribed.lock().unwrap_or_else(PoisonError::into_inner).extend(fresh);
        for channel in gone {
            link.unsubscribe(&channel).await?;
        }
        Ok(())
    }

    async fn publish(&self, link: &Link, hints: &mut Vec<Hint>) -> RedisResult<()> {
        let count = hints.len();
        let messages: Vec<_> = hints.drain(..).filter_map(|hint| self.shared.message(Some(hint))).collect();
        if messages.len() < count {
            self.shared.count_dropped(count - messages.len());
        }
        let count = messages.len();
        let sent = try_join_all(messages.into_iter().map(async |message| say(link.clone(), message).await)).await;
        if sent.is_err() {
            // Some of them may have gone out.
            self.shared.count_dropped(count);
        }
        sent.map(drop)
    }

    async fn say_that_some_were_lost(&self, link: &mut Link) -> RedisResult<()> {
        let Some(message) = self.shared.message(None) else { return Ok(()) };
        let said = say(link.clone(), message).await;
        if said.is_err() {
            self.shared.lost.store(true, Ordering::Relaxed);
        }
        said
    }
}

async fn say(mut link: Link, (channel, message): (String, Vec<u8>)) -> RedisResult<()> {
    link.ask::<u64>(redis::cmd("SPUBLISH").arg(channel).arg(message)).await.map(drop)
}
