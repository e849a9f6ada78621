//! The live connection: who may have it, what it says, and how it ends.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpSocket;
use tokio::time::Instant;

use crate::harness::{Agent, Answer, Jetto, Live, ORGANIZATION, customer, eventually, now_s, text, webhook};

#[tokio::test]
async fn it_needs_the_cookie_and_the_exact_origin() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let (cookie, origin) = (agent.cookie.as_str(), agent.url.as_str());
    for (cookie, origin, status) in [
        ("", origin, 401),
        ("auth_token=nonsense", origin, 401),
        (cookie, "", 403),
        (cookie, "http://evil.example", 403),
        (cookie, &origin.replace("http://", "https://"), 403),
        (cookie, &format!("{origin}.evil.example"), 403),
        (cookie, &origin.replace("127.0.0.1", "localhost"), 403),
        (cookie, "null", 403),
    ] {
        let refused = Live::open_as(&agent, cookie, origin, None).await.err();
        assert_eq!(refused, Some(status), "{origin:?}");
    }
    let _open = agent.live(None).await;
    assert_eq!(jetto.metric("jetto_live_connections").await, 1, "refused ones take no place");
}

#[tokio::test]
pub(crate) async fn every_event_has_the_next_number_and_a_newcomer_starts_at_the_head() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let mut from_start = agent.live(Some(0)).await;
    for index in 0..20 {
        let words = format!("number {index}");
        jetto.post(&webhook([&text(&customer(index % 3), &format!("n{index}"), now_s(), &words)])).await;
    }
    let events = from_start.up_to(20).await;
    assert_eq!(events.len(), 20);
    assert!(events.iter().all(|event| event["type"] == "message_added"));
    let mut newcomer = agent.live(None).await;
    assert_eq!(newcomer.head, 20);
    jetto.post(&webhook([&text(&customer(1), "after", now_s(), "after")])).await;
    assert_eq!(newcomer.added("after").await["n"], 21);
    newcomer.until("the heartbeat", |frame| frame["type"] == "head" && frame["head"] == 21).await;
    newcomer.say(&json!({"type": "ping"})).await;
    newcomer.until("the pong", |frame| frame["type"] == "pong").await;
    newcomer.say(&json!({"type": "a newer web app says this"})).await;
    newcomer.say(&json!({"type": "ping"})).await;
    newcomer.until("the pong", |frame| frame["type"] == "pong").await;
}

#[tokio::test]
async fn a_browser_from_another_life_is_told_to_load_anew() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let mut ahead = agent.live(Some(1_000)).await;
    let resync = ahead.until("resync", |frame| frame["type"] == "resync").await;
    assert_eq!(resync["head"], 0);
}

#[tokio::test]
pub(crate) async fn presence_and_typing_are_seen_by_who_looks_at_the_same_conversation() {
    let jetto = Jetto::prepared().await;
    jetto.add_member(ORGANIZATION, "lina@garden.example", "agent").await;
    let mut jetto = jetto;
    jetto.start().await;
    let (owner, lina) = (jetto.owner().await, jetto.sign_in("lina@garden.example").await);
    jetto.customer_writes("Hello");
    let conversation = owner.conversation().await;
    let (mut watching, mut writing) = (owner.live(None).await, lina.live(None).await);
    let view = json!({"type": "view", "conversation_id": conversation});
    watching.say(&view).await;
    let people = |frame: &Value| -> Vec<(String, bool)> {
        let people = frame["people"].as_array().into_iter().flatten();
        people.map(|one| (one["name"].as_str().unwrap().to_owned(), one["typing"].as_bool().unwrap())).collect()
    };
    let seen = |wanted: &[(&str, bool)]| {
        let wanted: Vec<_> = wanted.iter().map(|(name, typing)| ((*name).to_owned(), *typing)).collect();
        move |frame: &Value| frame["type"] == "presence" && people(frame) == wanted
    };
    watching.until("oneself", seen(&[("owner", false)])).await;
    writing.say(&view).await;
    watching.until("Lina", seen(&[("lina", false), ("owner", false)])).await;
    let typing = |typing: bool| json!({"type": "typing", "conversation_id": conversation, "typing": typing});
    writing.say(&typing(true)).await;
    watching.until("Lina is typing", seen(&[("lina", true), ("owner", false)])).await;
    writing.say(&typing(false)).await;
    watching.until("Lina has stopped", seen(&[("lina", false), ("owner", false)])).await;
    drop(writing);
    watching.until("Lina has left", seen(&[("owner", false)])).await;
}

#[tokio::test]
pub(crate) async fn signing_out_closes_the_socket_within_a_second() {
    let jetto = Jetto::running().await;
    let (agent, other_tab_owner) = (jetto.owner().await, jetto.owner().await);
    let (mut live, mut second_tab) = (agent.live(None).await, agent.live(None).await);
    let mut another_session = other_tab_owner.live(None).await;
    let begin = Instant::now();
    Answer::to(agent.request(Method::DELETE, "sessions/current")).await.expect(204);
    for live in [&mut live, &mut second_tab] {
        let bye = live.until("good-bye", |frame| frame["type"] == "bye").await;
        assert_eq!(bye["reason"], "signed_out");
        assert!(live.next().await.is_none(), "it is closed");
    }
    assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    assert_eq!(Live::open(&agent, None).await.err(), Some(401));
    jetto.customer_writes("Still here?");
    another_session.added("Still here?").await;
    assert_eq!(jetto.metric("jetto_live_connections").await, 1);
}

/// A browser that has stopped reading: it says what a browser says, and then nothing, with a small buffer.
async fn stopped_reader(agent: &Agent) -> tokio::net::TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let address = agent.url.strip_prefix("http://").unwrap();
    let mut stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let head = format!(
        "GET /api/v1/live HTTP/1.1\r\nHost: {address}\r\nOrigin: {}\r\nCookie: {}\r\nUpgrade: websocket\r\n\
         Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        agent.url, agent.cookie
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    stream.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 101");
    stream
}

#[tokio::test]
async fn a_reader_that_stops_is_gone_within_ten_seconds_and_its_neighbour_gets_everything() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let mut neighbour = agent.live(Some(0)).await;
    let stopped = stopped_reader(&agent).await;
    eventually("both are connected", async || (jetto.metric("jetto_live_connections").await == 2).then_some(())).await;
    let (words, mut sent) = ("x".repeat(4_000), 0);
    let mut more = async |jetto: &Jetto| {
        let batch: Vec<_> =
            (0..100).map(|index| text(&customer(index), &format!("slow{}", sent + index), now_s(), &words)).collect();
        jetto.post(&webhook(&batch)).await;
        sent += 100;
        assert_eq!(neighbour.up_to(sent).await.len(), 100);
    };
    // 8 MB are more than the buffers between the two hold: from here on it stands still.
    for _ in 0..20 {
        more(&jetto).await;
    }
    let begin = Instant::now();
    while jetto.metric("jetto_live_connections").await > 1 {
        more(&jetto).await;
        assert!(begin.elapsed() < Duration::from_secs(10), "it is still there");
    }
    drop(stopped);
    jetto.customer_writes("Are you still there?");
    neighbour.added("Are you still there?").await;
}

#[tokio::test]
async fn more_connections_than_the_limit_are_refused_and_a_place_is_given_back() {
    let mut jetto = Jetto::prepared().await;
    jetto.set("JETTO_LIMITS__LIVE_CONNECTIONS", "2");
    jetto.start().await;
    let agent = jetto.owner().await;
    let (_first, second) = (agent.live(None).await, agent.live(None).await);
    assert_eq!(Live::open(&agent, None).await.err(), Some(503));
    drop(second);
    eventually("a place is free again", async || Live::open(&agent, None).await.ok()).await;
}
