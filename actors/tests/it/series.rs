//! A broadcast that repeats: each of its times makes one broadcast, whatever dies, and a missed one is told of.

use std::sync::Arc;
use std::time::Duration;

use engine::campaign::{Audience, Campaign, Class, PauseReason, Phase, Plan, Repeat, RepeatOn};
use engine::id::CampaignId;
use engine::ports::{Alerts as _, Campaigns as _, PageRequest};
use storage::memory::MemoryStore;
use tokio::task::LocalSet;

use crate::campaign::{MARKETING, by_person, campaign_id, times};
use crate::nodes::play_with;
use crate::stage::{Archive, PlayClock, Stage, TENANT, play};

/// The play begins at midnight in UTC.
fn daily(plan: &mut Plan) {
    plan.zone = Some("UTC".into());
    plan.repeat = Some(Repeat { on: RepeatOn::EveryDay, at: 9 * 60, until: None, times: None });
}

impl Archive {
    /// For which somebody has typed so many people.
    async fn repeats(&self, people: u64, change: impl FnOnce(&mut Plan)) -> CampaignId {
        let id = self.launched(1, MARKETING, Audience::Everyone, change).await;
        self.change_campaign(id, |campaign, _| {
            let confirmed = campaign.clone().confirmed(people);
            Ok(Campaign { revision: campaign.revision + 1, ..confirmed })
        })
        .await;
        id
    }

    async fn made(&self, series: CampaignId) -> Vec<Campaign> {
        let page = PageRequest { after: None, limit: 100 };
        let mut all = self.store.campaigns(TENANT, page).await.unwrap().items;
        all.retain(|campaign| campaign.id != series);
        all.sort_by_key(|campaign| campaign.launch.as_ref().unwrap().occurrence.unwrap().nth);
        all
    }
}

#[test]
fn each_day_has_a_broadcast_of_its_own_people_within_seconds_of_its_time() {
    play(|stage| async move {
        stage.with_contacts(0..3).await;
        let id = stage.repeats(3, daily).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.hours(8).await;
        assert!(stage.meta.bodies().is_empty());
        stage.hours(1).await;
        stage.pass(Duration::from_secs(3)).await;
        assert_eq!(stage.meta.bodies().len(), 3);
        stage.with_contacts(3..4).await;
        stage.hours(24).await;
        stage.pass(Duration::from_secs(10)).await;
        let made = stage.made(id).await;
        assert_eq!(made.len(), 2);
        let totals = [stage.tallies(made[0].id).await.of(Class::Sent), stage.tallies(made[1].id).await.of(Class::Sent)];
        assert_eq!(totals, [3, 4]);
        assert!(made.iter().all(|one| matches!(one.phase, Phase::Finished { .. })));
        stage.change_campaign(id, by_person).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.hours(30).await;
        assert_eq!(stage.made(id).await.len(), 2, "a pause stops further ones");
    });
}

#[test]
fn a_death_between_the_decision_and_the_making_makes_it_once() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    actix::System::with_tokio_rt(runtime).block_on(async move {
        let (store, clock) = (Arc::new(MemoryStore::new()), PlayClock::from_now_on());
        let id = campaign_id(1);
        let tasks = LocalSet::new();
        let stage = tasks.run_until(Stage::on(store.clone(), clock.clone())).await;
        stage.with_contacts(0..3).await;
        stage.repeats(3, daily).await;
        // It was decided, and nothing came of it.
        stage.hours(9).await;
        stage
            .change_campaign(id, |campaign, now| match campaign.due(now) {
                Some(engine::campaign::Due::Now(next)) => Ok(*next),
                other => panic!("{other:?}"),
            })
            .await;
        assert!(stage.made(id).await.is_empty());
        drop((stage, tasks));
        for _ in 0..3 {
            let tasks = LocalSet::new();
            let stage = tasks.run_until(Stage::on(store.clone(), clock.clone())).await;
            tasks.run_until(stage.pass(Duration::from_secs(5))).await;
            let made = stage.made(id).await;
            assert_eq!(made.len(), 1);
            assert_eq!(times(&stage.meta.bodies()).len(), stage.meta.bodies().len());
        }
        let made = store.tallies(TENANT, Campaign::occurrence_id(id, 0)).await.unwrap();
        assert_eq!((made.total(), made.of(Class::Sent)), (3, 3));
    });
}

#[test]
fn what_was_missed_is_caught_up_with_for_six_hours_and_told_of_after_that() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    actix::System::with_tokio_rt(runtime).block_on(async move {
        let (store, clock) = (Arc::new(MemoryStore::new()), PlayClock::from_now_on());
        let id = campaign_id(1);
        let off = async |hours: u64| {
            let tasks = LocalSet::new();
            let stage = tasks.run_until(Stage::on(store.clone(), clock.clone())).await;
            stage.with_contacts(0..3).await;
            if hours == 14 {
                stage.repeats(3, daily).await;
            }
            drop((stage, tasks));
            tokio::time::timeout(Duration::from_hours(hours), std::future::pending::<()>()).await.unwrap_err();
            let tasks = LocalSet::new();
            let stage = tasks.run_until(Stage::on(store.clone(), clock.clone())).await;
            tasks.run_until(stage.pass(Duration::from_secs(5))).await;
            (stage.made(id).await.len(), stage.store.alerts(TENANT).await.unwrap().len())
        };
        assert_eq!(off(14).await, (1, 0), "five hours late");
        assert_eq!(off(24 + 3).await, (1, 1), "at 17:00 of the next day");
        assert_eq!(off(24).await, (1, 2));
    });
}

#[test]
fn far_more_people_than_were_agreed_to_wait_for_a_person() {
    play(|stage| async move {
        stage.with_contacts(0..20).await;
        let id = stage.repeats(10, daily).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.hours(10).await;
        let made = stage.made(id).await;
        assert_eq!(made[0].phase, Phase::Paused { reason: PauseReason::Grown { people: 20, confirmed: 10 } });
        assert!(stage.meta.bodies().is_empty());
        assert_eq!(stage.store.alerts(TENANT).await.unwrap().len(), 1);
    });
}

#[test]
fn two_nodes_make_it_once() {
    play_with(2, 3, |fleet| async move {
        fleet.archive.with_contacts(0..20).await;
        fleet.settled().await;
        let soon = fleet.archive.clock.clone();
        let id = fleet
            .archive
            .repeats(20, |plan| {
                daily(plan);
                let minute = u16::try_from(engine::time::Clock::now(soon.as_ref()).0 / 60_000 % 1_440).unwrap();
                plan.repeat.as_mut().unwrap().at = minute + 1;
            })
            .await;
        for node in fleet.nodes() {
            let actors = node.actors.clone();
            node.run(async move { actors.campaign_changed(TENANT, id) }).await;
        }
        fleet.until("it is sent", async || fleet.meta.bodies().len() >= 20).await;
        fleet.pass(Duration::from_secs(20)).await;
        assert_eq!((fleet.archive.made(id).await.len(), fleet.meta.bodies().len()), (1, 20));
    });
}
