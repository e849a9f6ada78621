//! The servers that Jetto stands on, by `deploy/services/services.sh`: real ones, on loopback, in a folder of this run.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::process::Command;

use crate::error::LoadError;

/// The bucket that is there from the start.
pub(crate) const BUCKET: &str = "jetto";
/// The servers of CQL, as many as are asked for.
pub(crate) const STORES: [&str; 3] = ["cassandra", "cassandra2", "cassandra3"];
pub(crate) const HINTS: &str = "redis";
pub(crate) const FILES: &str = "s3";

#[derive(Debug)]
pub(crate) struct Services {
    script: PathBuf,
    run: PathBuf,
    pub(crate) stores: Vec<SocketAddr>,
    pub(crate) hints: SocketAddr,
    pub(crate) files: SocketAddr,
    pub(crate) access_key: String,
    pub(crate) secret_key: String,
}

impl Services {
    /// Fetches what is missing, which takes minutes at the first time; whoever starts must [`Self::stop`].
    pub(crate) async fn start(script: &Path, run: &Path, replicas: usize) -> Result<Self, LoadError> {
        let names: Vec<_> = STORES.into_iter().take(replicas).chain([HINTS, FILES]).collect();
        let told = call(script, run, &[&["start"], names.as_slice()].concat()).await?;
        let value = |key: &str| {
            let line = told.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            line.ok_or_else(|| LoadError::refused(format!("{} did not name {key}", script.display())))
        };
        let address = |key: &str| {
            let parsed = value(key)?.parse();
            parsed.map_err(|_| LoadError::refused(format!("{key} is not an address with a port")))
        };
        let stores = ["JETTO_TEST_CQL", "JETTO_TEST_CQL2", "JETTO_TEST_CQL3"].into_iter().take(replicas).map(address);
        Ok(Self {
            script: script.to_owned(),
            run: run.to_owned(),
            stores: stores.collect::<Result<_, _>>()?,
            hints: address("JETTO_TEST_REDIS")?,
            files: address("JETTO_TEST_S3")?,
            access_key: value("JETTO_TEST_S3_ACCESS_KEY")?.to_owned(),
            secret_key: value("JETTO_TEST_S3_SECRET_KEY")?.to_owned(),
        })
    }

    /// Of one that runs, as it is called.
    pub(crate) fn pid(&self, name: &str) -> Result<u32, LoadError> {
        let file = self.run.join(name).join("pid");
        let pid = std::fs::read_to_string(&file)?.trim().parse();
        pid.map_err(|_| LoadError::refused(format!("{} holds no process id", file.display())))
    }

    /// kill -9; what it wrote to its disk stays.
    pub(crate) async fn kill(&self, names: &[&str]) -> Result<(), LoadError> {
        call(&self.script, &self.run, &[&["kill"], names].concat()).await.map(drop)
    }

    /// Answers again when this returns, where it was.
    pub(crate) async fn again(&self, names: &[&str]) -> Result<(), LoadError> {
        call(&self.script, &self.run, &[&["again"], names].concat()).await.map(drop)
    }

    /// Redis forgets everything.
    pub(crate) async fn flush_hints(&self) -> Result<(), LoadError> {
        let mut stream = TcpStream::connect(self.hints).await?;
        stream.write_all(b"FLUSHALL\r\n").await?;
        let mut answer = [0; 5];
        stream.read_exact(&mut answer).await?;
        if &answer == b"+OK\r\n" { Ok(()) } else { Err(LoadError::refused("Redis was not flushed")) }
    }
}

/// Ends what runs in this folder; its data stay for whoever wants to look.
pub(crate) async fn end(script: &Path, run: &Path) -> Result<(), LoadError> {
    call(script, run, &[&["kill", HINTS, FILES], STORES.as_slice()].concat()).await.map(drop)
}

/// The same, and forgets its data; also what a start left half done.
pub(crate) async fn stop(script: &Path, run: &Path) -> Result<(), LoadError> {
    call(script, run, &["stop"]).await.map(drop)
}

async fn call(script: &Path, run: &Path, arguments: &[&str]) -> Result<String, LoadError> {
    let mut command = Command::new(script);
    command.args(arguments).env("JETTO_SERVICES_RUN", run).stdin(Stdio::null()).stderr(Stdio::inherit());
    let output = command.output().await?;
    if !output.status.success() {
        return Err(LoadError::refused(format!("{} {arguments:?} ended with {}", script.display(), output.status)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
