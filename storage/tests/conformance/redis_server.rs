//! The server that `JETTO_TEST_REDIS` names, and servers of a test's own, which it may stop.

use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use storage::redis::RedisOptions;

/// A test's own channels and keys on the shared server.
pub(crate) fn options() -> RedisOptions {
    let Ok(server) = std::env::var("JETTO_TEST_REDIS") else {
        panic!("JETTO_TEST_REDIS is not set; run `make test-rust`, or deploy/services/services.sh start redis");
    };
    at(&server)
}

/// `host:port`.
pub(crate) fn at(server: &str) -> RedisOptions {
    RedisOptions { urls: vec![format!("redis://{server}")], prefix: format!("test-{:032x}", rand::random::<u128>()) }
}

/// A server of one test. Ends with it.
pub(crate) struct OwnServer {
    port: u16,
    more: Vec<String>,
    child: Child,
    dir: tempfile::TempDir,
}

impl OwnServer {
    /// With more lines of configuration.
    pub(crate) async fn start(more: &[&str]) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let dir = tempfile::tempdir().unwrap();
        let more: Vec<_> = more.iter().map(|&line| line.to_owned()).collect();
        let child = spawn(port, &more, dir.path());
        let server = Self { port, more, child, dir };
        server.answers().await;
        server
    }

    pub(crate) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn stop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// After [`Self::stop`]: empty, on the same port.
    pub(crate) async fn start_again(&mut self) {
        self.child = spawn(self.port, &self.more, self.dir.path());
        self.answers().await;
    }

    pub(crate) fn pause(&self) {
        kill_process(self.pid(), Signal::STOP).unwrap();
    }

    pub(crate) fn go_on(&self) {
        kill_process(self.pid(), Signal::CONT).unwrap();
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    async fn answers(&self) {
        let client = redis::Client::open(format!("redis://{}", self.address())).unwrap();
        let mut again = tokio::time::interval(std::time::Duration::from_millis(20));
        for _ in 0..500 {
            again.tick().await;
            if client.get_multiplexed_async_connection().await.is_ok() {
                return;
            }
        }
        panic!("redis-server does not start");
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        // It may have been stopped by its test.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn spawn(port: u16, more: &[String], dir: &std::path::Path) -> Child {
    let lines = format!("port {port}\nbind 127.0.0.1\nsave \"\"\nappendonly no\n{}\n", more.join("\n"));
    let file = dir.join("redis.conf");
    std::fs::write(&file, lines).unwrap();
    Command::new("redis-server").arg(file).current_dir(dir).stdout(Stdio::null()).spawn().unwrap()
}
