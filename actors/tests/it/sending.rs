//! From a reply to its ticks.

use std::time::Duration;

use engine::delivery::{DeliveryState, Failure};
use engine::id::ClaimToken;
use engine::ports::{Claim, Clock as _, MessageStore as _, MetaSend, Outbox as _};

use crate::stage::{Stage, TENANT, line, play, status_line};

#[test]
fn a_reply_is_claimed_sent_and_shown_as_sent() {
    play(|stage| async move {
        let conversation = stage.opened("12025550123").await;
        let message = stage.reply(conversation, "k1", "Hello").await;
        stage.until("it is sent", async || stage.state_of(&message).await == DeliveryState::Sent).await;
        let again = stage.reply(conversation, "k1", "Hello").await;
        assert_eq!(again.id, message.id);
        assert_eq!(stage.meta.bodies(), ["Hello"]);
        let stored = stage.store.message(TENANT, conversation, message.id).await.unwrap().unwrap();
        assert_eq!(stored.wamid, Some("out1".parse().unwrap()));
    });
}

#[test]
fn replies_to_one_person_leave_one_after_the_other() {
    play(|stage| async move {
        let conversation = stage.opened("12025550123").await;
        // The first answer takes longer than the others.
        *stage.meta.latency.lock().unwrap() = Duration::from_secs(3);
        stage.reply(conversation, "k0", "0").await;
        tokio::time::advance(Duration::from_secs(1)).await;
        *stage.meta.latency.lock().unwrap() = Duration::from_millis(5);
        for index in 1..5 {
            stage.reply(conversation, &format!("k{index}"), &index.to_string()).await;
        }
        stage.until("all are out", async || stage.meta.bodies().len() == 5).await;
        assert_eq!(stage.meta.bodies(), ["0", "1", "2", "3", "4"]);
    });
}

#[test]
fn no_answer_is_never_resent_and_a_status_settles_it() {
    play(|stage| async move {
        let conversation = stage.opened("12025550123").await;
        stage.meta.will_answer([MetaSend::InDoubt]);
        let message = stage.reply(conversation, "k1", "Hello").await;
        stage.until("it is in doubt", async || stage.state_of(&message).await == DeliveryState::Unknown).await;
        tokio::time::advance(Duration::from_mins(5)).await;
        let callback = stage.meta.sends.lock().unwrap()[0].callback.to_string();
        stage.receive(&[status_line("outX", &callback, stage.clock.now())]).await;
        stage.until("it is delivered", async || stage.state_of(&message).await == DeliveryState::Delivered).await;
        assert_eq!(stage.meta.bodies().len(), 1);
    });
}

#[test]
fn a_doubt_that_nobody_settles_goes_to_a_person_after_ten_minutes() {
    play(|stage| async move {
        let conversation = stage.opened("12025550123").await;
        stage.meta.will_answer([MetaSend::InDoubt]);
        let message = stage.reply(conversation, "k1", "Hello").await;
        let began = stage.clock.now();
        let parked = async || {
            let found = stage.store.message(TENANT, conversation, message.id).await.unwrap().unwrap();
            found.delivery.unwrap().failure.is_some()
        };
        stage.until("a person is asked", parked).await;
        let waited = stage.clock.now().since(began).0;
        assert!((600_000..660_000).contains(&waited), "asked after {waited} ms");
        assert_eq!(stage.state_of(&message).await, DeliveryState::Unknown);
        assert_eq!(stage.meta.bodies().len(), 1);
    });
}

#[test]
fn what_an_earlier_process_claimed_is_in_doubt_and_what_it_queued_goes_out() {
    play(|stage| async move {
        let first = stage.opened("12025550123").await;
        // Meta does not answer within this play's first life.
        *stage.meta.latency.lock().unwrap() = Duration::from_secs(100_000);
        let claimed = stage.reply(first, "k1", "claimed").await;
        stage.until("it is claimed", async || !stage.meta.bodies().is_empty()).await;
        let stuck = stage.reply(first, "k2", "queued behind it").await;
        tokio::time::advance(Duration::from_secs(1)).await;

        let next = Stage::on(stage.store.clone(), stage.clock.clone()).await;
        next.until("it is in doubt", async || next.state_of(&claimed).await == DeliveryState::Unknown).await;
        next.until("the other one is sent", async || next.state_of(&stuck).await == DeliveryState::Sent).await;
        assert_eq!(next.meta.bodies(), ["queued behind it"]);
    });
}

#[test]
fn what_meta_slows_down_waits_and_fails_nobody() {
    play(|stage| async move {
        let conversation = stage.opened("12025550123").await;
        stage.meta.will_answer([MetaSend::Slower { after: Duration::from_secs(4), pair: false }]);
        let message = stage.reply(conversation, "k1", "Hello").await;
        stage.until("it is sent", async || stage.state_of(&message).await == DeliveryState::Sent).await;
        let sends = stage.meta.sends.lock().unwrap().clone();
        assert_eq!(sends.len(), 2);
        assert!(sends[1].at.saturating_sub(sends[0].at) >= Duration::from_secs(4));
        assert_ne!(sends[0].callback, sends[1].callback, "each try has a claim of its own");
    });
}

#[test]
fn a_file_is_uploaded_once_for_all_tries_of_its_message() {
    play(|stage| async move {
        let conversation = stage.opened("12025550123").await;
        let slower = MetaSend::Slower { after: Duration::from_secs(4), pair: true };
        stage.meta.will_answer([slower, MetaSend::NotSent]);
        stage.meta.uploads.lock().unwrap().extend(["900".parse().unwrap(), "901".parse().unwrap()]);
        let message = stage.reply(conversation, "k1", "Hello").await;
        stage.until("it is sent", async || stage.state_of(&message).await == DeliveryState::Sent).await;
        let next = stage.reply(conversation, "k2", "Another").await;
        stage.until("the next is sent", async || stage.state_of(&next).await == DeliveryState::Sent).await;
        let sends = stage.meta.sends.lock().unwrap().clone();
        let files: Vec<_> = sends.iter().map(|send| send.file.as_ref().unwrap().as_str()).collect();
        assert_eq!(files, ["900", "900", "900", "901"]);
    });
}

#[test]
fn a_pause_for_one_person_does_not_hold_up_another() {
    play(|stage| async move {
        let slow = stage.opened("12025550123").await;
        let other = stage.opened("12025550124").await;
        stage.meta.will_answer([MetaSend::Slower { after: Duration::from_mins(1), pair: true }]);
        let waits = stage.reply(slow, "k1", "waits").await;
        stage.until("it was tried", async || stage.meta.bodies().len() == 1).await;
        tokio::time::advance(Duration::from_millis(100)).await;
        let goes = stage.reply(other, "k2", "goes").await;
        stage.until("the other is sent", async || stage.state_of(&goes).await == DeliveryState::Sent).await;
        assert_eq!(stage.state_of(&waits).await, DeliveryState::Queued);
        stage.until("it is sent too", async || stage.state_of(&waits).await == DeliveryState::Sent).await;
    });
}

#[test]
fn a_number_keeps_its_rate() {
    play(|stage| async move {
        let conversations = [stage.opened("12025550123").await, stage.opened("12025550124").await];
        for index in 0..60 {
            stage.reply(conversations[index % 2], &format!("k{index}"), "x").await;
        }
        stage.until("all are out", async || stage.meta.bodies().len() == 60).await;
        let times: Vec<_> = stage.meta.sends.lock().unwrap().iter().map(|send| send.at).collect();
        for window in times.windows(46) {
            assert!(
                window[45].saturating_sub(window[0]) >= Duration::from_millis(500),
                "46 sends in {:?}",
                window[45].saturating_sub(window[0])
            );
        }
    });
}

#[test]
fn an_unreachable_meta_is_tried_again_with_longer_pauses() {
    play(|stage| async move {
        let conversation = stage.opened("12025550123").await;
        stage.meta.will_answer([MetaSend::NotSent, MetaSend::NotSent, MetaSend::NotSent]);
        let message = stage.reply(conversation, "k1", "Hello").await;
        stage.until("it is sent", async || stage.state_of(&message).await == DeliveryState::Sent).await;
        let times: Vec<_> = stage.meta.sends.lock().unwrap().iter().map(|send| send.at).collect();
        let gaps: Vec<_> = times.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
        assert!(gaps.windows(2).all(|pair| pair[1] > pair[0]), "{gaps:?}");
        assert!(gaps[0] < Duration::from_millis(200), "one connection that breaks is no outage: {gaps:?}");
    });
}

#[test]
fn a_burst_that_fails_together_is_one_failure() {
    play(|stage| async move {
        let mut conversations = Vec::new();
        for n in 0..20 {
            conversations.push(stage.opened(&format!("120255501{n:02}")).await);
        }
        tokio::time::advance(Duration::from_mins(1)).await;
        *stage.meta.latency.lock().unwrap() = Duration::from_secs(2);
        stage.meta.will_answer(vec![MetaSend::NotSent; 20]);
        for (n, conversation) in conversations.iter().enumerate() {
            stage.reply(*conversation, &format!("k{n}"), &n.to_string()).await;
        }
        stage.until("all were tried", async || stage.meta.bodies().len() == 20).await;
        stage.until("all are tried again", async || stage.meta.bodies().len() == 40).await;
        let times: Vec<_> = stage.meta.sends.lock().unwrap().iter().map(|send| send.at).collect();
        let waited = times[20].saturating_sub(times[0]);
        assert!(waited < Duration::from_secs(3), "the first pause, and not the twentieth: {waited:?}");
    });
}

#[test]
fn a_refusal_is_shown_with_its_reason() {
    play(|stage| async move {
        let conversation = stage.opened("12025550123").await;
        let failure = Failure { code: Some(131_026), text: "Not on WhatsApp.".into(), action: None };
        stage.meta.will_answer([MetaSend::Never(failure.clone())]);
        let message = stage.reply(conversation, "k1", "Hello").await;
        stage.until("it failed", async || stage.state_of(&message).await == DeliveryState::Failed).await;
        let found = stage.store.message(TENANT, conversation, message.id).await.unwrap().unwrap();
        assert_eq!(found.delivery.unwrap().failure, Some(failure));
    });
}

#[test]
fn a_message_that_somebody_else_claimed_is_left_alone() {
    play(|stage| async move {
        let conversation = stage.opened("12025550123").await;
        stage.meta.will_answer([MetaSend::Slower { after: Duration::from_secs(30), pair: false }]);
        let message = stage.reply(conversation, "k1", "Hello").await;
        stage.until("it was tried once", async || stage.meta.bodies().len() == 1).await;
        tokio::time::advance(Duration::from_secs(1)).await;
        let token = ClaimToken::from_bytes([9; 16]);
        stage
            .until("another node takes it", async || {
                stage.store.claim(TENANT, message.id, token, stage.clock.now()).await == Ok(Claim::Won)
            })
            .await;
        tokio::time::advance(Duration::from_mins(2)).await;
        stage.receive(&[line("w9", "12025550123", stage.clock.now(), "still there?")]).await;
        stage.until("life goes on", async || stage.history(conversation).await.len() == 3).await;
        assert_eq!(stage.meta.bodies().len(), 1);
    });
}

#[test]
fn a_status_that_is_faster_than_the_answer_waits_for_it() {
    play(|stage| async move {
        let conversation = stage.opened("12025550123").await;
        *stage.meta.latency.lock().unwrap() = Duration::from_secs(2);
        let message = stage.reply(conversation, "k1", "Hello").await;
        stage.until("it is on its way", async || stage.meta.bodies().len() == 1).await;
        // Without our callback data: only the wamid says whose it is, and nobody knows it yet.
        stage.receive(&[status_line("out1", "", stage.clock.now())]).await;
        stage.until("it is delivered", async || stage.state_of(&message).await == DeliveryState::Delivered).await;
    });
}
