//! Meta's side of webhooks: a bounded queue in lanes, batches, signatures, retries until 200, duplicates. An update that was
//! taken in leaves only by a 200.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, HashMap};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use rand::Rng;
use serde::Serialize;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::chance::Chance;
use super::config::{Profile, SimulatorConfig};
use super::faults::SignatureFault;
use crate::payload::{Update, webhook, wire};

/// Meta's own limit of updates per POST.
const BATCH_LIMIT: usize = 1_000;

/// Where webhooks go.
#[derive(Clone, Debug, Default)]
pub(crate) struct Route {
    pub(crate) callback: Option<String>,
    /// By number, else by account; only message webhooks follow an override.
    pub(crate) overrides: HashMap<String, String>,
}

impl Route {
    fn of(&self, update: &Update) -> Option<String> {
        let number = update.value.pointer("/metadata/phone_number_id").and_then(serde_json::Value::as_str);
        let special = number.and_then(|number| self.overrides.get(number));
        let special = special.or_else(|| self.overrides.get(&update.entry)).filter(|_| update.field == "messages");
        special.or(self.callback.as_ref()).cloned()
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DeliveryCounts {
    pub queued: usize,
    pub posted: u64,
    pub updates_delivered: u64,
    pub refused: u64,
    pub duplicates: u64,
}

/// What the lanes need to know; changed while they run.
#[derive(Clone, Debug)]
pub(crate) struct Manner {
    pub(crate) profile: Profile,
    pub(crate) signature: SignatureFault,
}

#[derive(Debug)]
pub(crate) struct Outbox {
    lanes: Vec<Lane>,
    pub(crate) route: RwLock<Route>,
    pub(crate) manner: RwLock<Manner>,
    chance: Chance,
    secret: String,
    capacity: usize,
    queued: AtomicUsize,
    sequence: AtomicU64,
    counts: Counts,
    settled: Notify,
}

#[derive(Debug, Default)]
struct Counts {
    posted: AtomicU64,
    updates: AtomicU64,
    refused: AtomicU64,
    duplicates: AtomicU64,
}

#[derive(Debug, Default)]
struct Lane {
    waiting: Mutex<BinaryHeap<Reverse<Item>>>,
    wake: Notify,
}

#[derive(Clone, Debug)]
struct Item {
    due: Instant,
    sequence: u64,
    load: Load,
}

#[derive(Clone, Debug)]
enum Load {
    Fresh(Update),
    /// Bytes that were signed once; a retry repeats them as they were.
    Again(Parcel),
}

#[derive(Clone, Debug)]
struct Parcel {
    url: String,
    body: Bytes,
    updates: usize,
    attempt: u32,
    sequence: u64,
}

impl PartialEq for Item {
    fn eq(&self, other: &Self) -> bool {
        self.sequence == other.sequence
    }
}

impl Eq for Item {}

impl PartialOrd for Item {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Item {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.sequence).cmp(&(other.due, other.sequence))
    }
}

impl Outbox {
    pub(crate) fn new(config: &SimulatorConfig) -> Self {
        let lanes = (0..config.delivery_lanes.max(1)).map(|_| Lane::default()).collect();
        Self {
            lanes,
            route: RwLock::new(Route { callback: config.callback_url.clone(), overrides: HashMap::new() }),
            manner: RwLock::new(Manner { profile: config.profile.clone(), signature: SignatureFault::None }),
            chance: Chance::new(config.seed),
            secret: config.app_secret.clone(),
            capacity: config.queue_capacity,
            queued: AtomicUsize::new(0),
            sequence: AtomicU64::new(0),
            counts: Counts::default(),
            settled: Notify::new(),
        }
    }

    /// Until there is an address, updates wait in their lanes.
    pub(crate) fn set_callback(&self, url: &str) {
        self.route.write().unwrap_or_else(PoisonError::into_inner).callback = Some(url.to_owned());
        for lane in &self.lanes {
            lane.wake.notify_one();
        }
    }

    pub(crate) fn lane_count(&self) -> usize {
        self.lanes.len()
    }

    /// Asked before a send is accepted, because what is accepted must not be dropped.
    pub(crate) fn has_room(&self, updates: usize) -> bool {
        self.queued.load(Ordering::Relaxed) + updates <= self.capacity
    }

    pub(crate) fn counts(&self) -> DeliveryCounts {
        DeliveryCounts {
            queued: self.queued.load(Ordering::Relaxed),
            posted: self.counts.posted.load(Ordering::Relaxed),
            updates_delivered: self.counts.updates.load(Ordering::Relaxed),
            refused: self.counts.refused.load(Ordering::Relaxed),
            duplicates: self.counts.duplicates.load(Ordering::Relaxed),
        }
    }

    pub(crate) fn manner(&self) -> Manner {
        self.manner.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes an update in; `lane_key` is the person, so that one person's updates keep their order where there is one.
    pub(crate) fn schedule(&self, update: Update, after_ms: u64, lane_key: u64) {
        let sequence = self.sequence.fetch_add(1, Ordering::Relaxed);
        let manner = self.manner.read().unwrap_or_else(PoisonError::into_inner);
        let profile = &manner.profile;
        let mut rng = self.chance.rng("travel", &sequence.to_string());
        let mut travel_ms = after_ms + profile.delay.draw(&mut rng);
        if rng.random_range(0.0..100.0) < profile.reorder_percent {
            travel_ms += rng.random_range(1..=profile.delay.to_ms.max(50) * 2);
        }
        let lane = if profile.ordered { lane_key } else { sequence };
        drop(manner);
        let due = Instant::now() + Duration::from_millis(travel_ms);
        self.queued.fetch_add(1, Ordering::Relaxed);
        self.put(lane, Item { due, sequence, load: Load::Fresh(update) });
    }

    fn put(&self, key: u64, item: Item) {
        let index = usize::try_from(key % u64::try_from(self.lanes.len()).unwrap_or(1)).unwrap_or(0);
        if let Some(lane) = self.lanes.get(index) {
            lane.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(Reverse(item));
            lane.wake.notify_one();
        }
    }

    /// Comes back when every update that was taken in has been answered with 200.
    pub(crate) async fn settled(&self) {
        loop {
            let notified = self.settled.notified();
            if self.queued.load(Ordering::Relaxed) == 0 {
                return;
            }
            notified.await;
        }
    }

    /// The work of one lane; ends only with its task.
    pub(crate) async fn run_lane(&self, index: usize, client: reqwest::Client) {
        let Some(lane) = self.lanes.get(index) else { return };
        loop {
            let woken = lane.wake.notified();
            if self.route.read().unwrap_or_else(PoisonError::into_inner).callback.is_none() {
                woken.await;
                continue;
            }
            let profile = self.manner().profile;
            match lane.take_due(profile.batch_size.clamp(1, BATCH_LIMIT)) {
                Due::Now(items) => {
                    for parcel in self.parcels(items) {
                        self.deliver(parcel, &profile, u64::try_from(index).unwrap_or(0), &client).await;
                    }
                }
                Due::At(due) => {
                    // Either wake-up is an answer: something new came, or the time has come.
                    drop(tokio::time::timeout_at(due, woken).await);
                }
                Due::Never => woken.await,
            }
        }
    }

    fn parcels(&self, items: Vec<Item>) -> Vec<Parcel> {
        let mut parcels = Vec::new();
        let mut fresh: BTreeMap<String, Vec<(u64, Update)>> = BTreeMap::new();
        let route = self.route.read().unwrap_or_else(PoisonError::into_inner);
        for item in items {
            match item.load {
                Load::Again(parcel) => parcels.push(parcel),
                Load::Fresh(update) => {
                    let url = route.of(&update).unwrap_or_default();
                    fresh.entry(url).or_default().push((item.sequence, update));
                }
            }
        }
        for (url, mut updates) in fresh {
            let sequence = updates.first().map_or(0, |(sequence, _)| *sequence);
            updates.sort_by(|(_, one), (_, other)| one.entry.cmp(&other.entry));
            let body = wire::to_wire(&webhook(updates.iter().map(|(_, update)| update)));
            parcels.push(Parcel { url, body: body.into(), updates: updates.len(), attempt: 0, sequence });
        }
        parcels
    }

    async fn deliver(&self, mut parcel: Parcel, profile: &Profile, lane: u64, client: &reqwest::Client) {
        loop {
            if self.post(&parcel, client).await {
                self.arrived(&parcel, profile, lane);
                return;
            }
            self.counts.refused.fetch_add(1, Ordering::Relaxed);
            let wait_ms = profile.retry.from_ms.saturating_mul(1 << parcel.attempt.min(20)).min(profile.retry.to_ms);
            let due = Instant::now() + Duration::from_millis(wait_ms.max(1));
            parcel.attempt += 1;
            if !profile.ordered {
                let sequence = parcel.sequence;
                self.put(lane, Item { due, sequence, load: Load::Again(parcel) });
                return;
            }
            tokio::time::sleep_until(due).await;
        }
    }

    fn arrived(&self, parcel: &Parcel, profile: &Profile, lane: u64) {
        self.counts.updates.fetch_add(u64::try_from(parcel.updates).unwrap_or(0), Ordering::Relaxed);
        let key = format!("{}/{}", parcel.sequence, parcel.attempt);
        let is_fan_out = parcel.attempt > 0 && self.chance.hits(profile.fan_out_duplicate_percent, "fan-out", &key);
        let is_repeat = self.chance.hits(profile.duplicate_percent, "duplicate", &key);
        if is_fan_out || is_repeat {
            self.counts.duplicates.fetch_add(1, Ordering::Relaxed);
            let wait_ms = self.chance.rng("duplicate-after", &key).random_range(0..=profile.delay.to_ms.max(200) * 4);
            let due = Instant::now() + Duration::from_millis(wait_ms);
            // The next sequence keeps a copy from copying itself for ever.
            let copy = Parcel { attempt: 0, sequence: self.sequence.fetch_add(1, Ordering::Relaxed), ..parcel.clone() };
            let sequence = copy.sequence;
            self.put(lane, Item { due, sequence, load: Load::Again(copy) });
            return;
        }
        let left = self.queued.fetch_sub(parcel.updates, Ordering::Relaxed) - parcel.updates;
        if left == 0 {
            self.settled.notify_waiters();
        }
    }

    async fn post(&self, parcel: &Parcel, client: &reqwest::Client) -> bool {
        self.counts.posted.fetch_add(1, Ordering::Relaxed);
        let mut request = client
            .post(&parcel.url)
            .header("Content-Type", "application/json")
            .header("User-Agent", "facebookexternalua")
            .body(parcel.body.clone());
        let fault = self.manner.read().unwrap_or_else(PoisonError::into_inner).signature;
        match fault {
            SignatureFault::None => {
                request = request.header("X-Hub-Signature-256", wire::signature(&self.secret, &parcel.body));
            }
            SignatureFault::WrongSecret => {
                request = request.header("X-Hub-Signature-256", wire::signature("another_app", &parcel.body));
            }
            SignatureFault::Missing => {}
        }
        match request.send().await {
            Ok(answer) => {
                let is_taken = answer.status().as_u16() == 200;
                // The connection can be used again only after its body was read.
                is_taken && answer.bytes().await.is_ok()
            }
            Err(_) => false,
        }
    }
}

enum Due {
    Now(Vec<Item>),
    At(Instant),
    Never,
}

impl Lane {
    fn take_due(&self, limit: usize) -> Due {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let mut items = Vec::new();
        while items.len() < limit && waiting.peek().is_some_and(|Reverse(item)| item.due <= now) {
            items.extend(waiting.pop().map(|Reverse(item)| item));
        }
        match (items.is_empty(), waiting.peek()) {
            (false, _) => Due::Now(items),
            (true, Some(Reverse(next))) => Due::At(next.due),
            (true, None) => Due::Never,
        }
    }
}
