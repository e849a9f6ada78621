use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::SqliteStore;
use super::checkpointer::Checkpointer;
use super::data_directory::DataDirectory;
use super::readers::Readers;
use super::writer::Writer;

/// Numbered from 1, applied in order, never changed after a release.
const SCHEMA: &[&str] = &[include_str!("../../schema/0001_start.sql")];

/// Log pages before the writer starts the log anew: 128 MB. The checkpointer has copied most of it by then.
const CHECKPOINT_PAGES: u32 = 32_000;

/// It reads pages once, to copy them.
const CHECKPOINTER_CACHE_KIB: u32 = 64;

/// Longest wait for another process that has the file open, a backup say.
const OTHER_PROCESS: Duration = Duration::from_secs(5);

/// Statements that stay prepared per connection; there are about 70 in all.
const STATEMENTS: usize = 128;

#[derive(Debug, Clone, Copy)]
pub struct SqliteOptions {
    /// Operations that may wait to be written. Full: `StoreError::Busy`.
    pub queue: usize,
    /// Threads that read, each with its own connection.
    pub readers: usize,
    /// Most memory for pages of the writer, in KiB. Given back when the writer falls idle.
    pub writer_cache_kib: u32,
    /// The same for each reader.
    pub reader_cache_kib: u32,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { queue: 8_192, readers: 4, writer_cache_kib: 32 * 1024, reader_cache_kib: 1024 }
    }
}

/// Why the store does not open: one line each, for the person who starts the server.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("{} is in use by another jetto; stop it, or choose another data directory", .dir.display())]
    Locked { dir: PathBuf },
    #[error("{} lies on {name}, a network file system, where SQLite can lose data; choose a local disk", .dir.display())]
    NetworkFileSystem { dir: PathBuf, name: &'static str },
    #[error(
        "the data was written by a newer jetto (schema {found}, this one knows {known}); install that version again"
    )]
    TooNew { found: usize, known: usize },
    #[error("the data directory cannot be used: {0}")]
    Io(#[from] std::io::Error),
    #[error("the database cannot be opened: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

pub(super) fn open(dir: &Path, options: SqliteOptions) -> Result<SqliteStore, OpenError> {
    let directory = DataDirectory::lock(dir)?;
    let path = directory.path().join("jetto.db");
    let mut connection = Connection::open_with_flags(
        &path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    tune(&connection, options.writer_cache_kib)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT_PAGES)?;
    // A burst can leave a long log; what is beyond this is cut off.
    connection.pragma_update(None, "journal_size_limit", i64::from(CHECKPOINT_PAGES) * 4096)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    migrate(&mut connection)?;
    let readers = (0..options.readers.max(1)).map(|_| open_reader(&path, options.reader_cache_kib));
    let readers = readers.collect::<Result<Vec<_>, OpenError>>()?;
    let copies =
        Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    tune(&copies, CHECKPOINTER_CACHE_KIB)?;
    Ok(SqliteStore {
        readers: Readers::start(readers)?,
        checkpointer: Checkpointer::start(copies)?,
        writer: Writer::start(connection, options.queue)?,
        directory,
    })
}

fn open_reader(path: &Path, cache_kib: u32) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    tune(&connection, cache_kib)?;
    Ok(connection)
}

fn tune(connection: &Connection, cache_kib: u32) -> rusqlite::Result<()> {
    connection.busy_timeout(OTHER_PROCESS)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    // Negative means KiB. No memory map: its pages would count as the server's memory.
    connection.pragma_update(None, "cache_size", -i64::from(cache_kib))?;
    connection.pragma_update(None, "mmap_size", 0)?;
    connection.pragma_update(None, "temp_store", "MEMORY")
}

/// Forward only: an older program refuses a newer file.
fn migrate(connection: &mut Connection) -> Result<(), OpenError> {
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let found = found as usize;
    if found > SCHEMA.len() {
        return Err(OpenError::TooNew { found, known: SCHEMA.len() });
    }
    for (version, sql) in (1_i64..).zip(SCHEMA).skip(found) {
        let transaction = connection.transaction()?;
        transaction.execute_batch(sql)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_a_newer_program_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        drop(open(dir.path(), SqliteOptions::default()).unwrap());
        Connection::open(dir.path().join("jetto.db")).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let error = open(dir.path(), SqliteOptions::default()).err().unwrap();
        assert!(matches!(error, OpenError::TooNew { found: 99, .. }), "{error}");
    }

    #[test]
    fn a_second_store_in_the_same_directory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let _first = open(dir.path(), SqliteOptions::default()).unwrap();
        assert!(matches!(open(dir.path(), SqliteOptions::default()), Err(OpenError::Locked { .. })));
    }
}
