//! A message that breaks its handler disturbs nobody else. Needs the seeded bug: `--features seeded-bugs`.
#![cfg(feature = "seeded-bugs")]

use crate::harness::{Jetto, customer, now_s, text, webhook};

const POISON: &str = "jetto:poison";
/// Five, and one that was under way when the fifth was counted.
const ATTEMPTS: std::ops::RangeInclusive<u64> = 5..=6;

#[tokio::test]
async fn a_poison_message_is_set_aside_and_its_neighbours_go_on() {
    let mut jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let (one, other) = (customer(1), customer(2));
    let batch = [
        text(&one, "before", now_s(), "before"),
        text(&one, "poison", now_s(), POISON),
        text(&one, "behind", now_s(), "behind"),
        text(&other, "other", now_s(), "other"),
    ];
    jetto.post(&webhook(&batch)).await;
    jetto.post(&webhook([&text(&one, "next", now_s(), "next"), &text(&other, "next2", now_s(), "next")])).await;
    let log = agent.log().await;
    let of = |id: &str| log.iter().position(|entry| entry["outcome"] == id).map(|index| &log[index]);
    let poison = of("quarantined").expect("the poison is set aside");
    assert_eq!(log.iter().filter(|entry| entry["outcome"] == "processed").count(), 5, "{log:?}");
    assert!(ATTEMPTS.contains(&poison["attempts"].as_u64().unwrap()), "{poison}");
    assert!(poison["error"].as_str().unwrap().contains("broke"), "{poison}");
    let entry = format!("webhook-log/{}", poison["id"].as_str().unwrap());
    assert!(agent.get(&entry).await["raw"].as_str().unwrap().contains(POISON));
    let mut said = Vec::new();
    for conversation in agent.all("conversations").await {
        said.extend(agent.words(conversation["id"].as_str().unwrap()).await.into_iter().map(|(_, words)| words));
    }
    said.sort();
    assert_eq!(said, ["before", "behind", "next", "next", "other"]);
    assert!(ATTEMPTS.contains(&jetto.metric("jetto_actor_panics_total").await.cast_unsigned()));

    let replayed = agent.post(&format!("{entry}/replay"), &serde_json::json!({})).await.expect(202).json();
    assert_eq!((&replayed["outcome"], &replayed["attempts"]), (&"stored".into(), &0.into()));
    let again = agent.log().await;
    let poison = again.iter().find(|entry| entry["id"] == poison["id"]).unwrap();
    assert_eq!(poison["outcome"], "quarantined");
    assert!(ATTEMPTS.contains(&poison["attempts"].as_u64().unwrap()), "{poison}");
    jetto.restart().await;
    jetto.post(&webhook([&text(&one, "last", now_s(), "last")])).await;
    assert_eq!(agent.outcomes().await.iter().filter(|outcome| *outcome == "processed").count(), 6);
}

#[tokio::test]
async fn many_poison_messages_in_one_conversation_hold_up_nobody_for_good() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let one = customer(1);
    let batch: Vec<_> = (0..30)
        .map(|index| {
            let words = if index % 3 == 0 { POISON.to_owned() } else { format!("good {index}") };
            text(&one, &format!("many{index}"), now_s() + index, &words)
        })
        .collect();
    jetto.post(&webhook(&batch)).await;
    let outcomes = agent.outcomes().await;
    let count = |wanted: &str| outcomes.iter().filter(|outcome| *outcome == wanted).count();
    assert_eq!((count("quarantined"), count("processed")), (10, 20), "{outcomes:?}");
    let conversation = agent.conversation().await;
    assert_eq!(agent.history(&conversation).await.len(), 20);
}
