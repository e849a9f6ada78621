//! While the store is away, the log says so once, and not for each request.

use rusqlite::Connection;

use crate::harness::{Jetto, eventually};

const REQUESTS: i64 = 40;

#[tokio::test]
async fn what_fails_many_times_for_one_reason_is_one_line_and_all_of_it_is_counted() {
    let jetto = Jetto::running().await;
    let agent = jetto.owner().await;
    jetto.customer_writes("Hello");
    let conversation = agent.conversation().await;
    let path = format!("conversations/{conversation}/messages");
    let database = Connection::open(jetto.data().join("jetto.db")).unwrap();
    database.busy_timeout(crate::harness::DEADLINE).unwrap();
    let name = |from: &str, to: &str| database.execute(&format!("ALTER TABLE {from} RENAME TO {to}"), []).unwrap();
    name("message", "message_away");
    for _ in 0..REQUESTS {
        assert_eq!(agent.read(&path).await.expect(500).problem(), "internal");
    }
    name("message_away", "message");
    agent.read(&path).await.expect(200);
    let lines = || jetto.log().lines().filter(|line| line.contains("ERROR")).map(str::to_owned).collect::<Vec<_>>();
    eventually("the log tells", async || (!lines().is_empty()).then_some(())).await;
    let told = lines();
    // On a slow machine it may go on for longer than the ten seconds after which it is told again.
    assert!(told.len() < 4 && told[0].contains("a request failed") && told[0].contains("StoreAway"), "{told:#?}");
    assert_eq!(jetto.metric("jetto_http_refusals_total").await, REQUESTS);
}
