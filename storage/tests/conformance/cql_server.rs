//! The server that `JETTO_TEST_CQL` names. One keyspace for all tests: each has keys of its own, and what it stores lies where
//! only these keys lead.

use std::path::Path;
use std::sync::Arc;

use engine::time::{Clock, Timestamp};
use storage::cql::{CqlOptions, CqlStore};
use storage::crypto::{Keyring, KeyringPlace};

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
    let (nodes, keyspace) = (vec![server], "jetto_test".into());
    let options = CqlOptions { nodes, keyspace, replicas: 1, login: None, tls_ca_file: None };
    CqlStore::open(&options, keyring, Arc::new(SystemClock)).await.unwrap()
}

pub(crate) async fn open(dir: &tempfile::TempDir) -> CqlStore {
    node(keyring(dir.path())).await
}
