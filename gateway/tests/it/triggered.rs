//! A broadcast that a program adds people to, through the binary.

use engine::permission::Permission;
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::api_keys::made;
use crate::campaigns::{finished, plan, progress, received};
use crate::harness::{Agent, Answer, Jetto, NUMBER, ORGANIZATION, customer, eventually};

/// The parcel's number comes along with each person.
async fn opened(agent: &Agent) -> String {
    let mut plan = plan(NUMBER);
    plan["audience"] = json!({"kind": "triggered"});
    for variable in plan["variables"].as_array_mut().unwrap() {
        if variable["name"] == "2" {
            variable["source"] = json!({"kind": "given"});
            variable["fallback"] = Value::Null;
        }
    }
    let draft = agent.post("campaigns", &json!({"name": "Parcels", "plan": plan})).await.expect(201).json();
    let id = draft["id"].as_str().unwrap().to_owned();
    let check = agent.post(&format!("campaigns/{id}/check"), &json!({})).await.expect(200).json();
    let broken = check["findings"].as_array().unwrap().iter().any(|finding| finding["severity"] == "must_fix");
    assert!(!broken, "{check}");
    let early = agent.send_to(&format!("campaigns/{id}/sends"), "order-0", &to(0)).await.expect(422);
    assert_eq!(early.problem(), "invalid", "it is not started yet");
    let start = json!({"revision": draft["revision"], "confirm_recipient_count": 0});
    agent.post(&format!("campaigns/{id}/launch"), &start).await.expect(200);
    id
}

fn to(n: u64) -> Value {
    json!({"phone": format!("+{}", customer(n)), "variables": {"2": format!("Parcel {n}")}})
}

async fn sends(jetto: &Jetto, key: &str, id: &str, idempotency: &str, body: &Value) -> Answer {
    let path = format!("campaigns/{id}/sends");
    let request = Agent::stranger(jetto.url()).bare(Method::POST, &path).header(AUTHORIZATION, format!("Bearer {key}"));
    Answer::to(request.header("Idempotency-Key", idempotency).json(body)).await
}

#[tokio::test]
async fn a_program_adds_people_who_get_it_once_whatever_is_sent_again_or_killed() {
    let mut jetto = Jetto::prepared().await;
    let key = made(&jetto, 1, &[Permission::CampaignsLaunch, Permission::ContactsWrite], None).await;
    let reader = made(&jetto, 2, &[Permission::CampaignsRead, Permission::ContactsWrite], None).await;
    let poor = made(&jetto, 3, &[Permission::CampaignsLaunch], None).await;
    jetto.start().await;
    let agent = jetto.owner().await;
    let id = opened(&agent).await;
    assert_eq!(sends(&jetto, &reader, &id, "order-1", &to(1)).await.expect(403).problem(), "forbidden");
    assert_eq!(sends(&jetto, &poor, &id, "order-1", &to(1)).await.expect(403).problem(), "forbidden");
    let first = sends(&jetto, &key, &id, "order-1", &to(1)).await.expect(202).json();
    assert_eq!((&first["no"], &first["key"], &first["class"]), (&json!(0), &json!("order-1"), &json!("waiting")));
    assert_eq!(first["contact"]["phone"], Value::Null, "it may start broadcasts, and read nothing");
    let again = sends(&jetto, &key, &id, "order-1", &to(1)).await.expect(200).json();
    assert_eq!((&again["no"], &again["contact"]["id"]), (&json!(0), &first["contact"]["id"]));
    // Another wish under a key that was used.
    for other in [to(2), json!({"phone": format!("+{}", customer(1)), "variables": {"2": "Parcel 9"}})] {
        assert_eq!(sends(&jetto, &key, &id, "order-1", &other).await.expect(409).problem(), "key_reused");
    }
    eventually("it is sent", async || (received(&jetto).len() == 1).then_some(())).await;
    for n in 2..20 {
        sends(&jetto, &key, &id, &format!("order-{n}"), &to(n)).await.expect(202);
    }
    jetto.kill().await;
    jetto.start().await;
    // Whoever does not know whether they were heard asks again.
    for n in 1..30 {
        let answer = sends(&jetto, &key, &id, &format!("order-{n}"), &to(n)).await;
        let status = if n < 20 { 200 } else { 202 };
        assert_eq!((answer.status.as_u16(), &answer.json()["no"]), (status, &json!(n - 1)), "{n}");
    }
    let agent = jetto.owner().await;
    let state = agent.get(&format!("campaigns/{id}/sends/order-29")).await;
    assert_eq!(state["no"], 28);
    assert_eq!(agent.read(&format!("/api/v1/campaigns/{id}/sends/nothing")).await.status, 404);
    agent.post(&format!("campaigns/{id}/finish"), &json!({})).await.expect(200);
    assert_eq!(sends(&jetto, &key, &id, "order-99", &to(99)).await.expect(422).problem(), "invalid");
    sends(&jetto, &key, &id, "order-1", &to(1)).await.expect(200);
    let settled = eventually("nobody waits", async || {
        let progress = progress(&agent, &id).await;
        let counts = &progress["counts"];
        (counts["waiting"] == 0 && counts["under_way"] == 0).then_some(progress)
    })
    .await;
    assert_eq!(settled["counts"]["total"], 29);
    let received = received(&jetto);
    assert_eq!(received.values().max(), Some(&1), "nobody twice");
    assert!(received.len() >= 28, "{received:?}");
    let file = agent.read(&format!("/api/v1/campaigns/{id}/recipients.csv")).await.expect(200);
    assert!(String::from_utf8(file.body.to_vec()).unwrap().contains("order-17"));
    let actions: Vec<_> = agent.all("audit").await.iter().map(|entry| entry["action"].clone()).collect();
    assert!(actions.contains(&json!("campaign.closed")) && actions.contains(&json!("contact.created")));
}

#[tokio::test]
async fn who_must_not_get_it_is_refused_with_the_reason_and_nobody_is_added() {
    let mut jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let id = opened(&agent).await;
    let path = format!("campaigns/{id}/sends");
    let person = agent.post("contacts", &json!({"phone": format!("+{}", customer(1))})).await.expect(201).json();
    let contact = json!({"contact_id": person["id"]});
    assert_eq!(agent.send_to(&path, "a", &contact).await.expect(422).problem(), "bad_template", "no parcel");
    let nobody = json!({"contact_id": "0".repeat(32), "variables": {"2": "x"}});
    assert_eq!(agent.send_to(&path, "b", &nobody).await.expect(404).problem(), "not_found");
    for who in [json!({}), json!({"phone": "12", "variables": {"2": "x"}})] {
        assert_eq!(agent.send_to(&path, "c", &who).await.expect(422).problem(), "invalid");
    }
    let both = json!({"contact_id": person["id"], "phone": "+12025550100"});
    assert_eq!(agent.send_to(&path, "d", &both).await.expect(422).problem(), "invalid");
    let strange = json!({"contact_id": person["id"], "variables": {"2": "x", "sender": "x"}});
    assert_eq!(agent.send_to(&path, "e", &strange).await.expect(422).problem(), "bad_template");
    let keyless = agent.post(&path, &to(1)).await.expect(422);
    assert_eq!(keyless.problem(), "invalid");
    let counts = progress(&agent, &id).await["counts"].clone();
    assert_eq!(counts["total"], 0, "{counts}");
    // The same key is free for what is right.
    agent.send_to(&path, "a", &json!({"contact_id": person["id"], "variables": {"2": "Parcel 1"}})).await.expect(202);
    agent.post(&format!("campaigns/{id}/finish"), &json!({})).await.expect(200);
    finished(&agent, &id).await;
    assert_eq!(received(&jetto).len(), 1);
    jetto.stop().await;
    assert_eq!(jetto.audit_records(ORGANIZATION, "campaign.closed").await.len(), 1);
}
