//! How much advertising a person gets at most, over all campaigns of an organization.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{CampaignId, ContactId};
use crate::rejection::Rejection;
use crate::time::{Span, Timestamp};

/// So many marketing messages per person in so many days; a day is 24 hours, wherever it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CampaignCap {
    /// 1 to 100.
    pub messages: u32,
    /// 1 to 90.
    pub days: u32,
}

/// A message of a campaign that WhatsApp took, and of which it did not say later that it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reached {
    pub contact: ContactId,
    /// When it was taken.
    pub at: Timestamp,
    pub campaign: CampaignId,
}

impl CampaignCap {
    pub fn check(self) -> Result<(), Rejection> {
        if !(1..=100).contains(&self.messages) || !(1..=90).contains(&self.days) {
            return Err(Rejection::Invalid("A person gets at most 1 to 100 marketing messages in 1 to 90 days."));
        }
        Ok(())
    }

    /// For so long a message counts.
    pub fn span(self) -> Span {
        Span::hours(24 * i64::from(self.days))
    }

    /// What was sent then or before counts no more.
    pub fn counts_after(self, now: Timestamp) -> Timestamp {
        now.minus(self.span())
    }

    /// Who has had as many as they may. `reached`: later than [`Self::counts_after`].
    pub fn full(self, reached: &[Reached], is_marketing: impl Fn(CampaignId) -> bool) -> BTreeSet<ContactId> {
        let mut had: BTreeMap<ContactId, u32> = BTreeMap::new();
        for one in reached.iter().filter(|one| is_marketing(one.campaign)) {
            *had.entry(one.contact).or_default() += 1;
        }
        had.into_iter().filter(|(_, count)| *count >= self.messages).map(|(contact, _)| contact).collect()
    }
}

/// As the audit log says it.
impl fmt::Display for CampaignCap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {} days", self.messages, self.days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAP: CampaignCap = CampaignCap { messages: 2, days: 7 };
    const ADVERT: CampaignId = CampaignId::from_bytes([1; 16]);
    const NOTICE: CampaignId = CampaignId::from_bytes([2; 16]);

    fn who(n: u8) -> ContactId {
        ContactId::from_bytes([n; 16])
    }

    #[test]
    fn only_advertising_counts_and_each_person_for_themselves() {
        let sent = [(1, ADVERT), (1, NOTICE), (2, ADVERT), (2, ADVERT), (3, NOTICE), (3, NOTICE), (4, ADVERT)];
        let reached = sent.map(|(n, campaign)| Reached { contact: who(n), at: Timestamp(5), campaign });
        assert_eq!(CAP.full(&reached, |id| id == ADVERT), BTreeSet::from([who(2)]));
        assert_eq!(CampaignCap { messages: 1, ..CAP }.full(&reached, |id| id == ADVERT).len(), 3);
    }

    #[test]
    fn a_message_counts_for_its_days_and_not_a_moment_longer() {
        let sent = Timestamp(1_000);
        assert!(sent > CAP.counts_after(sent.plus(Span::hours(7 * 24)).minus(Span(1))));
        assert!(sent <= CAP.counts_after(sent.plus(Span::hours(7 * 24))));
    }

    #[test]
    fn a_cap_has_bounds() {
        assert!(CAP.check().is_ok() && CampaignCap { messages: 100, days: 90 }.check().is_ok());
        for (messages, days) in [(0, 7), (101, 7), (2, 0), (2, 91)] {
            assert!(CampaignCap { messages, days }.check().is_err(), "{messages} in {days}");
        }
    }
}
