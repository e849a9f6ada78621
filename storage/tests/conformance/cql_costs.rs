//! What things cost the servers, in statements.

use std::collections::HashMap;

use engine::conversation::Conversation;
use engine::decision::Record;
use engine::id::MessageId;
use engine::intake::{IntakeOutcome, IntakeRecord};
use engine::message::Message;
use engine::ports::{
    Accounts as _, Administration as _, Commit, ConversationStore as _, InboxLog as _, MessageStore as _, Sessions as _,
};
use engine::time::{Clock as _, Span, Timestamp};
use storage::cql::{CqlStore, Statements};

use crate::cql_server::{Installation, SystemClock, session};
use crate::fixture::*;

async fn known(node: &CqlStore) -> Conversation {
    node.conversation(TENANT, conversation_id(1)).await.unwrap().unwrap_or_else(|| conversation(1))
}

/// What it costs to take a customer's message in, and then to process it.
async fn a_message(node: &CqlStore, n: u8) -> (Statements, Statements) {
    let came = IntakeRecord { received_at: SystemClock.now(), ..intake(Some(TENANT), n) };
    let before = node.statements();
    node.append([came].into()).await.unwrap();
    let taken_in = node.statements() - before;
    let known = known(node).await;
    let before = node.statements();
    let intake = Some(mark(n, IntakeOutcome::Processed));
    committed(node, TENANT, Commit { intake, ..commit(&known, vec![Record::Insert(message(1, n))]) }).await;
    (taken_in, node.statements() - before)
}

/// A figure that rises is a cost that every message bears; ADR 0014 names it.
#[tokio::test]
async fn a_message_of_a_known_customer_costs_so_many_statements() {
    let installation = Installation::new();
    let node = installation.node().await;
    for n in 1..4 {
        a_message(&node, n).await;
    }
    let (taken_in, processed) = a_message(&node, 4).await;
    assert_eq!(taken_in, Statements { writes: 4, compare_and_sets: 0, reads: 1 });
    assert_eq!(processed, Statements { writes: 10, compare_and_sets: 3, reads: 5 });
}

#[tokio::test]
async fn a_page_of_history_costs_so_many_statements() {
    let installation = Installation::new();
    let node = installation.node().await;
    for n in 1..9 {
        a_message(&node, n).await;
    }
    let before = node.statements();
    assert_eq!(node.history(TENANT, conversation_id(1), page(5)).await.unwrap().items.len(), 5);
    assert_eq!(node.statements() - before, Statements { writes: 0, compare_and_sets: 0, reads: 3 });
}

/// Every node asks every few seconds.
#[tokio::test]
async fn the_pulses_of_many_organizations_are_one_statement() {
    let installation = Installation::new();
    let node = installation.node().await;
    settle(&node).await;
    node.create_organization(household(OTHER, "Other", vec![]), vec![], vec![]).await.unwrap();
    let before = node.statements();
    assert_eq!(node.pulses(&[TENANT, OTHER]).await.unwrap().len(), 2);
    assert_eq!(node.statements() - before, Statements { writes: 0, compare_and_sets: 0, reads: 1 });
}

/// A page, and how often the servers were asked for it.
async fn newest(store: &CqlStore, limit: u32) -> (Vec<Message>, u64) {
    let before = store.statements().reads;
    let found = store.history(TENANT, conversation_id(1), page(limit)).await.unwrap();
    (found.items, store.statements().reads - before)
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
        let before = store.statements().reads;
        store.forget_expired(later).await.unwrap();
        reads.push(store.statements().reads - before);
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
