//! What a broadcast's messages carry along on their way: whether they may still leave, how fast all of them together, and a
//! place among those that are on their way at a time.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use engine::delivery::Failure;
use engine::id::{CampaignId, ContactId, TenantId};
use engine::time::Timestamp;
use governor::clock::Clock as _;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use super::figures::Figures;
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
    pub(crate) figures: Arc<Figures>,
    /// What WhatsApp refused so that nothing may follow.
    refused: RwLock<Option<Failure>>,
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
}

/// Travels with one message; given back when that is done with, however that went.
pub(crate) struct Ticket {
    flow: Arc<Flow>,
    lane: u8,
    contact: ContactId,
    #[expect(dead_code, reason = "held, not read")]
    place: OwnedSemaphorePermit,
}

impl Flow {
    pub(super) fn new(
        (tenant, campaign): (TenantId, CampaignId),
        is_awaited: bool,
        per_second: Option<u32>,
        figures: Arc<Figures>,
    ) -> Self {
        let window = || Window { places: Arc::new(Semaphore::new(WINDOW_MIN as usize)), size: RwLock::new(WINDOW_MIN) };
        Self {
            tenant,
            campaign,
            is_awaited,
            closed: AtomicBool::new(false),
            pace: RwLock::new(Pace::new(per_second)),
            lanes: figures.lanes().map(|_| window()).collect(),
            figures,
            refused: RwLock::default(),
        }
    }

    /// Nothing of this run leaves any more, but what is claimed already.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.lanes.iter().for_each(|window| window.places.close());
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
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

    /// Waits for a place; `None` when the run is over.
    pub(super) async fn ticket(self: &Arc<Self>, lane: u8, contact: ContactId) -> Option<Ticket> {
        let places = self.lanes.get(usize::from(lane))?.places.clone();
        let place = places.acquire_owned().await.ok()?;
        Some(Ticket { flow: self.clone(), lane, contact, place })
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

impl Ticket {
    pub(crate) fn flow(&self) -> &Arc<Flow> {
        &self.flow
    }

    /// Who must not have opted out when it leaves. `None`: it does not advertise.
    pub(crate) fn advertised_to(&self) -> Option<ContactId> {
        (!self.flow.is_awaited).then_some(self.contact)
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.flow.is_closed()
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
