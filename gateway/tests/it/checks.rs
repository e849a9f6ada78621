//! The checks of a number against a WhatsApp in which something is wrong.

use loadtest::simulator::{PortfolioConfig, SimulatorConfig, Tier};
use serde_json::{Value, json};

use crate::harness::{Agent, Jetto, NUMBER, ORGANIZATION, OWNER, PASSWORD, TOKEN, WABA};

async fn checks(agent: &Agent, body: &Value) -> Vec<Value> {
    let path = format!("channels/{NUMBER}/checks");
    let answer = agent.post(&path, body).await.expect(200).json();
    answer["items"].as_array().unwrap().clone()
}

fn named<'a>(checks: &'a [Value], name: &str) -> &'a Value {
    checks.iter().find(|check| check["check"] == name).unwrap_or_else(|| panic!("{name}: {checks:?}"))
}

async fn unsubscribe(jetto: &Jetto) {
    let url = format!("{}/v24.0/{WABA}/subscribed_apps", jetto.meta.url());
    let answer = reqwest::Client::new().delete(url).bearer_auth(TOKEN).send().await.unwrap();
    assert!(answer.status().is_success());
}

#[tokio::test]
async fn a_number_that_works_has_nothing_broken() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let found = checks(&agent, &json!({})).await;
    let names: Vec<&str> = found.iter().map(|check| check["check"].as_str().unwrap()).collect();
    let expected = [
        "token",
        "scopes",
        "subscription",
        "webhook_round_trip",
        "health",
        "quality",
        "tier",
        "throughput",
        "templates",
    ];
    assert_eq!(names, expected);
    for check in found.iter().filter(|check| check["check"] != "templates") {
        assert_eq!(check["state"], "fine", "{check}");
    }
    assert_eq!(named(&found, "templates")["state"], "to_do", "one is paused");
    assert!(named(&found, "webhook_round_trip")["title"].as_str().unwrap().contains("round trip in"));
    assert!(agent.all("webhook-log").await.is_empty(), "the knock is not kept");
    assert_eq!(agent.all("channels").await[0]["state"], "to_do");
    assert_eq!(agent.all("channels").await[0]["tier"], "TIER_100K");
}

#[tokio::test]
async fn a_missing_subscription_is_found_and_repaired_by_its_button() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    unsubscribe(&jetto).await;
    let found = checks(&agent, &json!({})).await;
    let subscription = named(&found, "subscription");
    assert_eq!((&subscription["state"], &subscription["action"]["kind"]), (&json!("broken"), &json!("subscribe")));
    assert!(subscription["effect"].as_str().unwrap().contains("do not arrive"));
    assert_eq!(agent.all("channels").await[0]["state"], "broken");
    let repaired = checks(&agent, &json!({"repair": "subscribe"})).await;
    assert_eq!(named(&repaired, "subscription")["state"], "fine");
    jetto.customer_writes("Hello again");
    agent.conversation().await;
    let path = format!("channels/{NUMBER}/checks");
    assert_eq!(agent.post(&path, &json!({"repair": "everything"})).await.expect(422).problem(), "invalid");
}

#[tokio::test]
async fn one_bad_token_is_one_broken_check() {
    let mut jetto = Jetto::prepared().await;
    jetto.connect(ORGANIZATION, NUMBER, "a-token-that-was-revoked").await;
    jetto.start().await;
    let agent = jetto.owner().await;
    let found = checks(&agent, &json!({})).await;
    let broken: Vec<&Value> = found.iter().filter(|check| check["state"] == "broken").collect();
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert_eq!((&broken[0]["check"], &broken[0]["action"]["kind"]), (&json!("token"), &json!("replace_token")));
    for check in found.iter().filter(|check| check["state"] != "fine") {
        for part in ["title", "effect", "by_hand"] {
            assert!(check[part].as_str().is_some_and(|text| !text.is_empty()), "{part}: {check}");
        }
        assert!(check["action"]["label"].is_string(), "{check}");
    }
    assert!(!jetto.log().contains("a-token-that-was-revoked"));
}

#[tokio::test]
async fn a_low_limit_and_a_public_address_that_leads_nowhere_are_found() {
    let portfolio = PortfolioConfig { tier: Tier::Few, ..PortfolioConfig::default() };
    let mut jetto = Jetto::empty(SimulatorConfig { portfolios: vec![portfolio], ..SimulatorConfig::default() });
    jetto.create_organization(ORGANIZATION, OWNER).await;
    jetto.connect(ORGANIZATION, NUMBER, TOKEN).await;
    // Something answers there, but it is not Jetto.
    let elsewhere = jetto.meta.url().to_owned();
    jetto.set("JETTO_PUBLIC_URL", &elsewhere);
    jetto.start().await;
    let agent = Agent::sign_in_at(&elsewhere, jetto.url(), OWNER, PASSWORD).await;
    let found = checks(&agent, &json!({})).await;
    assert_eq!(named(&found, "tier")["state"], "to_do");
    let trip = named(&found, "webhook_round_trip");
    assert_eq!(trip["state"], "broken", "{trip}");
    assert!(trip["by_hand"].as_str().unwrap().contains("public_url"));
    jetto.customer_writes("But messages come in");
    agent.conversation().await;
    let found = checks(&agent, &json!({})).await;
    assert_eq!(named(&found, "webhook_round_trip")["state"], "fine");
}
