//! Starts it: the page answers first, the history is filled in behind it.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use actix_web::web;
use clap::Args;
use engine::intake::IntakeOutcome;
use engine::ports::{BlobStore, IntakeQuery, PageRequest, Store};
use engine::time::{Clock as _, Timestamp};
use loadtest::payload::{Line, Phone, PhoneNumberId, PortfolioId, Update, WabaId};
use loadtest::simulator::{NumberConfig, Policy, PortfolioConfig, Profile, Simulator, SimulatorConfig, Tier};
use serde_json::{Map, Value, json};

use super::{Demo, broadcast, cast, seed};
use crate::app::{App, StartError};
use crate::config::Config;
use crate::server;
use crate::shell::SystemClock;
use crate::store::Opened;

#[derive(Args)]
pub struct Options {
    /// The same seed makes the same people and messages.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Forgets everything that was done in the demo before.
    #[arg(long)]
    reset: bool,
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Where the demo keeps its data.
    #[arg(long, default_value = "data/demo")]
    data_dir: PathBuf,
    /// How many people the demo brings along for its broadcast; 0 starts none. Only the first start counts.
    #[arg(long, default_value_t = 50_000, value_parser = clap::value_parser!(u32).range(0..=PEOPLE_MAX))]
    broadcast: u32,
}

/// So many numbers of nobody there are beside those of the customers; WhatsApp lets the business begin to write to 100,000 people a day.
pub(super) const PEOPLE_MAX: i64 = 80_000;

/// Customers who write by themselves, and how much all of them write per second.
const CUSTOMERS: usize = 20;
const MESSAGES_PER_SECOND: f64 = 0.8;
const VERIFY_TOKEN: &str = "demo";

pub async fn run(options: Options, start_log: impl FnOnce(&Config)) -> Result<(), StartError> {
    if options.reset && options.data_dir.join("jetto.db").exists() {
        std::fs::remove_dir_all(&options.data_dir)
            .map_err(|error| StartError(format!("The demo's data cannot be removed: {error}.")))?;
    }
    let listener = server::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, options.port)))?;
    let address = listener.local_addr().map_err(|error| StartError(error.to_string()))?;
    let url = format!("http://{address}");
    let first_message = loadtest::clock::unix_millis();
    let simulated = SimulatorConfig { first_message, ..simulated(options.seed) };
    let simulator = Simulator::start(simulated).map_err(|error| StartError(error.to_string()))?;
    let config = settings(&options, address, &simulator)?;
    start_log(&config);
    put_cast(&config).await?;
    let people = usize::try_from(options.broadcast).unwrap_or_default();
    let demo = Demo { door: cast::door(seed::PEOPLE + people) };
    let app = web::Data::new(App::start(config, url.clone(), Some(demo)).await?);
    let (store, now) = (app.store.clone(), app.clock.now());
    introduce(&simulator, store.as_ref(), options.seed, now).await?;
    introduce_crowd(&simulator, options.seed, people)?;
    simulator.set_callback(&format!("{url}/webhooks/whatsapp"));
    simulator.start_customers(CUSTOMERS, MESSAGES_PER_SECOND);
    if !has_quarantined(store.as_ref()).await? {
        post_oddities(&simulator, now)?;
    }
    let seeding = actix_web::rt::spawn(fill(app.clone(), options.seed, people, now));
    let served = server::serve(app, listener, None, move || {
        drop(writeln!(
            std::io::stdout(),
            "listening on {url}\n\n  Jetto demo: open {url} and pick a person. Ctrl+C ends it.\n"
        ));
    })
    .await;
    seeding.abort();
    simulator.stop().await;
    served
}

/// Behind the first screen, and what is seen first before the rest.
async fn fill(app: web::Data<App>, seed: u64, people: usize, now: Timestamp) {
    let (store, blobs): (&dyn Store, &dyn BlobStore) = (app.store.as_ref(), app.blobs.as_ref());
    if let Err(error) = seed::today(store, blobs, seed, now).await {
        tracing::error!(%error, "the demo's history is incomplete");
        return;
    }
    let broadcast = async {
        if people > 0
            && let Err(error) = broadcast::begin(&app, seed, people).await
        {
            tracing::error!(%error, "the demo has no broadcast");
        }
    };
    let past = async {
        match seed::past(store, blobs, seed, now).await {
            Ok(()) => tracing::info!("the demo's history is complete"),
            Err(error) => tracing::error!(%error, "the demo's history is incomplete"),
        }
    };
    futures_util::future::join(broadcast, past).await;
}

async fn introduce(simulator: &Simulator, store: &dyn Store, seed: u64, now: Timestamp) -> Result<(), StartError> {
    let introductions = seed::introductions(store, seed, now).await.map_err(|error| StartError(error.to_string()))?;
    for introduction in introductions {
        simulator.introduce(introduction).map_err(|error| StartError(error.to_string()))?;
    }
    Ok(())
}

fn introduce_crowd(simulator: &Simulator, seed: u64, people: usize) -> Result<(), StartError> {
    for introduction in seed::crowd_introductions(seed, people) {
        simulator.introduce(introduction).map_err(|error| StartError(error.to_string()))?;
    }
    for phone in seed::leavers(people) {
        simulator.leave_whatsapp(&phone);
    }
    Ok(())
}

/// A former start left something.
async fn has_quarantined(store: &dyn Store) -> Result<bool, StartError> {
    let page = PageRequest { after: None, limit: 1 };
    let query = IntakeQuery { outcome: Some(IntakeOutcome::Quarantined), page };
    let found = store.entries(cast::clinic().id, query).await.map_err(|error| StartError(error.to_string()))?;
    Ok(!found.items.is_empty())
}

/// Two messages that cannot be understood, so that the quarantine has something to show: one does not say when it was
/// written, the other not by whom.
fn post_oddities(simulator: &Simulator, now: Timestamp) -> Result<(), StartError> {
    let seconds = (now.0 / 1_000).to_string();
    let oddities = [
        json!({"from": "12025550188", "id": "wamid.demo.odd.0", "type": "text", "text": {"body": "Is the red one back?"}}),
        json!({"id": "wamid.demo.odd.1", "timestamp": seconds, "type": "text", "text": {"body": "See you on Monday"}}),
    ];
    for (message, (_, digits, id)) in oddities.into_iter().zip(cast::NUMBERS.iter().skip(1)) {
        let line =
            Line { waba: WabaId::from(cast::WABA), number: PhoneNumberId::from(*id), display: Phone::from(*digits) };
        let parts = Map::from_iter([("messages".to_owned(), Value::Array(vec![message]))]);
        simulator.post(Update::of_line(&line, "messages", parts)).map_err(|error| StartError(error.to_string()))?;
    }
    Ok(())
}

fn simulated(seed: u64) -> SimulatorConfig {
    let number = |waba: &str, (name, digits, id): (&str, &str, &str)| NumberConfig {
        waba_id: WabaId::from(waba),
        phone_number_id: PhoneNumberId::from(id),
        display: Phone::from(digits),
        verified_name: name.to_owned(),
        messages_per_second: crate::meta::graph::RATE_STANDARD,
    };
    let portfolio =
        |id: &str, numbers| PortfolioConfig { id: PortfolioId::from(id), tier: Tier::HundredThousand, numbers };
    SimulatorConfig {
        seed,
        access_tokens: vec![cast::TOKEN.to_owned()],
        profile: Profile::realistic(),
        // What goes wrong with advertising on an ordinary day.
        policy: Policy { capped_percent: 1.4, holdout_percent: 0.4, ..Policy::default() },
        portfolios: vec![portfolio(
            "400000000000001",
            cast::NUMBERS.iter().map(|line| number(cast::WABA, *line)).collect(),
        )],
        ..SimulatorConfig::default()
    }
}

/// Nothing of the operator's own settings: the demo is the same everywhere.
fn settings(options: &Options, listen: SocketAddr, simulator: &Simulator) -> Result<Config, StartError> {
    let mut config = Config::defaults().map_err(|error| StartError(error.0))?;
    config.listen = listen;
    config.data_dir.clone_from(&options.data_dir);
    config.metrics_listen = None;
    config.log = std::env::var("JETTO_LOG").unwrap_or_else(|_| "warn".to_owned());
    simulator.url().clone_into(&mut config.meta.graph_url);
    config.meta.app_secrets = vec![SimulatorConfig::default().app_secret];
    VERIFY_TOKEN.clone_into(&mut config.meta.verify_token);
    Ok(config)
}

async fn put_cast(config: &Config) -> Result<(), StartError> {
    let failed = |error: engine::ports::StoreError| StartError(error.to_string());
    let opened = Opened::by(config).await?;
    let store = opened.store();
    let now = SystemClock.now();
    for organization in [cast::clinic(), cast::workshop()] {
        // At a second start everybody is there.
        let (household, accounts) = (cast::household(&organization, now), cast::accounts(&organization, now));
        store.create_organization(household, accounts, Vec::new()).await.map_err(failed)?;
        for number in cast::numbers(&organization).map_err(|error| StartError(error.to_string()))? {
            store.put_number(organization.id, number).await.map_err(failed)?;
        }
    }
    opened.close().await
}
