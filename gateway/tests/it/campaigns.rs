//! A broadcast through the binary: everybody once, whatever happens on the way.

use std::collections::BTreeMap;

use loadtest::payload::Content;
use serde_json::{Value, json};

use crate::harness::{Agent, Jetto, NUMBER, customer, eventually};

/// People who wrote to the organization once.
pub(crate) const PEOPLE: u64 = 60;

/// Greets by name, or as somebody.
pub(crate) fn plan(number: &str) -> Value {
    let variables = ["1", "2", "3"].map(|name| {
        json!({"name": name, "place": "body", "index": null, "source": {"kind": "contact", "field": "first_name"},
               "fallback": "friend"})
    });
    let link = json!({"name": "1", "place": "button", "index": 0, "source": {"kind": "text", "text": "4821"},
                      "fallback": null});
    let variables: Vec<_> = variables.into_iter().chain([link]).collect();
    json!({"template": "order_shipped", "language": "en", "numbers": [number], "audience": {"kind": "everyone"},
           "variables": variables})
}

pub(crate) async fn with_people(jetto: &Jetto, agent: &Agent) {
    for n in 0..PEOPLE {
        let said = Content::Text { body: format!("Hello {n}") };
        jetto.meta.customer_says(&NUMBER.into(), &customer(n), said).unwrap();
    }
    eventually("all people", async || (agent.all("contacts").await.len() as u64 == PEOPLE).then_some(())).await;
}

pub(crate) async fn draft(agent: &Agent) -> Value {
    let body = json!({"name": "Kasturi turns six", "plan": plan(NUMBER)});
    agent.post("campaigns", &body).await.expect(201).json()
}

pub(crate) async fn launch(agent: &Agent, draft: &Value) -> String {
    let id = draft["id"].as_str().unwrap().to_owned();
    let start = json!({"revision": draft["revision"], "confirm_recipient_count": PEOPLE});
    agent.post(&format!("campaigns/{id}/launch"), &start).await.expect(200);
    id
}

pub(crate) async fn progress(agent: &Agent, id: &str) -> Value {
    agent.get(&format!("campaigns/{id}/progress")).await
}

pub(crate) async fn finished(agent: &Agent, id: &str) -> Value {
    eventually("it has finished", async || {
        let progress = progress(agent, id).await;
        (progress["phase"]["kind"] == "finished").then_some(progress)
    })
    .await
}

/// How many templates each number got.
pub(crate) fn received(jetto: &Jetto) -> BTreeMap<String, usize> {
    let mut received = BTreeMap::new();
    for entry in jetto.meta.ledger().into_iter().filter(|entry| entry.kind == "template" && entry.was_accepted()) {
        *received.entry(entry.to).or_default() += 1;
    }
    received
}

/// Everybody is in one place.
fn adds_up(progress: &Value) {
    let places = ["waiting", "under_way", "unknown", "parked", "sent", "delivered", "read", "failed"];
    let sum: u64 = places.iter().map(|place| progress["counts"][place].as_u64().unwrap()).sum();
    assert_eq!((sum, progress["counts"]["total"].as_u64()), (PEOPLE, Some(PEOPLE)), "{progress}");
}

#[tokio::test]
pub(crate) async fn everybody_gets_a_broadcast_once_and_the_inbox_does_not_hear_of_it() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    with_people(&jetto, &agent).await;
    let before = eventually("all conversations", async || {
        let all = agent.all("conversations?view=all").await;
        (all.len() as u64 == PEOPLE).then_some(all)
    })
    .await;
    let draft = draft(&agent).await;
    let check = agent.post(&format!("campaigns/{}/check", draft["id"].as_str().unwrap()), &json!({})).await;
    let check = check.expect(200).json();
    assert_eq!((&check["will_be_sent"], &check["audience"]), (&PEOPLE.into(), &PEOPLE.into()), "{check}");
    assert!(check["samples"][0]["content"]["body"].as_str().unwrap().starts_with("Hello "), "{check}");
    let id = launch(&agent, &draft).await;
    let done = finished(&agent, &id).await;
    adds_up(&done);
    let received = received(&jetto);
    assert_eq!((received.len() as u64, received.values().max()), (PEOPLE, Some(&1)));
    eventually("everybody has read it", async || {
        let counts = progress(&agent, &id).await["counts"].clone();
        (counts["read"] == PEOPLE).then_some(())
    })
    .await;
    assert_eq!(agent.all("conversations?view=all").await, before, "a broadcast moves nothing in the inbox");
    let rows = agent.all(&format!("campaigns/{id}/recipients?class=read")).await;
    assert_eq!(rows.len() as u64, PEOPLE);
}

#[tokio::test]
pub(crate) async fn a_start_wants_the_number_of_people_and_the_revision_that_was_checked() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    with_people(&jetto, &agent).await;
    let draft = draft(&agent).await;
    let path = format!("campaigns/{}/launch", draft["id"].as_str().unwrap());
    let other = agent.post(&path, &json!({"revision": 1, "confirm_recipient_count": PEOPLE + 1})).await.expect(409);
    assert_eq!(other.problem(), "count_changed");
    let old = agent.post(&path, &json!({"revision": 7, "confirm_recipient_count": PEOPLE})).await.expect(409);
    assert_eq!(old.problem(), "conflict");
    assert!(received(&jetto).is_empty());
}

#[tokio::test]
pub(crate) async fn a_kill_in_the_middle_sends_to_nobody_twice_and_leaves_nobody_out() {
    let mut jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    with_people(&jetto, &agent).await;
    let draft = draft(&agent).await;
    let id = launch(&agent, &draft).await;
    for part in [1, 2, 3] {
        eventually("some have it", async || (received(&jetto).len() as u64 >= part * PEOPLE / 5).then_some(())).await;
        jetto.kill().await;
        jetto.start().await;
    }
    let agent = jetto.owner().await;
    let settled = eventually("nobody waits", async || {
        let progress = progress(&agent, &id).await;
        let counts = &progress["counts"];
        (counts["waiting"] == 0 && counts["under_way"] == 0).then_some(progress)
    })
    .await;
    adds_up(&settled);
    let received = received(&jetto);
    assert_eq!(received.values().max(), Some(&1), "nobody twice");
    let reached = ["sent", "delivered", "read", "failed"].map(|place| settled["counts"][place].as_u64().unwrap());
    assert!(received.len() as u64 >= reached.iter().sum::<u64>(), "{settled}");
}

#[tokio::test]
pub(crate) async fn a_pause_holds_the_rest_and_a_cancel_ends_it() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    with_people(&jetto, &agent).await;
    let draft = draft(&agent).await;
    let id = draft["id"].as_str().unwrap().to_owned();
    agent.put(&format!("campaigns/{id}/rate"), &json!({"per_second": 5})).await.expect(200);
    let draft = agent.get(&format!("campaigns/{id}")).await["campaign"].clone();
    launch(&agent, &draft).await;
    eventually("somebody has it", async || (!received(&jetto).is_empty()).then_some(())).await;
    agent.post(&format!("campaigns/{id}/pause"), &json!({})).await.expect(200);
    let held = eventually("nobody is under way", async || {
        let progress = progress(&agent, &id).await;
        (progress["counts"]["under_way"] == 0).then_some(progress)
    })
    .await;
    assert_eq!(held["phase"]["kind"], "paused");
    assert!(held["counts"]["waiting"].as_u64().unwrap() > 0);
    agent.post(&format!("campaigns/{id}/resume"), &json!({})).await.expect(200);
    agent.put(&format!("campaigns/{id}/rate"), &json!({"per_second": null})).await.expect(200);
    adds_up(&finished(&agent, &id).await);
    assert_eq!(received(&jetto).values().max(), Some(&1));
    let over = agent.post(&format!("campaigns/{id}/cancel"), &json!({})).await.expect(422);
    assert_eq!(over.problem(), "invalid");
}
