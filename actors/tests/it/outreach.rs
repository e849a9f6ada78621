//! So many people a day that a business portfolio may begin to write to.

use std::time::Duration;

use actors::{LaneState, Room};
use engine::campaign::Audience;
use engine::directory::{Number, NumberChange};
use engine::id::{CampaignId, PhoneNumberId};
use engine::ports::{Clock as _, Directory as _, OutreachStore as _};
use engine::time::Span;

use crate::campaign::{MARKETING, UTILITY, phone, times};
use crate::stage::{NUMBER, Stage, TENANT, play};

async fn tier_is(stage: &Stage, tier: &str) {
    let change = NumberChange { tier: Some(tier.into()), ..NumberChange::default() };
    for number in stage.store.numbers(TENANT).await.unwrap() {
        stage.store.change_number(TENANT, &number.phone_number_id, change.clone(), vec![]).await.unwrap();
    }
}

async fn number(stage: &Stage) -> Number {
    stage.store.number(&NUMBER.parse().unwrap()).await.unwrap().unwrap().1
}

/// Of another account, and of the same portfolio.
async fn second_number(stage: &Stage) -> PhoneNumberId {
    let (phone_number_id, waba_id) = ("200000000000002".parse().unwrap(), "100000000000002".parse().unwrap());
    let second = Number { phone_number_id, waba_id, ..number(stage).await };
    stage.store.put_number(TENANT, second.clone()).await.unwrap();
    second.phone_number_id
}

async fn room(stage: &Stage) -> Option<Room> {
    stage.actors.outreach_room(TENANT, &number(stage).await).await.unwrap()
}

fn full_lanes(stage: &Stage, id: CampaignId) -> usize {
    let lanes = stage.actors.campaign_pace(TENANT, id).unwrap_or_default();
    lanes.iter().filter(|lane| matches!(lane.state, LaneState::PortfolioIsFull { .. })).count()
}

/// Until its lanes wait, or it has finished.
async fn full(stage: &Stage, id: CampaignId, lanes: usize) {
    stage.until("the account is full", async || full_lanes(stage, id) == lanes).await;
}

#[test]
fn a_portfolio_begins_to_write_to_as_many_people_a_day_as_it_may() {
    play(|stage| async move {
        let other = second_number(&stage).await;
        tier_is(&stage, "TIER_250").await;
        let ids = stage.with_contacts(0..300).await;
        let both = |plan: &mut engine::campaign::Plan| plan.numbers.push(other);
        let id = stage.launched(1, MARKETING, Audience::Contacts { ids: ids.clone() }, both).await;
        let began = stage.clock.now();
        stage.actors.campaign_changed(TENANT, id);
        full(&stage, id, 2).await;
        assert_eq!(stage.meta.bodies().len(), 250);
        let lanes = stage.actors.campaign_pace(TENANT, id).unwrap();
        let LaneState::PortfolioIsFull { until } = lanes[0].state else { panic!("{:?}", lanes[0].state) };
        assert!(until.since(began) >= Span::hours(24) && until.since(began) < Span::hours(25), "a day after the first");
        let again = stage.launched(2, UTILITY, Audience::Contacts { ids: ids[..100].to_vec() }, |_| ()).await;
        let got = times(&stage.meta.bodies()).len();
        stage.actors.campaign_changed(TENANT, again);
        stage.pass(Duration::from_mins(10)).await;
        assert_eq!(stage.meta.bodies().len(), got, "its lane waits as well");
        stage.hours(24).await;
        stage.finished(id).await;
        stage.finished(again).await;
        let bodies = stage.meta.bodies();
        assert_eq!((bodies.len(), times(&bodies).len()), (400, 400));
    });
}

#[test]
fn a_higher_tier_lets_it_go_on_at_once_and_without_one_nothing_is_kept() {
    play(|stage| async move {
        tier_is(&stage, "TIER_250").await;
        let ids = stage.with_contacts(0..300).await;
        let id = stage.launched(1, MARKETING, Audience::Contacts { ids }, |_| ()).await;
        stage.actors.campaign_changed(TENANT, id);
        full(&stage, id, 1).await;
        tier_is(&stage, "TIER_2K").await;
        stage.pass(Duration::from_secs(5)).await;
        stage.finished(id).await;
        assert_eq!(room(&stage).await.map(|room| (room.limit, room.free)), Some((2_000, 1_700)));
        tier_is(&stage, "TIER_UNLIMITED").await;
        let ids = stage.with_contacts(300..310).await;
        let id = stage.launched(2, MARKETING, Audience::Contacts { ids }, |_| ()).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.finished(id).await;
        assert_eq!(room(&stage).await, None);
        tier_is(&stage, "TIER_2K").await;
        assert_eq!(room(&stage).await.map(|room| room.free), Some(1_700));
    });
}

#[test]
fn who_wrote_needs_no_place_and_a_restart_forgets_nobody() {
    play(|stage| async move {
        tier_is(&stage, "TIER_250").await;
        let ids = stage.with_contacts(0..260).await;
        for n in 0..10 {
            stage.opened(&phone(n)).await;
        }
        let id = stage.launched(1, MARKETING, Audience::Contacts { ids: ids[..250].to_vec() }, |_| ()).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.finished(id).await;
        assert_eq!(room(&stage).await.map(|room| (room.free, room.full_until)), Some((10, None)));
        let stage = Stage::on(stage.store.clone(), stage.clock.clone()).await;
        tier_is(&stage, "TIER_250").await;
        assert_eq!(room(&stage).await.map(|room| room.free), Some(10));
        let id = stage.launched(2, MARKETING, Audience::Contacts { ids: ids[240..].to_vec() }, |_| ()).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.finished(id).await;
        assert_eq!(stage.meta.bodies().len(), 20);
        assert_eq!(room(&stage).await.map(|room| room.free), Some(0));
        let elsewhere = Number { portfolio: "another".into(), ..number(&stage).await };
        let its_room = stage.actors.outreach_room(TENANT, &elsewhere).await.unwrap();
        assert_eq!(its_room.map(|room| room.free), Some(250), "a portfolio has its own day");
        let Number { portfolio, .. } = number(&stage).await;
        let now = stage.clock.now();
        let reached = stage.store.reached(TENANT, &portfolio, now.minus(Span::hours(24)), now).await.unwrap();
        assert_eq!(reached.len(), 250);
    });
}
