use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use engine::ports::StoreError;
use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::Outcome;

/// Reads that may wait for a thread. Full: `StoreError::Busy`.
const QUEUE: usize = 4_096;

type Read = Box<dyn FnOnce(&Connection) + Send>;

/// Threads that read, because a page that is not in memory makes a read wait for the disk, and the callers' threads
/// must not.
pub(super) struct Readers {
    /// Reads that no thread has taken up.
    waiting: Arc<AtomicUsize>,
    queue: Option<SyncSender<Read>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(super) fn start(connections: Vec<Connection>) -> std::io::Result<Self> {
        let (queue, reads) = sync_channel(QUEUE);
        let reads = Arc::new(Mutex::new(reads));
        let start = |connection| {
            let reads = Arc::clone(&reads);
            thread::Builder::new().name("jetto-read".to_owned()).spawn(move || serve(&connection, &reads))
        };
        let threads = connections.into_iter().map(start).collect::<std::io::Result<_>>()?;
        Ok(Self { waiting: Arc::default(), queue: Some(queue), threads })
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Outcome<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let waiting = Arc::clone(&self.waiting);
        let read: Read = Box::new(move |connection| {
            waiting.fetch_sub(1, Ordering::Relaxed);
            // A caller who went away does not need the answer.
            if !reply.is_closed() {
                drop(reply.send(work(connection)));
            }
        });
        let gone = || StoreError::Unavailable("the store is closed".to_owned());
        let queue = self.queue.as_ref().ok_or_else(gone)?;
        self.waiting.fetch_add(1, Ordering::Relaxed);
        if let Err(refused) = queue.try_send(read) {
            self.waiting.fetch_sub(1, Ordering::Relaxed);
            return Err(if matches!(refused, TrySendError::Full(_)) { StoreError::Busy } else { gone() });
        }
        let answer = answer.await.map_err(|_| StoreError::Unavailable("a read was cut short".to_owned()))?;
        Ok(answer?)
    }
}

impl Readers {
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

fn serve(connection: &Connection, reads: &Mutex<Receiver<Read>>) {
    loop {
        // Whoever holds the lock waits for work; the others wait for the lock.
        let read = reads.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(read) = read else { return };
        // The panic hook has reported it, and the dropped reply tells the caller.
        if catch_unwind(AssertUnwindSafe(|| read(connection))).is_err() && !connection.is_autocommit() {
            drop(connection.execute_batch("ROLLBACK"));
        }
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue = None;
        for thread in self.threads.drain(..) {
            drop(thread.join());
        }
    }
}
