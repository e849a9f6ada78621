mod download;
mod fault;
mod reseal;
mod upload;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    BehaviorVersion, Builder, Credentials, Region, RequestChecksumCalculation, ResponseChecksumValidation,
};
use aws_sdk_s3::primitives::DateTime;
use bytes::Bytes;
use engine::id::{MediaId, TenantId};
use engine::ports::{BlobStore, StoreError};
use engine::time::Timestamp;
use zeroize::Zeroizing;

use self::fault::Asked;
use super::place;
use crate::crypto::Keyring;

const CONNECT_MAX: Duration = Duration::from_secs(3);
/// For one part, up or down, until it is tried again.
const ATTEMPT_MAX: Duration = Duration::from_secs(30);
/// For one part with everything that is tried again.
const OPERATION_MAX: Duration = Duration::from_mins(1);
const ATTEMPTS: u32 = 3;
/// Goes up or comes down in one request; S3 wants at least 5 MiB for each part but the last.
const PART_BYTES: usize = 8 * 1024 * 1024;

/// Where an S3 server keeps the files.
#[derive(Debug, Clone)]
pub struct S3Options {
    /// `http(s)://host[:port]`; `None`: Amazon's own, by the region.
    pub endpoint: Option<String>,
    pub bucket: String,
    pub region: String,
    /// `host/bucket/key` instead of `bucket.host/key`: what servers of one's own want.
    pub path_style: bool,
    /// What all keys begin with; may be empty.
    pub prefix: String,
    /// `None`: the environment, the shared files, or the role of the machine, as Amazon's SDK looks for them.
    pub credentials: Option<S3Credentials>,
}

#[derive(Clone)]
pub struct S3Credentials {
    pub access_key_id: String,
    pub secret_access_key: Zeroizing<String>,
}

impl S3Credentials {
    fn for_sdk(&self) -> Credentials {
        Credentials::new(&*self.access_key_id, &**self.secret_access_key, None, None, "configuration")
    }
}

impl fmt::Debug for S3Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("S3Credentials")
    }
}

/// Blobs as sealed objects: `<prefix>/<tenant>/<two digits>/<id>` (ADR 0017). What the server keeps are the bytes that
/// `DirectoryBlobs` has in its files.
pub struct S3Blobs {
    client: aws_sdk_s3::Client,
    bucket: String,
    /// Empty, or with a slash at its end.
    prefix: String,
    keyring: Arc<Keyring>,
}

impl S3Blobs {
    /// Asks nobody yet, see [`Self::check`]: a server that is away for the moment must not keep a node from starting.
    pub async fn open(options: S3Options, keyring: Arc<Keyring>) -> Result<Self, StoreError> {
        let S3Options { endpoint, bucket, region, path_style, prefix, credentials } = options;
        let wrong = |what: &str| Err(StoreError::Unavailable(format!("S3 is set up wrongly: {what}")));
        if bucket.is_empty() || region.is_empty() {
            return wrong("it needs a bucket and a region");
        }
        let is_address = |url: &String| url.starts_with("https://") || url.starts_with("http://");
        if endpoint.as_ref().is_some_and(|url| !is_address(url) || url.contains('@')) {
            return wrong("the endpoint is `https://host`, without credentials in it");
        }
        let region = Region::new(region);
        let mut config = Builder::new()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .force_path_style(path_style)
            .timeout_config(time_limits())
            .retry_config(RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(Duration::from_secs(2)))
            // We give checksums ourselves: what the SDK adds by default, not every server knows.
            .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
            .response_checksum_validation(ResponseChecksumValidation::WhenRequired);
        config.set_endpoint_url(endpoint);
        let config = match credentials {
            Some(given) => config.credentials_provider(given.for_sdk()),
            None => {
                config.credentials_provider(DefaultCredentialsChain::builder().region(region.clone()).build().await)
            }
        };
        let client = aws_sdk_s3::Client::from_conf(config.region(region).build());
        let prefix = prefix.trim_matches('/');
        let prefix = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        Ok(Self { client, bucket, prefix, keyring })
    }

    /// Whether the bucket is there and lets us in.
    pub async fn check(&self) -> Result<(), StoreError> {
        let asked = self.client.head_bucket().bucket(&self.bucket).send().await;
        asked.map(drop).map_err(|error| self.failed(Asked::Bucket, error))
    }

    /// Ends uploads that began before this time and never came to their end, because a process died or a caller gave
    /// up: nobody sees them, and the server charges for them. How many there were.
    pub async fn end_cut_uploads(&self, begun_before: Timestamp) -> Result<u64, StoreError> {
        let before = DateTime::from_millis(begun_before.0);
        let mut ended = 0;
        let (mut key_marker, mut upload_marker) = (None, None);
        loop {
            let request = self.client.list_multipart_uploads().bucket(&self.bucket).prefix(&self.prefix);
            let request = request.set_key_marker(key_marker).set_upload_id_marker(upload_marker);
            let page = request.send().await.map_err(|error| self.failed(Asked::List, error))?;
            for upload in page.uploads().iter().filter(|upload| upload.initiated().is_some_and(|begun| *begun < before))
            {
                let (Some(key), Some(id)) = (upload.key(), upload.upload_id()) else { continue };
                self.abort(key, id).await?;
                ended += 1;
            }
            (key_marker, upload_marker) = (page.next_key_marker, page.next_upload_id_marker);
            if page.is_truncated != Some(true) || key_marker.is_none() {
                return Ok(ended);
            }
        }
    }

    fn key(&self, tenant: TenantId, id: MediaId) -> String {
        format!("{}{}", self.prefix, place(tenant, id).display())
    }
}

fn time_limits() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT_MAX)
        .operation_attempt_timeout(ATTEMPT_MAX)
        .operation_timeout(OPERATION_MAX)
        .build()
}

#[async_trait]
impl BlobStore for S3Blobs {
    async fn put(&self, tenant: TenantId, id: MediaId, bytes: Bytes) -> Result<(), StoreError> {
        self.upload(tenant, id, bytes).await
    }

    async fn read(&self, tenant: TenantId, id: MediaId) -> Result<Option<Bytes>, StoreError> {
        self.download(tenant, id, 0, u64::MAX).await
    }

    async fn read_range(
        &self,
        tenant: TenantId,
        id: MediaId,
        offset: u64,
        length: u64,
    ) -> Result<Option<Bytes>, StoreError> {
        self.download(tenant, id, offset, length).await
    }
}
