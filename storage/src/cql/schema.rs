//! The numbered schema, applied by one node at a time.

use std::time::Duration;

use engine::ports::StoreError;
use scylla::client::session::Session;
use scylla::statement::Statement;
use scylla::value::{CqlValue, Row};

use super::CqlOptions;
use super::session::{connect, unavailable};

/// Additive: what a file says may run again, and an older program goes on beside it.
const SCHEMA: &[&str] = &[include_str!("../../schema/cql/0001_start.cql")];

/// Longer than a migration takes; one that was cut short may be taken up after this.
const LOCK_SECONDS: i32 = 120;
const LOCK_POLL: Duration = Duration::from_millis(500);

/// Looks at a table that another node is just making: it is listed before it can be read.
const LOOKS_MAX: u32 = 20;

/// What the servers differ in. Statements of the store are the same for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flavour {
    Cassandra,
    Scylla,
}

impl Flavour {
    async fn of(session: &Session) -> Result<Self, StoreError> {
        let known = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = 'system' AND table_name = 'scylla_local'";
        Ok(if is_there(session, known).await? { Self::Scylla } else { Self::Cassandra })
    }

    /// ScyllaDB's compare-and-set does not go with tablets everywhere yet.
    fn keyspace_options(self) -> &'static str {
        match self {
            Self::Cassandra => "",
            Self::Scylla => " AND tablets = {'enabled': false}",
        }
    }
}

/// Connects, makes the keyspace and brings its schema up to date. Others who come meanwhile wait.
pub(super) async fn open(options: &CqlOptions) -> Result<Session, StoreError> {
    let session = connect(options).await?;
    let CqlOptions { keyspace, replicas, .. } = options;
    let flavour = Flavour::of(&session).await?;
    let known = format!("SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = '{keyspace}'");
    if !is_there(&session, &known).await? {
        let create = format!(
            "CREATE KEYSPACE IF NOT EXISTS {keyspace} WITH replication = \
             {{'class': 'NetworkTopologyStrategy', 'replication_factor': {replicas}}}{}",
            flavour.keyspace_options()
        );
        run(&session, &create).await?;
    }
    Box::pin(session.use_keyspace(keyspace, true)).await.map_err(unavailable)?;
    let known = format!(
        "SELECT table_name FROM system_schema.tables WHERE keyspace_name = '{keyspace}' AND table_name = 'schema_state'"
    );
    if !is_there(&session, &known).await? {
        let create = "CREATE TABLE IF NOT EXISTS schema_state (id int PRIMARY KEY, version int, holder blob)";
        run(&session, create).await?;
    }
    if settled_version(&session).await? < SCHEMA.len() {
        locked(&session).await?;
    }
    let found = version(&session).await?;
    if found > SCHEMA.len() {
        let known = SCHEMA.len();
        return Err(unavailable(format!("the keyspace has schema {found}, this program knows {known}: update it")));
    }
    Ok(session)
}

/// Applies what is missing, under a lock that ends by itself.
async fn locked(session: &Session) -> Result<(), StoreError> {
    let holder: String = hex::encode(rand::random::<[u8; 16]>());
    let mut poll = tokio::time::interval(LOCK_POLL);
    let lock =
        format!("UPDATE schema_state USING TTL {LOCK_SECONDS} SET holder = 0x{holder} WHERE id = 1 IF holder = null");
    while !applied(session, &lock).await? {
        if version(session).await? >= SCHEMA.len() {
            return Ok(());
        }
        poll.tick().await;
    }
    for (version, file) in (1_usize..).zip(SCHEMA).skip(version(session).await?) {
        for statement in statements(file) {
            run(session, &statement).await?;
        }
        Box::pin(session.await_schema_agreement()).await.map_err(unavailable)?;
        run(session, &format!("INSERT INTO schema_state (id, version) VALUES (0, {version})")).await?;
    }
    applied(session, &format!("UPDATE schema_state SET holder = null WHERE id = 1 IF holder = 0x{holder}")).await?;
    Ok(())
}

/// The version, once it can be read.
async fn settled_version(session: &Session) -> Result<usize, StoreError> {
    let mut poll = tokio::time::interval(LOCK_POLL);
    for _ in 1..LOOKS_MAX {
        poll.tick().await;
        if let Ok(version) = version(session).await {
            return Ok(version);
        }
    }
    version(session).await
}

async fn version(session: &Session) -> Result<usize, StoreError> {
    let rows = query(session, "SELECT version FROM schema_state WHERE id = 0").await?;
    let found = rows.first().and_then(|row| row.columns.first().cloned().flatten());
    Ok(found.as_ref().and_then(CqlValue::as_int).and_then(|found| usize::try_from(found).ok()).unwrap_or(0))
}

async fn is_there(session: &Session, text: &str) -> Result<bool, StoreError> {
    Ok(!query(session, text).await?.is_empty())
}

async fn applied(session: &Session, text: &str) -> Result<bool, StoreError> {
    let rows = query(session, text).await?;
    Ok(matches!(rows.first().and_then(|row| row.columns.first()), Some(Some(CqlValue::Boolean(true)))))
}

async fn query(session: &Session, text: &str) -> Result<Vec<Row>, StoreError> {
    let result = run(session, text).await?;
    let rows = result.into_rows_result().map_err(unavailable)?;
    let rows = rows.rows::<Row>().map_err(unavailable)?;
    rows.collect::<Result<_, _>>().map_err(unavailable)
}

async fn run(session: &Session, text: &str) -> Result<scylla::response::query_result::QueryResult, StoreError> {
    Box::pin(session.query_unpaged(Statement::new(text), ())).await.map_err(unavailable)
}

/// The statements of a file, without its comments.
fn statements(file: &str) -> Vec<String> {
    let lines: Vec<_> = file.lines().filter(|line| !line.trim_start().starts_with("--")).collect();
    let all = lines.join("\n");
    all.split(';').map(str::trim).filter(|statement| !statement.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_statement_of_the_schema_may_run_again() {
        for statement in SCHEMA.iter().flat_map(|file| statements(file)) {
            assert!(statement.starts_with("CREATE TABLE IF NOT EXISTS "), "{statement}");
        }
    }

    /// The one strategy that both kinds of servers have beside their own.
    #[test]
    fn compaction_is_that_of_windows_or_the_servers_own() {
        let all: Vec<_> = SCHEMA.iter().flat_map(|file| statements(file)).collect();
        let said = |what: &str| all.iter().filter(|statement| statement.contains(what)).count();
        assert_eq!(said("compaction"), said("'class': 'TimeWindowCompactionStrategy'"));
        assert_eq!(said("compaction"), 1);
        assert_eq!(said("default_time_to_live"), 0, "what is kept for how long does not go by the table");
    }
}
