//! A broadcast with several messages: when its sample has left, who has won, and that the rest gets it. Both are written over the campaign's
//! revision, so that another process, or this one after its death, goes on from there.

use std::time::Duration;

use engine::campaign::{Campaign, Tallies};
use engine::ports::StoreError;
use engine::time::Span;

use super::run::REVIEW_EVERY;
use super::{Desk, Next};
use crate::seeded;

impl Desk {
    /// Nobody but those who wait for a winner waits: what is next. `None`: it is not for a winner that the broadcast waits.
    pub(super) async fn find_winner(&self, campaign: &Campaign, tallies: &Tallies) -> Result<Option<Next>, StoreError> {
        if !campaign.awaits_winner() {
            return Ok(None);
        }
        let now = self.now();
        let by = if seeded::bug("decide_at_once") { now.plus(Span::hours(72)) } else { now };
        if let Some(next) = campaign.sampled(tallies, now).or_else(|| campaign.decided(tallies, by)) {
            return self.save(next).await.map(Some);
        }
        let sampled_at = campaign.launch.as_ref().and_then(|launch| launch.sampled_at);
        if sampled_at.is_none() {
            return Ok(None);
        }
        // Nothing happens before, unless somebody says so: then we are told.
        let left = campaign
            .winner_due()
            .map_or(REVIEW_EVERY, |due| Duration::from_millis(u64::try_from(due.since(now).0).unwrap_or_default()));
        self.wait(left.min(REVIEW_EVERY)).await;
        Ok(Some(Next::Again))
    }
}
