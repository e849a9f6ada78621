//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use loadtest::payload::Line;

use crate::scenario::torture_promises::Bug;

#[derive(Debug, Parser)]
#[command(name = "jetto-load", about = "Measures and tortures a running Jetto from outside", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Signed inbound webhooks: accepted, durable and processed per second, lost, doubled
    Ingest(Ingest),
    /// The same load against the barest server that could keep the promise, for the ratio
    Limit {
        #[command(subcommand)]
        what: Limit,
    },
    /// Webhook to WebSocket event: latency, deliveries per second, memory per connection
    Fanout(Fanout),
    /// Agents that stop reading while events flow: when the server ends them, and the memory that they cost until then
    SlowReader(SlowReader),
    /// How long an agent waits for the list, the counts and the newest messages
    Pages(Pages),
    /// The same load on SQLite and on a server of CQL: webhooks, a long conversation, CPU per message
    Stores(Stores),
    /// All sockets cut at once: time to catch up, missed, doubled
    ReconnectStorm(ReconnectStorm),
    /// kill -9 of the real binary at random under load, then the promises are checked
    Torture(Torture),
    /// A broadcast through kill -9: nobody twice, nobody lost; or its pace, the replies beside it, and its pause
    Broadcast(Broadcast),
    /// A file of many contacts, a segment of them, a broadcast to them: time, memory, and whether the numbers are right
    Contacts(Contacts),
    /// Random requests of two organizations that know each other's ids: nothing leaks, nothing fails
    FuzzApi(FuzzApi),
    /// Posts every sample of a directory, signed
    SampleWebhooks(SampleWebhooks),
    /// The simulated WhatsApp by itself, for a server that was started by hand
    Simulator(SimulatorAlone),
    #[command(hide = true)]
    ServeLimit {
        #[arg(value_enum)]
        what: LimitServer,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Limit {
    /// actix-web, HMAC, SQLite (WAL, FULL) with one writer and group commit
    Ingest(LimitIngest),
    /// actix-web-actors: each webhook to every socket
    Fanout(LimitFanout),
    /// The simulator's own rate of accepted sends and delivered statuses
    Simulator(LimitSimulator),
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum LimitServer {
    Ingest,
    Fanout,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Server {
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    /// The app secret with which webhooks are signed
    #[arg(long, default_value = "demo_app_secret")]
    pub(crate) secret: String,
    /// A member who may read everything; without one, nothing is checked after the 200
    #[arg(long)]
    pub(crate) email: Option<String>,
    #[arg(long, env = "JETTO_LOAD_PASSWORD", hide_env_values = true)]
    pub(crate) password: Option<String>,
    #[arg(long, default_value = "100000000000001")]
    waba_id: String,
    #[arg(long, default_value = "200000000000001")]
    phone_number_id: String,
    #[arg(long, default_value = "12025550100")]
    display_number: String,
}

impl Server {
    pub(crate) fn line(&self) -> Line {
        Line {
            waba: self.waba_id.as_str().into(),
            number: self.phone_number_id.as_str().into(),
            display: self.display_number.as_str().into(),
        }
    }
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Load {
    #[arg(long, default_value_t = 64)]
    pub(crate) connections: usize,
    /// Webhooks per second; 0 is as fast as possible
    #[arg(long, default_value_t = 0)]
    pub(crate) rate: u32,
    #[arg(long, default_value_t = 20_000)]
    pub(crate) messages: usize,
    /// Stops posting after so many seconds
    #[arg(long, default_value_t = 120)]
    pub(crate) duration: u64,
    #[arg(long, default_value_t = 500)]
    pub(crate) customers: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Pages {
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    /// A member who may read everything
    #[arg(long)]
    pub(crate) email: String,
    #[arg(long, env = "JETTO_LOAD_PASSWORD", hide_env_values = true)]
    pub(crate) password: String,
    /// Of each kind, one after the other
    #[arg(long, default_value_t = 2_000)]
    pub(crate) requests: u32,
}

#[derive(Debug, Args)]
pub(crate) struct Stores {
    /// The real `jetto`
    #[arg(long)]
    pub(crate) binary: PathBuf,
    /// What starts the server of CQL, in a folder of its own
    #[arg(long, default_value = "deploy/services/services.sh")]
    pub(crate) services: PathBuf,
    #[command(flatten)]
    pub(crate) load: Load,
    /// Messages of the conversation whose newest 50 are read
    #[arg(long, default_value_t = 100_000)]
    pub(crate) history: usize,
    /// How often they are read, one after the other
    #[arg(long, default_value_t = 2_000)]
    pub(crate) requests: u32,
    /// How long to wait until all is processed
    #[arg(long, default_value_t = 300)]
    pub(crate) settle: u64,
}

#[derive(Debug, Args)]
pub(crate) struct Ingest {
    #[command(flatten)]
    pub(crate) server: Server,
    #[command(flatten)]
    pub(crate) load: Load,
    /// How long to wait until all is processed
    #[arg(long, default_value_t = 120)]
    pub(crate) settle: u64,
}

#[derive(Debug, Args)]
pub(crate) struct LimitIngest {
    #[command(flatten)]
    pub(crate) load: Load,
}

#[derive(Clone, Debug, Args)]
pub(crate) struct Listeners {
    /// Sockets that listen
    #[arg(long, default_value_t = 1_000)]
    pub(crate) connections: usize,
    /// Webhooks per second
    #[arg(long, default_value_t = 20)]
    pub(crate) rate: u32,
    /// Seconds
    #[arg(long, default_value_t = 10)]
    pub(crate) duration: u64,
    #[arg(long, default_value_t = 50)]
    pub(crate) customers: usize,
}

#[derive(Debug, Args)]
pub(crate) struct Fanout {
    #[command(flatten)]
    pub(crate) server: Server,
    #[command(flatten)]
    pub(crate) listeners: Listeners,
    /// The server's process, for its memory and CPU
    #[arg(long)]
    pub(crate) pid: Option<u32>,
}

#[derive(Debug, Args)]
pub(crate) struct SlowReader {
    #[command(flatten)]
    pub(crate) server: Server,
    /// The server's process, on this machine and of this user: its sockets and its memory are looked at
    #[arg(long)]
    pub(crate) pid: u32,
    /// Sockets that stop reading, so many that what one costs is above the noise
    #[arg(long, default_value_t = 20)]
    pub(crate) readers: u32,
    /// Sockets beside them that go on reading and must miss nothing
    #[arg(long, default_value_t = 10)]
    pub(crate) neighbours: u32,
    /// Webhooks per second
    #[arg(long, default_value_t = 200)]
    pub(crate) rate: u32,
    /// Seconds of traffic, three times: to warm up, without and with the readers that stop
    #[arg(long, default_value_t = 12)]
    pub(crate) duration: u64,
    #[arg(long, default_value_t = 50)]
    pub(crate) customers: usize,
    /// Bytes of each message's text: small ones fit into the kernel's buffers for longer than the server waits
    #[arg(long, default_value_t = 4_000)]
    pub(crate) text_bytes: usize,
}

#[derive(Debug, Args)]
pub(crate) struct LimitFanout {
    #[command(flatten)]
    pub(crate) listeners: Listeners,
}

#[derive(Debug, Args)]
pub(crate) struct LimitSimulator {
    #[arg(long, default_value_t = 64)]
    pub(crate) connections: usize,
    #[arg(long, default_value_t = 20_000)]
    pub(crate) messages: usize,
    /// Updates per webhook
    #[arg(long, default_value_t = 20)]
    pub(crate) batch: usize,
}

#[derive(Debug, Args)]
pub(crate) struct SimulatorAlone {
    /// 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Where it posts its webhooks
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    /// The app secret with which webhooks are signed
    #[arg(long, default_value = "demo_app_secret")]
    pub(crate) secret: String,
    /// Numbers 200000000000001, … in the accounts 100000000000001, …, all with the token `simulator-token`
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=99))]
    pub(crate) numbers: u8,
    /// It ends by itself
    #[arg(long, default_value_t = 3_600)]
    pub(crate) seconds: u64,
}

#[derive(Debug, Args)]
pub(crate) struct ReconnectStorm {
    #[command(flatten)]
    pub(crate) server: Server,
    #[command(flatten)]
    pub(crate) listeners: Listeners,
    /// How often all are cut
    #[arg(long, default_value_t = 1)]
    pub(crate) storms: u32,
}

/// What only several nodes have.
#[derive(Debug, Args)]
pub(crate) struct Nodes {
    /// Three nodes on real servers, and all that can happen to them and between them
    #[arg(long)]
    pub(crate) cluster: bool,
    /// In a cluster: a node is paused for a minute, too
    #[arg(long)]
    pub(crate) long: bool,
    /// In a cluster: only faults of this kind, as they are called while it runs
    #[arg(long)]
    pub(crate) only: Option<String>,
    /// In a cluster: servers of Cassandra, 1 or 3, each with everything
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=3))]
    pub(crate) replicas: u8,
    /// In a cluster: what starts Cassandra, Redis and S3
    #[arg(long, default_value = "deploy/services/services.sh")]
    pub(crate) services: PathBuf,
}

/// The real server in a directory of its own, and how a run of it ends.
#[derive(Debug, Args)]
pub(crate) struct Trial {
    /// The real `jetto`
    #[arg(long)]
    pub(crate) binary: PathBuf,
    #[arg(long, default_value_t = 0x5eed)]
    pub(crate) seed: u64,
    /// Seconds that the server gets to settle everything at the end
    #[arg(long, default_value_t = 120)]
    pub(crate) settle: u64,
    /// The whole run ends after so many seconds
    #[arg(long, default_value_t = 900)]
    pub(crate) deadline: u64,
    /// Keeps the data directory and the server's log
    #[arg(long)]
    pub(crate) keep: bool,
    /// Sets `JETTO_SEEDED_BUG` for the server
    #[arg(long, hide = true)]
    pub(crate) bug: Option<Bug>,
    /// Succeeds only when the promise was broken that the bug breaks
    #[arg(long, hide = true, requires = "bug")]
    pub(crate) expect_violation: bool,
}

impl Trial {
    /// What must show.
    pub(crate) fn expected(&self) -> Option<Bug> {
        self.bug.filter(|_| self.expect_violation)
    }
}

#[derive(Debug, Args)]
pub(crate) struct Torture {
    #[command(flatten)]
    pub(crate) trial: Trial,
    #[command(flatten)]
    pub(crate) nodes: Nodes,
    /// Kills, 30 unless told; in a cluster faults, of every kind one unless told
    #[arg(long)]
    pub(crate) rounds: Option<u32>,
    /// Of each organization
    #[arg(long, default_value_t = 6)]
    pub(crate) agents: usize,
    #[arg(long, default_value_t = 40)]
    pub(crate) customers: usize,
    /// Customers' messages per second: 200 unless told, in a cluster 20
    #[arg(long)]
    pub(crate) rate: Option<u32>,
}

/// None: the torture.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Measures {
    /// Nothing is killed: whether it is as fast as WhatsApp allows, and never faster
    #[arg(long)]
    pub(crate) rate_check: bool,
    /// Nothing is killed: how soon agents' replies leave meanwhile
    #[arg(long)]
    pub(crate) reply_check: bool,
    /// Nothing is killed: how soon a pause holds, and whether the rest gets it afterwards
    #[arg(long)]
    pub(crate) pause_check: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Broadcast {
    #[command(flatten)]
    pub(crate) trial: Trial,
    #[command(flatten)]
    pub(crate) measures: Measures,
    /// People who get it; in the checks at most so many
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(10..=700_000))]
    pub(crate) recipients: u32,
    /// kill -9 so often
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(0..=500))]
    pub(crate) kill: u32,
    /// Instead: kill -9 each time when WhatsApp has seen so many sends
    #[arg(long, value_name = "SENDS", value_delimiter = ',', conflicts_with = "kill")]
    pub(crate) kill_at: Vec<u64>,
    /// That share it
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=20))]
    pub(crate) numbers: u8,
    /// What WhatsApp allows each number; unless told, the checks of one number try both, and everything else the higher
    #[arg(long)]
    pub(crate) rate: Option<Throughput>,
    /// Of sending in each check
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(10..=600))]
    pub(crate) seconds: u32,
}

/// Messages per second of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Throughput {
    #[value(name = "80")]
    Standard,
    #[value(name = "1000")]
    High,
}

impl Throughput {
    pub(crate) fn per_second(self) -> u32 {
        match self {
            Self::Standard => 80,
            Self::High => 1_000,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Contacts {
    #[command(flatten)]
    pub(crate) trial: Trial,
    /// Of the file; one in a thousand has no number
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=2_000_000))]
    pub(crate) rows: u32,
}

#[derive(Debug, Args)]
pub(crate) struct FuzzApi {
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    /// The owner of one organization …
    #[arg(long)]
    pub(crate) email: String,
    /// … and of another, with the same password
    #[arg(long)]
    pub(crate) other_email: String,
    #[arg(long, env = "JETTO_LOAD_PASSWORD", hide_env_values = true)]
    pub(crate) password: String,
    #[arg(long, default_value_t = 100_000)]
    pub(crate) requests: u64,
    #[arg(long, default_value_t = 0x5eed)]
    pub(crate) seed: u64,
}

#[derive(Debug, Args)]
pub(crate) struct SampleWebhooks {
    #[arg(long)]
    pub(crate) dir: PathBuf,
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    pub(crate) url: String,
    #[arg(long, default_value = "demo_app_secret")]
    pub(crate) secret: String,
}
