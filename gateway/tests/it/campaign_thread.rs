//! What a broadcast sent, in the thread of who answers it.

use loadtest::payload::{Content, Context};
use loadtest::simulator::Speech;
use serde_json::{Value, json};

use crate::campaigns::{draft, finished, launch, with_people};
use crate::harness::{Agent, Answer, Jetto, NUMBER, ORGANIZATION, customer, eventually};

async fn sent_to(agent: &Agent, conversation: &str) -> Vec<Value> {
    agent.all(&format!("conversations/{conversation}/campaign-messages")).await
}

/// The conversation of the n-th customer.
async fn of_customer(agent: &Agent, n: u64) -> String {
    let said = format!("Hello {n}");
    let all = agent.all("conversations?view=all").await;
    let found = all.iter().find(|one| one["preview"]["snippet"] == said.as_str());
    found.expect("they wrote")["id"].as_str().unwrap().to_owned()
}

async fn sent(jetto: &Jetto, agent: &Agent) -> String {
    with_people(jetto, agent).await;
    let draft = draft(agent).await;
    let id = launch(agent, &draft).await;
    finished(agent, &id).await;
    id
}

#[tokio::test]
pub(crate) async fn what_a_broadcast_sent_stands_in_the_thread_with_its_ticks_and_is_quoted() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let id = sent(&jetto, &agent).await;
    let conversation = of_customer(&agent, 3).await;
    let shown = eventually("it is read", async || {
        let shown = sent_to(&agent, &conversation).await.remove(0);
        (shown["message"]["delivery"]["state"] == "read").then_some(shown)
    })
    .await;
    assert_eq!(shown["campaign"], json!({"id": id, "name": "Kasturi turns six"}));
    let (message, hello) = (&shown["message"], agent.history(&conversation).await.remove(0));
    let template = &message["content"];
    assert_eq!((&template["type"], &template["name"]), (&"template".into(), &"order_shipped".into()), "{shown}");
    assert!(template["body"].as_str().unwrap().starts_with("Hello "), "{shown}");
    assert!(message["at"].as_i64() >= hello["at"].as_i64(), "{shown}");
    assert_eq!(agent.history(&conversation).await.len(), 1, "the history is as it was");
    let to = customer(3);
    let wamid =
        jetto.meta.ledger().into_iter().find(|one| one.kind == "template" && one.to == format!("+{}", to.as_str()));
    let quoted = Context::Reply { from: "12025550100".into(), id: wamid.unwrap().wamid.unwrap() };
    let content = Content::Text { body: "When is it here?".into() };
    let speech = Speech { number: NUMBER.into(), customer: to, content, context: Some(quoted), referral: None };
    jetto.meta.says(speech).unwrap();
    let answer = eventually("the answer", async || agent.history(&conversation).await.get(1).cloned()).await;
    assert_eq!(answer["reply_to"]["id"], message["id"], "{answer}");
    assert_eq!(answer["reply_to"]["snippet"], template["body"], "{answer}");
}

#[tokio::test]
pub(crate) async fn who_never_wrote_gets_no_conversation_and_who_may_not_see_broadcasts_is_not_told_which() {
    let mut jetto = Jetto::prepared().await;
    jetto.add_member(ORGANIZATION, "lina@garden.example", "agent").await;
    jetto.add_member(ORGANIZATION, "marco@garden.example", "agent").await;
    jetto.start().await;
    let agent = jetto.owner().await;
    let (lina, marco) = (jetto.sign_in("lina@garden.example").await, jetto.sign_in("marco@garden.example").await);
    with_people(&jetto, &agent).await;
    agent.post("contacts", &json!({"phone": "+12025550177"})).await.expect(201);
    let before = agent.all("conversations?view=all").await.len();
    let draft = draft(&agent).await;
    let start = json!({"revision": draft["revision"], "confirm_recipient_count": before + 1});
    let id = draft["id"].as_str().unwrap();
    agent.post(&format!("campaigns/{id}/launch"), &start).await.expect(200);
    finished(&agent, id).await;
    assert_eq!(agent.all("conversations?view=all").await.len(), before, "nobody has a conversation who did not write");
    let conversation = of_customer(&agent, 5).await;
    let path = format!("conversations/{conversation}/campaign-messages");
    let told = lina.all(&path).await;
    assert_eq!((told.len(), &told[0]["campaign"]), (1, &Value::Null), "{told:?}");
    let phone = customer(5);
    assert!(!Value::from(told).to_string().contains(phone.as_str()), "numbers are masked");
    lina.patch(&format!("conversations/{conversation}"), &json!({"assignee_id": lina.id()})).await.expect(200);
    let answer: Answer = marco.read(&path).await.expect(404);
    assert_eq!(answer.problem(), "not_found");
}
