//! Organizations do not exist for each other, and there is nothing beside the table of routes.

use gateway::http::routes::RULES;
use reqwest::Method;
use reqwest::header::ORIGIN;
use serde_json::{Value, json};

use crate::harness::{Agent, Answer, Jetto, Things};

const RIVAL: &str = "owner@rival.example";
/// It has not heard of anything of the first organization.
const RIVAL_NUMBER: &str = "200000000000077";

async fn two_organizations() -> (Jetto, Agent, Agent) {
    let mut jetto = Jetto::prepared().await;
    jetto.create_organization("Rival", RIVAL).await;
    jetto.connect("Rival", RIVAL_NUMBER, "simulator-token").await;
    jetto.start().await;
    let (ours, rival) = (jetto.owner().await, jetto.sign_in(RIVAL).await);
    (jetto, ours, rival)
}

/// Everything of ours that a stranger could have changed.
async fn everything(jetto: &Jetto, ours: &Agent, conversation: &str) -> Value {
    json!({
        "conversations": ours.all("conversations").await, "history": ours.history(conversation).await,
        "contacts": ours.all("contacts").await, "log": ours.log().await,
        "head": ours.live(None).await.head, "ledger": jetto.meta.ledger().len(),
        "channels": ours.all("channels").await, "alerts": ours.all("alerts").await,
        "app": ours.get("channels/app").await,
    })
}

#[tokio::test]
async fn another_organizations_ids_are_not_found_and_nothing_changes() {
    let (jetto, ours, rival) = two_organizations().await;
    let things = Things::of(&jetto, &ours).await;
    let before = everything(&jetto, &ours, &things.conversation).await;
    let mut asked = 0;
    for rule in RULES.iter().filter(|rule| rule.pattern.contains('{')) {
        let answer = Answer::to(things.request(&rival, rule)).await;
        assert_eq!(answer.status, 404, "{rule:?}: {:?}", answer.body);
        assert_eq!(answer.problem(), "not_found", "{rule:?}");
        asked += 1;
    }
    assert_eq!(asked, 16, "routes that name something");
    let templates = rival.read(&format!("templates?phone_number_id={}", crate::harness::NUMBER)).await.expect(404);
    assert_eq!(templates.problem(), "not_found");
    for list in ["conversations", "contacts", "webhook-log", "alerts"] {
        assert!(rival.all(list).await.is_empty(), "{list}");
    }
    assert_eq!(rival.get("members").await["items"].as_array().unwrap().len(), 1);
    assert_eq!(rival.live(Some(0)).await.head, 0);
    assert_eq!(everything(&jetto, &ours, &things.conversation).await, before);
}

#[tokio::test]
async fn ids_of_another_organization_are_worth_nothing_inside_ones_own_requests() {
    let (jetto, ours, rival) = two_organizations().await;
    let theirs = Things::of(&jetto, &ours).await;
    jetto.post(&rivals_customer("Hello rival")).await;
    let conversation = rival.conversation().await;
    let template = json!({"type": "template", "name": "hello_world", "language": "en_US", "variables": []});
    for (key, body) in [
        ("media", json!({"content": {"type": "media", "media_id": theirs.media, "caption": null}})),
        ("quote", json!({"content": {"type": "text", "body": "Hi"}, "reply_to": theirs.message})),
        ("reaction", json!({"content": {"type": "reaction", "message_id": theirs.message, "emoji": "👍"}})),
    ] {
        assert_eq!(rival.send(&conversation, key, &body).await.expect(404).problem(), "not_found", "{key}");
    }
    let assigned = rival.patch(&format!("conversations/{conversation}"), &json!({"assignee_id": ours.id()})).await;
    assert_eq!(assigned.expect(404).problem(), "not_found");
    let read = rival.post(&format!("conversations/{conversation}/read"), &json!({"upto": theirs.message})).await;
    assert_eq!(read.expect(404).problem(), "not_found");
    rival.send(&theirs.conversation, "t", &json!({"content": template})).await.expect(404);
    assert!(jetto.meta.ledger().is_empty());
}

fn rivals_customer(words: &str) -> Value {
    use loadtest::payload::{Content, Inbound, Line, Sender, webhook};
    let line = Line { waba: "100000000000077".into(), number: RIVAL_NUMBER.into(), display: "12025550177".into() };
    let sender = Sender { phone: Some(crate::harness::customer(7)), ..Sender::default() };
    let content = Content::Text { body: words.into() };
    let inbound = Inbound::new(line, sender, "wamid.rival".into(), crate::harness::now_s(), content);
    webhook([&inbound.update()])
}

#[tokio::test]
async fn every_route_of_the_table_is_served() {
    let (jetto, ours, _) = two_organizations().await;
    let things = Things::of(&jetto, &ours).await;
    for rule in RULES.iter().filter(|rule| rule.method != "DELETE" && !rule.pattern.contains("/demo")) {
        let answer = Answer::to(things.request(&ours, rule)).await;
        assert_ne!(answer.status, 404, "{rule:?}: {:?}", answer.body);
        assert!(!answer.status.is_server_error(), "{rule:?}: {:?}", answer.body);
        if answer.status.is_client_error() && rule.pattern != "/api/v1/live" {
            answer.problem();
        }
    }
}

#[tokio::test]
async fn there_is_no_route_outside_the_table_and_no_demo_outside_the_demo() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let id = "0".repeat(32);
    for (method, path) in [
        (Method::GET, "/api/v1/nothing".to_owned()),
        (Method::GET, "/api".to_owned()),
        (Method::GET, "/api/v2/me".to_owned()),
        (Method::PUT, "/api/v1/me".to_owned()),
        (Method::DELETE, format!("/api/v1/conversations/{id}")),
        (Method::POST, "/api/v1/contacts".to_owned()),
        (Method::POST, "/api/v1/webhook-log".to_owned()),
        (Method::GET, "/api/v1/sessions".to_owned()),
        (Method::GET, "/api/v1/conversations/not-an-id".to_owned()),
        (Method::GET, format!("/api/v1/conversations/{id}/messages/{id}")),
        (Method::GET, "/api/v1/demo".to_owned()),
    ] {
        let answer = Answer::to(agent.request(method.clone(), &path)).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (404, "not_found"), "{method} {path}");
    }
    let choice = json!({"member_id": agent.id()});
    assert_eq!(agent.post("demo/sessions", &choice).await.expect(404).problem(), "not_found");
    assert_eq!(agent.read("/metrics").await.header("content-type").split(';').next(), Some("text/html"), "the web app");
}

#[tokio::test]
async fn a_write_needs_our_header_and_no_foreign_origin() {
    let (jetto, ours, _) = two_organizations().await;
    let things = Things::of(&jetto, &ours).await;
    let before = everything(&jetto, &ours, &things.conversation).await;
    let mut writes = 0;
    for rule in RULES.iter().filter(|rule| rule.method != "GET") {
        let without = things.request(&ours, rule).build().unwrap();
        for (name, value) in
            [("X-Jetto-Client", None), (ORIGIN.as_str(), Some("https://evil.example")), (ORIGIN.as_str(), Some("null"))]
        {
            let mut request = without.try_clone().unwrap();
            match value {
                Some(value) => drop(request.headers_mut().insert(ORIGIN, value.parse().unwrap())),
                None => drop(request.headers_mut().remove(name)),
            }
            let answer = Answer::to(reqwest::RequestBuilder::from_parts(reqwest::Client::new(), request)).await;
            let code = if value.is_some() { "foreign_origin" } else { "client_header" };
            assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (403, code), "{rule:?} {value:?}");
        }
        writes += 1;
    }
    assert_eq!(writes, 17);
    assert_eq!(everything(&jetto, &ours, &things.conversation).await, before);
}
