//! All sockets are cut at the same moment while events go on: who has everything again, and when.

use std::sync::Arc;
use std::time::Duration;

use loadtest::clock::pause;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::fanout::Stage;
use crate::agent::{Door, Frame, Live};
use crate::cli::ReconnectStorm;
use crate::error::LoadError;
use crate::follower::{Followed, Orders, follow};
use crate::report::{Report, histogram, micros, progress};
use crate::traffic::{Pace, post_all};

const SETTLE: Duration = Duration::from_mins(1);

pub(crate) async fn run(options: ReconnectStorm) -> Result<bool, LoadError> {
    let (stage, _) = Stage::of(&options.server, None).await?;
    let listeners = &options.listeners;
    let (cut, cut_seen) = watch::channel(0);
    let (goal, goal_seen) = watch::channel(None);
    let lasting = Duration::from_secs(listeners.duration);
    let deadline = Instant::now() + lasting + SETTLE;
    let start = head(&stage.door).await?;
    let mut followers = JoinSet::new();
    for index in 0..listeners.connections {
        let orders = Orders { cut: cut_seen.clone(), goal: goal_seen.clone(), deadline };
        followers.spawn(follow(vec![stage.door.clone()], index, Some(start), orders, |_| {}));
    }
    let made = Arc::new(stage.traffic(listeners));
    let pace = Pace { connections: 8, rate: listeners.rate, longest: lasting + SETTLE };
    let publish = post_all(Arc::clone(&made), &stage.target, pace, Arc::new(|_| {}));
    let storms = async {
        for storm in 1..=options.storms {
            pause(lasting / (options.storms + 1)).await;
            progress(&format!("storm {storm}: {} sockets are cut", listeners.connections));
            cut.send_replace(storm);
        }
    };
    let (posted, ()) = tokio::join!(publish, storms);
    let posted = posted?;
    pause(Duration::from_secs(1)).await;
    let head = head(&stage.door).await?;
    goal.send_replace(Some(head));
    let mut all = Vec::new();
    while let Some(followed) = followers.join_next().await {
        all.push(followed.map_err(|error| LoadError::refused(error.to_string()))?);
    }
    let mut report = Report::new("reconnect-storm");
    report.add("connections", listeners.connections);
    report.add("published", posted.accepted.len());
    report.add("head", head);
    let is_kept = summarise(&mut report, &all)?;
    report.print()?;
    Ok(is_kept)
}

fn summarise(report: &mut Report, all: &[Followed]) -> Result<bool, LoadError> {
    let mut catch_ups = histogram()?;
    for catch_up in all.iter().flat_map(|followed| &followed.catch_ups) {
        catch_ups.saturating_record(micros(*catch_up));
    }
    let missed: u64 = all.iter().map(|followed| followed.sequence.missed).sum();
    let doubled: u64 = all.iter().map(|followed| followed.sequence.doubled).sum();
    let resyncs: usize = all.iter().map(|followed| followed.resyncs.len()).sum();
    let behind = all.iter().filter(|followed| !followed.is_complete).count();
    report.add("reconnects", all.iter().map(|followed| followed.connects.saturating_sub(1)).sum::<u32>());
    report.latencies("caught_up_", &catch_ups);
    report.add("missed", missed);
    report.add("doubled", doubled);
    report.add("resyncs", resyncs);
    report.add("never_caught_up", behind);
    Ok(missed == 0 && doubled == 0 && resyncs == 0 && behind == 0)
}

/// The newest event of the log, as a new connection is told.
pub(crate) async fn head(door: &Door) -> Result<u64, LoadError> {
    let mut live = Live::open(door, None, 0).await?;
    let hello = tokio::time::timeout(Duration::from_secs(10), live.next()).await.ok().flatten();
    let frame: Option<Frame> = hello.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let head = frame.filter(|frame| frame.kind == "hello").and_then(|frame| frame.head);
    head.ok_or_else(|| LoadError::refused("the live connection did not begin with a hello"))
}
