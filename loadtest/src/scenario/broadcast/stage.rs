//! The real server with an organization, its numbers at the simulator, and people whom it knows.

use std::time::Duration;

use loadtest::clock::pause;
use loadtest::payload::{Content, Phone, PhoneNumberId};
use loadtest::simulator::{LedgerEntry, NumberConfig, PortfolioConfig, Profile, Simulator, SimulatorConfig, Tier};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Child;
use tokio::time::Instant;

use super::campaign::{Campaign, Counts, Words};
use super::checks::{Evidence, reached};
use crate::api::Api;
use crate::cli::{Throughput, Trial};
use crate::error::LoadError;
use crate::jetto::{Installation, PASSWORD, Tenant, drain};
use crate::report::progress;
use crate::scenario::ingest::{finished, wait_until_processed};
use crate::scenario::people::{self, Odd};
use crate::scenario::torture::{QUESTION, meta};
use crate::scenario::torture_checks::{check_end, check_log, integrity};
use crate::scenario::torture_promises::{Bug, Violation};

/// Of those in the file.
const WHO_WRITE: u32 = 200;
/// Room for webhooks beside what a broadcast brings back.
const ROOM: usize = 10_000;
/// Meta's code for: more than the number's rate.
const TOO_FAST: u32 = 130_429;
/// The simulator's code for a full queue of webhooks.
const QUEUE_FULL: u32 = 131_016;
/// Statuses of one send, with room for what repeats.
const UPDATES_PER_PERSON: usize = 4;
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How often the server is asked how far it is: so seldom that it costs nothing.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// What came in counts against the rate of a second.
const BREATH: Duration = Duration::from_secs(2);

/// What there is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ground {
    pub(crate) numbers: u8,
    /// Messages per second that Meta takes of each.
    pub(crate) rate: u32,
    pub(crate) people: u32,
    /// `JETTO_LOG`.
    pub(crate) log: &'static str,
}

/// Ends with all its processes when it is dropped.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) simulator: Simulator,
    pub(crate) api: Api,
    pub(crate) people: u32,
    installation: Installation,
    numbers: Vec<NumberConfig>,
    child: Child,
    settling: Duration,
    work: TempDir,
}

impl Stage {
    /// Everybody is known, everything has come to rest, and Jetto knows what Meta allows.
    pub(crate) async fn set(trial: &Trial, ground: Ground) -> Result<Self, LoadError> {
        let work = tempfile::Builder::new().prefix("jetto-broadcast-").tempdir()?;
        let tenant = Tenant::new(1);
        let numbers: Vec<_> = (0..ground.numbers).map(|n| number(&tenant, n)).collect();
        let queue_capacity = UPDATES_PER_PERSON * ground.people as usize + ROOM;
        let meta = meta(trial.seed, &numbers, Throughput::Standard.per_second());
        let simulator = Simulator::start(SimulatorConfig { profile: quick(), queue_capacity, ..meta })?;
        let mut installation =
            Installation::new(&trial.binary, work.path(), simulator.url(), trial.bug.map(Bug::name))?;
        installation.set([("JETTO_LOG", ground.log.to_owned())]);
        simulator.set_callback(&format!("{}/webhooks/whatsapp", installation.url));
        installation.set_up(&tenant).await?;
        for number in numbers.iter().skip(1) {
            installation.connect(&tenant.name, number).await?;
        }
        let child = installation.start().await?;
        let api = Api::sign_in(&installation.url, &tenant.email, PASSWORD).await?;
        let (people, settling) = (ground.people, Duration::from_secs(trial.settle));
        let stage = Self { simulator, api, people, installation, numbers, child, settling, work };
        stage.people(people).await?;
        stage.allow(ground.rate).await?;
        pause(BREATH).await;
        Ok(stage)
    }

    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// People whom the organization brings along in a file; some of them also write, so that there is somebody to reply to.
    async fn people(&self, count: u32) -> Result<(), LoadError> {
        if count == 0 {
            return Ok(());
        }
        progress(&format!("{count} people come in a file"));
        let import = people::upload(&self.api, people::file(count, Odd::default())).await?;
        people::bring(&self.api, &import, self.settling, |_rows| ()).await?;
        let writing = count.min(WHO_WRITE);
        let before = finished(&self.api.get("webhook-log/summary").await?);
        for (index, number) in (0..writing).zip(self.numbers.iter().cycle()) {
            let body = format!("{QUESTION} {index}");
            self.simulator.customer_says(&number.phone_number_id, &people::customer(index), Content::Text { body })?;
        }
        let taken = self.is_quiet().await
            && wait_until_processed(&self.api, before + u64::from(writing), self.settling).await?;
        if taken { Ok(()) } else { Err(LoadError::refused("not everybody was taken in; give more with --settle")) }
    }

    pub(crate) fn numbers(&self) -> &[NumberConfig] {
        &self.numbers
    }

    /// Meta takes so many of each number, to as many people as there are, and Jetto has heard of it.
    async fn allow(&self, rate: u32) -> Result<(), LoadError> {
        self.simulator.set_tier(&PortfolioConfig::default().id, Tier::Unlimited)?;
        if rate > Throughput::Standard.per_second() {
            for number in &self.numbers {
                self.simulator.upgrade_throughput(&number.phone_number_id, Duration::ZERO)?;
            }
        }
        let knows = |channel: &Value| channel.get("throughput").and_then(Value::as_u64) == Some(u64::from(rate));
        let deadline = Instant::now() + self.settling;
        loop {
            let channels = self.api.all("channels").await?;
            if channels.len() == self.numbers.len() && channels.iter().all(knows) {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(LoadError::refused(format!("the server does not know of {rate} messages per second")));
            }
            pause(ASK_EVERY).await;
        }
    }

    pub(crate) async fn launch(&self, words: Words) -> Result<Campaign, LoadError> {
        progress(&format!("{} goes to {} people", words.template(), self.people));
        Campaign::launch(&self.api, words, &self.numbers, self.people).await
    }

    /// kill -9, and a start on what it left.
    pub(crate) async fn kill(&mut self) -> Result<(), LoadError> {
        self.child.kill().await?;
        self.child = self.installation.start().await?;
        Ok(())
    }

    /// Comes back when Meta saw so many sends, or when no more come for as long as everything may take to settle.
    pub(crate) async fn until_sends(&self, wanted: u64) -> bool {
        let (mut seen, mut since) = (0, Instant::now());
        loop {
            let sends = self.simulator.sends();
            if sends >= wanted {
                return true;
            }
            if sends > seen {
                (seen, since) = (sends, Instant::now());
            } else if since.elapsed() > self.settling {
                return false;
            }
            pause(LOOK_EVERY).await;
        }
    }

    /// Until the broadcast has ended; or until nothing more is sent, and the checks say who waits.
    pub(crate) async fn until_over(&self, campaign: &Campaign) -> Result<(), LoadError> {
        let (mut seen, mut since) = (0, Instant::now());
        while since.elapsed() < self.settling {
            // A server that does not answer just now is asked again.
            if let Ok(now) = campaign.progress().await {
                match now.phase.kind.as_str() {
                    "finished" => return Ok(()),
                    "paused" | "cancelled" => {
                        let words = format!("the broadcast was {} by itself: {}", now.phase.kind, now.phase.reason);
                        return Err(LoadError::refused(words));
                    }
                    _ => {}
                }
            }
            let sends = self.simulator.sends();
            if sends > seen {
                (seen, since) = (sends, Instant::now());
            }
            pause(ASK_EVERY).await;
        }
        Ok(())
    }

    /// Every webhook was answered with 200, in time.
    pub(crate) async fn is_quiet(&self) -> bool {
        tokio::time::timeout(self.settling, self.simulator.settled()).await.is_ok()
    }

    /// What Jetto counts when it knows of everything that Meta accepted and nothing moves any more; or when its time is over.
    pub(crate) async fn rest(&self, campaign: &Campaign) -> Result<Counts, LoadError> {
        // A webhook that never arrives is found at the end.
        let _is_quiet = self.is_quiet().await;
        let reached = reached(&self.ledger()?, campaign.id);
        let deadline = Instant::now() + self.settling;
        let mut before = campaign.progress().await?.counts;
        loop {
            pause(ASK_EVERY).await;
            let counts = campaign.progress().await?.counts;
            if (counts == before && counts.known() >= reached) || Instant::now() > deadline {
                return Ok(counts);
            }
            before = counts;
        }
    }

    /// What there is to be checked.
    pub(crate) async fn gather(&self, campaign: &Campaign) -> Result<Evidence, LoadError> {
        let deadline = Instant::now() + self.settling;
        loop {
            let counts = self.rest(campaign).await?;
            let recipients = campaign.recipients().await?;
            // A doubt that was settled meanwhile would make the list differ from the sums.
            if campaign.progress().await?.counts == counts || Instant::now() > deadline {
                let (people, ledger) = (self.people, self.ledger()?);
                return Ok(Evidence { campaign: campaign.id, people, counts, recipients, ledger });
            }
        }
    }

    /// Everything that Meta's side saw.
    pub(crate) fn ledger(&self) -> Result<Vec<LedgerEntry>, LoadError> {
        let full = self.simulator.refusals(QUEUE_FULL);
        if full > 0 {
            let words = format!("the simulator's queue of webhooks was full {full} times: this measures the simulator");
            return Err(LoadError::refused(words));
        }
        let ledger = self.simulator.ledger();
        let is_whole = ledger.first().is_none_or(|first| first.sequence == 0);
        if is_whole {
            Ok(ledger)
        } else {
            Err(LoadError::refused("the simulator's ledger has forgotten its first entries"))
        }
    }

    pub(crate) fn too_fast(&self) -> u64 {
        self.simulator.refusals(TOO_FAST)
    }

    /// The end of it: what is broken in what the server leaves behind.
    pub(crate) async fn strike(mut self, trial: &Trial) -> Result<Vec<Violation>, LoadError> {
        let is_quiet = self.is_quiet().await;
        let drained = drain(&mut self.child).await?;
        let mut violations = check_end(is_quiet, drained);
        violations.extend(integrity(&self.installation.data)?);
        let mut people = self.simulator.people();
        people.extend((0..self.people).map(|index| (people::name(index), people::customer(index))));
        // Many have the same name, and the log is searched for each.
        people.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        people.dedup_by(|(one, _), (other, _)| one == other);
        violations.extend(check_log(&std::fs::read_to_string(&self.installation.log)?, &people));
        self.simulator.stop().await;
        if trial.keep {
            progress(&format!("kept: {}", self.work.keep().display()));
        }
        Ok(violations)
    }
}

/// The `n`-th, from 0; all in the account of the first.
fn number(tenant: &Tenant, n: u8) -> NumberConfig {
    NumberConfig {
        phone_number_id: PhoneNumberId::from(format!("2000000000{n:04}1")),
        display: Phone::from(format!("120255501{n:02}")),
        ..tenant.number.clone()
    }
}

/// As [`Profile::clean`], with many updates in one webhook: what comes back for a thousand sends a second would else be three thousand requests.
pub(crate) fn quick() -> Profile {
    Profile { batch_size: 100, ..Profile::clean() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_different_ones() {
        let tenant = Tenant::new(1);
        assert_eq!(number(&tenant, 0).phone_number_id, tenant.number.phone_number_id);
        assert_eq!(number(&tenant, 0).display, tenant.number.display);
        let ids: std::collections::HashSet<_> = (0..20).map(|n| number(&tenant, n).phone_number_id).collect();
        assert_eq!(ids.len(), 20);
    }
}
