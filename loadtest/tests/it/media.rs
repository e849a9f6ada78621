use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use loadtest::payload::Content;
use loadtest::simulator::{Faults, Simulator, SimulatorConfig, Specimen};
use serde_json::{Value, json};

use crate::receiver::Receiver;
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

/// Answers every request with this, whatever is asked, and counts them.
fn file_server(status: &'static str, mime: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/file", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let read = stream.read(&mut [0; 4_096]).unwrap();
            assert!(read > 0);
            counted.fetch_add(1, Ordering::SeqCst);
            let head = format!("HTTP/1.1 {status}\r\nContent-Type: {mime}\r\nContent-Length: 4\r\nConnection: close");
            stream.write_all(format!("{head}\r\n\r\nfile").as_bytes()).unwrap();
        }
    });
    (url, asked)
}

fn by_link(kind: &str, url: &str) -> Value {
    json!({"messaging_product": "whatsapp", "to": customer(), "type": kind, kind: {"link": url}})
}

#[tokio::test]
async fn a_link_is_fetched_once_in_ten_minutes() {
    let simulator = with_open_window(SimulatorConfig::default());
    let mut receiver = Receiver::of(&simulator);
    let (url, asked) = file_server("200 OK", "image/png");
    for _ in 0..3 {
        assert_eq!(send(&simulator, &by_link("image", &url)).await.0, 200);
        receiver.status("read").await;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    send(&simulator, &by_link("image", &format!("{url}?v=2"))).await;
    assert_eq!(asked.load(Ordering::SeqCst), 2, "another query is another address");
    simulator.advance(Duration::from_mins(10));
    send(&simulator, &by_link("image", &url)).await;
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_link_without_a_file_is_accepted_and_then_fails_with_131053() {
    let simulator = with_open_window(SimulatorConfig::default());
    let mut receiver = Receiver::of(&simulator);
    let (missing, asked) = file_server("404 Not Found", "text/html");
    let (picture, _) = file_server("200 OK", "image/png");
    for body in [by_link("image", &missing), by_link("image", &missing), by_link("video", &picture)] {
        assert_eq!(send(&simulator, &body).await.0, 200);
        assert_eq!(receiver.status("failed").await["statuses"][0]["errors"][0]["code"], 131_053, "{body}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2, "what failed is not remembered");
    let far = by_link("image", "http://192.0.2.1/picture.png");
    assert_eq!(send(&simulator, &far).await.0, 200);
    receiver.status("delivered").await;
}
