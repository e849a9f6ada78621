use loadtest::payload::Phone;
use loadtest::simulator::{Answer, Faults, PayloadVersion, Profile, Simulator, SimulatorConfig};
use serde_json::{Value, json};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::receiver::Receiver;
use crate::{TOKEN, client, customer, get, number, send, text, text_to, with_open_window};

#[tokio::test]
async fn an_accepted_text_goes_through_sent_delivered_and_read() {
    let simulator = with_open_window(SimulatorConfig::default());
    let mut receiver = Receiver::of(&simulator);
    let mut body = text_to("+1 (202) 555-0123", "hi");
    body["biz_opaque_callback_data"] = json!("claim-7");
    let (status, answer) = send(&simulator, &body).await;
    assert_eq!(status, 200);
    assert_eq!(answer["contacts"], json!([{"input": "+1 (202) 555-0123", "wa_id": "12025550123"}]));
    for name in ["sent", "delivered", "read"] {
        let value = receiver.status(name).await;
        assert_eq!(value["statuses"][0]["id"], answer["messages"][0]["id"]);
        assert_eq!(value["statuses"][0]["biz_opaque_callback_data"], "claim-7");
        assert_eq!(value["statuses"][0]["recipient_id"], "12025550123");
        assert!(value["contacts"][0]["user_id"].is_string());
    }
}

#[tokio::test]
async fn every_send_is_in_the_ledger_even_when_its_answer_is_dropped() {
    let simulator = with_open_window(SimulatorConfig::default());
    send(&simulator, &text_to("+12025550123", "answered")).await;
    simulator.set_faults(Faults { drop_answer_percent: 100.0, ..Faults::default() });
    let url = format!("{}/v26.0/{}/messages", simulator.url(), number());
    let mut body = text_to("+12025550123", "dropped");
    body["biz_opaque_callback_data"] = json!("claim-8");
    assert!(client().post(&url).bearer_auth("simulator-token").json(&body).send().await.is_err());
    simulator.set_faults(Faults { reset_percent: 100.0, ..Faults::default() });
    assert!(client().post(&url).bearer_auth("simulator-token").json(&body).send().await.is_err());
    let ledger = simulator.ledger();
    let answers: Vec<Answer> = ledger.iter().map(|entry| entry.answer).collect();
    assert_eq!(answers, [Answer::Given, Answer::Dropped, Answer::ResetBeforeAccept]);
    assert_eq!(ledger[1].biz_opaque_callback_data.as_deref(), Some("claim-8"));
    assert_eq!(ledger[1].text.as_deref(), Some("dropped"));
    assert!(ledger[1].wamid.is_some() && ledger[2].wamid.is_none());
    let page: Value = get(&simulator, "_sim/ledger?after=0&limit=1").await.1;
    assert_eq!((page["total"].as_u64(), page["items"][0]["sequence"].as_u64()), (Some(3), Some(1)));
}

/// What the caller's socket says after a send: the bytes of the answer, or the error.
async fn raw_send(simulator: &Simulator) -> std::io::Result<usize> {
    let address = simulator.url().strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let body = text_to("+12025550123", "hi").to_string();
    let head = format!(
        "POST /v26.0/{}/messages HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {}\r\n\r\n",
        number(),
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.unwrap();
    stream.read(&mut [0; 1_024]).await
}

#[tokio::test]
async fn a_reset_is_a_real_one_and_a_dropped_answer_an_orderly_end() {
    let simulator = with_open_window(SimulatorConfig::default());
    assert!(raw_send(&simulator).await.unwrap() > 100);
    simulator.set_faults(Faults { reset_percent: 100.0, ..Faults::default() });
    assert_eq!(raw_send(&simulator).await.unwrap_err().kind(), std::io::ErrorKind::ConnectionReset);
    simulator.set_faults(Faults { drop_answer_percent: 100.0, ..Faults::default() });
    assert_eq!(raw_send(&simulator).await.unwrap(), 0);
}

#[tokio::test]
async fn a_wrong_token_and_an_unknown_number_get_metas_envelope() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let at = |id: &str| format!("{}/v26.0/{id}/messages", simulator.url());
    let body = text_to("+12025550123", "hi");
    let refused = client().post(at("200000000000001")).bearer_auth("wrong").json(&body).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let error = &refused.json::<Value>().await.unwrap()["error"];
    assert_eq!((error["code"].as_u64(), error["type"].as_str()), (Some(190), Some("OAuthException")));
    assert!(error["fbtrace_id"].as_str().unwrap().starts_with('A'));
    let unknown = client().post(at("999")).bearer_auth("simulator-token").json(&body).send().await.unwrap();
    assert_eq!(unknown.json::<Value>().await.unwrap()["error"]["error_subcode"], 33);
}

#[tokio::test]
async fn what_meta_would_refuse_is_refused() {
    let simulator = with_open_window(SimulatorConfig::default());
    let to = "+12025550123";
    let message =
        |kind: &str, object: Value| json!({"messaging_product": "whatsapp", "to": to, "type": kind, kind: object});
    let button = |id: &str, title: &str| json!({"type": "reply", "reply": {"id": id, "title": title}});
    let buttons = |buttons: Value| json!({"type": "button", "body": {"text": "?"}, "action": {"buttons": buttons}});
    let rows = |count: usize| {
        let rows: Vec<Value> = (0..count).map(|row| json!({"id": row.to_string(), "title": "row"})).collect();
        json!({"type": "list", "body": {"text": "?"}, "action": {"button": "Choose", "sections": [{"title": "s", "rows": rows}]}})
    };
    let cases = [
        (json!({"to": to, "type": "text", "text": {"body": "x"}}), 100),
        (message("text", json!({"body": "x".repeat(4_097)})), 100),
        (message("text", json!({})), 131_008),
        (message("poll", json!({})), 100),
        (message("image", json!({"caption": "no file"})), 131_008),
        (message("image", json!({"link": "ftp://x"})), 131_009),
        (message("image", json!({"id": "123"})), 131_009),
        (message("location", json!({"latitude": 91, "longitude": 0})), 131_009),
        (message("contacts", json!([{"phones": []}])), 131_008),
        (message("reaction", json!({"message_id": "x", "emoji": "👍"})), 131_009),
        (message("interactive", buttons(json!([]))), 131_009),
        (message("interactive", buttons(json!([button("1", "a"), button("1", "b")]))), 131_009),
        (message("interactive", buttons(json!([button("1", &"t".repeat(21))]))), 100),
        (message("interactive", rows(11)), 131_009),
        (text_to("+12025550100", "to myself"), 131_021),
        (text_to("US.13491208655302741918", "a BSUID in to"), 131_009),
        (json!({"messaging_product": "whatsapp", "status": "read", "message_id": "nonsense"}), 131_009),
    ];
    for (body, code) in cases {
        assert_eq!(send(&simulator, &body).await.1["error"]["code"], code, "{body}");
    }
    let good = [buttons(json!([button("1", "Yes"), button("2", "No")])), rows(10)];
    for object in good {
        assert_eq!(send(&simulator, &message("interactive", object)).await.0, 200);
    }
}

#[tokio::test]
async fn reading_and_typing_are_noted() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let wamid = simulator.customer_says(&number(), &customer(), text("hi")).unwrap();
    let body = json!({
        "messaging_product": "whatsapp", "status": "read", "message_id": wamid, "typing_indicator": {"type": "text"},
    });
    assert_eq!(send(&simulator, &body).await, (200, json!({"success": true})));
    assert!(simulator.was_marked_read(&wamid));
    assert_eq!(simulator.typing_shown(), 1);
}

#[tokio::test]
async fn a_username_is_reached_by_its_bsuid() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let mut receiver = Receiver::of(&simulator);
    let blake = Phone::from("447700900145");
    simulator.adopt_username(&blake, "blake.sample");
    simulator.customer_says(&number(), &blake, text("hello")).unwrap();
    let value = receiver.next().await.json()["entry"][0]["changes"][0]["value"].clone();
    assert!(value["contacts"][0].get("wa_id").is_none() && value["messages"][0].get("from").is_none());
    assert_eq!(value["contacts"][0]["profile"]["username"], "blake.sample");
    let bsuid = value["messages"][0]["from_user_id"].clone();
    let body = json!({"messaging_product": "whatsapp", "recipient": bsuid, "type": "text", "text": {"body": "hi"}});
    let (status, answer) = send(&simulator, &body).await;
    assert_eq!(status, 200);
    assert_eq!(answer["contacts"], json!([{"input": bsuid, "user_id": bsuid}]));
    let sent = receiver.status("sent").await;
    assert_eq!(sent["statuses"][0]["recipient_user_id"], bsuid);
    assert!(sent["statuses"][0].get("recipient_id").is_none());
}

#[tokio::test]
async fn an_older_generation_has_conversations_and_no_bsuids() {
    let payload = PayloadVersion { conversations: true, bsuids: false };
    let simulator = with_open_window(SimulatorConfig { payload, ..SimulatorConfig::default() });
    let mut receiver = Receiver::of(&simulator);
    send(&simulator, &text_to("+12025550123", "hi")).await;
    let value = receiver.status("sent").await;
    assert!(value["statuses"][0]["conversation"]["expiration_timestamp"].is_string());
    assert!(value.get("contacts").is_none() && value["statuses"][0].get("recipient_user_id").is_none());
}

#[tokio::test]
async fn a_voice_note_is_played_and_a_reaction_is_only_sent() {
    let simulator = with_open_window(SimulatorConfig::default());
    let mut receiver = Receiver::of(&simulator);
    let voice = json!({"messaging_product": "whatsapp", "to": customer(), "type": "audio",
        "audio": {"link": "https://shop.example/a.ogg", "voice": true}});
    send(&simulator, &voice).await;
    receiver.status("played").await;
    let target = simulator.customer_says(&number(), &customer(), text("thanks")).unwrap();
    let reaction = json!({"messaging_product": "whatsapp", "to": customer(), "type": "reaction",
        "reaction": {"message_id": target, "emoji": "👍"}});
    send(&simulator, &reaction).await;
    receiver.status("sent").await;
    simulator.settled().await;
    assert!(receiver.drain().is_empty(), "nothing after sent");
}

#[tokio::test]
async fn a_delivered_status_may_be_skipped() {
    let profile = Profile { skip_delivered_percent: 100.0, ..Profile::clean() };
    let simulator = with_open_window(SimulatorConfig { profile, ..SimulatorConfig::default() });
    let mut receiver = Receiver::of(&simulator);
    send(&simulator, &text_to("+12025550123", "hi")).await;
    receiver.status("sent").await;
    let next = receiver.next().await.json();
    assert_eq!(next["entry"][0]["changes"][0]["value"]["statuses"][0]["status"], "read");
}

#[tokio::test]
async fn the_account_describes_itself() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let numbers = get(&simulator, "v26.0/100000000000001/phone_numbers").await.1;
    assert_eq!(numbers["data"][0]["display_phone_number"], "+12025550100");
    let number = get(&simulator, "v26.0/200000000000001?fields=quality_rating,throughput").await.1;
    assert_eq!(
        number,
        json!({"id": "200000000000001", "quality_rating": "GREEN", "throughput": {"level": "STANDARD"}})
    );
    let token = get(&simulator, "v26.0/debug_token?input_token=simulator-token").await.1;
    assert_eq!(token["data"]["is_valid"], true);
    let apps = get(&simulator, "v26.0/100000000000001/subscribed_apps").await.1;
    assert_eq!(apps["data"].as_array().unwrap().len(), 1);
    let url = format!("{}/v26.0/100000000000001/subscribed_apps", simulator.url());
    client().delete(&url).bearer_auth("simulator-token").send().await.unwrap();
    assert_eq!(get(&simulator, "v26.0/100000000000001/subscribed_apps").await.1, json!({"data": []}));
}
