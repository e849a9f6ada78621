//! Message ids with the anatomy of Meta's own: they embed the user's number, the direction and a random part.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::ids::Wamid;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Inbound,
    Outbound,
}

/// `unique` must differ for each message of one user; it becomes the hexadecimal tail.
pub fn wamid(user: &str, direction: Direction, unique: u128) -> Wamid {
    let digits: Vec<u8> = user.bytes().filter(u8::is_ascii_digit).take(20).collect();
    let hex = format!("{unique:032X}");
    let (mark, length) = match direction {
        Direction::Inbound => (0x12, 20),
        Direction::Outbound => (0x11, 18),
    };
    let tail = hex.get(hex.len() - usize::from(length)..).unwrap_or(&hex);
    let mut bytes = vec![0x1C, 0x18, u8::try_from(digits.len()).unwrap_or(0)];
    bytes.extend_from_slice(&digits);
    bytes.extend_from_slice(&[0x15, 0x02, 0x00, mark, 0x18, length]);
    bytes.extend_from_slice(tail.as_bytes());
    bytes.push(0);
    Wamid::from(format!("wamid.{}", STANDARD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_looks_like_metas_sample() {
        let inbound = wamid("12025550123", Direction::Inbound, 0x3752_61FC_FC99_0027_ADEE);
        assert_eq!(inbound.as_str(), "wamid.HBgLMTIwMjU1NTAxMjMVAgASGBQzNzUyNjFGQ0ZDOTkwMDI3QURFRQA=");
        let outbound = wamid("12025550123", Direction::Outbound, 0x80_D9CF_3BDF_0655_8DCD);
        assert_eq!(outbound.as_str(), "wamid.HBgLMTIwMjU1NTAxMjMVAgARGBI4MEQ5Q0YzQkRGMDY1NThEQ0QA");
    }
}
