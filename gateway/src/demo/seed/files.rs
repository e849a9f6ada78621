//! Small real files for the messages: drawn pictures, stickers, silent voice notes, one-page documents.

mod ogg;
mod pdf;
mod png;
mod webp;

use bytes::Bytes;
use engine::content::{Media, MediaState};
use engine::id::MediaId;

use super::chance::Chance;

/// What is on a picture; in the order of `cast::NUMBERS` what customers of that business photograph.
#[derive(Debug, Clone, Copy)]
pub(super) enum Motif {
    Paper,
    Parcel,
    Landscape,
    Dress,
}

impl Motif {
    pub(super) const ALL: [Self; 4] = [Self::Paper, Self::Parcel, Self::Landscape, Self::Dress];
}

/// A file and what its message says of it.
pub(super) struct File {
    pub(super) media: Media,
    pub(super) bytes: Bytes,
}

impl File {
    fn ready(id: MediaId, mime: &str, filename: Option<String>, bytes: Vec<u8>) -> Self {
        let size = Some(bytes.len() as u64);
        let media = Media { id, state: MediaState::Ready, mime: mime.to_owned(), size, filename, reason: None };
        Self { media, bytes: bytes.into() }
    }

    pub(super) fn picture(id: MediaId, motif: Motif, chance: &mut Chance) -> Self {
        Self::ready(id, "image/png", None, png::picture(motif, chance))
    }

    pub(super) fn sticker(id: MediaId, chance: &mut Chance) -> Self {
        Self::ready(id, "image/webp", None, webp::sticker(chance.below(4)))
    }

    pub(super) fn voice(id: MediaId, seconds: u32) -> Self {
        Self::ready(id, "audio/ogg; codecs=opus", None, ogg::silence(seconds))
    }

    pub(super) fn document(id: MediaId, filename: &str, lines: &[&str]) -> Self {
        Self::ready(id, "application/pdf", Some(filename.to_owned()), pdf::page(lines))
    }
}

/// A video that WhatsApp did not give out: the demo has no camera.
pub(super) fn missing_video(id: MediaId, reason: &str) -> Media {
    let (mime, reason) = ("video/mp4".to_owned(), Some(reason.to_owned()));
    Media { id, state: MediaState::Failed, mime, size: None, filename: None, reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_begin_as_their_kind_does_and_are_small() {
        let (id, mut chance) = (MediaId::from_bytes([1; 16]), Chance::new(1, "file", 0));
        let starts = |file: File, start: &[u8]| {
            assert!(file.bytes.starts_with(start), "{}", file.media.mime);
            assert!(file.bytes.len() < 24 << 10, "{} of {} bytes", file.media.mime, file.bytes.len());
            assert_eq!(file.media.size, Some(file.bytes.len() as u64));
        };
        for motif in Motif::ALL {
            starts(File::picture(id, motif, &mut chance), b"\x89PNG\r\n\x1a\n");
        }
        starts(File::sticker(id, &mut chance), b"RIFF");
        starts(File::voice(id, 32), b"OggS");
        starts(File::document(id, "a.pdf", &["One", "Two (2)"]), b"%PDF-1.4");
    }
}
