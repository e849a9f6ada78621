//! The simulated WhatsApp by itself, for a server that was started by hand.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use loadtest::payload::{Phone, PhoneNumberId, WabaId};
use loadtest::simulator::{NumberConfig, PortfolioConfig, Simulator, SimulatorConfig};

use crate::cli::SimulatorAlone;
use crate::error::LoadError;
use crate::report::progress;

/// Runs until Ctrl-C, or its time is over.
pub(crate) async fn run(options: SimulatorAlone) -> Result<bool, LoadError> {
    let numbers = (1..=options.numbers).map(|n| NumberConfig {
        waba_id: WabaId::from(format!("1000000000000{n:02}")),
        phone_number_id: PhoneNumberId::from(format!("2000000000000{n:02}")),
        display: Phone::from(format!("120255501{:02}", n - 1)),
        ..NumberConfig::default()
    });
    let simulator = Simulator::start(SimulatorConfig {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, options.port)),
        app_secret: options.secret,
        callback_url: Some(format!("{}/webhooks/whatsapp", options.url)),
        portfolios: vec![PortfolioConfig { numbers: numbers.collect(), ..PortfolioConfig::default() }],
        ..SimulatorConfig::default()
    })?;
    progress(&format!("WhatsApp is simulated at {}", simulator.url()));
    let over = tokio::time::timeout(Duration::from_secs(options.seconds), tokio::signal::ctrl_c()).await;
    if let Ok(interrupted) = over {
        interrupted?;
    }
    Ok(true)
}
