//! What the server finds out by itself about its numbers, without anybody asking.

use loadtest::payload::Content;
use loadtest::simulator::{NumberConfig, SimulatorConfig};
use serde_json::{Value, json};

use crate::harness::{Agent, CUSTOMER, Jetto, NUMBER, ORGANIZATION, OWNER, TOKEN, WABA, eventually, now_s};

const ENDING: &str = "a-token-that-ends";
const OTHER: &str = "200000000000002";
const DAY_S: u64 = 24 * 3600;

/// A number with this token; the server makes its rounds every second.
async fn watched(token: &str) -> (Jetto, Agent) {
    let config = SimulatorConfig {
        access_tokens: vec![TOKEN.into(), ENDING.into()],
        token_ends: vec![(ENDING.into(), now_s() + 3 * DAY_S)],
        ..SimulatorConfig::default()
    };
    let mut jetto = Jetto::empty(config);
    jetto.create_organization(ORGANIZATION, OWNER).await;
    jetto.connect(ORGANIZATION, NUMBER, token).await;
    jetto.set("JETTO_META__CHECK_SECONDS", "1");
    jetto.start().await;
    let owner = jetto.owner().await;
    (jetto, owner)
}

/// Waits for exactly these kinds of alerts, newest first.
async fn alerts(owner: &Agent, kinds: &[&str]) -> Vec<Value> {
    eventually(&format!("alerts {kinds:?}"), async || {
        let alerts = owner.all("alerts").await;
        let are: Vec<&str> = alerts.iter().map(|alert| alert["kind"].as_str().unwrap()).collect();
        (are == kinds).then_some(alerts)
    })
    .await
}

async fn subscribe(jetto: &Jetto, method: reqwest::Method) {
    let url = format!("{}/v24.0/{WABA}/subscribed_apps", jetto.meta.url());
    let answer = reqwest::Client::new().request(method, url).bearer_auth(TOKEN).send().await.unwrap();
    assert!(answer.status().is_success());
}

async fn replace_token(owner: &Agent, token: &str) {
    owner.patch(&format!("channels/{NUMBER}"), &json!({"token": token})).await.expect(200);
}

/// Two more rounds have ended: the simulator was asked this often about tokens.
async fn rounds_pass(jetto: &Jetto) {
    let asked = jetto.meta.token_questions();
    eventually("two more rounds", async || (jetto.meta.token_questions() >= asked + 3).then_some(())).await;
}

#[tokio::test]
async fn a_token_that_ends_or_is_refused_is_an_alert_until_there_is_a_better_one() {
    let (jetto, owner) = watched("a-token-that-was-revoked").await;
    let mut live = owner.live(None).await;
    let found = alerts(&owner, &["token"]).await;
    assert_eq!((&found[0]["severity"], &found[0]["phone_number_id"]), (&json!("critical"), &json!(NUMBER)));
    assert!(found[0]["effect"].as_str().unwrap().contains("Nothing is sent"), "{found:?}");
    rounds_pass(&jetto).await;
    assert_eq!(alerts(&owner, &["token"]).await, found, "told once, however often it is found");
    replace_token(&owner, ENDING).await;
    live.until("alerts changed", |frame| frame["type"] == "alerts_changed").await;
    let ending = eventually("the other alert", async || {
        let alerts = owner.all("alerts").await;
        (alerts.len() == 1 && alerts[0]["severity"] == "warning").then_some(alerts)
    })
    .await;
    assert!(ending[0]["title"].as_str().unwrap().contains("expires within a week"), "{ending:?}");
    replace_token(&owner, TOKEN).await;
    alerts(&owner, &[]).await;
}

#[tokio::test]
async fn a_lost_subscription_is_an_alert_that_stays_away_once_it_was_put_away() {
    let (mut jetto, owner) = watched(TOKEN).await;
    rounds_pass(&jetto).await;
    assert!(owner.all("alerts").await.is_empty());
    subscribe(&jetto, reqwest::Method::DELETE).await;
    let lost = alerts(&owner, &["subscription"]).await;
    owner.delete(&format!("alerts/{}", lost[0]["id"].as_str().unwrap())).await.expect(204);
    rounds_pass(&jetto).await;
    assert!(owner.all("alerts").await.is_empty(), "somebody has seen it");
    subscribe(&jetto, reqwest::Method::POST).await;
    rounds_pass(&jetto).await;
    subscribe(&jetto, reqwest::Method::DELETE).await;
    alerts(&owner, &["subscription"]).await;
    // A person who looks does not have to wait for the next round.
    jetto.set("JETTO_META__CHECK_SECONDS", "0");
    jetto.restart().await;
    let owner = jetto.owner().await;
    let path = format!("channels/{NUMBER}/checks");
    owner.post(&path, &json!({"repair": "subscribe"})).await.expect(200);
    assert!(owner.all("alerts").await.is_empty());
    subscribe(&jetto, reqwest::Method::DELETE).await;
    owner.post(&path, &json!({})).await.expect(200);
    alerts(&owner, &["subscription"]).await;
    owner.delete(&format!("channels/{NUMBER}")).await.expect(204);
    assert!(owner.all("alerts").await.is_empty(), "the number is gone");
}

#[tokio::test]
async fn when_a_webhook_last_came_is_known_after_a_restart() {
    let mut jetto = Jetto::prepared().await;
    let other = NumberConfig { phone_number_id: OTHER.into(), ..NumberConfig::default() };
    jetto.meta.add_number(&"400000000000001".into(), other);
    jetto.connect(ORGANIZATION, OTHER, TOKEN).await;
    jetto.start().await;
    let owner = jetto.owner().await;
    jetto.customer_writes("Hello");
    owner.conversation().await;
    let last = async |owner: &Agent| {
        let channels = owner.all("channels").await;
        let of =
            |id: &str| channels.iter().find(|one| one["phone_number_id"] == id).unwrap()["last_webhook_at"].clone();
        (of(NUMBER), of(OTHER))
    };
    let before = last(&owner).await;
    assert!(before.0.is_i64() && before.1.is_null(), "{before:?}");
    // So much comes for the other number that the log would have to be read far back.
    for n in 0..120 {
        let says = Content::Text { body: format!("Hello {n}") };
        jetto.meta.customer_says(&OTHER.into(), &CUSTOMER.into(), says).unwrap();
    }
    eventually("all of it", async || (owner.all("webhook-log").await.len() > 120).then_some(())).await;
    owner.log().await;
    jetto.restart().await;
    let after = last(&jetto.owner().await).await;
    assert_eq!(after.0, before.0);
    assert!(after.1.as_i64() >= after.0.as_i64(), "{after:?}");
}
