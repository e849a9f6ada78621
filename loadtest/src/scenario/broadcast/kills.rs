//! When the server is killed: drawn from the seed and from nothing else, and told by what Meta has seen, so that a slower machine
//! kills at the same places.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moment {
    /// While the audience is being written down.
    Launched,
    /// Meta saw so many sends.
    Sends(u64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kill {
    pub(crate) moment: Moment,
    /// So long after it: some sends are claimed, some under way, some answered and not recorded.
    pub(crate) after: Duration,
}

/// One of so many kills comes right after the launch.
const EARLY: u32 = 5;
const EARLY_AFTER_MS: std::ops::RangeInclusive<u64> = 5..=400;
const AFTER_MS: std::ops::RangeInclusive<u64> = 0..=50;
/// The last tenth is left alone, so that every kill finds something to kill.
const KILLED_PERCENT: u64 = 90;

/// Each at once when Meta has seen so many sends.
pub(crate) fn told(sends: &[u64]) -> Vec<Kill> {
    let mut sends = sends.to_vec();
    sends.sort_unstable();
    sends.into_iter().map(|sends| Kill { moment: Moment::Sends(sends), after: Duration::ZERO }).collect()
}

/// In the order in which they come.
pub(crate) fn plan(seed: u64, kills: u32, recipients: u32) -> Vec<Kill> {
    let mut rng = StdRng::seed_from_u64(seed ^ 0xB0AD);
    let early = kills / EARLY;
    let mut plan: Vec<Kill> = (0..early)
        .map(|_| Kill { moment: Moment::Launched, after: Duration::from_millis(rng.random_range(EARLY_AFTER_MS)) })
        .collect();
    let last = (u64::from(recipients) * KILLED_PERCENT / 100).max(1);
    let mut sends: Vec<u64> = (early..kills).map(|_| rng.random_range(1..=last)).collect();
    sends.sort_unstable();
    plan.extend(
        sends.into_iter().map(|sends| Kill {
            moment: Moment::Sends(sends),
            after: Duration::from_millis(rng.random_range(AFTER_MS)),
        }),
    );
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_plan_and_another_is_another() {
        assert_eq!(plan(7, 20, 100_000), plan(7, 20, 100_000));
        assert_ne!(plan(7, 20, 100_000), plan(8, 20, 100_000));
        assert_eq!(plan(7, 0, 100_000), []);
    }

    #[test]
    fn kills_come_in_order_early_and_while_somebody_still_waits() {
        let plan = plan(7, 20, 1_000);
        let (early, late) = plan.split_at(4);
        assert!(early.iter().all(|kill| kill.moment == Moment::Launched));
        let sends: Vec<u64> = late
            .iter()
            .map(|kill| match kill.moment {
                Moment::Sends(sends) => sends,
                Moment::Launched => panic!("{kill:?} among the late ones"),
            })
            .collect();
        assert_eq!(sends.len(), 16);
        assert!(sends.is_sorted() && sends.iter().all(|sends| (1..=900).contains(sends)), "{sends:?}");
    }
}
