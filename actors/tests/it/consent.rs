//! STOP, START and what follows from them.

use actors::{CommandError, ReplyRequest};
use engine::campaign::{Audience, Class, FailureClass};
use engine::consent::{Confirmations, Consent, ConsentEntry, ConsentSource, Opted};
use engine::contact::Contact;
use engine::conversation::Draft;
use engine::delivery::{DeliveryState, Failure, FailureAction};
use engine::directory::Settings;
use engine::household::Write;
use engine::intake::IntakeOutcome;
use engine::ports::{Administration as _, Clock as _, ContactStore as _, MetaSend, PageRequest};
use engine::rejection::Rejection;
use engine::time::{Span, Timestamp};

use crate::campaign::{MARKETING, UTILITY, template};
use crate::stage::{Stage, TENANT, line, owner, play, text};

const PHONE: &str = "12025550123";

async fn contact(stage: &Stage) -> Contact {
    let page = PageRequest { after: None, limit: 9 };
    stage.store.contacts(TENANT, page).await.unwrap().items.remove(0)
}

/// The customer writes; returns when it was taken in.
async fn says(stage: &Stage, wamid: &str, body: &str) {
    said_at(stage, wamid, body, stage.clock.now()).await;
}

async fn said_at(stage: &Stage, wamid: &str, body: &str, at: Timestamp) {
    stage.receive(&[line(wamid, PHONE, at, body)]).await;
    stage.until("it is taken in", async || stage.count(IntakeOutcome::Stored).await == 0).await;
}

fn promotion(key: &str) -> ReplyRequest {
    let filled = template("sale", MARKETING).fill(&[], &[]).unwrap();
    ReplyRequest { draft: Draft::Template(Box::new(filled)), ..text(key, "") }
}

#[test]
fn a_stop_is_heeded_and_answered_once_however_often_it_is_delivered() {
    play(|stage| async move {
        let conversation = stage.opened(PHONE).await;
        let at = stage.clock.now();
        for _ in 0..2 {
            said_at(&stage, "w1", "Please stop!", at).await;
        }
        stage.until("the answer is out", async || !stage.meta.bodies().is_empty()).await;
        let who = contact(&stage).await;
        assert!(matches!(who.marketing, Consent::OptedOut { source: ConsentSource::Keyword, .. }));
        let ledger = stage.store.consents(TENANT, who.id).await.unwrap();
        assert_eq!(ledger.iter().map(|line| line.text.as_deref()).collect::<Vec<_>>(), [Some("Please stop!")]);
        let refused = stage.actors.reply(conversation, promotion("k1")).await;
        assert_eq!(refused, Err(CommandError::Rejected(Rejection::OptedOut)));

        tokio::time::advance(std::time::Duration::from_mins(1)).await;
        says(&stage, "w2", "STOP").await;
        says(&stage, "w3", "stop, he isn't coming").await;
        tokio::time::advance(std::time::Duration::from_mins(1)).await;
        says(&stage, "w4", "START").await;
        stage.until("the second answer is out", async || stage.meta.bodies().len() == 2).await;
        assert!(matches!(contact(&stage).await.marketing, Consent::OptedIn { .. }));
        let bodies = stage.meta.bodies();
        assert!(bodies[0].contains("START") && bodies[1].contains("STOP"), "{bodies:?}");
        assert_eq!(stage.store.consents(TENANT, who.id).await.unwrap().len(), 3);
    });
}

#[test]
fn what_a_member_recorded_elsewhere_is_asked_at_every_promotion() {
    play(|stage| async move {
        let conversation = stage.opened(PHONE).await;
        let who = contact(&stage).await;
        let entry =
            ConsentEntry::recorded(who.id, Opted::Out, "on the phone", owner().person, stage.clock.now()).unwrap();
        stage.store.record_consent(TENANT, entry, vec![]).await.unwrap();
        let refused = stage.actors.reply(conversation, promotion("k1")).await;
        assert_eq!(refused, Err(CommandError::Rejected(Rejection::OptedOut)));
        assert!(stage.meta.bodies().is_empty());
    });
}

#[test]
fn a_greeting_to_a_bot_is_no_consent() {
    play(|stage| async move {
        stage.opened(PHONE).await;
        says(&stage, "w1", "start").await;
        let who = contact(&stage).await;
        assert_eq!(who.marketing, Consent::NotAsked);
        assert!(stage.store.consents(TENANT, who.id).await.unwrap().is_empty());
        assert!(stage.meta.bodies().is_empty());
    });
}

#[test]
fn an_organization_may_answer_nothing_and_a_late_stop_is_answered_by_nobody() {
    play(|stage| async move {
        stage.opened(PHONE).await;
        let late = stage.clock.now().minus(Span::hours(30));
        stage.receive(&[line("w1", "12025550177", late, "STOP")]).await;
        let confirmations = Confirmations { enabled: false, ..Confirmations::default() };
        let writes = vec![Write::Settings(Settings { confirmations, ..Settings::default() })];
        stage.store.change(TENANT, 1, writes, vec![]).await.unwrap();
        says(&stage, "w2", "STOP").await;
        tokio::time::advance(std::time::Duration::from_mins(1)).await;
        assert!(stage.meta.bodies().is_empty());
        let page = PageRequest { after: None, limit: 9 };
        let all = stage.store.contacts(TENANT, page).await.unwrap().items;
        assert!(all.len() == 2 && all.iter().all(|contact| contact.marketing.is_opted_out()));
    });
}

#[test]
fn a_refusal_by_meta_says_that_they_have_stopped_or_are_not_reached() {
    play(|stage| async move {
        let conversation = stage.opened(PHONE).await;
        for (code, key) in [(131_026, "k1"), (131_050, "k2")] {
            let failure = Failure { code: Some(code), text: "No.".into(), action: Some(FailureAction::None) };
            stage.meta.will_answer([MetaSend::Never(failure)]);
            let message = stage.reply(conversation, key, "Hello").await;
            stage.until("it failed", async || stage.state_of(&message).await == DeliveryState::Failed).await;
        }
        let who = contact(&stage).await;
        assert!(who.undeliverable_since.is_some());
        assert!(matches!(who.marketing, Consent::OptedOut { source: ConsentSource::Refused, .. }));
        tokio::time::advance(std::time::Duration::from_mins(1)).await;
        says(&stage, "w9", "I am here").await;
        assert_eq!(contact(&stage).await.undeliverable_since, None, "who writes can be reached");
    });
}

#[test]
fn who_opts_out_while_a_broadcast_runs_gets_nothing_more_of_it_but_what_people_wait_for() {
    play(|stage| async move {
        let ids = stage.with_contacts(0..100).await;
        let audience = || Audience::Contacts { ids: ids.clone() };
        let slow = |plan: &mut engine::campaign::Plan| plan.per_second = Some(10);
        let advert = stage.launched(1, MARKETING, audience(), slow).await;
        let notice = stage.launched(2, UTILITY, audience(), slow).await;
        stage.actors.campaign_changed(TENANT, advert);
        stage.actors.campaign_changed(TENANT, notice);
        stage.until("both are under way", async || stage.meta.bodies().len() > 10).await;
        let entry = ConsentEntry::recorded(ids[99], Opted::Out, "on the phone", owner().person, stage.clock.now());
        stage.store.record_consent(TENANT, entry.unwrap(), vec![]).await.unwrap();
        for id in [advert, notice] {
            stage.until("it is finished", async || stage.is_finished(id).await).await;
        }
        let bodies = stage.meta.bodies();
        assert_eq!(bodies.len(), 199);
        assert!(!bodies.contains(&"c1:99".to_owned()) && bodies.contains(&"c2:99".to_owned()), "{bodies:?}");
        let left_out = Class::Failed(FailureClass::OptedOut);
        assert_eq!((stage.tallies(advert).await.of(left_out), stage.tallies(notice).await.of(left_out)), (1, 0));
    });
}

#[test]
fn a_refusal_in_a_broadcast_is_on_record_for_the_next_one() {
    play(|stage| async move {
        let ids = stage.with_contacts(0..1).await;
        let failure = Failure { code: Some(131_050), text: "No.".into(), action: Some(FailureAction::WaitForOptIn) };
        stage.meta.will_answer([MetaSend::Never(failure)]);
        let id = stage.launched(1, MARKETING, Audience::Contacts { ids: ids.clone() }, |_| ()).await;
        stage.actors.campaign_changed(TENANT, id);
        stage.until("it is finished", async || stage.is_finished(id).await).await;
        let who = contact(&stage).await;
        assert!(matches!(who.marketing, Consent::OptedOut { source: ConsentSource::Refused, .. }));
    });
}
