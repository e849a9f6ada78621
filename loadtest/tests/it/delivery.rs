use std::collections::BTreeMap;

use loadtest::payload::{Context, Phone, Wamid};
use loadtest::simulator::{Faults, Profile, SignatureFault, Simulator, SimulatorConfig, Span, Speech};
use serde_json::json;

use crate::receiver::Receiver;
use crate::{customer, number, send, text, text_to, with_open_window};

#[tokio::test]
async fn a_customers_words_arrive_escaped_and_signed() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let mut receiver = Receiver::of(&simulator);
    simulator.customer_says(&number(), &customer(), text("Olá <a@b/c> 50%")).unwrap();
    let post = receiver.next().await;
    assert!(post.is_signed_with("demo_app_secret"));
    assert!(post.body.is_ascii());
    assert!(String::from_utf8_lossy(&post.body).contains(r"Ol\u00e1 \u003Ca\u0040b\/c> 50\u0025"));
    let value = &post.json()["entry"][0]["changes"][0]["value"];
    assert_eq!(value["messages"][0]["text"]["body"], "Olá <a@b/c> 50%");
    assert_eq!(value["metadata"]["phone_number_id"], number().as_str());
    assert!(value["messages"][0]["from_user_id"].as_str().unwrap().starts_with("US."));
}

#[tokio::test]
async fn an_update_is_repeated_until_it_is_answered_with_200() {
    let config = SimulatorConfig {
        profile: Profile { retry: Span::new(1, 5), ..Profile::clean() },
        ..SimulatorConfig::default()
    };
    let simulator = Simulator::start(config).unwrap();
    let mut receiver = Receiver::of(&simulator);
    receiver.answer_with(&[503, 500, 302, 204]);
    simulator.customer_says(&number(), &customer(), text("again")).unwrap();
    simulator.settled().await;
    let posts = receiver.drain();
    assert_eq!(posts.len(), 5, "four refusals, one of them a 204, and the 200");
    assert!(posts.iter().all(|post| post.body == posts[0].body), "a retry repeats the same bytes");
}

#[tokio::test]
async fn the_hostile_profile_loses_nothing() {
    let config = SimulatorConfig {
        profile: Profile { retry: Span::new(1, 5), ..Profile::hostile() },
        ..SimulatorConfig::default()
    };
    let simulator = Simulator::start(config).unwrap();
    let mut receiver = Receiver::of(&simulator);
    receiver.answer_with(&[500; 10]);
    let mut told: Vec<Wamid> = Vec::new();
    for index in 0..300 {
        told.push(simulator.customer_says(&number(), &customer(), text(&format!("{index}"))).unwrap());
    }
    simulator.settled().await;
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    for post in receiver.drain() {
        let body = post.json();
        let changes = body["entry"].as_array().unwrap().iter().flat_map(|entry| entry["changes"].as_array().unwrap());
        for change in changes {
            *seen.entry(change["value"]["messages"][0]["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    assert!(told.iter().all(|wamid| seen.contains_key(wamid.as_str())));
    assert_eq!(seen.len(), told.len());
    assert!(seen.values().any(|count| *count > 1), "some came twice");
}

#[tokio::test]
async fn the_same_seed_makes_the_same_messages() {
    let words = |seed| async move {
        let config = SimulatorConfig { seed, start_at_ms: Some(1_795_392_000_000), ..SimulatorConfig::default() };
        let simulator = with_open_window(config);
        let mut receiver = Receiver::of(&simulator);
        let wamid = send(&simulator, &text_to("+12025550123", "hi")).await.1["messages"][0]["id"].clone();
        let inbound = receiver.next().await.json();
        (wamid, inbound["entry"][0]["changes"][0]["value"]["contacts"].clone())
    };
    let first = words(7).await;
    assert_eq!(first, words(7).await);
    assert_ne!(first, words(8).await);
}

#[tokio::test]
async fn a_status_can_come_before_the_answer_to_its_send() {
    let config = SimulatorConfig {
        profile: Profile { status_first_percent: 100.0, ..Profile::clean() },
        ..SimulatorConfig::default()
    };
    let simulator = with_open_window(config);
    let mut receiver = Receiver::of(&simulator);
    let body = text_to("+12025550123", "hi");
    let mut answer = Box::pin(send(&simulator, &body));
    let status = tokio::select! {
        biased;
        _ = &mut answer => panic!("answered first"),
        status = receiver.status("sent") => status,
    };
    assert_eq!(status["statuses"][0]["id"], answer.await.1["messages"][0]["id"]);
}

#[tokio::test]
async fn a_signature_can_be_missing_or_wrong() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let mut receiver = Receiver::of(&simulator);
    simulator.set_faults(Faults { webhook_signature: SignatureFault::Missing, ..Faults::default() });
    simulator.customer_says(&number(), &customer(), text("one")).unwrap();
    assert_eq!(receiver.next().await.signature, None);
    simulator.set_faults(Faults { webhook_signature: SignatureFault::WrongSecret, ..Faults::default() });
    simulator.customer_says(&number(), &customer(), text("two")).unwrap();
    let post = receiver.next().await;
    assert!(post.signature.is_some() && !post.is_signed_with("demo_app_secret"));
}

#[tokio::test]
async fn a_full_queue_refuses_instead_of_dropping() {
    let simulator = Simulator::start(SimulatorConfig { queue_capacity: 3, ..SimulatorConfig::default() }).unwrap();
    let said: Vec<bool> = (0..5).map(|_| simulator.customer_says(&number(), &customer(), text("x")).is_ok()).collect();
    assert_eq!(said, [true, true, true, false, false]);
    let (status, body) = send(&simulator, &text_to("+12025550123", "hi")).await;
    assert_eq!((status, body["error"]["code"].as_u64()), (500, Some(131_016)));
    let receiver = Receiver::of(&simulator);
    simulator.settled().await;
    assert_eq!(simulator.delivery_counts().updates_delivered, 3);
    drop(receiver);
}

#[tokio::test]
async fn scripted_customers_write_by_themselves() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let mut receiver = Receiver::of(&simulator);
    simulator.start_customers(12, 200.0);
    for _ in 0..30 {
        assert_eq!(receiver.next().await.json()["object"], "whatsapp_business_account");
    }
    simulator.stop_customers();
}

#[tokio::test]
async fn a_number_change_and_a_stop_reach_the_webhook() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let mut receiver = Receiver::of(&simulator);
    simulator.change_number(&number(), &customer(), &Phone::from("12025550188")).unwrap();
    let body = receiver.next().await.json();
    let message = &body["entry"][0]["changes"][0]["value"]["messages"][0];
    assert_eq!(
        (message["from"].as_str(), message["system"]["wa_id"].as_str()),
        (Some("12025550123"), Some("12025550188"))
    );
    assert_eq!(message["from_user_id"], message["system"]["previous_user_id"]);
    simulator.prefer(&number(), &Phone::from("12025550188"), true).unwrap();
    assert_eq!(receiver.next().await.json()["entry"][0]["changes"][0]["field"], "user_preferences");
}

#[tokio::test]
async fn the_controls_answer_over_http() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let mut receiver = Receiver::of(&simulator);
    let client = crate::client();
    let at = |path: &str| format!("{}/_sim/{path}", simulator.url());
    let callback = client.put(at("callback")).json(&json!({"url": receiver.url()})).send().await.unwrap();
    assert_eq!(callback.status(), 204);
    let profile = client.put(at("profile")).json(&json!({"name": "realistic"})).send().await.unwrap();
    assert_eq!(profile.json::<Profile>().await.unwrap(), Profile::realistic());
    let faults = client.put(at("faults")).json(&json!({"error_percent": 100.0, "throttle_seconds": 3})).send().await;
    assert!(faults.unwrap().json::<Faults>().await.unwrap().error_percent > 99.0);
    let said =
        json!({"phone_number_id": number(), "customer": "12025550123", "content": {"kind": "text", "body": "hi"}});
    assert_eq!(client.post(at("customer-says")).json(&said).send().await.unwrap().status(), 201);
    receiver.next().await;
    simulator.settled().await;
    let stats: serde_json::Value = client.get(at("stats")).send().await.unwrap().json().await.unwrap();
    assert!(stats["delivery"]["updates_delivered"].as_u64() >= Some(1));
}

#[tokio::test]
async fn a_reply_shows_what_it_answers() {
    let simulator = with_open_window(SimulatorConfig::default());
    let mut receiver = Receiver::of(&simulator);
    let ours = send(&simulator, &text_to("+12025550123", "Which colour?")).await.1["messages"][0]["id"].clone();
    let id = Wamid::from(ours.as_str().unwrap());
    let context = Some(Context::Reply { from: Phone::from("12025550100"), id });
    let speech = Speech { number: number(), customer: customer(), content: text("Blue"), context, referral: None };
    let wamid = simulator.says(speech).unwrap();
    loop {
        let body = receiver.next().await.json();
        let message = &body["entry"][0]["changes"][0]["value"]["messages"][0];
        if message["id"] == wamid.as_str() {
            assert_eq!(message["context"]["id"], ours);
            return;
        }
    }
}
