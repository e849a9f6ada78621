//! One lane: whoever waits, in order, as fast as places become free.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use engine::campaign::{Campaign, CampaignRecipient, Forms, Launch, Turn, Waiters};
use engine::directory::Number;
use engine::id::PhoneNumberId;
use engine::ports::StoreError;
use engine::time::Span;
use tokio::sync::watch;
use tokio::time::Instant;

use super::flow::{Flow, Ticket};
use super::pass::Pass;
use super::{Desk, LOOK_EVERY};
use crate::number;

/// The number is another node's just now, has no place, or the store does not answer.
const AGAIN: Duration = Duration::from_millis(100);
/// Between two looks for people who came back to wait.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// The same while all others sleep: each look passes them all.
const LOOK_AT_SLEEPERS: Span = Span::seconds(600);
/// Between two walks from the first where people are added: they are found by going on.
const OPEN_WALK: Duration = Duration::from_secs(5);
/// The same while all who wait sleep.
const SLEEPERS_WALK: Duration = Duration::from_mins(10);
/// The clock of the day may be set meanwhile.
const REST_MAX: Duration = Duration::from_mins(1);

/// What became of a message that was to go on its way.
enum Handed {
    Over,
    /// Its lane rests.
    Back,
    /// The run is over.
    Never,
}

impl Desk {
    /// Ends when nobody waits in the lane and nobody is on the way, or when the run is over.
    pub(super) async fn feed(self: &Rc<Self>, campaign: &Campaign, flow: &Arc<Flow>, lane: usize) {
        let Some(number) = campaign.plan.numbers.get(lane) else { return };
        let Ok(lane) = u8::try_from(lane) else { return };
        let Some(forms) = campaign.launch.as_ref().and_then(Launch::forms) else { return };
        let in_lane = (lane, campaign.waiters());
        let (mut pass, mut spare) = (Pass::new(&campaign.plan), None);
        let (mut arrivals, mut walked) = (flow.arrivals(), Instant::now());
        'walk: loop {
            flow.awake(lane).await;
            // Before it is read who is there: whoever comes later wakes it again.
            arrivals.mark_unchanged();
            let after = pass.after(self.now());
            let page = match self.page(flow, number, in_lane, after).await {
                Ok(page) => page,
                Err(error) => {
                    self.pause_for_store(&error).await;
                    continue;
                }
            };
            if page.is_empty() {
                drop(spare.take());
                if flow.is_open() && !flow.is_closed() {
                    self.await_people(flow, lane, (&mut pass, &mut walked), &mut arrivals).await;
                    continue;
                }
                // What was let go on the way, or released, waits again behind us.
                flow.empty(lane).await;
                if flow.is_closed() || pass.is_last() {
                    return;
                }
                self.look_again(flow, lane, &mut pass).await;
                continue;
            }
            for recipient in page {
                if flow.has_out(recipient.no) {
                    pass.pass_over(recipient.no);
                    continue;
                }
                let taken = match spare.take() {
                    Some(ticket) => Some(ticket),
                    None => flow.ticket(lane).await,
                };
                let Some(ticket) = taken else {
                    if flow.is_closed() {
                        return;
                    }
                    pass.begin();
                    continue 'walk;
                };
                let until = match pass.turn(&recipient, self.now()) {
                    Turn::Now { until } => until,
                    Turn::Later { .. } => {
                        spare = Some(ticket);
                        continue;
                    }
                };
                let ticket = ticket.meant_for(&recipient, until);
                match self.hand_over((campaign, &forms), number, &recipient, ticket).await {
                    Handed::Over => pass.handed_over(),
                    // Whoever was on the way waits again behind us.
                    Handed::Back => {
                        pass.begin();
                        continue 'walk;
                    }
                    Handed::Never => return,
                }
            }
        }
    }

    /// At the end of a walk: waits for people who come back to wait, or for those who sleep.
    async fn look_again(&self, flow: &Flow, lane: u8, pass: &mut Pass) {
        let Some(wakes) = pass.wakes() else {
            tokio::time::sleep_until(Instant::now() + LOOK_AGAIN).await;
            return pass.begin();
        };
        flow.figures.sleep(lane, Some(wakes));
        let looks = self.now().plus(LOOK_AT_SLEEPERS);
        while !flow.is_closed() && self.now() < wakes.min(looks) {
            let left = wakes.min(looks).since(self.now());
            flow.rest(Duration::from_millis(u64::try_from(left.0).unwrap_or_default()).min(REST_MAX)).await;
        }
        flow.figures.sleep(lane, None);
        if self.now() < wakes {
            pass.begin();
        }
    }

    /// Where people are added: until somebody comes, or it is time to walk from the first again, for those who came back to wait.
    /// Nobody waits for the answers of those who are on the way.
    async fn await_people(
        &self,
        flow: &Flow,
        lane: u8,
        (pass, walked): (&mut Pass, &mut Instant),
        arrivals: &mut watch::Receiver<bool>,
    ) {
        let sleeps = pass.wakes();
        let again = if sleeps.is_some() { SLEEPERS_WALK } else { OPEN_WALK };
        let woken = sleeps.map(|at| Duration::from_millis(u64::try_from(at.since(self.now()).0).unwrap_or_default()));
        let due = *walked + again;
        let until = woken.map_or(due, |woken| due.min(Instant::now() + woken.min(REST_MAX)));
        flow.figures.sleep(lane, sleeps);
        let came = tokio::time::timeout_at(until, arrivals.changed()).await;
        flow.figures.sleep(lane, None);
        if came.is_err() && Instant::now() >= due {
            *walked = Instant::now();
            pass.begin();
        }
    }

    /// On its way, unless its lane rests or the run is over.
    async fn hand_over(
        &self,
        (campaign, forms): (&Campaign, &Forms),
        number: &PhoneNumberId,
        recipient: &CampaignRecipient,
        mut ticket: Ticket,
    ) -> Handed {
        loop {
            if ticket.flow().is_closed() || !self.is_ours() {
                return Handed::Never;
            }
            if ticket.is_closed() {
                return Handed::Back;
            }
            let Some(outgoing) = recipient.outgoing(self.tenant, campaign, forms) else { return Handed::Over };
            match number::feed(&self.actors, number, outgoing, ticket) {
                Ok(()) => return Handed::Over,
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
        in_lane: (u8, Waiters),
        after: Option<u32>,
    ) -> Result<Vec<CampaignRecipient>, StoreError> {
        let Some(known) = self.actors.number_of(self.tenant, number).await? else {
            flow.refuse(&number::not_connected());
            return Ok(Vec::new());
        };
        let window = flow.widen(in_lane.0, known.rate_per_second);
        let store = &self.actors.world.store;
        let page = store.waiting(self.tenant, self.id, in_lane, after, window).await?;
        // Where nobody waits there is nothing to wait for.
        if page.is_empty() || !self.waited_for_portfolio(flow, &known, in_lane.0).await? {
            return Ok(page);
        }
        store.waiting(self.tenant, self.id, in_lane, after, window).await
    }

    /// While its portfolio may begin to write to nobody more. Looked at again and again: WhatsApp may allow it more meanwhile.
    /// `true`: time has passed.
    async fn waited_for_portfolio(&self, flow: &Flow, number: &Number, lane: u8) -> Result<bool, StoreError> {
        let (mut number, mut has_waited) = (number.clone(), false);
        loop {
            let room = self.actors.outreach_room(self.tenant, &number).await?;
            let full_until = room.and_then(|room| room.full_until);
            flow.figures.fill_portfolio(lane, full_until);
            let Some(until) = full_until.filter(|_| !flow.is_closed()) else { return Ok(has_waited) };
            has_waited = true;
            let left = u64::try_from(until.since(self.now()).0).unwrap_or_default();
            flow.rest(Duration::from_millis(left).clamp(AGAIN, LOOK_EVERY)).await;
            let Some(known) = self.actors.number_of(self.tenant, &number.phone_number_id).await? else {
                return Ok(true);
            };
            number = known;
        }
    }

    async fn pause_for_store(&self, error: &StoreError) {
        tracing::warn!(%error, "a broadcast's recipients are not read yet");
        tokio::time::sleep_until(Instant::now() + AGAIN).await;
    }
}
