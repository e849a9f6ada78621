//! Meta's Cloud API as a product: answers the Graph API, posts signed webhooks, keeps a ledger. Runs on its own thread, so that
//! any program or test can start it, and is controlled here or over HTTP under `/_sim/`.

mod acquaintances;
mod chance;
pub mod config;
mod control;
mod customers;
mod delivery;
pub mod faults;
mod graph_error;
pub mod health;
mod identity;
mod interactive;
mod introduction;
pub mod ledger;
pub mod limits;
mod links;
mod management;
mod media;
mod messages;
mod outgoing;
mod pacing;
pub mod phrases;
pub mod pricing;
pub mod reach;
mod registration;
mod review;
mod server;
mod specimens;
mod statuses;
mod template_seed;
mod templates;
mod usage;
mod window;
mod world;

use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::sync::oneshot;

pub use config::{NumberConfig, PayloadVersion, Policy, PortfolioConfig, Profile, SimulatorConfig, Span};
pub use customers::phone as scripted_phone;
pub use delivery::DeliveryCounts;
pub use faults::{Faults, SignatureFault};
pub use health::{CanSend, Health};
pub use introduction::Introduction;
pub use ledger::{Answer, LedgerEntry};
pub use pricing::Category;
pub use reach::Tier;
pub use review::Verdict;
pub use specimens::Specimen;
pub use templates::Quality;

use crate::clock::SimulatedClock;
use crate::payload::account::{self, Preference};
use crate::payload::{
    Content, Context, MediaReference, Phone, PhoneNumberId, PortfolioId, Referral, Update, WabaId, Wamid,
};
use delivery::Outbox;
use world::World;

#[derive(Debug, thiserror::Error)]
pub enum SimulatorError {
    #[error("the simulator could not start: {0}")]
    Start(#[from] std::io::Error),
    #[error("the webhook queue is full; wait until the receiver has caught up")]
    QueueFull,
    #[error("no such business number in the simulator: {0}")]
    UnknownNumber(PhoneNumberId),
    #[error("no such customer in the simulator: {0}")]
    UnknownCustomer(Phone),
    #[error("no such portfolio in the simulator: {0}")]
    UnknownPortfolio(PortfolioId),
    #[error("no such template in the simulator: {0}")]
    UnknownTemplate(String),
    #[error("the webhook address did not answer the challenge: {0}")]
    Challenge(String),
}

/// What every thread of the simulator shares. The lock is held for microseconds and never across an await.
#[derive(Debug)]
pub(crate) struct Shared {
    config: SimulatorConfig,
    url: String,
    clock: SimulatedClock,
    world: Mutex<World>,
    outbox: Outbox,
    /// Numbers `fbtrace_id` and the lots of the fault switches.
    requests: AtomicU64,
    token_questions: AtomicU64,
}

impl Shared {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set_profile(&self, profile: Profile) {
        self.outbox.manner.write().unwrap_or_else(PoisonError::into_inner).profile = profile.clone();
        self.world().profile = profile;
    }

    fn set_faults(&self, faults: Faults) {
        self.outbox.manner.write().unwrap_or_else(PoisonError::into_inner).signature = faults.webhook_signature;
        self.world().faults = faults;
    }

    fn receive(&self, specimen: Specimen) -> MediaReference {
        let now_ms = self.clock.now_ms();
        let mut world = self.world();
        let lot = world.ledger.counts().0 ^ now_ms;
        world.media.receive(specimen.mime(), specimen.bytes(lot), now_ms, Some(&self.url))
    }

    fn customer_says(&self, speech: Speech) -> Result<Wamid, SimulatorError> {
        if !self.outbox.has_room(1) {
            return Err(SimulatorError::QueueFull);
        }
        let now_ms = self.clock.now_ms();
        let number = speech.number.clone();
        let said = self.world().customer_says(speech, now_ms).ok_or(SimulatorError::UnknownNumber(number))?;
        self.post(said.update, 0, said.lane_key);
        Ok(said.wamid)
    }

    fn introduce(&self, introduction: Introduction) -> Result<(), SimulatorError> {
        let (number, now_ms) = (introduction.number.clone(), self.clock.now_ms());
        let is_known = self.world().introduce(introduction, now_ms);
        if is_known { Ok(()) } else { Err(SimulatorError::UnknownNumber(number)) }
    }

    /// Meta posts nothing for an account to which no app is subscribed.
    fn post(&self, update: Update, after_ms: u64, lane_key: u64) {
        let waba = WabaId::from(update.entry.as_str());
        let is_subscribed = self.world().accounts.get(&waba).is_none_or(|account| account.is_subscribed);
        if is_subscribed {
            self.outbox.schedule(update, after_ms, lane_key);
        }
    }
}

/// What a customer writes, and to which of our numbers.
#[derive(Clone, Debug, serde::Deserialize)]
pub struct Speech {
    #[serde(rename = "phone_number_id")]
    pub number: PhoneNumberId,
    pub customer: Phone,
    pub content: Content,
    #[serde(default)]
    pub context: Option<Context>,
    #[serde(default)]
    pub referral: Option<Referral>,
}

/// A running simulator. Dropping it stops it as well, without waiting.
#[derive(Debug)]
pub struct Simulator {
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    stopped: Option<oneshot::Receiver<()>>,
}

impl Simulator {
    /// Listens when it returns; needs no runtime.
    pub fn start(config: SimulatorConfig) -> Result<Self, SimulatorError> {
        let listener = TcpListener::bind(config.listen)?;
        let url = format!("http://{}", listener.local_addr()?);
        let clock = SimulatedClock::starting_at(config.start_at_ms.unwrap_or_else(crate::clock::unix_millis));
        let shared = Arc::new(Shared {
            world: Mutex::new(World::new(&config)),
            outbox: Outbox::new(&config),
            requests: AtomicU64::new(config.seed),
            token_questions: AtomicU64::new(0),
            config,
            url,
            clock,
        });
        let (stop, stop_asked) = oneshot::channel();
        let (has_stopped, stopped) = oneshot::channel::<()>();
        let served = Arc::clone(&shared);
        std::thread::Builder::new().name("meta-simulator".into()).spawn(move || {
            server::run(served, listener, stop_asked);
            // Dropped, it wakes who waits.
            drop(has_stopped);
        })?;
        Ok(Self { shared, stop: Some(stop), stopped: Some(stopped) })
    }

    /// What takes the place of `https://graph.facebook.com`.
    pub fn url(&self) -> &str {
        &self.shared.url
    }

    pub async fn stop(mut self) {
        drop(self.stop.take());
        if let Some(stopped) = self.stopped.take() {
            drop(stopped.await);
        }
    }

    pub fn set_callback(&self, url: &str) {
        self.shared.outbox.set_callback(url);
    }

    /// How often somebody asked whether a token holds.
    pub fn token_questions(&self) -> u64 {
        self.shared.token_questions.load(Ordering::Relaxed)
    }

    /// The handshake that Meta makes when an address is entered; the address is kept when it passes.
    pub async fn verify_callback(&self, url: &str, verify_token: &str) -> Result<(), SimulatorError> {
        control::verify_callback(&self.shared, url, verify_token).await
    }

    pub fn set_profile(&self, profile: Profile) {
        self.shared.set_profile(profile);
    }

    pub fn set_faults(&self, faults: Faults) {
        self.shared.set_faults(faults);
    }

    pub fn set_policy(&self, policy: Policy) {
        self.shared.world().policy = policy;
    }

    pub fn add_number(&self, portfolio: &PortfolioId, number: NumberConfig) {
        self.shared.world().add_number(portfolio, number);
    }

    /// Names and numbers of everybody it knows.
    pub fn people(&self) -> Vec<(String, Phone)> {
        self.shared.world().people.everybody()
    }

    pub fn now_ms(&self) -> u64 {
        self.shared.clock.now_ms()
    }

    /// Pushes simulated time ahead: windows close, addresses expire, buckets fill.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
    }

    /// A file that a customer can send in [`Content`].
    pub fn received_file(&self, specimen: Specimen) -> MediaReference {
        self.shared.receive(specimen)
    }

    pub fn customer_says(
        &self,
        number: &PhoneNumberId,
        customer: &Phone,
        content: Content,
    ) -> Result<Wamid, SimulatorError> {
        self.says(Speech { number: number.clone(), customer: customer.clone(), content, context: None, referral: None })
    }

    pub fn says(&self, speech: Speech) -> Result<Wamid, SimulatorError> {
        self.shared.customer_says(speech)
    }

    /// The customer's phone rings ours; the window opens as by a message.
    pub fn customer_calls(&self, number: &PhoneNumberId, customer: &Phone) -> Result<(), SimulatorError> {
        control::customer_calls(&self.shared, number, customer)
    }

    /// Somebody whom the business knew before: can be answered from now on, as long as the window is open.
    pub fn introduce(&self, introduction: Introduction) -> Result<(), SimulatorError> {
        self.shared.introduce(introduction)
    }

    /// Posts any change as it is.
    pub fn post(&self, update: Update) -> Result<(), SimulatorError> {
        if !self.shared.outbox.has_room(1) {
            return Err(SimulatorError::QueueFull);
        }
        self.shared.post(update, 0, 0);
        Ok(())
    }

    /// `count` scripted customers write `per_second` messages together, and answer when they are answered.
    pub fn start_customers(&self, count: usize, per_second: f64) {
        control::start_customers(&self.shared, count, per_second);
    }

    pub fn stop_customers(&self) {
        self.shared.world().customers.stop();
    }

    /// A username hides the phone wherever the business does not know it already.
    pub fn adopt_username(&self, customer: &Phone, username: &str) {
        let mut world = self.shared.world();
        let id = world.people.with_phone(customer);
        if let Some(person) = world.people.person_mut(id) {
            person.username = Some(username.into());
        }
    }

    /// Sends to this phone fail with 131026 from now on.
    pub fn leave_whatsapp(&self, customer: &Phone) {
        let mut world = self.shared.world();
        let id = world.people.with_phone(customer);
        if let Some(person) = world.people.person_mut(id) {
            person.on_whatsapp = false;
        }
    }

    /// Stops or resumes marketing with WhatsApp's own switch; posts `user_preferences`.
    pub fn prefer(&self, number: &PhoneNumberId, customer: &Phone, stop: bool) -> Result<(), SimulatorError> {
        control::prefer(&self.shared, number, customer, stop)
    }

    /// The customer takes another number; posts the `system` message.
    pub fn change_number(&self, number: &PhoneNumberId, old: &Phone, new: &Phone) -> Result<Wamid, SimulatorError> {
        control::change_number(&self.shared, number, old, new)
    }

    /// 131057 for `outage`, then 1,000 messages per second and the webhook that says so.
    pub fn upgrade_throughput(&self, number: &PhoneNumberId, outage: Duration) -> Result<(), SimulatorError> {
        control::upgrade_throughput(&self.shared, number, outage)
    }

    /// As after a verification of the business; posts `business_capability_update`.
    pub fn set_tier(&self, portfolio: &PortfolioId, tier: Tier) -> Result<(), SimulatorError> {
        control::set_tier(&self.shared, portfolio, tier)
    }

    /// A new quality score; posts `message_template_quality_update`. Marketing that is not green is paced from then on.
    pub fn rate_template(
        &self,
        waba: &WabaId,
        name: &str,
        language: &str,
        score: Quality,
    ) -> Result<(), SimulatorError> {
        control::rate_template(&self.shared, waba, name, language, score)
    }

    /// What `health_status` tells of a number or an account; a blocked one refuses sends.
    pub fn set_health(&self, node: &str, health: Health) -> Result<(), SimulatorError> {
        control::set_health(&self.shared, node, health)
    }

    /// Every send since the start (the oldest may have gone, see `ledger_capacity`).
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        self.shared.world().ledger.page(None, usize::MAX)
    }

    /// How many sends came, with those whose connection was reset: as long as the ledger would be if it forgot nothing.
    pub fn sends(&self) -> u64 {
        self.shared.world().ledger.counts().0
    }

    /// How often a send was refused with this code.
    pub fn refusals(&self, code: u32) -> u64 {
        self.shared.world().refused.get(&code).copied().unwrap_or(0)
    }

    pub fn was_marked_read(&self, message: &Wamid) -> bool {
        self.shared.world().marked_read.contains(message)
    }

    pub fn typing_shown(&self) -> u64 {
        self.shared.world().typing_shown
    }

    pub fn delivery_counts(&self) -> DeliveryCounts {
        self.shared.outbox.counts()
    }

    /// Comes back when every webhook that is due or planned has been answered with 200.
    pub async fn settled(&self) {
        self.shared.outbox.settled().await;
    }
}

fn preference_update(
    world: &mut World,
    number: &PhoneNumberId,
    customer: &Phone,
    stop: bool,
    now_ms: u64,
) -> Option<Update> {
    let line = world.line(number)?;
    let portfolio = world.numbers.get(number)?.portfolio.clone();
    let id = world.people.with_phone(customer);
    let person = world.people.person_mut(id)?;
    if stop {
        person.opted_out.insert(portfolio.clone());
    } else {
        person.opted_out.remove(&portfolio);
    }
    let sender = world.shown(&portfolio, id, now_ms);
    let (phone, bsuid) = (sender.phone.clone(), sender.bsuid.clone());
    Some(account::preference(&line, &Preference { sender, phone, bsuid, stop, at_s: now_ms / 1_000 }))
}

/// The simulated files, places and lines of scripted customers, as content.
fn content_of(shared: &Shared, utterance: &customers::Utterance) -> Content {
    match utterance {
        customers::Utterance::Line(line) => Content::Text { body: (*line).into() },
        customers::Utterance::Place { latitude, longitude } => {
            Content::Location { latitude: *latitude, longitude: *longitude, name: None, address: None, url: None }
        }
        customers::Utterance::File(specimen) => {
            let media = shared.receive(*specimen);
            match specimen {
                Specimen::Image => Content::Image { media, caption: None },
                Specimen::Voice => Content::Audio { media, voice: true },
                Specimen::Document => Content::Document { media, filename: "order.pdf".into(), caption: None },
                Specimen::Sticker => Content::Sticker { media, animated: false },
            }
        }
    }
}

/// JSON of a page of the ledger, for `/_sim/ledger`.
fn ledger_page(world: &World, after: Option<u64>, limit: usize) -> Value {
    let (total, forgotten) = world.ledger.counts();
    serde_json::json!({"items": world.ledger.page(after, limit), "total": total, "forgotten": forgotten})
}
