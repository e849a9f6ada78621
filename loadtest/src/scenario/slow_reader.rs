//! Agents whose connection stands still while events flow: when the server has ended them, what they cost until then, and
//! whether their neighbours miss anything. The cost is what the same traffic takes more with them than without.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use loadtest::clock::pause;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::fanout::{Board, Stage, open_all, read, wait_for};
use crate::agent::Live;
use crate::cli::SlowReader;
use crate::error::LoadError;
use crate::process::{open_sockets, resident_kib, sockets_to};
use crate::report::{Report, micros, millis, progress, rounded};
use crate::traffic::{Message, Pace, messages, post_all};

/// The promise: a reader that stops is gone by then, and has cost less than this.
const GONE_WITHIN: Duration = Duration::from_secs(10);
const COST_MAX_KIB: f64 = 2_048.0;
/// A server that breaks the promise is watched this much longer, to say by how much.
const PATIENCE: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(50);
const PUBLISHERS: usize = 8;

pub(crate) async fn run(options: SlowReader) -> Result<bool, LoadError> {
    let (stage, _) = Stage::of(&options.server, Some(options.pid)).await?;
    progress("warming up");
    measure(&stage, &options, 0).await?;
    progress("the same traffic, everybody reads");
    let control = measure(&stage, &options, 0).await?;
    progress(&format!("the same traffic, {} stop reading", options.readers));
    let slow = measure(&stage, &options, options.readers).await?;
    let (report, is_kept) = summarise(&options, &control, &slow);
    report.print()?;
    Ok(is_kept)
}

/// What one stretch of traffic did to the server.
#[derive(Debug, Default)]
struct Stretch {
    before_kib: u64,
    peak_kib: u64,
    missing: u64,
    watched: Watched,
}

impl Stretch {
    fn growth_kib(&self) -> f64 {
        f64::from(u32::try_from(self.peak_kib.saturating_sub(self.before_kib)).unwrap_or(u32::MAX))
    }
}

/// What became of the readers that stopped.
#[derive(Debug, Default)]
struct Watched {
    /// How long after they stopped, the server had closed each; in this order.
    ended: Vec<Duration>,
    /// The most that the kernel held for all of them together.
    unsent_max: u64,
}

fn summarise(options: &SlowReader, control: &Stretch, slow: &Stretch) -> (Report, bool) {
    let readers = f64::from(options.readers.max(1));
    let ended = &slow.watched.ended;
    let last = ended.last().copied();
    let still_there = u64::from(options.readers).saturating_sub(u64::try_from(ended.len()).unwrap_or(0));
    let cost_kib = (slow.growth_kib() - control.growth_kib()).max(0.0) / readers;
    let missing = control.missing + slow.missing;
    let seconds = |time: Option<&Duration>| time.map(|time| rounded(millis(micros(*time)) / 1_000.0, 2));
    let mut report = Report::new("slow-reader");
    report.add("readers_that_stop", options.readers);
    report.add("first_ended_after_s", seconds(ended.first()));
    report.add("last_ended_after_s", seconds(last.as_ref()));
    report.add("never_ended", still_there);
    report.add("control_before_kib", control.before_kib);
    report.add("control_growth_kib", control.growth_kib());
    report.add("slow_before_kib", slow.before_kib);
    report.add("slow_growth_kib", slow.growth_kib());
    report.add("cost_kib_per_reader", rounded(cost_kib, 1));
    let unsent = f64::from(u32::try_from(slow.watched.unsent_max / 1_024).unwrap_or(u32::MAX));
    report.add("kernel_unsent_kib_per_reader", rounded(unsent / readers, 1));
    report.add("neighbours", options.neighbours);
    report.add("neighbours_missing", missing);
    let is_gone = still_there == 0 && last.is_some_and(|last| last <= GONE_WITHIN);
    let is_cheap = cost_kib < COST_MAX_KIB;
    report.add("gone_within_10_s", is_gone);
    report.add("costs_less_than_2_mib", is_cheap);
    (report, is_gone && is_cheap && missing == 0)
}

async fn measure(stage: &Stage, options: &SlowReader, slow: u32) -> Result<Stretch, LoadError> {
    let mut shape = stage.shape(options.rate, options.duration, options.customers);
    shape.text_bytes = options.text_bytes;
    let made: Arc<Vec<Message>> = Arc::new(messages(&shape, &stage.target, &stage.secret));
    let board = Arc::new(Board::new(&made)?);
    let before_kib = memory(options.pid)?;
    let mut neighbours = JoinSet::new();
    let count = usize::try_from(options.neighbours).unwrap_or(0);
    for (index, live) in open_all(&stage.door, count).await?.into_iter().enumerate() {
        neighbours.spawn(read(live, index, Arc::clone(&board)));
    }
    let mut stopped = open_all(&stage.door, usize::try_from(slow).unwrap_or(0)).await?;
    for live in &mut stopped {
        greeted(live).await?;
    }
    let published = Instant::now();
    let pace = Pace { connections: PUBLISHERS, rate: options.rate, longest: Duration::from_mins(10) };
    let noting = Arc::clone(&board);
    let publish = async {
        post_all(Arc::clone(&made), &stage.target, pace, Arc::new(move |index| noting.note_left(index))).await?;
        let wanted = u64::try_from(made.len() * count).unwrap_or(u64::MAX);
        wait_for(&board, wanted, published).await;
        Ok::<u64, LoadError>(wanted)
    };
    let lasting = Duration::from_secs(options.duration);
    let (wanted, (peak_kib, watched)) = tokio::try_join!(publish, watch(options.pid, &stopped, published, lasting))?;
    drop(stopped);
    neighbours.shutdown().await;
    let missing = wanted.saturating_sub(board.delivered.load(Ordering::Relaxed));
    Ok(Stretch { before_kib, peak_kib, missing, watched })
}

/// A browser that has been told hello, and from then on does not read.
async fn greeted(live: &mut Live) -> Result<(), LoadError> {
    let hello = tokio::time::timeout(Duration::from_secs(10), live.next()).await.ok().flatten();
    hello.map(drop).ok_or_else(|| LoadError::refused("the live connection did not begin with a hello"))
}

/// Looks at the server until the traffic is over and each stopped reader is closed by it: the peak of its memory in KiB,
/// and when each was closed. A connection is closed when the server's process holds its socket no more.
async fn watch(pid: u32, stopped: &[Live], since: Instant, lasting: Duration) -> Result<(u64, Watched), LoadError> {
    let peers: HashSet<SocketAddr> = stopped.iter().map(Live::address).collect::<Result<_, _>>()?;
    let mut open: HashSet<u64> = sockets_to(pid, &peers).iter().map(|socket| socket.inode).collect();
    if open.len() < peers.len() {
        return Err(LoadError::refused("the server's sockets are not in /proc of this process: is --pid right?"));
    }
    let (mut peak_kib, mut watched) = (0, Watched::default());
    while since.elapsed() < lasting || (!open.is_empty() && since.elapsed() < GONE_WITHIN + PATIENCE) {
        pause(LOOK_EVERY).await;
        peak_kib = peak_kib.max(memory(pid)?);
        if open.is_empty() {
            continue;
        }
        let unsent = sockets_to(pid, &peers).iter().map(|socket| socket.unsent).sum();
        watched.unsent_max = watched.unsent_max.max(unsent);
        let held = open_sockets(pid)?;
        let before = open.len();
        open.retain(|inode| held.contains(inode));
        watched.ended.extend(std::iter::repeat_n(since.elapsed(), before - open.len()));
    }
    Ok((peak_kib, watched))
}

fn memory(pid: u32) -> Result<u64, LoadError> {
    resident_kib(pid).ok_or_else(|| LoadError::refused(format!("there is no process {pid}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    use crate::cli::{Cli, Command};

    fn options() -> SlowReader {
        let cli = Cli::parse_from(["jetto-load", "slow-reader", "--pid", "1", "--readers", "2"]);
        let Command::SlowReader(options) = cli.command else { panic!("another command") };
        options
    }

    fn control() -> Stretch {
        Stretch { before_kib: 10_000, peak_kib: 12_000, ..Stretch::default() }
    }

    fn slow(peak_kib: u64, ended_s: &[u64]) -> Stretch {
        let ended = ended_s.iter().map(|seconds| Duration::from_secs(*seconds)).collect();
        Stretch { before_kib: 12_000, peak_kib, missing: 0, watched: Watched { ended, unsent_max: 0 } }
    }

    #[test]
    fn the_promise_is_broken_by_a_reader_that_stays_by_its_cost_and_by_what_a_neighbour_misses() {
        let is_kept = |slow: &Stretch| summarise(&options(), &control(), slow).1;
        assert!(is_kept(&slow(18_000, &[8, 9])));
        assert!(!is_kept(&slow(18_000, &[8, 11])), "late");
        assert!(!is_kept(&slow(18_000, &[8])), "one is still there");
        assert!(!is_kept(&slow(18_096, &[8, 9])), "2 MiB each");
        assert!(!is_kept(&Stretch { missing: 1, ..slow(18_000, &[8, 9]) }));
    }

    #[test]
    fn the_cost_of_one_is_what_the_traffic_took_more_than_without_them() {
        let (report, _) = summarise(&options(), &control(), &slow(17_000, &[8, 9]));
        assert!((report.number("cost_kib_per_reader").unwrap() - 1_500.0).abs() < 0.1);
    }
}
