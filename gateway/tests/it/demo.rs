//! `jetto demo`: a broadcast is under way soon after the page answers, and another start goes on with it.

use std::path::Path;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use crate::harness::{Agent, DEADLINE, betrayed, eventually, plant};

/// For the broadcast: eight seconds of it.
const PEOPLE: &str = "640";

struct Demo {
    child: Child,
    url: String,
}

impl Demo {
    async fn start(place: &Path) -> Self {
        let log = std::fs::File::options().create(true).append(true).open(place.join("demo.log")).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_jetto"))
            .args(["demo", "--port", "0", "--broadcast", PEOPLE, "--data-dir"])
            .arg(place.join("data"))
            .env_clear()
            .env("JETTO_LOG", "debug,gateway=trace,actors=trace,storage=trace,engine=trace")
            .kill_on_drop(true)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = timeout(DEADLINE, lines.next_line()).await.expect("the demo starts").unwrap().unwrap();
        Self { child, url: line.strip_prefix("listening on ").unwrap().to_owned() }
    }

    /// As somebody of the main organization.
    async fn enter(&self, role: &str) -> Agent {
        let stranger = Agent::stranger(&self.url);
        let door = stranger.get("demo").await;
        let person = door["people"].as_array().unwrap().iter().find(|person| person["role"] == role).unwrap();
        let answer = stranger.post("demo/sessions", &json!({"member_id": person["member_id"]})).await.expect(201);
        stranger.entered(&answer)
    }

    async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }
}

async fn broadcasts(agent: &Agent) -> Vec<Value> {
    agent.get("campaigns").await["items"].as_array().unwrap().clone()
}

/// Its figures, once they are as wanted.
async fn progress(agent: &Agent, what: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    eventually(what, async || {
        let id = broadcasts(agent).await.first()?["campaign"]["id"].as_str()?.to_owned();
        Some(agent.get(&format!("campaigns/{id}/progress")).await).filter(&is_so)
    })
    .await
}

fn count(progress: &Value, key: &str) -> u64 {
    progress["counts"][key].as_u64().unwrap()
}

#[tokio::test]
async fn a_broadcast_is_under_way_and_another_start_goes_on_with_it() {
    let place = tempfile::tempdir().unwrap();
    let demo = Demo::start(place.path()).await;
    let about = Agent::stranger(&demo.url).get("demo").await["organizations"][0]["about"].clone();
    assert!(about.as_str().unwrap().contains("5,640 contacts"), "{about}");
    let priya = demo.enter("marketer").await;
    let reached = |progress: &Value| count(progress, "delivered") + count(progress, "read");
    let first = progress(&priya, "people have it, and others wait", |it| reached(it) > 0 && count(it, "waiting") > 0);
    let first = first.await;
    let (sent_to, skipped) = (count(&first, "total"), &first["skipped"]);
    assert_eq!(first["lanes"][0]["allowed_per_second"], 80);
    assert_eq!(sent_to + skipped["opted_out"].as_u64().unwrap() + skipped["no_consent"].as_u64().unwrap(), 640);
    demo.kill().await;

    let demo = Demo::start(place.path()).await;
    let priya = demo.enter("marketer").await;
    let failed =
        |it: &Value, class: &str| it["failures"].as_array().unwrap().iter().any(|group| group["class"] == class);
    // What was under way at the kill is in doubt for ten minutes, and as long the broadcast has not ended.
    let is_over = |it: &Value| count(it, "waiting") + count(it, "under_way") == 0;
    let last = progress(&priya, "nobody waits, and failures are of more than one class", |it| {
        is_over(it) && failed(it, "permanent") && failed(it, "person_limit")
    });
    assert_eq!(count(&last.await, "total"), sent_to);
    assert_eq!(broadcasts(&priya).await.len(), 1);
    demo.kill().await;
    for person in ["Priya Menon", "Beatriz Lacerda"] {
        plant(person);
    }
    let log = std::fs::read_to_string(place.path().join("demo.log")).unwrap();
    assert_eq!(betrayed(&log), None);
}
