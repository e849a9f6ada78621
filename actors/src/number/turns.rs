//! Broadcasts that share a number: one message of each in turn, so that a large one does not hold up a small one.

use std::collections::{HashMap, VecDeque};

use engine::id::CampaignId;
use tokio::time::Instant;

use super::lanes::Waiting;
use crate::broadcast::Ticket;

#[derive(Default)]
pub(super) struct Turns {
    order: VecDeque<CampaignId>,
    queues: HashMap<CampaignId, Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// Its own pace allows nothing before.
    not_before: Option<Instant>,
}

impl Turns {
    pub(super) fn push_back(&mut self, campaign: CampaignId, waiting: Waiting) {
        self.queue(campaign).waiting.push_back(waiting);
    }

    /// It is this broadcast's turn again.
    pub(super) fn push_front(&mut self, campaign: CampaignId, waiting: Waiting) {
        self.queue(campaign).waiting.push_front(waiting);
        self.order.retain(|known| *known != campaign);
        self.order.push_front(campaign);
    }

    fn queue(&mut self, campaign: CampaignId) -> &mut Queue {
        self.queues.entry(campaign).or_insert_with(|| {
            self.order.push_back(campaign);
            Queue::default()
        })
    }

    /// The next message of the next broadcast whose own pace allows it.
    pub(super) fn next(&mut self, now: Instant) -> Option<Waiting> {
        for _ in 0..self.order.len() {
            let campaign = self.order.pop_front()?;
            let Some(queue) = self.queues.get_mut(&campaign) else { continue };
            let next = queue.next(now);
            if queue.waiting.is_empty() {
                self.queues.remove(&campaign);
            } else {
                self.order.push_back(campaign);
            }
            if next.is_some() {
                return next;
            }
        }
        None
    }

    /// Takes out what is not to be sent any more, and forgets what paces said.
    pub(super) fn reconsider(&mut self) -> Vec<Waiting> {
        let mut closed = Vec::new();
        for queue in self.queues.values_mut() {
            queue.not_before = None;
            let (gone, stays) = std::mem::take(&mut queue.waiting).into_iter().partition(Waiting::is_closed);
            queue.waiting = stays;
            closed.extend::<VecDeque<_>>(gone);
        }
        self.queues.retain(|_, queue| !queue.waiting.is_empty());
        self.order.retain(|campaign| self.queues.contains_key(campaign));
        closed
    }

    pub(super) fn next_release(&self, now: Instant) -> Option<Instant> {
        self.queues.values().filter_map(|queue| queue.not_before).filter(|at| *at > now).min()
    }

    /// One of each broadcast.
    pub(super) fn tickets(&self) -> impl Iterator<Item = &Ticket> {
        self.queues.values().filter_map(|queue| queue.waiting.front()?.ticket.as_ref())
    }
}

impl Queue {
    fn next(&mut self, now: Instant) -> Option<Waiting> {
        if self.not_before.is_some_and(|at| at > now) {
            return None;
        }
        self.not_before = None;
        let first = self.waiting.front_mut()?;
        // Asked once for each message: what is put back has its share already.
        if let Some(ticket) = first.ticket.as_ref().filter(|_| !first.paced)
            && let Some(wait) = ticket.flow().rate_wait()
        {
            self.not_before = Some(now + wait);
            return None;
        }
        first.paced = true;
        self.waiting.pop_front()
    }
}
