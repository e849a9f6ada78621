//! The files that simulated customers send: tiny, valid, made here.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Specimen {
    /// A PNG of one colour.
    Image,
    /// Ogg with an Opus header and silence.
    Voice,
    Document,
    /// A lossless WebP of one pixel.
    Sticker,
}

impl Specimen {
    pub(crate) fn mime(self) -> &'static str {
        match self {
            Self::Image => "image/png",
            Self::Voice => "audio/ogg; codecs=opus",
            Self::Document => "application/pdf",
            Self::Sticker => "image/webp",
        }
    }

    /// `shade` varies the picture and the text.
    pub(crate) fn bytes(self, shade: u64) -> Bytes {
        match self {
            Self::Image => png(shade),
            Self::Voice => opus(),
            Self::Document => pdf(shade),
            Self::Sticker => Bytes::from_static(WEBP),
        }
    }
}

const WEBP: &[u8] =
    b"RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\x00\x00\x00\x10\x07\x10\x11\x11\x88\x88\xfe\x07\x00";

const PNG_SIDE: u32 = 48;

fn png(shade: u64) -> Bytes {
    let [red, green, blue, ..] = shade.to_le_bytes();
    let colour = [red | 0x40, green | 0x40, blue | 0x40];
    let row = [vec![0], colour.repeat(PNG_SIDE as usize)].concat();
    let pixels = row.repeat(PNG_SIDE as usize);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = [PNG_SIDE.to_be_bytes(), PNG_SIDE.to_be_bytes()].concat();
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    png_chunk(&mut file, *b"IHDR", &header);
    png_chunk(&mut file, *b"IDAT", &zlib_stored(&pixels));
    png_chunk(&mut file, *b"IEND", &[]);
    file.into()
}

fn png_chunk(file: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) {
    file.extend_from_slice(&u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
    let body = [kind.as_slice(), data].concat();
    file.extend_from_slice(&body);
    let crc = body.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 })
    });
    file.extend_from_slice(&(!crc).to_be_bytes());
}

/// One uncompressed deflate block: the pictures are small enough.
fn zlib_stored(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(0);
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend_from_slice(&length.to_le_bytes());
    stream.extend_from_slice(&(!length).to_le_bytes());
    stream.extend_from_slice(data);
    let (low, high) = data.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = (low + u32::from(*byte)) % 65_521;
        (low, (high + low) % 65_521)
    });
    stream.extend_from_slice(&((high << 16) | low).to_be_bytes());
    stream
}

fn opus() -> Bytes {
    let mut head = b"OpusHead\x01\x01\x38\x01".to_vec();
    head.extend_from_slice(&48_000_u32.to_le_bytes());
    head.extend_from_slice(&[0, 0, 0]);
    let mut tags = b"OpusTags".to_vec();
    tags.extend_from_slice(&5_u32.to_le_bytes());
    tags.extend_from_slice(b"jetto");
    tags.extend_from_slice(&0_u32.to_le_bytes());
    let silence = [0xF8, 0xFF, 0xFE];
    let pages = [(2_u8, 0_u64, head.as_slice()), (0, 0, tags.as_slice()), (4, 960, silence.as_slice())];
    let mut file = Vec::new();
    for (sequence, (flags, granule, packet)) in (0_u32..).zip(pages) {
        file.extend_from_slice(&ogg_page(flags, granule, sequence, packet));
    }
    file.into()
}

fn ogg_page(flags: u8, granule: u64, sequence: u32, packet: &[u8]) -> Vec<u8> {
    let mut before = b"OggS\x00".to_vec();
    before.push(flags);
    before.extend_from_slice(&granule.to_le_bytes());
    before.extend_from_slice(&0x4A65_7474_u32.to_le_bytes());
    before.extend_from_slice(&sequence.to_le_bytes());
    let mut after = vec![1, u8::try_from(packet.len()).unwrap_or(255)];
    after.extend_from_slice(packet);
    let unsigned = [before.as_slice(), &[0; 4], after.as_slice()].concat();
    let crc = unsigned.iter().fold(0_u32, |crc, byte| {
        (0..8).fold(crc ^ (u32::from(*byte) << 24), |crc, _| {
            if crc & 0x8000_0000 == 0 { crc << 1 } else { (crc << 1) ^ 0x04C1_1DB7 }
        })
    });
    [before.as_slice(), &crc.to_le_bytes(), after.as_slice()].concat()
}

fn pdf(shade: u64) -> Bytes {
    let text = format!("BT /F1 18 Tf 40 740 Td (Order {}) Tj ET", shade % 10_000);
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = b"%PDF-1.4\n".to_vec();
    let mut table = vec!["0000000000 65535 f \n".to_owned()];
    for (number, object) in (1..).zip(&objects) {
        table.push(format!("{:010} 00000 n \n", file.len()));
        file.extend_from_slice(format!("{number} 0 obj\n{object}\nendobj\n").as_bytes());
    }
    let start = file.len();
    let table = table.concat();
    let end = format!("xref\n0 6\n{table}trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n");
    file.extend_from_slice(end.as_bytes());
    file.into()
}
