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
    pub(super) fn start(connection: Connection, queue: usize) -> std::io::Result<Self> {
        let queue = queue.max(1);
        let (sender, orders) = sync_channel(queue);
        let gauge = Arc::new(Gauge::new());
        let mut scribe = Scribe {
            connection,
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
mod tests {
    use futures_util::future::join_all;

    use super::*;

    fn writer() -> Writer {
        writer_with(1024)
    }

    fn writer_with(queue: usize) -> Writer {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(include_str!("../../schema/0001_start.sql")).unwrap();
        Writer::start(connection, queue).unwrap()
    }

    /// Writes the row `n` and then fails in its way; counts its runs.
    async fn write(writer: &Writer, n: usize) -> Result<usize, StoreError> {
        let mut runs = 0;
        let work = move |session: &mut Session<'_>| {
            runs += 1;
            session
                .connection
                .execute("INSERT INTO tenant (key, id) VALUES (?1, zeroblob(?1))", [i64::try_from(n).unwrap()])?;
            match n % 10 {
                3 => Err(Fault::Store(StoreError::Corrupt("in its way".to_owned()))),
                7 => panic!("in its way"),
                _ => Ok(runs),
            }
        };
        writer.write(work).await
    }

    async fn rows(writer: &Writer) -> Vec<usize> {
        let rows = writer.write(|session| {
            let mut statement = session.connection.prepare("SELECT key FROM tenant ORDER BY key")?;
            let rows = statement.query_map([], |row| row.get::<_, u32>(0))?;
            Ok(rows.map(|row| row.map(|key| key as usize)).collect::<rusqlite::Result<Vec<_>>>()?)
        });
        rows.await.unwrap()
    }

    #[tokio::test]
    async fn what_fails_in_a_group_rolls_back_alone() {
        let writer = writer();
        // The first holds the writer back until the others have queued up behind it, in one group.
        let slow = writer.write(|_| {
            thread::park_timeout(Duration::from_millis(20));
            Ok(())
        });
        let queued = join_all((1..=100).map(|n| write(&writer, n)));
        let (first, answers) = tokio::join!(slow, queued);
        first.unwrap();
        for (n, answer) in (1..=100).zip(&answers) {
            match n % 10 {
                3 => assert!(matches!(answer, Err(StoreError::Corrupt(_))), "{n}: {answer:?}"),
                7 => assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{n}: {answer:?}"),
                _ => assert!(answer.is_ok(), "{n}: {answer:?}"),
            }
        }
        assert!(answers.contains(&Ok(2)), "they shared groups with the failed ones");
        let expected: Vec<_> = (1..=100).filter(|n| ![3, 7].contains(&(n % 10))).collect();
        assert_eq!(rows(&writer).await, expected);
    }

    #[tokio::test]
    async fn what_a_failed_operation_learned_is_forgotten() {
        let writer = writer();
        let slow = writer.write(|_| {
            thread::park_timeout(Duration::from_millis(20));
            Ok(())
        });
        let queued = join_all((1..=50).map(|n| {
            writer.write(move |session| {
                let tenant = session.tenant(engine::id::TenantId::from_bytes([1; 16]))?;
                session.ledger.tally_intake(tenant, 0, engine::intake::IntakeOutcome::Stored, 1);
                let place = session.next_places(tenant, 1)?;
                if n % 7 == 0 { Err(Fault::Store(StoreError::Busy)) } else { Ok(place) }
            })
        }));
        let (first, answers) = tokio::join!(slow, queued);
        first.unwrap();
        let places: Vec<_> = answers.into_iter().filter_map(Result::ok).collect();
        assert_eq!(places, (1..=43).collect::<Vec<_>>(), "the log has no gap");
        let tally = writer.write(|session| {
            Ok(session.connection.query_row("SELECT stored FROM inbox_tally", [], |row| row.get::<_, u32>(0))?)
        });
        assert_eq!(tally.await, Ok(43));
    }

    #[tokio::test]
    async fn pressure_shows_how_long_the_oldest_waits() {
        let writer = writer();
        assert_eq!(writer.pressure(), Pressure::default());
        let slow = writer.write(|_| {
            thread::park_timeout(Duration::from_millis(30));
            Ok(())
        });
        let watch = async {
            let mut most = Pressure::default();
            while most.oldest_ms < 5 {
                most = writer.pressure();
                tokio::task::yield_now().await;
            }
            most
        };
        let (slow, seen) = tokio::join!(slow, watch);
        slow.unwrap();
        assert_eq!(seen.queued, 1);
        writer.write(|_| Ok(())).await.unwrap();
    }

    #[tokio::test]
    async fn what_cannot_wait_overtakes_and_what_can_is_not_starved() {
        let writer = writer();
        let order = Arc::new(Mutex::new(Vec::new()));
        let note = |name: &'static str| {
            let order = Arc::clone(&order);
            move |_: &mut Session<'_>| {
                order.lock().unwrap().push(name);
                Ok(())
            }
        };
        let slow = writer.write(|_| {
            thread::park_timeout(Duration::from_millis(20));
            Ok(())
        });
        let patient = join_all((0..PATIENT_SHARE * 2).map(|_| writer.write(note("patient"))));
        let urgent = join_all((0..10).map(|_| writer.write_first(note("urgent"))));
        let (slow, patient, urgent) = tokio::join!(slow, patient, urgent);
        assert!(slow.is_ok() && patient.iter().chain(&urgent).all(Result::is_ok));
        let order = order.lock().unwrap();
        let last_urgent = order.iter().rposition(|name| *name == "urgent").unwrap();
        assert!(last_urgent < 10 + PATIENT_SHARE, "the last urgent one was number {last_urgent}");
    }

    #[tokio::test]
    async fn stopping_writes_what_is_queued() {
        let writer = writer();
        let slow = writer.write(|_| {
            thread::park_timeout(Duration::from_millis(20));
            Ok(())
        });
        let queued = join_all([1, 2, 4].map(|n| write(&writer, n)));
        let (first, answers, closed) = tokio::join!(slow, queued, writer.close());
        assert!(first.is_ok() && closed.is_ok() && answers.iter().all(Result::is_ok), "{answers:?}");
        assert_eq!(write(&writer, 5).await, Err(super::closed()));
    }

    #[tokio::test]
    async fn a_full_queue_does_not_keep_it_from_stopping() {
        let writer = writer_with(1);
        let slow = writer.write(|_| {
            thread::park_timeout(Duration::from_millis(20));
            Ok(())
        });
        let queued = join_all((1..=9).map(|n| write(&writer, n)));
        let (first, answers, closed) = tokio::join!(slow, queued, writer.close());
        assert!(first.is_ok() && closed.is_ok(), "{closed:?}");
        assert!(answers.contains(&Err(StoreError::Busy)), "{answers:?}");
    }
}
