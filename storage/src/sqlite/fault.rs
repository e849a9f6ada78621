use engine::id::InvalidId;
use engine::ports::StoreError;
use rusqlite::ErrorCode;

/// What can go wrong inside, before it becomes an answer.
#[derive(Debug)]
pub(super) enum Fault {
    Sql(rusqlite::Error),
    Store(StoreError),
}

pub(super) type Outcome<T> = Result<T, Fault>;

impl Fault {
    /// The disk or the file is at fault, so every other operation would fail the same way.
    pub(super) fn is_of_the_file(&self) -> bool {
        let Self::Sql(error) = self else { return false };
        matches!(
            error.sqlite_error_code(),
            Some(
                ErrorCode::DiskFull
                    | ErrorCode::SystemIoFailure
                    | ErrorCode::DatabaseCorrupt
                    | ErrorCode::NotADatabase
                    | ErrorCode::ReadOnly
                    | ErrorCode::OutOfMemory
                    | ErrorCode::CannotOpen
            )
        )
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Store(error) => error,
            Fault::Sql(
                error @ (rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..)),
            ) => Self::Corrupt(error.to_string()),
            Fault::Sql(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
                Self::Corrupt(error.to_string())
            }
            Fault::Sql(error) => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Store(error.into())
    }
}

impl From<InvalidId> for Fault {
    fn from(error: InvalidId) -> Self {
        Self::Store(error.into())
    }
}

/// Counts and sizes never reach 2^63; a negative one in the file is damage.
pub(super) fn unsigned(value: i64) -> Outcome<u64> {
    u64::try_from(value).map_err(|_| Fault::Store(StoreError::Corrupt(format!("a negative count: {value}"))))
}

pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
