//! Broadcasts: nobody twice, nobody left out, at the pace that WhatsApp allows.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use actors::LaneState;
use engine::campaign::{Audience, Campaign, Class, PauseReason, Phase, SendState};
use engine::cluster::LeaseName;
use engine::delivery::Failure;
use engine::directory::NumberChange;
use engine::id::CampaignId;
use engine::intake::IntakeOutcome;
use engine::ports::{Alerts as _, Clock as _, Directory as _, MetaSend};
use engine::template::Category;
use storage::memory::MemoryStore;
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::campaign::{MARKETING, UTILITY, by_person, phone, resumed, times};
use crate::nodes::{Chance, play_with};
use crate::stage::{PlayClock, Stage, TENANT, line, play, status_line};

/// In any second.
fn keeps_the_rate(at: &[Duration], rate: usize) {
    for window in at.windows(rate + 1) {
        let time = window[rate].saturating_sub(window[0]);
        assert!(time >= Duration::from_secs(1), "{} sends in {time:?}", rate + 1);
    }
}

/// Not a hundredth less than is allowed, and not more.
fn uses_the_rate(used: usize, rate: usize, began: Instant) {
    let allowed = rate * usize::try_from(began.elapsed().as_millis()).unwrap() / 1_000;
    assert!((allowed * 99 / 100..=allowed).contains(&used), "{used} of {allowed}");
}

impl Stage {
    pub(crate) async fn broadcast(&self, id: u8, category: Category, people: std::ops::Range<u32>) -> CampaignId {
        let ids = self.with_contacts(people).await;
        let id = self.launched(id, category, Audience::Contacts { ids }, |_| ()).await;
        self.actors.campaign_changed(TENANT, id);
        id
    }

    pub(crate) async fn sent(&self, count: usize) {
        self.until("so many are sent", async || self.meta.bodies().len() >= count).await;
    }

    pub(crate) async fn pass(&self, time: Duration) {
        let end = Instant::now() + time;
        self.until("time passes", async || Instant::now() >= end).await;
    }

    pub(crate) async fn finished(&self, id: CampaignId) {
        self.until("it is finished", async || self.is_finished(id).await).await;
    }
}

#[test]
fn everyone_gets_it_once_and_no_conversation_hears_of_it() {
    play(|stage| async move {
        stage.with_contacts(0..250).await;
        let id = stage.launched(1, MARKETING, Audience::Everyone, |_| ()).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.finished(id).await;
        let bodies = stage.meta.bodies();
        assert_eq!((bodies.len(), times(&bodies).len()), (250, 250));
        assert_eq!(stage.tallies(id).await.of(Class::Sent), 250);
        assert!(stage.conversations().await.is_empty() && stage.bus.0.lock().unwrap().is_empty());
        assert_eq!(stage.actors.campaign_pace(TENANT, id), None, "it is over");
    });
}

/// The process is killed at random moments, with sends at every step of their way.
#[test]
fn whatever_kills_the_process_nobody_gets_it_twice_and_nobody_is_left_out() {
    const PEOPLE: u32 = 2_000;
    for seed in 0..3 {
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        actix::System::with_tokio_rt(runtime).block_on(async move {
            let (store, clock) = (Arc::new(MemoryStore::new()), PlayClock::from_now_on());
            let (chance, mut sent, mut id) = (Chance::seeded(seed), Vec::new(), None);
            for life in 0.. {
                let tasks = LocalSet::new();
                let stage = tasks.run_until(Stage::on(store.clone(), clock.clone())).await;
                *stage.meta.latency.lock().unwrap() = Duration::from_millis(20 + chance.below(300));
                store.set_claims_late(Duration::from_millis(chance.below(40)));
                if id.is_none() {
                    id = Some(tasks.run_until(stage.broadcast(1, MARKETING, 0..PEOPLE)).await);
                }
                let Some(id) = id else { continue };
                if life < 15 {
                    let lives = Duration::from_millis(chance.below(2_500));
                    tasks.run_until(stage.pass(lives)).await;
                    sent.extend(stage.meta.bodies());
                    continue;
                }
                tasks.run_until(stage.finished(id)).await;
                sent.extend(stage.meta.bodies());
                let times = times(&sent);
                let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
                assert!(twice.is_empty(), "written to twice: {twice:?}");
                let recipients = stage.recipients(id).await;
                assert_eq!(recipients.len(), PEOPLE as usize);
                for row in &recipients {
                    let was_sent = times.contains_key(format!("c1:{}", row.recipient.no).as_str());
                    match row.send {
                        SendState::Settled => assert!(was_sent, "{} was never sent", row.recipient.no),
                        SendState::Parked => {}
                        SendState::Waiting
                        | SendState::Claimed { .. }
                        | SendState::InDoubt { .. }
                        | SendState::Held => {
                            panic!("{} is {:?}", row.recipient.no, row.send);
                        }
                    }
                }
                let parked = stage.tallies(id).await.of(Class::Parked);
                assert!((1..600).contains(&parked), "{parked} were under way when the process died");
                break;
            }
        });
    }
}

#[test]
fn another_node_goes_on_where_one_was_killed() {
    for phase in 0..4 {
        play_with(2, phase, |fleet| async move {
            let ids = fleet.archive.with_contacts(0..800).await;
            let holder = fleet.settled().await;
            let id = fleet.archive.launched(1, MARKETING, Audience::Contacts { ids }, |_| ()).await;
            let other = fleet.others(&holder).remove(0);
            let actors = other.actors.clone();
            let began = Instant::now();
            other.run(async move { actors.campaign_changed(TENANT, id) }).await;
            fleet.until("it begins", async || !fleet.meta.bodies().is_empty()).await;
            assert!(began.elapsed() < Duration::from_secs(4), "{:?}", began.elapsed());
            fleet.until("it runs", async || fleet.meta.bodies().len() >= 200).await;
            fleet.pass(Duration::from_millis(37 * phase)).await;
            holder.kill();
            let (died, before) = (Instant::now(), fleet.meta.bodies().len());
            fleet.until("it goes on", async || fleet.meta.bodies().len() > before).await;
            assert!(died.elapsed() < Duration::from_secs(5), "{:?}", died.elapsed());
            let name = LeaseName::Campaign(TENANT, id);
            assert!(other.actors.holds(&name).is_some());
            let done = async || {
                let tallies = fleet.archive.tallies(id).await;
                tallies.is_done() && tallies.total() == 800
            };
            fleet.until("nobody waits", done).await;
            let sent = fleet.sent_within(80);
            assert_eq!(sent.iter().collect::<BTreeSet<_>>().len(), sent.len(), "nobody twice");
            let tallies = fleet.archive.tallies(id).await;
            let unknown = tallies.of(Class::Unknown);
            assert_eq!(tallies.of(Class::Sent) + unknown, 800);
            assert!(unknown <= 64, "{unknown}");
        });
    }
}

#[test]
fn a_pause_acts_at_once_and_what_is_resumed_reaches_exactly_the_rest() {
    play(|stage| async move {
        let id = stage.broadcast(1, MARKETING, 0..600).await;
        stage.sent(150).await;
        stage.change_campaign(id, by_person).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.pass(Duration::from_millis(200)).await;
        let before = stage.meta.bodies().len();
        assert!(before < 170, "{before}");
        stage.pass(Duration::from_mins(5)).await;
        assert_eq!(stage.meta.bodies().len(), before);
        assert_eq!(stage.tallies(id).await.of(Class::Waiting), 600 - before as u64, "nobody is claimed and forgotten");
        assert_eq!(stage.actors.campaign_pace(TENANT, id).unwrap()[0].state, LaneState::Paused);
        stage.change_campaign(id, resumed).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.finished(id).await;
        let bodies = stage.meta.bodies();
        assert_eq!((bodies.len(), times(&bodies).len()), (600, 600));
    });
}

#[test]
fn who_still_waited_when_it_was_cancelled_gets_nothing() {
    play(|stage| async move {
        let id = stage.broadcast(1, MARKETING, 0..600).await;
        stage.sent(150).await;
        stage.change_campaign(id, Campaign::cancelled).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.pass(Duration::from_mins(5)).await;
        let sent = stage.meta.bodies().len();
        assert!((150..170).contains(&sent), "{sent}");
        let tallies = stage.tallies(id).await;
        assert_eq!((tallies.of(Class::Sent), tallies.of(Class::UnderWay)), (sent as u64, 0));
    });
}

#[test]
fn two_broadcasts_and_what_comes_in_use_the_rate_up_fairly_and_never_more() {
    play(|stage| async move {
        let one = stage.broadcast(1, MARKETING, 0..3_000).await;
        stage.pass(Duration::from_secs(2)).await;
        let two = stage.broadcast(2, MARKETING, 3_000..6_000).await;
        stage.pass(Duration::from_secs(2)).await;
        let (began, before) = (Instant::now(), stage.meta.bodies().len());
        let mut came = 0;
        while began.elapsed() < Duration::from_secs(30) {
            stage.receive(&[line(&format!("w{came}"), "12025550123", stage.clock.now(), "Hello")]).await;
            came += 1;
            stage.pass(Duration::from_millis(50)).await;
        }
        uses_the_rate(came + stage.meta.bodies().len() - before, 80, began);
        let at: Vec<_> = stage.meta.sends.lock().unwrap().iter().map(|send| send.at).collect();
        keeps_the_rate(&at, 80);
        let both = stage.meta.bodies().split_off(before);
        let of_one = both.iter().filter(|body| body.starts_with("c1:")).count();
        assert!(of_one.abs_diff(both.len() / 2) <= 2, "{of_one} of {}", both.len());
        assert!(!stage.is_finished(one).await && !stage.is_finished(two).await);
    });
}

#[test]
fn a_fast_numbers_rate_is_used_too() {
    play(|stage| async move {
        let number = crate::stage::NUMBER.parse().unwrap();
        let change = NumberChange { rate_per_second: Some(1_000), ..NumberChange::default() };
        stage.store.change_number(TENANT, &number, change, vec![]).await.unwrap();
        *stage.meta.latency.lock().unwrap() = Duration::from_millis(150);
        stage.broadcast(1, MARKETING, 0..7_000).await;
        stage.sent(2_000).await;
        let (began, before) = (Instant::now(), stage.meta.bodies().len());
        stage.pass(Duration::from_secs(4)).await;
        uses_the_rate(stage.meta.bodies().len() - before, 1_000, began);
        let at: Vec<_> = stage.meta.sends.lock().unwrap().iter().map(|send| send.at).collect();
        keeps_the_rate(&at, 1_000);
    });
}

#[test]
fn a_reply_overtakes_even_while_answers_are_slow() {
    play(|stage| async move {
        let conversation = stage.opened("12025550123").await;
        stage.broadcast(1, MARKETING, 0..3_000).await;
        stage.sent(400).await;
        let leaves = async |key: &str| {
            let at = Instant::now();
            stage.reply(conversation, key, key).await;
            stage.until("it leaves", async || stage.meta.bodies().iter().any(|body| body == key)).await;
            assert!(at.elapsed() <= Duration::from_millis(30), "{:?}", at.elapsed());
        };
        for n in 0..20 {
            stage.pass(Duration::from_millis(107)).await;
            leaves(&format!("reply-{n}")).await;
        }
        *stage.meta.latency.lock().unwrap() = Duration::from_secs(10);
        stage.pass(Duration::from_secs(3)).await;
        leaves("slow").await;
    });
}

#[test]
fn what_people_wait_for_leaves_before_what_advertises() {
    play(|stage| async move {
        stage.broadcast(1, MARKETING, 0..1_000).await;
        stage.sent(100).await;
        let receipts = stage.broadcast(2, UTILITY, 1_000..1_200).await;
        stage.until("it begins", async || stage.meta.bodies().iter().any(|body| body.starts_with("c2:"))).await;
        let before = stage.meta.bodies().len();
        stage.finished(receipts).await;
        let since = stage.meta.bodies().split_off(before);
        let last = since.iter().rposition(|body| body.starts_with("c2:")).unwrap();
        assert!(last < 205, "{last} left until the last receipt was out");
    });
}

#[test]
fn a_refusal_that_would_hit_everybody_stops_it_and_calls_somebody_once() {
    play(|stage| async move {
        let id = stage.broadcast(1, MARKETING, 0..600).await;
        stage.sent(100).await;
        let failure = Failure { code: Some(131_048), text: "Too many people blocked you.".into(), action: None };
        stage.meta.will_answer(vec![MetaSend::Never(failure.clone()); 3]);
        let paused = async || matches!(stage.campaign(id).await.phase, Phase::Paused { .. });
        stage.until("it stops", paused).await;
        let text = failure.text;
        let refused = PauseReason::Refused { code: Some(131_048), text };
        assert_eq!(stage.campaign(id).await.phase, Phase::Paused { reason: refused });
        let before = stage.meta.bodies().len();
        stage.pass(Duration::from_mins(2)).await;
        assert!(stage.meta.bodies().len() <= before + 1);
        assert_eq!(stage.store.alerts(TENANT).await.unwrap().len(), 1);
        // A status that says the same of an earlier message changes nothing any more.
        let callback = stage.meta.sends.lock().unwrap()[0].callback.to_string();
        let late = format!("status|out1|{callback}|{}|131048", stage.clock.now().0);
        stage.receive(&[late]).await;
        stage.until("it is read", async || stage.count(IntakeOutcome::Stored).await == 0).await;
        assert_eq!(stage.store.alerts(TENANT).await.unwrap().len(), 1);
        stage.change_campaign(id, resumed).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.finished(id).await;
        let bodies = stage.meta.bodies();
        assert_eq!((bodies.len(), times(&bodies).len()), (600, 600));
    });
}

#[test]
fn a_failure_that_comes_by_webhook_stops_it_too() {
    play(|stage| async move {
        let id = stage.broadcast(1, MARKETING, 0..600).await;
        stage.sent(100).await;
        let callback = stage.meta.sends.lock().unwrap()[0].callback.to_string();
        stage.receive(&[format!("status|out1|{callback}|{}|132015", stage.clock.now().0)]).await;
        let paused = async || matches!(stage.campaign(id).await.phase, Phase::Paused { .. });
        stage.until("it stops", paused).await;
        assert_eq!(stage.store.alerts(TENANT).await.unwrap().len(), 1);
    });
}

#[test]
fn a_number_that_is_taken_away_stops_it_and_fails_nobody() {
    play(|stage| async move {
        let id = stage.broadcast(1, MARKETING, 0..600).await;
        stage.sent(100).await;
        let number = crate::stage::NUMBER.parse().unwrap();
        assert!(stage.store.disconnect_number(TENANT, &number, vec![]).await.unwrap());
        let paused = async || matches!(stage.campaign(id).await.phase, Phase::Paused { .. });
        stage.until("it stops", paused).await;
        stage.pass(Duration::from_mins(1)).await;
        let tallies = stage.tallies(id).await;
        assert_eq!(tallies.of(Class::Sent) + tallies.of(Class::Waiting), 600, "{tallies:?}");
    });
}

#[test]
fn another_pace_acts_at_once_and_is_kept() {
    play(|stage| async move {
        let id = stage.broadcast(1, MARKETING, 0..3_000).await;
        stage.sent(200).await;
        stage.change_campaign(id, |campaign, _| campaign.paced(Some(10))).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.pass(Duration::from_millis(100)).await;
        let before = stage.meta.bodies().len();
        stage.pass(Duration::from_secs(20)).await;
        let sent = stage.meta.bodies().len() - before;
        assert!((195..=201).contains(&sent), "{sent} in 20 s");
        stage.change_campaign(id, |campaign, _| campaign.paced(None)).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.pass(Duration::from_secs(10)).await;
        assert!(stage.meta.bodies().len() - before - sent > 780);
        let pace = stage.actors.campaign_pace(TENANT, id).unwrap().remove(0);
        let full = pace.seconds.iter().rev().skip(1).take(5);
        assert!(full.clone().all(|second| second.allowed == 80 && (78..=81).contains(&second.sent)), "{pace:?}");
        assert_eq!(pace.state, LaneState::Running);
    });
}

#[test]
fn it_does_not_begin_before_its_time() {
    play(|stage| async move {
        let ids = stage.with_contacts(0..10).await;
        let at = stage.clock.now().plus(engine::time::Span::hours(2));
        let id = stage.launched(1, MARKETING, Audience::Contacts { ids }, |plan| plan.start_at = Some(at)).await;
        stage.actors.campaign_changed(TENANT, id);
        let began = Instant::now();
        stage.pass(Duration::from_mins(50)).await;
        assert_eq!(stage.meta.bodies(), Vec::<String>::new());
        tokio::time::advance(Duration::from_mins(69)).await;
        stage.finished(id).await;
        assert!(began.elapsed() >= Duration::from_hours(2) && began.elapsed() < Duration::from_mins(121));
    });
}

#[test]
fn what_meta_slows_down_waits_and_the_page_says_so() {
    play(|stage| async move {
        let id = stage.broadcast(1, MARKETING, 0..200).await;
        stage.meta.will_answer([MetaSend::Slower { after: Duration::from_secs(4), pair: false }]);
        stage.sent(1).await;
        stage.pass(Duration::from_millis(500)).await;
        let state = stage.actors.campaign_pace(TENANT, id).unwrap()[0].state;
        assert!(matches!(state, LaneState::Slower { seconds: 1..=4 }), "{state:?}");
        stage.finished(id).await;
        let tallies = stage.tallies(id).await;
        assert_eq!((tallies.of(Class::Sent), stage.meta.bodies().len()), (200, 201));
    });
}

#[test]
fn statuses_and_answers_are_counted_where_they_belong() {
    play(|stage| async move {
        let id = stage.broadcast(1, MARKETING, 0..4).await;
        stage.finished(id).await;
        let sends = stage.meta.sends.lock().unwrap().clone();
        let no = |body: &str| body.trim_start_matches("c1:").parse::<u32>().unwrap();
        let now = stage.clock.now();
        stage
            .receive(&[
                status_line("out1", &sends[0].callback.to_string(), now),
                status_line("out1", &sends[0].callback.to_string(), now),
                status_line("out2", "", now),
                format!("answer|in1|{}|{}|out3", phone(no(&sends[2].body)), now.0),
                line("in2", &phone(no(&sends[3].body)), now, "Two tickets, please"),
                line("in3", "12025559999", now, "Hello"),
                format!("answer|in4|{}|{}|outX", phone(no(&sends[1].body)), now.0),
            ])
            .await;
        stage.until("all are read", async || stage.count(IntakeOutcome::Stored).await == 0).await;
        let tallies = stage.tallies(id).await;
        assert_eq!((tallies.of(Class::Delivered), tallies.of(Class::Sent)), (2, 2));
        assert_eq!(tallies.sum(|key| key.replied), 2);
        assert_eq!(stage.count(IntakeOutcome::Duplicate).await, 1);
        assert_eq!(stage.conversations().await.len(), 4, "of those who wrote");
    });
}

#[test]
fn an_answer_counts_for_three_days() {
    play(|stage| async move {
        let id = stage.broadcast(1, MARKETING, 0..2).await;
        stage.finished(id).await;
        let sent = stage.clock.now();
        let late = sent.plus(engine::time::Span::hours(73));
        let early = sent.plus(engine::time::Span::hours(71));
        stage.receive(&[line("in1", &phone(0), late, "Late"), line("in2", &phone(1), early, "In time")]).await;
        stage.until("all are read", async || stage.count(IntakeOutcome::Stored).await == 0).await;
        assert_eq!(stage.tallies(id).await.sum(|key| key.replied), 1);
    });
}

#[test]
fn a_status_that_is_faster_than_the_answer_is_matched_by_it() {
    play(|stage| async move {
        *stage.meta.latency.lock().unwrap() = Duration::from_secs(2);
        let id = stage.broadcast(1, MARKETING, 0..1).await;
        stage.sent(1).await;
        stage.receive(&[status_line("out1", "", stage.clock.now())]).await;
        stage.finished(id).await;
        assert_eq!(stage.tallies(id).await.of(Class::Delivered), 1);
    });
}

#[test]
fn a_doubt_parks_what_advertises_and_sends_what_people_wait_for_again() {
    for (category, sends, class) in [(MARKETING, 1, Class::Parked), (UTILITY, 2, Class::Sent)] {
        play(|stage| async move {
            stage.meta.will_answer([MetaSend::InDoubt]);
            let id = stage.broadcast(1, category, 0..1).await;
            let began = Instant::now();
            stage.finished(id).await;
            let waited = began.elapsed();
            assert!((600..660).contains(&waited.as_secs()), "{waited:?}");
            assert_eq!((stage.meta.bodies().len(), stage.tallies(id).await.of(class)), (sends, 1));
        });
    }
}

#[test]
fn a_status_settles_a_doubt_and_ends_it() {
    play(|stage| async move {
        stage.meta.will_answer([MetaSend::InDoubt]);
        let id = stage.broadcast(1, UTILITY, 0..1).await;
        stage.sent(1).await;
        stage.pass(Duration::from_secs(5)).await;
        let callback = stage.meta.sends.lock().unwrap()[0].callback.to_string();
        stage.receive(&[status_line("outX", &callback, stage.clock.now())]).await;
        stage.pass(Duration::from_secs(5)).await;
        assert!(stage.is_finished(id).await);
        assert_eq!((stage.meta.bodies().len(), stage.tallies(id).await.of(Class::Delivered)), (1, 1));
    });
}

#[test]
fn a_stop_finishes_what_is_claimed_and_leaves_the_rest_to_the_next_process() {
    play(|stage| async move {
        let id = stage.broadcast(1, MARKETING, 0..600).await;
        stage.sent(150).await;
        let began = Instant::now();
        assert!(stage.actors.drain(Duration::from_secs(20)).await);
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        let tallies = stage.tallies(id).await;
        assert_eq!(tallies.of(Class::UnderWay) + tallies.of(Class::Unknown), 0);
        assert_eq!(tallies.of(Class::Sent), stage.meta.bodies().len() as u64);
        let next = Stage::on(stage.store.clone(), stage.clock.clone()).await;
        next.finished(id).await;
        assert_eq!(next.meta.bodies().len() + stage.meta.bodies().len(), 600);
    });
}
