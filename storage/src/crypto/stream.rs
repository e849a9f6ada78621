//! Files, sealed in segments so that a part can be read without the rest (STREAM of Hoang, Reyhanitabar, Rogaway and
//! Vizár): the place of a segment and whether it is the last are in its nonce, so none can be moved, left out or cut off.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use rand::RngCore as _;

use super::cipher::{Cipher, NONCE_BYTES, TAG_BYTES};
use super::sealer::{CONTEXT_MAX, Column, Sealer};

const FORMAT: u8 = 1;
const PREFIX_BYTES: usize = 19;
/// Format, generation of the key, what the nonces of all segments begin with.
const HEADER_BYTES: usize = 1 + 2 + PREFIX_BYTES;
/// What is decrypted at least, to read one byte.
const SEGMENT_BYTES: usize = 64 * 1024;
const SEALED_SEGMENT: usize = SEGMENT_BYTES + TAG_BYTES;

const COLUMN: Column = Column { table: "blob", column: "bytes" };

/// What all segments of one file share.
struct Stream<'a> {
    cipher: &'a Cipher,
    context: &'a [u8],
    prefix: [u8; PREFIX_BYTES],
}

impl Stream<'_> {
    fn nonce(&self, index: u64, last: bool) -> io::Result<[u8; NONCE_BYTES]> {
        let index = u32::try_from(index).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
        let mut nonce = [0; NONCE_BYTES];
        let mut rest = &mut nonce[..];
        rest.write_all(&self.prefix)?;
        rest.write_all(&index.to_be_bytes())?;
        rest.write_all(&[u8::from(last)])?;
        Ok(nonce)
    }
}

/// Writes `plain` sealed. An empty file has one empty segment.
pub(crate) fn seal_file(sealer: &Sealer, row: &[u8], plain: &[u8], out: &mut impl Write) -> io::Result<()> {
    let too_long = || io::Error::other("a file was not sealed");
    let (generation, cipher) = sealer.newest().ok_or_else(too_long)?;
    let mut buffer = [0; CONTEXT_MAX];
    let context = sealer.context(&mut buffer, generation, COLUMN, row).ok_or_else(too_long)?;
    let mut prefix = [0; PREFIX_BYTES];
    rand::rng().fill_bytes(&mut prefix);
    let stream = Stream { cipher, context, prefix };
    out.write_all(&[FORMAT])?;
    out.write_all(&generation.to_be_bytes())?;
    out.write_all(&prefix)?;
    let mut segment = Vec::with_capacity(plain.len().min(SEGMENT_BYTES) + TAG_BYTES);
    let mut rest = plain;
    for index in 0.. {
        let (now, later) = rest.split_at(rest.len().min(SEGMENT_BYTES));
        segment.clear();
        segment.extend_from_slice(now);
        let nonce = stream.nonce(index, later.is_empty())?;
        let tag = cipher.seal(nonce, context, &mut segment).ok_or_else(too_long)?;
        segment.extend_from_slice(&tag);
        out.write_all(&segment)?;
        if later.is_empty() {
            break;
        }
        rest = later;
    }
    Ok(())
}

/// Which segments of a sealed file hold a part of what it says.
struct Span {
    /// Of the plain bytes.
    part: Range<u64>,
    first: u64,
    last: u64,
    /// Of the whole file.
    segments: u64,
}

impl Span {
    /// `length` bytes from `offset`, fewer at the end, of a file that has `sealed` bytes.
    fn of(sealed: u64, offset: u64, length: u64) -> io::Result<Self> {
        let body = sealed.saturating_sub(HEADER_BYTES as u64);
        let segments = body.div_ceil(SEALED_SEGMENT as u64);
        let plain = body.checked_sub(segments * TAG_BYTES as u64).filter(|_| segments > 0).ok_or_else(unreadable)?;
        let start = offset.min(plain);
        let end = start.saturating_add(length).min(plain);
        let first = (start / SEGMENT_BYTES as u64).min(segments - 1);
        let last = (end.saturating_sub(1) / SEGMENT_BYTES as u64).max(first);
        Ok(Self { part: start..end, first, last, segments })
    }
}

/// Where the segments lie that [`open_range`] reads besides the header, in a file that has `sealed` bytes.
pub(crate) fn sealed_range(sealed: u64, offset: u64, length: u64) -> io::Result<Range<u64>> {
    let span = Span::of(sealed, offset, length)?;
    let place = |segment: u64| (HEADER_BYTES as u64 + segment * SEALED_SEGMENT as u64).min(sealed);
    Ok(place(span.first)..place(span.last + 1))
}

/// `length` bytes from `offset`, fewer at the end. Memory is taken by what is there, not by what is asked for.
pub(crate) fn open_range(
    sealer: &Sealer,
    row: &[u8],
    file: &mut (impl Read + Seek),
    offset: u64,
    length: u64,
) -> io::Result<Vec<u8>> {
    let size_of_file = file.seek(SeekFrom::End(0))?;
    file.rewind()?;
    let mut header = [0; HEADER_BYTES];
    file.read_exact(&mut header).map_err(|_| unreadable())?;
    let [FORMAT, high, low, prefix @ ..] = header else { return Err(unreadable()) };
    let generation = u16::from_be_bytes([high, low]);
    let cipher = sealer.cipher(generation).ok_or_else(unreadable)?;
    let mut buffer = [0; CONTEXT_MAX];
    let context = sealer.context(&mut buffer, generation, COLUMN, row).ok_or_else(unreadable)?;
    let stream = Stream { cipher, context, prefix };

    let Span { part: Range { start, end }, first, last, segments } = Span::of(size_of_file, offset, length)?;
    let (size, full) = (SEGMENT_BYTES as u64, SEALED_SEGMENT as u64);
    file.seek(SeekFrom::Start(HEADER_BYTES as u64 + first * full))?;
    let mut found = Vec::with_capacity(usize::try_from(end - start).unwrap_or(0));
    let mut segment = Vec::with_capacity(SEALED_SEGMENT);
    for index in first..=last {
        segment.clear();
        (&mut *file).take(full).read_to_end(&mut segment)?;
        let nonce = stream.nonce(index, index + 1 == segments)?;
        let plain = stream.cipher.open(nonce, stream.context, &mut segment).ok_or_else(unreadable)?;
        let from = usize::try_from(start.saturating_sub(index * size)).map_err(|_| unreadable())?;
        let to = usize::try_from((end - index * size).min(size)).map_err(|_| unreadable())?;
        found.extend_from_slice(plain.get(from..to).ok_or_else(unreadable)?);
    }
    Ok(found)
}

/// The plain bytes of a file that is sealed by an older key; `None` when it is not.
pub(crate) fn open_stale(sealer: &Sealer, row: &[u8], file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let mut header = [0; HEADER_BYTES];
    file.read_exact(&mut header).map_err(|_| unreadable())?;
    if !sealer.is_stale(&header) {
        return Ok(None);
    }
    open_range(sealer, row, file, 0, u64::MAX).map(Some)
}

fn unreadable() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it does not open: it was changed, or it lies in the wrong place")
}

#[cfg(test)]
mod tests {
    use engine::id::TenantId;

    use super::super::secret::Secret;
    use super::*;

    fn sealer() -> Sealer {
        let key = || Secret::from_bytes([7; 32]);
        Sealer::new(Some(TenantId::from_bytes([1; 16])), vec![(1, key())], key())
    }

    fn whole(row: &[u8], file: &mut File) -> io::Result<Vec<u8>> {
        open_range(&sealer(), row, file, 0, u64::MAX)
    }

    fn stored(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file.rewind().unwrap();
        file
    }

    fn sealed(plain: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        seal_file(&sealer(), b"id", plain, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn files_around_the_edges_of_a_segment_read_back_whole_and_in_parts() {
        for length in [0, 1, SEGMENT_BYTES - 1, SEGMENT_BYTES, SEGMENT_BYTES + 1, 3 * SEGMENT_BYTES] {
            let plain: Vec<u8> = (0..=250).cycle().take(length).collect();
            let mut file = stored(&sealed(&plain));
            assert_eq!(whole(b"id", &mut file).unwrap(), plain, "{length}");
            for offset in [0, 1, length / 2, length.saturating_sub(1), length, SEGMENT_BYTES - 1, SEGMENT_BYTES] {
                for take in [0, 1, 2, SEGMENT_BYTES, SEGMENT_BYTES + 2] {
                    file.rewind().unwrap();
                    let part = open_range(&sealer(), b"id", &mut file, offset as u64, take as u64).unwrap();
                    let from = offset.min(length);
                    assert_eq!(part, plain[from..(from + take).min(length)], "{length} {offset} {take}");
                }
            }
        }
    }

    #[test]
    fn a_file_that_was_cut_changed_or_moved_does_not_open() {
        let whole = sealed(&vec![5; 2 * SEGMENT_BYTES + 9]);
        let opens = |bytes: &[u8], row: &[u8]| self::whole(row, &mut stored(bytes)).is_ok();
        assert!(opens(&whole, b"id"));
        assert!(!opens(&whole, b"of another file"));
        assert!(!opens(&whole[..HEADER_BYTES + 2 * SEALED_SEGMENT], b"id"), "cut between two segments");
        assert!(!opens(&[], b"id"));
        let (header, body) = whole.split_at(HEADER_BYTES);
        let swapped = [header, &body[SEALED_SEGMENT..2 * SEALED_SEGMENT], &body[..SEALED_SEGMENT]].concat();
        assert!(!opens(&[&swapped, &body[2 * SEALED_SEGMENT..]].concat(), b"id"), "segments swapped");
        for at in [0, 1, 5, HEADER_BYTES, HEADER_BYTES + SEALED_SEGMENT - 1, whole.len() - 1] {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            assert!(!opens(&changed, b"id"), "byte {at}");
        }
    }
}
