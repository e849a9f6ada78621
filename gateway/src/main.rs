//! `jetto`

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use actix_web::web;
use clap::{Parser, Subcommand};
use gateway::app::{App, StartError};
use gateway::config::Config;
use gateway::telemetry::start_log;
use gateway::{admin, audit_check, backup, doctor, keys, relocation, server, telemetry, tls};

/// WhatsApp Business platform that companies run themselves.
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs with made-up people and a simulated WhatsApp. Nothing leaves the machine.
    #[cfg(feature = "demo")]
    Demo(gateway::demo::run::Options),
    /// Runs the server.
    Serve {
        /// Settings; see `jetto.default.toml`.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Checks settings, store and every connected number, and says what to do.
    Doctor {
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Sets up organizations, members and numbers. The server must be stopped.
    Admin {
        #[arg(long)]
        config: Option<PathBuf>,
        #[command(subcommand)]
        command: admin::Command,
    },
    /// Checks that nobody changed the audit log. The server must be stopped.
    Audit {
        #[arg(long)]
        config: Option<PathBuf>,
        #[command(subcommand)]
        command: audit_check::Command,
    },
    /// Copies the data directory, also while the server runs. The keyring is backed up apart: `jetto keys backup`.
    Backup {
        #[arg(long)]
        config: Option<PathBuf>,
        /// A folder that is not there yet.
        #[arg(long)]
        to: PathBuf,
    },
    /// Makes a backup the data of an empty data directory, once every byte of it was checked.
    Restore {
        #[arg(long)]
        config: Option<PathBuf>,
        /// What `jetto backup` made.
        #[arg(long)]
        from: PathBuf,
        /// What `jetto keys backup` made; absent when the keyring is in its place already.
        #[arg(long, requires = "passphrase_file")]
        keys: Option<PathBuf>,
        /// Its first line is what the keys were sealed by.
        #[arg(long)]
        passphrase_file: Option<PathBuf>,
    },
    /// Writes an organization, or all of them, into a folder that another installation can take in. The server must be
    /// stopped.
    Export {
        #[arg(long)]
        config: Option<PathBuf>,
        #[command(flatten)]
        what: relocation::What,
        /// A folder that is not there yet.
        #[arg(long)]
        to: PathBuf,
        /// Its first line seals passwords, tokens and keys; the import wants the same.
        #[arg(long)]
        passphrase_file: PathBuf,
    },
    /// Takes in what `jetto export` wrote; an organization that is here already is not touched. The server must be stopped.
    Import {
        #[arg(long)]
        config: Option<PathBuf>,
        #[arg(long)]
        from: PathBuf,
        /// Its first line is what the export was sealed by.
        #[arg(long)]
        passphrase_file: PathBuf,
    },
    /// Prints who may do and hear what.
    #[command(hide = true)]
    AccessTable,
    /// Changes the keys that what is stored is sealed by. The server must be stopped.
    Keys {
        #[arg(long)]
        config: Option<PathBuf>,
        #[command(subcommand)]
        command: keys::Command,
    },
    /// Prints the API's description.
    #[command(hide = true)]
    Openapi,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = actix_web::rt::System::new().block_on(run(arguments.command));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            drop(writeln!(std::io::stderr(), "jetto: {error}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<ExitCode, StartError> {
    match command {
        #[cfg(feature = "demo")]
        Command::Demo(options) => gateway::demo::run::run(options, start_log).await.map(|()| ExitCode::SUCCESS),
        Command::Serve { config } => serve(read(config.as_deref())?).await.map(|()| ExitCode::SUCCESS),
        Command::Doctor { config } => doctor::run(&read(config.as_deref())?).await,
        Command::Admin { config, command } => {
            let config = read(config.as_deref())?;
            start_log(&config);
            admin::run(&config, command).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Audit { config, command } => audit_check::run(&read(config.as_deref())?, command).await,
        Command::Backup { config, to } => backup::make(&read(config.as_deref())?, to).await.map(|()| ExitCode::SUCCESS),
        Command::Restore { config, from, keys, passphrase_file } => {
            let sealed = backup::SealedKeys::of(keys, passphrase_file)?;
            backup::restore(&read(config.as_deref())?, from, sealed).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Export { config, what, to, passphrase_file } => {
            let config = read(config.as_deref())?;
            relocation::export(&config, &what, &to, &passphrase_file).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Import { config, from, passphrase_file } => {
            let config = read(config.as_deref())?;
            relocation::import(&config, &from, &passphrase_file).await.map(|()| ExitCode::SUCCESS)
        }
        Command::AccessTable => print(&gateway::http::access_table::markdown()),
        Command::Keys { config, command } => {
            let config = read(config.as_deref())?;
            start_log(&config);
            keys::run(&config, command).await.map(|()| ExitCode::SUCCESS)
        }
        Command::Openapi => print(&gateway::api::openapi::json()),
    }
}

fn print(text: &str) -> Result<ExitCode, StartError> {
    let written = std::io::stdout().write_all(text.as_bytes());
    written.map(|()| ExitCode::SUCCESS).map_err(|error| StartError(error.to_string()))
}

fn read(file: Option<&Path>) -> Result<Config, StartError> {
    Config::read(file).map_err(|error| StartError(error.0))
}

async fn serve(config: Config) -> Result<(), StartError> {
    config.check_for_serving().map_err(|error| StartError(error.0))?;
    let traces = telemetry::start(&config)?;
    let listener = server::bind(config.listen)?;
    let address = listener.local_addr().map_err(|error| StartError(error.to_string()))?;
    let (here, origin) = (config.address(address), config.origin(address));
    let tls = tls::open(&config)?;
    let app = web::Data::new(App::start(config, origin, None).await?);
    let served = server::serve(app, listener, tls, move || {
        drop(writeln!(std::io::stdout(), "listening on {here}"));
    })
    .await;
    traces.finish();
    served
}
