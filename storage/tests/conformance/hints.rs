//! What one node says, the others hear; and what becomes of it when Redis does not do its part.

use std::sync::Arc;
use std::time::Duration;

use engine::id::{NodeId, TenantId};
use engine::ports::{Hint, Hints, HintsStanding, Listener, Onlooker};
use storage::redis::{RedisHints, RedisOptions};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, timeout};

use crate::fixture::*;
use crate::redis_server::{self, OwnServer};

/// Longer than anything takes that is not broken.
const PATIENCE: Duration = Duration::from_secs(20);

#[derive(Debug, Clone, PartialEq)]
enum Heard {
    Hint(Hint),
    Missed,
}

struct Ear(UnboundedSender<Heard>);

impl Listener for Ear {
    fn heard(&self, hint: Hint) {
        drop(self.0.send(Heard::Hint(hint)));
    }

    fn missed(&self) {
        drop(self.0.send(Heard::Missed));
    }
}

struct Node {
    hints: RedisHints,
    heard: UnboundedReceiver<Heard>,
}

impl Node {
    /// Connected, and following these.
    async fn start(options: &RedisOptions, follows: &[TenantId]) -> Self {
        let hints = RedisHints::open(options).unwrap();
        for tenant in follows {
            hints.follow(*tenant, true);
        }
        let (ear, heard) = unbounded_channel();
        hints.listen(Arc::new(Ear(ear)));
        let mut node = Self { hints, heard };
        assert_eq!(node.hears().await, Heard::Missed, "what was said before it was there");
        node
    }

    fn standing(&self) -> HintsStanding {
        self.hints.standing().unwrap()
    }

    async fn hears(&mut self) -> Heard {
        timeout(PATIENCE, self.heard.recv()).await.unwrap().unwrap()
    }

    async fn hears_hint(&mut self) -> Hint {
        loop {
            if let Heard::Hint(hint) = self.hears().await {
                return hint;
            }
        }
    }

    /// `speaker` says `Routing`, again and again, until it arrives: then everything works again.
    async fn hears_again(&mut self, speaker: &RedisHints) {
        let mut again = tokio::time::interval(Duration::from_millis(50));
        let arrives = async {
            loop {
                tokio::select! {
                    _ = again.tick() => speaker.tell(Hint::Routing),
                    heard = self.heard.recv() => if heard.unwrap() == Heard::Hint(Hint::Routing) {
                        return;
                    }
                }
            }
        };
        timeout(PATIENCE, arrives).await.unwrap();
    }

    async fn misses(&mut self) {
        while self.hears().await != Heard::Missed {}
    }
}

fn logged(tenant: TenantId, head: u64) -> Hint {
    Hint::Logged { tenant, head }
}

async fn raw(options: &RedisOptions) -> redis::aio::MultiplexedConnection {
    redis::Client::open(options.urls[0].as_str()).unwrap().get_multiplexed_async_connection().await.unwrap()
}

async fn others_hear_what_one_says(options: &RedisOptions) {
    let mut one = Node::start(options, &[TENANT]).await;
    let mut two = Node::start(options, &[TENANT]).await;
    let mut elsewhere = Node::start(options, &[OTHER]).await;
    let people = vec![Onlooker { member: RAFAEL, typing: true }];
    let node = NodeId::from_bytes([7; 16]);
    let said = [
        logged(TENANT, 7),
        Hint::Presence { tenant: TENANT, node, conversation: conversation_id(1), people },
        Hint::Outbox { tenant: TENANT, number: number("200").phone_number_id },
        Hint::Household { tenant: TENANT, revision: 3 },
        Hint::Routing,
    ];
    for hint in &said {
        one.hints.tell(hint.clone());
    }
    let mut heard = Vec::new();
    for _ in &said {
        heard.push(two.hears_hint().await);
    }
    assert!(said.iter().all(|hint| heard.contains(hint)), "{heard:?}");
    assert_eq!(elsewhere.hears_hint().await, Hint::Routing, "who follows another organization hears what is for all");
    two.hints.tell(logged(TENANT, 8));
    assert_eq!(one.hears_hint().await, logged(TENANT, 8), "one hears nothing of its own");
}

#[tokio::test]
async fn others_hear_what_one_says_on_a_server() {
    others_hear_what_one_says(&redis_server::options()).await;
}

#[tokio::test]
async fn others_hear_what_one_says_on_a_cluster() {
    let server = OwnServer::start(&["cluster-enabled yes"]).await;
    let mut options = redis_server::at(&server.address());
    let mut link = raw(&options).await;
    let () = redis::cmd("CLUSTER").arg("ADDSLOTSRANGE").arg(0).arg(16383).query_async(&mut link).await.unwrap();
    let mut again = tokio::time::interval(Duration::from_millis(50));
    let ready = async {
        loop {
            again.tick().await;
            let state: String = redis::cmd("CLUSTER").arg("INFO").query_async(&mut link).await.unwrap();
            if state.contains("cluster_state:ok") {
                return;
            }
        }
    };
    timeout(PATIENCE, ready).await.unwrap();
    let again = options.urls[0].clone();
    options.urls.push(again);
    others_hear_what_one_says(&options).await;
}

#[tokio::test]
async fn an_organization_is_followed_as_long_as_somebody_wants_it() {
    let options = redis_server::options();
    let mut one = Node::start(&options, &[TENANT, TENANT]).await;
    let two = Node::start(&options, &[]).await;
    let mut link = raw(&options).await;
    let mut followers = async || -> u64 {
        let channel = format!("{}:{{{TENANT}}}:hints", options.prefix);
        let found: (String, u64) =
            redis::cmd("PUBSUB").arg("SHARDNUMSUB").arg(channel).query_async(&mut link).await.unwrap();
        found.1
    };
    one.hints.follow(TENANT, false);
    two.hints.tell(logged(TENANT, 1));
    assert_eq!(one.hears_hint().await, logged(TENANT, 1), "wanted twice, given up once");
    one.hints.follow(TENANT, false);
    let mut again = tokio::time::interval(Duration::from_millis(10));
    let given_up = async {
        while followers().await > 0 {
            again.tick().await;
        }
    };
    timeout(PATIENCE, given_up).await.unwrap();
    one.hints.follow(TENANT, true);
    let mut again = tokio::time::interval(Duration::from_millis(10));
    let followed = async {
        while followers().await == 0 {
            again.tick().await;
        }
    };
    timeout(PATIENCE, followed).await.unwrap();
    two.hints.tell(logged(TENANT, 2));
    assert_eq!(one.hears_hint().await, logged(TENANT, 2));
}

#[tokio::test]
async fn what_cannot_be_read_is_skipped_and_counted() {
    let options = redis_server::options();
    let mut one = Node::start(&options, &[]).await;
    let two = Node::start(&options, &[]).await;
    let mut link = raw(&options).await;
    let long = vec![b' '; 17 * 1024];
    let unknown = br#"{"from":1,"hint":{"t":"of_a_later_version"}}"#;
    for message in [&b"\xff\xfe"[..], b"{}", unknown, &long] {
        let channel = format!("{}:{{all}}:hints", options.prefix);
        let heard: u64 = redis::cmd("SPUBLISH").arg(channel).arg(message).query_async(&mut link).await.unwrap();
        assert_eq!(heard, 2);
    }
    two.hints.tell(Hint::Routing);
    assert_eq!(one.hears_hint().await, Hint::Routing);
    assert_eq!(one.standing().unreadable, 4);
}

#[tokio::test]
async fn after_a_restart_of_the_server_everybody_looks_again() {
    let mut server = OwnServer::start(&[]).await;
    let options = redis_server::at(&server.address());
    let mut one = Node::start(&options, &[TENANT]).await;
    let two = Node::start(&options, &[TENANT]).await;
    server.stop();
    server.start_again().await;
    one.misses().await;
    one.hears_again(&two.hints).await;
    two.hints.tell(logged(TENANT, 9));
    while one.hears_hint().await != logged(TENANT, 9) {}
    assert!(one.standing().connected >= 2);
}

#[tokio::test]
async fn nobody_waits_for_a_server_that_stands_still() {
    let server = OwnServer::start(&[]).await;
    let options = redis_server::at(&server.address());
    let mut one = Node::start(&options, &[TENANT]).await;
    let two = Node::start(&options, &[TENANT]).await;
    server.pause();
    let begun = Instant::now();
    for head in 0..10_000 {
        two.hints.tell(logged(TENANT, head));
        two.hints.follow(OTHER, head % 2 == 0);
    }
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(two.standing().dropped > 5_000, "the queue has an end");
    let mut again = tokio::time::interval(Duration::from_millis(50));
    let noticed = async {
        while one.standing().is_connected || two.standing().is_connected {
            again.tick().await;
        }
    };
    timeout(PATIENCE, noticed).await.unwrap();
    server.go_on();
    one.misses().await;
    one.hears_again(&two.hints).await;
}

#[tokio::test]
async fn who_could_not_say_everything_says_so() {
    let options = redis_server::options();
    let mut one = Node::start(&options, &[TENANT]).await;
    let two = Node::start(&options, &[TENANT]).await;
    // More than fits, before the connection's task runs once: this test has one thread.
    for head in 0..2_000 {
        two.hints.tell(logged(TENANT, head));
    }
    assert!(two.standing().dropped > 0);
    one.misses().await;
}

#[tokio::test]
async fn what_is_set_up_wrongly_is_said_and_no_secret_is_shown() {
    let secret = "redis://:secret@127.0.0.1:1";
    for urls in [vec![], vec!["spaces.example".to_owned()], vec![format!("{secret}:2:3")]] {
        let options = RedisOptions { urls, prefix: "test".into() };
        let Err(error) = RedisHints::open(&options) else { panic!("{options:?}") };
        assert!(!error.to_string().contains("secret"), "{error}");
    }
    let options = RedisOptions { urls: vec![secret.to_owned()], prefix: "test".into() };
    assert!(!format!("{options:?}").contains("secret"));
}
