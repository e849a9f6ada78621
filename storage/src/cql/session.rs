//! The driver, narrowed to four kinds of statements: plain writes that may be repeated, compare-and-sets that may not,
//! and reads of either. Everything is prepared at its first use.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use engine::ports::StoreError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::deserialize::row::DeserializeRow;
use scylla::errors::{DbError, ExecutionError, RequestAttemptError};
use scylla::response::PagingState;
use scylla::response::query_result::QueryResult;
use scylla::serialize::row::SerializeRow;
use scylla::statement::batch::{Batch, BatchType};
use scylla::statement::prepared::PreparedStatement;
use scylla::statement::{Consistency, SerialConsistency};
use scylla::value::{CqlValue, Row};

use super::CqlOptions;
use super::fault::{Faults, Permit};
use super::gauge::Gauge;
use super::statements::Tally;

/// Longer than the server's own time-outs, so that it is the server who says that something took too long.
const REQUEST_MAX: Duration = Duration::from_secs(15);
/// Rows of a page of a walk over a table: a body may have megabytes.
const WALK_PAGE: i32 = 100;

/// What came of a compare-and-set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lwt {
    Applied,
    /// It did not happen; or it did in a second round of the coordinator, which then finds it there and calls that a refusal.
    Refused,
    /// No usable answer: it happened, did not, or still may until somebody reads at `LOCAL_SERIAL`.
    Unknown,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Write,
    Lwt,
    Read,
    SerialRead,
    /// Of every copy, so that nothing that only one has stays unseen.
    Walk,
}

/// Values of one statement in a batch.
pub(super) type Values = Vec<Option<CqlValue>>;

pub(super) struct Cql {
    session: Session,
    prepared: RwLock<HashMap<(&'static str, Kind), PreparedStatement>>,
    gauge: Gauge,
    pub(super) tally: Tally,
    pub(super) faults: Faults,
    /// Nothing is written any more.
    shut: AtomicBool,
}

pub(super) async fn connect(options: &CqlOptions) -> Result<Session, StoreError> {
    let profile = ExecutionProfile::builder()
        .consistency(Consistency::LocalQuorum)
        .serial_consistency(Some(SerialConsistency::LocalSerial))
        .request_timeout(Some(REQUEST_MAX))
        .build();
    let mut builder =
        SessionBuilder::new().known_nodes(&options.nodes).default_execution_profile_handle(profile.into_handle());
    if let Some((name, password)) = &options.login {
        builder = builder.user(name, password);
    }
    if let Some(file) = &options.tls_ca_file {
        builder = builder.tls_context(Some(trusting(file)?));
    }
    Box::pin(builder.build()).await.map_err(unavailable)
}

/// The operator's own authority and nobody else: servers of a database are not for the public.
fn trusting(file: &Path) -> Result<Arc<ClientConfig>, StoreError> {
    let unusable = |error: &dyn std::fmt::Display| unavailable(format_args!("{}: {error}", file.display()));
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unusable(&error))? {
        let certificate = certificate.map_err(|error| unusable(&error))?;
        roots.add(certificate).map_err(|error| unusable(&error))?;
    }
    if roots.is_empty() {
        return Err(unusable(&"it holds no certificate"));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.map_err(|error| unusable(&error))?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()))
}

impl Cql {
    pub(super) fn new(session: Session) -> Self {
        Self {
            session,
            prepared: RwLock::default(),
            gauge: Gauge::new(),
            tally: Tally::default(),
            faults: Faults::default(),
            shut: AtomicBool::new(false),
        }
    }

    pub(super) fn lag(&self) -> Duration {
        self.gauge.lag()
    }

    /// The keys that this process seals by are not those that are in use: what it wrote could never be read.
    pub(super) fn shut(&self) {
        self.shut.store(true, Ordering::SeqCst);
    }

    async fn writing(&self) -> Result<Permit, StoreError> {
        if self.shut.load(Ordering::Relaxed) {
            return Err(unavailable("the data keys were changed since this process has read them; start it again"));
        }
        self.faults.writing().await
    }

    /// A plain write that is the same when it is made again.
    pub(super) async fn write(&self, text: &'static str, values: impl SerializeRow) -> Result<(), StoreError> {
        // First of all, so that of writes that go out together the one that was begun first is counted first.
        let permit = self.writing().await?;
        let statement = self.prepared(text, Kind::Write).await?;
        self.tally.write();
        let under_way = self.gauge.begin();
        Box::pin(self.session.execute_unpaged(&statement, values)).await.map_err(failed)?;
        under_way.answered();
        permit.used()
    }

    /// A compare-and-set: text with an IF.
    pub(super) async fn lwt(&self, text: &'static str, values: impl SerializeRow) -> Result<Lwt, StoreError> {
        let statement = self.prepared(text, Kind::Lwt).await?;
        let permit = self.writing().await?;
        self.tally.compare_and_set();
        let answer = Box::pin(self.session.execute_unpaged(&statement, values)).await;
        permit.used()?;
        self.applied(answer)
    }

    /// Several statements on one partition, of which at least one has an IF: all or nothing.
    pub(super) async fn lwt_batch(&self, parts: Vec<(&'static str, Values)>) -> Result<Lwt, StoreError> {
        let mut batch = Batch::new(BatchType::Unlogged);
        batch.set_serial_consistency(Some(SerialConsistency::LocalSerial));
        let mut values = Vec::with_capacity(parts.len());
        for (text, row) in parts {
            batch.append_statement(self.prepared(text, Kind::Lwt).await?);
            values.push(row);
        }
        let permit = self.writing().await?;
        self.tally.compare_and_set();
        let answer = Box::pin(self.session.batch(&batch, values)).await;
        permit.used()?;
        self.applied(answer)
    }

    /// Several plain writes on one partition that are the same when they are made again: all or nothing.
    pub(super) async fn write_together(&self, parts: Vec<(&'static str, Values)>) -> Result<(), StoreError> {
        let permit = self.writing().await?;
        let mut batch = Batch::new(BatchType::Unlogged);
        batch.set_is_idempotent(true);
        let mut values = Vec::with_capacity(parts.len());
        for (text, row) in parts {
            batch.append_statement(self.prepared(text, Kind::Write).await?);
            values.push(row);
        }
        self.tally.write();
        let under_way = self.gauge.begin();
        Box::pin(self.session.batch(&batch, values)).await.map_err(failed)?;
        under_way.answered();
        permit.used()
    }

    /// All rows, page by page; callers bound what they ask for.
    pub(super) async fn rows<R>(&self, text: &'static str, values: impl SerializeRow) -> Result<Vec<R>, StoreError>
    where
        R: for<'frame> DeserializeRow<'frame, 'frame>,
    {
        Box::pin(self.read(text, values, Kind::Read)).await
    }

    /// The same, after whatever compare-and-set is under way on this partition has come to its end.
    pub(super) async fn serial_rows<R>(
        &self,
        text: &'static str,
        values: impl SerializeRow,
    ) -> Result<Vec<R>, StoreError>
    where
        R: for<'frame> DeserializeRow<'frame, 'frame>,
    {
        Box::pin(self.read(text, values, Kind::SerialRead)).await
    }

    /// All rows as every copy has them, page by page: nothing more is read before `take` is done with one.
    pub(super) async fn each_page<R>(
        &self,
        text: &'static str,
        values: impl SerializeRow,
        mut take: impl AsyncFnMut(Vec<R>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError>
    where
        R: for<'frame> DeserializeRow<'frame, 'frame>,
    {
        let statement = self.prepared(text, Kind::Walk).await?;
        let mut state = PagingState::start();
        loop {
            let (rows, next) = Box::pin(self.page(&statement, &values, state)).await?;
            Box::pin(take(rows)).await?;
            match next {
                Some(next) => state = next,
                None => return Ok(()),
            }
        }
    }

    async fn read<R>(&self, text: &'static str, values: impl SerializeRow, kind: Kind) -> Result<Vec<R>, StoreError>
    where
        R: for<'frame> DeserializeRow<'frame, 'frame>,
    {
        let statement = self.prepared(text, kind).await?;
        let mut found = Vec::new();
        let mut state = PagingState::start();
        loop {
            let (rows, next) = self.page(&statement, &values, state).await?;
            found.extend(rows);
            match next {
                Some(next) => state = next,
                None => return Ok(found),
            }
        }
    }

    /// The rows of a page, and where the next one begins.
    async fn page<R>(
        &self,
        statement: &PreparedStatement,
        values: &impl SerializeRow,
        state: PagingState,
    ) -> Result<(Vec<R>, Option<PagingState>), StoreError>
    where
        R: for<'frame> DeserializeRow<'frame, 'frame>,
    {
        self.faults.reading().await?;
        self.tally.read();
        let page = self.session.execute_single_page(statement, values, state);
        let (result, paging) = Box::pin(page).await.map_err(failed)?;
        let rows = result.into_rows_result().map_err(unreadable)?;
        let rows = rows.rows::<R>().map_err(unreadable)?.collect::<Result<_, _>>().map_err(unreadable)?;
        match paging.into_paging_control_flow() {
            ControlFlow::Break(()) => Ok((rows, None)),
            ControlFlow::Continue(next) => Ok((rows, Some(next))),
        }
    }

    async fn prepared(&self, text: &'static str, kind: Kind) -> Result<PreparedStatement, StoreError> {
        let known = self.prepared.read().unwrap_or_else(PoisonError::into_inner).get(&(text, kind)).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let mut statement = Box::pin(self.session.prepare(text)).await.map_err(unavailable)?;
        match kind {
            Kind::Write | Kind::Read => statement.set_is_idempotent(true),
            Kind::Lwt => statement.set_serial_consistency(Some(SerialConsistency::LocalSerial)),
            Kind::SerialRead => {
                statement.set_is_idempotent(true);
                statement.set_consistency(Consistency::LocalSerial);
            }
            Kind::Walk => {
                statement.set_is_idempotent(true);
                statement.set_consistency(Consistency::All);
                statement.set_page_size(WALK_PAGE);
            }
        }
        let mut known = self.prepared.write().unwrap_or_else(PoisonError::into_inner);
        Ok(known.entry((text, kind)).or_insert(statement).clone())
    }

    fn applied(&self, answer: Result<QueryResult, ExecutionError>) -> Result<Lwt, StoreError> {
        let (lost, denied) = (self.faults.loses_this_answer(), self.faults.denies_this_answer());
        match answer {
            Ok(_) if lost => Ok(Lwt::Unknown),
            Ok(_) if denied => Ok(Lwt::Refused),
            Ok(result) => {
                let rows = result.into_rows_result().map_err(unreadable)?;
                // One column when applied, all of the row when not; the first is always `[applied]`.
                let row = rows.first_row::<Row>().map_err(unreadable)?;
                match row.columns.first() {
                    Some(Some(CqlValue::Boolean(true))) => Ok(Lwt::Applied),
                    Some(Some(CqlValue::Boolean(false))) => Ok(Lwt::Refused),
                    Some(_) | None => Err(StoreError::Corrupt("a compare-and-set without [applied]".to_owned())),
                }
            }
            Err(error) if was_not_sent(&error) => Err(failed(error)),
            Err(_) => Ok(Lwt::Unknown),
        }
    }
}

/// The server has refused it before anything happened, or never got it.
fn was_not_sent(error: &ExecutionError) -> bool {
    match error {
        ExecutionError::LastAttemptError(RequestAttemptError::DbError(error, _)) => matches!(
            error,
            DbError::SyntaxError
                | DbError::Invalid
                | DbError::Unauthorized
                | DbError::Unavailable { .. }
                | DbError::Overloaded
                | DbError::IsBootstrapping
                | DbError::RateLimitReached { .. }
        ),
        ExecutionError::LastAttemptError(error) => matches!(error, RequestAttemptError::SerializationError(_)),
        ExecutionError::BadQuery(_)
        | ExecutionError::EmptyPlan
        | ExecutionError::PrepareError(_)
        | ExecutionError::ConnectionPoolError(_)
        | ExecutionError::UseKeyspaceError(_) => true,
        ExecutionError::RequestTimeout(_)
        | ExecutionError::SchemaAgreementError(_)
        | ExecutionError::MetadataError(_)
        | _ => false,
    }
}

fn failed(error: ExecutionError) -> StoreError {
    if let ExecutionError::LastAttemptError(RequestAttemptError::DbError(error, _)) = &error
        && matches!(error, DbError::Overloaded | DbError::RateLimitReached { .. })
    {
        return StoreError::Busy;
    }
    unavailable(error)
}

pub(super) fn unavailable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(error.to_string())
}

fn unreadable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt(error.to_string())
}
