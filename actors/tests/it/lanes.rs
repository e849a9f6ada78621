//! One number of a broadcast rests while the others go on.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use actors::LaneState;
use engine::campaign::{Audience, Campaign, Class};
use engine::directory::Number;
use engine::id::{CampaignId, PhoneNumberId};
use engine::ports::Directory as _;
use engine::rejection::Rejection;
use engine::time::Timestamp;
use storage::memory::MemoryStore;
use tokio::task::LocalSet;

use crate::campaign::{MARKETING, by_person, resumed, times};
use crate::stage::{PlayClock, Stage, TENANT, play};

fn other() -> PhoneNumberId {
    "200000000000002".parse().unwrap()
}

fn rests(campaign: &Campaign, _: Timestamp) -> Result<Campaign, Rejection> {
    campaign.lane_rested(&other(), true)
}

fn goes_on(campaign: &Campaign, _: Timestamp) -> Result<Campaign, Rejection> {
    campaign.lane_rested(&other(), false)
}

impl Stage {
    /// From two numbers, told to nobody yet.
    async fn of_two_numbers(&self, people: u32) -> CampaignId {
        let first = self.store.numbers(TENANT).await.unwrap().remove(0);
        self.store.put_number(TENANT, Number { phone_number_id: other(), ..first }).await.unwrap();
        let ids = self.with_contacts(0..people).await;
        self.launched(1, MARKETING, Audience::Contacts { ids }, |plan| plan.numbers.push(other())).await
    }

    async fn waits_in(&self, id: CampaignId, lane: u8) -> u64 {
        self.tallies(id).await.sum(|key| key.lane == lane && key.class == Class::Waiting)
    }

    async fn tell(&self, id: CampaignId, change: fn(&Campaign, Timestamp) -> Result<Campaign, Rejection>) {
        self.change_campaign(id, change).await;
        self.actors.campaign_changed(TENANT, id);
    }
}

#[test]
fn a_lane_rests_within_a_second_and_goes_on_with_exactly_its_rest() {
    play(|stage| async move {
        let id = stage.of_two_numbers(2_000).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.sent(300).await;
        stage.tell(id, rests).await;
        stage.pass(Duration::from_secs(1)).await;
        let held = stage.waits_in(id, 1).await;
        assert!((700..1_000).contains(&held), "{held}");
        stage.until("the other number is done", async || stage.waits_in(id, 0).await == 0).await;
        stage.pass(Duration::from_secs(30)).await;
        assert_eq!((stage.waits_in(id, 1).await, stage.is_finished(id).await), (held, false));
        stage.tell(id, goes_on).await;
        stage.finished(id).await;
        let bodies = stage.meta.bodies();
        assert_eq!((bodies.len(), times(&bodies).len()), (2_000, 2_000), "everybody once");
    });
}

#[test]
fn a_lane_that_rests_and_goes_on_at_once_sends_to_nobody_twice() {
    play(|stage| async move {
        let id = stage.of_two_numbers(1_200).await;
        stage.actors.campaign_changed(TENANT, id);
        for round in 1..=6 {
            stage.sent(round * 100).await;
            stage.tell(id, rests).await;
            stage.pass(Duration::from_millis(20)).await;
            stage.tell(id, goes_on).await;
        }
        stage.finished(id).await;
        let bodies = stage.meta.bodies();
        assert_eq!((bodies.len(), times(&bodies).len()), (1_200, 1_200));
    });
}

#[test]
fn what_rests_rests_over_a_pause_and_over_a_restart() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    actix::System::with_tokio_rt(runtime).block_on(async move {
        let (store, clock) = (Arc::new(MemoryStore::new()), PlayClock::from_now_on());
        let tasks = LocalSet::new();
        let first = tasks.run_until(Stage::on(store.clone(), clock.clone())).await;
        let id = tasks.run_until(first.of_two_numbers(600)).await;
        let held = tasks
            .run_until(async {
                first.actors.campaign_changed(TENANT, id);
                first.sent(100).await;
                first.tell(id, rests).await;
                first.pass(Duration::from_secs(1)).await;
                first.tell(id, by_person).await;
                first.pass(Duration::from_secs(1)).await;
                first.tell(id, resumed).await;
                first.pass(Duration::from_millis(200)).await;
                first.waits_in(id, 1).await
            })
            .await;
        drop(tasks);
        let next = Stage::on(store, clock).await;
        next.until("the other number is done", async || next.waits_in(id, 0).await == 0).await;
        next.pass(Duration::from_secs(10)).await;
        assert_eq!(next.waits_in(id, 1).await, held);
        let shown = next.actors.campaign_pace(TENANT, id).unwrap();
        assert!(shown.iter().all(|lane| lane.state != LaneState::Paused), "the broadcast itself runs");
        next.tell(id, goes_on).await;
        next.until("it is over", async || next.waits_in(id, 1).await == 0).await;
        let sent = [first.meta.bodies(), next.meta.bodies()].concat();
        let twice: BTreeSet<_> = times(&sent).into_iter().filter(|(_, times)| *times > 1).collect();
        assert!(twice.is_empty(), "{twice:?}");
    });
}
