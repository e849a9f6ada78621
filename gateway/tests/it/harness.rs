//! One installation: the binary as a child process, its data directory, and the simulated Meta around it.

mod agent;
mod canary;
mod collector;
mod door;
mod ground;
mod hook;
mod live;
pub(crate) mod nodes;
mod post_office;
mod routes;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use loadtest::payload::{Content, Phone, PhoneNumberId, Wamid};
use loadtest::simulator::{Simulator, SimulatorConfig};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio::time::{MissedTickBehavior, interval, timeout};

pub(crate) use agent::{Agent, Answer};
pub(crate) use canary::{betrayed, holds, plant, spellings};
pub(crate) use collector::Collector;
pub(crate) use door::{phone, told};
pub(crate) use ground::{on_cql, server};
pub(crate) use hook::{customer, now_s, post, sample, samples, shown, signed, signed_at, status, text, wamid, webhook};
pub(crate) use live::Live;
pub(crate) use post_office::PostOffice;
pub(crate) use routes::Things;

pub(crate) const SECRET: &str = "demo_app_secret";
pub(crate) const VERIFY_TOKEN: &str = "violet harbour 42";
pub(crate) const TOKEN: &str = "simulator-token";
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const ORGANIZATION: &str = "Garden";
pub(crate) const OWNER: &str = "owner@garden.example";
pub(crate) const WABA: &str = "100000000000001";
pub(crate) const NUMBER: &str = "200000000000001";
pub(crate) const CUSTOMER: &str = "12025550123";

/// Generous, because tests share two cores; nothing waits this long unless it is broken.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
/// A change acts on open connections within this time.
pub(crate) const AT_ONCE: Duration = Duration::from_secs(1);
const LOOK_EVERY: Duration = Duration::from_millis(15);

/// Asks again until there is an answer.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let search = async {
        let mut tick = interval(LOOK_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Some(found) = look().await {
                return found;
            }
        }
    };
    let patience = ground::patience();
    timeout(patience, search).await.unwrap_or_else(|_| panic!("not within {patience:?}: {what}"))
}

pub(crate) struct Jetto {
    pub(crate) meta: Simulator,
    pub(crate) collector: Collector,
    seed: u64,
    directory: TempDir,
    settings: Vec<(String, String)>,
    server: Option<Server>,
}

struct Server {
    child: Child,
    url: String,
}

impl Jetto {
    /// Running, with the organization, its owner and one connected number.
    pub(crate) async fn running() -> Self {
        let mut jetto = Self::prepared().await;
        jetto.start().await;
        jetto
    }

    /// As [`Jetto::running`], but not started.
    pub(crate) async fn prepared() -> Self {
        let jetto = Self::empty(SimulatorConfig::default());
        jetto.create_organization(ORGANIZATION, OWNER).await;
        jetto.connect(ORGANIZATION, NUMBER, TOKEN).await;
        jetto
    }

    /// Nothing is in the store. `JETTO_TEST_SEED` repeats the simulator's choices of a failure.
    pub(crate) fn empty(config: SimulatorConfig) -> Self {
        let seed = std::env::var("JETTO_TEST_SEED").ok().map(|seed| seed.parse().expect("a number"));
        let seed = seed.unwrap_or(config.seed);
        let meta = Simulator::start(SimulatorConfig { seed, ..config }).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        let settings = [
            ("JETTO_LISTEN", "127.0.0.1:0"),
            ("JETTO_METRICS_LISTEN", "127.0.0.1:0"),
            ("JETTO_DATA_DIR", data.to_str().unwrap()),
            ("JETTO_META__GRAPH_URL", meta.url()),
            ("JETTO_META__APP_SECRETS", &format!("an_older_secret,{SECRET}")),
            ("JETTO_META__VERIFY_TOKEN", VERIFY_TOKEN),
            ("JETTO_ACTOR_THREADS", "2"),
            ("JETTO_HTTP_THREADS", "2"),
            // As verbose as an operator may want it: the log is searched for what it must not hold.
            ("JETTO_LOG", "debug,gateway=trace,actors=trace,storage=trace,engine=trace"),
            // Tests sign in more often than people.
            ("JETTO_LIMITS__SIGN_IN_ATTEMPTS", "100"),
        ];
        let mut settings = settings.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
        settings.extend(ground::settings());
        let collector = Collector::start();
        settings.extend(collector.settings());
        Self { meta, collector, seed, directory, settings, server: None }
    }

    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.settings.retain(|(name, _)| name != key);
        self.settings.push((key.to_owned(), value.to_owned()));
    }

    pub(crate) fn unset(&mut self, key: &str) {
        self.settings.retain(|(name, _)| name != key);
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.setting("JETTO_DATA_DIR").into()
    }

    fn setting(&self, name: &str) -> &str {
        self.settings.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).expect("a setting")
    }

    /// Another data directory from now on.
    pub(crate) fn moves_to(&mut self, name: &str) {
        let data = self.directory.path().join(name);
        self.set("JETTO_DATA_DIR", data.to_str().unwrap());
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) async fn create_organization(&self, name: &str, owner: &str) {
        let wanted = ["admin", "create-organization", "--name", name, "--owner-email", owner, "--password-stdin"];
        self.admin(&wanted, PASSWORD).await;
    }

    pub(crate) async fn connect(&self, organization: &str, number: &str, token: &str) {
        let wanted = [
            "admin",
            "connect-number",
            "--organization",
            organization,
            "--waba-id",
            WABA,
            "--phone-number-id",
            number,
            "--display-number",
            "+1 202 555 0100",
            "--token-stdin",
        ];
        self.admin(&wanted, token).await;
    }

    /// Answers the member's id.
    pub(crate) async fn add_member(&self, organization: &str, email: &str, role: &str) -> String {
        let wanted = ["admin", "add-member", "--organization", organization, "--email", email, "--role", role];
        let output = self.admin(&[wanted.as_slice(), &["--password-stdin"]].concat(), PASSWORD).await;
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    async fn admin(&self, arguments: &[&str], secret: &str) -> Output {
        let output = self.run(arguments, secret).await;
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        output
    }

    /// Runs a command of the binary to its end.
    pub(crate) async fn run(&self, arguments: &[&str], input: &str) -> Output {
        self.run_within("", arguments, input).await
    }

    /// The same, after `limits`, which are words of a shell.
    pub(crate) async fn run_within(&self, limits: &str, arguments: &[&str], input: &str) -> Output {
        plant(input);
        let mut command = if limits.is_empty() {
            self.command(arguments)
        } else {
            let script = format!("{limits}; exec \"$0\" \"$@\"");
            let shell = ["-c", &script, env!("CARGO_BIN_EXE_jetto")];
            self.command_of("/bin/sh", &[shell.as_slice(), arguments].concat())
        };
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        // A command that refuses its arguments does not read.
        drop(stdin.write_all(format!("{input}\n").as_bytes()).await);
        drop(stdin);
        let output = timeout(ground::patience(), child.wait_with_output()).await;
        let output = output.unwrap_or_else(|_| panic!("{arguments:?} does not end")).unwrap();
        let mut log = std::fs::File::options().create(true).append(true).open(self.commands_log()).unwrap();
        std::io::Write::write_all(&mut log, &output.stderr).unwrap();
        output
    }

    fn command(&self, arguments: &[impl AsRef<OsStr>]) -> Command {
        self.command_of(env!("CARGO_BIN_EXE_jetto"), arguments)
    }

    fn command_of(&self, program: &str, arguments: &[impl AsRef<OsStr>]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(self.settings.iter().map(|(key, value)| (key, value)));
        command.current_dir(self.directory.path()).kill_on_drop(true);
        command
    }

    /// Returns when the server says that it listens; Meta posts to it from now on.
    pub(crate) async fn start(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.log_file()).unwrap();
        let mut command = self.command(&["serve"]);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = timeout(ground::patience(), lines.next_line()).await.expect("the server starts").unwrap();
        let line = line.unwrap_or_else(|| panic!("the server did not start: {}", self.log()));
        let url = line.strip_prefix("listening on ").expect("the contract's line").to_owned();
        self.meta.set_callback(&format!("{url}/webhooks/whatsapp"));
        // Meta and the browsers find it again after a restart.
        self.set("JETTO_LISTEN", url.split_once("://").expect("an address").1);
        self.server = Some(Server { child, url });
    }

    /// `kill -9`.
    pub(crate) async fn kill(&mut self) {
        self.server.take().unwrap().child.kill().await.unwrap();
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let server = self.server.as_ref().expect("the server runs");
        let pid = server.child.id().and_then(|pid| Pid::from_raw(pid.cast_signed())).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// SIGTERM, then waits for the end.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        let mut server = self.server.take().unwrap();
        timeout(ground::patience(), server.child.wait()).await.expect("the server drains").unwrap()
    }

    pub(crate) async fn restart(&mut self) {
        assert!(self.stop().await.success());
        self.start().await;
    }

    pub(crate) fn url(&self) -> &str {
        &self.server.as_ref().expect("the server runs").url
    }

    pub(crate) async fn sign_in(&self, email: &str) -> Agent {
        Agent::sign_in(self.url(), email, PASSWORD).await
    }

    pub(crate) async fn owner(&self) -> Agent {
        self.sign_in(OWNER).await
    }

    /// Memory of the server's process.
    pub(crate) fn resident_kib(&self) -> u64 {
        let pid = self.server.as_ref().and_then(|server| server.child.id()).expect("the server runs");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("what it uses");
        line.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// The current value of a metric, all labels together.
    pub(crate) async fn metric(&self, name: &str) -> i64 {
        let address =
            self.log().lines().rev().find_map(|line| line.split_once("metrics on ").map(|(_, url)| url.to_owned()));
        let text = reqwest::get(format!("{}/metrics", address.expect("the log says where"))).await.unwrap();
        let text = text.text().await.unwrap();
        let values = text.lines().filter(|line| line.split([' ', '{']).next() == Some(name));
        values.filter_map(|line| line.rsplit(' ').next()?.parse::<i64>().ok()).sum()
    }

    /// Posts the change as Meta does: until it is answered 200. Nothing but "not now" may come before.
    pub(crate) async fn post(&self, body: &Value) {
        assert_eq!(self.post_bytes(&loadtest::payload::wire::to_wire(body)).await, 200);
    }

    /// Posts bytes with a right signature; answers the status.
    pub(crate) async fn post_bytes(&self, body: &[u8]) -> u16 {
        hook::post(self.url(), body).await
    }

    /// The simulated customer writes a text.
    pub(crate) fn customer_writes(&self, words: &str) -> Wamid {
        plant(words);
        self.customer_says(Content::Text { body: words.into() })
    }

    pub(crate) fn customer_says(&self, content: Content) -> Wamid {
        self.meta.customer_says(&PhoneNumberId::from(NUMBER), &Phone::from(CUSTOMER), content).unwrap()
    }

    /// From now on the organization's people see numbers whole; the server must be stopped.
    pub(crate) async fn unmask(&self, organization: &str) {
        use engine::ports::Changed;
        let (opened, found) = self.store(organization).await;
        let (store, tenant) = (opened.store(), found.id);
        let household = store.household(tenant).await.unwrap().unwrap();
        let settings = engine::directory::Settings { mask_phones: false, ..household.settings };
        let write = engine::household::Write::Settings(settings);
        let changed = store.change(tenant, household.revision, vec![write], vec![]).await.unwrap();
        assert!(matches!(changed, Changed::Applied { .. }));
        opened.close().await.unwrap();
    }

    /// Entries of this kind in the organization's audit log; the server must be stopped.
    pub(crate) async fn audit_records(&self, organization: &str, action: &str) -> Vec<engine::audit::AuditRecord> {
        let (opened, found) = self.store(organization).await;
        let mut records = opened.store().audit_chain(found.id, 0, 1_000).await.unwrap();
        opened.close().await.unwrap();
        records.retain(|record| record.entry.action.key() == action);
        records
    }

    fn log_file(&self) -> PathBuf {
        self.directory.path().join("jetto.log")
    }

    /// What commands said beside their answer.
    fn commands_log(&self) -> PathBuf {
        self.directory.path().join("commands.log")
    }

    /// By which a failure is repeated.
    fn again(&self) -> String {
        let test = std::thread::current().name().unwrap_or_default().to_owned();
        let features = if cfg!(feature = "seeded-bugs") { "--features seeded-bugs " } else { "" };
        let seed = self.seed;
        format!("again: JETTO_TEST_SEED={seed} cargo test -p gateway {features}--test it -- --exact {test}")
    }

    /// Whom the simulated WhatsApp knows is planted too.
    fn search_logs_and_traces(&self) {
        for (name, phone) in self.meta.people() {
            plant(&name);
            plant(phone.as_str());
        }
        let commands = std::fs::read_to_string(self.commands_log()).unwrap_or_default();
        for (what, text) in [("log", self.log()), ("log", commands), ("trace", self.collector.text())] {
            if let Some((canary, line)) = betrayed(&text) {
                panic!("the {what} holds {canary:?}: {line}\n{}", self.again());
            }
        }
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }
}

impl Drop for Jetto {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return self.search_logs_and_traces();
        }
        let log = self.log();
        // Debug lines are there to be searched for what must not be in them; of those of connections alone there are too many to read.
        let tail: Vec<&str> = log.lines().filter(|line| !line.contains(" DEBUG ")).rev().take(30).collect();
        for line in tail.iter().rev() {
            eprintln!("{line}");
        }
        eprintln!("{}", self.again());
    }
}
