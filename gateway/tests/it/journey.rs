//! A customer writes, an agent answers, the ticks come back.

use serde_json::{Value, json};

use crate::harness::{Jetto, eventually};

#[tokio::test]
pub(crate) async fn a_message_reaches_the_agent_and_the_reply_shows_its_ticks() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let mut live = agent.live(None).await;
    jetto.customer_writes("Do you have roses?");
    let event = live.added("Do you have roses?").await;
    assert_eq!(event["conversation"]["unread"], 1);
    assert_eq!(event["message"]["direction"], "in");
    let conversation = event["conversation"]["id"].as_str().unwrap();

    let reply = agent.reply(conversation, "key-1", "We do, in red.").await;
    assert_eq!(reply["delivery"]["state"], "queued");
    assert_eq!(reply["author"]["name"], "owner");
    let mut shown = Vec::new();
    live.until("the reply is read", |frame| {
        let is_reply = frame["message"]["id"] == reply["id"];
        is_reply && frame["message"]["delivery"]["state"] == "read"
    })
    .await;
    let message = agent.message(conversation, reply["id"].as_str().unwrap()).await;
    for fact in ["queued_at", "sent_at", "delivered_at", "read_at"] {
        shown.push(message["delivery"][fact].is_i64());
    }
    assert_eq!(shown, [true; 4]);

    let ledger = jetto.meta.ledger();
    assert_eq!(ledger.len(), 1);
    assert_eq!(ledger[0].text.as_deref(), Some("We do, in red."));
    assert_eq!(message["wamid"], crate::harness::shown(ledger[0].wamid.as_ref().unwrap()));
}

#[tokio::test]
pub(crate) async fn the_same_key_is_the_same_message_and_leaves_once() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    jetto.customer_writes("Hello");
    let conversation = agent.conversation().await;
    let first = agent.reply(&conversation, "one-click", "Good morning").await;
    agent.delivered(&conversation, first["id"].as_str().unwrap(), &["read"]).await;
    let body = json!({"content": {"type": "text", "body": "Good morning"}});
    let again = agent.send(&conversation, "one-click", &body).await.expect(200).json();
    assert_eq!(again["id"], first["id"]);
    let both = futures_util::future::join(
        agent.send(&conversation, "two-clicks", &body),
        agent.send(&conversation, "two-clicks", &body),
    );
    let (one, other) = both.await;
    assert_eq!(one.json()["id"], other.json()["id"]);
    agent.delivered(&conversation, one.json()["id"].as_str().unwrap(), &["read"]).await;
    assert_eq!(jetto.meta.ledger().len(), 2);
    assert_eq!(agent.history(&conversation).await.len(), 3);
    let missing = agent.post(&format!("conversations/{conversation}/messages"), &body).await.expect(422);
    assert_eq!(missing.problem(), "invalid");
}

#[tokio::test]
pub(crate) async fn a_reply_quotes_and_a_reaction_sits_on_its_message() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let wamid = jetto.customer_writes("Which one do you mean?");
    let conversation = agent.conversation().await;
    let asked = agent.history(&conversation).await.remove(0);

    let body = json!({"content": {"type": "text", "body": "The left one"}, "reply_to": asked["id"]});
    let reply = agent.send(&conversation, "quote", &body).await.expect(202).json();
    assert_eq!(reply["reply_to"]["id"], asked["id"]);
    assert_eq!(reply["reply_to"]["snippet"], "Which one do you mean?");
    let heart = json!({"content": {"type": "reaction", "message_id": asked["id"], "emoji": "❤️"}});
    let target = agent.send(&conversation, "heart", &heart).await.expect(202).json();
    assert_eq!(target["id"], asked["id"]);
    let ledger = eventually("both have left", async || {
        let ledger = jetto.meta.ledger();
        (ledger.len() == 2).then_some(ledger)
    })
    .await;
    assert!(ledger.iter().any(|sent| sent.kind == "reaction" && sent.text.as_deref() == Some("❤️")));
    let shown = agent.message(&conversation, asked["id"].as_str().unwrap()).await;
    assert_eq!(shown["reactions"], json!([{"from": "business", "emoji": "❤️"}]));
    assert_eq!(shown["wamid"], crate::harness::shown(&wamid));

    let content = loadtest::payload::Content::Reaction {
        message_id: ledger[0].wamid.clone().unwrap(),
        emoji: Some("👍".into()),
    };
    jetto.customer_says(content);
    let id = reply["id"].as_str().unwrap();
    let liked = eventually("the customer's reaction", async || {
        let message = agent.message(&conversation, id).await;
        (message["reactions"] != json!([])).then_some(message)
    });
    assert_eq!(liked.await["reactions"], json!([{"from": "customer", "emoji": "👍"}]));
    assert_eq!(agent.history(&conversation).await.len(), 2, "reactions are no messages");
    jetto.meta.settled().await;
    let outcomes = agent.outcomes().await;
    assert!(outcomes.iter().all(|outcome| outcome == "processed"), "also the status of the reaction: {outcomes:?}");
}

#[tokio::test]
async fn a_template_goes_out_with_its_variables() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    jetto.customer_writes("Where is my order?");
    let conversation = agent.conversation().await;
    let list = agent.get(&format!("templates?phone_number_id={}", crate::harness::NUMBER)).await;
    let find = |name: &str, language: &str| -> Value {
        let mut items = list["items"].as_array().unwrap().iter();
        items.find(|item| item["name"] == name && item["language"] == language).cloned().unwrap()
    };
    let template = find("order_shipped", "en");
    assert_eq!(template["sendable"], true);
    assert_eq!(template["variables"].as_array().unwrap().len(), 4, "{template}");
    assert_eq!(find("winter_clearance", "en")["sendable"], false, "it is paused");

    let variables: Vec<Value> = template["variables"]
        .as_array()
        .unwrap()
        .iter()
        .map(|variable| {
            let value = match (variable["place"].as_str(), variable["name"].as_str()) {
                (Some("body"), Some("1")) => "Avery",
                (Some("body"), Some("3")) => "Friday",
                _ => "4821",
            };
            json!({"name": variable["name"], "place": variable["place"], "index": variable["index"], "value": value})
        })
        .collect();
    let content = json!({"type": "template", "name": "order_shipped", "language": "en", "variables": variables});
    let sent = agent.send(&conversation, "template", &json!({"content": content})).await.expect(202).json();
    assert_eq!(sent["content"]["body"], "Hello Avery, your order 4821 has been shipped and arrives on Friday.");
    agent.delivered(&conversation, sent["id"].as_str().unwrap(), &["read"]).await;
    assert_eq!(jetto.meta.ledger()[0].text.as_deref(), Some("order_shipped"));

    let content = json!({"type": "template", "name": "order_shipped", "language": "en", "variables": []});
    let bare = agent.send(&conversation, "bare", &json!({"content": content})).await.expect(422);
    assert_eq!(bare.problem(), "bad_template");
    let content = json!({"type": "template", "name": "winter_clearance", "language": "en",
        "variables": [{"name": "1", "place": "body", "value": "Friday"}]});
    let paused = agent.send(&conversation, "paused", &json!({"content": content})).await.expect(422);
    assert_eq!(paused.problem(), "bad_template");
    assert_eq!(jetto.meta.ledger().len(), 1);
}

#[tokio::test]
async fn reading_turns_the_customers_ticks_blue_and_typing_is_shown_to_them() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let wamid = jetto.customer_writes("Are you there?");
    let conversation = agent.conversation().await;
    let message = agent.history(&conversation).await.remove(0);
    assert_eq!(agent.get("conversations/counts").await["mine_unread"], 0, "it is nobody's yet");

    agent.post(&format!("conversations/{conversation}/read"), &json!({"upto": message["id"]})).await.expect(204);
    assert_eq!(agent.get(&format!("conversations/{conversation}")).await["unread"], 0);
    eventually("Meta knows that it was read", async || jetto.meta.was_marked_read(&wamid).then_some(())).await;
    agent.post(&format!("conversations/{conversation}/typing"), &json!({})).await.expect(204);
    eventually("Meta shows typing", async || (jetto.meta.typing_shown() == 1).then_some(())).await;
}

#[tokio::test]
pub(crate) async fn a_conversation_is_taken_read_and_closed_and_every_list_and_count_agrees() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    jetto.customer_writes("Hello");
    let conversation = agent.conversation().await;
    let path = format!("conversations/{conversation}");
    let lists = async || {
        let mut found = Vec::new();
        for view in ["mine", "unassigned", "all", "closed"] {
            let (all, unread) =
                (format!("conversations?view={view}"), format!("conversations?view={view}&unread=true"));
            found.push((agent.all(&all).await.len(), agent.all(&unread).await.len()));
        }
        let counts = agent.get("conversations/counts").await;
        let counted = ["mine", "unassigned", "all", "closed"].map(|view| counts[view].as_u64().unwrap());
        let listed: Vec<u64> = found.iter().map(|(all, _)| *all as u64).collect();
        assert_eq!(listed, counted);
        assert_eq!(counts["mine_unread"], found[0].1);
        found
    };
    let (none, unread, read) = ((0, 0), (1, 1), (1, 0));
    assert_eq!(lists().await, [none, unread, unread, none]);
    let me = agent.me["member"]["id"].clone();
    agent.patch(&path, &json!({"assignee_id": me})).await.expect(200);
    assert_eq!(lists().await, [unread, none, unread, none]);
    let message = agent.history(&conversation).await.remove(0);
    agent.post(&format!("{path}/read"), &json!({"upto": message["id"]})).await.expect(204);
    assert_eq!(lists().await, [read, none, read, none]);
    agent.patch(&path, &json!({"status": "closed"})).await.expect(200);
    assert_eq!(lists().await, [none, none, none, read]);
    agent.patch(&path, &json!({"status": "snoozed"})).await.expect(422);
    agent.patch(&path, &json!({"statsu": "open"})).await.expect(422);
    jetto.customer_writes("And another thing");
    eventually("it is there", async || (agent.history(&conversation).await.len() == 2).then_some(())).await;
    assert_eq!(lists().await, [unread, none, unread, none], "it is open again");
}
