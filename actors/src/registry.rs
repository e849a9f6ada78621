//! Finds or makes the actor of a key, and bounds what waits for it. actix's own mailbox bound does not hold (every clone
//! of an address has a place of its own), so each entry carries a semaphore and a permit travels inside each message.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix::{Actor, Addr, Context, Handler, Message, Supervised};
use dashmap::DashMap;
use dashmap::mapref::entry::Entry as MapEntry;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};
use tokio::time::Instant;

use crate::metric;
use crate::supervisor::{self, Site};

/// A place in an actor's queue, given back when the message that carries it is done.
pub(crate) type Permit = OwnedSemaphorePermit;

/// The actor's queue is full: the caller answers Busy, or leaves the work where it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Full;

/// Ends an idle actor; sent only when nothing can be under way to it.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Passivate;

pub(crate) struct Registry<K, A: Actor> {
    kind: &'static str,
    entries: DashMap<K, Entry<A>>,
    sites: Vec<Site>,
    queue: u32,
    epoch: Instant,
}

struct Entry<A: Actor> {
    address: Addr<A>,
    permits: Arc<Semaphore>,
    /// Milliseconds since the registry's epoch.
    used: AtomicU64,
}

/// An actor and the right to send it one message.
pub(crate) struct Reserved<A: Actor> {
    pub(crate) address: Addr<A>,
    pub(crate) permit: Permit,
}

impl<K, A> Registry<K, A>
where
    K: Hash + Eq + Clone + Send + Sync + 'static,
    A: Actor<Context = Context<A>> + Supervised + Handler<Passivate>,
{
    /// `queue`: messages that may wait for one actor.
    pub(crate) fn new(kind: &'static str, sites: Vec<Site>, queue: u32) -> Self {
        Self { kind, entries: DashMap::new(), sites, queue, epoch: Instant::now() }
    }

    /// Waits for a place.
    pub(crate) async fn reserve(
        self: &Arc<Self>,
        key: &K,
        make: impl Fn() -> A + Clone + Send + 'static,
    ) -> Reserved<A> {
        loop {
            let (address, permits) = self.entry(key, make.clone());
            if permits.available_permits() == 0 {
                metrics::counter!(metric::QUEUES_FULL, "kind" => self.kind).increment(1);
            }
            // Closed: the actor was passivated between the two lines; the next round makes it anew.
            if let Ok(permit) = permits.acquire_owned().await {
                return Reserved { address, permit };
            }
        }
    }

    /// `weight` places at once, or none.
    pub(crate) fn try_reserve(
        self: &Arc<Self>,
        key: &K,
        weight: u32,
        make: impl Fn() -> A + Clone + Send + 'static,
    ) -> Result<Reserved<A>, Full> {
        loop {
            let (address, permits) = self.entry(key, make.clone());
            match permits.try_acquire_many_owned(weight) {
                Ok(permit) => return Ok(Reserved { address, permit }),
                Err(TryAcquireError::NoPermits) => {
                    metrics::counter!(metric::QUEUES_FULL, "kind" => self.kind).increment(1);
                    return Err(Full);
                }
                Err(TryAcquireError::Closed) => {}
            }
        }
    }

    /// One place, if that leaves `kept` of them to others.
    pub(crate) fn try_reserve_spare(
        self: &Arc<Self>,
        key: &K,
        kept: u32,
        make: impl Fn() -> A + Clone + Send + 'static,
    ) -> Result<Reserved<A>, Full> {
        let (_, permits) = self.entry(key, make.clone());
        if permits.available_permits() <= kept as usize {
            metrics::counter!(metric::QUEUES_FULL, "kind" => self.kind).increment(1);
            return Err(Full);
        }
        self.try_reserve(key, 1, make)
    }

    /// For control messages that take no place in the queue.
    pub(crate) fn address(self: &Arc<Self>, key: &K, make: impl Fn() -> A + Clone + Send + 'static) -> Addr<A> {
        self.entry(key, make).0
    }

    fn entry(self: &Arc<Self>, key: &K, make: impl FnOnce() -> A + Send + 'static) -> (Addr<A>, Arc<Semaphore>) {
        let now = self.now();
        if let Some(entry) = self.entries.get(key).filter(|entry| entry.address.connected()) {
            entry.used.store(now, Ordering::Relaxed);
            return (entry.address.clone(), entry.permits.clone());
        }
        let slot = self.entries.entry(key.clone());
        if let MapEntry::Occupied(found) = &slot
            && found.get().address.connected()
        {
            return (found.get().address.clone(), found.get().permits.clone());
        }
        let entry = self.start(key, make, now);
        let parts = (entry.address.clone(), entry.permits.clone());
        slot.insert(entry);
        parts
    }

    fn start(self: &Arc<Self>, key: &K, make: impl FnOnce() -> A + Send + 'static, now: u64) -> Entry<A> {
        let permits = Arc::new(Semaphore::new(self.queue as usize));
        let (registry, gone, closed) = (Arc::downgrade(self), key.clone(), permits.clone());
        let address = supervisor::start(self.site(key), make, move || {
            closed.close();
            if let Some(registry) = registry.upgrade() {
                registry.entries.remove_if(&gone, |_, entry| !entry.address.connected());
                metrics::gauge!(metric::ACTORS, "kind" => registry.kind).decrement(1.0);
            }
        });
        metrics::gauge!(metric::ACTORS, "kind" => self.kind).increment(1.0);
        Entry { address, permits, used: AtomicU64::new(now) }
    }

    fn site(&self, key: &K) -> &Site {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        let index = usize::try_from(hasher.finish()).unwrap_or(usize::MAX) % self.sites.len().max(1);
        self.sites.get(index).unwrap_or(&Site::Here)
    }

    /// Passivates what nobody has used for `idle`. Taking all places proves that nothing is under way to the actor.
    pub(crate) fn sweep(&self, idle: Duration) {
        let before = self.now().saturating_sub(u64::try_from(idle.as_millis()).unwrap_or(u64::MAX));
        self.entries.retain(|_, entry| {
            if entry.used.load(Ordering::Relaxed) > before {
                return true;
            }
            let Ok(_all) = entry.permits.try_acquire_many(self.queue) else { return true };
            entry.permits.close();
            // A closed mailbox means that the actor has ended by itself: gone either way.
            entry.address.try_send(Passivate).is_err() && entry.address.connected()
        });
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether every place of every actor is free: nothing is queued or in hand.
    pub(crate) fn is_quiet(&self) -> bool {
        self.entries.iter().all(|entry| entry.permits.available_permits() >= self.queue as usize)
    }

    /// The same of one actor; one that is not there has nothing.
    pub(crate) fn is_quiet_at(&self, key: &K) -> bool {
        self.entries.get(key).is_none_or(|entry| entry.permits.available_permits() >= self.queue as usize)
    }

    /// For a word to an actor that need not be made for it.
    pub(crate) fn existing(&self, key: &K) -> Option<Addr<A>> {
        self.entries.get(key).map(|entry| entry.address.clone())
    }

    fn now(&self) -> u64 {
        u64::try_from(self.epoch.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Echo;

    impl Actor for Echo {
        type Context = Context<Self>;
    }

    impl Supervised for Echo {}

    impl Handler<Passivate> for Echo {
        type Result = ();

        fn handle(&mut self, _: Passivate, ctx: &mut Context<Self>) {
            actix::ActorContext::stop(ctx);
        }
    }

    #[derive(Message)]
    #[rtype(result = "u32")]
    struct Ask(u32, #[expect(dead_code, reason = "held, not read")] Permit);

    impl Handler<Ask> for Echo {
        type Result = u32;

        fn handle(&mut self, ask: Ask, _: &mut Context<Self>) -> u32 {
            ask.0
        }
    }

    fn registry(queue: u32) -> Arc<Registry<u8, Echo>> {
        Arc::new(Registry::new("echo", vec![Site::Here], queue))
    }

    #[actix::test]
    async fn the_bound_holds_whoever_sends() {
        let registry = registry(2);
        let first = registry.try_reserve(&1, 1, || Echo);
        let second = registry.try_reserve(&1, 1, || Echo);
        assert!(first.is_ok() && second.is_ok());
        assert!(registry.try_reserve(&1, 1, || Echo).is_err());
        drop(first);
        assert!(registry.try_reserve(&1, 1, || Echo).is_ok());
    }

    #[actix::test]
    async fn an_actor_in_use_is_not_passivated_and_an_idle_one_comes_back() {
        let registry = registry(2);
        let held = registry.reserve(&1, || Echo).await;
        registry.sweep(Duration::ZERO);
        assert_eq!(held.address.send(Ask(7, held.permit)).await, Ok(7));
        registry.sweep(Duration::ZERO);
        assert_eq!(registry.entries.len(), 0);
        let again = registry.reserve(&1, || Echo).await;
        assert_eq!(again.address.send(Ask(8, again.permit)).await, Ok(8));
    }
}
