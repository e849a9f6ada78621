//! The inbox log on several nodes, whose clocks differ.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use engine::id::IntakeId;
use engine::intake::{IntakeOutcome, IntakeRecord, IntakeSummary};
use engine::ports::{InboxLog as _, IntakeQuery};
use engine::time::{Clock, Span, Timestamp};
use storage::cql::{CqlStore, Statements};

use crate::cql_server::Installation;
use crate::fixture::*;

const MINUTE: i64 = 60;

/// Stands where a test puts it. Rows are written by its time, so it is not far from the servers' own.
struct TestClock(AtomicI64);

impl TestClock {
    fn behind(seconds: i64) -> Arc<Self> {
        let now = crate::cql_server::SystemClock.now().minus(Span::seconds(seconds));
        // At the start of a span of ten minutes, so that it is known what is over.
        Arc::new(Self(AtomicI64::new(now.0.div_euclid(600_000) * 600_000)))
    }

    fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

async fn node(installation: &Installation, clock: &Arc<TestClock>) -> CqlStore {
    installation.open_at(installation.place(), clock.clone()).await.unwrap()
}

async fn came(node: &CqlStore, clock: &TestClock, n: u8) {
    node.append([IntakeRecord { received_at: clock.now(), ..intake(Some(TENANT), n) }].into()).await.unwrap();
}

async fn summary(node: &CqlStore) -> (IntakeSummary, Statements) {
    let before = node.statements();
    let summary = node.summary(TENANT, Timestamp(0)).await.unwrap();
    (summary, node.statements() - before)
}

fn reads(reads: u64) -> Statements {
    Statements { writes: 0, compare_and_sets: 0, reads }
}

#[tokio::test]
async fn what_is_over_is_added_up_once_and_again_after_it_changed() {
    let installation = Installation::new();
    let clock = TestClock::behind(120 * MINUTE);
    let (one, other) = (node(&installation, &clock).await, node(&installation, &clock).await);
    for n in 1..=3 {
        came(&one, &clock, n).await;
        one.mark(TENANT, mark(n, IntakeOutcome::Processed)).await.unwrap();
    }
    // It meets the organization.
    other.summary(TENANT, Timestamp(0)).await.unwrap();
    let three = IntakeSummary { processed: 3, ..IntakeSummary::default() };
    assert_eq!(summary(&one).await, (three, reads(2)), "a row for each while it may still change");
    clock.advance(24 * MINUTE);
    assert_eq!(summary(&one).await, (three, reads(2)), "a sum now would be too early for a clock that is behind");
    clock.advance(MINUTE);
    assert_eq!(summary(&one).await.1, Statements { writes: 1, ..reads(2) });
    assert_eq!(summary(&one).await, (three, reads(1)));
    assert_eq!(summary(&other).await, (three, reads(1)));
    // Somebody whose clock is behind opens an item again.
    let late = TestClock::behind(120 * MINUTE);
    late.advance(16 * MINUTE);
    let late = node(&installation, &late).await;
    late.reopen(TENANT, intake_id(2)).await.unwrap();
    let opened = IntakeSummary { stored: 1, processed: 2, ..IntakeSummary::default() };
    assert_eq!(summary(&other).await.0, opened);
    one.mark(TENANT, mark(2, IntakeOutcome::Duplicate)).await.unwrap();
    let settled = IntakeSummary { processed: 2, duplicate: 1, ..IntakeSummary::default() };
    assert_eq!(summary(&other).await.0, settled);
    clock.advance(11 * MINUTE);
    assert_eq!(summary(&other).await.0, settled);
    assert_eq!(summary(&one).await, (settled, reads(1)), "added up again");
}

/// What was written first counts, also when it comes to the servers last.
#[tokio::test]
async fn an_item_whose_first_bringer_died_is_found_by_the_list_of_the_second() {
    let installation = Installation::new();
    let (early, now) = (TestClock::behind(30 * MINUTE), TestClock::behind(0));
    let (dying, living) = (node(&installation, &early).await, node(&installation, &now).await);
    came(&living, &now, 1).await;
    came(&living, &now, 2).await;
    came(&dying, &early, 3).await;
    dying.faults().die_after(1);
    dying.append([intake(Some(TENANT), 1)].into()).await.unwrap_err();
    let found = async || -> Vec<IntakeId> {
        living.unfinished(TENANT, None, 9).await.unwrap().into_iter().map(|record| record.id).collect()
    };
    assert_eq!(found().await, [3, 1, 2].map(intake_id), "where it lay");
    assert_eq!(found().await, [3, 1, 2].map(intake_id), "where it lies");
    let all = IntakeQuery { outcome: None, page: page(9) };
    assert_eq!(living.entries(TENANT, all).await.unwrap().items.len(), 3);
}

#[tokio::test]
async fn a_list_that_everything_passes_through_does_not_grow() {
    let installation = Installation::new();
    let clock = TestClock::behind(120 * MINUTE);
    let node = node(&installation, &clock).await;
    let look = async || {
        let before = node.statements();
        let found = node.unfinished(TENANT, None, 9).await.unwrap().len();
        (found, (node.statements() - before).reads)
    };
    for n in 1..=6 {
        came(&node, &clock, n).await;
        node.mark(TENANT, mark(n, IntakeOutcome::Processed)).await.unwrap();
        clock.advance(2 * MINUTE);
    }
    look().await;
    clock.advance(12 * MINUTE);
    look().await;
    assert_eq!(look().await, (0, 1), "nothing is left to be read past");
    node.reopen(TENANT, intake_id(1)).await.unwrap();
    assert_eq!(look().await.0, 1, "what comes back is found");
}
