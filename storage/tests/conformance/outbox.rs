use engine::decision::Record;
use engine::id::TenantId;
use engine::outgoing::{OutboxState, Outgoing};
use engine::ports::{Claim, Store};
use engine::time::Span;

use crate::fixture::*;

pub(crate) async fn queue(store: &impl Store, tenant: TenantId, n: u8) {
    let records = vec![Record::Insert(sent(n, n)), Record::Enqueue(outgoing(tenant, n, n))];
    committed(store, tenant, commit(&conversation(n), records)).await;
}

async fn write(store: &impl Store, n: u8, record: Record) {
    let before = store.conversation(TENANT, conversation_id(n)).await.unwrap().unwrap();
    committed(store, TENANT, commit(&before, vec![record])).await;
}

async fn state(store: &impl Store, n: u8) -> OutboxState {
    store.outbox_entry(TENANT, message_id(n)).await.unwrap().unwrap().state
}

pub(crate) async fn a_claim_has_one_winner(store: &impl Store) {
    queue(store, TENANT, 1).await;
    assert_eq!(store.claim(TENANT, message_id(1), token(1), NOW).await, Ok(Claim::Won));
    assert_eq!(store.claim(TENANT, message_id(1), token(2), NOW).await, Ok(Claim::Lost));
    assert_eq!(state(store, 1).await, OutboxState::Claimed { token: token(1), at: NOW });
    assert_eq!(store.claim(TENANT, message_id(9), token(1), NOW).await, Ok(Claim::Lost), "there is none");
}

pub(crate) async fn a_claim_repeated_by_its_holder_is_still_won(store: &impl Store) {
    queue(store, TENANT, 1).await;
    for seconds in 0..2 {
        let at = NOW.plus(Span::seconds(seconds));
        assert_eq!(store.claim(TENANT, message_id(1), token(1), at).await, Ok(Claim::Won));
    }
    assert_eq!(state(store, 1).await, OutboxState::Claimed { token: token(1), at: NOW });
}

pub(crate) async fn only_the_holder_releases(store: &impl Store) {
    queue(store, TENANT, 1).await;
    store.claim(TENANT, message_id(1), token(1), NOW).await.unwrap();
    store.release(TENANT, message_id(1), token(2)).await.unwrap();
    assert_eq!(store.claim(TENANT, message_id(1), token(2), NOW).await, Ok(Claim::Lost));
    store.release(TENANT, message_id(1), token(1)).await.unwrap();
    assert_eq!(state(store, 1).await, OutboxState::Queued);
    assert_eq!(store.claim(TENANT, message_id(1), token(2), NOW).await, Ok(Claim::Won));
    write(store, 1, Record::Settle(message_id(1))).await;
    store.release(TENANT, message_id(1), token(2)).await.unwrap();
    assert_eq!(state(store, 1).await, OutboxState::Settled);
}

pub(crate) async fn what_is_settled_is_not_in_doubt_again(store: &impl Store) {
    queue(store, TENANT, 1).await;
    write(store, 1, Record::Doubt { id: message_id(1), since: NOW }).await;
    assert_eq!(state(store, 1).await, OutboxState::InDoubt { since: NOW });
    assert_eq!(store.claim(TENANT, message_id(1), token(1), NOW).await, Ok(Claim::Lost), "never sent by itself");
    write(store, 1, Record::Settle(message_id(1))).await;
    write(store, 1, Record::Doubt { id: message_id(1), since: NOW }).await;
    assert_eq!(state(store, 1).await, OutboxState::Settled);
    assert_eq!(store.unsettled(TENANT, None, 9).await, Ok(vec![]));
}

pub(crate) async fn an_entry_in_doubt_or_settled_is_opened_again(store: &impl Store) {
    queue(store, TENANT, 1).await;
    let later = Outgoing { queued_at: NOW.plus(Span::seconds(9)), ..outgoing(TENANT, 1, 1) };
    write(store, 1, Record::Enqueue(later.clone())).await;
    let entry = store.outbox_entry(TENANT, message_id(1)).await.unwrap().unwrap();
    assert_eq!(entry.outgoing.queued_at, NOW, "what is queued stays as it is");
    store.claim(TENANT, message_id(1), token(1), NOW).await.unwrap();
    write(store, 1, Record::Enqueue(later.clone())).await;
    assert_eq!(state(store, 1).await, OutboxState::Claimed { token: token(1), at: NOW });
    for record in [Record::Doubt { id: message_id(1), since: NOW }, Record::Settle(message_id(1))] {
        write(store, 1, record).await;
        write(store, 1, Record::Enqueue(later.clone())).await;
        let entry = store.outbox_entry(TENANT, message_id(1)).await.unwrap().unwrap();
        assert_eq!((entry.outgoing, entry.state), (later.clone(), OutboxState::Queued));
    }
}

pub(crate) async fn unsettled_entries_come_oldest_first(store: &impl Store) {
    for n in [3, 1, 2, 4] {
        queue(store, TENANT, n).await;
    }
    write(store, 1, Record::Settle(message_id(1))).await;
    let found = store.unsettled(TENANT, None, 2).await.unwrap();
    assert_eq!(found.iter().map(|entry| entry.outgoing.id).collect::<Vec<_>>(), [3, 2].map(message_id));
    write(store, 2, Record::Settle(message_id(2))).await;
    let rest = store.unsettled(TENANT, Some(message_id(2)), 9).await.unwrap();
    assert_eq!(rest.iter().map(|entry| entry.outgoing.id).collect::<Vec<_>>(), [message_id(4)]);
}
