//! Customers write, agents answer and listen, and one fault comes after the other.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::StreamExt as _;
use loadtest::clock::pause;
use loadtest::payload::{Content, Phone, Wamid};
use loadtest::simulator::{Faults, LedgerEntry, Simulator, SimulatorError, Specimen};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Bytes;

use super::checks::{TakeOver, check_take_overs};
use super::nodes::{Node, PUBLIC_URL};
use super::plan::{Fault, How, Link, Server};
use super::sightings::Sightings;
use crate::agent::Door;
use crate::api::Api;
use crate::cli::Torture;
use crate::error::LoadError;
use crate::follower::{Followed, Orders, follow};
use crate::jetto::{PASSWORD, Tenant};
use crate::report::{Report, progress, rounded};
use crate::scenario::reconnect_storm::head;
use crate::scenario::seconds::{busiest_seconds, check_rates};
use crate::scenario::torture::{
    CUSTOMERS, LOSSY, QUESTION, REPLY_QUEUE, Reply, answer, door, insist, uuid, wait_until_settled,
};
use crate::scenario::torture_checks::{Evidence, check, check_log};
use crate::scenario::torture_promises::{Promise, Violation};
use crate::services::{self, Services};

/// Between two faults.
/// What Meta allows a number, messages per second.
const RATE_MAX: u32 = 80;
const CALM: Duration = Duration::from_secs(2);
/// Cassandra finds again after a kill what it answered before this; it puts a mark into its commit log every 100 ms. For one
/// of three it does not matter: the others have it.
const LOGGED_AFTER: Duration = Duration::from_millis(300);
/// Another node is waited for this long.
const TAKE_OVER_WAIT: Duration = Duration::from_secs(12);
/// A pause that is shorter moves nothing for sure.
const BURIED_AFTER: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// From the agent's click to Meta's door, a server that has run for a while.
const QUICK: Duration = Duration::from_secs(1);
/// So many in a row, and it is as before.
const QUICK_REPLIES: usize = 10;
/// Servers that have just started are waited for this long.
const RECOVERY_MAX: Duration = Duration::from_mins(2);
/// Twice of what a number may send in a second, written by so many hands.
const FLOOD: usize = 160;
const HANDS: usize = 16;
/// One in so many messages has a file.
const WITH_FILE: u32 = 10;

pub(super) struct Stage<'a> {
    pub(super) options: &'a Torture,
    pub(super) services: &'a Services,
    pub(super) simulator: &'a Simulator,
    pub(super) sightings: &'a Sightings,
    pub(super) tenants: &'a [Tenant],
}

/// The people of one organization, on all nodes.
struct Crew {
    apis: Vec<Api>,
    doors: Vec<Door>,
    agents: JoinSet<Followed>,
    answering: JoinSet<()>,
    replies: Arc<Mutex<Vec<Reply>>>,
    goal: watch::Sender<Option<u64>>,
    stop: watch::Sender<bool>,
}

impl Stage<'_> {
    pub(super) async fn play(
        &self,
        mut nodes: Vec<Node>,
        faults: &[Fault],
    ) -> Result<(Report, Vec<Violation>), LoadError> {
        let (cut, cut_seen) = watch::channel(0);
        let mut crews = Vec::new();
        for tenant in self.tenants {
            crews.push(self.crew(tenant, &nodes, &cut_seen).await?);
        }
        self.simulator.set_faults(LOSSY);
        let (stop, stopped) = watch::channel(false);
        let script = async {
            let suffered = self.suffer_all(&mut nodes, faults, &crews).await;
            stop.send_replace(true);
            suffered
        };
        let (told, suffered) = tokio::join!(self.customers_write(stopped), script);
        let (told, (take_overs, mut violations)) = (told?, suffered?);
        self.simulator.set_faults(Faults::default());
        let settling = Duration::from_secs(self.options.trial.settle);
        let is_quiet = tokio::time::timeout(settling, self.simulator.settled()).await.is_ok();
        let mut all = Vec::new();
        for (crew, told) in crews.into_iter().zip(told) {
            all.push(crew.gather(told, settling, is_quiet).await?);
        }
        drop(cut);
        let mut drained = true;
        for node in &mut nodes {
            drained &= node.stop().await?;
        }
        let ledger = self.simulator.ledger();
        violations.extend(check_rates(&ledger, RATE_MAX));
        violations.extend(check_take_overs(&take_overs));
        for (evidence, tenant) in all.iter_mut().zip(self.tenants) {
            evidence.drained = drained;
            let is_its = |entry: &&LedgerEntry| entry.phone_number_id == tenant.number.phone_number_id;
            evidence.ledger = ledger.iter().filter(is_its).cloned().collect();
            violations.extend(check(evidence, self.options.agents));
        }
        for node in &nodes {
            let log = std::fs::read_to_string(&node.installation.log)?;
            violations.extend(check_log(&log, &self.simulator.people()));
        }
        Ok((self.describe(&all, &take_overs, faults, violations.len()), violations))
    }

    async fn crew(&self, tenant: &Tenant, nodes: &[Node], cut: &watch::Receiver<u32>) -> Result<Crew, LoadError> {
        let (mut apis, mut doors) = (Vec::new(), Vec::new());
        for node in nodes {
            let api = Api::sign_in(&node.installation.url, &tenant.email, PASSWORD).await?;
            doors.push(Door { origin: PUBLIC_URL.into(), ..door(&api).await? });
            apis.push(api);
        }
        let deadline = Instant::now() + Duration::from_secs(self.options.trial.deadline);
        let (goal, goal_seen) = watch::channel(None);
        let (inbound, inbound_seen) = mpsc::channel(REPLY_QUEUE);
        let mut agents = JoinSet::new();
        for index in 0..self.options.agents {
            let orders = Orders { cut: cut.clone(), goal: goal_seen.clone(), deadline };
            // One on each node: whoever is on a paused one hears nothing for a while.
            let inbound = (index < nodes.len()).then(|| inbound.clone());
            let on_event = move |bytes: &Bytes| {
                if let Some(inbound) = &inbound {
                    // Full: this message stays unanswered, which breaks no promise.
                    drop(inbound.try_send(bytes.clone()));
                }
            };
            agents.spawn(follow(doors.clone(), index, Some(0), orders, on_event));
        }
        let (stop, stopped) = watch::channel(false);
        let replies = Arc::new(Mutex::new(Vec::new()));
        let mut answering = JoinSet::new();
        let seed = self.options.trial.seed ^ tenant.number.phone_number_id.as_str().parse::<u64>().unwrap_or(0);
        answering.spawn(answer(apis.clone(), inbound_seen, stopped, Arc::clone(&replies), seed));
        Ok(Crew { apis, doors, agents, answering, replies, goal, stop })
    }

    /// What was said to each organization.
    async fn customers_write(&self, stopped: watch::Receiver<bool>) -> Result<Vec<Vec<Wamid>>, LoadError> {
        let mut rng = StdRng::seed_from_u64(self.options.trial.seed);
        let between = Duration::from_secs(1) / self.options.rate.unwrap_or(super::RATE).max(1);
        let mut told = vec![Vec::new(); self.tenants.len()];
        let mut due = Instant::now();
        while !*stopped.borrow() {
            let which = rng.random_range(0..self.tenants.len());
            let customer = Phone::from(format!("{CUSTOMERS}{:04}", rng.random_range(0..self.options.customers.max(1))));
            let words = format!("{QUESTION} {:016x}", rng.random::<u64>());
            let content = if rng.random_range(0..WITH_FILE) == 0 {
                Content::Image { media: self.simulator.received_file(Specimen::Image), caption: Some(words) }
            } else {
                Content::Text { body: words }
            };
            let (Some(tenant), Some(told)) = (self.tenants.get(which), told.get_mut(which)) else { continue };
            match self.simulator.customer_says(&tenant.number.phone_number_id, &customer, content) {
                Ok(wamid) => told.push(wamid),
                Err(SimulatorError::QueueFull) => {}
                Err(error) => return Err(error.into()),
            }
            due += between;
            tokio::time::sleep_until(due).await;
        }
        Ok(told)
    }

    async fn suffer_all(
        &self,
        nodes: &mut [Node],
        faults: &[Fault],
        crews: &[Crew],
    ) -> Result<(Vec<TakeOver>, Vec<Violation>), LoadError> {
        let (mut take_overs, mut violations) = (Vec::new(), Vec::new());
        pause(CALM).await;
        for (turn, fault) in faults.iter().enumerate() {
            let started = Instant::now();
            let before = take_overs.len();
            self.suffer(nodes, *fault, crews, &mut take_overs, &mut violations).await?;
            let took: Vec<_> = take_overs.iter().skip(before).map(|one| one.took).collect();
            let seconds = started.elapsed().as_secs_f32();
            progress(&format!("{}/{}: {fault:?}, {seconds:.1} s, taken over after {took:?}", turn + 1, faults.len()));
            pause(CALM).await;
        }
        Ok((take_overs, violations))
    }

    async fn suffer(
        &self,
        nodes: &mut [Node],
        fault: Fault,
        crews: &[Crew],
        take_overs: &mut Vec<TakeOver>,
        violations: &mut Vec<Violation>,
    ) -> Result<(), LoadError> {
        match fault {
            Fault::Kill { tenant, hanging } => {
                let (victim, node) = self.holder(nodes, tenant)?;
                if !hanging.is_zero() {
                    node.breaks(Link::Graph, How::Silent);
                    pause(hanging).await;
                }
                take_overs.extend(self.killed(victim, node, crews).await?);
            }
            Fault::Flood { tenant } => {
                let (victim, node) = self.holder(nodes, tenant)?;
                let crew = crews.get(tenant).ok_or_else(|| LoadError::refused("there is no such organization"))?;
                node.breaks(Link::Graph, How::Cut);
                crew.flood(self.options.trial.seed).await?;
                take_overs.extend(self.killed(victim, node, crews).await?);
            }
            Fault::Pause { tenant, lasting } => {
                let (victim, node) = self.holder(nodes, tenant)?;
                let since = Instant::now();
                node.signal("STOP").await?;
                if lasting > BURIED_AFTER {
                    take_overs.extend(self.taken_over(victim, since, lasting, crews).await?);
                }
                tokio::time::sleep_until(since + lasting).await;
                node.signal("CONT").await?;
            }
            Fault::Roll => {
                for (index, node) in nodes.iter_mut().enumerate() {
                    if !node.stop().await? {
                        let words = format!("SIGTERM did not end node {index} cleanly in a rolling restart");
                        violations.push(Violation::new(Promise::Stop, words));
                    }
                    node.start().await?;
                }
            }
            Fault::Away { server, lasting } => {
                let names = match server {
                    Server::Store => services::STORES.get(..self.services.stores.len()).unwrap_or_default(),
                    Server::Replica(which) => services::STORES.get(which..=which).unwrap_or_default(),
                    Server::Hints => &[services::HINTS],
                    Server::Files => &[services::FILES],
                };
                if server == Server::Store {
                    for node in nodes.iter() {
                        node.breaks(Link::Store, How::Cut);
                    }
                    pause(LOGGED_AFTER).await;
                }
                self.services.kill(names).await?;
                for node in nodes.iter() {
                    node.heals(Link::Store);
                }
                pause(lasting).await;
                self.services.again(names).await?;
                if matches!(server, Server::Store | Server::Replica(_)) {
                    self.recovered(crews).await?;
                }
            }
            Fault::HintsFlushed => self.services.flush_hints().await?,
            Fault::Broken { tenant, link, how, lasting } => {
                let (_, node) = self.holder(nodes, tenant)?;
                node.breaks(link, how);
                pause(lasting).await;
                node.heals(link);
            }
        }
        Ok(())
    }

    /// Comes back when replies leave as quickly as they should. A store that has just started takes seconds for what takes
    /// milliseconds later: a fault on top would measure that start.
    async fn recovered(&self, crews: &[Crew]) -> Result<(), LoadError> {
        let give_up = Instant::now() + RECOVERY_MAX;
        for (tenant, crew) in crews.iter().enumerate() {
            let mut conversations = crew.conversations().await;
            while conversations.is_err() && Instant::now() < give_up {
                pause(LOOK_EVERY).await;
                conversations = crew.conversations().await;
            }
            let conversations = conversations?;
            let mut rng = StdRng::seed_from_u64(self.options.trial.seed ^ crew.written().len() as u64);
            let mut quick = 0;
            for (conversation, node) in conversations.iter().cycle().zip(crew.apis.iter().cycle()) {
                if quick == QUICK_REPLIES {
                    break;
                }
                if Instant::now() > give_up {
                    return Err(LoadError::refused(format!(
                        "replies are still slow {RECOVERY_MAX:?} after the store was back"
                    )));
                }
                let since = Instant::now();
                // By this one and no other: one that the store has not got back yet would take over late.
                let reply = insist(std::iter::repeat(node), conversation, uuid(&mut rng)).await;
                crew.written().push(reply);
                while self.sightings.next(tenant, since).is_none() && Instant::now() < give_up {
                    pause(LOOK_EVERY).await;
                }
                quick = if since.elapsed() < QUICK { quick + 1 } else { 0 };
            }
        }
        Ok(())
    }

    /// kill -9, and a start with all ways open when others have taken over.
    async fn killed(&self, victim: usize, node: &mut Node, crews: &[Crew]) -> Result<Vec<TakeOver>, LoadError> {
        let since = Instant::now();
        node.kill().await?;
        node.heals(Link::Graph);
        let take_overs = self.taken_over(victim, since, TAKE_OVER_WAIT, crews).await?;
        node.start().await?;
        Ok(take_overs)
    }

    /// The node that sends for this organization; before the first send, any.
    fn holder<'n>(&self, nodes: &'n mut [Node], tenant: usize) -> Result<(usize, &'n mut Node), LoadError> {
        let index = self.sightings.holder(tenant).unwrap_or(tenant % nodes.len().max(1));
        let node = nodes.get_mut(index).ok_or_else(|| LoadError::refused("there are no nodes"))?;
        Ok((index, node))
    }

    /// Waits until others send for everybody for whom this node did.
    async fn taken_over(
        &self,
        from: usize,
        since: Instant,
        longest: Duration,
        crews: &[Crew],
    ) -> Result<Vec<TakeOver>, LoadError> {
        let held = (0..self.tenants.len()).filter(|tenant| self.sightings.holder(*tenant) == Some(from));
        let held: Vec<_> = held.collect();
        for crew in held.iter().filter_map(|tenant| crews.get(*tenant)) {
            crew.write_beside(from, self.options.trial.seed).await?;
        }
        let mut found = Vec::new();
        for tenant in held {
            let mut at = self.sightings.taken_over(tenant, from, since);
            while at.is_none() && since.elapsed() < longest {
                pause(LOOK_EVERY).await;
                at = self.sightings.taken_over(tenant, from, since);
            }
            found.push(TakeOver { tenant, took: at.map(|at| at.duration_since(since)) });
        }
        Ok(found)
    }

    fn describe(&self, all: &[Evidence], take_overs: &[TakeOver], faults: &[Fault], violations: usize) -> Report {
        let mut report = Report::new("torture --cluster");
        let sum = |of: fn(&Evidence) -> usize| all.iter().map(of).sum::<usize>();
        report.add("seed", format!("{:#x}", self.options.trial.seed));
        report.add("faults", faults.len());
        report.add("customers_messages", sum(|one| one.told.len()));
        report.add("replies", sum(|one| one.replies.len()));
        report.add("replies_accepted", sum(|one| one.replies.iter().filter(|reply| reply.accepted).count()));
        report.add("sends_in_ledger", sum(|one| one.ledger.len()));
        report.add("events", all.iter().map(|one| one.head).sum::<u64>());
        let connects = |one: &Followed| one.connects.saturating_sub(1);
        report.add("reconnects", all.iter().flat_map(|one| &one.followed).map(connects).sum::<u32>());
        let seconds = |took: Duration| rounded(took.as_secs_f64(), 2);
        let took: Vec<_> = take_overs.iter().filter_map(|one| one.took).map(seconds).collect();
        report.add("take_over_s", took);
        report.add("busiest_second", busiest_seconds(&self.simulator.ledger()).into_values().max().unwrap_or(0));
        report.add("violation_count", violations);
        report
    }
}

async fn conversations(api: &Api) -> Result<Vec<String>, LoadError> {
    let found = api.all("conversations?view=all").await?;
    Ok(found.iter().filter_map(|one| one.get("id")?.as_str().map(str::to_owned)).collect())
}

impl Crew {
    /// The ids of all of them, by the first node.
    async fn conversations(&self) -> Result<Vec<String>, LoadError> {
        conversations(self.apis.first().ok_or_else(|| LoadError::refused("there are no nodes"))?).await
    }

    /// One reply by way of another node than this one, for whoever takes over to send. Agents write when they hear of a
    /// message, and all of them may listen on the node that stands still, until they have heard nothing for twelve seconds.
    async fn write_beside(&self, away: usize, seed: u64) -> Result<(), LoadError> {
        let others = self.apis.iter().enumerate().filter(|(node, _)| *node != away).map(|(_, api)| api);
        let others: Vec<_> = others.collect();
        let first = others.first().ok_or_else(|| LoadError::refused("there is no other node"))?;
        let mut rng = StdRng::seed_from_u64(seed ^ self.written().len() as u64 ^ 0x00BE_51DE);
        if let Some(conversation) = conversations(first).await?.choose(&mut rng) {
            let reply = insist(others.iter().copied().cycle(), conversation, uuid(&mut rng)).await;
            self.written().push(reply);
        }
        Ok(())
    }

    /// Comes back when all of it is accepted.
    async fn flood(&self, seed: u64) -> Result<(), LoadError> {
        let ids = self.conversations().await?;
        let mut rng = StdRng::seed_from_u64(seed ^ self.written().len() as u64);
        let keyed: Vec<_> = ids.into_iter().cycle().take(FLOOD).map(|id| (id, uuid(&mut rng))).collect();
        let insisted = futures_util::stream::iter(keyed).map(async |(conversation, key)| {
            let reply = insist(self.apis.iter().cycle(), &conversation, key).await;
            self.written().push(reply);
        });
        insisted.buffer_unordered(HANDS).collect::<()>().await;
        Ok(())
    }

    fn written(&self) -> MutexGuard<'_, Vec<Reply>> {
        self.replies.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn gather(mut self, told: Vec<Wamid>, settling: Duration, is_quiet: bool) -> Result<Evidence, LoadError> {
        self.stop.send_replace(true);
        while self.answering.join_next().await.is_some() {}
        let replies = self.written().clone();
        let nobody = || LoadError::refused("there are no nodes");
        let api = self.apis.first().ok_or_else(nobody)?;
        let history = wait_until_settled(api, &told, &replies, settling).await?;
        let head = head(self.doors.first().ok_or_else(nobody)?).await?;
        self.goal.send_replace(Some(head));
        let mut followed = Vec::new();
        while let Some(one) = tokio::time::timeout(settling, self.agents.join_next()).await.ok().flatten() {
            followed.push(one.map_err(|error| LoadError::refused(error.to_string()))?);
        }
        Ok(Evidence { told, replies, history, followed, head, is_quiet, ..Evidence::default() })
    }
}
