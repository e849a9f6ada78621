//! What people wrote is in no file that Jetto keeps, in no spelling that a search on a stolen disk would try.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use loadtest::payload::{Content, Inbound, Line, Phone, Sender, State, Wamid};
use loadtest::simulator::Specimen;
use memchr::memmem;
use serde_json::{Value, json};

use crate::harness::{
    Agent, Jetto, NUMBER, ORGANIZATION, OWNER, PASSWORD, TOKEN, WABA, eventually, holds, now_s, signed, spellings,
    status, webhook,
};

const BODY: &str = "My test came back positive, please call";
const REPLY: &str = "We will call you before seven tonight";
const NAME: &str = "Philippa Featherstonehaugh";
const PHONE: &str = "12025550147";
const WAMID: &str = "HBgLMTIwMjU1NTAxNDcVAgASGBQzQTlFRjA3";
const CAPTION: &str = "The letter of your physician";
const FILENAME: &str = "diagnosis-featherstonehaugh.pdf";
const CONTENT: &str = "%PDF-1.4 a letter about nobody else";
const ODD: &str = "a message that nobody can read yet";
const STRAY: &str = "a message for a number of nobody";

fn says(number: &str, id: &str, body: &str) -> loadtest::payload::Update {
    let line = Line { waba: WABA.into(), number: number.into(), display: "12025550100".into() };
    let sender = Sender { name: Some(NAME.into()), phone: Some(Phone::from(PHONE)), ..Sender::default() };
    let id = Wamid::from(format!("wamid.{id}"));
    Inbound::new(line, sender, id, now_s(), Content::Text { body: body.into() }).update()
}

/// Every file under the folder, with its bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.clone(), fs::read(&path).unwrap()));
        }
    }
    found
}

/// In, out, files both ways, what is odd, what is nobody's and what waits; answers what must not be found.
async fn journey(jetto: &Jetto, agent: &Agent) -> Vec<String> {
    jetto.post(&webhook([&says(NUMBER, WAMID, BODY)])).await;
    jetto.post(&webhook([&says("200000000000999", "stray", STRAY)])).await;
    let mut odd = webhook([&says(NUMBER, "odd", ODD)]);
    odd["entry"][0]["changes"][0]["value"]["messages"][0].as_object_mut().unwrap().remove("id");
    jetto.post(&odd).await;
    jetto.post(&webhook([&status(&Wamid::from("wamid.canary-that-waits"), State::Read, now_s())])).await;
    assert_eq!(signed(jetto.url(), BODY.as_bytes(), "sha256=00").await, 401);

    jetto
        .customer_says(Content::Image { media: jetto.meta.received_file(Specimen::Image), caption: Some(BODY.into()) });
    let ours = |conversation: &&Value| conversation["contact"]["name"] != NAME;
    let conversation = eventually("the customer with the picture", async || {
        agent.all("conversations").await.iter().find(ours).cloned()
    })
    .await;
    let id = conversation["id"].as_str().unwrap();
    let picture = eventually("the picture", async || {
        let media = agent.history(id).await[0]["content"]["media"].clone();
        (media["state"] == "ready").then_some(media)
    })
    .await;
    let upload = agent.upload("application/pdf", FILENAME, CONTENT.as_bytes()).await;
    let content = json!({"type": "media", "media_id": upload["id"], "caption": CAPTION});
    let sent = agent.send(id, "file", &json!({"content": content})).await.expect(202).json();
    let reply = agent.reply(id, "text", REPLY).await;
    for message in [&sent, &reply] {
        agent.delivered(id, message["id"].as_str().unwrap(), &["read"]).await;
    }
    let log = agent.log().await;
    assert!(log.iter().any(|entry| entry["outcome"] == "quarantined"), "{log:?}");

    let reply = agent.message(id, reply["id"].as_str().unwrap()).await;
    let path = format!("media/{}", picture["id"].as_str().unwrap());
    let picture = agent.read(&path).await.expect(200).body;
    // From the middle: its beginning is the same in every PNG.
    let pixels = picture.slice(picture.len() / 2..picture.len() / 2 + 24);
    assert!(files(&jetto.data()).iter().all(|(_, bytes)| memmem::find(bytes, &pixels).is_none()), "the picture");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let known = [
        text(&conversation["contact"]["name"]),
        text(&conversation["contact"]["phone"]).trim_start_matches('+').to_owned(),
        text(&conversation["contact"]["bsuid"]),
        text(&reply["wamid"]),
    ];
    let canaries =
        [BODY, REPLY, NAME, PHONE, WAMID, CAPTION, FILENAME, CONTENT, ODD, STRAY, TOKEN, PASSWORD, OWNER, ORGANIZATION];
    canaries.into_iter().chain(["canary-that-waits"]).map(str::to_owned).chain(known).collect()
}

#[tokio::test]
async fn no_file_and_no_log_holds_what_people_wrote() {
    let mut jetto = Jetto::prepared().await;
    jetto.start().await;
    let agent = jetto.owner().await;
    let canaries = journey(&jetto, &agent).await;
    let running = files(&jetto.data());
    assert!(
        running.iter().any(|(path, bytes)| path.ends_with("jetto.db-wal") && bytes.len() > 4096),
        "a log to look at"
    );
    assert!(jetto.stop().await.success());
    let log = (PathBuf::from("the log"), jetto.log().into_bytes());
    for (path, bytes) in running.iter().chain(&files(&jetto.data())).chain([&log]) {
        for canary in &canaries {
            assert!(!holds(bytes, canary), "{} holds {canary:?}", path.display());
        }
    }
    let database = running.iter().find(|(path, _)| path.ends_with("jetto.db-wal")).unwrap();
    assert!(holds(&database.1, NUMBER), "Meta's id of the number is nobody's secret, and shows that the search works");
    // The twin: the same search over the same words, where they were not sealed.
    let plain = tempfile::tempdir().unwrap();
    for (n, canary) in canaries.iter().enumerate() {
        for (m, spelling) in spellings(canary).into_iter().enumerate() {
            let bytes = [b"SQLite format 3\0".as_slice(), &spelling, b"\0after"].concat();
            fs::write(plain.path().join(format!("{n}-{m}")), bytes).unwrap();
        }
        let base64 = STANDARD.encode(format!("..{canary}.."));
        fs::write(plain.path().join(format!("{n}-base64")), base64).unwrap();
        let named = |path: &Path| path.file_name().unwrap().to_str().unwrap().starts_with(&format!("{n}-"));
        let found = files(plain.path()).into_iter().filter(|(path, _)| named(path));
        assert!(found.into_iter().all(|(_, bytes)| holds(&bytes, canary)), "{canary:?} is not found where it is");
    }
}

#[tokio::test]
async fn keys_are_rotated_while_the_server_is_stopped_and_everything_is_still_there() {
    let mut jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    jetto.customer_writes("Is it still there?");
    let conversation = agent.conversation().await;
    let upload = agent.upload("application/pdf", FILENAME, CONTENT.as_bytes()).await;
    let content = json!({"type": "media", "media_id": upload["id"], "caption": null});
    let sent = agent.send(&conversation, "file", &json!({"content": content})).await.expect(202).json();
    agent.delivered(&conversation, sent["id"].as_str().unwrap(), &["read"]).await;
    let before = agent.history(&conversation).await;
    let refused = jetto.run(&["keys", "rotate"], "").await;
    assert!(String::from_utf8(refused.stderr).unwrap().contains("in use by another jetto"));
    assert!(jetto.stop().await.success());
    let key = || fs::read_to_string(jetto.data().join("keyring/root.key")).unwrap();
    let database = || fs::read(jetto.data().join("jetto.db")).unwrap();
    let (old, rows) = (key(), database());
    let rotated = jetto.run(&["keys", "rotate"], "").await;
    assert!(rotated.status.success() && key() != old, "{rotated:?}");
    assert_eq!(database(), rows, "a new root key leaves the data as they are");
    let resealed = jetto.run(&["keys", "rotate", "--data"], "").await;
    assert!(String::from_utf8(resealed.stdout).unwrap().contains(" and 1 files are sealed by new keys"));
    jetto.start().await;
    let agent = jetto.owner().await;
    assert_eq!(agent.history(&conversation).await, before);
    let file = agent.read(&format!("media/{}", upload["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(file.body, CONTENT);
    jetto.customer_writes("And this?");
    eventually("the same conversation goes on", async || {
        (agent.history(&conversation).await.len() == before.len() + 1).then_some(())
    })
    .await;
    assert_eq!(agent.all("conversations").await.len(), 1, "the customer is still known by the same keyed hash");
}

#[tokio::test]
async fn another_keyring_stops_the_start_with_one_line() {
    let (mut jetto, other) = (Jetto::prepared().await, Jetto::prepared().await);
    let elsewhere = other.data().join("keyring");
    jetto.set("JETTO_KEYRING_DIR", elsewhere.to_str().unwrap());
    let output = jetto.run(&["serve"], "").await;
    let text = String::from_utf8(output.stderr).unwrap();
    let line = text.lines().find(|line| line.contains("put the right keyring there"));
    assert!(!output.status.success() && line.is_some(), "{text}");
    assert_eq!(text.lines().filter(|line| !line.contains(" INFO ")).count(), 1, "{text}");
    jetto.unset("JETTO_KEYRING_DIR");
    jetto.connect(ORGANIZATION, NUMBER, TOKEN).await;
}
