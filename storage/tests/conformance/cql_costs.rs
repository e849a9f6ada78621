//! What is asked of the servers, where it would be easy to ask for far more.

use std::collections::HashMap;

use engine::decision::Record;
use engine::id::MessageId;
use engine::message::Message;
use engine::ports::{Accounts as _, MessageStore as _, Sessions as _};
use engine::time::{Span, Timestamp};

use crate::cql_server::{Installation, session};
use crate::fixture::*;

/// A page, and how often the servers were asked for it.
async fn newest(store: &storage::cql::CqlStore, limit: u32) -> (Vec<Message>, u64) {
    let before = store.faults().reads();
    let found = store.history(TENANT, conversation_id(1), page(limit)).await.unwrap();
    (found.items, store.faults().reads() - before)
}

#[tokio::test]
async fn a_conversation_of_ten_years_is_read_without_its_empty_months() {
    let installation = Installation::new();
    let store = installation.node().await;
    // Sixty on one day each year: a hundred and ten months between them are empty.
    let days = |years: i64| Timestamp(NOW.0 - Span::hours(24 * 365 * years).0);
    let all = (0..600_i64).map(|n| Message {
        id: MessageId::from_bytes(u128::try_from(n + 1).unwrap().to_be_bytes()),
        wamid: None,
        at: Timestamp(days(n / 60).0 - n % 60),
        ..message(1, 1)
    });
    let mut state = conversation(1);
    for part in all.collect::<Vec<_>>().chunks(60) {
        let records = part.iter().cloned().map(Record::Insert).collect();
        state = committed(&store, TENANT, commit(&state, records)).await;
    }
    let (page, reads) = newest(&store, 50).await;
    assert!(page.len() == 50 && page.iter().all(|message| message.at > days(1)));
    assert!(reads <= 4, "{reads} reads for the newest, all of one month");
    let (page, reads) = newest(&store, 100).await;
    assert!(page.len() == 100 && page.last().is_some_and(|last| last.at <= days(1) && last.at > days(2)));
    // Of sixty within a minute, a month may end between two.
    assert!(reads <= 6, "{reads} reads for two months with messages in them");
}

#[tokio::test]
async fn what_has_expired_is_looked_at_once() {
    let installation = Installation::new();
    let store = installation.node().await;
    settle(&store).await;
    for n in 0..20_i64 {
        let hash = [u8::try_from(n).unwrap(); 32];
        store.put_reset(account(1).id, hash, NOW.plus(Span::seconds(n)), vec![]).await.unwrap();
    }
    let later = NOW.plus(Span::hours(1));
    let mut reads = Vec::new();
    for _ in 0..2 {
        let before = store.faults().reads();
        store.forget_expired(later).await.unwrap();
        reads.push(store.faults().reads() - before);
    }
    assert_eq!(store.reset([19; 32], NOW).await, Ok(None));
    assert!(reads[0] > 20 && reads[1] < 10, "{reads:?}");
}

#[tokio::test]
async fn items_of_the_inbox_lie_in_windows_of_time() {
    let installation = Installation::new();
    installation.node().await;
    let text = "SELECT table_name, compaction FROM system_schema.tables WHERE keyspace_name = 'jetto_test'";
    let found = session().await.query_unpaged(text, ()).await.unwrap().into_rows_result().unwrap();
    let rows = found.rows::<(String, HashMap<String, String>)>().unwrap().map(Result::unwrap);
    let windows = rows.filter(|(_, compaction)| compaction["class"].ends_with("TimeWindowCompactionStrategy"));
    assert_eq!(windows.map(|(table, _)| table).collect::<Vec<_>>(), ["inbox_item"]);
}
