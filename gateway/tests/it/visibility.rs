//! What an agent may not see does not exist for them: in lists, histories, files and live events.

use loadtest::payload::Content;
use loadtest::simulator::Specimen;
use serde_json::{Value, json};

use crate::harness::{Agent, Answer, Jetto, ORGANIZATION, eventually};

struct Desk {
    jetto: Jetto,
    owner: Agent,
    lina: Agent,
    marco: Agent,
    conversation: String,
}

async fn desk() -> Desk {
    let mut jetto = Jetto::prepared().await;
    for email in ["lina@garden.example", "marco@garden.example"] {
        jetto.add_member(ORGANIZATION, email, "agent").await;
    }
    jetto.start().await;
    let owner = jetto.owner().await;
    let (lina, marco) = (jetto.sign_in("lina@garden.example").await, jetto.sign_in("marco@garden.example").await);
    jetto.customer_writes("Hello");
    let conversation = owner.conversation().await;
    Desk { jetto, owner, lina, marco, conversation }
}

impl Desk {
    async fn assign(&self, by: &Agent, to: Value) -> Answer {
        by.patch(&format!("conversations/{}", self.conversation), &json!({"assignee_id": to})).await
    }

    fn path(&self, rest: &str) -> String {
        format!("conversations/{}{rest}", self.conversation)
    }
}

#[tokio::test]
async fn a_colleagues_conversation_cannot_be_found_read_or_answered() {
    let desk = desk().await;
    let (lina, marco) = (&desk.lina, &desk.marco);
    let file = desk.jetto.meta.received_file(Specimen::Image);
    desk.jetto.customer_says(Content::Image { media: file, caption: None });
    let picture = eventually("the picture", async || {
        let history = lina.history(&desk.conversation).await;
        history.into_iter().find(|message| message["content"]["media"]["state"] == "ready")
    })
    .await;
    let media = format!("media/{}", picture["content"]["media"]["id"].as_str().unwrap());
    marco.read(&media).await.expect(200);
    assert_eq!(marco.get("conversations/counts").await["unassigned"], 1);

    let row = desk.assign(lina, json!(lina.id())).await.expect(200).json();
    assert_eq!(row["assignee"]["name"], "lina");
    for view in ["all", "mine", "unassigned", "closed"] {
        assert!(marco.all(&format!("conversations?view={view}")).await.is_empty(), "{view}");
    }
    assert_eq!(marco.get("conversations/counts").await["all"], 0);
    assert_eq!(lina.get("conversations/counts").await["mine"], 1);
    assert_eq!(desk.owner.get("conversations/counts").await["all"], 1);
    for path in [desk.path(""), desk.path("/messages"), media] {
        assert_eq!(marco.read(&path).await.expect(404).problem(), "not_found", "{path}");
        desk.owner.read(&path).await.expect(200);
    }
    let contacts = marco.all("contacts").await;
    let contact = marco.get(&format!("contacts/{}", contacts[0]["id"].as_str().unwrap())).await;
    assert_eq!(contact["conversations"], json!([]), "the contact is known, the conversation is not");

    let id = &picture["id"];
    let target = format!("messages/{}/{}/resolve", desk.conversation, id.as_str().unwrap());
    for (path, body) in [
        (desk.path("/read"), json!({"upto": id})),
        (desk.path("/typing"), json!({})),
        (target, json!({"action": "resend"})),
    ] {
        assert_eq!(marco.post(&path, &body).await.expect(404).problem(), "not_found", "{path}");
    }
    let reply = json!({"content": {"type": "text", "body": "I was faster"}});
    marco.send(&desk.conversation, "stolen", &reply).await.expect(404);
    let reaction = json!({"content": {"type": "reaction", "message_id": id, "emoji": "👍"}});
    marco.send(&desk.conversation, "liked", &reaction).await.expect(404);
    desk.assign(marco, json!(marco.id())).await.expect(404);
    assert_eq!(lina.history(&desk.conversation).await.len(), 2);
    assert!(desk.jetto.meta.ledger().is_empty());
}

#[tokio::test]
async fn what_is_assigned_away_leaves_the_screen_and_what_follows_is_a_tick() {
    let desk = desk().await;
    let (mut marco, mut owner, mut lina) =
        (desk.marco.live(None).await, desk.owner.live(None).await, desk.lina.live(None).await);
    desk.assign(&desk.lina, json!(desk.lina.id())).await.expect(200);
    let hidden = marco.until("hidden", |frame| frame["n"].is_u64()).await;
    assert_eq!(hidden["type"], "conversation_hidden");
    assert_eq!(hidden["conversation_id"], desk.conversation);
    desk.jetto.customer_writes("A secret for Lina");
    let (seen, owners) = (lina.added("A secret for Lina").await, owner.added("A secret for Lina").await);
    let tick = marco.until("a tick", |frame| frame["n"].is_u64()).await;
    assert_eq!(tick, json!({"n": seen["n"], "type": "tick"}));
    assert_eq!(owners["n"], seen["n"]);
    // What is read from the log says the same.
    let replayed = desk.marco.live(Some(0)).await.up_to(seen["n"].as_u64().unwrap()).await;
    assert!(replayed.iter().all(|event| !event.to_string().contains("A secret for Lina")), "{replayed:?}");
    assert_eq!(replayed.last().unwrap()["type"], "tick");

    desk.assign(&desk.owner, Value::Null).await.expect(200);
    let back = marco.until("it is back", |frame| frame["type"] == "conversation_changed").await;
    assert_eq!(back["conversation"]["id"], desk.conversation);
    assert_eq!(back["conversation"]["assignee"], Value::Null);
    // One who may not see it is not told who looks at it either.
    desk.assign(&desk.lina, json!(desk.lina.id())).await.expect(200);
    marco.until("hidden again", |frame| frame["type"] == "conversation_hidden").await;
    marco.say(&json!({"type": "view", "conversation_id": desk.conversation})).await;
    lina.say(&json!({"type": "view", "conversation_id": desk.conversation})).await;
    let presence = lina.until("presence", |frame| frame["type"] == "presence").await;
    assert_eq!(presence["people"].as_array().unwrap().len(), 1, "{presence}");
}

#[tokio::test]
async fn one_who_looks_at_a_conversation_that_is_assigned_away_hears_no_more_of_it() {
    let desk = desk().await;
    let (mut marco, mut lina) = (desk.marco.live(None).await, desk.lina.live(None).await);
    let view = json!({"type": "view", "conversation_id": desk.conversation});
    marco.say(&view).await;
    marco.until("oneself", |frame| frame["type"] == "presence").await;
    desk.assign(&desk.lina, json!(desk.lina.id())).await.expect(200);
    marco.until("hidden", |frame| frame["type"] == "conversation_hidden").await;
    lina.say(&view).await;
    lina.until("presence", |frame| frame["type"] == "presence").await;
    lina.say(&json!({"type": "typing", "conversation_id": desk.conversation, "typing": true})).await;
    lina.until("typing", |frame| {
        frame["people"].as_array().is_some_and(|people| people.iter().any(|one| one["typing"] == true))
    })
    .await;
    marco.say(&json!({"type": "ping"})).await;
    let next = marco.until("the pong", |frame| frame["type"] == "pong" || frame["type"] == "presence").await;
    assert_eq!(next["type"], "pong", "{next}");
}

#[tokio::test]
async fn a_change_is_told_to_everybody_who_may_see_it() {
    let desk = desk().await;
    let mut live = desk.marco.live(None).await;
    desk.lina.patch(&desk.path(""), &json!({"status": "closed"})).await.expect(200);
    let closed = live.until("closed", |frame| frame["type"] == "conversation_changed").await;
    assert_eq!(closed["conversation"]["status"], "closed");
    assert_eq!(desk.marco.all("conversations?view=closed").await.len(), 1);
    assert!(desk.marco.all("conversations?view=all").await.is_empty());
    desk.jetto.customer_writes("One more thing");
    let opened = live.added("One more thing").await;
    assert_eq!(opened["conversation"]["status"], "open");
    let revisions = [&closed, &opened].map(|event| event["conversation"]["revision"].as_u64().unwrap());
    assert!(revisions[0] < revisions[1]);
}

#[tokio::test]
async fn a_team_that_is_not_there_cannot_be_given_anything() {
    let desk = desk().await;
    let path = desk.path("");
    for team in [json!("0".repeat(32)), json!(null)] {
        let answer = desk.owner.patch(&path, &json!({"team_id": team})).await;
        if team.is_null() {
            assert_eq!(answer.expect(200).json()["team"], Value::Null);
        } else {
            assert_eq!(answer.expect(404).problem(), "not_found");
        }
    }
}
