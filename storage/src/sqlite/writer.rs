//! The one thread that writes. Operations that arrive together share one COMMIT, because the wait for the disk is
//! what a write costs.
//!
//! No SAVEPOINT per operation: SQLite would copy every page that two operations touch. Instead an operation that
//! fails rolls the whole group back, is answered, and the rest of the group runs again; operations are `FnMut` over
//! what they were given, so they can. Failures are rare (damage, a full disk), so the second run is too.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use engine::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::{Fault, Outcome};
use super::gauge::{Gauge, Pressure};
use super::ledger::Ledger;
use crate::crypto::Keyring;

/// Operations that share one COMMIT.
pub(super) const GROUP_MAX: usize = 512;

/// Of these, operations that can wait, while others cannot: what has come in is answered before it is processed, but
/// processing never stands still.
const PATIENT_SHARE: usize = 64;

/// A group that is open this long commits, even if more is coming.
const GROUP_TIME: Duration = Duration::from_millis(2);

/// Without work for this long, the memory of the page cache is given back.
const IDLE: Duration = Duration::from_secs(5);

/// What an operation works with: the open transaction, and what the writer knows without asking.
pub(super) struct Session<'a> {
    pub(super) connection: &'a Connection,
    pub(super) ledger: &'a mut Ledger,
    pub(super) keyring: &'a Keyring,
}

trait Operation: Send {
    /// Keeps its answer for after the COMMIT. May run again after a rollback.
    fn run(&mut self, session: &mut Session<'_>) -> Outcome<()>;
    fn settle(self: Box<Self>, committed: Result<(), StoreError>);
}

struct Job<W, T> {
    work: W,
    answer: Option<T>,
    reply: oneshot::Sender<Result<T, StoreError>>,
}

impl<T: Send, W: FnMut(&mut Session<'_>) -> Outcome<T> + Send> Operation for Job<W, T> {
    fn run(&mut self, session: &mut Session<'_>) -> Outcome<()> {
        self.answer = Some((self.work)(session)?);
        Ok(())
    }

    fn settle(self: Box<Self>, committed: Result<(), StoreError>) {
        let Self { work: _, answer, reply } = *self;
        let never_ran = || StoreError::Unavailable("the operation did not run".to_owned());
        // When nobody waits any more, the write stands all the same.
        drop(reply.send(committed.and_then(|()| answer.ok_or_else(never_ran))));
    }
}

struct Queued {
    at_us: u64,
    urgent: bool,
    operation: Box<dyn Operation>,
}

enum Order {
    Write(Queued),
    Stop(oneshot::Sender<Result<(), StoreError>>),
}

pub(super) struct Writer {
    queue: Option<SyncSender<Order>>,
    gauge: Arc<Gauge>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, keyring: Arc<Keyring>, queue: usize) -> std::io::Result<Self> {
        let queue = queue.max(1);
        let (sender, orders) = sync_channel(queue);
        let gauge = Arc::new(Gauge::new());
        let mut scribe = Scribe {
            connection,
            keyring,
            ledger: Ledger::default(),
            orders,
            gauge: Arc::clone(&gauge),
            group: Vec::new(),
            patient: VecDeque::new(),
            patient_max: queue,
        };
        let thread = thread::Builder::new().name("jetto-write".to_owned()).spawn(move || scribe.serve())?;
        Ok(Self { queue: Some(sender), gauge, thread: Mutex::new(Some(thread)) })
    }

    /// Answered once the work is on disk.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Session<'_>) -> Outcome<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.queue(work, false).await
    }

    /// The same, before everything that can wait: Meta waits for the answer.
    pub(super) async fn write_first<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Session<'_>) -> Outcome<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.queue(work, true).await
    }

    async fn queue<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Session<'_>) -> Outcome<T> + Send + 'static,
        urgent: bool,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let operation = Box::new(Job { work, answer: None, reply });
        self.gauge.queued();
        let sent = self.send(Order::Write(Queued { at_us: self.gauge.now_us(), urgent, operation }));
        if sent.is_err() {
            self.gauge.settled(1);
        }
        sent?;
        // Cut short: the thread ended before the COMMIT was known.
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    pub(super) fn pressure(&self) -> Pressure {
        self.gauge.pressure()
    }

    /// Whether operations that cannot wait fill the groups.
    pub(super) fn is_pressing(&self) -> bool {
        self.gauge.is_pressing()
    }

    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.clone().ok_or_else(closed)?;
        match queue.try_send(Order::Stop(reply)) {
            Ok(()) => {}
            Err(TrySendError::Disconnected(_)) => return Err(closed()),
            // A full queue must not keep anybody from stopping, and the caller's thread must not wait for it.
            Err(TrySendError::Full(stop)) => {
                let wait = move || drop(queue.send(stop));
                let thread = thread::Builder::new().name("jetto-stop".to_owned()).spawn(wait);
                thread.map_err(|error| StoreError::Unavailable(error.to_string()))?;
            }
        }
        answer.await.unwrap_or_else(|_| Err(closed()))
    }

    fn send(&self, order: Order) -> Result<(), StoreError> {
        match self.queue.as_ref().ok_or_else(closed)?.try_send(order) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => Err(StoreError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(closed()),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            drop(thread.join());
        }
    }
}

fn closed() -> StoreError {
    StoreError::Unavailable("the store is closed".to_owned())
}

/// The writer's side of the queue.
struct Scribe {
    connection: Connection,
    keyring: Arc<Keyring>,
    ledger: Ledger,
    orders: Receiver<Order>,
    gauge: Arc<Gauge>,
    /// Kept between groups for its memory.
    group: Vec<Queued>,
    /// Taken out of the queue and passed by those that could not wait.
    patient: VecDeque<Queued>,
    patient_max: usize,
}

impl Scribe {
    fn serve(&mut self) {
        let mut idle = true;
        loop {
            if let Some(first) = self.patient.pop_front() {
                if let Some(stop) = self.commit_group(first) {
                    return self.stop(stop);
                }
                continue;
            }
            let order = if idle {
                self.orders.recv().map_err(|_| RecvTimeoutError::Disconnected)
            } else {
                self.orders.recv_timeout(IDLE)
            };
            match order {
                Ok(Order::Write(first)) => {
                    idle = false;
                    if let Some(stop) = self.commit_group(first) {
                        return self.stop(stop);
                    }
                }
                Ok(Order::Stop(reply)) => return self.stop(reply),
                Err(RecvTimeoutError::Timeout) => {
                    idle = true;
                    if let Err(error) = self.connection.execute_batch("PRAGMA shrink_memory") {
                        tracing::warn!(%error, "the page cache was not given back");
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn stop(&mut self, reply: oneshot::Sender<Result<(), StoreError>>) {
        loop {
            let passed = self.patient.pop_front().map(Order::Write);
            let Some(order) = passed.or_else(|| self.orders.try_recv().ok()) else { break };
            match order {
                Order::Write(first) => {
                    // Whoever else asks to stop is answered by the end of the thread.
                    drop(self.commit_group(first));
                }
                Order::Stop(other) => drop(other.send(Ok(()))),
            }
        }
        let merged = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
        drop(reply.send(merged.map_err(|error| Fault::from(error).into())));
    }

    /// Writes `first` and what came meanwhile. Returns the order to stop when it meets one.
    fn commit_group(&mut self, first: Queued) -> Option<oneshot::Sender<Result<(), StoreError>>> {
        let began = self.gauge.now_us();
        // What can wait may wait long in the queue; only from here on would it be the disk that is slow.
        self.gauge.working_since(if first.urgent { first.at_us } else { began });
        self.group.push(first);
        let mut stop = None;
        let outcome = self.fill_and_run(began, &mut stop).and_then(|()| self.end());
        self.gauge.settled(self.group.len());
        self.gauge.was_urgent(self.group.iter().filter(|queued| queued.urgent).count());
        match outcome {
            Ok(()) => self.ledger.committed(),
            Err(ref fault) => {
                tracing::error!(?fault, operations = self.group.len(), "a commit failed");
                self.roll_back();
            }
        }
        let outcome = outcome.map_err(StoreError::from);
        for queued in self.group.drain(..) {
            queued.operation.settle(outcome.clone());
        }
        self.gauge.idle();
        stop
    }

    /// Runs the group, taking in what arrives while it runs.
    fn fill_and_run(&mut self, began: u64, stop: &mut Option<oneshot::Sender<Result<(), StoreError>>>) -> Outcome<()> {
        self.begin()?;
        let mut done = 0;
        loop {
            while let Some(queued) = self.group.get_mut(done) {
                let (connection, keyring) = (&self.connection, self.keyring.as_ref());
                let mut session = Session { connection, ledger: &mut self.ledger, keyring };
                let Err(fault) = guarded(queued.operation.as_mut(), &mut session) else {
                    done += 1;
                    continue;
                };
                if fault.is_of_the_file() {
                    return Err(fault);
                }
                tracing::warn!(?fault, "an operation failed; its group runs again without it");
                let failed = self.group.remove(done);
                self.roll_back();
                self.gauge.settled(1);
                failed.operation.settle(Err(fault.into()));
                self.begin()?;
                done = 0;
            }
            let open_us = self.gauge.now_us().saturating_sub(began);
            if stop.is_some() || done >= GROUP_MAX || u128::from(open_us) > GROUP_TIME.as_micros() {
                return Ok(());
            }
            *stop = self.refill();
            if self.group.len() == done {
                return Ok(());
            }
        }
    }

    /// Takes in what has arrived: first what cannot wait, then what can, up to its share.
    fn refill(&mut self) -> Option<oneshot::Sender<Result<(), StoreError>>> {
        let mut stop = None;
        while self.group.len() < GROUP_MAX && self.patient.len() < self.patient_max && stop.is_none() {
            match self.orders.try_recv() {
                Ok(Order::Write(queued)) if queued.urgent => self.group.push(queued),
                Ok(Order::Write(queued)) => self.patient.push_back(queued),
                Ok(Order::Stop(reply)) => stop = Some(reply),
                Err(_) => break,
            }
        }
        let urgent = self.group.iter().filter(|queued| queued.urgent).count();
        if let Some(oldest) = self.group.iter().find(|queued| queued.urgent) {
            self.gauge.working_since(oldest.at_us);
        }
        let share = if urgent == 0 { GROUP_MAX } else { urgent + PATIENT_SHARE };
        while self.group.len() < share.min(GROUP_MAX) {
            match self.patient.pop_front() {
                Some(queued) => self.group.push(queued),
                None => break,
            }
        }
        stop
    }

    fn begin(&self) -> Outcome<()> {
        self.connection.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(())
    }

    fn end(&mut self) -> Outcome<()> {
        self.ledger.flush(&self.connection)?;
        self.connection.prepare_cached("COMMIT")?.execute([])?;
        Ok(())
    }

    fn roll_back(&mut self) {
        self.ledger.forget();
        // SQLite has rolled back by itself after some errors.
        if !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "a rollback failed");
        }
    }
}

/// A panic is a fault of this one operation.
fn guarded(operation: &mut dyn Operation, session: &mut Session<'_>) -> Outcome<()> {
    catch_unwind(AssertUnwindSafe(|| operation.run(session)))
        .unwrap_or_else(|_| Err(Fault::Store(StoreError::Unavailable("the operation panicked".to_owned()))))
}

#[cfg(test)]
mod tests;
