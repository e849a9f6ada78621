//! The server that `JETTO_TEST_S3` names. One bucket for all tests: each has a prefix of its own.

use std::path::Path;
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Builder, Credentials, Region};
use storage::blobs::{S3Blobs, S3Credentials, S3Options};
use storage::crypto::{Keyring, KeyringPlace};
use zeroize::Zeroizing;

pub(crate) const BUCKET: &str = "jetto-test";
const REGION: &str = "us-east-1";

fn given(name: &str) -> String {
    let Ok(value) = std::env::var(name) else {
        panic!("{name} is not set; run `make test-rust`, or deploy/services/services.sh start s3");
    };
    value
}

/// `host:port`.
pub(crate) fn address() -> String {
    given("JETTO_TEST_S3")
}

/// Files of one test, in a bucket that is there.
pub(crate) async fn options() -> S3Options {
    let secret_access_key = Zeroizing::new(given("JETTO_TEST_S3_SECRET_KEY"));
    let options = S3Options {
        endpoint: Some(format!("http://{}", address())),
        bucket: BUCKET.into(),
        region: REGION.into(),
        path_style: true,
        prefix: format!("test/{:032x}", rand::random::<u128>()),
        credentials: Some(S3Credentials { access_key_id: given("JETTO_TEST_S3_ACCESS_KEY"), secret_access_key }),
    };
    if let Err(error) = client(&options).create_bucket().bucket(BUCKET).send().await {
        let is_there = |error: &aws_sdk_s3::operation::create_bucket::CreateBucketError| {
            error.is_bucket_already_exists() || error.is_bucket_already_owned_by_you()
        };
        assert!(error.as_service_error().is_some_and(is_there), "{error:?}");
    }
    options
}

/// Nodes that read each other's files share theirs.
pub(crate) fn keys(dir: &Path) -> Arc<Keyring> {
    Arc::new(Keyring::open(KeyringPlace::within(dir), true).unwrap())
}

pub(crate) async fn open(options: S3Options, keyring: &Arc<Keyring>) -> S3Blobs {
    S3Blobs::open(options, Arc::clone(keyring)).await.unwrap()
}

/// Somebody else who looks into the bucket.
pub(crate) fn client(options: &S3Options) -> Client {
    let S3Credentials { access_key_id, secret_access_key } = options.credentials.clone().unwrap();
    let credentials = Credentials::new(access_key_id, secret_access_key.as_str(), None, None, "test");
    let mut config = Builder::new()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .force_path_style(true)
        .region(Region::new(REGION))
        .credentials_provider(credentials);
    config.set_endpoint_url(options.endpoint.clone());
    Client::from_conf(config.build())
}
