//! What happens around a broadcast while it runs: to its template, to its process, to those who answer.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use engine::campaign::{Audience, Campaign, Class, FailureClass, PauseReason, Phase, RecipientRow};
use engine::delivery::{Failure, FailureAction};
use engine::id::CampaignId;
use engine::ports::{Alerts as _, Campaigns as _, Clock as _, MetaSend, Saved, Templates as _};
use engine::template::{Category, TemplateStatus};
use engine::time::Span;
use storage::memory::MemoryStore;
use tokio::task::LocalSet;

use crate::campaign::{MARKETING, UTILITY, by_person, phone, resumed, template, times};
use crate::stage::{PlayClock, Stage, TENANT, line, play, status_line};

impl Stage {
    /// A broadcast whose template the account has.
    async fn known(&self, category: Category, people: std::ops::Range<u32>) -> CampaignId {
        let listed = vec![template("c1", category)];
        let waba = "100000000000001".parse().unwrap();
        self.store.sync_templates(TENANT, &waba, listed, self.clock.now()).await.unwrap();
        self.broadcast(1, category, people).await
    }

    async fn template_is(&self, status: &str, category: &str) {
        self.receive(&[format!("template|c1|{status}|{category}|{}", self.clock.now().0 + 120_000)]).await;
    }

    async fn paused(&self, id: CampaignId, reason: PauseReason) {
        let phase = Phase::Paused { reason };
        self.until("it stops", async || self.campaign(id).await.phase == phase).await;
    }
}

#[test]
fn a_template_that_whatsapp_pauses_stops_its_broadcasts_at_once() {
    play(|stage| async move {
        let id = stage.known(MARKETING, 0..600).await;
        let other = stage.broadcast(2, MARKETING, 600..1_200).await;
        stage.sent(100).await;
        stage.template_is("PAUSED", "MARKETING").await;
        let before = stage.meta.bodies().len();
        stage.paused(id, PauseReason::Template { status: TemplateStatus::Paused }).await;
        let since = stage.meta.bodies().len() - before;
        assert!(since < 10, "{since} left meanwhile");
        assert_eq!(stage.store.alerts(TENANT).await.unwrap().len(), 1);
        stage.finished(other).await;
        assert!(stage.tallies(id).await.of(Class::Waiting) > 300);
    });
}

#[test]
fn a_pause_whose_news_was_lost_is_seen_by_the_next_look() {
    play(|stage| async move {
        let id = stage.known(MARKETING, 0..600).await;
        stage.sent(100).await;
        let mut listed = template("c1", MARKETING);
        listed.status = TemplateStatus::Disabled;
        let (waba, at) = ("100000000000001".parse().unwrap(), stage.clock.now().plus(Span::hours(1)));
        stage.store.sync_templates(TENANT, &waba, vec![listed], at).await.unwrap();
        let before = stage.meta.bodies().len();
        stage.paused(id, PauseReason::Template { status: TemplateStatus::Disabled }).await;
        assert!(stage.meta.bodies().len() - before <= 90);
    });
}

#[test]
fn what_becomes_advertising_waits_for_a_person_and_goes_on_as_that() {
    play(|stage| async move {
        let id = stage.known(UTILITY, 0..600).await;
        stage.sent(100).await;
        stage.template_is("APPROVED", "MARKETING").await;
        stage.paused(id, PauseReason::Category { category: MARKETING }).await;
        stage.change_campaign(id, |campaign, _| campaign.resumed(&template("c1", MARKETING), &[])).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.finished(id).await;
        assert!(stage.campaign(id).await.is_marketing());
        let bodies = stage.meta.bodies();
        assert_eq!((bodies.len(), times(&bodies).len()), (600, 600));
    });
}

#[test]
fn a_broadcast_that_waits_for_its_time_is_stopped_before_it() {
    play(|stage| async move {
        let ids = stage.with_contacts(0..10).await;
        let waba = "100000000000001".parse().unwrap();
        let listed = vec![template("c1", MARKETING)];
        stage.store.sync_templates(TENANT, &waba, listed, stage.clock.now()).await.unwrap();
        let at = stage.clock.now().plus(Span::hours(2));
        let id = stage.launched(1, MARKETING, Audience::Contacts { ids }, |plan| plan.start_at = Some(at)).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.pass(Duration::from_secs(5)).await;
        stage.template_is("DISABLED", "MARKETING").await;
        stage.paused(id, PauseReason::Template { status: TemplateStatus::Disabled }).await;
    });
}

/// A process dies with claims, and the broadcast is paused or cancelled before the next one begins.
#[test]
fn claims_of_a_dead_process_are_found_out_about_though_it_was_stopped() {
    for (is_cancelled, change) in [(false, by_person as Change), (true, Campaign::cancelled as Change)] {
        let runtime = || tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        actix::System::with_tokio_rt(runtime).block_on(async move {
            let (store, clock) = (Arc::new(MemoryStore::new()), PlayClock::from_now_on());
            let tasks = LocalSet::new();
            let dead = tasks.run_until(Stage::on(store.clone(), clock.clone())).await;
            *dead.meta.latency.lock().unwrap() = Duration::from_secs(5);
            let id = tasks.run_until(dead.broadcast(1, MARKETING, 0..600)).await;
            tasks.run_until(dead.sent(30)).await;
            tasks.run_until(dead.change_campaign(id, change)).await;
            drop(tasks);
            let tasks = LocalSet::new();
            let stage = tasks.run_until(Stage::on(store, clock)).await;
            let left = stage.tallies(id).await.of(Class::UnderWay);
            assert!(left >= 30, "{left}");
            let settled = async || {
                let tallies = stage.tallies(id).await;
                tallies.of(Class::UnderWay) + tallies.of(Class::Unknown) == 0
            };
            tasks.run_until(stage.pass(Duration::from_secs(1))).await;
            assert_eq!(stage.tallies(id).await.of(Class::Unknown), left, "in doubt at once");
            tasks.run_until(stage.until("the doubts are decided", settled)).await;
            assert_eq!(stage.tallies(id).await.of(Class::Parked), left);
            tasks.run_until(stage.pass(Duration::from_secs(10))).await;
            let phase = stage.campaign(id).await.phase;
            assert_eq!(phase.is_at_work(), !is_cancelled, "{phase:?}");
            assert!(stage.meta.bodies().is_empty());
            if !is_cancelled {
                tasks.run_until(stage.change_campaign(id, resumed)).await;
                stage.actors.campaign_changed(TENANT, id);
                tasks.run_until(stage.finished(id)).await;
                assert_eq!(stage.meta.bodies().len() as u64, 600 - left);
            }
        });
    }
}

type Change = fn(&Campaign, engine::time::Timestamp) -> Result<Campaign, engine::rejection::Rejection>;

#[test]
fn answers_to_the_very_first_broadcast_are_counted_from_its_first_second() {
    play(|stage| async move {
        // Somebody writes, so that it is known that there are no broadcasts.
        stage.receive(&[line("in1", "12025559999", stage.clock.now(), "Hello")]).await;
        stage.pass(Duration::from_secs(1)).await;
        let id = stage.broadcast(1, MARKETING, 0..3).await;
        stage.finished(id).await;
        stage.receive(&[line("in2", &phone(1), stage.clock.now(), "Two tickets, please")]).await;
        stage.pass(Duration::from_secs(1)).await;
        assert_eq!(stage.tallies(id).await.sum(|key| key.replied), 1);
    });
}

#[test]
fn a_retry_writes_to_those_who_failed_and_to_nobody_else() {
    play(|stage| async move {
        let failure =
            Failure { code: Some(131_056), text: "Too fast.".into(), action: Some(FailureAction::RetryLater) };
        stage.meta.will_answer(vec![MetaSend::Never(failure); 5]);
        let id = stage.broadcast(1, MARKETING, 0..40).await;
        stage.finished(id).await;
        let failed: Vec<_> =
            stage.recipients(id).await.into_iter().filter(|row| row.delivery.failure.is_some()).collect();
        assert_eq!((failed.len(), stage.meta.bodies().len()), (5, 40));
        // One of them got it after all, as a status says that comes late.
        let callback = stage.meta.sends.lock().unwrap()[0].callback.to_string();
        stage.receive(&[status_line("late", &callback, stage.clock.now())]).await;
        stage.pass(Duration::from_mins(2)).await;
        let by = crate::stage::owner().person;
        let original = stage.campaign(id).await;
        let now = stage.clock.now();
        let (draft, original) = original.retried(FailureClass::TryLater, "again", by.clone(), None, None, now).unwrap();
        let launched = draft.launched(by, template("c1", MARKETING), engine::campaign::Named::default(), now).unwrap();
        let again = draft.id;
        for campaign in [original, draft, launched] {
            assert_eq!(stage.store.save_campaign(TENANT, campaign, vec![]).await, Ok(Saved::Applied));
        }
        stage.actors.campaign_changed(TENANT, again);
        stage.finished(again).await;
        let contacts = |rows: &[RecipientRow]| rows.iter().map(|row| row.recipient.contact).collect::<BTreeSet<_>>();
        let (failed, written) = (contacts(&failed), contacts(&stage.recipients(again).await));
        assert_eq!((written.len(), written.is_subset(&failed)), (4, true));
        assert_eq!(stage.meta.bodies().len(), 44);
    });
}

#[test]
fn a_failure_that_is_told_late_counts_from_when_it_is_told() {
    play(|stage| async move {
        let id = stage.broadcast(1, MARKETING, 0..1).await;
        stage.finished(id).await;
        let callback = stage.meta.sends.lock().unwrap()[0].callback.to_string();
        let failed_then = format!("{}131000", status_line("out1", &callback, stage.clock.now()));
        stage.pass(Duration::from_mins(2)).await;
        let told = stage.clock.now();
        stage.receive(&[failed_then]).await;
        stage
            .until("it has failed", async || {
                stage.recipients(id).await[0].delivery.failed_at.is_some_and(|at| at >= told)
            })
            .await;
    });
}
