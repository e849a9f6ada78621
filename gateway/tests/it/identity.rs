//! A customer stays the same person, whatever Meta shows of them.

use loadtest::payload::{Content, Phone};
use serde_json::Value;

use crate::harness::{CUSTOMER, Jetto, NUMBER, eventually};

#[tokio::test]
async fn one_who_takes_another_number_stays_in_the_same_conversation() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    jetto.customer_writes("Hello");
    let conversation = agent.conversation().await;
    let (old, new) = (Phone::from(CUSTOMER), Phone::from("12025550199"));
    jetto.meta.change_number(&NUMBER.into(), &old, &new).unwrap();
    jetto.meta.settled().await;
    jetto.meta.customer_says(&NUMBER.into(), &new, Content::Text { body: "It is me".into() }).unwrap();
    let kinds = eventually("three entries", async || {
        let history = agent.history(&conversation).await;
        (history.len() == 3).then(|| history.iter().map(|one| one["content"]["type"].to_string()).collect::<Vec<_>>())
    });
    assert!(kinds.await.contains(&"\"system\"".to_owned()));
    let contacts = agent.all("contacts").await;
    assert_eq!(contacts.len(), 1);
    assert!(contacts[0]["phone"].as_str().unwrap().ends_with("•0199"), "{}", contacts[0]);
    let reply = agent.reply(&conversation, "there", "I see").await;
    agent.delivered(&conversation, reply["id"].as_str().unwrap(), &["read"]).await;
    assert_eq!(jetto.meta.ledger()[0].to.trim_start_matches('+'), new.as_str());
}

#[tokio::test]
async fn one_who_hides_their_number_is_answered_by_their_user_id() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    jetto.meta.adopt_username(&Phone::from(CUSTOMER), "avery.sample");
    jetto.customer_writes("Guess who");
    let conversation = agent.conversation().await;
    let contact = agent.get(&format!("conversations/{conversation}")).await["contact"].clone();
    assert_eq!(contact["phone"], Value::Null);
    assert_eq!(contact["username"], "avery.sample");
    let bsuid = contact["bsuid"].as_str().unwrap();
    assert_eq!(contact["country"].as_str(), bsuid.get(..2));
    let reply = agent.reply(&conversation, "hidden", "Hello Avery").await;
    agent.delivered(&conversation, reply["id"].as_str().unwrap(), &["read"]).await;
    assert_eq!(jetto.meta.ledger()[0].to, bsuid);
    jetto.customer_writes("Thank you");
    eventually("the same conversation", async || (agent.history(&conversation).await.len() == 3).then_some(())).await;
    assert_eq!(agent.all("contacts").await.len(), 1);
}
