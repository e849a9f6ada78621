//! Files both ways.

use loadtest::payload::Content;
use loadtest::simulator::{Faults, Specimen};
use reqwest::Method;
use reqwest::header::RANGE;
use serde_json::json;

use crate::harness::{Agent, Answer, Jetto, eventually};

async fn download(agent: &Agent, media: &str, range: &str) -> Answer {
    let request = agent.request(Method::GET, &format!("media/{media}"));
    Answer::to(if range.is_empty() { request } else { request.header(RANGE, range) }).await
}

#[tokio::test]
pub(crate) async fn a_picture_shows_a_placeholder_and_then_its_bytes() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let mut live = agent.live(None).await;
    jetto.meta.set_faults(Faults { delay_ms: 0, ..Faults::default() });
    let file = jetto.meta.received_file(Specimen::Image);
    jetto.customer_says(Content::Image { media: file.clone(), caption: Some("This one".into()) });
    let added = live.until("the placeholder", |frame| frame["message"]["content"]["type"] == "image").await;
    assert_eq!(added["type"], "message_added");
    assert_eq!(added["message"]["content"]["media"]["state"], "pending");
    assert_eq!(added["message"]["content"]["caption"], "This one");
    let ready = |frame: &serde_json::Value| frame["message"]["content"]["media"]["state"] == "ready";
    let changed = live.until("the picture", ready).await;
    assert_eq!(changed["type"], "message_changed");
    let media = &changed["message"]["content"]["media"];
    let id = media["id"].as_str().unwrap();

    let whole = download(&agent, id, "").await.expect(200);
    assert_eq!(whole.header("content-type"), "image/png");
    assert_eq!(whole.body.len() as u64, media["size"].as_u64().unwrap());
    assert_eq!(sha256_of(&whole.body), file.sha256);
    let part = download(&agent, id, "bytes=10-19").await.expect(206);
    assert_eq!(part.body, whole.body.slice(10..20));
    assert_eq!(part.header("content-range"), format!("bytes 10-19/{}", whole.body.len()));
    let tail = download(&agent, id, "bytes=-7").await.expect(206);
    assert_eq!(tail.body, whole.body.slice(whole.body.len() - 7..));
    assert_eq!(whole.header("content-security-policy"), "sandbox; default-src 'none'");
}

/// As webhooks state it.
fn sha256_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    use sha2::Digest as _;
    base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(bytes))
}

#[tokio::test]
pub(crate) async fn every_kind_of_file_arrives_with_its_name_and_type() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let file = |specimen| jetto.meta.received_file(specimen);
    jetto.customer_says(Content::Audio { media: file(Specimen::Voice), voice: true });
    jetto.customer_says(Content::Document {
        media: file(Specimen::Document),
        filename: "Rechnung für März.pdf".into(),
        caption: None,
    });
    jetto.customer_says(Content::Sticker { media: file(Specimen::Sticker), animated: false });
    let conversation = agent.conversation().await;
    let history = eventually("three files", async || {
        let history = agent.history(&conversation).await;
        let ready = history.iter().filter(|message| message["content"]["media"]["state"] == "ready").count();
        (ready == 3).then_some(history)
    })
    .await;
    let of = |kind: &str| history.iter().find(|message| message["content"]["type"] == kind).unwrap()["content"].clone();
    assert_eq!(of("audio")["voice"], true);
    assert_eq!(of("sticker")["animated"], false);
    assert_eq!(of("document")["media"]["filename"], "Rechnung für März.pdf");
    let served = download(&agent, of("document")["media"]["id"].as_str().unwrap(), "").await.expect(200);
    assert!(served.header("content-disposition").contains("attachment; filename*=UTF-8''Rechnung%20f%C3%BCr"));
    let voice = download(&agent, of("audio")["media"]["id"].as_str().unwrap(), "").await.expect(200);
    assert_eq!(voice.header("content-type"), "audio/ogg");
}

#[tokio::test]
async fn a_file_that_meta_has_lost_does_not_hold_up_its_message() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    jetto.meta.set_faults(Faults { media_missing_percent: 100.0, ..Faults::default() });
    let media = jetto.meta.received_file(Specimen::Image);
    jetto.customer_says(Content::Image { media, caption: None });
    jetto.customer_writes("Did you get the picture?");
    let conversation = agent.conversation().await;
    let history = eventually("both messages", async || {
        let history = agent.history(&conversation).await;
        (history.len() == 2).then_some(history)
    })
    .await;
    let image = history.iter().find(|message| message["content"]["type"] == "image").unwrap();
    let media = &image["content"]["media"];
    assert_ne!(media["state"], "ready");
    let answer = download(&agent, media["id"].as_str().unwrap(), "").await.expect(404);
    assert_eq!(answer.problem(), "not_ready");
}

#[tokio::test]
pub(crate) async fn an_upload_is_sent_to_the_customer() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    jetto.customer_writes("Send me the list");
    let conversation = agent.conversation().await;
    let bytes = b"%PDF-1.4 a price list".as_slice();
    let media = agent.upload("application/pdf", "Preisliste%20%C3%84.pdf", bytes).await;
    assert_eq!((&media["state"], &media["filename"]), (&json!("ready"), &json!("Preisliste Ä.pdf")));
    let content = json!({"type": "media", "media_id": media["id"], "caption": "As you wished"});
    let sent = agent.send(&conversation, "file", &json!({"content": content})).await.expect(202).json();
    assert_eq!(sent["content"]["type"], "document");
    agent.delivered(&conversation, sent["id"].as_str().unwrap(), &["read"]).await;
    let ledger = jetto.meta.ledger();
    assert_eq!((ledger.len(), ledger[0].kind.as_str()), (1, "document"));
    assert_eq!(ledger[0].text.as_deref(), Some("As you wished"));
    assert_eq!(download(&agent, media["id"].as_str().unwrap(), "").await.expect(200).body, bytes);

    let voice = agent.upload("audio/ogg", "note.ogg", b"OggS").await;
    let content = json!({"type": "media", "media_id": voice["id"], "caption": null});
    let note = agent.send(&conversation, "voice", &json!({"content": content})).await.expect(202).json();
    assert_eq!((&note["content"]["type"], &note["content"]["voice"]), (&json!("audio"), &json!(true)));
    agent.delivered(&conversation, note["id"].as_str().unwrap(), &["played"]).await;
}

#[tokio::test]
async fn what_whatsapp_does_not_take_is_refused_at_the_upload() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let upload = async |mime: &str, bytes: Vec<u8>| {
        let request = agent.request(Method::POST, "media").header("content-type", mime);
        Answer::to(request.body(bytes)).await
    };
    assert_eq!(upload("text/html", b"<script>".to_vec()).await.expect(422).problem(), "invalid");
    assert_eq!(upload("image/png", Vec::new()).await.expect(422).problem(), "invalid");
    assert_eq!(upload("image/png", vec![0; (5 << 20) + 1]).await.expect(413).problem(), "too_large");
    upload("image/png", vec![0; 5 << 20]).await.expect(201);
}
