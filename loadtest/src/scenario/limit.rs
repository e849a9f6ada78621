//! What this machine can do at all, measured with the same load: the denominator of every ratio.

use std::process::Stdio;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use super::fanout::{Stage, measure};
use super::ingest::{describe, post, prepare};
use super::limit_server::SECRET;
use crate::agent::Door;
use crate::cli::{LimitFanout, LimitIngest};
use crate::connection::Target;
use crate::error::LoadError;
use crate::report::Report;
use loadtest::payload::Line;

pub(crate) async fn ingest(options: LimitIngest) -> Result<bool, LoadError> {
    let (mut server, url) = start("ingest").await?;
    let target = Target::parse(&url).await?;
    let made = Arc::new(prepare(&options.load, &line(), &target, SECRET));
    let posted = post(&made, &target, &options.load).await?;
    server.kill().await?;
    let mut report = Report::new("limit ingest");
    describe(&mut report, &options.load, &posted);
    report.print()?;
    Ok(true)
}

pub(crate) async fn fanout(options: LimitFanout) -> Result<bool, LoadError> {
    let (mut server, url) = start("fanout").await?;
    let target = Target::parse(&url).await?;
    let door = Door { address: target.address, path: "/live".into(), origin: url, session: None };
    let stage = Stage { target, door, secret: SECRET.into(), line: line(), pid: server.id() };
    let report = measure("limit fanout", &options.listeners, &stage).await;
    server.kill().await?;
    let report = report?;
    report.print()?;
    Ok(report.number("missing").is_some_and(|missing| missing < 0.5))
}

pub(crate) fn line() -> Line {
    Line { waba: "100000000000001".into(), number: "200000000000001".into(), display: "12025550100".into() }
}

/// This program again, as the bare server.
pub(crate) async fn start(what: &str) -> Result<(Child, String), LoadError> {
    let mut child = Command::new(std::env::current_exe()?)
        .args(["serve-limit", what])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let url = listening_line(&mut child).await?;
    Ok((child, url))
}

/// Reads the line with which our servers tell that they answer.
pub(crate) async fn listening_line(child: &mut Child) -> Result<String, LoadError> {
    let stdout = child.stdout.take().ok_or_else(|| LoadError::refused("the server has no stdout"))?;
    let mut lines = BufReader::new(stdout).lines();
    let wait = async {
        while let Some(line) = lines.next_line().await? {
            if let Some(url) = line.trim().strip_prefix("listening on ") {
                return Ok(url.to_owned());
            }
        }
        Err(LoadError::refused("the server ended before it listened"))
    };
    let told = tokio::time::timeout(std::time::Duration::from_secs(90), wait).await;
    told.map_err(|_| LoadError::refused("the server did not listen within 90 s"))?
}
