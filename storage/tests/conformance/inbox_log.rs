use engine::id::IntakeId;
use engine::intake::{IntakeOutcome, IntakeRecord, IntakeSummary};
use engine::ports::{IntakeQuery, Store};
use engine::time::{Span, Timestamp};

use crate::fixture::*;

async fn unfinished(store: &impl Store) -> Vec<IntakeId> {
    store.unfinished(TENANT, None, 100).await.unwrap().into_iter().map(|record| record.id).collect()
}

pub(crate) async fn the_same_item_twice_is_stored_once(store: &impl Store) {
    store.append([intake(Some(TENANT), 1), intake(Some(TENANT), 2)].into()).await.unwrap();
    store.append([intake(Some(TENANT), 2), intake(Some(TENANT), 3)].into()).await.unwrap();
    store.mark(TENANT, mark(1, IntakeOutcome::Processed)).await.unwrap();
    store.append([intake(Some(TENANT), 1)].into()).await.unwrap();
    assert_eq!(unfinished(store).await, [intake_id(2), intake_id(3)]);
    assert_eq!(store.summary(TENANT, NOW).await.unwrap().stored, 2);
}

pub(crate) async fn what_became_of_an_item_is_written_once(store: &impl Store) {
    store.append([intake(Some(TENANT), 1)].into()).await.unwrap();
    let error = Some("broken".to_owned());
    let quarantined = engine::intake::IntakeMark { error, ..mark(1, IntakeOutcome::Quarantined) };
    store.mark(TENANT, quarantined).await.unwrap();
    store.mark(TENANT, mark(1, IntakeOutcome::Processed)).await.unwrap();
    let (entry, raw) = store.entry(TENANT, intake_id(1)).await.unwrap().unwrap();
    assert_eq!((entry.outcome, entry.error.as_deref()), (IntakeOutcome::Quarantined, Some("broken")));
    assert_eq!((entry.processed_at, entry.conversation_id), (Some(NOW), Some(conversation_id(1))));
    assert_eq!((&raw[..], entry.size), (&b"{\"n\":1}"[..], 7));
}

pub(crate) async fn unfinished_items_come_in_order_of_arrival(store: &impl Store) {
    assert_eq!(store.tenants_with_unfinished().await, Ok(vec![]));
    for n in [3, 1, 2, 4] {
        store.append([intake(Some(TENANT), n)].into()).await.unwrap();
    }
    store.append([intake(Some(OTHER), 9)].into()).await.unwrap();
    assert_eq!(unfinished(store).await, [3, 1, 2, 4].map(intake_id));
    assert_eq!(store.tenants_with_unfinished().await, Ok(vec![TENANT, OTHER]));
    let first = store.unfinished(TENANT, None, 2).await.unwrap();
    assert_eq!(first, [intake(Some(TENANT), 3), intake(Some(TENANT), 1)]);
    store.mark(TENANT, mark(1, IntakeOutcome::Processed)).await.unwrap();
    let rest = store.unfinished(TENANT, Some(intake_id(1)), 9).await.unwrap();
    assert_eq!(rest.into_iter().map(|record| record.id).collect::<Vec<_>>(), [2, 4].map(intake_id));
}

pub(crate) async fn an_item_that_goes_straight_into_quarantine_is_not_unfinished(store: &impl Store) {
    let broken = IntakeRecord { quarantined: Some("not JSON".into()), ..intake(Some(TENANT), 1) };
    store.append([broken].into()).await.unwrap();
    assert!(unfinished(store).await.is_empty());
    let (entry, _) = store.entry(TENANT, intake_id(1)).await.unwrap().unwrap();
    assert_eq!((entry.outcome, entry.error.as_deref()), (IntakeOutcome::Quarantined, Some("not JSON")));
    assert_eq!(store.unclaimed().await, Ok(vec![]), "it has a tenant");
}

pub(crate) async fn attempts_are_counted(store: &impl Store) {
    store.append([intake(Some(TENANT), 1)].into()).await.unwrap();
    assert_eq!(store.raise_attempts(TENANT, intake_id(1)).await, Ok(1));
    assert_eq!(store.raise_attempts(TENANT, intake_id(1)).await, Ok(2));
    assert_eq!(store.unfinished(TENANT, None, 1).await.unwrap()[0].attempts, 2);
    store.mark(TENANT, mark(1, IntakeOutcome::Quarantined)).await.unwrap();
    assert_eq!(store.raise_attempts(TENANT, intake_id(1)).await, Ok(0), "only while it is unfinished");
    let (entry, _) = store.entry(TENANT, intake_id(1)).await.unwrap().unwrap();
    assert_eq!(entry.attempts, 2);
}

pub(crate) async fn a_replayed_item_is_as_it_came(store: &impl Store) {
    store.append([intake(Some(TENANT), 1)].into()).await.unwrap();
    store.raise_attempts(TENANT, intake_id(1)).await.unwrap();
    store.mark(TENANT, mark(1, IntakeOutcome::Quarantined)).await.unwrap();
    assert_eq!(store.reopen(TENANT, intake_id(1)).await, Ok(Some(intake(Some(TENANT), 1))));
    assert_eq!(store.unfinished(TENANT, None, 1).await, Ok(vec![intake(Some(TENANT), 1)]));
    let (entry, _) = store.entry(TENANT, intake_id(1)).await.unwrap().unwrap();
    assert_eq!((entry.processed_at, entry.conversation_id, entry.error), (None, None, None));
    let summary = IntakeSummary { stored: 1, ..IntakeSummary::default() };
    assert_eq!(store.summary(TENANT, NOW).await, Ok(summary));
    assert_eq!(store.reopen(TENANT, intake_id(9)).await, Ok(None));
}

pub(crate) async fn the_log_is_read_newest_first_by_outcome(store: &impl Store) {
    for n in 1..=5 {
        store.append([intake(Some(TENANT), n)].into()).await.unwrap();
    }
    store.mark(TENANT, mark(2, IntakeOutcome::Processed)).await.unwrap();
    store.mark(TENANT, mark(4, IntakeOutcome::Duplicate)).await.unwrap();
    let mut query = IntakeQuery { outcome: None, page: page(2) };
    let mut seen = Vec::new();
    loop {
        let found = store.entries(TENANT, query.clone()).await.unwrap();
        seen.push(found.items.into_iter().map(|entry| entry.id).collect::<Vec<_>>());
        query.page.after = found.next;
        if query.page.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [vec![intake_id(5), intake_id(4)], vec![intake_id(3), intake_id(2)], vec![intake_id(1)]]);
    let stored = IntakeQuery { outcome: Some(IntakeOutcome::Stored), page: page(9) };
    let found = store.entries(TENANT, stored).await.unwrap().items;
    assert_eq!(found.into_iter().map(|entry| entry.id).collect::<Vec<_>>(), [5, 3, 1].map(intake_id));
}

pub(crate) async fn a_summary_counts_by_outcome_from_its_minute_on(store: &impl Store) {
    let minute = Timestamp(NOW.0.div_euclid(60_000) * 60_000);
    for (n, received_at) in [(1, minute.minus(Span(1))), (2, minute), (3, minute.plus(Span::seconds(90)))] {
        store.append([IntakeRecord { received_at, ..intake(Some(TENANT), n) }].into()).await.unwrap();
    }
    store.mark(TENANT, mark(2, IntakeOutcome::Processed)).await.unwrap();
    let summary = IntakeSummary { stored: 1, processed: 1, ..IntakeSummary::default() };
    assert_eq!(store.summary(TENANT, minute.plus(Span::seconds(30))).await, Ok(summary));
    assert_eq!(store.summary(TENANT, Timestamp(0)).await.unwrap().stored, 2);
}

pub(crate) async fn unclaimed_items_are_counted_by_number(store: &impl Store) {
    let of = |n, number: Option<&str>| IntakeRecord {
        number: number.map(|number| number.parse().unwrap()),
        ..intake(None, n)
    };
    store.append([of(1, Some("200")), of(2, Some("201")), of(3, Some("200")), of(4, None)].into()).await.unwrap();
    let number = |text: &str| Some(text.parse().unwrap());
    assert_eq!(store.unclaimed().await, Ok(vec![(None, 1), (number("200"), 2), (number("201"), 1)]));
    assert_eq!(store.tenants_with_unfinished().await, Ok(vec![]));
}
