use loadtest::payload::{Bsuid, Phone};
use loadtest::simulator::{Introduction, Policy, Simulator, SimulatorConfig, SimulatorError};
use serde_json::{Value, json};

use crate::receiver::Receiver;
use crate::{CUSTOMER, client, customer, number, send, text, text_to};

const HOUR_MS: u64 = 3_600_000;

fn started() -> Simulator {
    Simulator::start(SimulatorConfig::default()).unwrap()
}

fn marina(window_until_ms: u64) -> Introduction {
    Introduction {
        number: number(),
        phone: Some(customer()),
        bsuid: Some(Bsuid::from("BR.13491208655302741918")),
        name: Some("Marina Duarte".into()),
        username: Some("marina.duarte".into()),
        window_until_ms,
        answers: Vec::new(),
    }
}

fn to_bsuid(bsuid: &str) -> Value {
    json!({"messaging_product": "whatsapp", "recipient": bsuid, "type": "text", "text": {"body": "Oi"}})
}

/// The value of the next webhook with a message of a customer.
async fn next_message(receiver: &mut Receiver) -> Value {
    loop {
        let value = receiver.next().await.json()["entry"][0]["changes"][0]["value"].clone();
        if value.get("messages").is_some() {
            return value;
        }
    }
}

#[tokio::test]
async fn a_person_who_was_introduced_can_be_answered_and_is_who_was_introduced() {
    let simulator = started();
    let mut receiver = Receiver::of(&simulator);
    simulator.introduce(marina(simulator.now_ms() + HOUR_MS)).unwrap();
    assert_eq!(send(&simulator, &text_to("+12025550123", "Oi")).await.0, 200);
    for name in ["sent", "delivered", "read"] {
        let value = receiver.status(name).await;
        assert_eq!(value["statuses"][0]["recipient_id"], CUSTOMER);
        assert_eq!(value["statuses"][0]["recipient_user_id"], "BR.13491208655302741918");
        assert_eq!(value["contacts"][0]["profile"]["name"], "Marina Duarte");
    }
    simulator.customer_says(&number(), &customer(), text("hello")).unwrap();
    let value = next_message(&mut receiver).await;
    assert_eq!(value["contacts"][0]["profile"]["username"], "marina.duarte");
    assert_eq!(value["messages"][0]["from_user_id"], "BR.13491208655302741918");
    assert_eq!(value["messages"][0]["from"], CUSTOMER, "the business knows it");
}

#[tokio::test]
async fn a_window_that_has_ended_stays_closed_for_who_was_introduced() {
    let simulator = started();
    let mut receiver = Receiver::of(&simulator);
    simulator.introduce(marina(simulator.now_ms() - 1)).unwrap();
    assert_eq!(send(&simulator, &text_to("+12025550123", "Oi")).await.0, 200);
    let failed = receiver.status("failed").await;
    assert_eq!(failed["statuses"][0]["errors"][0]["code"], 131_047);
    simulator.set_policy(Policy { closed_window_is_synchronous: true, ..Policy::default() });
    assert_eq!(send(&simulator, &to_bsuid("BR.13491208655302741918")).await.1["error"]["code"], 131_047);
}

#[tokio::test]
async fn the_window_of_an_introduction_ends_and_does_not_shorten_a_later_one() {
    let simulator = started();
    simulator.set_policy(Policy { closed_window_is_synchronous: true, ..Policy::default() });
    simulator.introduce(marina(simulator.now_ms() + HOUR_MS)).unwrap();
    simulator.advance(std::time::Duration::from_hours(1));
    assert_eq!(send(&simulator, &text_to("+12025550123", "late")).await.1["error"]["code"], 131_047);
    simulator.customer_says(&number(), &customer(), text("hello")).unwrap();
    simulator.introduce(marina(0)).unwrap();
    assert_eq!(send(&simulator, &text_to("+12025550123", "again")).await.0, 200);
}

#[tokio::test]
async fn a_person_without_a_phone_is_reached_by_the_bsuid_and_never_shows_one() {
    let simulator = started();
    let mut receiver = Receiver::of(&simulator);
    let bsuid = "BR.13491208655302741918";
    assert_eq!(send(&simulator, &to_bsuid(bsuid)).await.1["error"]["code"], 131_009, "nobody yet");
    let until = simulator.now_ms() + HOUR_MS;
    let nameless = Introduction { phone: None, name: None, username: None, ..marina(until) };
    simulator.introduce(nameless).unwrap();
    let (status, answer) = send(&simulator, &to_bsuid(bsuid)).await;
    assert_eq!(status, 200);
    assert_eq!(answer["contacts"], json!([{"input": bsuid, "user_id": bsuid}]));
    for name in ["sent", "delivered", "read"] {
        let value = receiver.status(name).await;
        assert_eq!(value["statuses"][0]["recipient_user_id"], bsuid);
        assert!(value["statuses"][0].get("recipient_id").is_none() && value["contacts"][0].get("wa_id").is_none());
    }
}

#[tokio::test]
async fn who_was_introduced_answers_now_and_then_with_the_given_words() {
    let simulator = started();
    let mut receiver = Receiver::of(&simulator);
    let until = simulator.now_ms() + HOUR_MS;
    for index in 0..20 {
        let bsuid = format!("BR.1349120865530274{index}");
        let phone = (index % 2 == 0).then(|| Phone::from(format!("12025550{index:03}")));
        let answers = vec!["Obrigada!".to_owned()];
        let bsuid_given = Some(Bsuid::from(bsuid.as_str()));
        simulator.introduce(Introduction { phone, bsuid: bsuid_given, answers, ..marina(until) }).unwrap();
        assert_eq!(send(&simulator, &to_bsuid(&bsuid)).await.0, 200);
    }
    simulator.advance(std::time::Duration::from_mins(1));
    let value = next_message(&mut receiver).await;
    assert_eq!(value["messages"][0]["text"]["body"], "Obrigada!");
    assert!(value["messages"][0]["from_user_id"].as_str().unwrap().starts_with("BR.1349120865530274"));
}

#[tokio::test]
async fn introductions_are_made_over_http_too_and_need_a_number_that_exists() {
    let simulator = started();
    let at = format!("{}/_sim/introduction", simulator.url());
    let introduction = json!({"phone_number_id": number(), "phone": null, "bsuid": "BR.1", "name": null,
        "username": "marina.duarte", "window_until_ms": simulator.now_ms() + HOUR_MS});
    assert_eq!(client().post(&at).json(&introduction).send().await.unwrap().status(), 204);
    assert_eq!(send(&simulator, &to_bsuid("BR.1")).await.0, 200);
    let elsewhere = Introduction { number: "999".into(), ..marina(0) };
    assert!(matches!(simulator.introduce(elsewhere), Err(SimulatorError::UnknownNumber(_))));
}

#[tokio::test]
async fn two_runs_of_one_seed_repeat_their_message_ids_unless_they_count_from_elsewhere() {
    let said = |first_message| {
        let config = SimulatorConfig { first_message, ..SimulatorConfig::default() };
        Simulator::start(config).unwrap().customer_says(&number(), &customer(), text("hello")).unwrap()
    };
    assert_eq!(said(0), said(0));
    assert_ne!(said(0), said(7));
}
