use std::time::Duration;

use loadtest::simulator::{Simulator, SimulatorConfig};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::{TOKEN, client, get};

const ACCOUNT: &str = "v26.0/100000000000001/message_templates";

async fn call(simulator: &Simulator, method: reqwest::Method, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}/{path}", simulator.url());
    let answer = client().request(method, url).bearer_auth(TOKEN).json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn draft(body: &str) -> Value {
    json!({"name": "greeting", "language": "en", "category": "UTILITY", "components": [{"type": "BODY", "text": body}]})
}

async fn event(receiver: &mut Receiver) -> Value {
    receiver.next().await.json()["entry"][0]["changes"][0]["value"].clone()
}

#[tokio::test]
async fn a_template_is_submitted_reviewed_edited_and_deleted() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let mut receiver = Receiver::of(&simulator);
    let (status, made) = call(&simulator, reqwest::Method::POST, ACCOUNT, &draft("Hello there.")).await;
    assert_eq!((status, &made["status"]), (200, &json!("PENDING")));
    let path = format!("v26.0/{}", made["id"].as_str().unwrap());
    assert_eq!(call(&simulator, reqwest::Method::POST, ACCOUNT, &draft("Hello there.")).await.0, 400);
    let early = call(&simulator, reqwest::Method::POST, &path, &draft("Hello you.")).await.1;
    assert_eq!(early["error"]["error_subcode"], 2_388_025, "it is under review");
    simulator.advance(Duration::from_mins(1));
    let approved = event(&mut receiver).await;
    assert_eq!((&approved["event"], &approved["message_template_name"]), (&json!("APPROVED"), &json!("greeting")));
    assert_eq!(get(&simulator, &path).await.1["status"], "APPROVED");
    let edited = call(&simulator, reqwest::Method::POST, &path, &draft("Hello you.")).await;
    assert_eq!(edited, (200, json!({"success": true})));
    assert_eq!(get(&simulator, &path).await.1["status"], "PENDING");
    simulator.advance(Duration::from_mins(1));
    event(&mut receiver).await;
    let gone = format!("{ACCOUNT}?name=greeting");
    assert_eq!(call(&simulator, reqwest::Method::DELETE, &gone, &json!({})).await.0, 200);
    assert_eq!(get(&simulator, &path).await.0, 400);
    let again = call(&simulator, reqwest::Method::POST, ACCOUNT, &draft("Hello there.")).await.1;
    assert_eq!(again["error"]["error_subcode"], 2_388_023, "the name is taken for 30 days");
}

#[tokio::test]
async fn a_verdict_that_was_written_down_is_what_the_review_says() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let mut receiver = Receiver::of(&simulator);
    let verdict = json!({"name": "greeting", "approved": false, "category": "MARKETING", "reason": "It sells."});
    assert_eq!(
        client().post(format!("{}/_sim/verdict", simulator.url())).json(&verdict).send().await.unwrap().status(),
        204
    );
    call(&simulator, reqwest::Method::POST, ACCOUNT, &draft("Hello there.")).await;
    simulator.advance(Duration::from_mins(1));
    assert_eq!(event(&mut receiver).await["new_category"], "MARKETING");
    let rejected = event(&mut receiver).await;
    assert_eq!((&rejected["event"], &rejected["rejection_info"]["reason"]), (&json!("REJECTED"), &json!("It sells.")));
}

#[tokio::test]
async fn a_sample_is_uploaded_in_two_steps() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let app = SimulatorConfig::default().app_id;
    let begun =
        call(&simulator, reqwest::Method::POST, &format!("v26.0/{app}/uploads?file_type=image/png"), &json!({}))
            .await
            .1;
    let path = format!("v26.0/{}", begun["id"].as_str().unwrap());
    assert!(path.contains("upload:"));
    let stored = call(&simulator, reqwest::Method::POST, &path, &json!("the bytes")).await.1;
    assert!(stored["h"].as_str().unwrap().starts_with("4::"));
}
