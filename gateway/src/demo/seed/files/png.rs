//! Pictures of rectangles, discs and slopes with a palette, and the little of PNG and deflate that writes them small:
//! rows as the difference from the row above are mostly zeros, and runs are all that is compressed.

use super::Motif;
use crate::demo::seed::chance::Chance;

const WIDTH: usize = 320;
const HEIGHT: usize = 240;

type Rgb = [u8; 3];

struct Canvas {
    pixels: Vec<u8>,
    palette: Vec<Rgb>,
}

pub(super) fn picture(motif: Motif, chance: &mut Chance) -> Vec<u8> {
    let mut canvas = match motif {
        Motif::Paper => paper(chance),
        Motif::Parcel => parcel(chance),
        Motif::Landscape => landscape(chance),
        Motif::Dress => dress(chance),
    };
    // A watermark of noise: no two pictures are the same file.
    for _ in 0..6 {
        let (x, y) = (chance.below(WIDTH), chance.below(HEIGHT));
        canvas.rectangle(x, y, 1, 1, 1);
    }
    encode(&canvas)
}

fn paper(chance: &mut Chance) -> Canvas {
    let table = chance.pick(&[[139, 118, 96], [92, 104, 112], [160, 140, 110]], [139, 118, 96]);
    let mut canvas =
        Canvas::new(&[table, [120, 100, 80], [247, 244, 236], [120, 124, 128], [36, 58, 140], [10, 108, 112]]);
    canvas.rectangle(0, 150, WIDTH, 90, 1);
    let left = 70 + chance.below(40);
    canvas.rectangle(left, 12, 176, 220, 2);
    canvas.disc(left + 40, 34, 10, 5);
    canvas.rectangle(left + 60, 28, 80, 7, 3);
    for line in 0..8 {
        canvas.rectangle(left + 18, 60 + line * 14, 80 + chance.below(60), 4, 3);
    }
    for step in 0..12 {
        canvas.rectangle(left + 90 + step * 5, 196 - chance.below(14), 6, 2, 4);
    }
    canvas
}

fn parcel(chance: &mut Chance) -> Canvas {
    let wall = chance.pick(&[[226, 228, 224], [214, 222, 230], [236, 228, 216]], [226, 228, 224]);
    let mug = chance.pick(&[[198, 84, 60], [52, 108, 156], [60, 130, 92]], [198, 84, 60]);
    let mut canvas = Canvas::new(&[wall, [150, 120, 86], [196, 156, 108], [172, 132, 88], mug, [250, 250, 248]]);
    canvas.rectangle(0, 190, WIDTH, 50, 1);
    canvas.rectangle(40, 90, 150, 120, 2);
    canvas.rectangle(104, 90, 22, 120, 3);
    canvas.rectangle(60, 120, 36, 24, 5);
    canvas.disc(264, 172, 22, 4);
    canvas.disc(264, 172, 13, 0);
    canvas.rectangle(208, 140, 56, 70, 4);
    canvas.rectangle(208, 140 + chance.below(30), 56, 6, 5);
    canvas
}

fn landscape(chance: &mut Chance) -> Canvas {
    let sky = chance.pick(&[[150, 200, 228], [244, 190, 130], [190, 206, 226]], [150, 200, 228]);
    let mut canvas =
        Canvas::new(&[sky, [228, 200, 140], [206, 168, 104], [182, 144, 84], [252, 240, 190], [48, 126, 140]]);
    canvas.disc(60 + chance.below(200), 50, 24, 4);
    canvas.slope(40 + chance.below(60), 70, 120, 2);
    canvas.slope(190 + chance.below(60), 105, 85, 3);
    canvas.rectangle(0, 188, WIDTH, 52, 1);
    canvas.rectangle(0, 210, WIDTH, 22, 5);
    canvas
}

fn dress(chance: &mut Chance) -> Canvas {
    let cloth = chance.pick(&[[122, 150, 120], [190, 96, 110], [208, 190, 150], [70, 90, 150]], [122, 150, 120]);
    let mut canvas = Canvas::new(&[[240, 234, 228], [214, 204, 194], [96, 80, 68], cloth, [250, 248, 244]]);
    canvas.rectangle(0, 200, WIDTH, 40, 1);
    canvas.rectangle(20, 24, 280, 4, 2);
    canvas.rectangle(158, 24, 4, 26, 2);
    canvas.slope(160, 48, 160, 3);
    canvas.rectangle(136, 56, 48, 60, 3);
    canvas.rectangle(136, 112 + chance.below(8), 48, 5, 4);
    canvas
}

impl Canvas {
    fn new(palette: &[Rgb]) -> Self {
        Self { pixels: vec![0; WIDTH * HEIGHT], palette: palette.to_vec() }
    }

    fn rectangle(&mut self, x: usize, y: usize, width: usize, height: usize, colour: u8) {
        for row in self.pixels.chunks_mut(WIDTH).skip(y).take(height) {
            row.iter_mut().skip(x).take(width).for_each(|pixel| *pixel = colour);
        }
    }

    fn disc(&mut self, x: usize, y: usize, radius: usize, colour: u8) {
        for (line, row) in self.pixels.chunks_mut(WIDTH).enumerate() {
            for (column, pixel) in row.iter_mut().enumerate() {
                if column.abs_diff(x).pow(2) + line.abs_diff(y).pow(2) <= radius.pow(2) {
                    *pixel = colour;
                }
            }
        }
    }

    /// A triangle that stands: as wide as it is high.
    fn slope(&mut self, x: usize, y: usize, height: usize, colour: u8) {
        for (down, row) in self.pixels.chunks_mut(WIDTH).skip(y).take(height).enumerate() {
            row.iter_mut().skip(x.saturating_sub(down / 2)).take(down + 1).for_each(|pixel| *pixel = colour);
        }
    }
}

fn encode(canvas: &Canvas) -> Vec<u8> {
    const UP: u8 = 2;
    let mut above: &[u8] = &[0; WIDTH];
    let mut raw = Vec::with_capacity((WIDTH + 1) * HEIGHT);
    for row in canvas.pixels.chunks(WIDTH) {
        raw.push(UP);
        raw.extend(row.iter().zip(above).map(|(pixel, above)| pixel.wrapping_sub(*above)));
        above = row;
    }
    let mut header = Vec::with_capacity(13);
    header.extend(u32::try_from(WIDTH).unwrap_or_default().to_be_bytes());
    header.extend(u32::try_from(HEIGHT).unwrap_or_default().to_be_bytes());
    // 8 bits per pixel, palette, deflate, filters, not interlaced.
    header.extend([8, 3, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut file, *b"IHDR", &header);
    chunk(&mut file, *b"PLTE", &canvas.palette.concat());
    chunk(&mut file, *b"IDAT", &zlib(&raw));
    chunk(&mut file, *b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: [u8; 4], body: &[u8]) {
    file.extend(u32::try_from(body.len()).unwrap_or_default().to_be_bytes());
    file.extend(kind);
    file.extend(body);
    let mut crc = !0_u32;
    for byte in kind.iter().chain(body) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    file.extend((!crc).to_be_bytes());
}

/// One block with the fixed code; a run is a literal and copies of it at distance 1.
fn zlib(raw: &[u8]) -> Vec<u8> {
    const LONGEST: usize = 258;
    let mut bits = Bits { bytes: vec![0x78, 0x01], open: 0, count: 0 };
    bits.push(0b011, 3);
    for run in raw.chunk_by(|one, next| one == next) {
        let Some(value) = run.first() else { continue };
        bits.symbol(u32::from(*value));
        let mut left = run.len() - 1;
        while left >= 3 {
            let length = if left >= LONGEST { LONGEST } else { left.min(10) };
            bits.symbol(if length == LONGEST { 285 } else { 254 + u32::try_from(length).unwrap_or_default() });
            bits.push(0, 5);
            left -= length;
        }
        for _ in 0..left {
            bits.symbol(u32::from(*value));
        }
    }
    bits.symbol(256);
    bits.push(0, 7);
    let mut bytes = bits.bytes;
    bytes.extend(adler(raw).to_be_bytes());
    bytes
}

struct Bits {
    bytes: Vec<u8>,
    open: u32,
    count: u32,
}

impl Bits {
    /// Lowest bit first.
    fn push(&mut self, value: u32, count: u32) {
        self.open |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push((self.open & 0xff) as u8);
            self.open >>= 8;
            self.count -= 8;
        }
    }

    /// Of the fixed code for literals and lengths; codes are written highest bit first.
    fn symbol(&mut self, symbol: u32) {
        let (code, count) = match symbol {
            0..=143 => (0x30 + symbol, 8),
            144..=255 => (0x190 + symbol - 144, 9),
            256..=279 => (symbol - 256, 7),
            _ => (0xc0 + symbol - 280, 8),
        };
        self.push(code.reverse_bits() >> (32 - count), count);
    }
}

fn adler(raw: &[u8]) -> u32 {
    let (mut low, mut high) = (1_u32, 0_u32);
    for byte in raw {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    (high << 16) | low
}
