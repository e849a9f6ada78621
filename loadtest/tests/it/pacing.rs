use std::time::Duration;

use loadtest::payload::{State, WabaId};
use loadtest::simulator::{
    NumberConfig, Policy, PortfolioConfig, Quality, Simulator, SimulatorConfig, SimulatorError, Tier,
};
use serde_json::Value;

use crate::limits::sale_to;
use crate::receiver::Receiver;
use crate::{TOKEN, client, get, number, send};

fn account() -> WabaId {
    WabaId::from("100000000000001")
}

/// The discount template is new: two sends go out, the rest is held for an hour.
fn with_new_template(drops_percent: f64) -> Simulator {
    let policy =
        Policy { paced_after: Some(2), pacing_hold_s: 3_600, pacing_drops_percent: drops_percent, ..Policy::default() };
    let simulator = Simulator::start(SimulatorConfig { policy, ..SimulatorConfig::default() }).unwrap();
    simulator.rate_template(&account(), "discount_code", "en", Quality::Unknown).unwrap();
    simulator
}

/// To four people; what each answer says.
async fn campaign(simulator: &Simulator) -> Vec<String> {
    let mut told = Vec::new();
    for person in 0..4 {
        let (status, answer) = send(simulator, &sale_to(&format!("+1202555014{person}"))).await;
        assert_eq!(status, 200, "{answer}");
        told.push(answer["messages"][0]["message_status"].as_str().unwrap().to_owned());
    }
    told
}

/// The change of this field that comes next, whatever comes between.
async fn change(receiver: &mut Receiver, field: &str) -> Value {
    loop {
        let change = receiver.next().await.json()["entry"][0]["changes"][0].clone();
        if change["field"] == field {
            return change["value"].clone();
        }
    }
}

fn outcomes(simulator: &Simulator) -> Vec<Option<State>> {
    simulator.ledger().iter().map(|entry| entry.outcome).collect()
}

#[tokio::test]
async fn a_new_template_is_held_after_its_first_sends_and_released_when_it_is_liked() {
    let simulator = with_new_template(0.0);
    let mut receiver = Receiver::of(&simulator);
    assert_eq!(
        campaign(&simulator).await,
        ["accepted", "accepted", "held_for_quality_assessment", "held_for_quality_assessment"]
    );
    assert_eq!(outcomes(&simulator), [Some(State::Read), Some(State::Read), None, None]);
    for _ in 0..2 {
        receiver.status("read").await;
    }
    simulator.advance(Duration::from_hours(1));
    for _ in 0..2 {
        receiver.status("read").await;
    }
    assert_eq!(outcomes(&simulator), [Some(State::Read); 4]);
    assert_eq!(campaign(&simulator).await, ["accepted"; 4], "it is green now");
}

#[tokio::test]
async fn a_template_that_is_disliked_is_paused_and_what_was_held_fails() {
    let simulator = with_new_template(100.0);
    let mut receiver = Receiver::of(&simulator);
    change(&mut receiver, "message_template_quality_update").await;
    campaign(&simulator).await;
    simulator.advance(Duration::from_hours(1));
    let paused = change(&mut receiver, "message_template_status_update").await;
    assert_eq!(
        (paused["event"].as_str(), paused["message_template_name"].as_str()),
        (Some("PAUSED"), Some("discount_code"))
    );
    let failed: Vec<_> = outcomes(&simulator).into_iter().filter(|outcome| *outcome == Some(State::Failed)).collect();
    assert_eq!(failed.len(), 2);
    assert_eq!(send(&simulator, &sale_to("+12025550150")).await.1["error"]["code"], 132_015);
}

#[tokio::test]
async fn a_held_message_that_is_dropped_says_why() {
    let simulator = with_new_template(100.0);
    let mut receiver = Receiver::of(&simulator);
    campaign(&simulator).await;
    simulator.advance(Duration::from_hours(1));
    assert_eq!(receiver.status("failed").await["statuses"][0]["errors"][0]["code"], 132_015);
}

#[tokio::test]
async fn the_score_of_a_template_is_switched_over_http_and_told() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let mut receiver = Receiver::of(&simulator);
    let rate = |name: &str| {
        let body = serde_json::json!({"waba_id": account(), "name": name, "language": "en", "score": "YELLOW"});
        client().post(format!("{}/_sim/template-quality", simulator.url())).json(&body).send()
    };
    assert_eq!(rate("spring_sale").await.unwrap().status(), 204);
    let told = change(&mut receiver, "message_template_quality_update").await;
    assert_eq!(
        (told["previous_quality_score"].as_str(), told["new_quality_score"].as_str()),
        (Some("GREEN"), Some("YELLOW"))
    );
    assert_eq!(rate("no_such_template").await.unwrap().status(), 404);
    let unknown = simulator.rate_template(&account(), "no_such_template", "en", Quality::Red);
    assert!(matches!(unknown, Err(SimulatorError::UnknownTemplate(_))));
}

#[tokio::test]
async fn a_portfolio_that_used_half_of_its_limit_has_more_six_hours_later() {
    let fast = NumberConfig { messages_per_second: 1_000, ..NumberConfig::default() };
    let portfolio = PortfolioConfig { tier: Tier::Few, numbers: vec![fast], ..PortfolioConfig::default() };
    let portfolio_id = portfolio.id.clone();
    let simulator =
        Simulator::start(SimulatorConfig { portfolios: vec![portfolio], ..SimulatorConfig::default() }).unwrap();
    let mut receiver = Receiver::of(&simulator);
    simulator.set_tier(&portfolio_id, Tier::TwoThousand).unwrap();
    let verified = change(&mut receiver, "business_capability_update").await;
    assert_eq!(verified["max_daily_conversations_per_business"], 2_000);
    let (client, url) = (client(), format!("{}/v26.0/{}/messages", simulator.url(), number()));
    for person in 0..1_000 {
        let sale = sale_to(&format!("+1303555{person:04}"));
        assert_eq!(client.post(&url).bearer_auth(TOKEN).json(&sale).send().await.unwrap().status(), 200);
    }
    simulator.advance(Duration::from_hours(6));
    let grown = change(&mut receiver, "business_capability_update").await;
    assert_eq!(grown["max_daily_conversations_per_business"], 10_000);
    let told = get(&simulator, "v26.0/200000000000001?fields=whatsapp_business_manager_messaging_limit").await.1;
    assert_eq!(told["whatsapp_business_manager_messaging_limit"], "TIER_10K");
}
