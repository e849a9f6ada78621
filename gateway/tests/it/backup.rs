//! Backup beside a running server, and what a restore of it has.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;

use loadtest::payload::Content;
use loadtest::simulator::Specimen;
use serde_json::json;

use crate::crash::{count, everything_said, words_of};
use crate::harness::{Jetto, SECRET, customer, eventually, now_s, text, webhook};

const PASSPHRASE: &str = "the cat sat on the keyring";
const CUSTOMERS: u64 = 8;

/// Webhooks before the backup, and again while it is made.
const WEBHOOKS: usize = 300;

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

pub(crate) async fn succeeds(jetto: &Jetto, arguments: &[&str]) -> String {
    let output = jetto.run(arguments, "").await;
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    said(&output)
}

/// The one line of a refusal.
pub(crate) async fn refused(jetto: &Jetto, arguments: &[&str]) -> String {
    let output = jetto.run(arguments, "").await;
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {output:?}");
    assert!(output.stdout.is_empty(), "{output:?}");
    said(&output)
}

struct Places {
    backup: String,
    keys: String,
    passphrase: String,
}

impl Places {
    fn of(jetto: &Jetto) -> Self {
        let place = |name: &str| jetto.path().join(name).to_str().unwrap().to_owned();
        let places = Self { backup: place("backup"), keys: place("keys.backup"), passphrase: place("passphrase") };
        std::fs::write(&places.passphrase, format!("{PASSPHRASE}\n")).unwrap();
        places
    }

    async fn back_up(&self, jetto: &Jetto) {
        succeeds(jetto, &["backup", "--to", &self.backup]).await;
        succeeds(jetto, &["keys", "backup", "--to", &self.keys, "--passphrase-file", &self.passphrase]).await;
    }

    fn restore(&self) -> [&str; 7] {
        ["restore", "--from", &self.backup, "--keys", &self.keys, "--passphrase-file", &self.passphrase]
    }
}

pub(crate) fn files(dir: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { files.extend(self::files(&entry)) } else { files.push(entry) }
    }
    files
}

#[tokio::test]
async fn a_backup_under_load_restores_everything_that_was_answered_before_it_began() {
    let mut jetto = Jetto::running().await;
    let places = Places::of(&jetto);
    let file = jetto.meta.received_file(Specimen::Image);
    jetto.customer_says(Content::Image { media: file, caption: None });
    let owner = jetto.owner().await;
    let picture = owner.conversation().await;
    let path = eventually("the picture is here", async || {
        let history = owner.history(&picture).await;
        history[0].pointer("/content/media/id").filter(|_| history[0]["content"]["media"]["state"] == "ready").cloned()
    });
    let path = format!("media/{}", path.await.as_str().unwrap());
    let bytes = owner.read(&path).await.expect(200).body;

    let (url, client) = (jetto.url().to_owned(), reqwest::Client::builder().no_proxy().build().unwrap());
    let taken: Mutex<Vec<String>> = Mutex::default();
    let hooks = async {
        for index in 0.. {
            let words = format!("hook {index}");
            let body = webhook([&text(&customer(index % CUSTOMERS), &words.replace(' ', "-"), now_s(), &words)]);
            let body = loadtest::payload::wire::to_wire(&body);
            let signature = loadtest::payload::wire::signature(SECRET, &body);
            let request = client.post(format!("{url}/webhooks/whatsapp")).header("X-Hub-Signature-256", signature);
            let status = request.body(body).send().await.unwrap().status();
            assert!(status == 200 || status == 503, "{status}");
            if status == 200 {
                taken.lock().unwrap().push(words);
            }
        }
    };
    let so_far = || taken.lock().unwrap().len();
    let reach = async |count: usize| eventually("so many are taken", async || (so_far() >= count).then_some(())).await;
    let backup = async {
        reach(WEBHOOKS).await;
        let before = taken.lock().unwrap().clone();
        places.back_up(&jetto).await;
        let during = so_far();
        reach(during + WEBHOOKS).await;
        before
    };
    let before = tokio::select! {
        () = hooks => unreachable!("they go on"),
        before = backup => before,
    };
    let made = owner.log().await.len();
    jetto.kill().await;

    jetto.moves_to("restored");
    let told = succeeds(&jetto, &places.restore()).await;
    assert!(told.contains("are as they were written"), "{told}");
    jetto.start().await;
    let owner = jetto.owner().await;
    owner.log().await;
    let said = everything_said(&owner).await;
    let counts = count(said.iter().map(words_of));
    for words in &before {
        assert_eq!(counts.get(words), Some(&1), "{words} is there once");
    }
    assert!(counts.iter().all(|(words, times)| words.is_empty() || *times == 1), "{counts:?}");
    assert!(said.len() < made, "what came after the backup is not in it");
    assert_eq!(owner.read(&path).await.expect(200).body, bytes);
    let mut live = owner.live(Some(0)).await;
    let events = live.up_to(live.head).await;
    let added = count(
        events.iter().filter(|event| event["type"] == "message_added").map(|event| event["message"]["id"].to_string()),
    );
    assert_eq!(added.len(), said.len());
    let log = owner.all("audit?action=backup.").await;
    assert_eq!(log.iter().map(|entry| &entry["action"]).collect::<Vec<_>>(), ["backup.restored"], "{log:?}");
    assert!(jetto.stop().await.success());
    assert!(succeeds(&jetto, &["audit", "verify"]).await.contains("are as they were written"));
}

#[tokio::test]
async fn what_waited_to_be_sent_when_the_backup_was_made_is_not_sent_by_a_restored_server() {
    let mut jetto = Jetto::prepared().await;
    let places = Places::of(&jetto);
    // Nobody answers there.
    jetto.set("JETTO_META__GRAPH_URL", "http://127.0.0.1:1");
    jetto.start().await;
    jetto.customer_writes("Hello");
    let owner = jetto.owner().await;
    let conversation = owner.conversation().await;
    let reply = owner.reply(&conversation, "a", "How can we help?").await;
    places.back_up(&jetto).await;
    assert_eq!(owner.message(&conversation, reply["id"].as_str().unwrap()).await["delivery"]["state"], "queued");
    assert!(jetto.stop().await.success());
    jetto.moves_to("restored");
    let told = succeeds(&jetto, &places.restore()).await;
    assert!(told.contains("1 messages waited to be sent"), "{told}");
    let there = jetto.meta.url().to_owned();
    jetto.set("JETTO_META__GRAPH_URL", &there);
    jetto.start().await;
    jetto.owner().await.delivered(&conversation, reply["id"].as_str().unwrap(), &["unknown"]).await;
    assert!(jetto.meta.ledger().is_empty());
}

#[tokio::test]
async fn the_log_of_every_organization_tells_of_a_backup() {
    let mut jetto = Jetto::running().await;
    let places = Places::of(&jetto);
    places.back_up(&jetto).await;
    jetto.restart().await;
    let owner = jetto.owner().await;
    let log = eventually("the backup is told", async || owner.all("audit?action=backup.made").await.first().cloned());
    assert_eq!(log.await["actor"]["kind"], json!("system"));
    assert_eq!(std::fs::read_dir(jetto.data().join("notes")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_changed_byte_anywhere_is_refused_and_nothing_is_restored() {
    let mut jetto = Jetto::running().await;
    let places = Places::of(&jetto);
    let owner = jetto.owner().await;
    owner.upload("text/plain", "note.txt", b"of an agent").await;
    places.back_up(&jetto).await;
    assert!(jetto.stop().await.success());
    jetto.moves_to("restored");
    let files = files(Path::new(&places.backup));
    assert!(files.len() >= 5, "{files:?}");
    for file in files.iter().chain([&PathBuf::from(&places.keys)]) {
        let kept = std::fs::read(file).unwrap();
        for place in [0, kept.len() / 2, kept.len() - 2] {
            let mut bytes = kept.clone();
            bytes[place] ^= 1;
            std::fs::write(file, bytes).unwrap();
            let line = refused(&jetto, &places.restore()).await;
            assert!(line.starts_with("jetto: Nothing was restored: "), "{line}");
            assert_eq!(line.lines().count(), 1, "{line}");
            let left: Vec<_> = self::files(&jetto.data());
            assert_eq!(left, [jetto.data().join("lock")].into_iter().filter(|lock| lock.exists()).collect::<Vec<_>>());
        }
        std::fs::write(file, kept).unwrap();
    }
    succeeds(&jetto, &places.restore()).await;
    jetto.start().await;
    jetto.owner().await;
}

#[tokio::test]
async fn a_full_disk_or_a_kill_half_way_leaves_nothing_that_looks_like_a_backup() {
    let mut jetto = Jetto::running().await;
    let places = Places::of(&jetto);
    let backup = Path::new(&places.backup);
    let unfinished = backup.with_file_name("backup.unfinished");
    let arguments = ["backup", "--to", &places.backup];
    // No file may be longer than 64 KiB: the write fails as it does on a full disk …
    let output = jetto.run_within("ulimit -f 128; trap '' XFSZ", &arguments, "").await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(said(&output).contains("No backup was made: "), "{output:?}");
    assert!(!backup.exists() && !unfinished.exists());
    // … or the kernel ends the process in the middle of it.
    let output = jetto.run_within("ulimit -f 128; ulimit -c 0", &arguments, "").await;
    assert_eq!(output.status.code(), None, "{output:?}");
    assert!(!backup.exists() && unfinished.exists());
    let half = unfinished.to_str().unwrap();
    let data = jetto.data();
    jetto.moves_to("restored");
    let line = refused(&jetto, &["restore", "--from", half]).await;
    assert!(line.contains("not complete"), "{line}");
    jetto.set("JETTO_DATA_DIR", data.to_str().unwrap());
    places.back_up(&jetto).await;
    assert!(backup.exists() && !unfinished.exists());
    assert!(refused(&jetto, &arguments).await.contains("already"));
    jetto.moves_to("restored");
    assert!(jetto.stop().await.success());
    succeeds(&jetto, &places.restore()).await;
}

#[tokio::test]
async fn a_restore_wants_an_empty_directory_and_the_right_keys_and_can_be_cut_short() {
    let mut jetto = Jetto::running().await;
    let places = Places::of(&jetto);
    places.back_up(&jetto).await;
    assert!(jetto.stop().await.success());
    let line = refused(&jetto, &places.restore()).await;
    assert!(line.contains("has data already"), "{line}");
    jetto.moves_to("restored");
    let line = refused(&jetto, &places.restore()[..3]).await;
    assert!(line.contains("root.key is missing") && line.contains("--keys FILE"), "{line}");
    std::fs::write(&places.passphrase, "a passphrase that is wrong").unwrap();
    let line = refused(&jetto, &places.restore()).await;
    assert!(line.contains("another one than this was sealed by"), "{line}");
    std::fs::write(&places.passphrase, PASSPHRASE).unwrap();
    let output = jetto.run_within("ulimit -f 128; ulimit -c 0", &places.restore(), "").await;
    assert_eq!(output.status.code(), None, "{output:?}");
    let line = refused(&jetto, &["serve"]).await;
    assert!(line.contains("was cut short; run it again"), "{line}");
    succeeds(&jetto, &places.restore()).await;
    jetto.start().await;
    jetto.owner().await;
}
