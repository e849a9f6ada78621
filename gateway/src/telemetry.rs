//! The log, and traces by OTLP. A trace holds spans of [`JOURNEY`] alone: events of the log never go into it.

mod export;

use std::io::Write as _;

use actors::JOURNEY;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing_subscriber::filter::{EnvFilter, LevelFilter, Targets};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::app::StartError;
use crate::config::{Config, LogFormat};

/// Whatever the operator asks for: below this they write down whole answers with the tokens in them, signed requests, and what
/// is stored.
const QUIETER: &str = "rustls_acme=info,aws=info,redis=info,scylla=info";

/// Starts the log.
pub fn start_log(config: &Config) {
    tell_if_failed(tracing_subscriber::registry().with(log(config)).try_init());
}

/// Traces under way; they end with [`Traces::finish`].
pub struct Traces(Option<SdkTracerProvider>);

/// Starts the log, and traces if they are set. Their exporter has a thread of its own.
pub fn start(config: &Config) -> Result<Traces, StartError> {
    if config.tracing.otlp_endpoint.is_empty() {
        start_log(config);
        return Ok(Traces(None));
    }
    let provider = export::provider(&config.tracing)
        .map_err(|error| StartError(format!("Traces cannot be sent by tracing.otlp_endpoint: {error}.")))?;
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("jetto"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_target(false)
        .with_filter(Targets::new().with_target(JOURNEY, LevelFilter::INFO));
    tell_if_failed(tracing_subscriber::registry().with(layer).with(log(config)).try_init());
    Ok(Traces(Some(provider)))
}

impl Traces {
    /// Sends what waits, for at most [`export::FLUSH_MAX`]. Blocks: nothing else is left to do.
    pub fn finish(self) {
        if let Some(provider) = self.0
            && provider.shutdown_with_timeout(export::FLUSH_MAX).is_err()
        {
            tracing::warn!("the last traces were not sent");
        }
    }
}

fn log<S>(config: &Config) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
{
    let wanted = format!("{},{QUIETER},{JOURNEY}=off", config.log);
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|_| format!("info,{JOURNEY}=off").into());
    let terminal = std::io::IsTerminal::is_terminal(&std::io::stderr());
    let log = tracing_subscriber::fmt::layer().with_ansi(terminal).with_writer(std::io::stderr);
    match config.log_format {
        LogFormat::Text => log.with_target(false).with_filter(filter).boxed(),
        LogFormat::Json => log.json().with_filter(filter).boxed(),
    }
}

fn tell_if_failed(started: Result<(), tracing_subscriber::util::TryInitError>) {
    if let Err(error) = started {
        drop(writeln!(std::io::stderr(), "jetto: the log did not start: {error}"));
    }
}
