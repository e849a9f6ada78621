//! What one node changes counts on the other: at once where hints arrive, soon where all of them are lost.

use std::time::Duration;

use engine::ports::Directory as _;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::harness::nodes::{GARDEN, LINA, Nodes, number};
use crate::harness::{AT_ONCE, Agent, Live, NUMBER, OWNER, customer, eventually, now_s, post, text, webhook};

/// Without hints.
const SOON: Duration = Duration::from_secs(5);

async fn within(limit: Duration, live: &mut Live, what: &str, wanted: impl Fn(&Value) -> bool) {
    timeout(limit, live.until(what, wanted)).await.unwrap_or_else(|_| panic!("not within {limit:?}: {what}"));
}

async fn ends_within(limit: Duration, live: &mut Live) {
    timeout(limit, live.rest()).await.unwrap_or_else(|_| panic!("the socket is open after {limit:?}"));
}

/// On the first node something changes; on the second it counts within `limit`.
async fn changes_count_within(limit: Duration, nodes: &Nodes) {
    let owner = nodes.sign_in(0, OWNER).await;
    let lina = nodes.sign_in(1, LINA).await;
    let (mut live, id) = (lina.live(None).await, lina.id().to_owned());
    assert_eq!(lina.read("audit").await.status, 403);

    owner.patch("organization", &json!({"name": "Orchard"})).await.expect(200);
    within(limit, &mut live, "another name", |frame| frame["type"] == "permissions_changed").await;
    assert_eq!(lina.get("me").await["organization"]["name"], "Orchard");

    owner.patch(&format!("members/{id}"), &json!({"role": "admin"})).await.expect(200);
    within(limit, &mut live, "a role", |frame| frame["type"] == "permissions_changed").await;
    lina.read("audit").await.expect(200);

    let here = nodes.moved(&lina, 0);
    here.get("me").await;
    let session = lina.session().await;
    here.delete(&format!("sessions/{session}")).await.expect(204);
    ends_within(limit, &mut live).await;
    assert_eq!(Live::open(&lina, None).await.err(), Some(401));
    assert_eq!(lina.read("me").await.expect(401).problem(), "signed_out");

    let again = nodes.sign_in(1, LINA).await;
    let mut live = again.live(None).await;
    owner.delete(&format!("members/{id}/sessions")).await.expect(204);
    ends_within(limit, &mut live).await;
    assert_eq!(again.read("me").await.expect(401).problem(), "signed_out");

    let last = nodes.sign_in(1, LINA).await;
    let mut live = last.live(None).await;
    owner.post(&format!("members/{id}/deactivate"), &json!({"hand_over_to": null})).await.expect(200);
    ends_within(limit, &mut live).await;
    last.read("me").await.expect(401);
}

#[tokio::test]
async fn a_change_counts_on_the_other_node_within_a_second() {
    let nodes = Nodes::two().await;
    changes_count_within(AT_ONCE, &nodes).await;
}

#[tokio::test]
async fn without_any_hint_it_counts_within_five_seconds() {
    let nodes = Nodes::two().await;
    nodes.air.is_lost();
    changes_count_within(SOON, &nodes).await;
}

async fn written(nodes: &Nodes, node: usize, from: u64, to: u64) {
    for n in from..to {
        let body = webhook([&text(&customer(n % 3), &format!("n{n}"), now_s(), &format!("number {n}"))]);
        assert_eq!(post(nodes.url(node), &loadtest::payload::wire::to_wire(&body)).await, 200);
    }
}

async fn all_of(agent: &Agent, after: u64, to: u64) -> Vec<Value> {
    agent.live(Some(after)).await.up_to(to).await
}

#[tokio::test]
async fn events_cross_in_order_and_a_browser_that_moves_misses_nothing() {
    let nodes = Nodes::two().await;
    let here = nodes.sign_in(0, OWNER).await;
    let there = nodes.moved(&here, 1);
    let (mut near, mut far) = (here.live(None).await, there.live(None).await);
    // `Live` insists on the next number at every frame.
    written(&nodes, 0, 0, 30).await;
    let events = near.up_to(30).await;
    assert_eq!(timeout(AT_ONCE, far.up_to(30)).await.expect("they cross at once"), events);

    nodes.air.is_lost();
    written(&nodes, 0, 30, 40).await;
    assert_eq!(near.up_to(40).await.len(), 10);
    // It was ahead of what this node knows.
    let moved = all_of(&there, 35, 40).await;
    assert_eq!(moved.iter().map(|event| event["n"].as_u64().unwrap()).collect::<Vec<_>>(), [36, 37, 38, 39, 40]);
    assert_eq!(timeout(SOON, far.up_to(40)).await.expect("a lost hint shows").len(), 10);

    // While nobody listens there, nobody looks; whoever comes has everything.
    drop(far);
    written(&nodes, 0, 40, 50).await;
    near.up_to(50).await;
    eventually("nobody listens there", async || (there.live(None).await.head == 50).then_some(())).await;
    assert_eq!(all_of(&there, 0, 50).await, all_of(&here, 0, 50).await);
}

#[tokio::test]
async fn presence_and_typing_are_seen_from_the_other_node() {
    let nodes = Nodes::two().await;
    let (owner, lina) = (nodes.sign_in(0, OWNER).await, nodes.sign_in(1, LINA).await);
    written(&nodes, 0, 0, 1).await;
    let conversation = owner.conversation().await;
    let (mut watching, mut writing) = (owner.live(None).await, lina.live(None).await);
    let view = json!({"type": "view", "conversation_id": conversation});
    let seen = |wanted: &'static [(&str, bool)]| {
        move |frame: &Value| {
            let people = frame["people"].as_array().into_iter().flatten();
            let people: Vec<_> = people.map(|one| (one["name"].as_str().unwrap(), one["typing"] == true)).collect();
            frame["type"] == "presence" && people == wanted
        }
    };
    watching.say(&view).await;
    watching.until("oneself", seen(&[("owner", false)])).await;
    writing.say(&view).await;
    within(AT_ONCE, &mut watching, "Lina", seen(&[("lina", false), ("owner", false)])).await;
    // What was said before she came is said again.
    writing.until("the owner", seen(&[("lina", false), ("owner", false)])).await;
    writing.say(&json!({"type": "typing", "conversation_id": conversation, "typing": true})).await;
    within(AT_ONCE, &mut watching, "Lina is typing", seen(&[("lina", true), ("owner", false)])).await;
    drop(writing);
    within(AT_ONCE, &mut watching, "Lina has left", seen(&[("owner", false)])).await;
}

#[tokio::test]
async fn a_number_that_was_connected_elsewhere_is_known_when_its_first_webhook_comes() {
    let nodes = Nodes::two().await;
    nodes.air.is_lost();
    nodes.store.connect_number(GARDEN, number("200000000000009"), Vec::new()).await.unwrap();
    let mut body = loadtest::payload::wire::to_wire(&webhook([&text(&customer(1), "first", now_s(), "Hello")]));
    body = String::from_utf8(body).unwrap().replace(NUMBER, "200000000000009").into_bytes();
    assert_eq!(post(nodes.url(1), &body).await, 200);
    let owner = nodes.sign_in(1, OWNER).await;
    owner.conversation().await;
    assert_eq!(owner.outcomes().await, ["processed"]);
}
