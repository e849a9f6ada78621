//! Mails that do not go out at the first try, or not at all.

use serde_json::json;

use crate::harness::{Agent, Jetto, PASSWORD, PostOffice, eventually};

const EMAIL: &str = "omar@garden.example";

#[tokio::test]
async fn an_invitation_comes_by_mail_even_if_the_mail_server_is_not_ready_at_once() {
    let mut office = PostOffice::open(&["451 not now"]).await;
    let mut jetto = Jetto::prepared().await;
    jetto.mails_by(&office);
    jetto.start().await;
    let owner = jetto.owner().await;
    let wanted = json!({"email": EMAIL, "role": "agent", "teams": []});
    let made = owner.post("invitations", &wanted).await.expect(201).json();
    let letter = office.letter().await;
    let link = made["link"].as_str().unwrap();
    let head = ["To: omar@garden.example", "Subject: Your invitation to Garden", "owner invites you to", link];
    assert!(head.iter().all(|part| letter.contains(part)), "{letter}");
    let token = link.rsplit('/').next().unwrap();
    assert!(!jetto.log().contains(EMAIL) && !jetto.log().contains(token), "{}", jetto.log());
    let renewed = owner.post(&format!("invitations/{}/link", made["id"].as_str().unwrap()), &json!({})).await;
    let renewed = renewed.expect(200).json();
    assert!(office.letter().await.contains(renewed["link"].as_str().unwrap()));
    let path = renewed["link"].as_str().unwrap().split_once("/invitation/").unwrap().1.to_owned();
    let joining = json!({"name": "Omar", "password": PASSWORD});
    Agent::stranger(jetto.url()).post(&format!("invitations/by-token/{path}"), &joining).await.expect(201);
    assert_eq!(jetto.metric("jetto_mails_failed_total").await, 0);
    assert!(jetto.stop().await.success());
}

#[tokio::test]
async fn a_mail_that_nobody_takes_is_told_without_its_address() {
    let office = PostOffice::open(&["550 nobody of the name omar@garden.example"]).await;
    let mut jetto = Jetto::prepared().await;
    jetto.mails_by(&office);
    jetto.start().await;
    let owner = jetto.owner().await;
    let made = owner.post("invitations", &json!({"email": EMAIL, "role": "agent", "teams": []})).await;
    let made = made.expect(201).json();
    eventually("it is given up", async || (jetto.metric("jetto_mails_failed_total").await == 1).then_some(())).await;
    let told = jetto.log();
    assert!(told.lines().any(|line| line.contains("WARN") && line.contains("a mail was not sent")), "{told}");
    let token = made["link"].as_str().unwrap().rsplit('/').next().unwrap();
    assert!(!told.contains("omar@") && !told.contains(token), "{told}");
    assert!(office.is_empty());
}
