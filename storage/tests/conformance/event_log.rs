use engine::decision::Record;
use engine::ports::{LogRange, Store};

use crate::fixture::*;

/// Five events.
async fn filled(store: &impl Store) {
    let records = (1..=5).map(|n| Record::Insert(message(1, n))).collect();
    committed(store, TENANT, commit(&conversation(1), records)).await;
}

async fn places(store: &impl Store, after: u64, limit: u32) -> Vec<u64> {
    store.events(TENANT, after, limit).await.unwrap().into_iter().map(|event| event.n).collect()
}

pub(crate) async fn events_are_read_after_a_place(store: &impl Store) {
    filled(store).await;
    assert_eq!(places(store, 0, 2).await, [1, 2]);
    assert_eq!(places(store, 2, 9).await, [3, 4, 5]);
    assert_eq!(places(store, 5, 9).await, [0; 0]);
    assert_eq!(places(store, u64::MAX, 9).await, [0; 0]);
    assert_eq!(store.range(TENANT).await, Ok(LogRange { oldest: 1, head: 5 }));
}

pub(crate) async fn a_trimmed_log_keeps_the_newest_and_its_head(store: &impl Store) {
    filled(store).await;
    store.trim(TENANT, 9).await.unwrap();
    assert_eq!(store.range(TENANT).await, Ok(LogRange { oldest: 1, head: 5 }));
    store.trim(TENANT, 2).await.unwrap();
    assert_eq!(store.range(TENANT).await, Ok(LogRange { oldest: 4, head: 5 }));
    assert_eq!(places(store, 0, 9).await, [4, 5]);
    store.trim(TENANT, 0).await.unwrap();
    assert_eq!(store.range(TENANT).await, Ok(LogRange { oldest: 6, head: 5 }));
    let before = store.conversation(TENANT, conversation_id(1)).await.unwrap().unwrap();
    committed(store, TENANT, commit(&before, vec![Record::Insert(message(1, 6))])).await;
    assert_eq!(store.range(TENANT).await, Ok(LogRange { oldest: 6, head: 6 }), "places are never given out again");
}

pub(crate) async fn an_empty_log_has_no_range(store: &impl Store) {
    assert_eq!(store.range(TENANT).await, Ok(LogRange { oldest: 0, head: 0 }));
    committed(store, TENANT, commit(&conversation(1), vec![])).await;
    assert_eq!(store.range(TENANT).await, Ok(LogRange { oldest: 0, head: 0 }));
    store.trim(TENANT, 1).await.unwrap();
}
