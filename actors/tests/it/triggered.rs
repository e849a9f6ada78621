//! A broadcast that people are added to while it runs: each is on their way at once, once, and by all the rules of a broadcast.

use std::collections::BTreeSet;
use std::time::Duration;

use engine::campaign::{Audience, Campaign, Class, Given, Plan, QuietHours, SendState, Trigger};
use engine::id::{AskedId, CampaignId, ContactId};
use engine::ports::{Added, Campaigns as _, Clock as _, ContactStore as _, MetaSend};
use engine::time::{Span, Timestamp};
use std::sync::Arc;
use storage::memory::MemoryStore;
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::campaign::{UTILITY, by_person, resumed, times};
use crate::nodes::{Chance, play_with};
use crate::stage::{Archive, PlayClock, START, Stage, TENANT, play};

/// At 80 a second a message leaves 12.6 ms after the one before, and what is asked for is on disk and read before that.
const AT_ONCE: Duration = Duration::from_millis(13 + 50);

impl Archive {
    /// As the API does, before anybody is told.
    async fn add(&self, id: CampaignId, contact: ContactId, key: &str) -> Added {
        let contact = self.store.contact(TENANT, contact).await.unwrap().unwrap();
        let trigger = Trigger { key: key.parse().unwrap(), asked: AskedId::derive(&[key.as_bytes()]) };
        let addition =
            self.campaign(id).await.addition(&contact, false, &Given::new(), trigger, self.clock.now()).unwrap();
        self.store.add_recipient(TENANT, id, addition).await.unwrap()
    }

    async fn opened_for_people(&self, change: impl FnOnce(&mut Plan)) -> CampaignId {
        self.launched(1, UTILITY, Audience::Triggered, change).await
    }
}

impl Stage {
    async fn takes_people(&self, change: impl FnOnce(&mut Plan)) -> CampaignId {
        let id = self.opened_for_people(change).await;
        self.actors.campaign_changed(TENANT, id);
        self.pass(Duration::from_secs(3)).await;
        id
    }

    async fn comes(&self, id: CampaignId, contact: ContactId, key: &str) {
        assert!(matches!(self.add(id, contact, key).await, Added::New(_)));
        self.actors.person_added(TENANT, id);
    }

    fn sent_at(&self) -> Vec<Timestamp> {
        let sends = self.meta.sends.lock().unwrap();
        sends.iter().map(|send| START.plus(Span(i64::try_from(send.at.as_millis()).unwrap()))).collect()
    }
}

fn closed(campaign: &Campaign, _: Timestamp) -> Result<Campaign, engine::rejection::Rejection> {
    campaign.closed()
}

#[test]
fn whoever_is_added_is_on_their_way_at_once_until_somebody_ends_it() {
    play(|stage| async move {
        let people = stage.with_contacts(0..4).await;
        let id = stage.takes_people(|_| ()).await;
        for (n, person) in people[..3].iter().enumerate() {
            // Also while the answer of the one before is not there yet, and after a while in which nobody came.
            *stage.meta.latency.lock().unwrap() = Duration::from_secs(2);
            stage.pass(Duration::from_millis([0, 300, 40_000][n])).await;
            let began = Instant::now();
            stage.comes(id, *person, &format!("order-{n}")).await;
            stage.sent(n + 1).await;
            assert!(began.elapsed() <= AT_ONCE, "{:?}", began.elapsed());
        }
        stage.hours(3).await;
        assert!(!stage.is_finished(id).await, "there may come more");
        assert_eq!(stage.add(id, people[0], "order-0").await, Added::Known(0), "nobody twice");
        stage.comes(id, people[3], "order-3").await;
        stage.change_campaign(id, closed).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.finished(id).await;
        assert_eq!(times(&stage.meta.bodies()).into_values().collect::<Vec<_>>(), [1; 4]);
        assert_eq!(stage.tallies(id).await.of(Class::Sent), 4);
    });
}

#[test]
fn fifty_a_second_leave_as_they_come_and_what_came_back_leaves_among_them() {
    play(|stage| async move {
        let people = stage.with_contacts(0..1_000).await;
        let id = stage.takes_people(|_| ()).await;
        // Some are not taken at first, and wait again while others come without a pause.
        stage.meta.will_answer((0..5).map(|_| MetaSend::NotSent));
        let mut came = Vec::new();
        for (n, person) in people.iter().enumerate() {
            came.push(stage.clock.now());
            stage.comes(id, *person, &format!("order-{n}")).await;
            stage.pass(Duration::from_millis(20)).await;
        }
        stage.sent(1_005).await;
        let bodies = stage.meta.bodies();
        assert_eq!(times(&bodies).len(), 1_000);
        let mut late = Vec::new();
        for (body, at) in bodies.iter().zip(stage.sent_at()).skip(200) {
            let no: usize = body.strip_prefix("c1:").unwrap().parse().unwrap();
            if at.since(came[no]) > Span(100) {
                late.push(no);
            }
        }
        assert!(late.len() <= 5, "{late:?}");
        assert_eq!(stage.tallies(id).await.of(Class::Waiting), 0);
    });
}

#[test]
fn whatever_kills_the_process_who_was_added_gets_it_once() {
    const PEOPLE: usize = 600;
    for seed in 0..3 {
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        actix::System::with_tokio_rt(runtime).block_on(async move {
            let (store, clock) = (Arc::new(MemoryStore::new()), PlayClock::from_now_on());
            let (chance, mut sent, mut added) = (Chance::seeded(seed), Vec::new(), 0);
            let id = crate::campaign::campaign_id(1);
            for life in 0..=10 {
                let tasks = LocalSet::new();
                let stage = tasks.run_until(Stage::on(store.clone(), clock.clone())).await;
                *stage.meta.latency.lock().unwrap() = Duration::from_millis(20 + chance.below(300));
                store.set_claims_late(Duration::from_millis(chance.below(40)));
                let people = stage.with_contacts(0..u32::try_from(PEOPLE).unwrap()).await;
                if life == 0 {
                    tasks.run_until(stage.takes_people(|_| ())).await;
                }
                let upto = if life == 10 { PEOPLE } else { (added + 55).min(PEOPLE) };
                let coming = async {
                    while added < upto {
                        // Whoever got no answer asks again.
                        stage.add(id, people[added], &format!("order-{added}")).await;
                        assert_eq!(
                            stage.add(id, people[added], &format!("order-{added}")).await,
                            Added::Known(u32::try_from(added).unwrap())
                        );
                        stage.actors.person_added(TENANT, id);
                        stage.pass(Duration::from_millis(chance.below(20))).await;
                        added += 1;
                    }
                };
                tasks.run_until(coming).await;
                if life < 10 {
                    sent.extend(stage.meta.bodies());
                    continue;
                }
                let over = async {
                    stage.change_campaign(id, closed).await;
                    stage.actors.campaign_changed(TENANT, id);
                    stage.finished(id).await;
                };
                tasks.run_until(over).await;
                sent.extend(stage.meta.bodies());
                let recipients = stage.recipients(id).await;
                assert_eq!(recipients.len(), PEOPLE);
                assert!(recipients.iter().all(|row| row.send == SendState::Settled));
                let whom: BTreeSet<_> = recipients.iter().map(|row| row.recipient.contact).collect();
                assert_eq!(whom.len(), PEOPLE, "everybody once");
                assert_eq!(times(&sent).len(), PEOPLE, "nobody is left out");
            }
        });
    }
}

#[test]
fn what_holds_a_broadcast_holds_who_is_added_and_refuses_nobody() {
    play(|stage| async move {
        let people = stage.with_contacts(0..6).await;
        let id = stage.takes_people(|plan| plan.per_day = Some(2)).await;
        for (n, person) in people[..3].iter().enumerate() {
            stage.comes(id, *person, &format!("order-{n}")).await;
        }
        stage.hours(2).await;
        assert_eq!(stage.meta.bodies().len(), 2, "the day is full");
        stage.change_campaign(id, by_person).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.hours(24).await;
        stage.comes(id, people[3], "order-3").await;
        stage.hours(2).await;
        assert_eq!(stage.meta.bodies().len(), 2, "it is paused");
        stage.change_campaign(id, resumed).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.sent(4).await;
        stage.hours(3).await;
        stage.comes(id, people[4], "order-4").await;
        stage.hours(1).await;
        assert_eq!(stage.meta.bodies().len(), 4);
        stage.change_campaign(id, closed).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.hours(30).await;
        assert!(stage.is_finished(id).await && stage.meta.bodies().len() == 5);
    });
}

/// The play begins at midnight in UTC; these people live in the United States, where it is quiet until eight in Honolulu.
#[test]
fn who_is_added_at_night_gets_it_in_the_morning() {
    play(|stage| async move {
        let people = stage.with_contacts(0..2).await;
        let night = |plan: &mut Plan| {
            plan.quiet = Some(QuietHours { from: 21 * 60, to: 8 * 60 });
            plan.zone = Some("UTC".into());
        };
        let id = stage.takes_people(night).await;
        stage.hours(4).await;
        stage.comes(id, people[0], "order-0").await;
        stage.hours(1).await;
        stage.comes(id, people[1], "order-1").await;
        stage.hours(9).await;
        assert!(stage.meta.bodies().is_empty(), "it is night there");
        stage.hours(9).await;
        let (at, wakes) = (stage.sent_at(), START.plus(Span::hours(14)));
        assert_eq!(at.len(), 2);
        assert!(at.iter().all(|at| *at >= wakes), "{at:?}");
    });
}

#[test]
fn somebody_who_is_added_on_another_node_is_found_with_and_without_a_hint() {
    play_with(2, 7, |fleet| async move {
        let people = fleet.archive.with_contacts(0..2).await;
        let holder = fleet.settled().await;
        let id = fleet.archive.opened_for_people(|_| ()).await;
        let other = fleet.others(&holder).remove(0);
        let tell = async || {
            let actors = other.actors.clone();
            other.run(async move { actors.person_added(TENANT, id) }).await;
        };
        tell().await;
        fleet.pass(Duration::from_secs(5)).await;
        fleet.archive.add(id, people[0], "order-0").await;
        let began = Instant::now();
        tell().await;
        fleet.until("it is sent", async || fleet.meta.bodies().len() == 1).await;
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        fleet.archive.add(id, people[1], "order-1").await;
        fleet.until("it is found", async || fleet.meta.bodies().len() == 2).await;
        assert!(began.elapsed() < Duration::from_secs(9), "{:?}", began.elapsed());
    });
}
