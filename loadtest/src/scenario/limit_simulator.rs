//! How many sends and statuses per second the simulator itself can take, so that no one mistakes its limit for Jetto's.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use loadtest::payload::PhoneNumberId;
use loadtest::simulator::{NumberConfig, PortfolioConfig, Profile, Simulator, SimulatorConfig, Span, Tier};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::limit::start;
use super::limit_server::SECRET;
use crate::cli::LimitSimulator;
use crate::connection::{Connection, Target};
use crate::error::LoadError;
use crate::report::Report;

const TOKEN: &str = "simulator-token";

pub(crate) async fn run(options: LimitSimulator) -> Result<bool, LoadError> {
    let (mut receiver, callback) = start("ingest").await?;
    let number = NumberConfig { messages_per_second: 1_000_000, ..NumberConfig::default() };
    let portfolio = PortfolioConfig { tier: Tier::Unlimited, numbers: vec![number], ..PortfolioConfig::default() };
    let immediately = Span::new(0, 0);
    let profile = Profile {
        ordered: false,
        batch_size: options.batch,
        sent_after: immediately,
        delivered_after: immediately,
        read_after: immediately,
        ..Profile::clean()
    };
    let simulator = Simulator::start(SimulatorConfig {
        profile,
        app_secret: SECRET.into(),
        portfolios: vec![portfolio],
        queue_capacity: 4_000_000,
        ..SimulatorConfig::default()
    })?;
    simulator.set_callback(&format!("{callback}/webhooks/whatsapp"));
    let number = PhoneNumberId::from("200000000000001");
    let target = Target::parse(&format!("{}/v26.0/{number}/messages", simulator.url())).await?;
    let begin = Instant::now();
    let accepted = send_all(&options, &target).await?;
    let elapsed = begin.elapsed();
    simulator.settled().await;
    let counts = simulator.delivery_counts();
    let mut report = Report::new("limit simulator");
    report.add("accepted", accepted);
    report.rate("accepted_per_s", accepted, elapsed);
    report.add("updates", counts.updates_delivered);
    report.rate("updates_per_s", counts.updates_delivered, begin.elapsed());
    report.add("webhooks_posted", counts.posted);
    simulator.stop().await;
    receiver.kill().await?;
    report.print()?;
    Ok(true)
}

async fn send_all(options: &LimitSimulator, target: &Target) -> Result<u64, LoadError> {
    let next = Arc::new(AtomicUsize::new(0));
    let mut workers: JoinSet<std::io::Result<u64>> = JoinSet::new();
    let messages = options.messages;
    for _ in 0..options.connections.max(1) {
        let (next, target) = (Arc::clone(&next), target.clone());
        workers.spawn(async move {
            let mut connection = Connection::open(&target).await?;
            let mut accepted = 0;
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                if index >= messages {
                    return Ok(accepted);
                }
                let body = json!({
                    "messaging_product": "whatsapp", "to": format!("+1{:010}", 2_000_000_000 + index),
                    "type": "template", "template": {"name": "hello_world", "language": {"code": "en_US"}},
                    "biz_opaque_callback_data": format!("send-{index}"),
                });
                let request =
                    target.with_header("Authorization", &format!("Bearer {TOKEN}"), body.to_string().as_bytes());
                accepted += u64::from(connection.post(&request).await? == 200);
            }
        });
    }
    let mut accepted = 0;
    while let Some(worker) = workers.join_next().await {
        accepted += worker.map_err(|error| LoadError::refused(error.to_string()))??;
    }
    Ok(accepted)
}
