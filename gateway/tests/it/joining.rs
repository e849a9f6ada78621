//! Coming in: an organization's sign-up, and the links of invitations.

use engine::administration::{Command, InvitationCommand};
use engine::directory::RoleId;
use engine::id::InvitationId;
use engine::permission::Role;
use gateway::auth::links;
use serde_json::json;

use crate::harness::{Agent, Jetto, ORGANIZATION, PASSWORD, told};

fn invite(email: &str, role: Role) -> (String, Command) {
    let (token, token_hash) = links::new_token();
    let (id, teams) = (InvitationId::derive(&[email.as_bytes()]), std::collections::BTreeSet::new());
    let create =
        InvitationCommand::Create { id, email: email.to_owned(), role: RoleId::Default(role), teams, token_hash };
    (token, Command::Invitation(create))
}

#[tokio::test]
async fn a_stranger_makes_an_organization_where_that_is_allowed() {
    let mut jetto = Jetto::prepared().await;
    jetto.set("JETTO_SIGN_UP", "open");
    jetto.start().await;
    let stranger = Agent::stranger(jetto.url());
    assert_eq!(stranger.get("sign-ups").await, json!({"open": true}));
    let wanted = |email: &str, password: &str| json!({"organization": " Bakery ", "name": "Ana", "email": email, "password": password});
    let taken = stranger.post("sign-ups", &wanted("Owner@Garden.example", PASSWORD)).await.expect(409);
    assert_eq!(taken.problem(), "email_taken");
    for (email, password) in [("ana", PASSWORD), ("ana@bakery.example", "short")] {
        assert_eq!(stranger.post("sign-ups", &wanted(email, password)).await.expect(422).problem(), "invalid");
    }
    let answer = stranger.post("sign-ups", &wanted("ana@bakery.example", PASSWORD)).await.expect(201);
    let ana = stranger.entered(&answer);
    assert_eq!((&ana.me["organization"]["name"], &ana.me["member"]["role"]["id"]), (&json!("Bakery"), &json!("owner")));
    assert_eq!(ana.get("members").await["items"].as_array().unwrap().len(), 1);
    assert!(ana.all("conversations").await.is_empty());
    jetto.stranger_signs_in("ana@bakery.example").await.expect(201);
    let log = told(&jetto.audited("Bakery").await);
    assert_eq!(log, ["organization.created", "session.opened", "session.opened"]);
}

#[tokio::test]
async fn nobody_signs_up_unless_the_operator_says_so() {
    let jetto = Jetto::running().await;
    let stranger = Agent::stranger(jetto.url());
    assert_eq!(stranger.get("sign-ups").await, json!({"open": false}));
    let wanted = json!({"organization": "B", "name": "Ana", "email": "ana@bakery.example", "password": PASSWORD});
    assert_eq!(stranger.post("sign-ups", &wanted).await.expect(403).problem(), "sign_up_closed");
    jetto.stranger_signs_in("ana@bakery.example").await.expect(401);
}

#[tokio::test]
async fn somebody_new_joins_by_a_link_that_is_good_once() {
    let mut jetto = Jetto::prepared().await;
    let (token, command) = invite("omar@garden.example", Role::Agent);
    jetto.owner_decides(ORGANIZATION, command).await;
    jetto.start().await;
    let stranger = Agent::stranger(jetto.url());
    let path = format!("invitations/by-token/{token}");
    let door = stranger.get(&path).await;
    assert_eq!(door["organization"], ORGANIZATION);
    assert_eq!((&door["email"], &door["has_account"]), (&json!("omar@garden.example"), &json!(false)));
    assert_eq!(door["role"]["id"], "agent");
    for wrong in [json!({"password": PASSWORD}), json!({"name": "Omar", "password": "short"})] {
        assert_eq!(stranger.post(&path, &wrong).await.expect(422).problem(), "invalid", "{wrong}");
    }
    let joined = stranger.post(&path, &json!({"name": "Omar", "password": PASSWORD})).await.expect(201);
    let omar = stranger.entered(&joined);
    assert_eq!((&omar.me["member"]["name"], &omar.me["member"]["role"]["id"]), (&json!("Omar"), &json!("agent")));
    omar.read("conversations").await.expect(200);
    for answer in [stranger.read(&path).await, stranger.post(&path, &json!({"name": "X", "password": PASSWORD})).await]
    {
        assert_eq!(answer.expect(410).problem(), "link_expired");
    }
    let unknown = format!("invitations/by-token/{}", "x".repeat(43));
    assert_eq!(stranger.read(&unknown).await.expect(410).problem(), "link_expired");
    jetto.stranger_signs_in("omar@garden.example").await.expect(201);
    let log = told(&jetto.audited(ORGANIZATION).await);
    assert!(log.contains(&"member.joined".to_owned()), "{log:?}");
}

#[tokio::test]
async fn an_account_that_is_invited_must_show_that_it_is_theirs() {
    let mut jetto = Jetto::prepared().await;
    jetto.create_organization("Second", "owner@second.example").await;
    let (token, command) = invite("owner@second.example", Role::Viewer);
    jetto.owner_decides(ORGANIZATION, command).await;
    jetto.start().await;
    let stranger = Agent::stranger(jetto.url());
    let path = format!("invitations/by-token/{token}");
    assert_eq!(stranger.get(&path).await["has_account"], true);
    let guess = json!({"name": "Thief", "password": "a password of my own"});
    assert_eq!(stranger.post(&path, &guess).await.expect(401).problem(), "wrong_credentials");
    let owner = jetto.sign_in("owner@second.example").await;
    let secret = owner.post("me/second-factor", &json!({})).await.expect(200).json()["secret"].clone();
    let code = crate::harness::phone(secret.as_str().unwrap(), 0);
    owner.post("me/second-factor/confirm", &json!({"code": code})).await.expect(200);
    let right = stranger.post(&path, &json!({"password": PASSWORD})).await.expect(401);
    assert_eq!(right.problem(), "second_factor", "a link is no way around it");
    let next = crate::harness::phone(secret.as_str().unwrap(), 1);
    let joined = stranger.post(&path, &json!({"password": PASSWORD, "code": next})).await.expect(201).json();
    assert_eq!(joined["organization"]["name"], ORGANIZATION);
    assert_eq!(joined["organizations"].as_array().unwrap().len(), 2);
}
