//! Sends spans to a collector. What waits is bounded, and a collector that is away or hangs costs spans: the threads that
//! make them never wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use opentelemetry::Context;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, Span, SpanData, SpanProcessor,
};

use crate::config::TracingConfig;
use crate::metric;

/// Spans that wait for the collector.
const SPANS_MAX: usize = 8_192;
/// Spans of one request.
const BATCH: usize = 512;
/// A collector that has not answered by then is away.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// How long a stop waits for the last spans.
pub(super) const FLUSH_MAX: Duration = Duration::from_secs(3);

pub(super) fn provider(config: &TracingConfig) -> Result<SdkTracerProvider, Box<dyn std::error::Error>> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_http_client(Client::new()?)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(ANSWER_MAX)
        .with_endpoint(format!("{}/v1/traces", config.otlp_endpoint.trim_end_matches('/')))
        .build()?;
    let waiting = Arc::new(AtomicUsize::new(0));
    let exporter = Counted { inner: exporter, waiting: waiting.clone(), away: AtomicBool::new(false) };
    // How often it sends stays with OTEL_BSP_SCHEDULE_DELAY; the processor counts what waits before it.
    let batches =
        BatchConfigBuilder::default().with_max_queue_size(SPANS_MAX).with_max_export_batch_size(BATCH).build();
    let inner = BatchSpanProcessor::builder(exporter).with_batch_config(batches).build();
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.sample)));
    Ok(SdkTracerProvider::builder()
        .with_span_processor(Bounded { inner, waiting })
        .with_sampler(sampler)
        .with_resource(Resource::builder().with_service_name("jetto").build())
        .build())
}

/// Lets go what does not fit, and counts it.
#[derive(Debug)]
struct Bounded {
    inner: BatchSpanProcessor,
    waiting: Arc<AtomicUsize>,
}

impl SpanProcessor for Bounded {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.inner.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        if !span.span_context.is_sampled() {
            return;
        }
        if self.waiting.load(Ordering::Relaxed) >= SPANS_MAX {
            metrics::counter!(metric::SPANS_DROPPED).increment(1);
            return;
        }
        self.waiting.fetch_add(1, Ordering::Relaxed);
        self.inner.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// Says once that the collector is away, and once that it is back.
#[derive(Debug)]
struct Counted {
    inner: SpanExporter,
    waiting: Arc<AtomicUsize>,
    away: AtomicBool,
}

impl opentelemetry_sdk::trace::SpanExporter for Counted {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        let sent = self.inner.export(batch).await;
        self.waiting.fetch_sub(spans, Ordering::Relaxed);
        let was_away = self.away.swap(sent.is_err(), Ordering::Relaxed);
        if sent.is_err() {
            metrics::counter!(metric::SPANS_DROPPED).increment(spans as u64);
        }
        match (&sent, was_away) {
            (Err(error), false) => tracing::warn!(%error, "traces are not taken; they are dropped until they are"),
            (Ok(()), true) => tracing::info!("traces are taken again"),
            (Ok(()), false) | (Err(_), true) => {}
        }
        sent
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}

/// Our own client, so that there is one kind of TLS in the binary.
#[derive(Debug)]
struct Client(reqwest::Client);

impl Client {
    fn new() -> reqwest::Result<Self> {
        // A connection that nobody looks after between two batches may be gone.
        let client = reqwest::Client::builder()
            .timeout(ANSWER_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .pool_max_idle_per_host(0);
        client.build().map(Self)
    }
}

#[async_trait]
impl HttpClient for Client {
    /// The exporter's thread belongs to no runtime, and does nothing else meanwhile.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let request = request.try_into()?;
        // Within the runtime from the first line: the client's timer looks for it when the request is made.
        let answer = runtime.block_on(async { self.0.execute(request).await })?;
        let mut told = Response::new(Bytes::new());
        *told.status_mut() = answer.status();
        Ok(told)
    }
}
