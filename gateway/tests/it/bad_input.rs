//! Whatever is posted: a clear answer, nothing lost, and the server lives on.

use engine::ports::InboxLog as _;
use loadtest::payload::{Content, Inbound, Line, Sender, Update, webhook as wrap, wire};
use serde_json::{Value, json};
use storage::sqlite::{SqliteOptions, SqliteStore};

use crate::harness::{Agent, Jetto, ORGANIZATION, TOKEN, VERIFY_TOKEN, WABA, customer, now_s, signed, text, webhook};

/// It is alive: what comes next is processed.
async fn takes_the_next(jetto: &Jetto, agent: &Agent, name: &str) {
    jetto.post(&webhook([&text(&customer(1), &name.replace(' ', "-"), now_s(), name)])).await;
    let entry = agent.log().await.pop().unwrap();
    assert_eq!(entry["outcome"], "processed", "after {name}: {entry}");
}

/// Items of nobody, as they lie in the store of the stopped server.
async fn unclaimed(jetto: &Jetto) -> Vec<(Option<String>, u64)> {
    let store = SqliteStore::open(&jetto.data(), SqliteOptions::default()).unwrap();
    let unclaimed = store.unclaimed().await.unwrap();
    store.close().await.unwrap();
    unclaimed.into_iter().map(|(number, count)| (number.map(|number| number.as_str().to_owned()), count)).collect()
}

#[tokio::test]
async fn the_address_is_verified_with_the_right_word_only() {
    let jetto = Jetto::running().await;
    let address = format!("{}/webhooks/whatsapp", jetto.url());
    jetto.meta.verify_callback(&address, VERIFY_TOKEN).await.unwrap();
    assert!(jetto.meta.verify_callback(&address, "another word").await.is_err());
    let query = "hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=violet%20harbour%2042";
    for (query, status) in [
        (query.to_owned(), 200),
        (query.replace("subscribe", "unsubscribe"), 403),
        (query.replace("harbour", "haven"), 403),
        ("hub.mode=subscribe".to_owned(), 403),
        (String::new(), 403),
    ] {
        let answer = reqwest::get(format!("{address}?{query}")).await.unwrap();
        assert_eq!(answer.status(), status, "{query}");
        if status == 200 {
            assert_eq!(answer.text().await.unwrap(), "1158201444");
        }
    }
}

#[tokio::test]
async fn an_unsigned_or_wrongly_signed_webhook_stores_nothing() {
    let mut jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let body = wire::to_wire(&webhook([&text(&customer(1), "forged", now_s(), "Forged")]));
    let right = wire::signature("demo_app_secret", &body);
    let long_hex = right.clone() + "00";
    let wrong = [
        "",
        "sha256=",
        "sha256=nonsense",
        right.strip_prefix("sha256=").unwrap(),
        &long_hex,
        &right.replace("sha256", "sha1"),
        &wire::signature("another secret", &body),
        &wire::signature("demo_app_secret", b"another body"),
        &wire::signature("", &body),
    ];
    for signature in wrong {
        assert_eq!(signed(jetto.url(), &body, signature).await, 401, "{signature:?}");
    }
    assert!(agent.all("webhook-log").await.is_empty());
    assert_eq!(jetto.metric("jetto_webhooks_refused_total").await, 9);
    let summary = agent.get("webhook-log/summary").await;
    assert_eq!((&summary["refused"], &summary["received"]), (&json!(9), &json!(0)), "{summary}");
    let older = wire::signature("an_older_secret", &body);
    assert_eq!(signed(jetto.url(), &body, &older).await, 200, "a secret that is being replaced");
    takes_the_next(&jetto, &agent, "after forgeries").await;
    assert_eq!(agent.all("webhook-log").await.len(), 2);
    jetto.stop().await;
    assert_eq!(unclaimed(&jetto).await, []);
}

#[tokio::test]
async fn a_body_over_3_mb_is_refused_and_one_below_is_taken() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let long = "x".repeat(2_900_000);
    let body = webhook([&text(&customer(1), "long", now_s(), &long)]);
    jetto.post(&body).await;
    assert_eq!(agent.outcomes().await, ["processed"]);
    let over = wire::to_wire(&webhook([&text(&customer(1), "longer", now_s(), &"x".repeat(3_200_000))]));
    assert_eq!(jetto.post_bytes(&over).await, 413);
    takes_the_next(&jetto, &agent, "after a long body").await;
    assert_eq!(agent.log().await.len(), 2);
}

#[tokio::test]
async fn a_body_in_pieces_whose_length_nobody_announced_is_held_to_the_same_limit() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    for (name, length, status) in [("fits", 2_900_000, 200), ("too-long", 3_200_000, 413)] {
        let body = wire::to_wire(&webhook([&text(&customer(1), name, now_s(), &"y".repeat(length))]));
        let pieces: Vec<_> = body.chunks(50_000).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
        let request = reqwest::Client::new()
            .post(format!("{}/webhooks/whatsapp", jetto.url()))
            .header("X-Hub-Signature-256", wire::signature("demo_app_secret", &body))
            .body(reqwest::Body::wrap_stream(futures_util::stream::iter(pieces)));
        assert_eq!(request.send().await.unwrap().status(), status, "{name}");
    }
    assert_eq!(agent.outcomes().await, ["processed"]);
}

#[tokio::test]
async fn what_cannot_be_read_waits_in_quarantine() {
    let mut jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let good = wire::to_wire(&webhook([&text(&customer(1), "cut", now_s(), "cut in two")]));
    let truncated = good[..good.len() / 2].to_vec();
    let nested = format!("{}{}", r#"{"object":"#.to_owned() + &"[".repeat(10_000), "]".repeat(10_000) + "}");
    let odd: [&[u8]; 8] = [
        &truncated,
        nested.as_bytes(),
        br#"{"object":"page","entry":[{"id":"1","changes":[{"field":"feed","value":{}}]}]}"#,
        br#"{"object":"whatsapp_business_account","entry":[]}"#,
        br#"{"object":"whatsapp_business_account","entry":{"id":1}}"#,
        b"",
        b"\x00\xff\xfe not json",
        b"null",
    ];
    for (index, body) in odd.iter().enumerate() {
        assert_eq!(jetto.post_bytes(body).await, 200, "body {index}");
        takes_the_next(&jetto, &agent, &format!("odd body {index}")).await;
    }
    jetto.stop().await;
    assert_eq!(unclaimed(&jetto).await, [(None, 8)]);
}

#[tokio::test]
async fn nul_lone_surrogates_and_deep_values_disturb_no_neighbour() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let placed = |id: &str, body: &str| text(&customer(1), id, now_s(), body);
    let batch = [placed("nul", "NUL>"), placed("surrogate", "SUR>"), placed("deep", "DEEP"), placed("good", "good")];
    let body = String::from_utf8(wire::to_wire(&webhook(&batch))).unwrap();
    let body = body.replace("NUL>", r"a\u0000b").replace("SUR>", r"a\ud83d b \udc4d");
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let body = body.replace(r#""DEEP""#, &deep);
    assert_eq!(jetto.post_bytes(body.as_bytes()).await, 200);
    let log = agent.log().await;
    assert_eq!(log.len(), 4, "{log:?}");
    assert_eq!(log[3]["outcome"], "processed", "{log:?}");
    assert_eq!(log[0]["outcome"], "processed", "{log:?}");
    assert_eq!(log[1]["outcome"], "processed", "{log:?}");
    let conversation = agent.conversation().await;
    let words: Vec<String> = agent.words(&conversation).await.into_iter().map(|(_, words)| words).collect();
    assert!(words.contains(&"good".to_owned()), "{words:?}");
    assert!(words.iter().all(|words| !words.contains('\0')), "{words:?}");
    for entry in &log {
        let detail = agent.get(&format!("webhook-log/{}", entry["id"].as_str().unwrap())).await;
        assert!(detail["raw"].as_str().unwrap().len() > 100, "the body is kept");
    }
    takes_the_next(&jetto, &agent, "after odd letters").await;
}

#[tokio::test]
pub(crate) async fn an_item_that_lacks_what_it_needs_waits_with_its_body_and_can_be_replayed() {
    let mut jetto = Jetto::prepared().await;
    jetto.unmask(crate::harness::ORGANIZATION).await;
    jetto.start().await;
    let agent = jetto.owner().await;
    let mut nameless = text(&customer(1), "nameless", now_s(), "Who am I?");
    nameless.value["messages"][0].as_object_mut().unwrap().remove("id");
    jetto.post(&webhook([&nameless, &text(&customer(1), "named", now_s(), "I know")])).await;
    let log = agent.log().await;
    assert_eq!(log.iter().map(|entry| &entry["outcome"]).collect::<Vec<_>>(), ["quarantined", "processed"]);
    assert!(log[0]["error"].as_str().unwrap().contains("messages[0].id"), "{}", log[0]);
    assert_eq!(agent.all("webhook-log?outcome=quarantined").await, [log[0].clone()]);
    let path = format!("webhook-log/{}", log[0]["id"].as_str().unwrap());
    let detail = agent.get(&path).await;
    assert!(detail["raw"].as_str().unwrap().contains("Who am I?"));
    assert_eq!(detail["size"], detail["raw"].as_str().unwrap().len());
    let again = agent.post(&format!("{path}/replay"), &json!({})).await.expect(202).json();
    assert_eq!((&again["outcome"], &again["error"]), (&json!("stored"), &Value::Null));
    assert_eq!(agent.outcomes().await, ["quarantined", "processed"]);
    let processed = format!("webhook-log/{}/replay", log[1]["id"].as_str().unwrap());
    agent.post(&processed, &json!({})).await.expect(202);
    assert_eq!(agent.outcomes().await, ["quarantined", "duplicate"], "what is in the history stays one");
    let conversation = agent.conversation().await;
    assert_eq!(agent.history(&conversation).await.len(), 1);
}

#[tokio::test]
async fn a_thousand_changes_for_fifty_numbers_are_all_kept() {
    let mut jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let updates: Vec<Update> = (0..1_000)
        .map(|index| {
            let number = format!("2000000000000{:02}", 1 + index % 50);
            let line = Line { waba: WABA.into(), number: number.into(), display: "12025550100".into() };
            let sender = Sender { phone: Some(customer(index)), ..Sender::default() };
            let content = Content::Text { body: format!("message {index}") };
            Inbound::new(line, sender, format!("wamid.many{index}").into(), now_s(), content).update()
        })
        .collect();
    jetto.post(&wrap(&updates)).await;
    let ours = agent.log().await;
    assert_eq!(ours.len(), 20);
    assert!(ours.iter().all(|entry| entry["outcome"] == "processed"), "{ours:?}");
    takes_the_next(&jetto, &agent, "after a thousand").await;
    jetto.stop().await;
    let others = unclaimed(&jetto).await;
    assert_eq!(others.len(), 49);
    assert!(others.iter().all(|(number, count)| number.is_some() && *count == 20));
}

#[tokio::test]
pub(crate) async fn what_came_for_an_unknown_number_is_processed_once_it_is_connected() {
    let mut jetto = Jetto::empty(loadtest::simulator::SimulatorConfig::default());
    jetto.create_organization(ORGANIZATION, crate::harness::OWNER).await;
    jetto.start().await;
    let agent = jetto.owner().await;
    jetto.post(&webhook([&text(&customer(1), "early", now_s(), "Is anybody there?")])).await;
    assert_eq!(agent.get("conversations").await["items"], Value::Array(Vec::new()));
    jetto.stop().await;
    let doctor = String::from_utf8(jetto.run(&["doctor"], "").await.stdout).unwrap();
    let advice = format!("1 webhook items wait for a number that nobody has connected: {}", crate::harness::NUMBER);
    assert!(doctor.contains(&advice) && doctor.contains("connect-number"), "{doctor}");
    assert!(!doctor.contains("name no number"), "{doctor}");
    jetto.connect(ORGANIZATION, crate::harness::NUMBER, TOKEN).await;
    jetto.start().await;
    let conversation = agent.conversation().await;
    assert_eq!(agent.words(&conversation).await, [("in".to_owned(), "Is anybody there?".to_owned())]);
    assert_eq!(agent.outcomes().await, ["processed"]);
}

#[tokio::test]
async fn the_doctor_notes_what_could_not_be_read_and_asks_for_nothing() {
    let mut jetto = Jetto::running().await;
    assert_eq!(jetto.post_bytes(b"null").await, 200);
    jetto.stop().await;
    let output = jetto.run(&["doctor"], "").await;
    let doctor = String::from_utf8(output.stdout).unwrap();
    assert!(doctor.contains("note    1 signed webhook items name no number"), "{doctor}");
    assert!(!doctor.contains("connect-number") && output.status.code() == Some(0), "{doctor}");
}

#[tokio::test]
async fn an_unknown_field_type_or_value_fails_no_batch() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let mut novel = text(&customer(1), "novel", now_s(), "x");
    novel.value["messages"][0]["type"] = json!("hologram");
    novel.value["messages"][0]["hologram"] = json!({"id": 7});
    let mut status = crate::harness::status(&crate::harness::wamid("s"), loadtest::payload::State::Sent, now_s());
    status.value["statuses"][0]["status"] = json!("teleported");
    let mut field = text(&customer(1), "field", now_s(), "x");
    field.field = "telepathy".to_owned();
    let good = text(&customer(1), "good", now_s(), "good");
    jetto.post(&webhook([&novel, &status, &field, &good])).await;
    assert_eq!(agent.outcomes().await, ["processed"; 4]);
    let conversation = agent.conversation().await;
    let history = agent.history(&conversation).await;
    let mut kinds: Vec<_> = history.iter().map(|message| message["content"]["type"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["text", "unsupported"]);
}
