//! No log of the whole test run holds what people wrote, are called or are reached by: the harness looks at the end of every
//! test. Here is shown that it would see it.

use crate::harness::{betrayed, plant};

#[test]
fn whatever_does_not_belong_into_a_log_is_seen_in_it() {
    plant("My test came back positive");
    plant("correct-horse");
    let clean = "INFO listening\nDEBUG a session of 0123456789abcdef0123456789abcdef from 127.0.0.1\n\
        DEBUG number 200000000000001 shown as 12025550100, account 100000000000001\n\
        DEBUG key 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\n";
    assert_eq!(betrayed(clean), None);
    for (line, canary) in [
        ("said \"My test came back positive, please call\"", "My test came back positive"),
        ("said TXkgdGVzdCBjYW1lIGJhY2sgcG9zaXRpdmU=", "My test came back positive"),
        ("password CORRECT-HORSE", "correct-horse"),
        ("token simulator-token", "simulator-token"),
        ("from +12025550123", "12025550123"),
        ("from 12025552001", "a customer's number"),
        ("status of wamid.HBgL", "a message id of WhatsApp, which has the number in it"),
        ("cookie auth_token=eyJhbGciOiJFZERTQSJ9.e30.x", "a signed token"),
        ("mail to <lina@garden.example>", "an address"),
        ("link /reset/k2JfT0aQ9xW-7mYb3Lr_VnCz5Hd8Pe1Us4Gt6Ij0KoA", "a secret of 32 bytes"),
        ("key jetto_k2JfT0aQ9xW-7mYb3Lr_VnCz5Hd8Pe1Us4Gt6Ij0KoA", "a secret of 32 bytes"),
    ] {
        let log = format!("{clean}TRACE {line}\nINFO stopped\n");
        assert_eq!(betrayed(&log), Some((canary.to_owned(), format!("TRACE {line}").as_str())));
    }
}

#[cfg(feature = "seeded-bugs")]
#[tokio::test]
async fn a_bug_that_logs_a_body_fails_its_test_with_the_line_and_the_seed() {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    let mut jetto = crate::harness::Jetto::prepared().await;
    jetto.set("JETTO_SEEDED_BUG", "log_the_body");
    jetto.start().await;
    let owner = jetto.owner().await;
    jetto.customer_writes("My test came back positive, please call");
    owner.conversation().await;
    let caught = catch_unwind(AssertUnwindSafe(|| drop(jetto))).expect_err("the bug is caught");
    let said = caught.downcast_ref::<String>().unwrap();
    assert!(said.contains("a webhook came") && said.contains("JETTO_TEST_SEED="), "{said}");
}
