//! The one thread that writes. Operations that arrive together share one COMMIT, because the wait for the disk is
//! what a write costs.
//!
//! No SAVEPOINT per operation: SQLite would copy every page that two operations touch. Instead an operation that
//! fails rolls the whole group back, is answered, and the rest of the group runs again; operations are `FnMut` over
//! what they were given, so they can. Failures are rare (damage, a full disk), so the second run is too.

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


/// Operations that share one COMMIT.
pub(super) const GROUP_MAX: usize = 256;

/// A group that is open this long commits, even if more is coming.
const GROUP_TIME: Duration = Duration::from_millis(2);

/// Without work for this long, the memory of the page cache is given back.
const IDLE: Duration = Duration::from_secs(5);

/// What an operation works with: the open transaction, and what the writer knows without asking.
pub(super) struct Session<'a> {
    pub(super) connection: &'a Connection,
    pub(super) ledger: &'a mut Ledger,
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
    pub(super) fn start(connection: Connection, queue: usize) -> std::io::Result<Self> {
        let (sender, orders) = sync_channel(queue.max(1));
        let gauge = Arc::new(Gauge::new());
        let mut scribe =
            Scribe { connection, ledger: Ledger::default(), orders, gauge: Arc::clone(&gauge), group: Vec::new() };
        let thread = thread::Builder::new().name("jetto-write".to_owned()).spawn(move || scribe.serve())?;
        Ok(Self { queue: Some(sender), gauge, thread: Mutex::new(Some(thread)) })
    }

    /// Answered once the work is on disk.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnMut(&mut Session<'_>) -> Outcome<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let operation = Box::new(Job { work, answer: None, reply });
        self.gauge.queued();
        let sent = self.send(Order::Write(Queued { at_us: self.gauge.now_us(), operation }));
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

    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let (reply, answer) = oneshot::channel();
        self.send(Order::Stop(reply))?;
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
    ledger: Ledger,
    orders: Receiver<Order>,
    gauge: Arc<Gauge>,
    /// Kept between groups for its memory.
    group: Vec<Queued>,
}

impl Scribe {
    fn serve(&mut self) {
        let mut idle = true;
        loop {
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
        while let Ok(order) = self.orders.try_recv() {
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
        self.gauge.working_since(first.at_us);
        let began = self.gauge.now_us();
        self.group.push(first);
        let mut stop = None;
        let outcome = self.fill_and_run(began, &mut stop).and_then(|()| self.end());
        self.gauge.settled(self.group.len());
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
    fn fill_and_run(
        &mut self,
        began: u64,
        stop: &mut Option<oneshot::Sender<Result<(), StoreError>>>,
    ) -> Outcome<()> {
        self.begin()?;
        let mut done = 0;
        loop {
            while let Some(queued) = self.group.get_mut(done) {
                let mut session = Session { connection: &self.connection, ledger: &mut self.ledger };
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
            while self.group.len() < GROUP_MAX && stop.is_none() {
                match self.orders.try_recv() {
                    Ok(Order::Write(queued)) => self.group.push(queued),
                    Ok(Order::Stop(reply)) => *stop = Some(reply),
                    Err(_) => break,
                }
            }
            if self.group.len() == done {
                return Ok(());
            }
        }
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
