//! Starts it: the page answers first, the history is filled in behind it.

use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;

use actix_web::web;
use clap::Args;
use engine::ports::{BlobStore, Directory as _, Store};
use loadtest::payload::{Phone, PhoneNumberId, PortfolioId, WabaId};
use loadtest::simulator::{NumberConfig, PortfolioConfig, Profile, Simulator, SimulatorConfig, Tier};

use super::{Demo, cast, seed};
use crate::app::{App, StartError, open_store};
use crate::config::Config;
use crate::server;

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
}

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
    let simulator = Simulator::start(simulated(options.seed)).map_err(|error| StartError(error.to_string()))?;
    let config = settings(&options, address, &simulator)?;
    start_log(&config);
    put_cast(&config).await?;
    let app = web::Data::new(App::start(config, url.clone(), Some(Demo { door: cast::door() })).await?);
    simulator.set_callback(&format!("{url}/webhooks/whatsapp"));
    simulator.start_customers(CUSTOMERS, MESSAGES_PER_SECOND);
    let (store, blobs): (Arc<dyn Store>, Arc<dyn BlobStore>) = (app.store.clone(), app.blobs.clone());
    let now = app.clock.now();
    let seeding = actix_web::rt::spawn(async move {
        match seed::seed(store.as_ref(), blobs.as_ref(), options.seed, now).await {
            Ok(()) => tracing::info!("the demo's history is complete"),
            Err(error) => tracing::error!(%error, "the demo's history is incomplete"),
        }
    });
    let served = server::serve(app, listener, move || {
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

fn simulated(seed: u64) -> SimulatorConfig {
    let number = |waba: &str, (name, digits, id): (&str, &str, &str)| NumberConfig {
        waba_id: WabaId::from(waba),
        phone_number_id: PhoneNumberId::from(id),
        display: Phone::from(digits),
        verified_name: name.to_owned(),
        messages_per_second: crate::admin::RATE_STANDARD,
    };
    let portfolio =
        |id: &str, numbers| PortfolioConfig { id: PortfolioId::from(id), tier: Tier::HundredThousand, numbers };
    SimulatorConfig {
        seed,
        access_tokens: vec![cast::TOKEN.to_owned()],
        profile: Profile::realistic(),
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
    config.meta.graph_url = simulator.url().to_owned();
    config.meta.app_secrets = vec![SimulatorConfig::default().app_secret];
    config.meta.verify_token = VERIFY_TOKEN.to_owned();
    Ok(config)
}

async fn put_cast(config: &Config) -> Result<(), StartError> {
    let failed = |error: engine::ports::StoreError| StartError(error.to_string());
    let store = open_store(&config.data_dir)?;
    for organization in [cast::clinic(), cast::workshop()] {
        store.put_organization(organization.clone()).await.map_err(failed)?;
        for member in cast::members(&organization) {
            store.put_member(organization.id, member).await.map_err(failed)?;
        }
        for number in cast::numbers(&organization).map_err(|error| StartError(error.to_string()))? {
            store.put_number(organization.id, number).await.map_err(failed)?;
        }
    }
    store.close().await.map_err(failed)
}
