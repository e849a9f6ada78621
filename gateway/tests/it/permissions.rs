//! Every role may do exactly what `permissions.json` says, on every route.

use std::collections::{BTreeMap, BTreeSet};

use gateway::http::routes::RULES;
use serde::Deserialize;

use crate::harness::{Answer, Jetto, ORGANIZATION, Things};

#[derive(Deserialize)]
struct Source {
    roles: BTreeMap<String, BTreeSet<String>>,
}

fn roles() -> BTreeMap<String, BTreeSet<String>> {
    let source: Source = serde_json::from_str(include_str!("../../../engine/permissions.json")).unwrap();
    source.roles
}

const ANYBODY: &[&str] = &[];
const READ: &[&str] = &["conversations.read_assigned", "conversations.read_team", "conversations.read_all"];
const CHANNELS: &[&str] = &["channels.manage"];
const REPLY: &[&str] = &["conversations.reply"];

/// The contract's table: one of these is needed.
const CONTRACT: &[(&str, &str, &[&str])] = &[
    ("GET", "me", ANYBODY),
    ("GET", "members", ANYBODY),
    ("GET", "conversations", READ),
    ("GET", "conversations/counts", READ),
    ("GET", "conversations/{id}", READ),
    ("PATCH", "conversations/{id}", &["conversations.update", "conversations.assign"]),
    ("GET", "conversations/{id}/messages", READ),
    ("POST", "conversations/{id}/messages", &["conversations.reply", "conversations.send_template"]),
    ("POST", "conversations/{id}/read", REPLY),
    ("POST", "conversations/{id}/typing", REPLY),
    ("POST", "messages/{conversation_id}/{message_id}/resolve", REPLY),
    ("POST", "media", REPLY),
    ("GET", "media/{id}", READ),
    ("GET", "contacts", &["contacts.read"]),
    ("GET", "contacts/{id}", &["contacts.read"]),
    ("GET", "templates", &["templates.read"]),
    ("GET", "webhook-log", &["channels.manage"]),
    ("GET", "webhook-log/summary", &["channels.manage"]),
    ("GET", "webhook-log/{id}", &["channels.manage"]),
    ("POST", "webhook-log/{id}/replay", &["channels.manage"]),
    ("GET", "channels", CHANNELS),
    ("POST", "channels", CHANNELS),
    ("GET", "channels/app", CHANNELS),
    ("PUT", "channels/app", CHANNELS),
    ("PATCH", "channels/{id}", CHANNELS),
    ("POST", "channels/{id}/checks", CHANNELS),
    ("GET", "alerts", CHANNELS),
    ("DELETE", "alerts/{id}", CHANNELS),
    ("POST", "contacts/{id}/reveal", &["contacts.reveal_pii"]),
    ("GET", "live", READ),
    ("DELETE", "channels/{id}", CHANNELS),
    ("DELETE", "sessions/current", ANYBODY),
];

#[tokio::test]
async fn each_role_may_do_on_each_route_what_the_source_says() {
    let mut jetto = Jetto::prepared().await;
    let roles = roles();
    assert_eq!(roles.len(), 8);
    for role in roles.keys() {
        jetto.add_member(ORGANIZATION, &format!("the-{role}@garden.example"), role).await;
    }
    jetto.start().await;
    let owner = jetto.owner().await;
    let things = Things::of(&jetto, &owner).await;
    for (role, granted) in &roles {
        let agent = jetto.sign_in(&format!("the-{role}@garden.example")).await;
        assert_eq!(agent.me["member"]["role"], role.as_str());
        let told: BTreeSet<&str> =
            agent.me["permissions"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
        assert_eq!(told, granted.iter().map(String::as_str).collect(), "{role}");
        for (method, path, needed) in CONTRACT {
            let pattern = format!("/api/v1/{path}");
            let rule =
                RULES.iter().find(|rule| rule.method == *method && rule.pattern == pattern).expect("in the table");
            let answer = Answer::to(things.request(&agent, rule)).await;
            let may = needed.is_empty() || needed.iter().any(|key| granted.contains(*key));
            // The live route asks for more than a plain GET brings; what it needs of the role was asked before.
            let forbidden = answer.status == 403 && answer.problem() == "forbidden";
            assert_eq!(forbidden, !may, "{role} {method} {path}: {} {:?}", answer.status, answer.body);
            assert_ne!(answer.status, 401, "{role} {method} {path}");
        }
    }
    let open = RULES.len() - CONTRACT.len();
    assert_eq!(open, 4, "sign-in, two of the demo, the API's description");
}

#[tokio::test]
async fn what_is_sent_decides_which_permission_is_needed() {
    let mut jetto = Jetto::prepared().await;
    jetto.add_member(ORGANIZATION, "viewer@garden.example", "viewer").await;
    let analyst = jetto.add_member(ORGANIZATION, "analyst@garden.example", "analyst").await;
    jetto.start().await;
    let (owner, viewer) = (jetto.owner().await, jetto.sign_in("viewer@garden.example").await);
    jetto.customer_writes("Hello");
    let conversation = viewer.conversation().await;
    assert_eq!(viewer.history(&conversation).await.len(), 1);
    for content in [
        serde_json::json!({"type": "text", "body": "Hello"}),
        serde_json::json!({"type": "template", "name": "hello_world", "language": "en_US", "variables": []}),
    ] {
        let answer = viewer.send(&conversation, "viewer", &serde_json::json!({"content": content})).await.expect(403);
        assert_eq!(answer.problem(), "forbidden");
        assert!(answer.json()["action"].is_string());
    }
    let path = format!("conversations/{conversation}");
    let answer = owner.patch(&path, &serde_json::json!({"assignee_id": analyst})).await.expect(422);
    assert_eq!(answer.problem(), "invalid", "nobody else would see it any more");
    assert!(jetto.meta.ledger().is_empty());
}
