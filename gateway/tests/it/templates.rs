//! Templates from draft to deletion, and that what WhatsApp says of one acts at once.

use std::time::Duration;

use engine::permission::Permission;
use serde_json::{Value, json};

use crate::api_keys::made;
use crate::harness::{Agent, Jetto, NUMBER, WABA, eventually};

fn draft() -> Value {
    json!({
        "phone_number_id": NUMBER, "name": "spring_sale_2", "language": "en", "category": "MARKETING",
        "header": {"kind": "image"}, "body": "Hello {{1}}, the garden is open again.", "footer": "Example Ltd",
        "buttons": [{"kind": "QUICK_REPLY", "text": "Stop promotions"}],
        "examples": [{"name": "1", "place": "body", "value": "Avery"}],
    })
}

async fn control(jetto: &Jetto, path: &str, body: &Value) {
    let url = format!("{}/_sim/{path}", jetto.meta.url());
    let answer = reqwest::Client::new().post(url).json(body).send().await.unwrap();
    assert_eq!(answer.status(), 204);
}

async fn in_state(agent: &Agent, id: &Value, status: &str) -> Value {
    let path = format!("templates/{}", id.as_str().unwrap());
    eventually(&format!("the template is {status}"), async || {
        let template = agent.get(&path).await;
        (template["status"] == status).then_some(template)
    })
    .await
}

#[tokio::test]
async fn a_template_is_drafted_reviewed_sent_stopped_and_deleted() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    jetto.customer_writes("Are you open?");
    let conversation = agent.conversation().await;
    let picture = agent.upload("image/png", "garden.png", b"a picture").await;
    let made = agent.post("templates", &draft()).await.expect(201).json();
    assert_eq!((&made["status"], &made["sendable"]), (&json!("DRAFT"), &json!(false)));
    let path = format!("templates/{}", made["id"].as_str().unwrap());
    agent.post("templates", &draft()).await.expect(409);
    let findings = agent.post("templates/lint", &draft()).await.expect(200).json();
    assert_eq!(findings["items"][0]["place"], "header", "{findings}");
    let early = agent.post(&format!("{path}/submit"), &json!({})).await.expect(422);
    assert!(String::from_utf8_lossy(&early.body).contains("example"));

    let mut edit = draft();
    edit["revision"] = made["revision"].clone();
    let sample = json!({"name": "file", "place": "header", "value": picture["id"]});
    edit["examples"].as_array_mut().unwrap().push(sample);
    agent.put(&path, &edit).await.expect(200);
    agent.put(&path, &edit).await.expect(409);
    let submitted = agent.post(&format!("{path}/submit"), &json!({})).await.expect(200).json();
    assert_eq!(submitted["status"], "PENDING");
    jetto.meta.advance(Duration::from_secs(61));
    let approved = in_state(&agent, &made["id"], "APPROVED").await;
    assert_eq!(approved["sendable"], true);

    let content = json!({"type": "template", "name": "spring_sale_2", "language": "en", "variables": [
        {"name": "file", "place": "header", "value": {"media_id": picture["id"]}},
        {"name": "1", "place": "body", "value": "Avery"}]});
    let sent = agent.send(&conversation, "sale", &json!({"content": content})).await.expect(202).json();
    assert_eq!(sent["content"]["body"], "Hello Avery, the garden is open again.");
    agent.delivered(&conversation, sent["id"].as_str().unwrap(), &["read"]).await;

    let stop = json!({"waba_id": WABA, "name": "spring_sale_2", "language": "en", "status": "PAUSED"});
    control(&jetto, "template", &stop).await;
    let paused = in_state(&agent, &made["id"], "PAUSED").await;
    assert!(paused["unsendable_reason"].as_str().unwrap().contains("paused"), "{paused}");
    let refused = agent.send(&conversation, "again", &json!({"content": content})).await.expect(422);
    assert_eq!(refused.problem(), "bad_template");
    assert_eq!(jetto.meta.ledger().len(), 1);

    agent.post(&format!("{path}/unpause"), &json!({})).await.expect(204);
    in_state(&agent, &made["id"], "APPROVED").await;
    agent.delete(&path).await.expect(204);
    agent.read(&path).await.expect(404);
}

#[tokio::test]
async fn a_rejection_says_why_and_a_new_category_comes_at_once() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let verdict = json!({"name": "greeting", "approved": false, "category": "MARKETING", "reason": "It sells."});
    control(&jetto, "verdict", &verdict).await;
    let draft = json!({"phone_number_id": NUMBER, "name": "greeting", "language": "en", "category": "UTILITY",
        "body": "Hello there."});
    let made = agent.post("templates", &draft).await.expect(201).json();
    agent.post(&format!("templates/{}/submit", made["id"].as_str().unwrap()), &json!({})).await.expect(200);
    jetto.meta.advance(Duration::from_secs(61));
    let rejected = in_state(&agent, &made["id"], "REJECTED").await;
    assert_eq!((&rejected["category"], &rejected["reason"]), (&json!("MARKETING"), &json!("It sells.")));
}

#[tokio::test]
async fn a_login_code_is_sent_by_a_program_and_not_by_hand() {
    let mut jetto = Jetto::prepared().await;
    let scopes = [Permission::ConversationsReadAll, Permission::ConversationsSendTemplate];
    let key = made(&jetto, 1, &scopes, None).await;
    jetto.start().await;
    let agent = jetto.owner().await;
    jetto.customer_writes("I cannot sign in");
    let conversation = agent.conversation().await;
    let content = json!({"type": "template", "name": "verification_code", "language": "en_US",
        "variables": [{"name": "1", "place": "body", "value": "123456"}]});
    let by_hand = agent.send(&conversation, "code", &json!({"content": content})).await.expect(422);
    assert!(String::from_utf8_lossy(&by_hand.body).contains("login code"));
    let url = format!("{}/api/v1/conversations/{conversation}/messages", jetto.url());
    let request = reqwest::Client::new().post(url).bearer_auth(key).header("Idempotency-Key", "code-2");
    let answer = request.json(&json!({"content": content})).send().await.unwrap();
    assert_eq!(answer.status(), 202, "{:?}", answer.text().await);
    eventually("the code has left", async || (jetto.meta.ledger().len() == 1).then_some(())).await;
}
