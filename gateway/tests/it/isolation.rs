//! Organizations do not exist for each other, and there is nothing beside the table of routes.

use gateway::http::routes::RULES;
use loadtest::payload::Content;
use loadtest::simulator::Specimen;
use reqwest::Method;
use reqwest::header::ORIGIN;
use serde_json::{Value, json};

use crate::harness::{Agent, Answer, Jetto, Things};

pub(crate) const RIVAL: &str = "owner@rival.example";
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

/// Everything of an organization that a stranger could have changed.
async fn everything(jetto: &Jetto, ours: &Agent, conversation: &str) -> Value {
    let mut all = json!({
        "history": ours.history(conversation).await, "log": ours.log().await,
        "head": ours.live(None).await.head, "ledger": jetto.meta.ledger().len(),
        "organization": ours.get("organization").await,
        "channels": ours.all("channels").await, "alerts": ours.all("alerts").await,
        "app": ours.get("channels/app").await,
    });
    for list in [
        "conversations",
        "contacts",
        "members",
        "roles",
        "teams",
        "invitations",
        "api-keys",
        "segments",
        "contact-imports",
        "campaigns",
        "audit",
    ] {
        all[list] = ours.all(list).await.into();
    }
    // Being looked at is no change.
    for member in all["members"].as_array_mut().unwrap() {
        member["last_seen_at"] = Value::Null;
    }
    all
}

/// Both organizations with one thing of each kind.
pub(crate) async fn two_furnished() -> (Jetto, [(Agent, Things); 2]) {
    let (jetto, ours, rival) = two_organizations().await;
    let things = Things::of(&jetto, &ours).await;
    let media = jetto.meta.received_file(Specimen::Image);
    jetto.post(&rivals_customer("wamid.rival", text("Hello rival"))).await;
    jetto.post(&rivals_customer("wamid.picture", Content::Image { media, caption: None })).await;
    let theirs = Things::in_sight(&rival).await;
    (jetto, [(ours, things), (rival, theirs)])
}

/// Of ours; whoever has the token of a link needs no organization.
fn names_something(rule: &gateway::http::routes::Rule) -> bool {
    rule.pattern.contains('{') && !rule.pattern.contains("{token}")
}

#[tokio::test]
async fn another_organizations_ids_are_not_found_and_nothing_changes() {
    let (jetto, sides) = two_furnished().await;
    let nowhere = Things::nowhere();
    for (thief, owner) in [(1, 0), (0, 1)] {
        let ((thief, _), (owner, things)) = (&sides[thief], &sides[owner]);
        let before = everything(&jetto, owner, &things.conversation).await;
        let mut asked = 0;
        for rule in RULES.iter().filter(|rule| names_something(rule)) {
            let answer = Answer::to(things.request(thief, rule)).await;
            assert_eq!(answer.status, 404, "{rule:?}: {:?}", answer.body);
            assert_eq!(answer.problem(), "not_found", "{rule:?}");
            let missing = Answer::to(nowhere.request(thief, rule)).await;
            assert_eq!((answer.status, &answer.body), (missing.status, &missing.body), "{rule:?}: they differ");
            asked += 1;
        }
        assert!(asked > 30, "routes that name something: {asked}");
        assert_eq!(everything(&jetto, owner, &things.conversation).await, before);
    }
}

#[tokio::test]
pub(crate) async fn no_list_file_or_export_of_one_organization_names_anything_of_the_other() {
    let (_jetto, sides) = two_furnished().await;
    for (reader, other) in [(0, 1), (1, 0)] {
        let ((reader, mine), (other, theirs)) = (&sides[reader], &sides[other]);
        let account = &other.me["member"]["email"];
        let mut secrets: Vec<&str> = theirs.ids().to_vec();
        secrets.extend([account.as_str().unwrap(), other.me["organization"]["id"].as_str().unwrap()]);
        for rule in RULES.iter().filter(|rule| rule.method == "GET" && rule.pattern != "/api/v1/live") {
            let answer = Answer::to(mine.request(reader, rule)).await;
            let body = String::from_utf8_lossy(&answer.body);
            for secret in &secrets {
                assert!(!body.contains(secret), "{rule:?} tells {secret}");
            }
        }
        for format in ["csv", "ndjson"] {
            let whole = reader.read(&format!("audit/export?format={format}&actor={}", other.id())).await.expect(200);
            let told = String::from_utf8_lossy(&whole.body).lines().filter(|line| line.contains(other.id())).count();
            // That it was asked for is an entry of the one who asked.
            assert_eq!(told, 0, "{format}");
        }
    }
    let ((ours, things), (rival, _)) = (&sides[0], &sides[1]);
    let templates = rival.read(&format!("templates?phone_number_id={}", crate::harness::NUMBER)).await.expect(404);
    assert_eq!(templates.problem(), "not_found");
    let (mut stranger, mut mine) = (rival.live(None).await, ours.live(None).await);
    let view = json!({"type": "view", "conversation_id": things.conversation});
    stranger.say(&view).await;
    stranger.say(&json!({"type": "typing", "conversation_id": things.conversation, "typing": true})).await;
    mine.say(&view).await;
    let presence = mine.until("presence", |frame| frame["type"] == "presence").await;
    assert_eq!(presence["people"].as_array().unwrap().len(), 1, "{presence}");
    stranger.say(&json!({"type": "ping"})).await;
    let next = stranger.until("the pong", |frame| frame["type"] == "pong" || frame["type"] == "presence").await;
    assert_eq!(next["type"], "pong", "{next}");
}

/// Ids of the other organization inside one's own requests are as good as ids of nothing.
#[tokio::test]
async fn ids_of_another_organization_are_worth_nothing_inside_ones_own_requests() {
    let (jetto, sides) = two_furnished().await;
    let ((_, foreign), (rival, own)) = (&sides[0], &sides[1]);
    let before = everything(&jetto, rival, &own.conversation).await;
    let conversation = &own.conversation;
    for (method, path, body) in inside(own) {
        let with = |things: &Things| {
            let names = [("MEDIA", &things.media), ("MESSAGE", &things.message), ("MEMBER", &things.member)];
            let more = [("ROLE", &things.role), ("TEAM", &things.team), ("CAMPAIGN", &things.campaign)];
            names.into_iter().chain(more).fold(body.to_string(), |body, (name, id)| body.replace(name, id))
        };
        let mut answers = Vec::new();
        for things in [foreign, &Things::nowhere()] {
            let request = rival.request(method.clone(), &path).header("content-type", "application/json");
            answers.push(Answer::to(request.header("Idempotency-Key", "inside").body(with(things))).await);
        }
        let status = answers[0].status.as_u16();
        assert!([404, 422].contains(&status), "{path} {body}: {status} {:?}", answers[0].body);
        assert_eq!((status, &answers[0].body), (answers[1].status.as_u16(), &answers[1].body), "{path} {body}");
    }
    assert!(jetto.meta.ledger().is_empty());
    assert_eq!(everything(&jetto, rival, conversation).await, before);
}

/// Every body that can name something, with the place for the id in capitals.
fn inside(own: &Things) -> Vec<(Method, String, Value)> {
    let content = |content: Value| (Method::POST, format!("conversations/{}/messages", own.conversation), content);
    let permissions: [&str; 0] = [];
    vec![
        content(json!({"content": {"type": "media", "media_id": "MEDIA", "caption": null}})),
        content(json!({"content": {"type": "text", "body": "Hi"}, "reply_to": "MESSAGE"})),
        content(json!({"content": {"type": "reaction", "message_id": "MESSAGE", "emoji": "👍"}})),
        (Method::PATCH, format!("conversations/{}", own.conversation), json!({"assignee_id": "MEMBER"})),
        (Method::PATCH, format!("conversations/{}", own.conversation), json!({"team_id": "TEAM"})),
        (Method::POST, format!("conversations/{}/read", own.conversation), json!({"upto": "MESSAGE"})),
        (Method::PATCH, format!("members/{}", own.member), json!({"role": "ROLE"})),
        (Method::PATCH, format!("members/{}", own.member), json!({"teams": ["TEAM"]})),
        (Method::POST, "teams".into(), json!({"name": "Mixed", "members": ["MEMBER"]})),
        (Method::PUT, format!("teams/{}", own.team), json!({"name": "A team", "members": ["MEMBER"]})),
        (Method::POST, "invitations".into(), json!({"email": "a@nowhere.example", "role": "ROLE"})),
        (
            Method::POST,
            "invitations".into(),
            json!({"email": "a@nowhere.example", "role": "viewer", "teams": ["TEAM"]}),
        ),
        (Method::POST, "organization/transfer".into(), json!({"to": "MEMBER", "password": crate::harness::PASSWORD})),
        (Method::POST, "campaigns".into(), following(&own.number)),
        (Method::PUT, "roles/ROLE".into(), json!({"name": "Mixed", "permissions": permissions})),
    ]
}

/// A broadcast to the people of another one.
fn following(number: &str) -> Value {
    let audience = json!({"kind": "reached", "campaign": "CAMPAIGN", "who": "not_read"});
    let plan = json!({"template": "hello_world", "language": "en_US", "numbers": [number], "audience": audience,
        "variables": []});
    json!({"name": "Mixed", "plan": plan})
}

fn text(words: &str) -> Content {
    Content::Text { body: words.into() }
}

fn rivals_customer(wamid: &str, content: Content) -> Value {
    use loadtest::payload::{Inbound, Line, Sender, webhook};
    let line = Line { waba: "100000000000077".into(), number: RIVAL_NUMBER.into(), display: "12025550177".into() };
    let sender = Sender { phone: Some(crate::harness::customer(7)), ..Sender::default() };
    let inbound = Inbound::new(line, sender, wamid.into(), crate::harness::now_s(), content);
    webhook([&inbound.update()])
}

#[tokio::test]
async fn every_route_of_the_table_is_served() {
    let (jetto, ours, _) = two_organizations().await;
    let things = Things::of(&jetto, &ours).await;
    for rule in RULES.iter().filter(|rule| rule.method != "DELETE" && !rule.pattern.contains("/demo")) {
        // The only organization to switch to is the one that they are in.
        if rule.pattern == "/api/v1/sessions/switch" {
            continue;
        }
        // Nobody was added to the draft; who was is asked for in `triggered`.
        if rule.pattern == "/api/v1/campaigns/{id}/sends/{key}" {
            continue;
        }
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
        (Method::PUT, "/api/v1/contacts".to_owned()),
        (Method::POST, "/api/v1/webhook-log".to_owned()),
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
    assert_eq!(writes, RULES.iter().filter(|rule| rule.method != "GET").count());
    assert_eq!(everything(&jetto, &ours, &things.conversation).await, before);
}
