//! Seeded chance. Each draw depends on the seed and on what it is about, never on the order of requests, so that a run with
//! concurrent clients repeats from its seed.

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chance {
    seed: u64,
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed }
    }

    pub(crate) fn number(self, purpose: &str, subject: &str) -> u64 {
        let bytes = purpose.bytes().chain([0]).chain(subject.bytes());
        let hash = bytes.fold(0xcbf2_9ce4_8422_2325 ^ self.seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        let mixed = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn rng(self, purpose: &str, subject: &str) -> StdRng {
        StdRng::seed_from_u64(self.number(purpose, subject))
    }

    pub(crate) fn pick<T>(self, purpose: &str, subject: &str, choices: &'static [T]) -> Option<&'static T> {
        let count = u64::try_from(choices.len()).unwrap_or(1).max(1);
        choices.get(usize::try_from(self.number(purpose, subject) % count).unwrap_or(0))
    }

    pub(crate) fn hits(self, percent: f64, purpose: &str, subject: &str) -> bool {
        percent > 0.0 && self.rng(purpose, subject).random_range(0.0..100.0) < percent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_and_subject_draw_the_same_lot() {
        let (a, b) = (Chance::new(7), Chance::new(8));
        assert_eq!(a.number("read", "wamid.1"), Chance::new(7).number("read", "wamid.1"));
        assert_ne!(a.number("read", "wamid.1"), b.number("read", "wamid.1"));
        assert!(a.hits(100.0, "x", "y") && !a.hits(0.0, "x", "y"));
    }
}
