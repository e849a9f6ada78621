use std::time::Duration;

use loadtest::simulator::{Faults, NumberConfig, Policy, PortfolioConfig, Simulator, SimulatorConfig, Tier};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::{customer, number, send, text, text_to, with_open_window};

fn with_rate(messages_per_second: u32) -> SimulatorConfig {
    let number = NumberConfig { messages_per_second, ..NumberConfig::default() };
    let portfolio = PortfolioConfig { numbers: vec![number], ..PortfolioConfig::default() };
    SimulatorConfig { portfolios: vec![portfolio], ..SimulatorConfig::default() }
}

fn code(answer: &(u16, Value)) -> u64 {
    answer.1["error"]["code"].as_u64().unwrap_or(0)
}

pub(crate) fn sale_to(to: &str) -> Value {
    json!({"messaging_product": "whatsapp", "to": to, "type": "template", "template": {
    "name": "discount_code", "language": {"code": "en"}, "components": [
        {"type": "header", "parameters": [{"type": "text", "text": "Avery"}]},
        {"type": "body", "parameters": [{"type": "text", "text": "31 May"}]},
        {"type": "button", "sub_type": "copy_code", "index": 0,
         "parameters": [{"type": "coupon_code", "coupon_code": "SPRING20"}]},
    ]}})
}

#[tokio::test]
async fn one_person_gets_45_at_once_and_then_one_in_six_seconds() {
    let simulator = with_open_window(with_rate(1_000));
    let mut codes = Vec::new();
    for index in 0..46 {
        codes.push(code(&send(&simulator, &text_to("+12025550123", &index.to_string())).await));
    }
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 45);
    assert_eq!(codes.last(), Some(&131_056));
    simulator.advance(Duration::from_secs(6));
    assert_eq!(code(&send(&simulator, &text_to("+12025550123", "later")).await), 0);
    assert_eq!(code(&send(&simulator, &text_to("+12025550123", "too soon")).await), 131_056);
}

#[tokio::test]
async fn a_number_answers_130429_over_its_rate() {
    let simulator = Simulator::start(with_rate(1)).unwrap();
    assert_eq!(code(&send(&simulator, &text_to("+12025550123", "one")).await), 0);
    let refused = send(&simulator, &text_to("+12025550124", "two")).await;
    assert_eq!((refused.0, code(&refused)), (400, 130_429));
    assert_eq!((simulator.sends(), simulator.refusals(130_429), simulator.refusals(131_056)), (1, 1, 0));
    simulator.advance(Duration::from_secs(1));
    assert_eq!(code(&send(&simulator, &text_to("+12025550124", "two")).await), 0);
}

#[tokio::test]
async fn a_throttle_lasts_as_long_as_it_was_switched() {
    let simulator = Simulator::start(with_rate(1_000)).unwrap();
    let throttled_until_ms = simulator.now_ms() + 60_000;
    simulator.set_faults(Faults { throttled_until_ms, ..Faults::default() });
    assert_eq!(code(&send(&simulator, &text_to("+12025550123", "one")).await), 130_429);
    simulator.advance(Duration::from_secs(61));
    assert_eq!(code(&send(&simulator, &text_to("+12025550123", "one")).await), 0);
}

#[tokio::test]
async fn an_upgrade_answers_131057_and_then_the_rate_is_high() {
    let simulator = Simulator::start(with_rate(1)).unwrap();
    simulator.upgrade_throughput(&number(), Duration::from_mins(1)).unwrap();
    let refused = send(&simulator, &text_to("+12025550123", "one")).await;
    assert_eq!((refused.0, code(&refused)), (500, 131_057));
    simulator.advance(Duration::from_mins(1));
    for index in 0..20 {
        assert_eq!(code(&send(&simulator, &text_to(&format!("+1202555{index:04}"), "x")).await), 0);
    }
}

#[tokio::test]
async fn a_closed_window_is_accepted_and_then_fails_with_131047() {
    let simulator = with_open_window(SimulatorConfig::default());
    let mut receiver = Receiver::of(&simulator);
    simulator.advance(Duration::from_hours(24));
    let (status, answer) = send(&simulator, &text_to("+12025550123", "still there?")).await;
    assert_eq!(status, 200);
    let failed = receiver.status("failed").await;
    assert_eq!(failed["statuses"][0]["id"], answer["messages"][0]["id"]);
    assert_eq!(failed["statuses"][0]["errors"][0]["code"], 131_047);
    assert!(failed.get("contacts").is_none() && failed["statuses"][0].get("recipient_user_id").is_none());
}

#[tokio::test]
async fn a_call_opens_the_window_as_a_message_does() {
    let policy = Policy { closed_window_is_synchronous: true, ..Policy::default() };
    let simulator = Simulator::start(SimulatorConfig { policy, ..SimulatorConfig::default() }).unwrap();
    let mut receiver = Receiver::of(&simulator);
    simulator.customer_calls(&number(), &customer()).unwrap();
    let change = receiver.next().await.json()["entry"][0]["changes"][0].clone();
    assert_eq!((&change["field"], &change["value"]["calls"][0]["event"]), (&json!("calls"), &json!("connect")));
    assert_eq!(code(&send(&simulator, &text_to("+12025550123", "You rang?")).await), 0);
    simulator.advance(Duration::from_hours(24));
    assert_eq!(code(&send(&simulator, &text_to("+12025550123", "Still there?")).await), 131_047);
}

#[tokio::test]
async fn a_closed_window_can_be_refused_at_once() {
    let policy = Policy { closed_window_is_synchronous: true, ..Policy::default() };
    let simulator = Simulator::start(SimulatorConfig { policy, ..SimulatorConfig::default() }).unwrap();
    assert_eq!(code(&send(&simulator, &text_to("+12025550123", "hi")).await), 131_047);
}

#[tokio::test]
async fn who_left_whatsapp_fails_with_131026() {
    let simulator = with_open_window(SimulatorConfig::default());
    let mut receiver = Receiver::of(&simulator);
    simulator.leave_whatsapp(&customer());
    assert_eq!(send(&simulator, &text_to("+12025550123", "hi")).await.0, 200);
    assert_eq!(receiver.status("failed").await["statuses"][0]["errors"][0]["code"], 131_026);
}

#[tokio::test]
async fn marketing_stops_at_the_cap_and_for_who_opted_out() {
    let policy = Policy { marketing_per_day: Some(1), ..Policy::default() };
    let simulator = Simulator::start(SimulatorConfig { policy, ..SimulatorConfig::default() }).unwrap();
    let mut receiver = Receiver::of(&simulator);
    for _ in 0..2 {
        assert_eq!(send(&simulator, &sale_to("+12025550123")).await.0, 200);
    }
    assert_eq!(receiver.status("failed").await["statuses"][0]["errors"][0]["code"], 131_049);
    simulator.prefer(&number(), &"12025550140".into(), true).unwrap();
    assert_eq!(send(&simulator, &sale_to("+12025550140")).await.0, 200);
    assert_eq!(receiver.status("failed").await["statuses"][0]["errors"][0]["code"], 131_050);
}

#[tokio::test]
async fn a_holdout_never_gets_marketing_but_a_window_lets_it_through() {
    let policy = Policy { holdout_percent: 100.0, ..Policy::default() };
    let simulator = Simulator::start(SimulatorConfig { policy, ..SimulatorConfig::default() }).unwrap();
    let mut receiver = Receiver::of(&simulator);
    send(&simulator, &sale_to("+12025550123")).await;
    assert_eq!(receiver.status("failed").await["statuses"][0]["errors"][0]["code"], 130_472);
    simulator.customer_says(&number(), &customer(), text("hi")).unwrap();
    send(&simulator, &sale_to("+12025550123")).await;
    receiver.status("delivered").await;
}

#[tokio::test]
async fn a_portfolio_reaches_no_more_people_than_its_tier() {
    let number = NumberConfig { messages_per_second: 1_000, ..NumberConfig::default() };
    let portfolio = PortfolioConfig { tier: Tier::Few, numbers: vec![number], ..PortfolioConfig::default() };
    let simulator =
        Simulator::start(SimulatorConfig { portfolios: vec![portfolio], ..SimulatorConfig::default() }).unwrap();
    let mut refused = 0;
    for index in 0..253 {
        let answer = send(&simulator, &sale_to(&format!("+1303555{index:04}"))).await;
        refused += u32::from(code(&answer) == 131_048);
    }
    assert_eq!(refused, 3);
    simulator.advance(Duration::from_hours(24));
    assert_eq!(code(&send(&simulator, &sale_to("+12025559999")).await), 0);
}
