//! What members write about contacts for each other.

use serde_json::json;

use crate::harness::{Jetto, ORGANIZATION};

#[tokio::test]
async fn a_note_is_written_changed_by_its_author_and_deleted() {
    let mut jetto = Jetto::prepared().await;
    jetto.add_member(ORGANIZATION, "agent@garden.example", "agent").await;
    jetto.add_member(ORGANIZATION, "viewer@garden.example", "viewer").await;
    jetto.start().await;
    let (owner, agent) = (jetto.owner().await, jetto.sign_in("agent@garden.example").await);
    let viewer = jetto.sign_in("viewer@garden.example").await;
    let made = owner.post("contacts", &json!({"phone": "+5511987654321", "name": "Marina"})).await.expect(201).json();
    let contact = format!("contacts/{}", made["id"].as_str().unwrap());
    let notes = format!("{contact}/notes");
    for text in [String::new(), " ".into(), "é".repeat(4097)] {
        assert_eq!(agent.post(&notes, &json!({"text": text})).await.expect(422).problem(), "invalid");
    }
    assert_eq!(viewer.post(&notes, &json!({"text": "x"})).await.expect(403).problem(), "forbidden");
    let first = agent.post(&notes, &json!({"text": " Likes tea,\nnot coffee "})).await.expect(201).json();
    assert_eq!((&first["text"], &first["by"]["id"]), (&json!("Likes tea,\nnot coffee"), &json!(agent.id())));
    owner.post(&notes, &json!({"text": "Calls back"})).await.expect(201);
    let page = viewer.get(&format!("{notes}?limit=1")).await;
    assert_eq!(page["items"][0]["text"], "Calls back", "the newest first");
    let rest = viewer.get(&format!("{notes}?limit=1&cursor={}", page["next"].as_str().unwrap())).await;
    assert_eq!((&rest["items"][0]["id"], &rest["next"]), (&first["id"], &json!(null)));

    let one = format!("{notes}/{}", first["id"].as_str().unwrap());
    let again = json!({"text": "Likes coffee"});
    assert_eq!(owner.put(&one, &again).await.expect(403).problem(), "not_the_author");
    let changed = agent.put(&one, &again).await.expect(200).json();
    assert_eq!((&changed["text"], &changed["at"]), (&json!("Likes coffee"), &first["at"]));
    assert!(changed["edited_at"].is_number());
    let owners = format!("{notes}/{}", page["items"][0]["id"].as_str().unwrap());
    assert_eq!(agent.delete(&owners).await.expect(403).problem(), "not_the_author");
    agent.delete(&one).await.expect(204);
    agent.delete(&one).await.expect(404);
    assert_eq!(owner.all(&notes).await.len(), 1);
    owner.delete(&contact).await.expect(204);
    owner.read(&notes).await.expect(404);
    let audit = owner.all("audit").await;
    let told = |action: &str| audit.iter().filter(|entry| entry["action"] == action).count();
    assert_eq!(["note.added", "note.changed", "note.deleted"].map(told), [2, 1, 1]);
    assert!(!json!(audit).to_string().contains("coffee"), "the audit log knows no words");
}
