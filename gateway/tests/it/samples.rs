//! Every sample of Meta's webhooks through the real endpoint, and the vector of its signature.

use std::collections::HashSet;
use std::fmt::Write as _;

use serde_json::Value;

use crate::harness::{Agent, Jetto, sample, samples, signed};

/// Id and type of every message there is.
async fn shown(agent: &Agent) -> Vec<(String, String)> {
    let mut shown = Vec::new();
    for view in ["all", "closed"] {
        for conversation in agent.all(&format!("conversations?view={view}")).await {
            for message in agent.history(conversation["id"].as_str().unwrap()).await {
                shown.push((message["id"].to_string(), message["content"]["type"].as_str().unwrap().to_owned()));
            }
        }
    }
    shown
}

#[tokio::test]
async fn every_sample_is_stored_and_shown_and_none_fails() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let (mut table, mut known, mut logged) = (String::new(), HashSet::new(), 0);
    for (name, body) in samples() {
        assert_eq!(jetto.post_bytes(&body).await, 200, "{name}");
        let log = agent.log().await;
        let outcomes: Vec<&str> = log.iter().skip(logged).map(|entry| entry["outcome"].as_str().unwrap()).collect();
        logged = log.len();
        let new: Vec<String> =
            shown(&agent).await.into_iter().filter(|(id, _)| known.insert(id.clone())).map(|(_, kind)| kind).collect();
        let line = format!("{name} | {} | {}", outcomes.join(" "), new.join(" "));
        writeln!(table, "{}", line.trim_end()).unwrap();
    }
    let expected = include_str!("outcomes.txt");
    for (found, expected) in table.lines().zip(expected.lines()) {
        assert_eq!(found, expected);
    }
    assert_eq!(table.lines().count(), expected.lines().count(), "{table}");

    // Meta repeats for days: nothing is shown twice, whatever it is.
    let before = shown(&agent).await;
    for (name, body) in samples() {
        assert_eq!(jetto.post_bytes(&body).await, 200, "{name}");
    }
    let outcomes = agent.outcomes().await;
    assert!(outcomes.iter().all(|outcome| outcome != "stored"));
    assert_eq!(shown(&agent).await, before);
}

#[tokio::test]
async fn the_signature_vector_is_accepted_and_its_reserialised_twin_refused() {
    let mut jetto = Jetto::prepared().await;
    jetto.unmask(crate::harness::ORGANIZATION).await;
    jetto.start().await;
    let agent = jetto.owner().await;
    let body = sample("raw_signature_vector.body");
    let vector: Value = serde_json::from_slice(&sample("raw_signature_vector.json")).unwrap();
    let (right, wrong) =
        (vector["x_hub_signature_256"].as_str().unwrap(), vector["wrong_if_reserialised_utf8"].as_str().unwrap());
    let twin = serde_json::to_vec(&serde_json::from_slice::<Value>(&body).unwrap()).unwrap();
    assert_ne!(twin, body);
    assert_eq!(signed(jetto.url(), &twin, right).await, 401);
    assert_eq!(signed(jetto.url(), &body, wrong).await, 401);
    assert!(agent.all("webhook-log").await.is_empty());
    assert_eq!(signed(jetto.url(), &body, right).await, 200);
    let conversation = agent.conversation().await;
    let words = agent.words(&conversation).await;
    assert_eq!(words, [("in".to_owned(), "Olá 👍 mail me: a@b.example / 50% <ok>".to_owned())]);
    let log = agent.log().await;
    let raw = agent.get(&format!("webhook-log/{}", log[0]["id"].as_str().unwrap())).await["raw"].clone();
    assert!(raw.as_str().unwrap().contains(r"Ol\u00e1"), "kept as Meta sent it: {raw}");
}
