//! Copies the log into the file while the writer goes on. SQLite would do it inside a COMMIT, and the copy of 32 MB makes
//! everybody who waits for that COMMIT wait for the disk.

use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;

/// Between two copies: at 10,000 messages a second about 80 MB of log.
const EVERY: Duration = Duration::from_secs(1);

pub(super) struct Checkpointer {
    /// Dropped, it ends the thread.
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpointer {
    pub(super) fn start(connection: Connection) -> std::io::Result<Self> {
        let (stop, stopped) = sync_channel(0);
        let thread = thread::Builder::new().name("jetto-copy".to_owned()).spawn(move || {
            while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
                copy(&connection);
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

/// Passive: waits for nobody, and copies as far as no reader needs the old pages. The writer still starts the log anew by
/// itself when it has grown long, and then finds little left to copy.
fn copy(connection: &Connection) {
    if let Err(error) = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())) {
        tracing::warn!(%error, "the log was not copied; the writer does it when it is long");
    }
}

impl Drop for Checkpointer {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}
