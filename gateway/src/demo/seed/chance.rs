//! Chance that is the same for the same seed: `SplitMix64`, keyed by what is being made, so that one thing drawn more or
//! less changes nothing else.

#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Chance {
    /// `kind` and `index` name the thing.
    pub(super) fn new(seed: u64, kind: &str, index: usize) -> Self {
        let mut chance = Self(seed.wrapping_mul(STEP));
        for byte in kind.bytes() {
            chance.0 = chance.next() ^ u64::from(byte);
        }
        chance.0 = chance.next() ^ index as u64;
        chance.next();
        chance
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// `0..end`, and 0 when `end` is 0.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let drawn = self.next() % (end.max(1) as u64);
        usize::try_from(drawn).unwrap_or_default()
    }

    /// `first..=last`.
    pub(super) fn between(&mut self, first: i64, last: i64) -> i64 {
        let width = usize::try_from(last - first + 1).unwrap_or(1);
        first + i64::try_from(self.below(width)).unwrap_or_default()
    }

    pub(super) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub(super) fn permille(&mut self, chance: usize) -> bool {
        self.below(1000) < chance
    }

    pub(super) fn pick<T: Copy>(&mut self, list: &[T], otherwise: T) -> T {
        list.get(self.below(list.len())).copied().unwrap_or(otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_thing_of_the_same_seed_draws_the_same() {
        let draw = |seed, index| Chance::new(seed, "person", index).next();
        assert_eq!(draw(1, 7), draw(1, 7));
        assert_ne!(draw(1, 7), draw(2, 7));
        assert_ne!(draw(1, 7), draw(1, 8));
    }
}
