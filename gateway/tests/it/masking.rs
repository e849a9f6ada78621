//! A customer's number is seen by nobody who did not ask for it, and who asked is on record.

use loadtest::payload::Content;
use loadtest::payload::content::Card;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Agent, Answer, CUSTOMER, Jetto, NUMBER, ORGANIZATION, eventually};

/// In Meta's ids the number stands in base64, at the same place in each.
fn in_base64() -> String {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(CUSTOMER);
    // The last digits share their letters with what follows.
    encoded.trim_end_matches('=')[..encoded.len() - 4].to_owned()
}

fn assert_hidden(what: &str, text: &str) {
    assert!(!text.contains(CUSTOMER) && !text.contains("202 555 0123"), "{what} shows the number: {text}");
    assert!(!text.contains(&in_base64()), "{what} shows the number in an id: {text}");
}

/// Everything that an owner can read.
async fn everything(agent: &Agent, conversation: &str, contact: &str) -> Vec<(String, String)> {
    let mut paths: Vec<String> = ["me", "members", "conversations", "conversations/counts", "contacts", "webhook-log"]
        .map(str::to_owned)
        .to_vec();
    paths.extend(["webhook-log/summary", "channels", "channels/app", "alerts"].map(str::to_owned));
    paths.push(format!("templates?phone_number_id={NUMBER}"));
    paths.push(format!("conversations/{conversation}"));
    paths.push(format!("conversations/{conversation}/messages"));
    paths.push(format!("conversations/{conversation}/campaign-messages"));
    paths.push(format!("contacts/{contact}"));
    for entry in agent.log().await {
        paths.push(format!("webhook-log/{}", entry["id"].as_str().unwrap()));
    }
    let mut answers = Vec::new();
    for path in paths {
        let answer = agent.read(&path).await.expect(200);
        answers.push((path, String::from_utf8(answer.body.to_vec()).unwrap()));
    }
    answers
}

/// The customer says their number in every way there is, and the agent repeats it.
async fn talk(jetto: &Jetto, agent: &Agent) -> (String, Vec<String>) {
    jetto.customer_writes(&format!("I am {CUSTOMER}, or +1 (202) 555-0123"));
    let conversation = agent.conversation().await;
    let card = |phone: &str| Card {
        first_name: "Me".into(),
        last_name: "Myself".into(),
        company: None,
        phone: phone.into(),
        email: None,
    };
    jetto.customer_says(Content::Contacts { cards: vec![card(CUSTOMER), card("12025550177")] });
    let body = json!({"content": {"type": "text", "body": format!("Shall we call {CUSTOMER}?")}});
    let sent = agent.send(&conversation, "canary", &body).await.expect(202);
    let mut said = vec![String::from_utf8(sent.body.to_vec()).unwrap()];
    let id = sent.json()["id"].as_str().unwrap().to_owned();
    agent.delivered(&conversation, &id, &["read"]).await;
    let assigned = agent.patch(&format!("conversations/{conversation}"), &json!({"assignee_id": agent.id()})).await;
    said.push(String::from_utf8(assigned.expect(200).body.to_vec()).unwrap());
    eventually("the card is here", async || (agent.history(&conversation).await.len() == 3).then_some(())).await;
    (conversation, said)
}

#[tokio::test]
async fn no_answer_no_frame_and_no_log_shows_a_customers_number() {
    let mut jetto = Jetto::running().await;
    let owner = jetto.owner().await;
    let mut live = owner.live(None).await;
    let (conversation, said) = talk(&jetto, &owner).await;
    let contact = owner.get(&format!("conversations/{conversation}")).await["contact"].clone();
    assert_eq!(contact["phone"], "+•••••••0123");
    let answers = everything(&owner, &conversation, contact["id"].as_str().unwrap()).await;
    assert!(answers.len() > 18, "{}", answers.len());
    for (path, text) in &answers {
        assert_hidden(path, text);
    }
    for text in &said {
        assert_hidden("an answer to a write", text);
    }
    let messages = answers.iter().find(|(path, _)| path.ends_with("/messages")).unwrap();
    assert!(messages.1.contains("12025550177"), "somebody else's card stays: {}", messages.1);
    assert!(messages.1.contains("+• (•••) •••-0123"), "{}", messages.1);

    let head = owner.live(None).await.head;
    let frames = live.up_to(head).await;
    assert!(frames.len() > 5);
    for frame in &frames {
        assert_hidden("a live frame", &frame.to_string());
    }
    for event in owner.live(Some(0)).await.up_to(head).await {
        assert_hidden("a frame from the ring", &event.to_string());
    }
    jetto.restart().await;
    let again = jetto.owner().await;
    for event in again.live(Some(0)).await.up_to(head).await {
        assert_hidden("a frame from the event log", &event.to_string());
    }
    assert_hidden("the server's log", &jetto.log());
}

#[tokio::test]
async fn a_number_is_revealed_to_who_may_and_that_is_on_record() {
    let mut jetto = Jetto::prepared().await;
    jetto.add_member(ORGANIZATION, "agent@garden.example", "agent").await;
    jetto.start().await;
    let (owner, agent) = (jetto.owner().await, jetto.sign_in("agent@garden.example").await);
    jetto.customer_writes("Hello");
    let conversation = owner.conversation().await;
    let contact = owner.get(&format!("conversations/{conversation}")).await["contact"]["id"].clone();
    let path = format!("contacts/{}/reveal", contact.as_str().unwrap());
    assert_eq!(agent.post(&path, &Value::Null).await.expect(403).problem(), "forbidden");
    let answer = Answer::to(owner.request(Method::POST, &path)).await.expect(200).json();
    assert_eq!(answer, json!({"phone": format!("+{CUSTOMER}"), "wa_id": CUSTOMER}));
    let unknown = format!("contacts/{}/reveal", "0".repeat(32));
    owner.post(&unknown, &Value::Null).await.expect(404);

    assert!(jetto.stop().await.success());
    let revealed = jetto.audit_records(ORGANIZATION, "contact.revealed").await;
    assert_eq!(revealed.len(), 1, "neither the refusal nor what is not there");
    assert_eq!(revealed[0].entry.target.as_deref(), contact.as_str());
    assert_eq!(revealed[0].entry.actor.name(), "owner");
    let label = &revealed[0].entry.details["name"];
    assert!(label.ends_with(", +•••••••0123") && label.contains("•••,"), "{label}");
    assert!(!format!("{revealed:?}").contains(CUSTOMER));
}

#[tokio::test]
async fn an_organization_that_does_not_mask_sees_everything_as_it_came() {
    let mut jetto = Jetto::prepared().await;
    jetto.unmask(ORGANIZATION).await;
    jetto.start().await;
    let owner = jetto.owner().await;
    let mut live = owner.live(None).await;
    let wamid = jetto.customer_writes(&format!("I am {CUSTOMER}"));
    let event = live.added(&format!("I am {CUSTOMER}")).await;
    assert_eq!(event["conversation"]["contact"]["phone"], format!("+{CUSTOMER}"));
    assert_eq!(event["message"]["wamid"], wamid.as_str());
    let conversation = owner.conversation().await;
    assert_eq!(owner.history(&conversation).await[0]["wamid"], wamid.as_str());
}
