use std::time::Duration;

use loadtest::simulator::{CanSend, Health, Simulator, SimulatorConfig};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::{TOKEN, client, customer, get, number, send, text, text_to, with_open_window};

const NUMBER: &str = "v26.0/200000000000001";
const ACCOUNT: &str = "v26.0/100000000000001";

async fn post(simulator: &Simulator, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}/{path}", simulator.url());
    let answer = client().post(url).bearer_auth(TOKEN).json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn registration(pin: &str) -> Value {
    json!({"messaging_product": "whatsapp", "pin": pin})
}

/// The usage that the header tells, and the error's code if there is one.
async fn usage(client: &reqwest::Client, simulator: &Simulator, path: &str) -> (Option<Value>, u64) {
    let url = format!("{}/{path}", simulator.url());
    let answer = client.get(url).bearer_auth(TOKEN).send().await.unwrap();
    let header = answer.headers().get("x-business-use-case-usage").map(|value| value.to_str().unwrap().to_owned());
    let told = header.map(|header| serde_json::from_str::<Value>(&header).unwrap()["100000000000001"][0].clone());
    let body: Value = answer.json().await.unwrap_or_default();
    (told, body["error"]["code"].as_u64().unwrap_or(0))
}

#[tokio::test]
async fn a_number_tells_which_node_keeps_it_from_sending() {
    let simulator = with_open_window(SimulatorConfig::default());
    let path = format!("{NUMBER}?fields=health_status");
    let well = get(&simulator, &path).await.1["health_status"].clone();
    assert_eq!(well["can_send_message"], "AVAILABLE");
    let kinds: Vec<_> = well["entities"].as_array().unwrap().iter().map(|one| one["entity_type"].clone()).collect();
    assert_eq!(kinds, ["PHONE_NUMBER", "WABA", "BUSINESS", "APP"]);
    let reason = "The account is locked.".to_owned();
    let blocked = Health { can_send_message: CanSend::Blocked, reason };
    simulator.set_health("100000000000001", blocked).unwrap();
    let ill = get(&simulator, &path).await.1["health_status"].clone();
    assert_eq!(
        (&ill["can_send_message"], &ill["entities"][0]["can_send_message"]),
        (&json!("BLOCKED"), &json!("AVAILABLE"))
    );
    assert_eq!(ill["entities"][1]["errors"][0]["error_description"], "The account is locked.");
    let refused = send(&simulator, &text_to("+12025550123", "hi")).await;
    assert_eq!((refused.0, refused.1["error"]["code"].as_u64()), (403, Some(131_031)));
    let put = client().put(format!("{}/_sim/health", simulator.url()));
    let well_again = json!({"id": "100000000000001", "can_send_message": "AVAILABLE"});
    assert_eq!(put.json(&well_again).send().await.unwrap().status(), 204);
    assert_eq!(send(&simulator, &text_to("+12025550123", "hi")).await.0, 200);
    assert!(get(&simulator, NUMBER).await.1.get("health_status").is_none(), "told only to who asks");
}

#[tokio::test]
async fn a_number_that_is_taken_off_does_not_send_until_it_is_registered_again() {
    let simulator = with_open_window(SimulatorConfig::default());
    assert_eq!(post(&simulator, &format!("{NUMBER}/deregister"), &json!({})).await, (200, json!({"success": true})));
    assert_eq!(send(&simulator, &text_to("+12025550123", "hi")).await.1["error"]["code"], 133_010);
    let told = get(&simulator, &format!("{NUMBER}?fields=status,health_status")).await.1;
    assert_eq!(
        (&told["status"], &told["health_status"]["can_send_message"]),
        (&json!("DISCONNECTED"), &json!("BLOCKED"))
    );
    assert_eq!(told["health_status"]["entities"][0]["errors"][0]["error_code"], 133_010);
    let register = format!("{NUMBER}/register");
    assert_eq!(post(&simulator, &register, &registration("12345")).await.1["error"]["code"], 100);
    assert_eq!(post(&simulator, &register, &registration("123456")).await.0, 200);
    assert_eq!(send(&simulator, &text_to("+12025550123", "hi")).await.0, 200);
    assert_eq!(post(&simulator, &register, &registration("654321")).await.1["error"]["code"], 133_005);
    for _ in 0..7 {
        assert_eq!(post(&simulator, &register, &registration("123456")).await.0, 200);
    }
    assert_eq!(post(&simulator, &register, &registration("123456")).await.1["error"]["code"], 133_016);
    simulator.advance(Duration::from_hours(72));
    assert_eq!(post(&simulator, NUMBER, &json!({"pin": "654321"})).await.0, 200);
    assert_eq!(post(&simulator, &register, &registration("654321")).await.0, 200);
}

#[tokio::test]
async fn management_calls_are_counted_by_account_and_refused_when_the_hour_is_full() {
    let (simulator, client) = (Simulator::start(SimulatorConfig::default()).unwrap(), client());
    post(&simulator, &format!("{NUMBER}/deregister"), &json!({})).await;
    for path in ["phone_numbers", "message_templates", "subscribed_apps"] {
        let (told, code) = usage(&client, &simulator, &format!("{ACCOUNT}/{path}")).await;
        assert_eq!((&told.unwrap()["estimated_time_to_regain_access"], code), (&json!(0), 0));
    }
    for _ in 4..200 {
        assert_eq!(usage(&client, &simulator, NUMBER).await.1, 0);
    }
    let (told, code) = usage(&client, &simulator, NUMBER).await;
    assert_eq!(
        (&told.as_ref().unwrap()["call_count"], code),
        (&json!(100), 80_007),
        "200 without a registered number, and the first took it off"
    );
    assert!(told.unwrap()["estimated_time_to_regain_access"].as_u64().unwrap() > 50);
    assert_eq!(usage(&client, &simulator, "v26.0/12345").await, (None, 100), "a file belongs to no account");
    simulator.advance(Duration::from_hours(1));
    let (told, code) = usage(&client, &simulator, NUMBER).await;
    assert_eq!((&told.unwrap()["call_count"], code), (&json!(0), 0));
}

#[tokio::test]
async fn the_messages_of_a_number_go_to_its_own_address_if_it_has_one() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let mut own = Receiver::of(&simulator);
    let mut common = Receiver::of(&simulator);
    let configure = |url: &str| json!({"webhook_configuration": {"override_callback_uri": url, "verify_token": "v"}});
    assert_eq!(post(&simulator, NUMBER, &configure(own.url())).await.0, 200);
    simulator.customer_says(&number(), &customer(), text("to the number")).unwrap();
    own.next().await;
    simulator.prefer(&number(), &customer(), true).unwrap();
    let preference = common.next().await.json();
    assert_eq!(preference["entry"][0]["changes"][0]["field"], "user_preferences", "only messages follow it");
    post(&simulator, NUMBER, &configure("")).await;
    simulator.customer_says(&number(), &customer(), text("to all")).unwrap();
    common.next().await;
}
