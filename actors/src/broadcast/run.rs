//! From the start of a broadcast to its end, or to its next pause.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use engine::campaign::{Campaign, Class, PauseReason, Phase};
use engine::ports::StoreError;
use futures_util::future::join_all;
use tokio::time::Instant;

use super::figures::Figures;
use super::flow::Flow;
use super::{Desk, LOOK_EVERY, Next, stop};

/// How often it looks for claims of the dead and for doubts.
pub(super) const REVIEW_EVERY: Duration = Duration::from_secs(5);
const REVIEW_FIRST: Duration = Duration::from_millis(200);

impl Desk {
    pub(super) async fn run(self: &Rc<Self>, campaign: Campaign) -> Result<Next, StoreError> {
        if let Some(reason) = self.held(&campaign).await? {
            return self.stop(reason).await;
        }
        if campaign.is_series() {
            return self.run_series(&campaign).await;
        }
        let now = self.now();
        if let Some(left) = campaign.plan.opens_at().map(|at| at.since(now).0).filter(|left| *left > 0) {
            let left = Duration::from_millis(u64::try_from(left).unwrap_or_default());
            self.wait(left.min(LOOK_EVERY)).await;
            return Ok(Next::Again);
        }
        let flow = self.flow(&campaign);
        if let Some(next) = self.goes_on(&campaign, &flow).await? {
            return Ok(next);
        }
        let feeds = join_all((0..campaign.plan.numbers.len()).map(|lane| self.feed(&campaign, &flow, lane)));
        let mut feeds = std::pin::pin!(feeds);
        let mut reviews = std::pin::pin!(self.keep_reviewing(&campaign));
        let mut look = tokio::time::interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
        loop {
            tokio::select! {
                _ = &mut feeds => break,
                () = &mut reviews => {}
                () = self.changed.notified() => flow.people_came(),
                _ = look.tick() => {}
            }
            if let Some(next) = self.goes_on(&campaign, &flow).await? {
                return Ok(next);
            }
        }
        self.end(&campaign, &flow).await
    }

    /// Beside the feeding, and a little later: what waits is on its way before the claims of the dead are settled.
    async fn keep_reviewing(self: &Rc<Self>, campaign: &Campaign) {
        let mut tick = tokio::time::interval_at(Instant::now() + REVIEW_FIRST, REVIEW_EVERY);
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Err(error) = self.review(campaign).await {
                tracing::warn!(%error, "a broadcast's doubts were not looked through");
            }
        }
    }

    /// The run that goes on, or another one.
    fn flow(&self, campaign: &Campaign) -> Arc<Flow> {
        let known = self.actors.flows.get(&self.key()).map(|flow| flow.clone());
        let figures = match known {
            Some(flow) if !flow.is_closed() => {
                flow.set_per_second(campaign.plan.per_second);
                flow.rest_lanes(campaign);
                return flow;
            }
            Some(flow) => flow.figures.clone(),
            None => Arc::new(Figures::new(&campaign.plan.numbers)),
        };
        let flow = Arc::new(Flow::new(self.key(), campaign, figures));
        flow.rest_lanes(campaign);
        self.actors.flows.insert(self.key(), flow.clone());
        flow
    }

    /// `None`: as before, or at another pace. `ran`: as it was when this run of it began.
    async fn goes_on(&self, ran: &Campaign, flow: &Arc<Flow>) -> Result<Option<Next>, StoreError> {
        if let Some(failure) = flow.refused() {
            return self.stop(PauseReason::refused(&failure)).await.map(Some);
        }
        if !self.is_ours() || flow.is_closed() {
            return Ok(Some(Next::Again));
        }
        let campaign = self.actors.world.store.campaign(self.tenant, self.id).await?;
        let Some(campaign) = campaign.filter(|campaign| campaign.phase == Phase::Running) else {
            return Ok(Some(Next::Again));
        };
        // Somebody has said which message has won: another run, in which the rest may leave too.
        if ran.awaits_winner() && !campaign.awaits_winner() {
            self.actors.close(flow);
            return Ok(Some(Next::Again));
        }
        if let Some(reason) = self.brakes(&campaign, flow).await? {
            flow.close();
            return self.stop(reason).await.map(Some);
        }
        flow.set_open(campaign.takes_more());
        flow.set_cap(self.cap(&campaign).await?);
        let (is_paced, is_rested) = (flow.set_per_second(campaign.plan.per_second), flow.rest_lanes(&campaign));
        if is_paced || is_rested {
            self.actors.reconsider_lanes(flow);
        }
        Ok(None)
    }

    /// Why it must not go on; and how many more may begin today.
    async fn brakes(&self, campaign: &Campaign, flow: &Flow) -> Result<Option<PauseReason>, StoreError> {
        if let Some(reason) = self.held(campaign).await? {
            return Ok(Some(reason));
        }
        if campaign.plan.stop.is_none() && campaign.plan.per_day.is_none() {
            return Ok(None);
        }
        let seen = flow.seen();
        let tallies = self.actors.world.store.tallies(self.tenant, self.id).await?;
        if let Some(reason) = campaign.failing(&tallies) {
            return Ok(Some(reason));
        }
        let now = self.now();
        let share = campaign.share(&tallies, now);
        flow.allow(seen, share);
        flow.figures.fill_day(share.filter(|share| *share == 0).and_then(|_| campaign.frees_at(now)));
        if let Some(marked) = campaign.marked(&tallies, now) {
            // Where somebody else was faster, the next look sees to it.
            self.save(marked).await?;
        }
        Ok(None)
    }

    async fn stop(&self, reason: PauseReason) -> Result<Next, StoreError> {
        stop(&self.actors, self.key(), reason).await?;
        Ok(Next::Again)
    }

    /// Nobody waits in any lane, as far as was seen: either it is done, or somebody is still found out about.
    async fn end(self: &Rc<Self>, campaign: &Campaign, flow: &Arc<Flow>) -> Result<Next, StoreError> {
        if let Some(next) = self.goes_on(campaign, flow).await? {
            return Ok(next);
        }
        self.review(campaign).await?;
        let tallies = self.actors.world.store.tallies(self.tenant, self.id).await?;
        if let Some(next) = self.find_winner(campaign, &tallies).await? {
            return Ok(next);
        }
        // A doubt may yet let somebody wait again.
        if !tallies.is_done() || tallies.of(Class::Unknown) > 0 {
            self.wait(LOOK_EVERY).await;
            return Ok(Next::Again);
        }
        match campaign.finished(self.now()) {
            Some(finished) => self.save(finished).await,
            None => Ok(Next::Again),
        }
    }
}
