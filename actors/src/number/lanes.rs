//! What waits at a number, in the order in which it may go.

use std::collections::{HashMap, HashSet, VecDeque};

use engine::id::MessageId;
use engine::outgoing::{Lane, Outgoing, Recipient};
use tokio::time::Instant;

use super::send::Uploaded;
use crate::registry::Permit;

pub(crate) struct Waiting {
    pub(crate) outgoing: Box<Outgoing>,
    /// Its file is at Meta already: an earlier try has uploaded it.
    pub(super) uploaded: Option<Uploaded>,
    /// Given back when the message is done.
    #[expect(dead_code, reason = "held, not read")]
    pub(crate) permit: Permit,
}

#[derive(Default)]
pub(super) struct Lanes {
    reply: VecDeque<Waiting>,
    broadcast: VecDeque<Waiting>,
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
        match waiting.outgoing.lane {
            Lane::Reply => self.reply.push_back(waiting),
            Lane::Broadcast => self.broadcast.push_back(waiting),
        }
    }

    /// The next message whose recipient is free. What is behind a held message of the same recipient joins it.
    pub(super) fn next(&mut self) -> Option<Waiting> {
        while let Some(waiting) = self.reply.pop_front().or_else(|| self.broadcast.pop_front()) {
            let recipient = &waiting.outgoing.to;
            if let Some(held) = self.held.get_mut(recipient) {
                held.queue.push_back(waiting);
            } else if self.busy.contains_key(recipient) {
                self.held.entry(recipient.clone()).or_default().queue.push_back(waiting);
            } else {
                return Some(waiting);
            }
        }
        None
    }

    /// Goes first again.
    pub(super) fn put_back(&mut self, waiting: Waiting) {
        match waiting.outgoing.lane {
            Lane::Reply => self.reply.push_front(waiting),
            Lane::Broadcast => self.broadcast.push_front(waiting),
        }
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

    pub(super) fn next_release(&self) -> Option<Instant> {
        self.held.values().filter_map(|held| held.until).min()
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
