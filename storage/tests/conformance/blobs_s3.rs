//! What only a server can do: refuse, be away, break off, keep something else than it was given.

use aws_sdk_s3::Client;
use bytes::Bytes;
use engine::id::MediaId;
use engine::ports::{BlobStore, StoreError};
use engine::time::Timestamp;
use storage::blobs::{S3Blobs, S3Credentials, S3Options};
use tokio::net::TcpListener;

use crate::blobs::{ID, a_blob_reads_back, a_range_ends_with_the_file};
use crate::cutting_proxy::{Cut, CuttingProxy};
use crate::fixture::*;
use crate::s3_server::{self, BUCKET};

/// Three parts: two full ones and what is left.
const LARGE: usize = 20 * 1024 * 1024 + 77;

fn large() -> Bytes {
    (0..=250).cycle().take(LARGE).collect::<Vec<u8>>().into()
}

async fn keys_of(client: &Client, options: &S3Options) -> Vec<String> {
    let found = client.list_objects_v2().bucket(BUCKET).prefix(&options.prefix).send().await.unwrap();
    found.contents().iter().map(|object| object.key().unwrap().to_owned()).collect()
}

async fn uploads_of(client: &Client, options: &S3Options) -> usize {
    client.list_multipart_uploads().bucket(BUCKET).prefix(&options.prefix).send().await.unwrap().uploads().len()
}

fn told(outcome: Result<impl std::fmt::Debug, StoreError>) -> String {
    let Err(StoreError::Unavailable(text)) = outcome else { panic!("{outcome:?}") };
    text
}

#[tokio::test]
async fn a_server_keeps_blobs() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = s3_server::keys(dir.path());
    let options = s3_server::options().await;
    let client = s3_server::client(&options);
    let blobs = s3_server::open(options.clone(), &keyring).await;
    blobs.check().await.unwrap();
    a_blob_reads_back(&blobs).await;
    a_range_ends_with_the_file(&blobs).await;
    let key = format!("{}/{TENANT}/ab/{ID}", options.prefix);
    assert!(keys_of(&client, &options).await.contains(&key));
    let kept = client.get_object().bucket(BUCKET).key(key).send().await.unwrap().body.collect().await.unwrap().to_vec();
    assert!(!kept.windows(4).any(|bytes| b"0123456789".windows(4).any(|plain| plain == bytes)), "it is not sealed");
}

#[tokio::test]
async fn a_large_file_goes_up_in_parts_and_is_read_in_ranges() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = s3_server::keys(dir.path());
    let options = s3_server::options().await;
    let client = s3_server::client(&options);
    let blobs = s3_server::open(options.clone(), &keyring).await;
    blobs.put(TENANT, ID, large()).await.unwrap();
    assert_eq!(blobs.read(TENANT, ID).await.unwrap().unwrap(), large());
    let part = 8 * 1024 * 1024;
    for (offset, length) in [(0, 10), (200_000, 100_000), (part - 5, 10), (2 * part - 1, part), (LARGE - 9, 100)] {
        let found = blobs.read_range(TENANT, ID, offset as u64, length as u64).await.unwrap().unwrap();
        assert_eq!(found, large().slice(offset..LARGE.min(offset + length)), "{offset} {length}");
    }
    let key = keys_of(&client, &options).await.remove(0);
    let head = client.head_object().bucket(BUCKET).key(key).send().await.unwrap();
    assert!(head.e_tag().unwrap().contains("-3"), "it went up in three parts: {head:?}");
    assert_eq!(uploads_of(&client, &options).await, 0);
}

#[tokio::test]
async fn an_object_that_is_not_what_was_stored_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = s3_server::keys(dir.path());
    let options = s3_server::options().await;
    let client = s3_server::client(&options);
    let blobs = s3_server::open(options.clone(), &keyring).await;
    blobs.put(TENANT, ID, Bytes::from_static(b"0123456789")).await.unwrap();
    let key = keys_of(&client, &options).await.remove(0);
    let kept =
        client.get_object().bucket(BUCKET).key(&key).send().await.unwrap().body.collect().await.unwrap().to_vec();
    let mut changed = kept.clone();
    changed[30] ^= 1;
    for damage in [changed, kept[..kept.len() - 1].to_vec(), kept[..10].to_vec(), Vec::new()] {
        client.put_object().bucket(BUCKET).key(&key).body(damage.into()).send().await.unwrap();
        assert!(matches!(blobs.read(TENANT, ID).await, Err(StoreError::Corrupt(_))));
        assert!(matches!(blobs.read_range(TENANT, ID, 0, 1).await, Err(StoreError::Corrupt(_))));
    }
    let other = MediaId::from_bytes([0xac; 16]);
    let moved = key.replace("/ab/", "/ac/").replace(&ID.to_string(), &other.to_string());
    client.put_object().bucket(BUCKET).key(moved).body(kept.into()).send().await.unwrap();
    assert!(matches!(blobs.read(TENANT, other).await, Err(StoreError::Corrupt(_))), "of another file");
    blobs.put(TENANT, ID, Bytes::from_static(b"again")).await.unwrap();
    assert_eq!(blobs.read(TENANT, ID).await, Ok(Some(Bytes::from_static(b"again"))));
}

#[tokio::test]
async fn a_server_that_refuses_or_is_away_says_why_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = s3_server::keys(dir.path());
    let options = s3_server::options().await;
    let blobs = s3_server::open(options.clone(), &keyring).await;
    blobs.put(TENANT, ID, Bytes::from_static(b"kept")).await.unwrap();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let secret = options.credentials.clone().unwrap();
    let with = |credentials: S3Credentials| S3Options { credentials: Some(credentials), ..options.clone() };
    let refusals = [
        (
            with(S3Credentials { secret_access_key: "wrong".to_owned().into(), ..secret.clone() }),
            "s3.secret_access_key",
        ),
        (with(S3Credentials { access_key_id: "nobody".into(), ..secret }), "s3.access_key_id"),
        (S3Options { bucket: "nobodys".into(), ..options.clone() }, "it has no bucket `nobodys`"),
        (S3Options { endpoint: Some(format!("http://{closed}")), ..options.clone() }, "it cannot be reached"),
    ];
    for (options, words) in refusals {
        let other = s3_server::open(options, &keyring).await;
        for text in [
            told(other.put(TENANT, ID, Bytes::from_static(b"lost")).await),
            told(other.put(TENANT, ID, large()).await),
            told(other.read(TENANT, ID).await),
        ] {
            assert!(text.contains(words), "{text}");
        }
        told(other.check().await);
    }
    assert_eq!(blobs.read(TENANT, ID).await, Ok(Some(Bytes::from_static(b"kept"))));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_given_up() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = s3_server::keys(dir.path());
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = Some(format!("http://{}", silent.local_addr().unwrap()));
    let options = S3Options { endpoint, ..s3_server::options().await };
    let blobs = s3_server::open(options, &keyring).await;
    let text = told(blobs.put(TENANT, ID, Bytes::from_static(b"lost")).await);
    assert!(text.contains("it did not answer in time"), "{text}");
}

#[tokio::test]
async fn an_upload_that_was_cut_leaves_nothing_to_see_and_its_parts_are_removed() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = s3_server::keys(dir.path());
    let options = s3_server::options().await;
    let client = s3_server::client(&options);
    let blobs = s3_server::open(options.clone(), &keyring).await;
    let proxy = CuttingProxy::start(s3_server::address(), Cut::Up(10 * 1024 * 1024)).await;
    let endpoint = Some(format!("http://{}", proxy.address));
    let cut = s3_server::open(S3Options { endpoint, ..options.clone() }, &keyring).await;
    told(cut.put(TENANT, ID, large()).await);
    assert_eq!(blobs.read(TENANT, ID).await, Ok(None));
    assert!(keys_of(&client, &options).await.is_empty());
    assert_eq!(uploads_of(&client, &options).await, 1, "the way was cut for the end of the upload too");
    assert_eq!(blobs.end_cut_uploads(Timestamp(0)).await, Ok(0), "others may be under way");
    assert_eq!(blobs.end_cut_uploads(Timestamp(i64::MAX / 4)).await, Ok(1));
    assert_eq!(uploads_of(&client, &options).await, 0);
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = s3_server::keys(dir.path());
    let options = s3_server::options().await;
    let blobs = s3_server::open(options.clone(), &keyring).await;
    blobs.put(TENANT, ID, large()).await.unwrap();
    for cut in [1_000, 9 * 1024 * 1024] {
        let proxy = CuttingProxy::start(s3_server::address(), Cut::DownOnce(cut)).await;
        let endpoint = Some(format!("http://{}", proxy.address));
        let through = s3_server::open(S3Options { endpoint, ..options.clone() }, &keyring).await;
        assert_eq!(through.read(TENANT, ID).await.unwrap().unwrap(), large());
    }
}

#[tokio::test]
async fn what_is_set_up_wrongly_is_said_and_no_secret_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = s3_server::keys(dir.path());
    let options = s3_server::options().await;
    let secret = options.credentials.clone().unwrap();
    let shown = format!("{options:?}");
    assert!(!shown.contains(secret.secret_access_key.as_str()) && !shown.contains(&secret.access_key_id), "{shown}");
    for wrong in [
        S3Options { bucket: String::new(), ..options.clone() },
        S3Options { region: String::new(), ..options.clone() },
        S3Options { endpoint: Some("spaces.example".into()), ..options.clone() },
        S3Options { endpoint: Some("https://me:secret@spaces.example".into()), ..options },
    ] {
        let text = told(S3Blobs::open(wrong, keyring.clone()).await.map(drop));
        assert!(text.contains("set up wrongly") && !text.contains("secret@"), "{text}");
    }
}

#[tokio::test]
async fn new_data_keys_reseal_every_object_and_a_repeat_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let keyring = s3_server::keys(dir.path());
    let options = s3_server::options().await;
    let client = s3_server::client(&options);
    let blobs = s3_server::open(options.clone(), &keyring).await;
    let (small, empty) = (MediaId::from_bytes([1; 16]), MediaId::from_bytes([2; 16]));
    let files = [(ID, large()), (small, Bytes::from_static(b"small")), (empty, Bytes::new())];
    for (id, bytes) in &files {
        blobs.put(TENANT, *id, bytes.clone()).await.unwrap();
    }
    let strangers = format!("{}/{TENANT}/ab/notes.txt", options.prefix);
    client.put_object().bucket(BUCKET).key(&strangers).body(b"not ours".to_vec().into()).send().await.unwrap();
    assert_eq!(blobs.reseal().await, Ok(0));
    keyring.begin_data_rotation().unwrap();
    // Somebody had begun.
    blobs.put(TENANT, small, Bytes::from_static(b"small")).await.unwrap();
    assert_eq!((blobs.reseal().await, blobs.reseal().await), (Ok(2), Ok(0)));
    keyring.end_data_rotation().unwrap();
    for (id, bytes) in files {
        assert_eq!(blobs.read(TENANT, id).await, Ok(Some(bytes)), "{id}");
    }
    assert_eq!(uploads_of(&client, &options).await, 0);
    let kept = client.get_object().bucket(BUCKET).key(strangers).send().await.unwrap().body.collect().await.unwrap();
    assert_eq!(kept.to_vec(), b"not ours");
}
