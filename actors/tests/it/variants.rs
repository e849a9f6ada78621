//! A broadcast with several messages: its sample, its winner, and the rest.

use std::sync::Arc;
use std::time::Duration;

use engine::campaign::{
    Audience, Campaign, Class, Group, Letter, Measure, Phase, Plan, RecipientKey, Tallies, Variant, VariantTest,
    Winner, WinnerReason, WinnerRule,
};
use engine::delivery::Status;
use engine::id::CampaignId;
use engine::inbound::StatusUpdate;
use engine::ports::{Campaigns as _, Clock as _, Templates as _};
use engine::template::{Template, TemplateStatus};
use engine::time::{Span, Timestamp};
use storage::memory::MemoryStore;
use tokio::task::LocalSet;

use crate::campaign::{MARKETING, by_person, resumed, template, times};
use crate::stage::{NUMBER, PlayClock, Stage, TENANT, owner, play};

const PEOPLE: u32 = 600;

fn test(winner: WinnerRule) -> impl FnOnce(&mut Plan) {
    let other = Variant { template: "other".into(), language: "en".into(), variables: Vec::new() };
    move |plan| plan.test = Some(VariantTest { others: vec![other], sample: 20, winner })
}

/// An hour after the sample has left, the one that more people read.
const AN_HOUR: WinnerRule = WinnerRule::Best { by: Measure::Read, after_minutes: 60 };

impl Stage {
    async fn tested(&self, change: impl FnOnce(&mut Plan)) -> CampaignId {
        let ids = self.with_contacts(0..PEOPLE).await;
        let id = self.launched(1, MARKETING, Audience::Contacts { ids }, change).await;
        self.actors.campaign_changed(TENANT, id);
        id
    }

    async fn rest(&self, time: Duration) {
        tokio::time::timeout(time, std::future::pending::<()>()).await.unwrap_err();
    }

    /// The last of the sample has left.
    async fn sampled(&self, id: CampaignId) -> Timestamp {
        let sampled_at = async || self.campaign(id).await.launch.unwrap().sampled_at;
        self.until("the sample has left", async || sampled_at().await.is_some()).await;
        sampled_at().await.unwrap()
    }

    /// So many of those who got this one read it.
    async fn read(&self, id: CampaignId, letter: Letter, people: usize) {
        let rows = self.recipients(id).await;
        let sample = rows.iter().filter(|row| row.recipient.group == Some(Group::Sample(letter)));
        // Of whom it is known that they got it.
        for row in sample.filter(|row| row.wamid.is_some()).take(people) {
            let (number, wamid) = (NUMBER.parse().unwrap(), row.wamid.clone().unwrap());
            let (status, at) = (Status::Read, self.clock.now());
            let update = StatusUpdate { number, wamid, callback: None, status, pricing: None, at };
            let key = RecipientKey { campaign: id, no: row.recipient.no };
            self.store.record_receipt(TENANT, key, &update, None).await.unwrap();
        }
    }

    async fn winner(&self, id: CampaignId) -> Option<Winner> {
        self.campaign(id).await.launch.unwrap().winner
    }

    async fn waiting(&self, id: CampaignId) -> u64 {
        self.tallies(id).await.of(Class::Waiting)
    }

    /// Everybody of the sample got their own message and everybody else the winner, once.
    async fn all_got_theirs(&self, id: CampaignId, winner: Letter, bodies: &[String]) {
        let sent = times(bodies);
        assert_eq!((bodies.len(), sent.len()), (PEOPLE as usize, PEOPLE as usize));
        for row in self.recipients(id).await {
            let letter = match row.recipient.group.unwrap() {
                Group::Sample(letter) => letter,
                Group::Rest => winner,
            };
            let template = if letter == Letter::A { "c1" } else { "other" };
            let body = format!("{template}:{}", row.recipient.no);
            assert!(sent.contains_key(body.as_str()), "{body} of {:?} was not sent", row.recipient.group);
        }
    }
}

const MINUTE: Duration = Duration::from_mins(1);

#[test]
fn the_rest_waits_for_its_time_and_gets_what_did_best() {
    play(|stage| async move {
        let id = stage.tested(test(AN_HOUR)).await;
        let sampled_at = stage.sampled(id).await;
        let sample = stage.meta.bodies().len();
        assert!((80..160).contains(&sample), "{sample} are about a fifth");
        assert_eq!(stage.waiting(id).await, u64::from(PEOPLE) - sample as u64);
        stage.read(id, Letter::A, 3).await;
        stage.read(id, Letter::B, 9).await;
        stage.rest(59 * MINUTE).await;
        assert_eq!((stage.meta.bodies().len(), stage.winner(id).await), (sample, None));
        stage.rest(3 * MINUTE).await;
        let winner = stage.winner(id).await.unwrap();
        assert_eq!((winner.variant, winner.reason), (Letter::B, WinnerReason::Best));
        let late = winner.at.since(sampled_at.plus(Span::hours(1)));
        assert!((0..1_000).contains(&late.0), "{} ms late", late.0);
        assert_eq!(winner.figures.iter().map(|one| one.read).collect::<Vec<_>>(), [3, 9]);
        stage.until("it is finished", async || stage.is_finished(id).await).await;
        stage.all_got_theirs(id, Letter::B, &stage.meta.bodies()).await;
    });
}

/// It dies in the sample, twice between the sample and the decision, and with the rest half sent.
#[test]
fn whatever_kills_the_process_the_time_stays_and_nobody_gets_two_messages() {
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    actix::System::with_tokio_rt(runtime).block_on(async {
        let (store, clock) = (Arc::new(MemoryStore::new()), PlayClock::from_now_on());
        let (mut bodies, mut id, mut sampled_at) = (Vec::new(), None, None);
        for life in 0..5 {
            let tasks = LocalSet::new();
            let stage = tasks.run_until(Stage::on(store.clone(), clock.clone())).await;
            // An answer at once: nobody is in doubt of whom it would not be known whether they got it.
            *stage.meta.latency.lock().unwrap() = Duration::ZERO;
            let lives = async {
                match (life, id) {
                    (0, _) | (_, None) => {
                        id = Some(stage.tested(test(AN_HOUR)).await);
                        stage.until("some are sent", async || stage.meta.bodies().len() >= 30).await;
                    }
                    (1, Some(id)) => {
                        sampled_at = Some(stage.sampled(id).await);
                        stage.read(id, Letter::B, 5).await;
                        stage.rest(20 * MINUTE).await;
                    }
                    (2, Some(_)) => stage.rest(20 * MINUTE).await,
                    (3, Some(id)) => {
                        stage.until("it is decided", async || stage.winner(id).await.is_some()).await;
                        stage.until("some of the rest", async || stage.meta.bodies().len() >= 50).await;
                    }
                    (_, Some(id)) => {
                        let decided = stage.winner(id).await;
                        stage.read(id, Letter::A, 60).await;
                        let over = async || stage.tallies(id).await.is_done();
                        stage.until("nobody waits", over).await;
                        assert_eq!(stage.winner(id).await, decided, "decided once");
                        let due = sampled_at.unwrap().plus(Span::hours(1));
                        let decided = decided.unwrap();
                        assert_eq!(decided.variant, Letter::B);
                        let late = decided.at.since(due).0;
                        assert!((0..6_000).contains(&late), "{late} ms late");
                    }
                }
            };
            tasks.run_until(lives).await;
            bodies.extend(stage.meta.bodies());
        }
        let sent = times(&bodies);
        assert!(sent.values().all(|times| *times == 1), "nobody twice: {sent:?}");
        let of = |no: u32| {
            [format!("c1:{no}"), format!("other:{no}")].iter().filter(|it| sent.contains_key(it.as_str())).count()
        };
        assert!((0..PEOPLE).all(|no| of(no) <= 1), "nobody gets both");
        let got = (0..PEOPLE).filter(|no| of(*no) == 1).count();
        assert!(got >= PEOPLE as usize - 2 * 64, "{got}: who was under way at a death is in doubt, and nobody else");
    });
}

#[test]
fn a_pause_puts_the_decision_off_until_it_goes_on() {
    play(|stage| async move {
        let id = stage.tested(test(AN_HOUR)).await;
        stage.sampled(id).await;
        stage.read(id, Letter::B, 1).await;
        stage.change_campaign(id, by_person).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.rest(120 * MINUTE).await;
        assert_eq!(stage.winner(id).await, None);
        stage.read(id, Letter::A, 5).await;
        stage.change_campaign(id, resumed).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.until("it is finished", async || stage.is_finished(id).await).await;
        assert_eq!(stage.winner(id).await.map(|winner| winner.variant), Some(Letter::A), "by how it is then");
        stage.all_got_theirs(id, Letter::A, &stage.meta.bodies()).await;
    });
}

#[test]
fn a_person_may_choose_while_the_sample_is_leaving_and_the_rest_goes_at_once() {
    play(|stage| async move {
        let slow = |plan: &mut Plan| {
            test(WinnerRule::Person)(plan);
            plan.per_second = Some(5);
        };
        let id = stage.tested(slow).await;
        stage.until("some are sent", async || stage.meta.bodies().len() >= 20).await;
        let tallies = stage.tallies(id).await;
        let choose = |campaign: &Campaign, now| campaign.chosen(Letter::B, owner().person, &tallies, now);
        stage.change_campaign(id, choose).await;
        stage.actors.campaign_changed(TENANT, id);
        let count = |tallies: &Tallies, class, is_rest| {
            tallies.sum(|key| key.class == class && (key.group == Some(Group::Rest)) == is_rest)
        };
        stage.until("some of the rest", async || count(&stage.tallies(id).await, Class::Sent, true) > 10).await;
        assert!(count(&stage.tallies(id).await, Class::Waiting, false) > 0, "the sample is still leaving");
        stage.until("it is finished", async || stage.is_finished(id).await).await;
        stage.all_got_theirs(id, Letter::B, &stage.meta.bodies()).await;
    });
}

#[test]
fn without_a_choice_the_rest_waits_and_gets_nothing_when_it_is_cancelled() {
    play(|stage| async move {
        let id = stage.tested(test(WinnerRule::Person)).await;
        stage.sampled(id).await;
        let sample = stage.meta.bodies().len();
        stage.rest(100 * 60 * MINUTE).await;
        assert_eq!((stage.meta.bodies().len(), stage.winner(id).await), (sample, None));
        stage.change_campaign(id, Campaign::cancelled).await;
        stage.actors.campaign_changed(TENANT, id);
        let is_over = async || matches!(stage.campaign(id).await.phase, Phase::Cancelled { is_settled: true, .. });
        stage.until("it is over", is_over).await;
        assert_eq!(stage.meta.bodies().len(), sample);
    });
}

/// News of any of its templates stops it; when the winner is known, only news of the winner's.
#[test]
fn another_messages_template_that_whatsapp_pauses_stops_it_too() {
    play(|stage| async move {
        let listed = vec![template("c1", MARKETING), template("other", MARKETING)];
        let waba = "100000000000001".parse().unwrap();
        stage.store.sync_templates(TENANT, &waba, listed, stage.clock.now()).await.unwrap();
        let id = stage.tested(test(AN_HOUR)).await;
        let until = stage.clock.now().0 + 120_000;
        stage.receive(&[format!("template|other|PAUSED|MARKETING|{until}")]).await;
        let is_paused = async || matches!(stage.campaign(id).await.phase, Phase::Paused { .. });
        stage.until("it stops", is_paused).await;
        let launch = stage.campaign(id).await.launch.unwrap();
        let stopped = Template { status: TemplateStatus::Paused, ..launch.others[0].clone() };
        assert!(stage.campaign(id).await.resumed(&launch.template, &[stopped]).is_err());
    });
}

#[test]
fn a_comparison_of_everybody_ends_without_a_winner_and_those_held_out_get_nothing() {
    play(|stage| async move {
        let everybody = |plan: &mut Plan| {
            test(AN_HOUR)(plan);
            plan.hold_out = Some(10);
            if let Some(test) = &mut plan.test {
                test.sample = 100;
            }
        };
        let id = stage.tested(everybody).await;
        stage.until("it is finished", async || stage.is_finished(id).await).await;
        let launch = stage.campaign(id).await.launch.unwrap();
        let held = launch.frozen.skipped[&engine::campaign::Skip::HoldOut];
        assert!((30..95).contains(&held), "{held} are about a tenth");
        assert_eq!(stage.meta.bodies().len() as u64 + held, u64::from(PEOPLE));
        assert_eq!((launch.winner, launch.sampled_at), (None, None));
    });
}
