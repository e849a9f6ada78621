//! Ticks never move back, whatever order their webhooks come in.

use loadtest::payload::State;
use loadtest::simulator::Profile;

use crate::harness::{Jetto, eventually, now_s, status, webhook};

fn rank(state: &str) -> usize {
    let order = ["queued", "unknown", "sent", "failed", "delivered", "read", "played"];
    order.iter().position(|known| *known == state).unwrap_or_else(|| panic!("unknown state {state}"))
}

#[tokio::test]
async fn a_hostile_meta_moves_no_tick_back() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    jetto.customer_writes("Hello");
    let conversation = agent.conversation().await;
    let mut live = agent.live(None).await;
    jetto.meta.set_profile(Profile::hostile());
    let mut sent = Vec::new();
    for index in 0..30 {
        let message = agent.reply(&conversation, &format!("hostile{index}"), &format!("Part {index}")).await;
        sent.push(message["id"].as_str().unwrap().to_owned());
    }
    eventually("all have left", async || (jetto.meta.ledger().len() == 30).then_some(())).await;
    jetto.meta.settled().await;
    agent.log().await;
    let head = agent.live(None).await.head;
    let mut shown = std::collections::HashMap::new();
    for event in live.up_to(head).await {
        let Some(state) = event["message"]["delivery"]["state"].as_str() else { continue };
        let before = shown.insert(event["message"]["id"].to_string(), state.to_owned());
        assert!(before.is_none_or(|before| rank(&before) <= rank(state)), "{event}");
    }
    let ledger = jetto.meta.ledger();
    assert_eq!(ledger.len(), 30, "nobody got anything twice");
    for message in agent.history(&conversation).await.iter().filter(|message| message["direction"] == "out") {
        let entry = ledger
            .iter()
            .find(|entry| entry.wamid.as_ref().is_some_and(|id| message["wamid"] == crate::harness::shown(id)));
        let entry = entry.unwrap_or_else(|| panic!("not in the ledger: {message}"));
        let state = message["delivery"]["state"].as_str().unwrap();
        // A late failure does not hide that it was delivered.
        let outcome = entry.outcome.unwrap();
        let right = match outcome {
            State::Failed => ["failed", "delivered"].contains(&state),
            State::Sent | State::Delivered | State::Read | State::Played => state == outcome.as_str(),
        };
        assert!(right, "{state} is not {outcome:?}: {message}");
    }
    assert_eq!(sent.len(), 30);
}

#[tokio::test]
async fn statuses_in_reverse_and_twice_show_the_highest_with_every_time() {
    let jetto = Jetto::running().await;
    let mut quiet = Profile::clean();
    quiet.sent_after = loadtest::simulator::Span::new(3_600_000, 3_600_000);
    quiet.delivered_after = quiet.sent_after;
    quiet.read_after = quiet.sent_after;
    jetto.meta.set_profile(quiet);
    let agent = jetto.owner().await;
    jetto.customer_writes("Hello");
    let conversation = agent.conversation().await;
    let sent = agent.reply(&conversation, "reverse", "Hello").await;
    let id = sent["id"].as_str().unwrap();
    let wamid = eventually("Meta has it", async || jetto.meta.ledger().first()?.wamid.clone()).await;
    let at = now_s();
    for (state, at) in [(State::Read, at + 3), (State::Delivered, at + 2), (State::Sent, at + 1)] {
        let update = status(&wamid, state, at);
        jetto.post(&webhook([&update, &update])).await;
    }
    let log = agent.log().await;
    let news = log.iter().skip(1).filter(|entry| entry["outcome"] == "processed").count();
    assert_eq!((log.len(), news), (7, 3), "each once, also the one that the answer was ahead of: {log:?}");
    let message = agent.message(&conversation, id).await;
    let delivery = &message["delivery"];
    assert_eq!(delivery["state"], "read");
    let times = ["sent_at", "delivered_at", "read_at"].map(|fact| delivery[fact].as_i64().unwrap() / 1_000);
    assert_eq!(times.map(i64::cast_unsigned), [at + 1, at + 2, at + 3]);
}

#[tokio::test]
pub(crate) async fn a_status_before_the_answer_finds_its_message() {
    let jetto = Jetto::running().await;
    jetto.meta.set_profile(Profile { status_first_percent: 100.0, ..Profile::clean() });
    let agent = jetto.owner().await;
    jetto.customer_writes("Hello");
    let conversation = agent.conversation().await;
    for index in 0..5 {
        let sent = agent.reply(&conversation, &format!("first{index}"), "Quick").await;
        let message = agent.delivered(&conversation, sent["id"].as_str().unwrap(), &["read"]).await;
        assert!(message["wamid"].is_string());
    }
    assert!(agent.outcomes().await.iter().all(|outcome| outcome == "processed"));
}

#[tokio::test]
async fn a_status_of_a_message_that_is_not_ours_is_no_failure() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let stranger = loadtest::payload::Wamid::from("wamid.of-another-program");
    jetto.post(&webhook([&status(&stranger, State::Delivered, now_s())])).await;
    assert_eq!(agent.outcomes().await, ["processed"]);
    assert!(agent.all("conversations").await.is_empty());
}
