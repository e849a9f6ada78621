//! Voice notes: Ogg Opus of silence, as long as they say.

/// 20 ms of silence, one channel.
const PACKET: [u8; 3] = [0xf8, 0xff, 0xfe];
const PACKETS_PER_SECOND: u64 = 50;
/// Samples at 48 kHz.
const SAMPLES_PER_SECOND: u64 = 48_000;

pub(super) fn silence(seconds: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend(312_u16.to_le_bytes());
    head.extend(16_000_u32.to_le_bytes());
    head.extend([0, 0, 0]);
    let mut tags = b"OpusTags".to_vec();
    tags.extend(5_u32.to_le_bytes());
    tags.extend(b"Jetto");
    tags.extend(0_u32.to_le_bytes());
    page(&mut file, 2, 0, 0, &[&head]);
    page(&mut file, 0, 0, 1, &[&tags]);
    let second: Vec<&[u8]> = (0..PACKETS_PER_SECOND).map(|_| &PACKET[..]).collect();
    for number in 1..=seconds {
        let kind = if number == seconds { 4 } else { 0 };
        page(&mut file, kind, u64::from(number) * SAMPLES_PER_SECOND, number + 1, &second);
    }
    file
}

/// `kind`: 2 begins the stream, 4 ends it.
fn page(file: &mut Vec<u8>, kind: u8, samples: u64, number: u32, packets: &[&[u8]]) {
    let mut page = b"OggS\0".to_vec();
    page.push(kind);
    page.extend(samples.to_le_bytes());
    page.extend(0x6a65_7474_u32.to_le_bytes());
    page.extend(number.to_le_bytes());
    let before_checksum = page.len();
    page.extend([0; 4]);
    page.push(u8::try_from(packets.len()).unwrap_or(u8::MAX));
    page.extend(packets.iter().map(|packet| u8::try_from(packet.len()).unwrap_or(u8::MAX)));
    page.extend(packets.concat());
    let checksum = checksum(&page).to_le_bytes();
    for (place, byte) in page.iter_mut().skip(before_checksum).zip(checksum) {
        *place = byte;
    }
    file.append(&mut page);
}

fn checksum(page: &[u8]) -> u32 {
    let mut crc = 0_u32;
    for byte in page {
        crc ^= u32::from(*byte) << 24;
        for _ in 0..8 {
            crc = if crc >> 31 == 1 { (crc << 1) ^ 0x04c1_1db7 } else { crc << 1 };
        }
    }
    crc
}
