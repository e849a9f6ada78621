//! An organization that moves between a file and a keyspace, and what a death on the way leaves to other nodes.

use std::time::Duration;

use engine::ports::{
    Accounts as _, Administration as _, Arrival, Directory as _, InboxLog as _, Kind, MediaStore as _, Relocation as _,
    Sessions as _, Store, Welcome,
};
use engine::time::Span;
use scylla::client::session::Session;
use scylla::statement::Statement;
use storage::cql::CqlStore;
use storage::memory::MemoryStore;
use storage::sqlite::{SqliteOptions, SqliteStore};

use crate::cql_server::{self, Installation};
use crate::fixture::*;
use crate::relocation::{all, arrival, bring_all, fill};
use crate::sessions::session;

/// More physical writes than the last steps make.
const WRITES_MAX: u32 = 200;
/// Of the many that bring everything in, every so many is tried.
const STRIDE: usize = 15;

async fn move_over(from: &impl Store, to: &impl Store, whole: &Arrival) -> Welcome {
    let welcome = to.begin_arrival(whole).await.unwrap();
    if welcome != Welcome::Welcome {
        return welcome;
    }
    bring_all(from, to).await;
    to.settle_in(whole.clone(), vec![]).await.unwrap()
}

async fn assert_same(one: &impl Store, other: &impl Store, when: &str) {
    assert!(arrival(one).await == arrival(other).await, "{when}");
    for kind in Kind::ALL {
        assert_eq!(all(one, *kind, 100).await, all(other, *kind, 100).await, "{when}: {kind:?}");
    }
    assert_eq!(one.account(account(1).id).await, other.account(account(1).id).await, "{when}");
    assert_eq!(one.tenants_with_unfinished().await, other.tenants_with_unfinished().await, "{when}");
    let later = NOW.plus(Span::hours(9));
    assert_eq!(one.due_fetches(later, 9).await, other.due_fetches(later, 9).await, "{when}");
}

fn file(dir: &tempfile::TempDir) -> SqliteStore {
    SqliteStore::open(dir.path(), SqliteOptions::default()).unwrap()
}

#[tokio::test]
async fn from_a_file_through_a_keyspace_into_a_file_nothing_changes() {
    let (home, back) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (from, to, installation) = (file(&home), file(&back), Installation::new());
    fill(&from).await;
    let whole = arrival(&from).await;
    assert_eq!(move_over(&from, &installation.node().await, &whole).await, Welcome::Welcome);
    // It leaves by a node that did not bring it in.
    let between = installation.node().await;
    assert_same(&between, &from, "on the way").await;
    assert_eq!(move_over(&between, &to, &arrival(&between).await).await, Welcome::Welcome);
    assert_same(&to, &from, "back").await;
}

#[tokio::test]
async fn nobody_meets_an_organization_before_it_has_settled_in() {
    let (model, installation) = (MemoryStore::new(), Installation::new());
    fill(&model).await;
    let whole = arrival(&model).await;
    let (one, other) = (installation.node().await, installation.node().await);
    // Somebody of it is here already.
    other.create_organization(household(OTHER, "Bakery", vec![]), vec![account(1)], vec![]).await.unwrap();
    one.begin_arrival(&whole).await.unwrap();
    bring_all(&model, &one).await;
    for node in [&one, &other] {
        assert_eq!(node.household(TENANT).await, Ok(None));
        assert_eq!(node.organizations().await.unwrap().len(), 1);
        assert_eq!(node.memberships(account(1).id).await, Ok(vec![]));
        assert_eq!(node.number(&number("200").phone_number_id).await.map(|found| found.is_some()), Ok(false));
        assert_eq!(node.tenants_with_unfinished().await, Ok(vec![]));
        assert_eq!(node.due_fetches(NOW.plus(Span::hours(9)), 9).await, Ok(vec![]));
    }
    assert_eq!(one.settle_in(whole.clone(), vec![]).await, Ok(Welcome::Welcome));
    assert_eq!(other.household(TENANT).await, Ok(Some(whole.household)));
    assert_eq!(other.organizations().await.unwrap().len(), 2);
    assert_eq!(other.memberships(account(1).id).await, Ok(vec![(TENANT, RAFAEL)]));
    let found = other.number(&number("200").phone_number_id).await.unwrap();
    assert!(found.is_some_and(|(tenant, _)| tenant == TENANT));
    other.open_session(session(5, 1), vec![entry("signed in")]).await.unwrap();
    assert_eq!(audited(&one, TENANT).await, audited(&model, TENANT).await + 1);
    assert_eq!(other.begin_arrival(&arrival(&one).await).await, Ok(Welcome::Exists));
}

#[tokio::test]
async fn who_begins_again_elsewhere_takes_nothing_of_what_was_left_and_the_first_gives_up() {
    let (model, installation) = (MemoryStore::new(), Installation::new());
    fill(&model).await;
    let whole = arrival(&model).await;
    let (one, other) = (installation.node().await, installation.node().await);
    one.begin_arrival(&whole).await.unwrap();
    one.bring_in(TENANT, all(&model, Kind::Contacts, 100).await).await.unwrap();
    assert_eq!(other.begin_arrival(&whole).await, Ok(Welcome::Welcome));
    assert_eq!(all(&other, Kind::Contacts, 9).await, vec![]);
    assert!(one.settle_in(whole.clone(), vec![]).await.is_err(), "its keys are replaced");
    bring_all(&model, &other).await;
    assert_eq!(other.settle_in(whole.clone(), vec![]).await, Ok(Welcome::Welcome));
    assert_same(&one, &model, "at the first, brought in by the second").await;
}

/// How many rows each table has.
async fn rows_of(session: &Session, keyspace: &str) -> Vec<(String, i64)> {
    let tables = format!("SELECT table_name FROM system_schema.tables WHERE keyspace_name = '{keyspace}'");
    let tables = session.query_unpaged(tables, ()).await.unwrap().into_rows_result().unwrap();
    let mut counts = Vec::new();
    for table in tables.rows::<(String,)>().unwrap() {
        let (table,) = table.unwrap();
        let count = session.query_unpaged(format!("SELECT COUNT(*) FROM {keyspace}.{table}"), ()).await.unwrap();
        let (count,) = count.into_rows_result().unwrap().single_row::<(i64,)>().unwrap();
        counts.push((table, count));
    }
    counts
}

/// In a keyspace of its own: what is forgotten cannot be asked for, only counted.
#[tokio::test]
async fn what_was_left_on_the_way_in_is_off_the_disk() {
    const ALONE: &str = "jetto_test_forgotten";
    let session = cql_server::session().await;
    dropped(&session, ALONE).await;
    let (model, installation) = (MemoryStore::new(), Installation::within(ALONE));
    fill(&model).await;
    let whole = arrival(&model).await;
    let store = installation.node().await;
    store.begin_arrival(&whole).await.unwrap();
    let before = rows_of(&session, ALONE).await;
    bring_all(&model, &store).await;
    let between = rows_of(&session, ALONE).await;
    let more = |(now, then): (&(String, i64), &(String, i64))| now.1 > then.1;
    assert!(between.iter().zip(&before).filter(|pair| more(*pair)).count() > 8, "{between:?}");
    // Nor by somebody who dies while taking it away.
    for writes in [1, 2, 3, 10, 60] {
        let dying = installation.node().await;
        dying.faults().die_after(writes);
        assert!(dying.begin_arrival(&whole).await.is_err(), "{writes}");
    }
    store.begin_arrival(&whole).await.unwrap();
    assert_eq!(rows_of(&session, ALONE).await, before);
    dropped(&session, ALONE).await;
}

/// Thirty tables go one by one, which takes a server with one core its time.
async fn dropped(session: &Session, keyspace: &str) {
    let mut statement = Statement::new(format!("DROP KEYSPACE IF EXISTS {keyspace}"));
    statement.set_request_timeout(Some(Duration::from_mins(3)));
    session.query_unpaged(statement, ()).await.unwrap();
}

/// The node that goes on where another died.
async fn goes_on(living: &CqlStore, model: &MemoryStore, whole: &Arrival, when: &str) {
    let welcome = move_over(model, living, whole).await;
    assert!(matches!(welcome, Welcome::Welcome | Welcome::Exists), "{when}: {welcome:?}");
    assert_same(living, model, when).await;
}

#[tokio::test]
async fn a_death_in_the_last_steps_leaves_all_or_nothing_to_another_node() {
    let model = MemoryStore::new();
    fill(&model).await;
    let whole = arrival(&model).await;
    let mut deaths = 0;
    for writes in 0..WRITES_MAX {
        let installation = Installation::new();
        let (dying, living) = (installation.node().await, installation.node().await);
        dying.begin_arrival(&whole).await.unwrap();
        for kind in Kind::ALL {
            dying.bring_in(TENANT, all(&model, *kind, 100).await).await.unwrap();
        }
        dying.faults().die_after(writes);
        let settled = dying.settle_in(whole.clone(), vec![]).await;
        if !dying.faults().is_dead() {
            assert_eq!(settled, Ok(Welcome::Welcome));
            break;
        }
        deaths += 1;
        goes_on(&living, &model, &whole, &format!("after {writes} writes")).await;
    }
    assert!((10..WRITES_MAX).contains(&deaths), "{deaths} places to die");
}

#[tokio::test]
async fn a_death_on_the_way_in_leaves_nothing_to_another_node() {
    let model = MemoryStore::new();
    fill(&model).await;
    let whole = arrival(&model).await;
    let mut deaths = 0;
    for writes in (0..10_000).step_by(STRIDE) {
        let installation = Installation::new();
        let (dying, living) = (installation.node().await, installation.node().await);
        dying.faults().die_after(writes);
        let begun = dying.begin_arrival(&whole).await;
        for kind in Kind::ALL {
            // What comes after a death is refused.
            drop(dying.bring_in(TENANT, all(&model, *kind, 100).await).await);
        }
        if !dying.faults().is_dead() {
            assert_eq!(begun, Ok(Welcome::Welcome));
            break;
        }
        deaths += 1;
        assert_eq!(living.household(TENANT).await, Ok(None), "after {writes} writes");
        goes_on(&living, &model, &whole, &format!("after {writes} writes")).await;
    }
    assert!(deaths > 4, "{deaths} places to die");
}

#[tokio::test]
async fn a_lost_answer_on_the_way_in_changes_nothing() {
    let model = MemoryStore::new();
    fill(&model).await;
    let whole = arrival(&model).await;
    for nth in 1..=12 {
        let installation = Installation::new();
        let (one, other) = (installation.node().await, installation.node().await);
        one.begin_arrival(&whole).await.unwrap();
        bring_all(&model, &one).await;
        one.faults().lose_answer(nth);
        let settled = one.settle_in(whole.clone(), vec![]).await;
        assert!(matches!(settled, Ok(Welcome::Welcome)), "without answer {nth}: {settled:?}");
        assert_same(&other, &model, &format!("without answer {nth}")).await;
    }
}
