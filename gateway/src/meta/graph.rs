//! The Cloud API, as far as Jetto speaks it.
//!
//! **Invariant:** a request to send is made once. Whether it may be made again follows from [`answer::sent`] alone.
//! The token goes to the Graph host and to Meta's file host, never to an address that only an answer named.

mod account;
mod answer;
mod components;
mod media;
mod message;
mod template;
mod uploads;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use engine::directory::Number;
use engine::id::{ClaimToken, MetaMediaId};
use engine::outgoing::{Callback, Outgoing};
use engine::ports::{BlobStore, FetchError, MetaApi, MetaSend, ReadReceipt, Uploads};
use engine::template::Template;
use reqwest::{Client, RequestBuilder, Url};

pub use account::{Health, NumberFacts, RATE_HIGH, RATE_STANDARD, SubscribedApp, TokenFacts};
use answer::{Answer, Lost};
pub use template::Submitted;
use uploads::KnownUploads;

/// Below the idle time of Meta's edge: a connection that the other side just closed makes a send doubtful.
const IDLE_MAX: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphConfig {
    pub base_url: String,
    pub version: String,
    pub connect_timeout: Duration,
    /// A send without an answer for this long is in doubt.
    pub send_timeout: Duration,
    /// For uploads and downloads, whole files.
    pub file_timeout: Duration,
}

impl Default for GraphConfig {
    fn default() -> Self {
        Self {
            base_url: "https://graph.facebook.com".to_owned(),
            version: "v24.0".to_owned(),
            connect_timeout: Duration::from_secs(5),
            send_timeout: Duration::from_secs(30),
            file_timeout: Duration::from_mins(3),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GraphConfigError {
    #[error("the address of the Graph API is not an http(s) URL: {0}")]
    BaseUrl(String),
    #[error("the HTTP client could not be set up: {0}")]
    Client(String),
}

pub struct GraphClient {
    http: Client,
    base: Url,
    config: GraphConfig,
    blobs: Arc<dyn BlobStore>,
    uploads: KnownUploads,
}

impl GraphClient {
    /// `blobs` holds the files that are sent.
    pub fn new(config: GraphConfig, blobs: Arc<dyn BlobStore>) -> Result<Self, GraphConfigError> {
        let base = Url::parse(&config.base_url).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
        let base = base.ok_or_else(|| GraphConfigError::BaseUrl(config.base_url.clone()))?;
        let mut http = Client::builder()
            .user_agent(concat!("Jetto/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(config.connect_timeout)
            .pool_idle_timeout(IDLE_MAX)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never());
        if media::is_loopback(&base) {
            http = http.no_proxy();
        }
        let http = http.build().map_err(|error| GraphConfigError::Client(error.to_string()))?;
        Ok(Self { http, base, config, blobs, uploads: KnownUploads::default() })
    }

    /// `{base}/{version}/{path…}`; a part cannot leave its place in the path.
    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push(&self.config.version).extend(path);
        }
        url
    }

    async fn call(&self, request: RequestBuilder, number: &Number, timeout: Duration) -> Result<Answer, Lost> {
        Answer::to(request.bearer_auth(&number.token).timeout(timeout)).await
    }

    async fn get(&self, url: Url, number: &Number) -> Result<Answer, Lost> {
        self.call(self.http.get(url), number, self.config.send_timeout).await
    }
}

impl fmt::Debug for GraphClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphClient").field("config", &self.config).finish_non_exhaustive()
    }
}

#[async_trait]
impl MetaApi for GraphClient {
    async fn prepare(&self, number: &Number, outgoing: &Outgoing) -> Result<Uploads, MetaSend> {
        let mut uploads = Uploads::default();
        for file in outgoing.body.files() {
            let place = (number.phone_number_id.clone(), file.media);
            let id = self.uploads.id_or(place, self.upload(number, outgoing.tenant, &file)).await?;
            uploads.add(file.media, id);
        }
        Ok(uploads)
    }

    async fn send(&self, number: &Number, outgoing: &Outgoing, uploads: &Uploads, token: ClaimToken) -> MetaSend {
        let callback = Callback::of(outgoing, token).to_string();
        let body = match message::message(outgoing, uploads, &callback) {
            Ok(body) => body,
            Err(failure) => return MetaSend::Never(failure),
        };
        let request = self.http.post(self.url(&[number.phone_number_id.as_str(), "messages"])).json(&body);
        let sent = answer::sent(self.call(request, number, self.config.send_timeout).await);
        if matches!(sent, MetaSend::Never(_)) {
            // Perhaps Meta has lost the file before its time: whoever tries again uploads it again.
            for file in outgoing.body.files() {
                self.uploads.forget(&(number.phone_number_id.clone(), file.media));
            }
        }
        sent
    }

    async fn mark_read(&self, number: &Number, receipt: ReadReceipt) {
        let body = message::read_receipt(&receipt);
        let request = self.http.post(self.url(&[number.phone_number_id.as_str(), "messages"])).json(&body);
        if answer::read(self.call(request, number, self.config.send_timeout).await).is_err() {
            tracing::debug!(number = number.phone_number_id.as_str(), "a read receipt was not taken");
        }
    }

    async fn download(&self, number: &Number, media: &MetaMediaId, size_max: u64) -> Result<Bytes, FetchError> {
        self.fetch_file(number, media, size_max).await
    }

    async fn templates(&self, number: &Number) -> Result<Vec<Template>, FetchError> {
        self.list_templates(number).await
    }
}
