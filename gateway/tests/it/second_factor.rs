//! The second factor: set up, asked for, used once, lost, and wanted by the organization.

use engine::administration::{Command, SettingsChange};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::harness::{AT_ONCE, Agent, Answer, Jetto, Live, ORGANIZATION, OWNER, PASSWORD, phone, told};

/// Sets it up; answers the secret and the recovery codes. Takes the code of this moment.
async fn enrolled(agent: &Agent) -> (String, Vec<String>) {
    let begun = agent.post("me/second-factor", &json!({})).await.expect(200).json();
    let secret = begun["secret"].as_str().unwrap().to_owned();
    assert!(begun["uri"].as_str().unwrap().contains(&secret) && begun["qr_svg"].as_str().unwrap().contains("<svg"));
    let wrong = agent.post("me/second-factor/confirm", &json!({"code": "12345"})).await.expect(401);
    assert_eq!(wrong.problem(), "wrong_code");
    // The one before: what comes now and next is left for signing in.
    let code = json!({"code": phone(&secret, 0)});
    let confirmed = agent.post("me/second-factor/confirm", &code).await.expect(200).json();
    let codes = confirmed["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned());
    (secret, codes.collect())
}

async fn signs_in(jetto: &Jetto, code: &str) -> Answer {
    Agent::stranger(jetto.url()).try_sign_in(OWNER, PASSWORD, Some(code)).await
}

#[tokio::test]
async fn a_code_is_asked_for_and_good_once() {
    let mut jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let (secret, recovery) = enrolled(&agent).await;
    assert_eq!(recovery.len(), 10);
    let me = agent.get("me").await;
    assert_eq!(me["account"]["second_factor"], json!({"enabled": true, "recovery_codes_left": 10}));
    let again = agent.post("me/second-factor", &json!({})).await.expect(409);
    assert_eq!(again.problem(), "has_second_factor");

    assert_eq!(jetto.stranger_signs_in(OWNER).await.expect(401).problem(), "second_factor");
    let stranger = Agent::stranger(jetto.url());
    let wrong = stranger.try_sign_in(OWNER, "not this one", Some(&phone(&secret, 1))).await.expect(401);
    assert_eq!(wrong.problem(), "wrong_credentials", "the code says nothing without the password");
    let used = phone(&secret, 1);
    signs_in(&jetto, &used).await.expect(201);
    assert_eq!(signs_in(&jetto, &used).await.expect(401).problem(), "wrong_code", "whoever saw it has nothing");
    assert_eq!(signs_in(&jetto, &phone(&secret, 0)).await.expect(401).problem(), "wrong_code");

    let (one, other) = tokio::join!(signs_in(&jetto, &recovery[0]), signs_in(&jetto, &recovery[0]));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 401], "a code on paper is used up by one of two");
    let capitals = recovery[1].to_uppercase().replace('-', " ");
    let in_capitals = signs_in(&jetto, &capitals).await.expect(201).json();
    assert_eq!(in_capitals["account"]["second_factor"]["recovery_codes_left"], 8);

    let log = told(&jetto.audited(ORGANIZATION).await);
    assert_eq!(log.iter().filter(|line| *line == "second_factor.enabled").count(), 1, "{log:?}");
    assert_eq!(log.iter().filter(|line| *line == "session.refused wrong_code").count(), 3, "{log:?}");
}

#[tokio::test]
async fn it_is_renewed_with_a_code_and_removed_with_password_and_code() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let none = agent.post("me/second-factor/recovery-codes", &json!({"code": "123456"})).await.expect(409);
    assert_eq!(none.problem(), "no_second_factor");
    let (_, recovery) = enrolled(&agent).await;
    let renewed = agent.post("me/second-factor/recovery-codes", &json!({"code": recovery[0]})).await.expect(200).json();
    let fresh = renewed["recovery_codes"].as_array().unwrap();
    assert_eq!(signs_in(&jetto, &recovery[1]).await.expect(401).problem(), "wrong_code", "the old ones are gone");
    let remove = async |password: &str, code: &Value| {
        agent.delete_with("me/second-factor", &json!({"password": password, "code": code})).await
    };
    assert_eq!(remove("not this one", &fresh[0]).await.expect(401).problem(), "wrong_credentials");
    assert_eq!(remove(PASSWORD, &json!(recovery[2])).await.expect(401).problem(), "wrong_code");
    remove(PASSWORD, &fresh[0]).await.expect(204);
    jetto.stranger_signs_in(OWNER).await.expect(201);
}

#[tokio::test]
async fn where_the_organization_wants_it_nothing_else_answers_before() {
    let mut jetto = Jetto::prepared().await;
    let wanted = SettingsChange { require_second_factor: Some(true), ..SettingsChange::default() };
    jetto.owner_decides(ORGANIZATION, Command::Settings(wanted)).await;
    jetto.start().await;
    let agent = jetto.owner().await;
    assert_eq!(agent.me["must_enroll_second_factor"], true);
    for path in ["conversations", "members", "contacts", "live", "webhook-log"] {
        assert_eq!(agent.read(path).await.expect(403).problem(), "second_factor_required", "{path}");
    }
    agent.read("me").await.expect(200);
    agent.read("sessions").await.expect(200);
    enrolled(&agent).await;
    assert_eq!(agent.get("me").await["must_enroll_second_factor"], false);
    agent.read("conversations").await.expect(200);
    agent.live(None).await;
}

#[tokio::test]
async fn who_has_none_is_cut_off_at_once_when_the_organization_wants_one() {
    let mut jetto = Jetto::prepared().await;
    jetto.add_member(ORGANIZATION, "lina@garden.example", "agent").await;
    jetto.start().await;
    let (owner, lina) = (jetto.owner().await, jetto.sign_in("lina@garden.example").await);
    let (mut owners, mut linas) = (owner.live(None).await, lina.live(None).await);
    // What counts is how it is now, not how it was when the connection was opened.
    let (_, recovery) = enrolled(&owner).await;
    let want = async |wanted: bool| {
        let change = json!({"require_second_factor": wanted});
        owner.patch("organization", &change).await.expect(200);
        Instant::now()
    };
    let wanted = want(true).await;
    let cut = [json!({"type": "permissions_changed"}), json!({"type": "bye", "reason": "no_access"})];
    assert_eq!(linas.rest().await, cut);
    assert!(wanted.elapsed() < AT_ONCE, "{:?}", wanted.elapsed());
    assert_eq!(lina.read("conversations").await.expect(403).problem(), "second_factor_required");
    assert_eq!(Live::open(&lina, None).await.err(), Some(403));
    lina.read("me").await.expect(200);
    jetto.customer_writes("Hello");
    owners.added("Hello").await;

    let (_, codes) = enrolled(&lina).await;
    let mut linas = lina.live(None).await;
    let proof = json!({"password": PASSWORD, "code": codes[0]});
    lina.delete_with("me/second-factor", &proof).await.expect(204);
    let removed = Instant::now();
    assert_eq!(linas.rest().await, cut);
    assert!(removed.elapsed() < AT_ONCE, "{:?}", removed.elapsed());

    want(false).await;
    let mut linas = lina.live(None).await;
    let proof = json!({"password": PASSWORD, "code": recovery[0]});
    owner.delete_with("me/second-factor", &proof).await.expect(204);
    jetto.customer_writes("Still here?");
    linas.added("Still here?").await;
    owners.added("Still here?").await;
}
