//! A copy of the file as it was at one moment, taken by another process while the server goes on writing.
//!
//! One read transaction holds the moment: SQLite's log keeps what came later apart, nobody waits, and a copy that takes
//! minutes does not begin again at each commit. What it costs is a log that cannot start anew meanwhile (ADR 0015).

use std::path::Path;

use rusqlite::backup::{Backup, StepResult};
use rusqlite::{Connection, OpenFlags};

use super::open::{OTHER_PROCESS, SCHEMA};

/// Pages that are copied between two looks at the disk: 4 MB.
const STEP: i32 = 1_024;
/// Pages of the copy in memory, in KiB.
const CACHE_KIB: i64 = 8 * 1024;
/// Findings of SQLite that are told.
const FINDINGS: u32 = 3;

#[derive(Debug, thiserror::Error)]
pub(crate) enum SnapshotError {
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("the schema {found} is newer than this program, which knows {known}")]
    TooNew { found: u32, known: usize },
    #[error("SQLite says: {0}")]
    Damaged(String),
}

/// Copies `from` to `to`, which is an empty file; answers the number of its schema. `go_on` is asked after each step.
pub(crate) fn copy(
    from: &Path,
    to: &Path,
    mut go_on: impl FnMut() -> std::io::Result<()>,
) -> Result<u32, SnapshotError> {
    let source = read_only(from)?;
    let snapshot = source.unchecked_transaction()?;
    // The first read is the moment.
    let schema = schema(&snapshot)?;
    let mut copy =
        Connection::open_with_flags(to, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    // A copy that is cut short is thrown away, so nothing has to be undone, and it is synced as a whole.
    copy.pragma_update(None, "journal_mode", "OFF")?;
    copy.pragma_update(None, "synchronous", "OFF")?;
    copy.pragma_update(None, "cache_size", -CACHE_KIB)?;
    let backup = Backup::new(&snapshot, &mut copy)?;
    loop {
        let step = backup.step(STEP)?;
        if step == StepResult::Done {
            break;
        }
        if step != StepResult::More {
            return Err(SnapshotError::Damaged(format!("the copy is in use: {step:?}")));
        }
        go_on()?;
    }
    drop(backup);
    copy.close().map_err(|(_, error)| error)?;
    Ok(schema)
}

/// Whether the file is whole, and of a schema that this program knows.
pub(crate) fn check(file: &Path) -> Result<(), SnapshotError> {
    let connection = read_only(file)?;
    let (found, known) = (schema(&connection)?, SCHEMA.len());
    if found as usize > known {
        return Err(SnapshotError::TooNew { found, known });
    }
    for pragma in ["integrity_check", "foreign_key_check"] {
        let mut statement = connection.prepare(&format!("SELECT * FROM pragma_{pragma} LIMIT {FINDINGS}"))?;
        let findings = statement.query_map([], |row| row.get::<_, String>(0))?;
        let findings = findings.collect::<rusqlite::Result<Vec<_>>>()?;
        if !findings.is_empty() && findings != ["ok"] {
            return Err(SnapshotError::Damaged(findings.join("; ")));
        }
    }
    Ok(())
}

fn schema(connection: &Connection) -> rusqlite::Result<u32> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn read_only(file: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(file, flags)?;
    connection.busy_timeout(OTHER_PROCESS)?;
    Ok(connection)
}
