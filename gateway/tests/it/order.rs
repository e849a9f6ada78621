//! Repeats and disorder of Meta's webhooks do not show.

use serde_json::Value;

use crate::harness::{Jetto, customer, eventually, now_s, text, webhook};

#[tokio::test]
pub(crate) async fn the_same_webhook_twice_at_once_and_again_later_is_one_message() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let body = webhook([&text(&customer(1), "same", now_s(), "Only once")]);
    futures_util::future::join(jetto.post(&body), jetto.post(&body)).await;
    let mut outcomes = agent.outcomes().await;
    outcomes.sort();
    assert_eq!(outcomes, ["duplicate", "processed"]);
    jetto.post(&body).await;
    assert_eq!(agent.outcomes().await.last().unwrap(), "duplicate");
    let conversation = agent.conversation().await;
    assert_eq!(agent.words(&conversation).await, [("in".to_owned(), "Only once".to_owned())]);
    assert_eq!(agent.get(&format!("conversations/{conversation}")).await["unread"], 1);
    let summary = agent.get("webhook-log/summary").await;
    assert_eq!((&summary["processed"], &summary["duplicate"]), (&Value::from(1), &Value::from(2)), "{summary}");
}

/// A fixed shuffle: the multiplier has no factor in common with 1,000.
fn shuffled() -> impl Iterator<Item = u64> {
    (0..1_000).map(|index| index * 387 % 1_000)
}

#[tokio::test]
async fn a_burst_of_a_thousand_shuffled_messages_is_shown_in_metas_order() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let start = now_s() - 2_000;
    let updates: Vec<_> = shuffled()
        .map(|index| text(&customer(1), &format!("burst{index}"), start + index, &format!("{index}")))
        .collect();
    let bodies: Vec<_> = updates.chunks(100).map(webhook).collect();
    let posts = bodies.iter().map(|body| jetto.post(body));
    futures_util::future::join_all(posts).await;
    let conversation = agent.conversation().await;
    eventually("the last of the burst", async || {
        let row = agent.get(&format!("conversations/{conversation}")).await;
        (row["unread"] == 1_000).then_some(())
    })
    .await;
    let shown: Vec<String> = agent.words(&conversation).await.into_iter().map(|(_, words)| words).collect();
    assert_eq!(shown, (0..1_000).map(|index| index.to_string()).collect::<Vec<_>>());
    let row = agent.get(&format!("conversations/{conversation}")).await;
    assert_eq!(row["preview"]["snippet"], "999");
    assert!(agent.outcomes().await.iter().all(|outcome| outcome == "processed"));
}

#[tokio::test]
async fn pages_fit_together_whatever_their_size() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let updates: Vec<_> =
        (0..23).map(|index| text(&customer(index), &format!("page{index}"), now_s(), "Hello")).collect();
    jetto.post(&webhook(&updates)).await;
    assert_eq!(agent.outcomes().await.len(), 23);
    for (list, count) in [("conversations", 23), ("contacts", 23), ("webhook-log", 23)] {
        let mut seen = Vec::new();
        let mut cursor = String::new();
        loop {
            let page = agent.get(&format!("{list}?limit=7{cursor}")).await;
            seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].to_string()));
            let Some(next) = page["next"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        let all = seen.len();
        seen.sort();
        seen.dedup();
        assert_eq!((seen.len(), all), (count, count), "{list}");
        let bad = agent.read(&format!("{list}?cursor=nonsense")).await.expect(400);
        assert_eq!(bad.problem(), "bad_cursor");
    }
}
