//! What waits at a number, in the order in which it may go.

use std::collections::{HashMap, HashSet, VecDeque};

use engine::id::{CampaignId, MessageId};
use engine::outgoing::{Outgoing, Recipient};
use tokio::time::Instant;

use super::send::Uploaded;
use super::turns::Turns;
use crate::broadcast::Ticket;
use crate::registry::Permit;

pub(crate) struct Waiting {
    pub(crate) outgoing: Box<Outgoing>,
    /// Its file is at Meta already: an earlier try has uploaded it.
    pub(super) uploaded: Option<Uploaded>,
    /// Of a broadcast: asked right before the claim.
    pub(super) ticket: Option<Ticket>,
    /// It has its share of its broadcast's own pace.
    pub(super) paced: bool,
    /// Given back when the message is done.
    #[expect(dead_code, reason = "held, not read")]
    pub(crate) permit: Permit,
}

impl Waiting {
    /// Its broadcast was paused or has ended.
    pub(super) fn is_closed(&self) -> bool {
        self.ticket.as_ref().is_some_and(Ticket::is_closed)
    }
}

#[derive(Default)]
pub(super) struct Lanes {
    reply: VecDeque<Waiting>,
    /// Broadcasts that people wait for: a receipt, an appointment.
    awaited: Turns,
    marketing: Turns,
    /// Behind another message to the same recipient, or until a time.
    held: HashMap<Recipient, Held>,
    /// Recipients with a request under way, and its message.
    busy: HashMap<Recipient, MessageId>,
    /// Everything here and under way: the outbox is read again now and then, and must not double it.
    known: HashSet<MessageId>,
}

#[derive(Default)]
struct Held {
    until: Option<Instant>,
    queue: VecDeque<Waiting>,
}

impl Lanes {
    /// A message that is here already is dropped.
    pub(super) fn push(&mut self, waiting: Waiting) {
        if !self.known.insert(waiting.outgoing.id) {
            return;
        }
        match self.turns(&waiting) {
            None => self.reply.push_back(waiting),
            Some((turns, campaign)) => turns.push_back(campaign, waiting),
        }
    }

    /// `None`: a reply.
    fn turns(&mut self, waiting: &Waiting) -> Option<(&mut Turns, CampaignId)> {
        let flow = waiting.ticket.as_ref()?.flow();
        let turns = if flow.is_awaited { &mut self.awaited } else { &mut self.marketing };
        Some((turns, flow.campaign))
    }

    /// The next message whose recipient is free: replies first. What is behind a held message of the same recipient joins it.
    pub(super) fn next(&mut self, now: Instant, only_replies: bool) -> Option<Waiting> {
        loop {
            let broadcast = |lanes: &mut Self| lanes.awaited.next(now).or_else(|| lanes.marketing.next(now));
            let reply = self.reply.pop_front();
            let waiting = if only_replies { reply } else { reply.or_else(|| broadcast(self)) }?;
            if waiting.is_closed() {
                self.known.remove(&waiting.outgoing.id);
                continue;
            }
            let recipient = &waiting.outgoing.to;
            if let Some(held) = self.held.get_mut(recipient) {
                held.queue.push_back(waiting);
            } else if self.busy.contains_key(recipient) {
                self.held.entry(recipient.clone()).or_default().queue.push_back(waiting);
            } else {
                return Some(waiting);
            }
        }
    }

    /// Goes first again.
    pub(super) fn put_back(&mut self, waiting: Waiting) {
        match self.turns(&waiting) {
            None => self.reply.push_front(waiting),
            Some((turns, campaign)) => turns.push_front(campaign, waiting),
        }
    }

    /// Gives back what its broadcast has closed, and looks at the paces of the others anew.
    pub(super) fn reconsider(&mut self) {
        let mut closed = self.awaited.reconsider();
        closed.append(&mut self.marketing.reconsider());
        for held in self.held.values_mut() {
            let (gone, stays): (VecDeque<_>, _) =
                std::mem::take(&mut held.queue).into_iter().partition(Waiting::is_closed);
            held.queue = stays;
            closed.extend(gone);
        }
        self.held.retain(|_, held| !held.queue.is_empty());
        for waiting in closed {
            self.known.remove(&waiting.outgoing.id);
        }
    }

    /// Nothing leaves before: told to every broadcast that waits here.
    pub(super) fn slow_down(&self, until: Instant) {
        self.awaited.tickets().chain(self.marketing.tickets()).for_each(|ticket| ticket.slow_down(until));
    }

    /// This recipient's messages wait until then, in order.
    pub(super) fn hold(&mut self, waiting: Waiting, until: Instant) {
        let held = self.held.entry(waiting.outgoing.to.clone()).or_default();
        held.until = held.until.max(Some(until));
        held.queue.push_front(waiting);
    }

    pub(super) fn begin(&mut self, outgoing: &Outgoing) {
        self.busy.insert(outgoing.to.clone(), outgoing.id);
    }

    pub(super) fn is_under_way(&self, id: MessageId) -> bool {
        self.busy.values().any(|busy| *busy == id)
    }

    /// The request has ended; what waited behind it may go.
    pub(super) fn finish(&mut self, recipient: &Recipient) {
        self.busy.remove(recipient);
        if self.held.get(recipient).is_some_and(|held| held.until.is_none()) {
            self.free(&recipient.clone());
        }
    }

    /// Forgets what waits. What is under way goes on, and nobody else writes to its recipient meanwhile.
    pub(super) fn clear(&mut self) {
        let busy = std::mem::take(&mut self.busy);
        *self = Self { busy, ..Self::default() };
    }

    /// The message is done: it may be dispatched again, as a resend.
    pub(super) fn forget(&mut self, id: MessageId) {
        self.known.remove(&id);
    }

    pub(super) fn release(&mut self, now: Instant) {
        let due: Vec<_> = self
            .held
            .iter()
            .filter(|(recipient, held)| {
                held.until.is_some_and(|until| until <= now) && !self.busy.contains_key(*recipient)
            })
            .map(|(recipient, _)| recipient.clone())
            .collect();
        for recipient in due {
            self.free(&recipient);
        }
    }

    pub(super) fn next_release(&self, now: Instant) -> Option<Instant> {
        let held = self.held.values().filter_map(|held| held.until);
        held.chain(self.awaited.next_release(now)).chain(self.marketing.next_release(now)).min()
    }

    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    fn free(&mut self, recipient: &Recipient) {
        if let Some(held) = self.held.remove(recipient) {
            for waiting in held.queue.into_iter().rev() {
                self.put_back(waiting);
            }
        }
    }
}
