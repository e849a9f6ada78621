//! kill -9 of the real binary, again and again, while customers write and agents answer; then every promise is checked.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use loadtest::clock::pause;
use loadtest::payload::{Content, Phone, PhoneNumberId, Wamid};
use loadtest::simulator::{
    Faults, NumberConfig, PortfolioConfig, Profile, SignatureFault, Simulator, SimulatorConfig, SimulatorError, Span,
    Tier,
};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Bytes;

use super::torture_checks::{Evidence, check, check_log, integrity, is_settled};
use super::torture_promises::{Bug, Violation, judge};
use crate::agent::Door;
use crate::api::Api;
use crate::cli::Torture;
use crate::connection::Target;
use crate::error::LoadError;
use crate::follower::{Orders, follow};
use crate::jetto::{Installation, PASSWORD, SECRET, TOKEN, Tenant, drain};
use crate::report::{Report, progress};
use crate::scenario::reconnect_storm::head;

/// What every customer's number, and every text of theirs, begins with.
pub(crate) const CUSTOMERS: &str = "1303555";
pub(crate) const QUESTION: &str = "Question";
/// One answer to so many customers' messages.
const ANSWERED: u64 = 4;
pub(crate) const REPLY_QUEUE: usize = 10_000;
const REPLY_ATTEMPTS: usize = 2_000;
const REPLY_AGAIN: Duration = Duration::from_millis(50);
/// How long the server lives in each round.
const LIFE_MS: std::ops::RangeInclusive<u64> = 150..=1_500;

/// A reply that an agent insisted on until the server took it (or refused it for good).
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) key: String,
    pub(crate) text: String,
    pub(crate) accepted: bool,
}

/// So that what the server can do is the limit.
const FAST: u32 = 1_000;
/// Answers of Meta that get lost.
pub(crate) const LOSSY: Faults = Faults {
    drop_answer_percent: 3.0,
    reset_percent: 2.0,
    error_percent: 1.0,
    delay_ms: 0,
    throttled_until_ms: 0,
    media_missing_percent: 0.0,
    webhook_signature: SignatureFault::None,
};

/// Customers' messages per second.
const RATE: u32 = 200;
const ROUNDS: u32 = 30;

pub(crate) async fn run(options: Torture) -> Result<bool, LoadError> {
    let rounds = options.rounds.unwrap_or(ROUNDS);
    progress(&format!("seed={:#x} rounds={rounds} (repeat with --seed {})", options.trial.seed, options.trial.seed));
    let work = tempfile::Builder::new().prefix("jetto-torture-").tempdir()?;
    let tenant = Tenant::new(1);
    let simulator = Simulator::start(meta(options.trial.seed, [&tenant.number], FAST))?;
    let installation =
        Installation::new(&options.trial.binary, work.path(), simulator.url(), options.trial.bug.map(Bug::name))?;
    simulator.set_callback(&format!("{}/webhooks/whatsapp", installation.url));
    installation.set_up(&tenant).await?;
    let outcome = tokio::time::timeout(
        Duration::from_secs(options.trial.deadline),
        storm(&options, &simulator, &installation, &tenant),
    );
    let outcome = outcome.await.map_err(|_| LoadError::refused("the run did not end before its deadline"));
    simulator.stop().await;
    if options.trial.keep {
        progress(&format!("kept: {}", work.keep().display()));
    }
    let (mut report, violations) = outcome??;
    let is_good = judge(&violations, options.trial.expected());
    report.add("seed", format!("{:#x}", options.trial.seed));
    report.add("violations", violations);
    report.print()?;
    Ok(is_good)
}

/// Realistic webhooks with more repeats, and answers that get lost.
pub(crate) fn meta<'n>(
    seed: u64,
    numbers: impl IntoIterator<Item = &'n NumberConfig>,
    messages_per_second: u32,
) -> SimulatorConfig {
    let profile = Profile {
        duplicate_percent: 10.0,
        reorder_percent: 10.0,
        // Held answers are sends in flight: the kill finds them accepted and not recorded.
        status_first_percent: 30.0,
        late_failure_percent: 0.0,
        read_after: Span::new(500, 3_000),
        retry: Span::new(20, 500),
        ..Profile::realistic()
    };
    let numbers = numbers.into_iter().map(|number| NumberConfig { messages_per_second, ..number.clone() });
    let portfolio = PortfolioConfig { tier: Tier::Unlimited, numbers: numbers.collect(), ..PortfolioConfig::default() };
    SimulatorConfig {
        seed,
        profile,
        app_secret: SECRET.into(),
        access_tokens: vec![TOKEN.into()],
        portfolios: vec![portfolio],
        ..SimulatorConfig::default()
    }
}

async fn storm(
    options: &Torture,
    simulator: &Simulator,
    installation: &Installation,
    tenant: &Tenant,
) -> Result<(Report, Vec<Violation>), LoadError> {
    let mut rng = StdRng::seed_from_u64(options.trial.seed);
    let mut child = installation.start().await?;
    let api = Api::sign_in(&installation.url, &tenant.email, PASSWORD).await?;
    let door = door(&api).await?;
    let (cut, cut_seen) = watch::channel(0);
    let (goal, goal_seen) = watch::channel(None);
    let (inbound, inbound_seen) = mpsc::channel(REPLY_QUEUE);
    let deadline = Instant::now() + Duration::from_secs(options.trial.deadline);
    let mut agents = JoinSet::new();
    for index in 0..options.agents.max(1) {
        let orders = Orders { cut: cut_seen.clone(), goal: goal_seen.clone(), deadline };
        let inbound = (index == 0).then(|| inbound.clone());
        let on_event = move |bytes: &Bytes| {
            if let Some(inbound) = &inbound {
                // Full: this message stays unanswered, which breaks no promise.
                let _has_room = inbound.try_send(bytes.clone()).is_ok();
            }
        };
        agents.spawn(follow(vec![door.clone()], 0, Some(0), orders, on_event));
    }
    drop(inbound);
    simulator.set_faults(LOSSY);
    let replies = Arc::new(Mutex::new(Vec::new()));
    let (stop, stopped) = watch::channel(false);
    let mut answering = JoinSet::new();
    answering.spawn(answer(vec![api.clone()], inbound_seen, stopped, Arc::clone(&replies), options.trial.seed));
    let mut told = Vec::new();
    for round in 1..=options.rounds.unwrap_or(ROUNDS) {
        let life = Duration::from_millis(rng.random_range(LIFE_MS));
        told.extend(customers_write(options, simulator, life, &mut rng).await?);
        child.kill().await?;
        child = installation.start().await?;
        progress(&format!("round {round}: killed after {} ms, {} messages so far", life.as_millis(), told.len()));
    }
    told.extend(customers_write(options, simulator, Duration::from_secs(1), &mut rng).await?);
    simulator.set_faults(Faults::default());
    let settling = Duration::from_secs(options.trial.settle);
    let is_quiet = tokio::time::timeout(settling, simulator.settled()).await.is_ok();
    stop.send_replace(true);
    while answering.join_next().await.is_some() {}
    let replies = replies.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let history = wait_until_settled(&api, &told, &replies, settling).await?;
    let head = head(&door).await?;
    goal.send_replace(Some(head));
    drop(cut);
    let mut followed = Vec::new();
    while let Some(one) = tokio::time::timeout(settling, agents.join_next()).await.ok().flatten() {
        followed.push(one.map_err(|error| LoadError::refused(error.to_string()))?);
    }
    let drained = drain(&mut child).await?;
    let evidence = Evidence { told, replies, history, followed, head, ledger: simulator.ledger(), is_quiet, drained };
    let mut violations = check(&evidence, options.agents.max(1));
    violations.extend(integrity(&installation.data)?);
    violations.extend(check_log(&std::fs::read_to_string(&installation.log)?, &simulator.people()));
    Ok((describe(options, &evidence, &violations), violations))
}

pub(crate) async fn door(api: &Api) -> Result<Door, LoadError> {
    let address = Target::parse(api.url()).await?.address;
    Ok(Door { address, path: "/api/v1/live".into(), origin: api.url().into(), session: Some(api.session().clone()) })
}

async fn customers_write(
    options: &Torture,
    simulator: &Simulator,
    lasting: Duration,
    rng: &mut StdRng,
) -> Result<Vec<Wamid>, LoadError> {
    let end = Instant::now() + lasting;
    let between = Duration::from_secs(1) / options.rate.unwrap_or(RATE).max(1);
    let number = PhoneNumberId::from("200000000000001");
    let mut told = Vec::new();
    let mut due = Instant::now();
    while due < end {
        let customer = Phone::from(format!("{CUSTOMERS}{:04}", rng.random_range(0..options.customers.max(1))));
        let body = format!("{QUESTION} {:016x}", rng.random::<u64>());
        match simulator.customer_says(&number, &customer, Content::Text { body }) {
            Ok(wamid) => told.push(wamid),
            Err(SimulatorError::QueueFull) => {}
            Err(error) => return Err(error.into()),
        }
        due += between;
        tokio::time::sleep_until(due).await;
    }
    Ok(told)
}

/// Answers some of the customers' messages; each answer is repeated with its key, on one server after the other, until one has
/// an opinion.
pub(crate) async fn answer(
    apis: Vec<Api>,
    mut inbound: mpsc::Receiver<Bytes>,
    stopped: watch::Receiver<bool>,
    replies: Arc<Mutex<Vec<Reply>>>,
    seed: u64,
) {
    let mut rng = StdRng::seed_from_u64(seed ^ 0xA9E5);
    let (mut sending, mut heard) = (JoinSet::new(), HashSet::new());
    while !*stopped.borrow() {
        let Ok(next) = tokio::time::timeout(Duration::from_millis(100), inbound.recv()).await else { continue };
        let Some(bytes) = next else { break };
        let Some((n, conversation)) = conversation_to_answer(&bytes) else { continue };
        // Several agents may tell of it.
        if !heard.insert(n) || rng.random_range(0..ANSWERED) != 0 {
            continue;
        }
        let (apis, replies) = (apis.clone(), Arc::clone(&replies));
        let (key, first) = (uuid(&mut rng), rng.random_range(0..apis.len().max(1)));
        sending.spawn(async move {
            let reply = insist(apis.iter().cycle().skip(first), &conversation, key).await;
            replies.lock().unwrap_or_else(PoisonError::into_inner).push(reply);
        });
    }
    while sending.join_next().await.is_some() {}
}

pub(crate) async fn insist(apis: impl Iterator<Item = &Api>, conversation: &str, key: String) -> Reply {
    let text = format!("Reply {key}");
    for api in apis.take(REPLY_ATTEMPTS) {
        match api.reply(conversation, &key, &text).await {
            Ok(status) if status.is_success() => return Reply { key, text, accepted: true },
            // The rules said no: the window has closed, the request is wrong.
            Ok(status) if status.is_client_error() && !matches!(status.as_u16(), 408 | 429) => break,
            Ok(_) | Err(_) => pause(REPLY_AGAIN).await,
        }
    }
    Reply { key, text, accepted: false }
}

/// With the event's number.
fn conversation_to_answer(bytes: &Bytes) -> Option<(u64, String)> {
    let event: Value = serde_json::from_slice(bytes).ok()?;
    let is_inbound = event.get("type")? == "message_added" && event.pointer("/message/direction")? == "in";
    let conversation = event.pointer("/conversation/id")?.as_str()?.to_owned();
    is_inbound.then_some((event.get("n")?.as_u64()?, conversation))
}

pub(crate) fn uuid(rng: &mut StdRng) -> String {
    let hex = format!("{:032x}", rng.random::<u128>());
    let part = |from: usize, to: usize| hex.get(from..to).unwrap_or_default();
    format!("{}-{}-4{}-8{}-{}", part(0, 8), part(8, 12), part(13, 16), part(17, 20), part(20, 32))
}

/// Until every message is in the history and every reply has an outcome, or the time is over: the checks say which.
pub(crate) async fn wait_until_settled(
    api: &Api,
    told: &[Wamid],
    replies: &[Reply],
    longest: Duration,
) -> Result<Vec<Value>, LoadError> {
    let deadline = Instant::now() + longest;
    loop {
        let history = api.history().await?;
        if is_settled(&history, told, replies) || Instant::now() > deadline {
            return Ok(history);
        }
        pause(Duration::from_millis(500)).await;
    }
}

fn describe(options: &Torture, evidence: &Evidence, violations: &[Violation]) -> Report {
    let mut report = Report::new("torture");
    report.add("rounds", options.rounds.unwrap_or(ROUNDS));
    report.add("customers_messages", evidence.told.len());
    report.add("replies", evidence.replies.len());
    report.add("replies_accepted", evidence.replies.iter().filter(|reply| reply.accepted).count());
    report.add("sends_in_ledger", evidence.ledger.len());
    report.add("events", evidence.head);
    report.add("reconnects", evidence.followed.iter().map(|one| one.connects.saturating_sub(1)).sum::<u32>());
    report.add("violation_count", violations.len());
    report
}
