//! Writing to those whom a broadcast reached and who did not do what it was for. Who that is, is asked when the new one is started.

use serde::{Deserialize, Serialize};

use super::RecipientRow;
use crate::delivery::DeliveryState;
use crate::id::CampaignId;

/// Of those whom a campaign reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReachedOf {
    pub campaign: CampaignId,
    pub who: Silent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Silent {
    /// As far as WhatsApp tells: whoever has receipts off is among them.
    NotRead,
    NotReplied,
}

impl ReachedOf {
    /// Whoever stopped marketing because of it is not written to once more, whatever the new one is.
    pub fn takes(&self, row: &RecipientRow) -> bool {
        let (reached, read) = match row.delivery.state {
            DeliveryState::Sent | DeliveryState::Delivered => (true, false),
            DeliveryState::Read | DeliveryState::Played => (true, true),
            DeliveryState::Queued | DeliveryState::Unknown | DeliveryState::Failed => (false, false),
        };
        let is_silent = match self.who {
            Silent::NotRead => !read,
            Silent::NotReplied => row.replied_at.is_none(),
        };
        reached && is_silent && row.opted_out_at.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::Answers;
    use crate::campaign::fixture::{draft, waiting};
    use crate::delivery::{Failure, Status};
    use crate::inbound::StatusUpdate;
    use crate::time::Timestamp;

    fn row(statuses: &[Status]) -> RecipientRow {
        let mut row = waiting();
        for status in statuses.iter().cloned() {
            let (number, wamid) = ("200".parse().unwrap(), "wamid.A".parse().unwrap());
            let (callback, pricing, at) = (None, None, Timestamp(1));
            row.record_status(&StatusUpdate { number, wamid, callback, status, pricing, at });
        }
        row
    }

    #[test]
    fn it_takes_whom_it_reached_and_who_did_not_read_or_answer_it() {
        let campaign = draft().id;
        let [not_read, not_replied] = [Silent::NotRead, Silent::NotReplied].map(|who| ReachedOf { campaign, who });
        let delivered = row(&[Status::Sent, Status::Delivered]);
        assert!(not_read.takes(&delivered) && not_replied.takes(&delivered));
        let mut read = row(&[Status::Read]);
        assert!(!not_read.takes(&read) && not_replied.takes(&read));
        read.record_answers(Answers { replied: true, ..Answers::default() }, Timestamp(2));
        assert!(!not_replied.takes(&read));
        let failure = Failure { code: Some(131_026), text: "gone".into(), action: None };
        for nobody in [row(&[]), row(&[Status::Sent, Status::Failed(failure)])] {
            assert!(!not_read.takes(&nobody) && !not_replied.takes(&nobody));
        }
        let stopped = RecipientRow { opted_out_at: Some(Timestamp(2)), ..delivered };
        assert!(!not_read.takes(&stopped) && !not_replied.takes(&stopped));
    }
}
