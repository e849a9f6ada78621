//! Numbers come and go over the API, and an organization with its own app has its own door.

use loadtest::payload::wire;
use loadtest::simulator::{NumberConfig, SimulatorConfig};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{
    Agent, Answer, Jetto, NUMBER, SECRET, TOKEN, WABA, customer, eventually, now_s, signed, signed_at, text, webhook,
};

const RIVAL: &str = "owner@rival.example";
const OWN_SECRET: &str = "the_rivals_app_secret";

async fn without_numbers() -> (Jetto, Agent, Agent) {
    let mut jetto = Jetto::empty(SimulatorConfig::default());
    jetto.create_organization("Garden", crate::harness::OWNER).await;
    jetto.create_organization("Rival", RIVAL).await;
    jetto.start().await;
    let (ours, rival) = (jetto.owner().await, jetto.sign_in(RIVAL).await);
    (jetto, ours, rival)
}

fn number(id: &str) -> Value {
    json!({"name": "Front desk", "waba_id": WABA, "phone_number_id": id, "token": TOKEN})
}

async fn remove(agent: &Agent, path: &str) -> Answer {
    Answer::to(agent.request(Method::DELETE, path)).await
}

async fn put_app(agent: &Agent, body: &Value) -> Answer {
    Answer::to(agent.request(Method::PUT, "channels/app").json(body)).await
}

#[tokio::test]
async fn a_number_is_connected_with_what_whatsapp_says_of_it() {
    let (jetto, ours, rival) = without_numbers().await;
    // It came before anybody had the number.
    jetto.customer_writes("Is anybody there?");
    let made = ours.post("channels", &number(NUMBER)).await.expect(201).json();
    assert_eq!(
        (&made["display"], &made["quality"], &made["throughput"]),
        (&json!("+12025550100"), &json!("GREEN"), &json!(80))
    );
    assert_eq!((&made["tier"], &made["token_hint"]), (&json!("TIER_100K"), &json!("oken")));
    assert!(!made.to_string().contains(TOKEN));
    let conversation = ours.conversation().await;
    assert_eq!(ours.words(&conversation).await[0].1, "Is anybody there?");
    let listed = ours.all("channels").await;
    assert!(listed[0]["last_webhook_at"].is_i64(), "{listed:?}");

    assert_eq!(ours.post("channels", &number(NUMBER)).await.expect(409).problem(), "taken");
    assert_eq!(rival.post("channels", &number(NUMBER)).await.expect(409).problem(), "taken");
    assert!(rival.all("channels").await.is_empty());
    remove(&rival, &format!("channels/{NUMBER}")).await.expect(404);

    let path = format!("channels/{NUMBER}");
    let renamed = ours.patch(&path, &json!({"name": "Reception"})).await.expect(200).json();
    assert_eq!(renamed["name"], "Reception");
    assert_eq!(ours.patch(&path, &json!({"token": "another"})).await.expect(422).problem(), "meta_refused");
    ours.reply(&conversation, "still", "Yes, we are.").await;
    remove(&ours, &path).await.expect(204);
    remove(&ours, &path).await.expect(404);
    assert!(ours.all("channels").await.is_empty());
    let mut named = number(NUMBER);
    named["portfolio"] = "north-2".into();
    assert_eq!(made["portfolio"], "default");
    assert_eq!(rival.post("channels", &named).await.expect(201).json()["portfolio"], "north-2");
}

#[tokio::test]
async fn what_whatsapp_does_not_confirm_is_not_connected() {
    let (jetto, ours, _) = without_numbers().await;
    let elsewhere = NumberConfig {
        waba_id: "100000000000002".into(),
        phone_number_id: "200000000000002".into(),
        ..NumberConfig::default()
    };
    jetto.meta.add_number(&"400000000000001".into(), elsewhere);
    for (change, status, code) in [
        (json!({"token": "a token that Meta does not know"}), 422, "invalid"),
        (json!({"token": "unknown-token"}), 422, "meta_refused"),
        (json!({"phone_number_id": "200000000000099"}), 422, "meta_refused"),
        (json!({"phone_number_id": "200000000000002"}), 422, "meta_refused"),
        (json!({"phone_number_id": "me"}), 422, "invalid"),
        (json!({"waba_id": "../debug_token"}), 422, "invalid"),
        (json!({"name": ""}), 422, "invalid"),
        (json!({"portfolio": "two words"}), 422, "invalid"),
        (json!({"owner": "x"}), 422, "invalid"),
    ] {
        let mut body = number(NUMBER);
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let answer = ours.post("channels", &body).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (status, code), "{change}");
    }
    assert!(ours.all("channels").await.is_empty());
}

/// The rival has its own app and a number of its own; the number of ours is on the installation's app.
async fn two_doors() -> (Jetto, Agent, Agent, String) {
    let (jetto, ours, rival) = without_numbers().await;
    ours.post("channels", &number(NUMBER)).await.expect(201);
    let settings = put_app(&rival, &json!({"app_secret": OWN_SECRET})).await.expect(200).json();
    assert_eq!(settings["has_secret"], true);
    assert!(!settings.to_string().contains(OWN_SECRET));
    let door = settings["callback_url"].as_str().unwrap().to_owned();
    assert!(door.starts_with(&format!("{}/webhooks/whatsapp/", jetto.url())), "{door}");
    (jetto, ours, rival, door)
}

#[tokio::test]
async fn each_door_takes_its_own_secret_and_no_other() {
    let (jetto, ours, rival, door) = two_doors().await;
    let body = wire::to_wire(&webhook([&text(&customer(1), "a", now_s(), "Hello")]));
    let shared = format!("{}/webhooks/whatsapp", jetto.url());
    let stranger = format!("{shared}/{}", "0".repeat(32));
    for (at, secret, status) in [
        (&door, SECRET, 401),
        (&door, "", 401),
        (&shared, OWN_SECRET, 401),
        (&stranger, SECRET, 401),
        (&stranger, OWN_SECRET, 401),
        (&stranger, "", 401),
        (&format!("{shared}/nonsense"), SECRET, 401),
    ] {
        assert_eq!(signed_at(at, &body, &wire::signature(secret, &body)).await, status, "{at} {secret}");
    }
    assert!(ours.all("webhook-log").await.is_empty() && rival.all("webhook-log").await.is_empty());

    let word = rival.get("channels/app").await["verify_token"].as_str().unwrap().to_owned();
    for (at, token, status) in [
        (&door, word.as_str(), 200),
        (&door, crate::harness::VERIFY_TOKEN, 403),
        (&stranger, "", 403),
        (&shared, &word, 403),
    ] {
        let query = format!("{at}?hub.mode=subscribe&hub.challenge=42&hub.verify_token={}", token.replace(' ', "+"));
        assert_eq!(reqwest::get(query).await.unwrap().status().as_u16(), status, "{at} {token}");
    }
    put_app(&rival, &json!({"app_secret": "the next one"})).await.expect(422);
    put_app(&rival, &json!({"app_secret": "the_next_one"})).await.expect(200);
    assert_eq!(signed_at(&door, &body, &wire::signature(OWN_SECRET, &body)).await, 401, "replaced at once");
    assert_eq!(signed_at(&door, &body, &wire::signature("the_next_one", &body)).await, 200);
    put_app(&rival, &json!({"app_secret": ""})).await.expect(200);
    assert_eq!(signed_at(&door, &body, &wire::signature("", &body)).await, 401, "no secret signs nothing");
}

#[tokio::test]
async fn what_names_somebody_elses_number_stays_in_the_senders_own_quarantine() {
    let (jetto, ours, rival, door) = two_doors().await;
    let own_door = async |body: &Value| {
        let body = wire::to_wire(body);
        assert_eq!(signed_at(&door, &body, &wire::signature(OWN_SECRET, &body)).await, 200);
    };
    own_door(&webhook([&text(&customer(1), "forged", now_s(), "I am yours")])).await;
    let restriction =
        loadtest::payload::account::account_restricted(&WABA.into(), now_s(), "RESTRICTED_BIZ_INITIATED_MESSAGING", 0);
    own_door(&webhook([&restriction])).await;
    own_door(&json!({"object": "something else"})).await;
    let kept = rival.log().await;
    assert_eq!(kept.len(), 3);
    assert!(kept.iter().all(|entry| entry["outcome"] == "quarantined"), "{kept:?}");
    assert!(kept[0]["error"].as_str().unwrap().contains("not one of this organization"), "{kept:?}");
    // Whoever connects the number, now or again, takes nothing of it over.
    let path = format!("channels/{NUMBER}");
    remove(&ours, &path).await.expect(204);
    ours.post("channels", &number(NUMBER)).await.expect(201);
    let entry = kept[0]["id"].as_str().unwrap();
    rival.post(&format!("webhook-log/{entry}/replay"), &Value::Null).await.expect(202);
    assert_eq!(rival.outcomes().await, ["quarantined"; 3]);
    assert!(ours.all("webhook-log").await.is_empty() && ours.all("alerts").await.is_empty());
    assert!(ours.all("conversations").await.is_empty() && rival.all("conversations").await.is_empty());

    // The same words from the installation's app are ours.
    let body = wire::to_wire(&webhook([&text(&customer(1), "forged", now_s(), "I am yours")]));
    assert_eq!(signed(jetto.url(), &body, &wire::signature(SECRET, &body)).await, 200);
    ours.conversation().await;
}

#[tokio::test]
async fn a_number_with_its_own_app_works_by_its_own_door() {
    let (jetto, ours, rival, door) = two_doors().await;
    remove(&ours, &format!("channels/{NUMBER}")).await.expect(204);
    rival.post("channels", &number(NUMBER)).await.expect(201);
    let body = wire::to_wire(&webhook([&text(&customer(1), "own", now_s(), "Hello rival")]));
    assert_eq!(signed_at(&door, &body, &wire::signature(OWN_SECRET, &body)).await, 200);
    let conversation = rival.conversation().await;
    assert_eq!(rival.words(&conversation).await[0].1, "Hello rival");
    assert!(ours.all("conversations").await.is_empty());
    drop(jetto);
}

#[tokio::test]
async fn alerts_are_raised_once_seen_at_once_and_put_away() {
    let mut jetto = Jetto::prepared().await;
    jetto.add_member(crate::harness::ORGANIZATION, "agent@garden.example", "agent").await;
    jetto.start().await;
    let (owner, agent) = (jetto.owner().await, jetto.sign_in("agent@garden.example").await);
    let (mut live, mut blind) = (owner.live(None).await, agent.live(None).await);
    let news = loadtest::payload::account::account_disabled(&WABA.into(), 1_795_392_000, "2026-11-30");
    jetto.post(&webhook([&news])).await;
    live.until("alerts changed", |frame| frame["type"] == "alerts_changed").await;
    jetto.post(&webhook([&news])).await;
    let faster = loadtest::payload::account::throughput_upgraded(&WABA.into(), 1_795_392_001, &"12025550100".into());
    jetto.post(&webhook([&faster])).await;
    let alerts = eventually("both alerts", async || {
        let alerts = owner.all("alerts").await;
        (alerts.len() > 1).then_some(alerts)
    })
    .await;
    assert_eq!(owner.outcomes().await, ["processed"; 3]);
    assert_eq!(alerts.len(), 2, "the redelivery is no second one: {alerts:?}");
    assert_eq!((&alerts[0]["kind"], &alerts[0]["phone_number_id"]), (&json!("throughput"), &json!(NUMBER)));
    assert_eq!((&alerts[1]["severity"], &alerts[1]["at"]), (&json!("critical"), &json!(1_795_392_000_000_i64)));
    assert_eq!(owner.all("channels").await[0]["throughput"], 1000);

    let disabled = format!("alerts/{}", alerts[1]["id"].as_str().unwrap());
    remove(&agent, &disabled).await.expect(403);
    remove(&owner, &disabled).await.expect(204);
    remove(&owner, &disabled).await.expect(404);
    live.until("alerts changed", |frame| frame["type"] == "alerts_changed").await;
    jetto.post(&webhook([&news])).await;
    assert_eq!(owner.outcomes().await.len(), 4);
    assert_eq!(owner.all("alerts").await.len(), 1, "it does not come back");
    // The agent heard of messages only: the first frame with news for everybody is the message.
    jetto.customer_writes("Hello");
    let heard = blind.until("anything new", |frame| frame["type"] != "head").await;
    assert_eq!(heard["type"], "message_added");
}
