//! What a broadcast's messages carry along on their way: whether they may still leave, how fast all of them together, and a
//! place among those that are on their way at a time.

use std::collections::HashSet;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use engine::campaign::{Campaign, CampaignCap, CampaignRecipient};
use engine::delivery::Failure;
use engine::id::{CampaignId, ContactId, TenantId};
use engine::time::Timestamp;
use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::Instant;

use super::figures::Figures;
use super::shares::{Seen, Shares};
use crate::cap::CapWatch;
use crate::clock::{TokioClock, TokioInstant};

/// On their way through one number at a time: enough for its rate while answers take their time, few enough to take back.
const WINDOW_MIN: u32 = 128;

type Rate = RateLimiter<NotKeyed, InMemoryState, TokioClock, NoOpMiddleware<TokioInstant>>;

/// One run of a broadcast: from its start, or from when it was resumed, until it is paused. Whatever left its lane under an
/// earlier run stays closed.
pub(crate) struct Flow {
    pub(crate) tenant: TenantId,
    pub(crate) campaign: CampaignId,
    /// Leaves before what only advertises.
    pub(crate) is_awaited: bool,
    closed: AtomicBool,
    pace: RwLock<Pace>,
    lanes: Vec<Window>,
    shares: Shares,
    /// There may be a share, or the run is over.
    stirred: Notify,
    /// Whether people are still added.
    open: watch::Sender<bool>,
    /// Who is on the way, where people are added: nobody waits for the lane to be empty there.
    out: Mutex<HashSet<u32>>,
    pub(crate) figures: Arc<Figures>,
    /// What WhatsApp refused so that nothing may follow.
    refused: RwLock<Option<Failure>>,
    /// Of the organization, if this advertises.
    cap: RwLock<Option<Arc<CapWatch>>>,
}

/// The broadcast's own, over all its lanes.
struct Pace {
    per_second: Option<u32>,
    rate: Option<Rate>,
}

/// The places of one lane.
struct Window {
    places: Arc<Semaphore>,
    size: RwLock<u32>,
    /// Nothing leaves it until it goes on.
    rests: AtomicBool,
    /// How often it has been told to rest: whatever left before it did stays closed.
    rested: AtomicU64,
}

/// Travels with one message; given back when that is done with, however that went.
pub(crate) struct Ticket {
    flow: Arc<Flow>,
    lane: u8,
    /// Of its lane, when it was given out.
    rested: u64,
    contact: Option<ContactId>,
    /// Among those of the flow that are out.
    no: Option<u32>,
    #[expect(dead_code, reason = "held, not read")]
    place: OwnedSemaphorePermit,
    /// From then on it is not this person's turn any more.
    until: Option<Timestamp>,
    /// Whether it came to a send; its share is not free again then.
    is_spent: AtomicBool,
}

impl Flow {
    pub(super) fn new(
        (tenant, campaign): (TenantId, CampaignId),
        campaign_now: &Campaign,
        figures: Arc<Figures>,
    ) -> Self {
        let plan = &campaign_now.plan;
        let window = || Window {
            places: Arc::new(Semaphore::new(WINDOW_MIN as usize)),
            size: RwLock::new(WINDOW_MIN),
            rests: AtomicBool::new(false),
            rested: AtomicU64::new(0),
        };
        Self {
            tenant,
            campaign,
            is_awaited: !campaign_now.is_marketing(),
            closed: AtomicBool::new(false),
            pace: RwLock::new(Pace::new(plan.per_second)),
            lanes: figures.lanes().map(|_| window()).collect(),
            shares: Shares::new(plan.per_day.is_some()),
            stirred: Notify::new(),
            open: watch::Sender::new(campaign_now.takes_more()),
            out: Mutex::default(),
            figures,
            refused: RwLock::default(),
            cap: RwLock::default(),
        }
    }

    /// Nothing of this run leaves any more, but what is claimed already.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.lanes.iter().for_each(|window| window.places.close());
        self.stirred.notify_waiters();
        self.people_came();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// Which lanes rest from now on; `true` when that is news.
    pub(super) fn rest_lanes(&self, campaign: &Campaign) -> bool {
        let mut is_news = false;
        for (lane, window) in (0_u8..).zip(&self.lanes) {
            let rests = campaign.rests(lane);
            if window.rests.swap(rests, Ordering::SeqCst) != rests {
                is_news = true;
                window.rested.fetch_add(u64::from(rests), Ordering::SeqCst);
            }
        }
        if is_news {
            self.stirred.notify_waiters();
        }
        is_news
    }

    fn rests(&self, lane: u8) -> bool {
        self.lanes.get(usize::from(lane)).is_some_and(|window| window.rests.load(Ordering::SeqCst))
    }

    fn rested(&self, lane: u8) -> u64 {
        self.lanes.get(usize::from(lane)).map_or(0, |window| window.rested.load(Ordering::SeqCst))
    }

    /// Waits while the lane rests, until the run is over.
    pub(super) async fn awake(&self, lane: u8) {
        loop {
            let mut stirred = std::pin::pin!(self.stirred.notified());
            stirred.as_mut().enable();
            if self.is_closed() || !self.rests(lane) {
                return;
            }
            stirred.await;
        }
    }

    /// Nothing may follow: the run ends.
    pub(super) fn refuse(&self, failure: &Failure) {
        self.refused.write().unwrap_or_else(PoisonError::into_inner).get_or_insert_with(|| failure.clone());
        self.close();
    }

    pub(super) fn refused(&self) -> Option<Failure> {
        self.refused.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on, for everything that has not left; `true` when it is another pace.
    pub(super) fn set_per_second(&self, per_second: Option<u32>) -> bool {
        let mut pace = self.pace.write().unwrap_or_else(PoisonError::into_inner);
        let is_new = pace.per_second != per_second;
        if is_new {
            *pace = Pace::new(per_second);
        }
        is_new
    }

    /// From now on.
    pub(super) fn set_cap(&self, cap: Option<CampaignCap>) {
        let mut watch = self.cap.write().unwrap_or_else(PoisonError::into_inner);
        if watch.as_ref().map(|watch| watch.cap()) != cap {
            *watch = cap.map(|cap| Arc::new(CapWatch::new(cap)));
        }
    }

    /// Whether people are still added to it.
    pub(super) fn set_open(&self, is_open: bool) {
        self.open.send_if_modified(|known| std::mem::replace(known, is_open) != is_open);
    }

    pub(super) fn is_open(&self) -> bool {
        *self.open.borrow()
    }

    /// Somebody was added, or may have been.
    pub(super) fn people_came(&self) {
        self.open.send_modify(|_| ());
    }

    /// Wakes whenever somebody was added.
    pub(super) fn arrivals(&self) -> watch::Receiver<bool> {
        self.open.subscribe()
    }

    /// Whether this one is on the way already.
    pub(super) fn has_out(&self, no: u32) -> bool {
        self.out().contains(&no)
    }

    fn out(&self) -> MutexGuard<'_, HashSet<u32>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None`: takes one from the broadcast's own rate, go. Otherwise how long to wait.
    pub(crate) fn rate_wait(&self) -> Option<Duration> {
        let pace = self.pace.read().unwrap_or_else(PoisonError::into_inner);
        pace.rate.as_ref()?.check().err().map(|wait| wait.wait_time_from(TokioClock.now()))
    }

    /// A faster number has more on its way at a time.
    pub(super) fn widen(&self, lane: u8, per_second: u32) -> u32 {
        let Some(window) = self.lanes.get(usize::from(lane)) else { return WINDOW_MIN };
        let mut size = window.size.write().unwrap_or_else(PoisonError::into_inner);
        if per_second > *size {
            window.places.add_permits((per_second - *size) as usize);
            *size = per_second;
        }
        *size
    }

    /// Waits for a place and a share; `None` when the lane rests or the run is over.
    pub(super) async fn ticket(self: &Arc<Self>, lane: u8) -> Option<Ticket> {
        let places = self.lanes.get(usize::from(lane))?.places.clone();
        let place = places.acquire_owned().await.ok()?;
        loop {
            let mut stirred = std::pin::pin!(self.stirred.notified());
            stirred.as_mut().enable();
            // Before it is asked whether it rests: of one that begins to in between, the ticket is closed.
            let rested = self.rested(lane);
            if self.is_closed() || self.rests(lane) {
                return None;
            }
            if self.shares.take() {
                let is_spent = AtomicBool::new(false);
                return Some(Ticket {
                    flow: self.clone(),
                    lane,
                    rested,
                    contact: None,
                    no: None,
                    place,
                    until: None,
                    is_spent,
                });
            }
            stirred.await;
        }
    }

    /// What is known of the shares before it is asked how many have begun.
    pub(super) fn seen(&self) -> Seen {
        self.shares.seen()
    }

    /// So many more than were seen may begin; `None`: as many as there are.
    pub(super) fn allow(&self, seen: Seen, more: Option<u64>) {
        self.shares.allow(seen, more);
        self.stirred.notify_waiters();
    }

    /// Lets time pass, until the run is over.
    pub(super) async fn rest(&self, time: Duration) {
        let end = Instant::now() + time;
        loop {
            let mut stirred = std::pin::pin!(self.stirred.notified());
            stirred.as_mut().enable();
            if self.is_closed() || tokio::time::timeout_at(end, stirred).await.is_err() {
                return;
            }
        }
    }

    /// Waits until nothing of the lane is on its way.
    pub(super) async fn empty(&self, lane: u8) {
        let Some(window) = self.lanes.get(usize::from(lane)) else { return };
        let size = *window.size.read().unwrap_or_else(PoisonError::into_inner);
        // Closed: nobody waits for it either.
        drop(window.places.acquire_many(size).await);
    }
}

impl Pace {
    fn new(per_second: Option<u32>) -> Self {
        let quota = per_second.and_then(NonZeroU32::new).map(|per_second| {
            // The burst makes up for timers that are late, and is too small to be seen.
            let burst = NonZeroU32::new(per_second.get() / 20).unwrap_or(NonZeroU32::MIN);
            Quota::per_second(per_second).allow_burst(burst)
        });
        Self { per_second, rate: quota.map(|quota| RateLimiter::direct_with_clock(quota, TokioClock)) }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let Some(no) = self.no {
            self.flow.out().remove(&no);
        }
        self.flow.shares.give_back(self.is_spent.load(Ordering::Relaxed));
        self.flow.stirred.notify_waiters();
    }
}

impl Ticket {
    pub(super) fn meant_for(self, recipient: &CampaignRecipient, until: Timestamp) -> Self {
        let mut ticket = self;
        (ticket.contact, ticket.until) = (Some(recipient.contact), Some(until));
        if ticket.flow.is_open() {
            ticket.no = Some(recipient.no);
            ticket.flow.out().insert(recipient.no);
        }
        ticket
    }

    /// The turn of its person is over.
    pub(crate) fn is_late(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| now >= until)
    }

    /// It came to a send, however that went.
    pub(crate) fn spend(&self) {
        self.is_spent.store(true, Ordering::Relaxed);
    }

    pub(crate) fn flow(&self) -> &Arc<Flow> {
        &self.flow
    }

    /// Who must not have opted out when it leaves. `None`: it does not advertise.
    pub(crate) fn advertised_to(&self) -> Option<ContactId> {
        self.contact.filter(|_| !self.flow.is_awaited)
    }

    /// Whom it is for.
    pub(crate) fn contact(&self) -> Option<ContactId> {
        self.contact
    }

    /// Who must not have had enough, and of what. `None`: there is no cap, or it does not advertise.
    pub(crate) fn capped(&self) -> Option<(ContactId, Arc<CapWatch>)> {
        let watch = self.flow.cap.read().unwrap_or_else(PoisonError::into_inner).clone();
        self.advertised_to().zip(watch)
    }

    /// Its run is over, or its lane was told to rest since.
    pub(crate) fn is_closed(&self) -> bool {
        self.flow.is_closed() || self.flow.rested(self.lane) != self.rested
    }

    /// WhatsApp has taken it.
    pub(crate) fn count_sent(&self, at: Timestamp) {
        self.flow.figures.count_sent(self.lane, second(at));
    }

    /// It leaves, while WhatsApp allows the number this much.
    pub(crate) fn count_allowed(&self, at: Timestamp, per_second: u32) {
        self.flow.figures.allow(self.lane, second(at), per_second);
    }

    /// Nothing leaves the lane before.
    pub(crate) fn slow_down(&self, until: Instant) {
        self.flow.figures.slow_down(self.lane, until);
    }

    pub(crate) fn refuse(&self, failure: &Failure) {
        self.flow.refuse(failure);
    }
}

fn second(at: Timestamp) -> u64 {
    u64::try_from(at.0 / 1_000).unwrap_or_default()
}
