//! `kill -9` and SIGTERM in the middle of work: what was answered 200 is there once, and nobody got a reply twice.

use std::cell::Cell;
use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use crate::harness::{Agent, Jetto, Live, customer, eventually, now_s, text, webhook};

const ROUNDS: u64 = 3;
const CONVERSATIONS: u64 = 6;
/// Replies of one round that may wait: in all rounds together fewer than WhatsApp takes at once for one person, because what is above
/// that leaves one in six seconds.
const WAITING_MAX: u64 = 24;

/// What the outside world was promised.
#[derive(Default)]
struct Promises {
    /// Bodies of webhooks that were answered 200.
    taken: Vec<String>,
    /// Words of replies, by conversation, whatever was answered.
    replies: Vec<(String, String)>,
}

/// Webhooks and replies until the server is gone.
async fn work_until_it_dies(jetto: &mut Jetto, agent: &Agent, round: u64, promises: &mut Promises) {
    let url = jetto.url().to_owned();
    let conversations: Vec<String> =
        agent.all("conversations").await.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let left = Cell::new(0_u64);
    let hooks = async {
        let mut taken = Vec::new();
        for index in 0.. {
            let words = format!("hook {round}-{index}");
            let body = webhook([&text(&customer(index % CONVERSATIONS), &words.replace(' ', "-"), now_s(), &words)]);
            let body = loadtest::payload::wire::to_wire(&body);
            let signature = loadtest::payload::wire::signature(crate::harness::SECRET, &body);
            let request = client.post(format!("{url}/webhooks/whatsapp")).header("X-Hub-Signature-256", signature);
            match request.body(body).send().await {
                Ok(answer) if answer.status() == 200 => taken.push(words),
                Ok(answer) => assert_eq!(answer.status(), 503),
                Err(_gone) => break,
            }
        }
        taken
    };
    let replies = async {
        let mut asked = Vec::new();
        for (index, conversation) in conversations.iter().cycle().enumerate() {
            // While the number waits for the dead process's lease, replies would pile up.
            eventually("so many replies have left", async || {
                (left.get().saturating_add(WAITING_MAX) > index as u64).then_some(())
            })
            .await;
            let words = format!("reply {round}-{index}");
            let path = format!("conversations/{conversation}/messages");
            let request =
                agent.request(reqwest::Method::POST, &path).header("Idempotency-Key", words.replace(' ', "-"));
            let body = serde_json::json!({"content": {"type": "text", "body": words}});
            asked.push((conversation.clone(), words));
            if request.json(&body).send().await.is_err() {
                break;
            }
        }
        asked
    };
    let death = async {
        // In the middle: some replies have left, others wait.
        let before = jetto.meta.sends();
        eventually("some replies have left", async || {
            left.set(jetto.meta.sends() - before);
            (left.get() > 10).then_some(())
        })
        .await;
    };
    let (taken, asked, ()) = {
        let world = async { futures_util::future::join(hooks, replies).await };
        tokio::pin!(world);
        tokio::select! {
            _ = &mut world => panic!("it died by itself"),
            () = death => {}
        }
        // Killed while both go on.
        left.set(u64::MAX);
        jetto.kill().await;
        let (taken, asked) = world.await;
        (taken, asked, ())
    };
    promises.taken.extend(taken);
    promises.replies.extend(asked);
}

pub(crate) fn count(words: impl Iterator<Item = String>) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for words in words {
        *counts.entry(words).or_default() += 1;
    }
    counts
}

pub(crate) async fn everything_said(agent: &Agent) -> Vec<Value> {
    let mut messages = Vec::new();
    for conversation in agent.all("conversations").await {
        messages.extend(agent.history(conversation["id"].as_str().unwrap()).await);
    }
    messages
}

pub(crate) fn words_of(message: &Value) -> String {
    message["content"]["body"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
pub(crate) async fn after_kill_9_in_full_work_everything_promised_is_there_once() {
    let mut jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let first: Vec<_> =
        (0..CONVERSATIONS).map(|index| text(&customer(index), &format!("first{index}"), now_s(), "first")).collect();
    for index in 0..CONVERSATIONS {
        // The window is open at the simulator too.
        let content = loadtest::payload::Content::Text { body: format!("hello {index}") };
        jetto.meta.customer_says(&crate::harness::NUMBER.into(), &customer(index), content).unwrap();
    }
    jetto.post(&webhook(&first)).await;
    jetto.meta.settled().await;
    agent.log().await;
    let mut promises = Promises::default();
    for round in 0..ROUNDS {
        work_until_it_dies(&mut jetto, &agent, round, &mut promises).await;
        jetto.start().await;
    }
    // The browser repeats with the same key what it had no answer for.
    for (conversation, words) in &promises.replies {
        let body = serde_json::json!({"content": {"type": "text", "body": words}});
        let answer = agent.send(conversation, &words.replace(' ', "-"), &body).await;
        assert!(answer.status.is_success(), "{:?}", answer.body);
    }
    agent.log().await;
    jetto.meta.settled().await;
    eventually("nothing is queued any more", async || {
        let waits = |message: &Value| message["delivery"]["state"] == "queued";
        (!everything_said(&agent).await.iter().any(waits)).then_some(())
    })
    .await;
    jetto.meta.settled().await;
    agent.log().await;

    let said = everything_said(&agent).await;
    let counts = count(said.iter().map(words_of));
    assert!(promises.taken.len() > 20, "there was work: {}", promises.taken.len());
    for words in promises.taken.iter().chain(promises.replies.iter().map(|(_, words)| words)) {
        assert_eq!(counts.get(words), Some(&1), "{words} is in the history once");
    }
    let left = count(jetto.meta.ledger().iter().map(|entry| entry.text.clone().unwrap_or_default()));
    assert!(left.values().all(|times| *times == 1), "nobody got a reply twice: {left:?}");
    for message in said.iter().filter(|message| message["direction"] == "out") {
        let state = message["delivery"]["state"].as_str().unwrap();
        // Claimed and killed before the request left: nobody can know, so nobody sends it again.
        let right = if left.contains_key(&words_of(message)) { state == "read" } else { state == "unknown" };
        assert!(right, "{state}: {message}");
    }
    let unknown = said.iter().filter(|message| message["delivery"]["state"] == "unknown").count();
    assert!(unknown as u64 <= ROUNDS * 64, "at most what was under way: {unknown}");
    let mut live: Live = agent.live(Some(0)).await;
    let events = live.up_to(live.head).await;
    let added = count(
        events.iter().filter(|event| event["type"] == "message_added").map(|event| event["message"]["id"].to_string()),
    );
    assert_eq!(added.len(), said.len(), "each message was announced");
    let twice: Vec<_> =
        events.iter().filter(|event| added.get(&event["message"]["id"].to_string()) > Some(&1)).collect();
    assert!(twice.is_empty(), "and once: {twice:?}");
}

#[tokio::test]
async fn sigterm_drains_and_loses_nothing() {
    let mut jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let mut live = agent.live(Some(0)).await;
    jetto.customer_writes("Hello");
    let conversation = agent.conversation().await;
    let batch: Vec<_> = (0..500)
        .map(|index| text(&customer(index % 20), &format!("drain{index}"), now_s(), &format!("drain {index}")))
        .collect();
    jetto.post(&webhook(&batch)).await;
    let reply = agent.reply(&conversation, "last", "The last word").await;
    let begin = Instant::now();
    assert!(jetto.stop().await.success());
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    let mut frames = Vec::new();
    while let Some(frame) = live.next().await {
        frames.push(frame);
    }
    assert_eq!(frames.last().unwrap()["reason"], "draining");

    jetto.start().await;
    agent.delivered(&conversation, reply["id"].as_str().unwrap(), &["read"]).await;
    assert_eq!(jetto.meta.ledger().len(), 1);
    assert!(agent.outcomes().await.iter().all(|outcome| outcome != "quarantined"));
    let counts = count(everything_said(&agent).await.iter().map(words_of));
    assert!((0..500).all(|index| counts.get(&format!("drain {index}")) == Some(&1)));
    let mut resumed = agent.live(live.last).await;
    resumed.up_to(resumed.head).await;
}

#[tokio::test]
async fn an_idle_server_stops_at_once() {
    let mut jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let _live = agent.live(None).await;
    jetto.customer_writes("Hello");
    agent.conversation().await;
    let begin = Instant::now();
    assert!(jetto.stop().await.success());
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}
