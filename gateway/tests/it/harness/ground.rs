//! What an installation keeps its things in: SQLite and a folder, or the servers that `JETTO_TEST_CQL`, `JETTO_TEST_REDIS` and
//! `JETTO_TEST_S3` name.

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use engine::time::IdSource as _;
use gateway::shell::{RandomIds, SystemClock};
use gateway::store::Opened;
use storage::cql::{CqlOptions, CqlStore};
use storage::crypto::KeyringPlace;
use storage::sqlite::{SqliteOptions, SqliteStore};

use super::{DEADLINE, Jetto};

/// One for all tests, because making one takes longer than a test: each is an installation of its own.
const KEYSPACE: &str = "jetto_it";
/// The server for tests has it from the start.
const BUCKET: &str = "jetto";

thread_local! {
    /// A test and its runtime have one thread.
    static ON_CQL: Cell<bool> = const { Cell::new(false) };
}

/// The same test, with everything kept on the servers.
pub(crate) fn on_cql(test: fn()) {
    ON_CQL.set(true);
    test();
}

/// A server of CQL beside everything else on two cores takes its time after a crash, and for its first schema; nothing waits this long unless
/// it is broken.
pub(super) fn patience() -> Duration {
    if ON_CQL.get() { 4 * DEADLINE } else { DEADLINE }
}

pub(crate) fn server(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set; run `make test-rust`, or deploy/services/services.sh start"))
}

fn cql() -> String {
    server("JETTO_TEST_CQL")
}

/// Settings of the ground that this test stands on.
pub(super) fn settings() -> Vec<(String, String)> {
    if !ON_CQL.get() {
        return Vec::new();
    }
    let installation = hex::encode(RandomIds.next());
    let settings = [
        ("JETTO_STORAGE", "cql".to_owned()),
        ("JETTO_CQL__NODES", cql()),
        ("JETTO_CQL__KEYSPACE", KEYSPACE.to_owned()),
        ("JETTO_CQL__REPLICAS", "1".to_owned()),
        ("JETTO_CQL__INSTALLATION", installation.clone()),
        ("JETTO_REDIS__URL", format!("redis://{}", server("JETTO_TEST_REDIS"))),
        ("JETTO_BLOBS", "s3".to_owned()),
        ("JETTO_S3__ENDPOINT", format!("http://{}", server("JETTO_TEST_S3"))),
        ("JETTO_S3__REGION", "us-east-1".to_owned()),
        ("JETTO_S3__BUCKET", BUCKET.to_owned()),
        ("JETTO_S3__PATH_STYLE", "true".to_owned()),
        ("JETTO_S3__PREFIX", installation),
        ("JETTO_S3__ACCESS_KEY_ID", server("JETTO_TEST_S3_ACCESS_KEY")),
        ("JETTO_S3__SECRET_ACCESS_KEY", server("JETTO_TEST_S3_SECRET_KEY")),
    ];
    settings.map(|(key, value)| (key.to_owned(), value)).to_vec()
}

impl Jetto {
    /// From now on everything is kept on the servers, by an installation that has nothing there yet.
    pub(crate) fn moves_to_servers(&mut self, name: &str) {
        ON_CQL.set(true);
        self.moves_to(name);
        for (key, value) in settings() {
            self.set(&key, &value);
        }
    }

    /// From now on everything is kept in another data directory, as it is by default.
    pub(crate) fn moves_to_disk(&mut self, name: &str) {
        for (key, _) in settings() {
            self.unset(&key);
        }
        ON_CQL.set(false);
        self.moves_to(name);
    }

    /// What the server has, once it is stopped.
    pub(crate) async fn opened(&self) -> Opened {
        if !ON_CQL.get() {
            return Opened::Embedded(Arc::new(SqliteStore::open(&self.data(), SqliteOptions::default()).unwrap()));
        }
        let options = CqlOptions {
            nodes: vec![cql()],
            keyspace: KEYSPACE.to_owned(),
            replicas: 1,
            installation: self.setting("JETTO_CQL__INSTALLATION").to_owned(),
            login: None,
            tls_ca_file: None,
        };
        let store = CqlStore::open(&options, KeyringPlace::within(&self.data()), Arc::new(SystemClock)).await;
        Opened::Cluster(Arc::new(store.unwrap()))
    }
}
