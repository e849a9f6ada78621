//! When a broadcast stops by itself, before it does more harm.

use serde::{Deserialize, Serialize};

use super::{Campaign, Class, FailureClass, PauseReason, Tallies};
use crate::rejection::Rejection;

/// Too many of those who were written to did not get it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct StopRule {
    /// So many in a hundred.
    pub failed_percent: u8,
    /// Of fewer outcomes nothing is concluded.
    pub after: u32,
}

/// Those of whom it is known how it ended.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Outcomes {
    pub failed: u64,
    /// With those that failed.
    pub of: u64,
}

impl StopRule {
    pub(super) fn check(self) -> Result<(), Rejection> {
        if !(1..=100).contains(&self.failed_percent) || self.after == 0 {
            return Err(Rejection::Invalid(
                "A broadcast stops at 1 to 100 percent of failures, after at least one message.",
            ));
        }
        Ok(())
    }
}

impl Outcomes {
    fn of(tallies: &Tallies) -> Self {
        // Whom the organization's own cap holds back was not written to.
        let is_capped = |class: Class| class == Class::Failed(FailureClass::Capped);
        let is_failed = |class: Class| matches!(class, Class::Failed(_)) && !is_capped(class);
        let is_known = |class| is_failed(class) || matches!(class, Class::Sent | Class::Delivered | Class::Read);
        Self { failed: tallies.sum(|key| is_failed(key.class)), of: tallies.sum(|key| is_known(key.class)) }
    }

    /// A retry takes failures back.
    fn since(self, earlier: Self) -> Self {
        Self { failed: self.failed.saturating_sub(earlier.failed), of: self.of.saturating_sub(earlier.of) }
    }

    pub(super) fn and(self, more: Self) -> Self {
        Self { failed: self.failed + more.failed, of: self.of + more.of }
    }
}

impl Campaign {
    /// Why it must not go on, counted from when somebody last let it go on in spite of it.
    pub fn failing(&self, tallies: &Tallies) -> Option<PauseReason> {
        let rule = self.plan.stop?;
        let Outcomes { failed, of } = Outcomes::of(tallies).since(self.launch.as_ref()?.forgiven);
        let is_over = of >= u64::from(rule.after) && failed * 100 >= of * u64::from(rule.failed_percent);
        is_over.then_some(PauseReason::Failures { failed, of })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::fixture::{draft, launched, page, tally, template};
    use crate::campaign::{TallyKey, freeze};

    fn tallies(sent: u64, failed: u64) -> Tallies {
        let at = |class, code| TallyKey { code, ..tally(class) };
        let failures = Class::Failed(FailureClass::Permanent);
        Tallies([(at(Class::Sent, 0), sent), (at(failures, 131_026), failed), (at(Class::Waiting, 0), 900)].into())
    }

    #[test]
    fn it_stops_when_too_many_fail_and_counts_anew_when_somebody_goes_on() {
        let mut campaign = draft();
        campaign.plan.stop = Some(StopRule { failed_percent: 5, after: 200 });
        let (campaign, _) = freeze(&launched(&campaign), &page(&[1], None)).unwrap();
        assert_eq!(campaign.failing(&tallies(100, 99)), None, "too few to tell");
        assert_eq!(campaign.failing(&tallies(191, 9)), None);
        let reason = campaign.failing(&tallies(190, 10)).unwrap();
        assert_eq!(reason, PauseReason::Failures { failed: 10, of: 200 });
        let resumed = campaign.paused(reason).unwrap().resumed(&template(&[]), &[]).unwrap();
        assert_eq!(resumed.failing(&tallies(190, 12)), None);
        assert!(resumed.failing(&tallies(380, 20)).is_some());
        assert_eq!(draft().failing(&tallies(0, 900)), None, "nobody asked for it");
    }

    #[test]
    fn whom_the_organization_itself_holds_back_is_no_failure() {
        let mut campaign = draft();
        campaign.plan.stop = Some(StopRule { failed_percent: 5, after: 200 });
        let campaign = launched(&campaign);
        let mut tallies = tallies(200, 9);
        tallies.0.insert(tally(Class::Failed(FailureClass::Capped)), 900);
        assert_eq!(campaign.failing(&tallies), None);
    }

    #[test]
    fn a_rule_that_says_nothing_is_refused() {
        for (failed_percent, after) in [(0, 200), (101, 200), (5, 0)] {
            assert!(StopRule { failed_percent, after }.check().is_err());
        }
    }
}
