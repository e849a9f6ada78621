//! The server that `JETTO_TEST_CQL` names. One keyspace for all tests: each is an installation of its own, and what it stores
//! lies where only its keys lead.

use std::path::PathBuf;
use std::sync::Arc;

use engine::id::TenantId;
use engine::time::{Clock, Timestamp};
use storage::cql::{CqlOptions, CqlStore, OpenError};
use storage::crypto::KeyringPlace;
use storage::redis::{RedisChanges, RedisOptions};

use crate::redis_server;

pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the edge of a test: where rows lie follows the server's real time")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        Timestamp(i64::try_from(since.as_millis()).unwrap())
    }
}

/// Where the tests lie.
const KEYSPACE: &str = "jetto_test";

pub(crate) struct Installation {
    name: String,
    keyspace: &'static str,
    dir: tempfile::TempDir,
}

/// To look at what lies there, and to damage it.
pub(crate) async fn session() -> scylla::client::session::Session {
    let builder = scylla::client::session_builder::SessionBuilder::new().known_node(server());
    Box::pin(builder.build()).await.unwrap()
}

fn server() -> String {
    let Ok(server) = std::env::var("JETTO_TEST_CQL") else {
        panic!("JETTO_TEST_CQL is not set; run `make test-rust`, or deploy/services/services.sh start cassandra");
    };
    server
}

impl Installation {
    /// With the operator's root key.
    pub(crate) fn new() -> Self {
        Self::within(KEYSPACE)
    }

    pub(crate) fn within(keyspace: &'static str) -> Self {
        let (name, dir) = (format!("{:x}", rand::random::<u128>()), tempfile::tempdir().unwrap());
        let this = Self { name, keyspace, dir };
        this.put_roots(&["11"]);
        this
    }

    pub(crate) fn root_key_file(&self) -> PathBuf {
        self.dir.path().join("root")
    }

    /// Root keys made of one byte each.
    pub(crate) fn put_roots(&self, bytes: &[&str]) {
        let lines: Vec<_> = bytes.iter().map(|byte| byte.repeat(32)).collect();
        std::fs::write(self.root_key_file(), lines.join("\n")).unwrap();
    }

    /// Another node, which has only the root key in common with others.
    pub(crate) async fn node(&self) -> CqlStore {
        self.open(self.place()).await.unwrap()
    }

    pub(crate) fn place(&self) -> KeyringPlace {
        let dir = self.dir.path().join(format!("{:x}", rand::random::<u128>()));
        KeyringPlace { dir, root_key_file: Some(self.root_key_file()) }
    }

    /// What lies there as keys of the first are those of the second from now on.
    pub(crate) async fn swap_keys(&self, from: TenantId, to: TenantId) {
        let session = session().await;
        let table = format!("{}.keyring", self.keyspace);
        let text = format!("SELECT keys FROM {table} WHERE installation = ? AND owner = ?");
        let found = session.query_unpaged(text, (&self.name, to.to_string())).await.unwrap();
        let (keys,) = found.into_rows_result().unwrap().single_row::<(String,)>().unwrap();
        let text = format!("UPDATE {table} SET keys = ? WHERE installation = ? AND owner = ? IF EXISTS");
        session.query_unpaged(text, (keys, &self.name, from.to_string())).await.unwrap();
    }

    /// Takes its keyring away.
    pub(crate) async fn drop_keys(&self) {
        let text = format!("DELETE FROM {}.keyring WHERE installation = ?", self.keyspace);
        session().await.query_unpaged(text, (&self.name,)).await.unwrap();
    }

    /// Keys of an owner, without a keyring around them.
    pub(crate) async fn put_owner(&self, owner: TenantId, keys: &str) {
        let text = format!(
            "UPDATE {}.keyring SET keys = ? WHERE installation = ? AND owner = ? IF root = null",
            self.keyspace
        );
        session().await.query_unpaged(text, (keys, &self.name, owner.to_string())).await.unwrap();
    }

    pub(crate) fn options(&self) -> CqlOptions {
        CqlOptions {
            nodes: vec![server()],
            keyspace: self.keyspace.into(),
            replicas: 1,
            installation: self.name.clone(),
            login: None,
            tls_ca_file: None,
        }
    }

    pub(crate) async fn open(&self, place: KeyringPlace) -> Result<CqlStore, OpenError> {
        self.open_at(place, Arc::new(SystemClock)).await
    }

    /// Another node, by a clock of its own.
    pub(crate) async fn open_at(&self, place: KeyringPlace, clock: Arc<dyn Clock>) -> Result<CqlStore, OpenError> {
        let store = CqlStore::open(&self.options(), place, clock).await?;
        // Keys of Redis are look-up keys too: all tests may share them.
        let redis = RedisOptions { prefix: "jetto_test".into(), ..redis_server::options() };
        Ok(store.with_changes(Arc::new(RedisChanges::open(&redis).unwrap())))
    }
}
