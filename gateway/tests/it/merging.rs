//! Two contacts that are one person.

use serde_json::{Value, json};

use crate::harness::{Agent, Jetto, eventually};

async fn made(owner: &Agent, phone: &str, name: &str) -> String {
    let made = owner.post("contacts", &json!({"phone": phone, "name": name, "tags": [name]})).await.expect(201).json();
    made["id"].as_str().unwrap().to_owned()
}

async fn marketing(owner: &Agent, id: &str) -> Value {
    owner.get(&format!("contacts/{id}")).await["marketing"]["state"].clone()
}

#[tokio::test]
async fn who_writes_as_one_contact_is_the_other_until_the_merge_is_undone() {
    let jetto = Jetto::running().await;
    let owner = jetto.owner().await;
    jetto.customer_writes("Hello");
    let conversation = owner.conversation().await;
    let path = format!("conversations/{conversation}");
    let before = owner.get(&path).await["contact"].clone();
    let (other, kept) = (before["id"].as_str().unwrap(), made(&owner, "+5511987654321", "Marina").await);
    owner.post(&format!("contacts/{other}/notes"), &json!({"text": "Calls back"})).await.expect(201);

    let merging = format!("contacts/{kept}/merges");
    let preview = owner.get(&format!("{merging}/{other}")).await;
    assert_eq!((&preview["merged"]["name"], &preview["other"]["id"]), (&json!("Marina"), &before["id"]));
    assert_eq!(owner.post(&merging, &json!({"other_id": kept})).await.expect(422).problem(), "invalid");
    let mut live = owner.live(None).await;
    let merged = owner.post(&merging, &json!({"other_id": other})).await.expect(200).json();
    assert_eq!(merged["merged"][0]["contact"], before["id"]);
    let again = owner.post(&merging, &json!({"other_id": other})).await.expect(200).json();
    assert_eq!(again, merged, "whoever got no answer asks once more");
    assert!(merged["phone"].as_str().unwrap().ends_with("4321"), "its own number stays: {merged}");
    let told = live.until("the new name", |frame| frame["type"] == "conversation_changed").await;
    assert_eq!(told["conversation"]["contact"]["name"], "Marina");
    assert_eq!(told["conversation"]["contact"]["phone"], before["phone"], "answers go where they wrote from");
    let seen = owner.get(&format!("contacts/{other}")).await;
    assert_eq!((&seen["id"], &seen["conversations"][0]["id"]), (&json!(kept), &json!(conversation)));
    assert_eq!(owner.all(&format!("contacts/{kept}/notes")).await[0]["text"], "Calls back");
    assert_eq!(owner.all("contacts").await.len(), 1);

    let timeline = owner.all(&format!("contacts/{kept}/timeline")).await;
    let kinds: Vec<_> = timeline.iter().map(|happening| happening["what"]["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["merged", "note", "created"]);

    jetto.customer_writes("STOP");
    eventually("the opt-out", async || (marketing(&owner, &kept).await == "opted_out").then_some(())).await;
    eventually("it goes on in the same conversation", async || {
        let conversations = owner.all("conversations").await;
        assert_eq!(conversations.len(), 1, "{conversations:?}");
        (owner.words(&conversation).await.len() > 1).then_some(())
    })
    .await;

    let parting = owner.delete(&format!("{merging}/{other}")).await.expect(200).json();
    assert!(parting["left"].as_array().unwrap().contains(&json!("marketing")), "{parting}");
    for id in [kept.as_str(), other] {
        assert_eq!(marketing(&owner, id).await, "opted_out", "whose word it was is not known");
    }
    assert_eq!(owner.get(&path).await["contact"]["name"], before["name"]);
    assert_eq!(owner.get(&format!("contacts/{kept}")).await["conversations"], json!([]));
    assert_eq!(owner.all("contacts").await.len(), 2);
    owner.delete(&format!("{merging}/{other}")).await.expect(404);
    let actions: Vec<_> = owner.all("audit").await.iter().map(|entry| entry["action"].clone()).collect();
    for action in ["contact.merged", "contact.parted"] {
        assert_eq!(actions.iter().filter(|found| **found == json!(action)).count(), 1, "{actions:?}");
    }
}
