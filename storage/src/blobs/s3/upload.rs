//! A file on its way up: sealed part by part while the part before is sent, and checked against what the server says it has.

use std::io::{self, Write};

use aws_lc_rs::digest::{self, SHA256, SHA256_OUTPUT_LEN};
use aws_sdk_s3::operation::abort_multipart_upload::AbortMultipartUploadError;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use bytes::Bytes;
use engine::id::{MediaId, TenantId};
use engine::ports::StoreError;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::task::JoinHandle;

use super::fault::Asked;
use super::{PART_BYTES, S3Blobs};
use crate::crypto;

type Sealing = JoinHandle<Result<(), StoreError>>;

/// Cuts what is written into parts.
struct Parts {
    part: Vec<u8>,
    sender: Sender<Bytes>,
}

impl Parts {
    fn send(&mut self) -> io::Result<()> {
        let part = std::mem::take(&mut self.part);
        self.sender.blocking_send(part.into()).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (now, _) = bytes.split_at(bytes.len().min(PART_BYTES - self.part.len()));
        self.part.extend_from_slice(now);
        if self.part.len() == PART_BYTES {
            self.send()?;
        }
        Ok(now.len())
    }

    /// The last part; nothing may be written after it.
    fn flush(&mut self) -> io::Result<()> {
        if self.part.is_empty() { Ok(()) } else { self.send() }
    }
}

/// A SHA-256 as S3 writes it.
fn sha256(bytes: &[u8]) -> ([u8; SHA256_OUTPUT_LEN], String) {
    let mut sum = [0; SHA256_OUTPUT_LEN];
    sum.copy_from_slice(digest::digest(&SHA256, bytes).as_ref());
    (sum, BASE64_STANDARD.encode(sum))
}

impl S3Blobs {
    pub(super) async fn upload(&self, tenant: TenantId, id: MediaId, plain: Bytes) -> Result<(), StoreError> {
        let (sender, mut parts) = mpsc::channel(1);
        let sealer = self.keyring.make(tenant).await?;
        let sealing = tokio::task::spawn_blocking(move || {
            let mut out = Parts { part: Vec::with_capacity(PART_BYTES.min(plain.len() + 1024)), sender };
            let done = crypto::seal_file(&sealer, id.as_bytes(), &plain, &mut out).and_then(|()| out.flush());
            done.map_err(|error| StoreError::Unavailable(format!("a file was not sealed: {error}")))
        });
        let key = self.key(tenant, id);
        let first = parts.recv().await.unwrap_or_default();
        match parts.recv().await {
            None => {
                ended(sealing).await?;
                self.put_whole(&key, first).await
            }
            Some(second) => self.put_parts(&key, [first, second], parts, sealing).await,
        }
    }

    async fn put_whole(&self, key: &str, sealed: Bytes) -> Result<(), StoreError> {
        let size = sealed.len() as u64;
        let (_, sum) = sha256(&sealed);
        let request = self.client.put_object().bucket(&self.bucket).key(key).checksum_sha256(&sum);
        let request = request.content_type(CONTENT).content_length(signed(size)).body(ByteStream::from(sealed));
        let stored = request.send().await.map_err(|error| self.failed(Asked::Put, error))?;
        self.compare(key, stored.checksum_sha256(), &sum, size).await
    }

    async fn put_parts(
        &self,
        key: &str,
        first: [Bytes; 2],
        rest: Receiver<Bytes>,
        sealing: Sealing,
    ) -> Result<(), StoreError> {
        let request = self.client.create_multipart_upload().bucket(&self.bucket).key(key).content_type(CONTENT);
        let begun = request.checksum_algorithm(ChecksumAlgorithm::Sha256).send().await;
        let begun = begun.map_err(|error| self.failed(Asked::Put, error))?;
        let upload = begun.upload_id().ok_or_else(|| odd("it began an upload without a name"))?;
        let stored = self.put_parts_into(key, upload, first, rest, sealing).await;
        if stored.is_err()
            && let Err(error) = self.abort(key, upload).await
        {
            // `end_cut_uploads` finds it again.
            tracing::warn!(%error, "an upload that failed was not ended");
        }
        stored
    }

    async fn put_parts_into(
        &self,
        key: &str,
        upload: &str,
        first: [Bytes; 2],
        mut rest: Receiver<Bytes>,
        sealing: Sealing,
    ) -> Result<(), StoreError> {
        let mut first = first.into_iter();
        let (mut done, mut sums, mut size) = (Vec::new(), Vec::new(), 0);
        for number in 1.. {
            let part = match first.next() {
                Some(part) => part,
                None => match rest.recv().await {
                    Some(part) => part,
                    None => break,
                },
            };
            size += part.len() as u64;
            let (sum, text) = sha256(&part);
            sums.extend_from_slice(&sum);
            done.push(self.put_part(key, upload, number, part, text).await?);
        }
        // Sealing that was cut short ends the parts too.
        ended(sealing).await?;
        let parts = CompletedMultipartUpload::builder().set_parts(Some(done)).build();
        let request = self.client.complete_multipart_upload().bucket(&self.bucket).key(key).upload_id(upload);
        let stored = request.multipart_upload(parts).mpu_object_size(signed(size)).send().await;
        let stored = stored.map_err(|error| self.failed(Asked::Put, error))?;
        let expected = format!("{}-{}", sha256(&sums).1, sums.len() / SHA256_OUTPUT_LEN);
        self.compare(key, stored.checksum_sha256(), &expected, size).await
    }

    async fn put_part(
        &self,
        key: &str,
        upload: &str,
        number: i32,
        part: Bytes,
        sum: String,
    ) -> Result<CompletedPart, StoreError> {
        let request = self.client.upload_part().bucket(&self.bucket).key(key).upload_id(upload).part_number(number);
        let stored = request.checksum_sha256(&sum).body(ByteStream::from(part)).send().await;
        let stored = stored.map_err(|error| self.failed(Asked::Put, error))?;
        if stored.checksum_sha256().is_some_and(|told| told != sum) {
            return Err(odd("it has other bytes than were sent; try again"));
        }
        let part = CompletedPart::builder().part_number(number).set_e_tag(stored.e_tag);
        // A server that knows no checksums of parts would refuse them here.
        Ok(part.set_checksum_sha256(stored.checksum_sha256).build())
    }

    pub(super) async fn abort(&self, key: &str, upload: &str) -> Result<(), StoreError> {
        let request = self.client.abort_multipart_upload().bucket(&self.bucket).key(key).upload_id(upload);
        match request.send().await {
            Ok(_) => Ok(()),
            // Somebody else was faster, or it had come to its end.
            Err(error) if error.as_service_error().is_some_and(AbortMultipartUploadError::is_no_such_upload) => Ok(()),
            Err(error) => Err(self.failed(Asked::Abort, error)),
        }
    }

    /// The hash that the server computed must be ours. Every server has checked the signature over each request's hash
    /// before; one that computes no more than that is asked for the size.
    async fn compare(&self, key: &str, told: Option<&str>, expected: &str, size: u64) -> Result<(), StoreError> {
        match told {
            Some(told) if told == expected => return Ok(()),
            Some(_) => return Err(odd("it has other bytes than were sent; try again")),
            None => {}
        }
        let asked = self.client.head_object().bucket(&self.bucket).key(key).send().await;
        let found = asked.map_err(|error| self.failed(Asked::Put, error))?.content_length();
        if found == Some(signed(size)) {
            return Ok(());
        }
        Err(odd(&format!("it has {} bytes of {size}; try again", found.unwrap_or(0))))
    }
}

/// It is not said what is in there: to the server it is noise.
const CONTENT: &str = "application/octet-stream";

fn odd(what: &str) -> StoreError {
    StoreError::Unavailable(format!("S3, storing a file: {what}"))
}

fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

async fn ended(sealing: Sealing) -> Result<(), StoreError> {
    sealing.await.map_err(|error| StoreError::Unavailable(format!("sealing was cut short: {error}")))?
}
