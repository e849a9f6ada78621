//! Guessing passwords: limited, told to the organization, and no way to lock the real person out.

use reqwest::Method;
use serde_json::json;

use crate::harness::{Agent, Answer, Jetto, ORGANIZATION, OWNER, PASSWORD, eventually, told};

#[tokio::test]
async fn guesses_are_limited_and_audited_and_the_real_person_gets_in_after_the_wait() {
    let mut jetto = Jetto::prepared().await;
    jetto.set("JETTO_LIMITS__SIGN_IN_ATTEMPTS", "3");
    jetto.set("JETTO_LIMITS__SIGN_IN_REFILL_SECONDS", "2");
    jetto.start().await;
    let guesser = Agent::stranger(jetto.url());
    let mut refused = 0;
    let mut limited = None;
    while limited.is_none() {
        let answer = guesser.try_sign_in(OWNER, &format!("a guess {refused}"), None).await;
        match answer.status.as_u16() {
            401 => assert_eq!(answer.problem(), "wrong_credentials"),
            _ => limited = Some(answer.expect(429)),
        }
        refused += 1;
        assert!(refused < 20, "there is a limit");
    }
    let limited = limited.unwrap();
    assert_eq!(limited.problem(), "too_many_attempts");
    let seconds: u64 = limited.header("retry-after").parse().unwrap();
    assert!((1..=2).contains(&seconds), "{seconds}");
    // The right password does not help while the wait lasts, or guessing could go on behind it.
    let in_time = eventually("the wait is over for the real person", async || {
        let answer = guesser.try_sign_in(OWNER, PASSWORD, None).await;
        (answer.status == 201).then_some(answer)
    });
    let owner = guesser.entered(&in_time.await);
    owner.read("me").await.expect(200);

    let log = jetto.audited(ORGANIZATION).await;
    let refusals: Vec<_> = told(&log).into_iter().filter(|line| line.starts_with("session.refused")).collect();
    let wrong = refusals.iter().filter(|line| *line == "session.refused wrong_credentials").count();
    assert_eq!(wrong, refused - 1, "{refusals:?}");
    let limited = refusals.iter().filter(|line| *line == "session.refused too_many_attempts").count();
    assert_eq!(limited, 1, "told once a minute: {refusals:?}");
    let entry = log.iter().find(|entry| entry.action.key() == "session.refused").unwrap();
    assert_eq!(entry.origin.as_ref().unwrap().ip, "127.0.0.1");
    assert_eq!(entry.actor, engine::audit::AuditActor::Nobody);
}

#[tokio::test]
async fn a_guesser_from_another_network_does_not_lock_the_real_person_out() {
    let mut jetto = Jetto::prepared().await;
    jetto.set("JETTO_LIMITS__SIGN_IN_ATTEMPTS", "2");
    jetto.set("JETTO_LIMITS__SIGN_IN_REFILL_SECONDS", "36000");
    jetto.set("JETTO_TRUSTED_PROXIES", "127.0.0.1");
    jetto.start().await;
    let browser = Agent::stranger(jetto.url());
    let from = async |ip: &str, password: &str| {
        let request = browser.request(Method::POST, "sessions").header("X-Forwarded-For", ip);
        Answer::to(request.json(&json!({"email": OWNER, "password": password}))).await
    };
    for (ip, status) in [("198.51.100.1", 401), ("198.51.100.2", 401), ("198.51.100.3", 429), ("198.51.100.4", 429)] {
        from(ip, "a guess of somebody").await.expect(status);
    }
    from("198.51.100.5", PASSWORD).await.expect(429);
    from("203.0.113.7", PASSWORD).await.expect(201);
}

#[tokio::test]
async fn an_unknown_address_is_limited_like_a_known_one() {
    let mut jetto = Jetto::prepared().await;
    jetto.set("JETTO_LIMITS__SIGN_IN_ATTEMPTS", "2");
    jetto.set("JETTO_LIMITS__SIGN_IN_REFILL_SECONDS", "36000");
    jetto.start().await;
    let stranger = Agent::stranger(jetto.url());
    let mut codes = Vec::new();
    for email in [OWNER, "nobody@garden.example"] {
        let mut seen = Vec::new();
        for _ in 0..3 {
            seen.push(stranger.try_sign_in(email, "not this one", None).await.problem());
        }
        codes.push(seen);
    }
    assert_eq!(codes[0], ["wrong_credentials", "wrong_credentials", "too_many_attempts"]);
    assert_eq!(codes[0], codes[1]);
    // A wish for a link has limits of its own, and the same answer for both.
    for email in [OWNER, "nobody@garden.example"] {
        for status in [202, 202, 429] {
            stranger.post("password-resets", &json!({"email": email})).await.expect(status);
        }
    }
    let log = told(&jetto.audited(ORGANIZATION).await);
    assert_eq!(log.iter().filter(|line| *line == "account.reset_requested").count(), 2, "{log:?}");
}

/// Each check of a password fills 34 MiB for a moment; a server that keeps them has no memory left after a busy morning.
#[tokio::test]
async fn sign_ins_leave_no_memory_behind() {
    let jetto = Jetto::running().await;
    jetto.owner().await;
    let before = jetto.resident_kib();
    for _ in 0..6 {
        futures_util::future::join_all((0..8).map(|_| jetto.owner())).await;
    }
    eventually("what sign-ins took is given back", async || (jetto.resident_kib() < before + 40 * 1024).then_some(()))
        .await;
}
