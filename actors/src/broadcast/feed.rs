//! One lane: whoever waits, in order, as fast as places become free.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use engine::campaign::{Campaign, CampaignRecipient, Launch};
use engine::id::PhoneNumberId;
use engine::ports::StoreError;
use engine::template::Form;
use tokio::time::Instant;

use super::Desk;
use super::flow::{Flow, Ticket};
use crate::number;

/// The number is another node's just now, has no place, or the store does not answer.
const AGAIN: Duration = Duration::from_millis(100);
/// Between two looks for people who came back to wait.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

impl Desk {
    /// Ends when nobody waits in the lane and nobody is on the way, or when the run is over.
    pub(super) async fn feed(self: &Rc<Self>, campaign: &Campaign, flow: &Arc<Flow>, lane: usize) {
        let Some(number) = campaign.plan.numbers.get(lane) else { return };
        let Ok(lane) = u8::try_from(lane) else { return };
        let Some(form) = campaign.launch.as_ref().and_then(Launch::form) else { return };
        let mut after = None;
        loop {
            let page = match self.page(flow, number, lane, after).await {
                Ok(page) => page,
                Err(error) => {
                    self.pause_for_store(&error).await;
                    continue;
                }
            };
            let Some(last) = page.last().map(|last| last.no) else {
                // What was let go on the way, or released, waits again behind us.
                flow.empty(lane).await;
                if after.is_none() || flow.is_closed() {
                    return;
                }
                after = None;
                tokio::time::sleep_until(Instant::now() + LOOK_AGAIN).await;
                continue;
            };
            for recipient in page {
                let Some(ticket) = flow.ticket(lane, recipient.contact).await else { return };
                if !self.hand_over((campaign, &form), number, &recipient, ticket).await {
                    return;
                }
            }
            after = Some(last);
        }
    }

    /// `false`: the run is over.
    async fn hand_over(
        &self,
        (campaign, form): (&Campaign, &Form),
        number: &PhoneNumberId,
        recipient: &CampaignRecipient,
        mut ticket: Ticket,
    ) -> bool {
        loop {
            if ticket.is_closed() || !self.is_ours() {
                return false;
            }
            let Some(outgoing) = recipient.outgoing(self.tenant, campaign, form) else { return true };
            match number::feed(&self.actors, number, outgoing, ticket) {
                Ok(()) => return true,
                Err(back) => ticket = back,
            }
            tokio::time::sleep_until(Instant::now() + AGAIN).await;
        }
    }

    /// As many as are on their way at a time.
    async fn page(
        &self,
        flow: &Flow,
        number: &PhoneNumberId,
        lane: u8,
        after: Option<u32>,
    ) -> Result<Vec<CampaignRecipient>, StoreError> {
        let Some(known) = self.actors.number_of(self.tenant, number).await? else {
            flow.refuse(&number::not_connected());
            return Ok(Vec::new());
        };
        let window = flow.widen(lane, known.rate_per_second);
        self.actors.world.store.waiting(self.tenant, self.id, lane, after, window).await
    }

    async fn pause_for_store(&self, error: &StoreError) {
        tracing::warn!(%error, "a broadcast's recipients are not read yet");
        tokio::time::sleep_until(Instant::now() + AGAIN).await;
    }
}
