//! A broadcast with a limit of spending.

use engine::campaign::{Audience, PauseReason, Phase};
use engine::ports::Alerts as _;
use engine::price::Money;

use crate::campaign::{MARKETING, resumed, times};
use crate::stage::{TENANT, play};

const PEOPLE: u32 = 600;

fn cents(count: i64) -> Money {
    Money { micros: count * 10_000, currency: "USD".parse().unwrap() }
}

#[test]
fn a_broadcast_that_has_cost_as_much_as_it_may_pauses_and_goes_on_with_the_rest_under_another_limit() {
    play(|stage| async move {
        let ids = stage.with_contacts(0..PEOPLE).await;
        let limit = |plan: &mut engine::campaign::Plan| plan.spend_max = Some(cents(100));
        let id = stage.launched(1, MARKETING, Audience::Contacts { ids }, limit).await;
        stage.actors.campaign_changed(TENANT, id);
        let paused = async || matches!(stage.campaign(id).await.phase, Phase::Paused { .. });
        stage.until("it stops", paused).await;
        let Phase::Paused { reason: PauseReason::Spent { max, spent } } = stage.campaign(id).await.phase else {
            panic!("for another reason");
        };
        assert_eq!((max, spent.micros >= max.micros), (cents(100), true));
        // A second's worth more than the limit at most, and what was on its way.
        let sent = stage.meta.bodies().len();
        assert!((100..=400).contains(&sent), "{sent}");
        let alerts = stage.store.alerts(TENANT).await.unwrap();
        assert_eq!(alerts.len(), 1);
        assert!(alerts[0].effect.starts_with("It has cost as much as it may"), "{}", alerts[0].effect);
        // Without another limit it stops again before anybody more gets it.
        stage.change_campaign(id, resumed).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.until("it stops again", paused).await;
        let rest = u64::from(PEOPLE) - sent as u64;
        let waiting = async || stage.tallies(id).await.of(engine::campaign::Class::Waiting) == rest;
        stage.until("what was at the door waits again", waiting).await;
        stage.change_campaign(id, |campaign, _| campaign.limited(None)).await;
        stage.change_campaign(id, resumed).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.until("it finishes", async || stage.is_finished(id).await).await;
        let bodies = stage.meta.bodies();
        assert_eq!((bodies.len(), times(&bodies).len()), (PEOPLE as usize, PEOPLE as usize));
    });
}
