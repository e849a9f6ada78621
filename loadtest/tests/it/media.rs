use std::time::Duration;

use loadtest::payload::Content;
use loadtest::simulator::{Faults, Simulator, SimulatorConfig, Specimen};
use serde_json::{Value, json};

use crate::{TOKEN, client, customer, get, number, send, with_open_window};

async fn upload(simulator: &Simulator, mime: &str, bytes: Vec<u8>) -> (u16, Value) {
    let part = reqwest::multipart::Part::bytes(bytes).file_name("file").mime_str(mime).unwrap();
    let form = reqwest::multipart::Form::new().text("messaging_product", "whatsapp").text("type", mime.to_owned());
    let url = format!("{}/v26.0/{}/media", simulator.url(), number());
    let answer = client().post(url).bearer_auth(TOKEN).multipart(form.part("file", part)).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

async fn download(url: &str, token: &str) -> (u16, Vec<u8>) {
    let answer = client().get(url).bearer_auth(token).send().await.unwrap();
    (answer.status().as_u16(), answer.bytes().await.unwrap().to_vec())
}

#[tokio::test]
async fn a_file_goes_up_is_described_comes_down_and_is_deleted() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let (status, answer) = upload(&simulator, "image/png", b"picture".to_vec()).await;
    assert_eq!(status, 200);
    let path = format!("v26.0/{}", answer["id"].as_str().unwrap());
    let (_, described) = get(&simulator, &path).await;
    assert_eq!(described["mime_type"], "image/png");
    assert_eq!(described["file_size"], "7");
    let file = download(described["url"].as_str().unwrap(), TOKEN).await;
    assert_eq!(file, (200, b"picture".to_vec()));
    let delete = client().delete(format!("{}/{path}", simulator.url())).bearer_auth(TOKEN).send().await.unwrap();
    assert_eq!(delete.json::<Value>().await.unwrap(), json!({"success": true}));
    assert_eq!(get(&simulator, &path).await.0, 400);
}

#[tokio::test]
async fn an_address_needs_the_token_and_lives_five_minutes() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let media = simulator.received_file(Specimen::Image);
    let url = media.url.clone().unwrap();
    assert_eq!(download(&url, "another-token").await.0, 401);
    let (status, bytes) = download(&url, TOKEN).await;
    assert_eq!(status, 200);
    assert!(bytes.starts_with(b"\x89PNG"));
    simulator.advance(Duration::from_secs(301));
    assert_eq!(download(&url, TOKEN).await.0, 404);
    let (_, described) = get(&simulator, &format!("v26.0/{}", media.id)).await;
    assert_eq!(download(described["url"].as_str().unwrap(), TOKEN).await.0, 200, "a fresh address works");
    simulator.advance(Duration::from_hours(7 * 24));
    assert_eq!(get(&simulator, &format!("v26.0/{}", media.id)).await.0, 400, "a received id lives seven days");
}

#[tokio::test]
async fn a_switch_makes_downloads_disappear() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    let url = simulator.received_file(Specimen::Voice).url.unwrap();
    simulator.set_faults(Faults { media_missing_percent: 100.0, ..Faults::default() });
    assert_eq!(download(&url, TOKEN).await.0, 404);
}

#[tokio::test]
async fn a_wrong_type_is_131053_at_upload_and_at_send() {
    let simulator = with_open_window(SimulatorConfig::default());
    let (status, answer) = upload(&simulator, "application/zip", b"x".to_vec()).await;
    assert_eq!((status, answer["error"]["code"].as_u64()), (400, Some(131_053)));
    let id = upload(&simulator, "image/png", b"x".to_vec()).await.1["id"].clone();
    let as_kind = |kind: &str| {
        let to = customer();
        json!({"messaging_product": "whatsapp", "to": to, "type": kind, kind: {"id": id}})
    };
    assert_eq!(send(&simulator, &as_kind("image")).await.0, 200);
    assert_eq!(send(&simulator, &as_kind("document")).await.0, 200);
    assert_eq!(send(&simulator, &as_kind("video")).await.1["error"]["code"], 131_053);
}

#[tokio::test]
async fn every_specimen_can_be_said_and_fetched() {
    let simulator = Simulator::start(SimulatorConfig::default()).unwrap();
    for (specimen, magic) in [
        (Specimen::Image, b"\x89PNG".as_slice()),
        (Specimen::Voice, b"OggS"),
        (Specimen::Document, b"%PDF"),
        (Specimen::Sticker, b"RIFF"),
    ] {
        let media = simulator.received_file(specimen);
        let (_, bytes) = download(media.url.as_deref().unwrap(), TOKEN).await;
        assert!(bytes.starts_with(magic), "{specimen:?}");
        let content = Content::Document { media, filename: "file".into(), caption: None };
        simulator.customer_says(&number(), &customer(), content).unwrap();
    }
}
