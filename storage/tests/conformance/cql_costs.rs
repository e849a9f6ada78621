//! What things cost the servers, in statements.

use engine::conversation::Conversation;
use engine::decision::Record;
use engine::intake::{IntakeOutcome, IntakeRecord};
use engine::ports::{Administration as _, Commit, ConversationStore as _, InboxLog as _, MessageStore as _};
use engine::time::Clock as _;
use storage::cql::{CqlStore, Statements};

use crate::cql_server::{Installation, SystemClock};
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
