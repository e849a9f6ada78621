//! What becomes of a session: renewed, copied, ended from another browser, taken to another organization.

use engine::administration::{Command, InvitationCommand};
use engine::directory::RoleId;
use engine::id::InvitationId;
use gateway::auth::links;
use loadtest::session::Session;
use reqwest::Method;
use reqwest::header::USER_AGENT;
use serde_json::json;
use tokio::time::timeout;

use crate::harness::{AT_ONCE, Agent, Answer, Jetto, Live, ORGANIZATION, OWNER, PASSWORD, told};

/// Reads to the end; answers why it ended.
async fn farewell(live: &mut Live) -> String {
    let mut reason = String::new();
    while let Some(frame) = live.next().await {
        if frame["type"] == "bye" {
            frame["reason"].as_str().unwrap().clone_into(&mut reason);
        }
    }
    reason
}

async fn ends_at_once(live: &mut Live) -> String {
    timeout(AT_ONCE, farewell(live)).await.expect("the socket ends within a second")
}

#[tokio::test]
pub(crate) async fn a_refresh_token_that_was_used_before_ends_the_session_for_both() {
    let mut jetto = Jetto::running().await;
    let (thief, other) = (jetto.owner().await, jetto.owner().await);
    let mut owner = thief.clone();
    for _ in 0..2 {
        owner = owner.entered(&owner.refresh().await.expect(200));
    }
    assert_ne!(owner.refresh_cookie, thief.refresh_cookie);
    let (mut socket, mut unrelated) = (owner.live(None).await, other.live(None).await);
    assert_eq!(thief.refresh().await.expect(401).problem(), "session_ended");
    assert_eq!(ends_at_once(&mut socket).await, "signed_out");
    // Both of them are out, with whatever they hold.
    for agent in [&owner, &thief] {
        assert_eq!(agent.read("me").await.expect(401).problem(), "signed_out");
        assert_eq!(agent.refresh().await.expect(401).problem(), "session_ended");
        assert_eq!(Live::open(agent, None).await.err(), Some(401));
    }
    other.read("me").await.expect(200);
    unrelated.say(&json!({"type": "ping"})).await;
    unrelated.until("the other session's socket is open", |frame| frame["type"] == "pong").await;
    drop((socket, unrelated));
    let log = told(&jetto.audited(ORGANIZATION).await);
    assert_eq!(log.iter().filter(|line| *line == "session.reused").count(), 1, "{log:?}");
}

#[tokio::test]
async fn two_tabs_that_renew_at_once_go_on_with_one_token() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let (one, other) = tokio::join!(agent.refresh(), agent.refresh());
    let (one, other) = (agent.entered(&one.expect(200)), agent.entered(&other.expect(200)));
    assert_eq!(one.refresh_cookie, other.refresh_cookie);
    one.entered(&one.refresh().await.expect(200)).read("me").await.expect(200);
}

#[tokio::test]
async fn a_refresh_token_that_is_not_one_is_refused() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let mut wrong = agent.clone();
    let good = agent.refresh_cookie.clone();
    for cookie in ["", "auth_refresh=", "auth_refresh=nonsense", &format!("auth_refresh={}.AAAA", "0".repeat(32))] {
        cookie.clone_into(&mut wrong.refresh_cookie);
        assert_eq!(wrong.refresh().await.expect(401).problem(), "session_ended", "{cookie}");
    }
    good.clone_into(&mut wrong.refresh_cookie);
    let answer = Answer::to(wrong.bare(Method::POST, "sessions/refresh").header("Cookie", &good)).await.expect(403);
    assert_eq!(answer.problem(), "client_header");
    wrong.refresh().await.expect(200);
}

#[tokio::test]
pub(crate) async fn a_browser_is_listed_and_signed_out_from_another() {
    let mut jetto = Jetto::prepared().await;
    jetto.add_member(ORGANIZATION, "agent@garden.example", "agent").await;
    jetto.start().await;
    let here = jetto.owner().await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0";
    let request = here.bare(Method::POST, "sessions").header("X-Jetto-Client", "test").header(USER_AGENT, firefox);
    // Nobody asked to believe this header.
    let request = request.header("X-Forwarded-For", "203.0.113.9");
    let answer = Answer::to(request.json(&json!({"email": OWNER, "password": PASSWORD}))).await.expect(201);
    let there = here.entered(&answer);
    let third = jetto.owner().await;
    let theirs = jetto.sign_in("agent@garden.example").await;

    let sessions = here.get("sessions").await;
    let sessions = sessions["items"].as_array().unwrap();
    assert_eq!(sessions.len(), 3, "one's own only");
    let id = there.session().await;
    let listed = sessions.iter().find(|session| session["id"] == id.as_str()).unwrap();
    assert_eq!((&listed["browser"], &listed["ip"]), (&json!("Firefox 143"), &json!("127.0.0.1")));
    assert_eq!(listed["device"].as_str().unwrap().split(' ').next(), Some("Linux"));
    assert!(listed["current"] == false && listed["expires_at"].as_i64() > listed["created_at"].as_i64());

    let mut socket = there.live(None).await;
    here.delete(&format!("sessions/{id}")).await.expect(204);
    assert_eq!(ends_at_once(&mut socket).await, "signed_out");
    assert_eq!(there.read("me").await.expect(401).problem(), "signed_out");
    assert_eq!(there.refresh().await.expect(401).problem(), "session_ended");
    assert_eq!(here.delete(&format!("sessions/{id}")).await.expect(404).problem(), "not_found");
    let not_mine = theirs.session().await;
    assert_eq!(here.delete(&format!("sessions/{not_mine}")).await.expect(404).problem(), "not_found");

    here.delete("sessions").await.expect(204);
    third.read("me").await.expect(401);
    here.read("me").await.expect(200);
    theirs.read("me").await.expect(200);
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_address_is_the_clients() {
    let mut jetto = Jetto::prepared().await;
    jetto.set("JETTO_TRUSTED_PROXIES", "127.0.0.1,10.0.0.0/8");
    jetto.start().await;
    let stranger = Agent::stranger(jetto.url());
    let request =
        stranger.request(Method::POST, "sessions").header("X-Forwarded-For", "6.6.6.6, 203.0.113.9, 10.1.1.1");
    let answer = Answer::to(request.json(&json!({"email": OWNER, "password": PASSWORD}))).await.expect(201);
    let agent = stranger.entered(&answer);
    assert_eq!(agent.get("sessions").await["items"][0]["ip"], "203.0.113.9");
}

#[tokio::test]
pub(crate) async fn a_person_of_two_organizations_goes_from_one_to_the_other() {
    let mut jetto = Jetto::prepared().await;
    jetto.create_organization("Second", "owner@second.example").await;
    let (token, token_hash) = links::new_token();
    let invite = InvitationCommand::Create {
        id: InvitationId::from_bytes([9; 16]),
        email: OWNER.to_owned(),
        role: RoleId::ADMIN,
        teams: std::collections::BTreeSet::new(),
        token_hash,
    };
    jetto.owner_decides("Second", Command::Invitation(invite)).await;
    jetto.start().await;
    let first = jetto.owner().await;
    let joined = first.post(&format!("invitations/by-token/{token}"), &json!({"password": PASSWORD})).await.expect(201);
    let second = joined.json()["organization"]["id"].as_str().unwrap().to_owned();
    let names: Vec<_> =
        joined.json()["organizations"].as_array().unwrap().iter().map(|seat| seat["name"].clone()).collect();
    assert_eq!(names.len(), 2, "{names:?}");

    let mut socket = first.live(None).await;
    let nowhere = json!({"organization_id": "0".repeat(32)});
    assert_eq!(first.post("sessions/switch", &nowhere).await.expect(404).problem(), "not_found");
    let switched = first.post("sessions/switch", &json!({"organization_id": second})).await.expect(200);
    let me = switched.json();
    assert_eq!((&me["organization"]["name"], &me["member"]["role"]["id"]), (&json!("Second"), &json!("admin")));
    assert_eq!(ends_at_once(&mut socket).await, "signed_out");
    first.read("me").await.expect(401);
    let there = first.entered(&switched);
    assert_eq!(there.get("me").await["organization"]["id"], second.as_str());
    assert!(there.all("conversations").await.is_empty());
    let wanted = json!({"email": OWNER, "password": PASSWORD, "organization_id": second});
    let direct = Agent::stranger(jetto.url()).post("sessions", &wanted).await.expect(201);
    assert_eq!(direct.json()["organization"]["name"], "Second");
}

#[tokio::test]
async fn the_load_generator_stays_signed_in_when_its_token_is_not_taken_any_more() {
    let mut jetto = Jetto::running().await;
    let session = Session::sign_in(jetto.url(), OWNER, PASSWORD).await.unwrap();
    let first = session.cookie();
    // Other keys sign from now on: what was handed out is worth as little as an expired token.
    assert!(jetto.stop().await.success());
    std::fs::remove_file(jetto.data().join("session.keys")).unwrap();
    jetto.start().await;
    let ask = async || session.send(|client| client.get(format!("{}/api/v1/me", jetto.url()))).await.unwrap().status();
    let (one, other, third) = tokio::join!(ask(), ask(), ask());
    assert_eq!([one, other, third], [200; 3]);
    assert!(session.cookie() != first && session.cookie().contains("auth_refresh="));
    let owner = jetto.owner().await;
    let sessions = owner.all("sessions").await;
    assert_eq!(sessions.len(), 2, "renewed once, by one of the three, and not taken for a thief: {sessions:?}");
    for session in sessions.iter().filter(|session| session["current"] == false) {
        owner.delete(&format!("sessions/{}", session["id"].as_str().unwrap())).await.expect(204);
    }
    assert_eq!(ask().await, 401, "over is over");
}
