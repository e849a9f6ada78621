//! Contacts through the API: what is kept of them, what they said of marketing, segments, and files in and out.

use serde_json::{Value, json};

use crate::harness::{Agent, Answer, Jetto, eventually, now_s};
use reqwest::Method;

async fn defined(owner: &Agent) {
    let fields = json!({"fields": [{"key": "orders", "name": "Orders", "kind": "number"}]});
    owner.patch("contact-settings", &fields).await.expect(200);
}

async fn people(agent: &Agent, tree: &Value) -> Value {
    agent.post("segments/count", &json!({"tree": tree})).await.expect(200).json()["reach"].clone()
}

#[tokio::test]
async fn a_contact_is_made_changed_counted_and_deleted() {
    let jetto = Jetto::running().await;
    let owner = jetto.owner().await;
    defined(&owner).await;
    let two = json!({"kind": "number", "value": 2});
    let new = json!({"phone": "+55 11 98765-4321", "name": "Marina", "tags": ["VIP"], "fields": {"orders": two}});
    let made = owner.post("contacts", &new).await.expect(201).json();
    assert_eq!((&made["country"], &made["tags"]), (&json!("BR"), &json!(["VIP"])));
    assert_eq!(owner.post("contacts", &new).await.expect(409).problem(), "taken");
    let path = format!("contacts/{}", made["id"].as_str().unwrap());
    let wrong = json!({"fields": {"nothing": two}});
    assert_eq!(owner.patch(&path, &wrong).await.expect(422).problem(), "invalid");
    let change = json!({"name": "Marina D.", "remove_tags": ["VIP"], "add_tags": ["Exam"], "language": "pt_BR"});
    let changed = owner.patch(&path, &change).await.expect(200).json();
    assert_eq!((&changed["name"], &changed["tags"]), (&json!("Marina D."), &json!(["Exam"])));
    assert_eq!(changed.get("edits"), None, "the timeline tells it, and no other answer");
    let timeline = owner.all(&format!("{path}/timeline")).await;
    let edited = timeline.iter().find(|happening| happening["what"]["kind"] == "edited").expect("who changed what");
    let what = json!({"kind": "edited", "by": edited["what"]["by"], "name": true, "language": true,
        "tags_added": ["Exam"], "tags_removed": ["VIP"], "fields": []});
    assert_eq!((&edited["what"], &edited["what"]["by"]["id"]), (&what, &json!(owner.id())));

    assert_eq!(owner.get("tags").await["items"], json!([{"tag": "Exam", "contacts": 1}]));

    let tree = json!({"all": [{"is": {"on": "country", "any_of": ["BR"]}},
        {"is": {"on": "field", "key": "orders", "test": {"at_least": two}}}]});
    assert_eq!(people(&owner, &tree).await["no_consent"], 1);
    let consent = json!({"opted": "in", "evidence": "signed the form"});
    owner.post(&format!("{path}/consents"), &consent).await.expect(201);
    assert_eq!(people(&owner, &tree).await["can_get_marketing"], 1);
    let ledger = owner.get(&format!("{path}/consents")).await;
    assert_eq!(ledger["items"][0]["text"], "signed the form");
    let found = owner.post("contacts/search", &json!({"tree": tree})).await.expect(200).json();
    assert_eq!(found["items"][0]["id"], made["id"]);
    for (text, people) in [("marina", 1), ("98765 4321", 1), ("nobody", 0)] {
        let found = owner.post("contacts/search", &json!({"text": text})).await.expect(200).json();
        assert_eq!(found["items"].as_array().map(Vec::len), Some(people), "{text}");
    }

    let saved = owner.post("segments", &json!({"name": "Brazil", "tree": tree})).await.expect(201).json();
    let no_fields = owner.patch("contact-settings", &json!({"fields": []})).await;
    assert_eq!(no_fields.expect(409).problem(), "in_use");
    owner.delete(&format!("segments/{}", saved["id"].as_str().unwrap())).await.expect(204);
    owner.delete(&path).await.expect(204);
    assert_eq!(people(&owner, &tree).await["people"], 0);
    let actions: Vec<_> = owner.all("audit").await.iter().map(|entry| entry["action"].clone()).collect();
    for action in ["contact.created", "contact.changed", "consent.recorded", "segment.saved", "contact.deleted"] {
        assert!(actions.contains(&json!(action)), "{action}: {actions:?}");
    }
}

#[tokio::test]
async fn a_list_says_of_each_how_long_they_can_be_answered_and_who_has_them() {
    let jetto = Jetto::running().await;
    let owner = jetto.owner().await;
    let silent = json!({"phone": "+55 11 98765-4321", "name": "Marina"});
    let silent = owner.post("contacts", &silent).await.expect(201).json();
    jetto.customer_writes("Is it open on Sunday?");
    let conversation = owner.conversation().await;
    owner.patch(&format!("conversations/{conversation}"), &json!({"assignee_id": owner.id()})).await.expect(200);
    let listed = owner.get("contacts").await;
    let sought = owner.post("contacts/search", &json!({})).await.expect(200).json();
    for page in [listed, sought] {
        let (of_silent, other): (Vec<_>, Vec<_>) =
            page["items"].as_array().unwrap().iter().partition(|row| row["id"] == silent["id"]);
        assert!(of_silent[0]["newest"].is_null(), "{page}");
        let newest = &other[0]["newest"];
        assert_eq!((&newest["id"], &newest["assignee"]["id"]), (&json!(conversation), &json!(owner.id())));
        let until = newest["window_until"].as_u64().unwrap() / 1_000;
        assert!(until.abs_diff(now_s() + 24 * 3_600) < 600, "{newest}");
    }
}

#[tokio::test]
async fn a_file_is_checked_brought_in_and_taken_back() {
    let jetto = Jetto::running().await;
    let owner = jetto.owner().await;
    let file =
        "Phone;Name;Labels;Something\n(11) 98765-4321;Marina;VIP;x\nnone;Nobody;;\n+4915123456789;\"Weber; Jan\";;\n";
    let upload = owner.request(Method::POST, "/api/v1/contact-imports").header("X-Filename", "people.csv").body(file);
    let uploaded = Answer::to(upload).await.expect(201).json();
    assert_eq!(uploaded["headings"], json!(["Phone", "Name", "Labels", "Something"]));
    assert_eq!(uploaded["import"]["mapping"]["columns"], json!(["phone", "name", "tags", "skip"]));
    let path = format!("contact-imports/{}", uploaded["import"]["id"].as_str().unwrap());
    let mapping = json!({"columns": ["phone", "name", "tags", "skip"], "country": "BR", "tags": ["Fair"]});
    owner.put(&format!("{path}/mapping"), &mapping).await.expect(200);
    let report = owner.get(&format!("{path}/report")).await;
    let numbers = ["rows", "valid", "fixed", "rejected"].map(|key| report[key].clone());
    assert_eq!(numbers, [3, 2, 1, 1].map(|n| json!(n)));
    assert_eq!(report["examples"][0]["line"], 3);
    let rejected = owner.read(&format!("/api/v1/{path}/rejected")).await;
    let text = String::from_utf8(rejected.body.to_vec()).unwrap();
    assert!(text.starts_with("line,reason,Phone,Name") && text.lines().count() == 2, "{text}");

    owner.post(&format!("{path}/run"), &json!({})).await.expect(202);
    let done = async |stage: &str| {
        eventually(stage, async || Some(owner.get(&path).await).filter(|import| import["stage"] == stage)).await
    };
    let import = done("done").await;
    assert_eq!((&import["created"], &import["rejected"]), (&json!(2), &json!(1)));
    let fair = json!({"is": {"on": "tag", "any_of": ["Fair"]}});
    assert_eq!(people(&owner, &fair).await["people"], 2);
    let export = owner.read("/api/v1/contacts/export").await;
    assert!(String::from_utf8(export.body.to_vec()).unwrap().contains("Marina"));
    owner.post(&format!("{path}/undo"), &json!({})).await.expect(202);
    done("undone").await;
    assert_eq!(people(&owner, &fair).await["people"], 0);
}

#[tokio::test]
async fn a_file_that_a_death_cut_short_goes_on_by_itself() {
    const ROWS: u64 = 12_000;
    let mut jetto = Jetto::running().await;
    let owner = jetto.owner().await;
    let rows = (0..ROWS).map(|n| format!("+49151{n:08},Somebody\n"));
    let file: String = std::iter::once("Phone,Name\n".to_owned()).chain(rows).collect();
    let uploaded = Answer::to(owner.request(Method::POST, "/api/v1/contact-imports").body(file)).await;
    let path = format!("contact-imports/{}", uploaded.expect(201).json()["import"]["id"].as_str().unwrap());
    owner.post(&format!("{path}/run"), &json!({})).await.expect(202);
    let begun = async || Some(owner.get(&path).await).filter(|import| import["progress"]["rows"].as_u64() > Some(0));
    assert_eq!(eventually("it has begun", begun).await["stage"], "running");
    jetto.kill().await;
    jetto.start().await;
    let done = async || Some(owner.get(&path).await).filter(|import| import["stage"] == "done");
    let import = eventually("it is done", done).await;
    assert_eq!((&import["rows"], &import["created"]), (&json!(ROWS), &json!(ROWS)), "each once");
    let everybody = json!({"all": []});
    assert_eq!(people(&owner, &everybody).await["people"], ROWS);
}
