//! Stickers as lossless WebP of at most two values per channel: then each prefix code has one or two symbols, and a
//! pixel is a handful of plain bits.

const SIZE: i32 = 128;

type Look = ([u8; 2], [u8; 2], [u8; 2]);

/// Red, green, blue: the value of the line and that of the face.
const LOOKS: [Look; 4] = [
    ([40, 250], [44, 200], [52, 60]),
    ([30, 240], [60, 120], [62, 130]),
    ([20, 120], [50, 200], [60, 190]),
    ([60, 200], [30, 170], [80, 240]),
];

pub(super) fn sticker(look: usize) -> Vec<u8> {
    let (red, green, blue) = LOOKS.get(look).copied().unwrap_or(([0, 255], [0, 255], [0, 255]));
    let mut bits = Bits::default();
    bits.push(0x2f, 8);
    bits.push(127, 14);
    bits.push(127, 14);
    // Transparency is used, version 0; no transform, no colour cache, one group of codes.
    bits.push(1, 1);
    bits.push(0, 3 + 1 + 1 + 1);
    for [low, high] in [green, red, blue, [0, 255]] {
        // Simple code of two symbols, the first in 8 bits; the smaller symbol is bit 0.
        bits.push(0b111, 3);
        bits.push(u32::from(low), 8);
        bits.push(u32::from(high), 8);
    }
    // No copies, so the code of distances has the one symbol 0.
    bits.push(0b0001, 4);
    for y in 0..SIZE {
        for x in 0..SIZE {
            let (inside, face) = face(x, y);
            let bit = u32::from(face);
            bits.push(bit | (bit << 1) | (bit << 2) | (u32::from(inside) << 3), 4);
        }
    }
    container(bits.finish())
}

/// Whether the point belongs to the sticker, and whether it is face rather than line.
fn face(x: i32, y: i32) -> (bool, bool) {
    let near = |cx: i32, cy: i32, radius: i32| (x - cx).pow(2) + (y - cy).pow(2) <= radius.pow(2);
    let eye = near(46, 52, 7) || near(82, 52, 7);
    let mouth = near(64, 70, 30) && !near(64, 62, 32) && y > 70;
    (near(64, 64, 58), near(64, 64, 54) && !eye && !mouth)
}

fn container(mut image: Vec<u8>) -> Vec<u8> {
    let length = u32::try_from(image.len()).unwrap_or_default();
    if image.len() % 2 == 1 {
        image.push(0);
    }
    let whole = u32::try_from(image.len() + 12).unwrap_or_default();
    let mut file = b"RIFF".to_vec();
    file.extend(whole.to_le_bytes());
    file.extend(b"WEBPVP8L");
    file.extend(length.to_le_bytes());
    file.extend(image);
    file
}

/// Lowest bit first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    open: u32,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, count: u32) {
        self.open |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push((self.open & 0xff) as u8);
            self.open >>= 8;
            self.count -= 8;
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.push(0, 7);
        self.bytes
    }
}
