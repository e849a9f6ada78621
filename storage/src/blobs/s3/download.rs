//! A file, or a part of it, on its way down: the header, and the segments that are wanted.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

use aws_sdk_s3::error::ProvideErrorMetadata as _;
use bytes::Bytes;
use engine::id::{MediaId, TenantId};
use engine::ports::StoreError;
use tokio::time::timeout;

use super::fault::Asked;
use super::{ATTEMPT_MAX, ATTEMPTS, PART_BYTES, S3Blobs};
use crate::crypto;

/// What the first request brings: all of a photo, or the header and the beginning.
const FIRST_BYTES: u64 = 256 * 1024;
const PIECE_BYTES: u64 = PART_BYTES as u64;

/// Bytes of an object, from where they were asked for.
struct Piece {
    bytes: Bytes,
    /// Of the object.
    size: u64,
    etag: Option<String>,
}

enum Came {
    Piece(Piece),
    NotThere,
    /// It was written again meanwhile, sealed anew.
    Replaced,
}

impl S3Blobs {
    pub(super) async fn download(
        &self,
        tenant: TenantId,
        id: MediaId,
        offset: u64,
        length: u64,
    ) -> Result<Option<Bytes>, StoreError> {
        let Some(sealer) = self.keyring.find(tenant).await? else { return Ok(None) };
        let key = self.key(tenant, id);
        for _ in 0..ATTEMPTS {
            let mut object = match self.piece(&key, 0..FIRST_BYTES, None).await? {
                Came::Piece(piece) => Gathered::new(piece),
                Came::NotThere => return Ok(None),
                Came::Replaced => continue,
            };
            let wanted = crypto::sealed_range(object.size, offset, length).map_err(unreadable)?;
            if !self.gather(&key, &mut object, wanted).await? {
                continue;
            }
            let opened = tokio::task::spawn_blocking(move || {
                crypto::open_range(&sealer, id.as_bytes(), &mut object, offset, length).map_err(unreadable)
            });
            let bytes =
                opened.await.map_err(|error| StoreError::Unavailable(format!("a file was cut short: {error}")))?;
            return bytes.map(|bytes| Some(Bytes::from(bytes)));
        }
        Err(odd("the file is written again and again; try again"))
    }

    /// What the object begins with; `None`: there is none.
    pub(super) async fn first_bytes(&self, key: &str, length: u64) -> Result<Option<Bytes>, StoreError> {
        match self.piece(key, 0..length, None).await? {
            Came::Piece(piece) => Ok(Some(piece.bytes)),
            Came::NotThere | Came::Replaced => Ok(None),
        }
    }

    /// Everything that is wanted and did not come with the first piece. `false`: it is another object by now.
    async fn gather(&self, key: &str, object: &mut Gathered, wanted: Range<u64>) -> Result<bool, StoreError> {
        let mut at = wanted.start.max(object.first.len() as u64);
        object.rest_at = at;
        while at < wanted.end {
            let until = wanted.end.min(at + PIECE_BYTES);
            match self.piece(key, at..until, object.etag.as_deref()).await? {
                Came::Piece(piece) if piece.size == object.size => object.rest.extend_from_slice(&piece.bytes),
                Came::Piece(_) | Came::NotThere | Came::Replaced => return Ok(false),
            }
            at = until;
        }
        Ok(true)
    }

    /// Fewer bytes only where the object ends. A body that breaks off is asked for again.
    async fn piece(&self, key: &str, range: Range<u64>, etag: Option<&str>) -> Result<Came, StoreError> {
        let mut fault = String::new();
        for _ in 0..ATTEMPTS {
            let request = self.client.get_object().bucket(&self.bucket).key(key).set_if_match(etag.map(str::to_owned));
            let range_text = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
            let answer = match request.range(range_text).send().await {
                Ok(answer) => answer,
                Err(error) => {
                    let status = error.raw_response().map(|response| response.status().as_u16());
                    return match (status, error.as_service_error().and_then(|error| error.code())) {
                        (Some(404), None | Some("NoSuchKey" | "NotFound")) => Ok(Came::NotThere),
                        (Some(412), _) => Ok(Came::Replaced),
                        (Some(416), _) => Err(unreadable(io::Error::other("the object is cut short"))),
                        (_, _) => Err(self.failed(Asked::Get, error)),
                    };
                }
            };
            let size = answer.content_range().and_then(size_in);
            let size = size.ok_or_else(|| odd("it does not answer for a part of a file"))?;
            let expected = range.end.min(size).saturating_sub(range.start);
            match timeout(ATTEMPT_MAX, answer.body.collect()).await {
                Ok(Ok(body)) => {
                    let bytes = body.into_bytes();
                    if bytes.len() as u64 == expected {
                        return Ok(Came::Piece(Piece { bytes, size, etag: answer.e_tag }));
                    }
                    fault = format!("{} bytes of {expected} came", bytes.len());
                }
                Ok(Err(error)) => fault = error.to_string(),
                Err(_) => "it took too long".clone_into(&mut fault),
            }
        }
        Err(odd(&format!("the answer broke off ({fault}); try again")))
    }
}

/// `bytes 0-99/1234`
fn size_in(content_range: &str) -> Option<u64> {
    content_range.strip_prefix("bytes ")?.split_once('/')?.1.parse().ok()
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err calls")]
fn unreadable(error: io::Error) -> StoreError {
    StoreError::Corrupt(format!("a file in S3: {error}"))
}

fn odd(what: &str) -> StoreError {
    StoreError::Unavailable(format!("S3, reading a file: {what}"))
}

/// The first bytes of an object and a stretch further on, read as if all of it was there.
struct Gathered {
    size: u64,
    etag: Option<String>,
    first: Bytes,
    rest_at: u64,
    rest: Vec<u8>,
    at: u64,
}

impl Gathered {
    fn new(piece: Piece) -> Self {
        let Piece { bytes, size, etag } = piece;
        Self { size, etag, first: bytes, rest_at: 0, rest: Vec::new(), at: 0 }
    }

    fn here(&self) -> Option<&[u8]> {
        let at = usize::try_from(self.at).ok()?;
        let first = self.first.get(at..).filter(|bytes| !bytes.is_empty());
        first.or_else(|| self.rest.get(usize::try_from(self.at.checked_sub(self.rest_at)?).ok()?..))
    }
}

impl Read for Gathered {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut here = self.here().unwrap_or_default();
        let read = here.read(out)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Gathered {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
