//! What only several nodes can break, as checks on what was seen: pure, so that each is tested without a server.

use std::time::Duration;

use crate::scenario::torture_promises::{Promise, Violation};

const TAKE_OVER_MAX: Duration = Duration::from_secs(5);

/// How long nobody sent for an organization after the node that did was killed or paused.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TakeOver {
    pub(crate) tenant: usize,
    /// From the fault to the first send by another node; none was seen.
    pub(crate) took: Option<Duration>,
}

pub(crate) fn check_take_overs(take_overs: &[TakeOver]) -> Vec<Violation> {
    let late = take_overs.iter().filter(|one| one.took.is_none_or(|took| took >= TAKE_OVER_MAX));
    late.map(|one| {
        format!(
            "the work of organization {} was taken over after {:?}, not within {TAKE_OVER_MAX:?}",
            one.tenant, one.took
        )
    })
    .map(|words| Violation::new(Promise::TakeOver, words))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_take_over_that_is_late_or_never_came_is_found() {
        let took = |seconds: Option<f64>| TakeOver { tenant: 0, took: seconds.map(Duration::from_secs_f64) };
        assert_eq!(check_take_overs(&[took(Some(4.9)), took(Some(5.0)), took(None)]).len(), 2);
    }
}
