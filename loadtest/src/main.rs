//! `jetto-load`: measures and tortures a running Jetto from outside. See `loadtest/README.md`.

mod agent;
mod api;
mod cli;
mod connection;
mod error;
mod follower;
mod front;
mod jetto;
mod process;
mod proxy;
mod report;
mod scenario;
mod services;
mod traffic;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command, Limit};

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Ingest(options) => Box::pin(scenario::ingest::run(options)).await,
        Command::Limit { what: Limit::Ingest(options) } => Box::pin(scenario::limit::ingest(options)).await,
        Command::Limit { what: Limit::Fanout(options) } => Box::pin(scenario::limit::fanout(options)).await,
        Command::Limit { what: Limit::Simulator(options) } => Box::pin(scenario::limit_simulator::run(options)).await,
        Command::ServeLimit { what } => scenario::limit_server::serve(what).await,
        Command::Fanout(options) => Box::pin(scenario::fanout::run(options)).await,
        Command::SlowReader(options) => Box::pin(scenario::slow_reader::run(options)).await,
        Command::Pages(options) => Box::pin(scenario::pages::run(options)).await,
        Command::Stores(options) => Box::pin(scenario::stores::run(options)).await,
        Command::ReconnectStorm(options) => Box::pin(scenario::reconnect_storm::run(options)).await,
        Command::Torture(options) if options.nodes.cluster => Box::pin(scenario::cluster::run(options)).await,
        Command::Torture(options) => Box::pin(scenario::torture::run(options)).await,
        Command::Broadcast(options) => Box::pin(scenario::broadcast::run(options)).await,
        Command::Contacts(options) => Box::pin(scenario::contacts::run(options)).await,
        Command::FuzzApi(options) => Box::pin(scenario::fuzz_api::run(options)).await,
        Command::SampleWebhooks(options) => Box::pin(scenario::sample_webhooks::run(options)).await,
        Command::Simulator(options) => scenario::simulator::run(options).await,
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            report::progress(&format!("jetto-load: {error}"));
            ExitCode::from(2)
        }
    }
}
