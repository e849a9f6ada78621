//! The server that `JETTO_TEST_CQL` names. One keyspace for all tests: each has keys of its own, and what it stores lies where
//! only these keys lead.

use std::path::Path;
use std::sync::Arc;

use engine::time::{Clock, Timestamp};
use storage::cql::{CqlOptions, CqlStore};
use storage::crypto::{Keyring, KeyringPlace};
use storage::redis::{RedisChanges, RedisOptions};

use crate::redis_server;

struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the edge of a test: where rows lie follows the server's real time")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Timestamp(i64::try_from(since.as_millis()).unwrap())
    }
}

pub(crate) fn keyring(dir: &Path) -> Arc<Keyring> {
    Arc::new(Keyring::open(KeyringPlace::within(dir), true).unwrap())
}

/// A node with these keys: two nodes of one installation share theirs.
pub(crate) async fn node(keyring: Arc<Keyring>) -> CqlStore {
    let Ok(server) = std::env::var("JETTO_TEST_CQL") else {
        panic!("JETTO_TEST_CQL is not set; run `make test-rust`, or deploy/services/services.sh start cassandra");
    };
    let options = CqlOptions { nodes: vec![server], keyspace: "jetto_test".into(), replicas: 1 };
    let store = CqlStore::open(&options, keyring, Arc::new(SystemClock)).await.unwrap();
    // Keys of Redis are look-up keys too: all tests may share them.
    let redis = RedisOptions { prefix: "jetto_test".into(), ..redis_server::options() };
    store.with_changes(Arc::new(RedisChanges::open(&redis).unwrap()))
}

pub(crate) async fn open(dir: &tempfile::TempDir) -> CqlStore {
    node(keyring(dir.path())).await
}
