//! Programs: what an API key opens, and what it never does.

use engine::administration::{ApiKeyCommand, Command};
use engine::id::{ApiKeyId, MemberId};
use engine::permission::{Grants, Permission};
use engine::time::Timestamp;
use gateway::auth::links;
use loadtest::clock::unix_millis;
use reqwest::Method;
use reqwest::header::AUTHORIZATION;
use serde_json::json;

use crate::harness::{Agent, Answer, Jetto, Live, ORGANIZATION, OWNER, PASSWORD, eventually};

/// Not a session, and nothing of what a browser sends.
pub(crate) async fn call(jetto: &Jetto, key: &str, method: Method, path: &str) -> Answer {
    let request = Agent::stranger(jetto.url()).bare(method, path).header(AUTHORIZATION, format!("Bearer {key}"));
    Answer::to(request).await
}

pub(crate) async fn made(jetto: &Jetto, n: u8, permissions: &[Permission], expires_at: Option<Timestamp>) -> String {
    let (token, _) = links::new_token();
    let key = format!("jetto_{token}");
    let create = ApiKeyCommand::Create {
        id: ApiKeyId::from_bytes([n; 16]),
        member: MemberId::from_bytes([n; 16]),
        name: format!("Shop {n}"),
        hash: links::hash(&key),
        permissions: Grants::of(permissions.iter().copied()),
        expires_at,
    };
    jetto.owner_decides(ORGANIZATION, Command::ApiKey(create)).await;
    key
}

#[tokio::test]
pub(crate) async fn a_key_opens_what_it_was_given_and_nothing_of_people() {
    let mut jetto = Jetto::prepared().await;
    let scopes = [Permission::ConversationsReadAll, Permission::ConversationsReply, Permission::MembersManage];
    let key = made(&jetto, 1, &scopes, None).await;
    jetto.start().await;
    jetto.customer_writes("Hello");
    let conversation = jetto.owner().await.conversation().await;
    call(&jetto, &key, Method::GET, "conversations").await.expect(200);
    call(&jetto, &key, Method::GET, "members").await.expect(200);
    let forbidden = call(&jetto, &key, Method::GET, "contacts").await.expect(403);
    assert_eq!(forbidden.problem(), "forbidden");
    let request = Agent::stranger(jetto.url()).bare(Method::POST, &format!("conversations/{conversation}/messages"));
    let request = request.header(AUTHORIZATION, format!("bearer {key}")).header("Idempotency-Key", "from-the-shop");
    let sent = Answer::to(request.json(&json!({"content": {"type": "text", "body": "Ready"}}))).await.expect(202);
    assert_eq!(sent.json()["sender"]["name"].as_str().or(sent.json()["author"]["name"].as_str()), Some("Shop 1"));
    let id = "0".repeat(32);
    for (method, path) in [
        (Method::GET, "me".to_owned()),
        (Method::GET, "sessions".to_owned()),
        (Method::DELETE, "sessions".to_owned()),
        (Method::DELETE, format!("sessions/{id}")),
        (Method::POST, "me/second-factor".to_owned()),
        (Method::POST, format!("members/{id}/password-reset")),
    ] {
        let answer = call(&jetto, &key, method.clone(), &path).await.expect(403);
        assert_eq!(answer.problem(), "people_only", "{method} {path}");
    }
    for wrong in [format!("{key}x"), "jetto_".to_owned(), key.to_uppercase().replace("JETTO_", "jetto_")] {
        let answer = call(&jetto, &wrong, Method::GET, "conversations").await.expect(401);
        assert_eq!(answer.problem(), "wrong_key", "{wrong}");
    }
    let other = call(&jetto, "something else", Method::GET, "conversations").await.expect(401);
    assert_eq!(other.problem(), "signed_out", "not a key of ours");
    // Its service member is nobody who signs in.
    Agent::stranger(jetto.url()).try_sign_in("", PASSWORD, None).await.expect(401);
    assert!(jetto.stop().await.success());
    assert!(jetto.last_used(ORGANIZATION, 1).await.is_some());
}

#[tokio::test]
async fn a_key_ends_when_its_time_has_come_and_with_what_its_maker_may() {
    let mut jetto = Jetto::prepared().await;
    let soon = Timestamp(i64::try_from(unix_millis()).unwrap() + 4_000);
    let expiring = made(&jetto, 1, &[Permission::ConversationsReadAll], Some(soon)).await;
    let lasting = made(&jetto, 2, &[Permission::ConversationsReadAll], None).await;
    jetto.start().await;
    let (program, bearer) = (Agent::stranger(jetto.url()), format!("Bearer {expiring}"));
    let mut socket = Live::open_with(&program, &[(AUTHORIZATION, &bearer)], None).await.expect("without an Origin");
    let bye = socket.until("the socket ends with its key", |frame| frame["type"] == "bye").await;
    assert_eq!(bye["reason"], "signed_out");
    let refused = eventually("the key expires", async || {
        let answer = call(&jetto, &expiring, Method::GET, "conversations").await;
        (answer.status != 200).then_some(answer)
    });
    assert_eq!(refused.await.expect(401).problem(), "wrong_key");
    assert!(unix_millis() >= u64::try_from(soon.0).unwrap(), "not before");
    call(&jetto, &lasting, Method::GET, "conversations").await.expect(200);
    jetto.sign_in(OWNER).await.read("conversations").await.expect(200);
}
