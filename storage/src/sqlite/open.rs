use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use engine::id::TenantId;
use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::SqliteStore;
use super::checkpointer::Checkpointer;
use super::data_directory::DataDirectory;
use super::readers::Readers;
use super::writer::Writer;
use crate::crypto::{Keyring, KeyringError, KeyringPlace, Lookup};

/// Numbered from 1, applied in order, never changed after a release.
pub(super) const SCHEMA: &[&str] = &[include_str!("../../schema/0001_start.sql")];

/// Log pages before the writer starts the log anew: 128 MB. The checkpointer has copied most of it by then.
const CHECKPOINT_PAGES: u32 = 32_000;

/// It reads pages once, to copy them.
const CHECKPOINTER_CACHE_KIB: u32 = 64;

/// Where a restore lies until it is whole.
pub(crate) const RESTORING: &str = "restoring";

/// Longest wait for another process that has the file open, a backup say.
pub(super) const OTHER_PROCESS: Duration = Duration::from_secs(5);

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
    #[error("a restore into {} was cut short; run it again, or remove the folder {RESTORING} in it to begin with nothing", .dir.display())]
    Restoring { dir: PathBuf },
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error("the data in {} were sealed by other keys than those in {}; put the right keyring there", .dir.display(), .keys.display())]
    WrongKeyring { dir: PathBuf, keys: PathBuf },
    #[error("the data directory {} cannot be made or used: {error}", .dir.display())]
    Folder { dir: PathBuf, error: std::io::Error },
    #[error("the data directory cannot be used: {0}")]
    Io(#[from] std::io::Error),
    #[error("the database cannot be opened: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

pub(super) fn open(dir: &Path, keys: KeyringPlace, options: SqliteOptions) -> Result<SqliteStore, OpenError> {
    let directory = DataDirectory::lock(dir)?;
    let path = directory.path().join("jetto.db");
    if directory.path().join(RESTORING).exists() && !has_data(&path)? {
        return Err(OpenError::Restoring { dir: dir.to_owned() });
    }
    let keys_dir = keys.dir.clone();
    // Where there are data, missing keys are not made anew: that would only hide that they are missing.
    let keyring = Arc::new(Keyring::open(keys, !has_data(&path)?)?);
    DataDirectory::make_private(&path)?;
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
    prove(&connection, &keyring, dir, &keys_dir)?;
    let readers = (0..options.readers.max(1)).map(|_| open_reader(&path, options.reader_cache_kib));
    let readers = readers.collect::<Result<Vec<_>, OpenError>>()?;
    let copies =
        Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    tune(&copies, CHECKPOINTER_CACHE_KIB)?;
    Ok(SqliteStore {
        readers: Readers::start(readers)?,
        checkpointer: Checkpointer::start(copies)?,
        writer: Writer::start(connection, Arc::clone(&keyring), options.queue)?,
        keyring,
        directory,
        facts: Arc::default(),
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

/// A file of nothing is what a start leaves that was cut short before the first commit.
fn has_data(path: &Path) -> std::io::Result<bool> {
    match std::fs::metadata(path) {
        Ok(file) => Ok(file.len() > 0),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether these are the keys that the file was sealed by, and none of its organizations lacks its own. The proof is a
/// keyed hash of nothing: it stays when data keys change.
fn prove(connection: &Connection, keyring: &Keyring, dir: &Path, keys: &Path) -> Result<(), OpenError> {
    let wrong = || OpenError::WrongKeyring { dir: dir.to_owned(), keys: keys.to_owned() };
    let proof = keyring.installation().lookup("keyring", "");
    let stored: Option<Lookup> = connection.query_row("SELECT proof FROM keyring", [], |row| row.get(0)).optional()?;
    match stored {
        Some(stored) if stored == proof => {}
        Some(_) => return Err(wrong()),
        None => drop(connection.execute("INSERT INTO keyring (proof) VALUES (?1)", [proof])?),
    }
    let mut statement = connection.prepare("SELECT id FROM tenant")?;
    let mut tenants = statement.query([])?;
    while let Some(row) = tenants.next()? {
        keyring.known(TenantId::from_bytes(row.get(0)?)).ok_or_else(wrong)?;
    }
    Ok(())
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
        drop(SqliteStore::open(dir.path(), SqliteOptions::default()).unwrap());
        Connection::open(dir.path().join("jetto.db")).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let error = SqliteStore::open(dir.path(), SqliteOptions::default()).err().unwrap();
        assert!(matches!(error, OpenError::TooNew { found: 99, .. }), "{error}");
    }

    #[test]
    fn a_second_store_in_the_same_directory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let _first = SqliteStore::open(dir.path(), SqliteOptions::default()).unwrap();
        assert!(matches!(SqliteStore::open(dir.path(), SqliteOptions::default()), Err(OpenError::Locked { .. })));
    }
}
