//! What leaves, what must not, and what nobody knows.

use std::time::Duration;

use loadtest::payload::{Phone, State};
use loadtest::simulator::{Answer, Faults, Policy, Simulator, SimulatorConfig};
use serde_json::{Value, json};

use crate::harness::{Agent, CUSTOMER, Jetto, NUMBER, customer, eventually, now_s, text, webhook};

fn words(body: &str) -> Value {
    json!({"content": {"type": "text", "body": body}})
}

/// With a conversation whose window is open on both sides.
async fn in_conversation(jetto: &Jetto) -> (Agent, String) {
    let agent = jetto.owner().await;
    jetto.customer_writes("Hello");
    let conversation = agent.conversation().await;
    (agent, conversation)
}

#[tokio::test]
async fn nothing_free_leaves_when_the_customer_wrote_more_than_a_day_ago() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    jetto.post(&webhook([&text(&customer(1), "old", now_s() - 25 * 3600, "Yesterday")])).await;
    let conversation = agent.conversation().await;
    let row = agent.get(&format!("conversations/{conversation}")).await;
    assert!(row["window_until"].as_i64().unwrap() < i64::try_from(now_s()).unwrap() * 1000, "{row}");
    let refused = agent.send(&conversation, "late", &words("Still there?")).await.expect(409);
    assert_eq!(refused.problem(), "window_closed");
    assert!(refused.json()["action"].as_str().unwrap().contains("template"));
    assert_eq!(agent.history(&conversation).await.len(), 1);

    let hello = json!({"content": {"type": "template", "name": "hello_world", "language": "en_US", "variables": []}});
    let sent = agent.send(&conversation, "hello", &hello).await.expect(202).json();
    agent.delivered(&conversation, sent["id"].as_str().unwrap(), &["read"]).await;
    assert_eq!(jetto.meta.ledger().len(), 1, "only the template has left");

    jetto.post(&webhook([&text(&customer(1), "new", now_s(), "Here I am")])).await;
    eventually("the window is open again", async || {
        let row = agent.get(&format!("conversations/{conversation}")).await;
        (row["window_until"].as_i64().unwrap() > i64::try_from(now_s()).unwrap() * 1000).then_some(())
    })
    .await;
    agent.send(&conversation, "in-time", &words("There you are")).await.expect(202);
}

#[tokio::test]
pub(crate) async fn a_lost_answer_is_unknown_until_a_status_settles_it_and_never_sent_twice() {
    let jetto = Jetto::running().await;
    let mut profile = loadtest::simulator::Profile::clean();
    profile.sent_after = loadtest::simulator::Span::new(1_500, 1_500);
    profile.delivered_after = profile.sent_after;
    profile.read_after = profile.sent_after;
    jetto.meta.set_profile(profile);
    let (agent, conversation) = in_conversation(&jetto).await;
    jetto.meta.set_faults(Faults { drop_answer_percent: 100.0, ..Faults::default() });
    let mut live = agent.live(None).await;
    let sent = agent.reply(&conversation, "lost", "Did you get this?").await;
    let in_state = |state: &'static str| {
        let id = sent["id"].clone();
        move |frame: &Value| frame["message"]["id"] == id && frame["message"]["delivery"]["state"] == state
    };
    live.until("nobody knows", in_state("unknown")).await;
    let early = agent.post(&resolve(&conversation, &sent), &json!({"action": "resend"})).await.expect(409);
    assert_eq!(early.problem(), "wrong_state");
    live.until("a status has settled it", in_state("read")).await;
    let ledger = jetto.meta.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!(ledger[0].answer, Answer::Dropped);
    let message = agent.message(&conversation, sent["id"].as_str().unwrap()).await;
    assert_eq!(message["wamid"], crate::harness::shown(ledger[0].wamid.as_ref().unwrap()));
}

fn resolve(conversation: &str, message: &Value) -> String {
    format!("messages/{conversation}/{}/resolve", message["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_throttled_number_slows_down_and_fails_nobody() {
    let jetto = Jetto::running().await;
    let (agent, conversation) = in_conversation(&jetto).await;
    let throttled_until_ms = jetto.meta.now_ms() + 1_000;
    jetto.meta.set_faults(Faults { throttled_until_ms, ..Faults::default() });
    let mut sent = Vec::new();
    for index in 0..6 {
        sent.push(agent.reply(&conversation, &format!("slow{index}"), &format!("Part {index}")).await);
    }
    assert!(jetto.meta.ledger().is_empty());
    for message in &sent {
        agent.delivered(&conversation, message["id"].as_str().unwrap(), &["read", "failed"]).await;
    }
    let ledger = jetto.meta.ledger();
    let order: Vec<_> = ledger.iter().map(|entry| entry.text.clone().unwrap()).collect();
    assert_eq!(order, (0..6).map(|index| format!("Part {index}")).collect::<Vec<_>>(), "in order, each once");
    assert!(ledger.iter().all(|entry| entry.at_ms >= throttled_until_ms));
    for message in agent.history(&conversation).await.iter().filter(|message| message["direction"] == "out") {
        assert_eq!(message["delivery"]["failed_at"], Value::Null, "{message}");
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_certain_leaves_the_message_in_doubt() {
    let jetto = Jetto::running().await;
    let (agent, conversation) = in_conversation(&jetto).await;
    // 131000 does not say whether it went out, nor does a connection that ends.
    let errors = Faults { error_percent: 100.0, ..Faults::default() };
    let resets = Faults { reset_percent: 100.0, ..Faults::default() };
    for (key, faults) in [("error", errors), ("reset", resets)] {
        jetto.meta.set_faults(faults);
        let sent = agent.reply(&conversation, key, "Is anybody there?").await;
        let doubtful = agent.delivered(&conversation, sent["id"].as_str().unwrap(), &["unknown"]).await;
        assert_eq!(doubtful["delivery"]["failure"], Value::Null, "{doubtful}");
    }
    assert_eq!(jetto.meta.ledger().iter().filter(|entry| entry.was_accepted()).count(), 0);
}

#[tokio::test]
async fn what_is_sent_while_meta_is_away_waits_and_leaves_once() {
    let mut jetto = Jetto::running().await;
    let (agent, conversation) = in_conversation(&jetto).await;
    let away = std::mem::replace(&mut jetto.meta, Simulator::start(SimulatorConfig::default()).unwrap());
    let listen = away.url().strip_prefix("http://").unwrap().parse().unwrap();
    away.stop().await;
    let sent = agent.reply(&conversation, "away", "Can you hear me?").await;
    eventually("it was tried", async || jetto.log().contains("no answer from WhatsApp").then_some(())).await;
    let id = sent["id"].as_str().unwrap();
    assert_eq!(agent.message(&conversation, id).await["delivery"]["state"], "queued");
    jetto.meta = eventually("the port is free", async || {
        Simulator::start(SimulatorConfig { listen, ..SimulatorConfig::default() }).ok()
    })
    .await;
    jetto.meta.set_callback(&format!("{}/webhooks/whatsapp", jetto.url()));
    jetto.customer_writes("Now I can");
    agent.delivered(&conversation, id, &["read"]).await;
    assert_eq!(jetto.meta.ledger().len(), 1);
}

#[tokio::test]
async fn a_failure_is_told_in_plain_words_and_can_be_resent() {
    let jetto = Jetto::running().await;
    let (agent, conversation) = in_conversation(&jetto).await;
    let unreachable = Policy { unreachable_percent: 100.0, ..Policy::default() };
    jetto.meta.set_policy(unreachable);
    let sent = agent.reply(&conversation, "fails", "Hello?").await;
    let id = sent["id"].as_str().unwrap().to_owned();
    let failed = agent.delivered(&conversation, &id, &["failed"]).await;
    let failure = &failed["delivery"]["failure"];
    assert_eq!((&failure["code"], &failure["action"]), (&json!(131_026), &json!("fix_number")));
    let told = failure["text"].as_str().unwrap();
    assert!(told.starts_with("WhatsApp could not deliver this.") && told.contains("(131026)"), "{told}");
    let row = agent.get(&format!("conversations/{conversation}")).await;
    assert_eq!(row["preview"]["delivery"], "failed");

    jetto.meta.set_policy(Policy::default());
    let again = agent.post(&resolve(&conversation, &sent), &json!({"action": "resend"})).await.expect(200).json();
    assert_eq!((&again["id"], &again["delivery"]["state"]), (&sent["id"], &json!("queued")));
    agent.delivered(&conversation, &id, &["read"]).await;
    assert_eq!(jetto.meta.ledger().len(), 2);
    assert_eq!(agent.history(&conversation).await.len(), 2, "it is the same message");
    let twice = agent.post(&resolve(&conversation, &sent), &json!({"action": "resend"})).await.expect(409);
    assert_eq!(twice.problem(), "wrong_state");
}

#[tokio::test]
async fn a_failure_can_be_dismissed() {
    let jetto = Jetto::running().await;
    let (agent, conversation) = in_conversation(&jetto).await;
    jetto.meta.leave_whatsapp(&Phone::from(CUSTOMER));
    let sent = agent.reply(&conversation, "fails", "Hello?").await;
    let id = sent["id"].as_str().unwrap();
    agent.delivered(&conversation, id, &["failed"]).await;
    let left = agent.post(&resolve(&conversation, &sent), &json!({"action": "dismiss"})).await.expect(200).json();
    assert_eq!(left["delivery"]["failure"]["action"], "none");
    assert_eq!(jetto.meta.ledger().len(), 1);
    assert_eq!(jetto.meta.ledger()[0].outcome, Some(State::Failed));
}

#[tokio::test]
async fn a_number_that_is_being_upgraded_waits() {
    let jetto = Jetto::running().await;
    let (agent, conversation) = in_conversation(&jetto).await;
    jetto.meta.upgrade_throughput(&NUMBER.into(), Duration::from_hours(1)).unwrap();
    let sent = agent.reply(&conversation, "waits", "Later").await;
    eventually("Meta asked to wait", async || jetto.log().contains("131057").then_some(())).await;
    let message = agent.message(&conversation, sent["id"].as_str().unwrap()).await;
    assert_eq!(message["delivery"]["state"], "queued");
    assert!(jetto.meta.ledger().is_empty());
}

#[tokio::test]
async fn what_cannot_be_a_message_is_refused_with_words() {
    let jetto = Jetto::running().await;
    let (agent, conversation) = in_conversation(&jetto).await;
    let nobody = "0".repeat(32);
    for (key, body, status) in [
        ("empty", words("  "), 422),
        ("endless", words(&"x".repeat(4_097)), 422),
        ("no content", json!({}), 422),
        ("unknown kind", json!({"content": {"type": "hologram"}}), 422),
        ("no such file", json!({"content": {"type": "media", "media_id": nobody, "caption": null}}), 404),
        ("no such target", json!({"content": {"type": "reaction", "message_id": nobody, "emoji": "👍"}}), 404),
        ("no such quote", json!({"content": {"type": "text", "body": "Hi"}, "reply_to": nobody}), 404),
        (
            "no such template",
            json!({"content": {"type": "template", "name": "none", "language": "en", "variables": []}}),
            422,
        ),
    ] {
        let answer = agent.send(&conversation, &key.replace(' ', "-"), &body).await;
        assert_eq!(answer.status, status, "{key}: {:?}", answer.body);
        answer.problem();
    }
    assert_eq!(agent.history(&conversation).await.len(), 1);
    assert!(jetto.meta.ledger().is_empty());
}
