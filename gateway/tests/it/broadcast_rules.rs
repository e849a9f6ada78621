//! What a broadcast is held to, through the binary: its template, four eyes, its hours.

use serde_json::{Value, json};

use crate::campaigns::{PEOPLE, draft, finished, launch, plan, progress, received, with_people};
use crate::harness::{Agent, Jetto, NUMBER, ORGANIZATION, WABA, eventually};

async fn template_is(jetto: &Jetto, status: &str) {
    let news = json!({"waba_id": WABA, "name": "order_shipped", "language": "en", "status": status});
    let url = format!("{}/_sim/template", jetto.meta.url());
    assert_eq!(reqwest::Client::new().post(url).json(&news).send().await.unwrap().status(), 204);
}

async fn slow(agent: &Agent) -> Value {
    let draft = draft(agent).await;
    let path = format!("campaigns/{}", draft["id"].as_str().unwrap());
    agent.put(&format!("{path}/rate"), &json!({"per_second": 5})).await.expect(200);
    agent.get(&path).await["campaign"].clone()
}

#[tokio::test]
async fn a_template_that_is_paused_holds_its_broadcast_until_it_is_approved_again() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    with_people(&jetto, &agent).await;
    let draft = slow(&agent).await;
    let id = launch(&agent, &draft).await;
    eventually("somebody has it", async || (!received(&jetto).is_empty()).then_some(())).await;
    template_is(&jetto, "PAUSED").await;
    let held = eventually("it stops", async || {
        let progress = progress(&agent, &id).await;
        (progress["phase"]["kind"] == "paused").then_some(progress)
    })
    .await;
    assert_eq!(held["phase"]["reason"], json!({"kind": "template", "status": "PAUSED"}));
    assert!(held["counts"]["waiting"].as_u64().unwrap() > 0);
    eventually("somebody is called", async || {
        let alerts = agent.all("alerts").await;
        alerts.iter().any(|alert| alert["title"].as_str().unwrap().contains("was stopped")).then_some(())
    })
    .await;
    let early = agent.post(&format!("campaigns/{id}/resume"), &json!({})).await.expect(422);
    assert_eq!(early.problem(), "bad_template");
    template_is(&jetto, "APPROVED").await;
    eventually("it goes on", async || {
        (agent.post(&format!("campaigns/{id}/resume"), &json!({})).await.status == 200).then_some(())
    })
    .await;
    agent.put(&format!("campaigns/{id}/rate"), &json!({"per_second": null})).await.expect(200);
    finished(&agent, &id).await;
    assert_eq!((received(&jetto).len() as u64, received(&jetto).values().max()), (PEOPLE, Some(&1)));
}

#[tokio::test]
async fn where_four_eyes_are_wanted_nothing_starts_without_somebody_else() {
    let mut jetto = Jetto::prepared().await;
    jetto.add_member(ORGANIZATION, "priya@garden.example", "admin").await;
    jetto.start().await;
    let (agent, other) = (jetto.owner().await, jetto.sign_in("priya@garden.example").await);
    with_people(&jetto, &agent).await;
    agent.patch("organization", &json!({"approve_broadcasts": true})).await.expect(200);
    let draft = draft(&agent).await;
    let path = format!("campaigns/{}", draft["id"].as_str().unwrap());
    let start = |draft: &Value| json!({"revision": draft["revision"], "confirm_recipient_count": PEOPLE});
    let at = |draft: &Value| json!({"revision": draft["revision"]});
    agent.post(&format!("{path}/launch"), &start(&draft)).await.expect(422);
    let check = agent.post(&format!("{path}/check"), &json!({})).await.expect(200).json();
    let missing = |finding: &Value| finding["key"] == "approval" && finding["severity"] == "must_fix";
    assert!(check["findings"].as_array().unwrap().iter().any(missing), "{check}");
    let asked = agent.post(&format!("{path}/submit"), &at(&draft)).await.expect(200).json();
    agent.post(&format!("{path}/approve"), &at(&asked)).await.expect(422);
    let note = json!({"revision": asked["revision"], "note": "The code is old."});
    let back = other.post(&format!("{path}/send-back"), &note).await.expect(200).json();
    assert_eq!(back["approval"]["note"], "The code is old.");
    let edit = json!({"revision": back["revision"], "name": "Kasturi turns seven", "plan": plan(NUMBER)});
    let edited = agent.put(&path, &edit).await.expect(200).json();
    let asked = agent.post(&format!("{path}/submit"), &at(&edited)).await.expect(200).json();
    other.post(&format!("{path}/approve"), &at(&back)).await.expect(409);
    let approved = other.post(&format!("{path}/approve"), &at(&asked)).await.expect(200).json();
    assert_eq!(approved["approval"]["kind"], "given");
    agent.post(&format!("{path}/launch"), &start(&approved)).await.expect(200);
    finished(&agent, draft["id"].as_str().unwrap()).await;
    jetto.stop().await;
    for action in ["campaign.submitted", "campaign.sent_back", "campaign.approved", "campaign.launched"] {
        assert!(!jetto.audit_records(ORGANIZATION, action).await.is_empty(), "{action}");
    }
}

#[tokio::test]
async fn a_check_says_over_how_many_days_it_goes_and_odd_hours_are_refused() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    with_people(&jetto, &agent).await;
    let mut plan = plan(NUMBER);
    plan["per_day"] = 25.into();
    plan["zone"] = "UTC".into();
    plan["quiet"] = json!({"from": 0, "to": 1400});
    let made = agent.post("campaigns", &json!({"name": "Slow", "plan": plan})).await.expect(422);
    assert!(String::from_utf8_lossy(&made.body).contains("an hour of the day"));
    plan["quiet"] = Value::Null;
    let made = agent.post("campaigns", &json!({"name": "Slow", "plan": plan})).await.expect(201).json();
    let path = format!("campaigns/{}/check", made["id"].as_str().unwrap());
    let check = agent.post(&path, &json!({})).await.expect(200).json();
    assert_eq!((&check["days"], &check["later"]), (&3.into(), &0.into()), "{check}");
}

#[tokio::test]
async fn a_draft_is_tried_out_on_one_person_before_it_goes_to_all() {
    let mut jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    with_people(&jetto, &agent).await;
    let draft = draft(&agent).await;
    let contact = agent.all("contacts").await[0].clone();
    let path = format!("campaigns/{}/test", draft["id"].as_str().unwrap());
    let body = json!({"contact_id": contact["id"]});
    agent.post(&path, &body).await.expect(422);
    let sent = agent.send_to(&path, "try-1", &body).await.expect(202).json();
    assert!(sent["content"]["body"].as_str().unwrap().starts_with("Hello "), "{sent}");
    agent.send_to(&path, "try-1", &body).await.expect(202);
    eventually("it has left", async || (received(&jetto).len() == 1).then_some(())).await;
    let stranger = json!({"contact_id": "07".repeat(16)});
    agent.send_to(&path, "try-2", &stranger).await.expect(404);
    assert_eq!(received(&jetto).values().sum::<usize>(), 1);
    let campaign = agent.get(&format!("campaigns/{}", draft["id"].as_str().unwrap())).await;
    assert_eq!((&campaign["campaign"]["phase"]["kind"], &campaign["counts"]["total"]), (&json!("draft"), &json!(0)));
    jetto.stop().await;
    assert_eq!(jetto.audit_records(ORGANIZATION, "campaign.tested").await.len(), 1);
}

#[tokio::test]
async fn who_speaks_another_language_is_told_of_and_left_out_where_that_is_wished() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    with_people(&jetto, &agent).await;
    let people = agent.all("contacts").await;
    for (person, language) in people.iter().zip(["pt_BR", "ar", "en_US"]) {
        let path = format!("contacts/{}", person["id"].as_str().unwrap());
        agent.patch(&path, &json!({"language": language})).await.expect(200);
    }
    let draft = draft(&agent).await;
    let path = format!("campaigns/{}", draft["id"].as_str().unwrap());
    let checked = async || agent.post(&format!("{path}/check"), &json!({})).await.expect(200).json();
    let told = |check: &Value| {
        let findings = check["findings"].as_array().unwrap();
        findings.iter().find(|finding| finding["key"] == "other_language").cloned()
    };
    let check = checked().await;
    let finding = told(&check).unwrap();
    assert_eq!((&finding["severity"], &check["will_be_sent"]), (&json!("look_at"), &json!(PEOPLE)));
    assert!(finding["text"].as_str().unwrap().starts_with("2 people speak another language"), "{finding}");

    let mut wish = plan(NUMBER);
    wish["same_language"] = true.into();
    let edit = json!({"revision": draft["revision"], "name": "In English", "plan": wish});
    let edited = agent.put(&path, &edit).await.expect(200).json();
    assert_eq!(edited["plan"]["same_language"], true);
    let check = checked().await;
    assert_eq!((told(&check), &check["skipped"]), (None, &json!({"other_language": 2})), "{check}");
    assert_eq!((&check["will_be_sent"], &check["audience"]), (&json!(PEOPLE - 2), &json!(PEOPLE)));
    let start = json!({"revision": edited["revision"], "confirm_recipient_count": PEOPLE - 2});
    agent.post(&format!("{path}/launch"), &start).await.expect(200);
    finished(&agent, draft["id"].as_str().unwrap()).await;
    assert_eq!(received(&jetto).len() as u64, PEOPLE - 2);
    assert_eq!(progress(&agent, draft["id"].as_str().unwrap()).await["skipped"], json!({"other_language": 2}));
}
