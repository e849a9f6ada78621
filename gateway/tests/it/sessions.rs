//! Signing in and out, and what a token is worth.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use reqwest::header::{COOKIE, SET_COOKIE};
use serde_json::{Value, json};

use crate::harness::{Agent, Answer, Jetto, OWNER, PASSWORD, now_s};

#[tokio::test]
async fn a_cookie_is_set_for_this_site_and_out_of_reach_of_scripts() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let renewed = agent.refresh().await.expect(200);
    let cookies: Vec<_> = renewed.headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap()).collect();
    for (name, path) in [("auth_token=", "Path=/;"), ("auth_refresh=", "Path=/api/v1/sessions/refresh;")] {
        let cookie = cookies.iter().find(|cookie| cookie.starts_with(name)).unwrap();
        let cookie = format!("{cookie};");
        for attribute in ["HttpOnly", "SameSite=Lax", "Max-Age=", path] {
            assert!(cookie.contains(attribute), "{attribute}: {cookie}");
        }
    }
    let me = renewed.json();
    assert_eq!((&me["member"]["email"], &me["member"]["role"]["id"]), (&json!(OWNER), &json!("owner")));
    assert_eq!(me["permissions"].as_array().unwrap().len(), 43);
    assert_eq!(me["numbers"][0]["phone_number_id"], crate::harness::NUMBER);
    assert!(!renewed.body.windows(15).any(|part| part == crate::harness::TOKEN.as_bytes()), "no token of Meta's");

    let gone = Answer::to(agent.request(Method::DELETE, "sessions/current")).await.expect(204);
    assert!(gone.header(SET_COOKIE.as_str()).contains("Max-Age=0"));
    assert_eq!(agent.read("me").await.expect(401).problem(), "signed_out");
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_person_are_the_same_answer() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let sign_in = async |email: &str, password: &str| {
        let answer = agent.post("sessions", &json!({"email": email, "password": password})).await;
        (answer.status.as_u16(), answer.json())
    };
    let wrong = sign_in(OWNER, "not this one").await;
    assert_eq!((wrong.0, &wrong.1["code"]), (401, &json!("wrong_credentials")));
    assert_eq!(sign_in("nobody@garden.example", PASSWORD).await, wrong);
    assert_eq!(sign_in(OWNER, &"x".repeat(10_000)).await, wrong);
    assert_eq!(sign_in(" Owner@Garden.Example ", PASSWORD).await.0, 201, "as people write it");
    assert_eq!(agent.post("sessions", &json!({"email": OWNER})).await.expect(422).problem(), "invalid");
    let torn = agent.request(Method::POST, "sessions").header("content-type", "application/json").body("{\"email\":");
    assert_eq!(Answer::to(torn).await.expect(422).problem(), "invalid");
}

/// The claims of a token, changed and signed again.
fn forged(token: &str, (kid, key): (&str, &[u8]), algorithm: Algorithm, change: impl FnOnce(&mut Value)) -> String {
    let claims = token.split('.').nth(1).unwrap();
    let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
    change(&mut claims);
    let header = Header { kid: Some(kid.to_owned()), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(key)).unwrap()
}

#[tokio::test]
async fn an_expired_or_invalid_token_is_worth_nothing() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    let token = agent.cookie.strip_prefix("auth_token=").unwrap();
    let set: Value = serde_json::from_slice(&std::fs::read(jetto.data().join("session.keys")).unwrap()).unwrap();
    let kid = set["keys"][0]["kid"].as_str().unwrap();
    let secret = hex::decode(set["keys"][0]["secret"].as_str().unwrap()).unwrap();
    let key = (kid, secret.as_slice());
    let other_key = (kid, b"another key that is 32 bytes long".as_slice());
    let good = forged(token, key, Algorithm::HS256, |_| {});
    assert_eq!(with(&agent, &good).await.status, 200, "the key is the right one");
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[0] = &none;
    parts[2] = "";
    let other = "f".repeat(32);
    let bad = [
        ("expired", forged(token, key, Algorithm::HS256, |claims| claims["exp"] = json!(now_s() - 1))),
        ("another key", forged(token, other_key, Algorithm::HS256, |_| {})),
        ("another algorithm", forged(token, key, Algorithm::HS384, |_| {})),
        ("another name of the key", forged(token, ("00", &secret), Algorithm::HS256, |_| {})),
        ("no algorithm", parts.join(".")),
        ("another session", forged(token, key, Algorithm::HS256, |claims| claims["sid"] = json!(other))),
        ("another member", forged(token, key, Algorithm::HS256, |claims| claims["sub"] = json!(other))),
        ("another organization", forged(token, key, Algorithm::HS256, |claims| claims["org"] = json!(other))),
        ("nonsense", "nonsense".to_owned()),
        ("nothing", String::new()),
    ];
    for (what, token) in bad {
        // What another test of this list made the server believe must not matter.
        let answer = with(&agent, &token).await;
        assert_eq!(answer.status, 401, "{what}");
        assert_eq!(answer.problem(), "signed_out", "{what}");
    }
    let bare = Answer::to(agent.bare(Method::GET, "me")).await.expect(401);
    assert_eq!(bare.problem(), "signed_out");
}

async fn with(agent: &Agent, token: &str) -> Answer {
    Answer::to(agent.bare(Method::GET, "me").header(COOKIE, format!("auth_token={token}"))).await
}

#[tokio::test]
pub(crate) async fn a_session_outlives_a_restart_and_its_end_does_too() {
    let mut jetto = Jetto::running().await;
    let (stays, leaves) = (jetto.owner().await, jetto.owner().await);
    Answer::to(leaves.request(Method::DELETE, "sessions/current")).await.expect(204);
    jetto.restart().await;
    stays.read("me").await.expect(200);
    leaves.read("me").await.expect(401);
}
