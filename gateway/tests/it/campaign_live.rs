//! Who looks at a broadcast is told its figures, as long as they look and may.

use serde_json::{Value, json};

use crate::campaigns::{PEOPLE, draft, launch, with_people};
use crate::harness::nodes::Nodes;
use crate::harness::{Agent, Jetto, Live, NUMBER, ORGANIZATION, OWNER};
use crate::isolation::RIVAL;

fn watch(id: &str) -> Value {
    json!({"type": "watch_campaign", "campaign_id": id})
}

fn is_of(id: &str) -> impl Fn(&Value) -> bool {
    move |frame| frame["type"] == "campaign_progress" && frame["campaign_id"] == id
}

/// Slow enough to be looked at.
async fn running(jetto: &Jetto, agent: &Agent) -> String {
    with_people(jetto, agent).await;
    let draft = draft(agent).await;
    let path = format!("campaigns/{}", draft["id"].as_str().unwrap());
    agent.put(&format!("{path}/rate"), &json!({"per_second": 1})).await.expect(200);
    let draft = agent.get(&path).await["campaign"].clone();
    launch(agent, &draft).await
}

/// What comes until two heartbeats are heard: more than five seconds.
async fn heard(live: &mut Live, id: &str) -> usize {
    let (mut heads, mut heard) = (0, 0);
    while heads < 2 {
        let frame = live.next().await.expect("the connection holds");
        heads += usize::from(frame["type"] == "head");
        heard += usize::from(is_of(id)(&frame));
    }
    heard
}

#[tokio::test]
async fn who_looks_at_a_broadcast_hears_once_a_second_how_it_goes_until_they_look_away() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let id = running(&jetto, &agent).await;
    let mut live = agent.live(None).await;
    assert_eq!(heard(&mut live, &id).await, 0, "who does not ask hears nothing");
    live.say(&watch(&id)).await;
    let first = live.until("its figures", is_of(&id)).await;
    let asked = agent.get(&format!("campaigns/{id}/progress")).await;
    // When it ends is known only while something leaves.
    let keys = |value: &Value| {
        value.as_object().unwrap().keys().filter(|key| *key != "eta_seconds").cloned().collect::<Vec<_>>()
    };
    assert_eq!(keys(&first["progress"]), keys(&asked), "the same as the route answers");
    let handed = |frame: &Value| PEOPLE - frame["progress"]["counts"]["waiting"].as_u64().unwrap();
    let next = live.until("more have it", |frame| is_of(&id)(frame) && handed(frame) > handed(&first)).await;
    assert!(!next["progress"]["lanes"][0]["phone_number_id"].is_null());
    let told = heard(&mut live, &id).await;
    assert!((3..=11).contains(&told), "about once a second: {told}");
    live.say(&json!({"type": "watch_campaign", "campaign_id": null})).await;
    live.say(&json!({"type": "ping"})).await;
    live.until("it was heard", |frame| frame["type"] == "pong").await;
    assert!(heard(&mut live, &id).await <= 1, "at most what was on its way");
}

#[tokio::test]
async fn who_may_not_see_broadcasts_hears_nothing_nor_does_another_organization() {
    let mut jetto = Jetto::prepared().await;
    jetto.add_member(ORGANIZATION, "lina@garden.example", "agent").await;
    let marco = jetto.add_member(ORGANIZATION, "marco@garden.example", "viewer").await;
    jetto.create_organization("Rival", RIVAL).await;
    jetto.start().await;
    let agent = jetto.owner().await;
    let id = running(&jetto, &agent).await;
    let people = [jetto.sign_in("lina@garden.example").await, jetto.sign_in(RIVAL).await];
    let mut closed = [people[0].live(None).await, people[1].live(None).await];
    let mut viewer = jetto.sign_in("marco@garden.example").await.live(None).await;
    for live in closed.iter_mut().chain([&mut viewer]) {
        live.say(&watch(&id)).await;
    }
    viewer.until("who may see them hears", is_of(&id)).await;
    for live in &mut closed {
        assert_eq!(heard(live, &id).await, 0);
    }
    // From the moment on that they may not any more.
    agent.patch(&format!("members/{marco}"), &json!({"role": "agent"})).await.expect(200);
    viewer.until("they are told", |frame| frame["type"] == "permissions_changed").await;
    assert_eq!(heard(&mut viewer, &id).await, 0);
    assert_eq!(agent.get(&format!("campaigns/{id}")).await["campaign"]["plan"]["numbers"][0], NUMBER);
}

#[tokio::test]
async fn whichever_node_sends_it_whoever_looks_on_another_hears_it_too() {
    let nodes = Nodes::two().await;
    let agents = [nodes.sign_in(0, OWNER).await, nodes.sign_in(1, OWNER).await];
    for n in 0..PEOPLE {
        let person = json!({"phone": format!("+491515{n:07}"), "name": "Marina Duarte"});
        agents[0].post("contacts", &person).await.expect(201);
    }
    agents[0].get(&format!("templates?phone_number_id={NUMBER}")).await;
    let draft = draft(&agents[0]).await;
    let path = format!("campaigns/{}", draft["id"].as_str().unwrap());
    agents[0].put(&format!("{path}/rate"), &json!({"per_second": 1})).await.expect(200);
    let id = launch(&agents[0], &agents[0].get(&path).await["campaign"]).await;
    let mut both = [agents[0].live(None).await, agents[1].live(None).await];
    for live in &mut both {
        live.say(&watch(&id)).await;
        let handed = |frame: &Value| PEOPLE - frame["progress"]["counts"]["waiting"].as_u64().unwrap();
        for people in [1, 2] {
            live.until("more have it", |frame| is_of(&id)(frame) && handed(frame) >= people).await;
        }
    }
}
