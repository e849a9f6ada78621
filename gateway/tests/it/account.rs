//! What one may change about oneself.

use serde_json::json;

use crate::harness::{Jetto, ORGANIZATION, OWNER, PASSWORD, told};

#[tokio::test]
async fn a_new_password_signs_every_other_browser_out() {
    let mut jetto = Jetto::running().await;
    let (here, there) = (jetto.owner().await, jetto.owner().await);
    let change =
        async |current: &str, new: &str| here.put("me/password", &json!({"current": current, "new": new})).await;
    assert_eq!(change("not this one", "a new long password").await.expect(401).problem(), "wrong_credentials");
    assert_eq!(change(PASSWORD, "short").await.expect(422).problem(), "invalid");
    there.read("me").await.expect(200);
    let (mut mine, mut theirs) = (here.live(None).await, there.live(None).await);
    let changed = change(PASSWORD, "a new long password").await.expect(204);
    let bye = mine.until("my tab is asked to come back", |frame| frame["type"] == "bye").await;
    assert_eq!(bye["reason"], "draining");
    let bye = theirs.until("the other browser is told", |frame| frame["type"] == "bye").await;
    assert_eq!(bye["reason"], "signed_out");
    here.entered(&changed).read("me").await.expect(200);
    for old in [&here, &there] {
        assert_eq!(old.read("me").await.expect(401).problem(), "signed_out");
        assert_eq!(old.refresh().await.expect(401).problem(), "session_ended");
    }
    jetto.stranger_signs_in(OWNER).await.expect(401);
    drop((mine, theirs));
    let log = told(&jetto.audited(ORGANIZATION).await);
    assert!(log.contains(&"account.password_changed".to_owned()), "{log:?}");
}

#[tokio::test]
async fn name_phone_and_address_are_ones_own_and_the_address_needs_the_password() {
    let mut jetto = Jetto::prepared().await;
    jetto.add_member(ORGANIZATION, "agent@garden.example", "agent").await;
    jetto.start().await;
    let agent = jetto.owner().await;
    let changed = agent.patch("me", &json!({"name": " Lina Haddad ", "phone": "+1 (202) 555-0142"})).await.expect(200);
    let me = changed.json();
    assert_eq!((&me["account"]["name"], &me["account"]["phone"]), (&json!("Lina Haddad"), &json!("+12025550142")));
    assert_eq!(me["member"]["name"], "Lina Haddad");
    assert_eq!(agent.patch("me", &json!({"phone": ""})).await.expect(200).json()["account"]["phone"], json!(null));
    for wrong in [json!({"name": " "}), json!({"phone": "12"}), json!({"phone": "+12x"}), json!({"email": "nobody"})] {
        assert_eq!(agent.patch("me", &wrong).await.expect(422).problem(), "invalid", "{wrong}");
    }
    let new = "lina@garden.example";
    assert_eq!(agent.patch("me", &json!({"email": new})).await.expect(401).problem(), "wrong_credentials");
    let taken = json!({"email": "agent@garden.example", "password": PASSWORD});
    assert_eq!(agent.patch("me", &taken).await.expect(409).problem(), "email_taken");
    let moved = agent.patch("me", &json!({"email": " Lina@Garden.example", "password": PASSWORD})).await.expect(200);
    assert_eq!((&moved.json()["account"]["email"], &moved.json()["member"]["email"]), (&json!(new), &json!(new)));
    jetto.stranger_signs_in(OWNER).await.expect(401);
    jetto.stranger_signs_in(new).await.expect(201);
    let log = jetto.audited(ORGANIZATION).await;
    let entry = log.iter().find(|entry| entry.action.key() == "account.email_changed").unwrap();
    assert_eq!((entry.details["from"].as_str(), entry.details["to"].as_str()), (OWNER, new));
}

#[tokio::test]
async fn preferences_are_kept_as_they_are_up_to_their_limit() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let wanted = json!({"theme": "dark", "single_keys": true});
    assert_eq!(agent.put("me/preferences", &wanted).await.expect(200).json(), wanted);
    assert_eq!(agent.get("me").await["preferences"], wanted);
    for wrong in [json!(["dark"]), json!({"theme": "x".repeat(5_000)})] {
        assert_eq!(agent.put("me/preferences", &wrong).await.expect(422).problem(), "invalid");
    }
    assert_eq!(agent.get("me").await["preferences"], wanted);
}
