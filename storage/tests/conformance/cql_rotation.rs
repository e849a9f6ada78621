//! New data keys in a keyspace: everything is sealed again wherever it was cut short, and nobody writes by the old ones.

use bytes::Bytes;
use engine::decision::Record;
use engine::household::Write;
use engine::id::{MediaId, NodeId, TenantId};
use engine::intake::{IntakeMark, IntakeOutcome, IntakeRecord};
use engine::message::Message;
use engine::ports::{
    Arrival, BlobStore as _, Changed, ConversationStore as _, InboxLog as _, Kind, Leases as _, MessageStore as _,
    Relocation as _, Store, StoreError, Welcome,
};
use engine::time::Span;
use scylla::client::session::Session;
use scylla::value::{CqlValue, Row};
use storage::blobs::DirectoryBlobs;
use storage::cql::CqlStore;
use storage::memory::MemoryStore;

use crate::administration::{api_key, invitation, role, team};
use crate::cql_faults::seen;
use crate::cql_server::{self, Installation, SystemClock};
use crate::fixture::*;
use crate::relocation::{all, arrival, bring_all, fill};
use crate::sessions::session;

const THIRD: TenantId = TenantId::from_bytes([3; 16]);
const FILE: MediaId = MediaId::from_bytes([0xaa; 16]);
const NODE: NodeId = NodeId::from_bytes([1; 16]);
/// Conversations with open changes; each was cut short one write later than the one before.
const FIRST: u8 = 30;
const LAST: u8 = 38;
/// Messages, few enough for one change.
const MANY: u8 = 20;
/// What a sealed value has besides its text.
const SEALED_MIN: usize = 43;

/// Every column of the schema that holds sealed values.
const SEALED: &[(&str, &str)] = &[
    ("audit", "body"),
    ("conversation", "body"),
    ("document", "body"),
    ("event", "frame"),
    ("inbox_item", "born_error"),
    ("inbox_item", "error"),
    ("inbox_item", "raw"),
    ("inbox_item", "taken_raw"),
    ("message", "body"),
    ("office", "body"),
    ("open_change", "events"),
    ("open_change", "puts"),
    ("open_change", "rest"),
    ("pointer", "body"),
    ("recipient", "body"),
    ("recipient", "error"),
    ("recipient", "wamid_body"),
];

/// A keyspace of its own: what is sealed there is looked for in all of it.
async fn alone(keyspace: &'static str) -> (Session, Installation) {
    let session = cql_server::session().await;
    session.query_unpaged(format!("DROP KEYSPACE IF EXISTS {keyspace}"), ()).await.unwrap();
    (session, Installation::within(keyspace))
}

/// Blobs in a value, however deep.
fn blobs_of(value: &CqlValue, found: &mut Vec<Vec<u8>>) {
    if let CqlValue::Blob(bytes) = value {
        found.push(bytes.clone());
    } else if let CqlValue::List(values) = value {
        for value in values {
            blobs_of(value, found);
        }
    } else if let CqlValue::Tuple(values) = value {
        values.iter().flatten().for_each(|value| blobs_of(value, found));
    }
}

/// Columns of the whole keyspace that hold something sealed by a key of this generation.
async fn sealed_by(session: &Session, keyspace: &str, generation: u16) -> Vec<(String, String)> {
    let [high, low] = generation.to_be_bytes();
    let tables = format!("SELECT table_name FROM system_schema.tables WHERE keyspace_name = '{keyspace}'");
    let tables = session.query_unpaged(tables, ()).await.unwrap().into_rows_result().unwrap();
    let mut found = Vec::new();
    for table in tables.rows::<(String,)>().unwrap() {
        let (table,) = table.unwrap();
        let rows = session.query_unpaged(format!("SELECT * FROM {keyspace}.{table}"), ()).await.unwrap();
        let rows = rows.into_rows_result().unwrap();
        let names: Vec<_> = rows.column_specs().iter().map(|column| column.name().to_owned()).collect();
        for row in rows.rows::<Row>().unwrap() {
            for (name, value) in names.iter().zip(row.unwrap().columns) {
                let mut blobs = Vec::new();
                if let Some(value) = value {
                    blobs_of(&value, &mut blobs);
                }
                if blobs.iter().any(|blob| blob.starts_with(&[1, high, low]) && blob.len() >= SEALED_MIN) {
                    found.push((table.clone(), name.clone()));
                }
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

async fn rotor(installation: &Installation) -> CqlStore {
    let (options, place) = (installation.options(), installation.place());
    CqlStore::open_to_rotate(&options, place, std::sync::Arc::new(SystemClock)).await.unwrap()
}

/// All of it, as the command does; how many values were sealed again.
async fn rotate(store: &CqlStore) -> Result<u64, StoreError> {
    store.announce_rotation().await?;
    store.begin_rotation().await?;
    let values = store.reseal().await?;
    store.end_rotation().await?;
    Ok(values)
}

/// Something in every sealed column, but those of open changes.
async fn live(store: &impl Store) {
    let elsewhere = |n| IntakeRecord { number: Some("201".parse().unwrap()), ..intake(None, n) };
    let broken = IntakeRecord { quarantined: Some("odd".into()), ..elsewhere(21) };
    store.append([elsewhere(20), broken].into()).await.unwrap();
    fill(store).await;
    // Taken over by who connects the number; nobody ever connects the other.
    store.put_number(TENANT, number("201")).await.unwrap();
    let nobodys = IntakeRecord { number: Some("999".parse().unwrap()), ..intake(None, 22) };
    store.append([nobodys].into()).await.unwrap();
    let error = Some("it was about Featherstonehaugh".to_owned());
    store.mark(TENANT, IntakeMark { error, ..mark(1, IntakeOutcome::Quarantined) }).await.unwrap();
    let revision = store.household(TENANT).await.unwrap().unwrap().revision;
    let writes = vec![
        Write::PutRole(role(1)),
        Write::PutTeam(team(1)),
        Write::PutInvitation(invitation(1)),
        Write::PutApiKey(api_key(1)),
    ];
    let changed = store.change(TENANT, revision, writes, vec![entry("w")]).await.unwrap();
    assert!(matches!(changed, Changed::Applied { .. }), "{changed:?}");
    store.open_session(session(5, 1), vec![entry("s")]).await.unwrap();
    store.put_reset(account(1).id, [1; 32], NOW.plus(Span::hours(1)), vec![]).await.unwrap();
    store.create_organization(household(OTHER, "Bakery", vec![]), vec![account(4)], vec![]).await.unwrap();
    committed(store, OTHER, commit(&conversation(3), vec![Record::Insert(message(3, 4))])).await;
}

/// Everything there is of both organizations.
async fn whole(store: &impl Store) -> Vec<String> {
    let mut whole = seen(store).await;
    for kind in Kind::ALL {
        whole.push(format!("{:?}", all(store, *kind, 100).await));
    }
    whole.push(format!("{:?} {:?}", audited(store, TENANT).await, store.reset([1; 32], NOW).await));
    whole.push(format!("{:?}", store.session(session(5, 1).id).await));
    whole
}

async fn assert_whole(store: &impl Store, expected: &[String], when: &str) {
    for (found, expected) in whole(store).await.iter().zip(expected) {
        assert_eq!(found, expected, "{when}");
    }
}

/// Changes that a node has begun and not ended, of an organization that nobody looks at: some announced, some decided, some
/// written in part.
async fn leave_open_changes(installation: &Installation) {
    // Known to all of them.
    committed(&installation.node().await, THIRD, commit(&conversation(FIRST), vec![])).await;
    for n in FIRST + 1..=LAST {
        let dying = installation.node().await;
        let writes = u32::from(n - FIRST);
        dying.faults().die_after(writes);
        let records = vec![Record::Insert(sent(n, n)), Record::Enqueue(outgoing(THIRD, n, n))];
        assert!(dying.commit(THIRD, commit(&conversation(n), records)).await.is_err(), "{writes}");
    }
}

#[tokio::test]
async fn everything_is_sealed_by_new_keys_and_reads_as_before() {
    const ALONE: &str = "jetto_test_rotated";
    let (looker, installation) = alone(ALONE).await;
    let node = installation.node().await;
    live(&node).await;
    assert_eq!(node.replace_shared_document("session.keys", None, b"keys").await, Ok(true));
    let dir = tempfile::tempdir().unwrap();
    let files = DirectoryBlobs::open(dir.path(), node.keyring()).unwrap();
    files.put(TENANT, FILE, Bytes::from_static(b"a file")).await.unwrap();
    let before = whole(&node).await;
    leave_open_changes(&installation).await;
    let columns: Vec<_> = SEALED.iter().map(|(table, column)| ((*table).to_owned(), (*column).to_owned())).collect();
    assert_eq!(sealed_by(&looker, ALONE, 1).await, columns, "what is not sealed here is not shown to be sealed again");

    let store = rotor(&installation).await;
    store.announce_rotation().await.unwrap();
    assert_eq!(store.begin_rotation().await.unwrap(), 0);
    let resealed = store.reseal().await.unwrap();
    assert!(resealed > 60, "{resealed}");
    let files = DirectoryBlobs::open(dir.path(), store.keyring()).unwrap();
    assert_eq!((files.reseal(), files.reseal()), (Ok(1), Ok(0)));
    store.end_rotation().await.unwrap();

    assert_eq!(sealed_by(&looker, ALONE, 1).await, []);
    let left = columns.iter().filter(|(table, _)| table != "open_change").cloned().collect::<Vec<_>>();
    assert_eq!(sealed_by(&looker, ALONE, 2).await, left);
    let after = installation.node().await;
    assert_whole(&after, &before, "after the rotation").await;
    let decided = after.message(THIRD, conversation_id(LAST), message_id(LAST)).await;
    assert_eq!(decided, Ok(Some(sent(LAST, LAST))), "it is rolled forward");
    assert_eq!(after.shared_document("session.keys").await, Ok(Some(b"keys".to_vec())));
    let files = DirectoryBlobs::open(dir.path(), after.keyring()).unwrap();
    assert_eq!(files.read(TENANT, FILE).await, Ok(Some(Bytes::from_static(b"a file"))));

    // Once more, now that the keys have a number behind them.
    let again = rotor(&installation).await;
    let expected = whole(&again).await;
    assert_eq!(rotate(&again).await.map(|values| values > 60), Ok(true));
    assert_eq!(sealed_by(&looker, ALONE, 2).await, []);
    assert_whole(&installation.node().await, &expected, "after the second").await;
    looker.query_unpaged(format!("DROP KEYSPACE {ALONE}"), ()).await.unwrap();
}

#[tokio::test]
async fn what_is_written_again_stays_in_its_order_of_write_times() {
    let installation = Installation::new();
    let node = installation.node().await;
    // Many: of two values of one time the larger stays, and which is larger is chance.
    let inserted = (1..=MANY).map(|n| Record::Insert(message(1, n))).collect();
    let before = committed(&node, TENANT, commit(&conversation(1), inserted)).await;
    rotate(&rotor(&installation).await).await.unwrap();
    // Their write time is the next count after that of the rows that were sealed again.
    let after = installation.node().await;
    let edited = |n| Message { edited: true, ..message(1, n) };
    committed(&after, TENANT, commit(&before, (1..=MANY).map(|n| Record::Update(edited(n))).collect())).await;
    for n in 1..=MANY {
        assert_eq!(after.message(TENANT, conversation_id(1), message_id(n)).await, Ok(Some(edited(n))));
    }
    // The same item again, later: the first stays, sealed as it is now.
    after.append([intake(Some(TENANT), 1)].into()).await.unwrap();
    rotate(&rotor(&installation).await).await.unwrap();
    let last = installation.node().await;
    last.append([IntakeRecord { raw: Bytes::from_static(b"another"), ..intake(Some(TENANT), 1) }].into())
        .await
        .unwrap();
    assert_eq!(last.unfinished(TENANT, None, 9).await, Ok(vec![intake(Some(TENANT), 1)]));
}

#[tokio::test]
async fn a_rotation_cut_short_anywhere_goes_on_at_the_next_run() {
    const ALONE: &str = "jetto_test_rotation_cut";
    let (looker, installation) = alone(ALONE).await;
    live(&installation.node().await).await;
    let expected = whole(&installation.node().await).await;
    for (generation, writes) in (1..).zip([23, 61]) {
        let mut deaths = 0;
        loop {
            let dying = rotor(&installation).await;
            dying.faults().die_after(writes);
            let outcome = rotate(&dying).await;
            if !dying.faults().is_dead() {
                outcome.unwrap();
                break;
            }
            assert!(outcome.is_err());
            deaths += 1;
            // It may have died behind its last write: then all is done.
            let Some(refused) = installation.open(installation.place()).await.err() else { break };
            let refused = refused.to_string();
            assert!(refused.contains("jetto keys rotate --data") && !refused.contains('\n'), "{refused}");
            if deaths % 5 == 1 {
                let looking = rotor(&installation).await;
                assert_whole(&looking, &expected, &format!("{writes} writes, death {deaths}")).await;
            }
        }
        assert!(deaths > 0, "{deaths}");
        assert_eq!(sealed_by(&looker, ALONE, generation).await, []);
        assert_whole(&installation.node().await, &expected, &format!("{writes} writes at a time")).await;
    }
    looker.query_unpaged(format!("DROP KEYSPACE {ALONE}"), ()).await.unwrap();
}

#[tokio::test]
async fn a_lost_answer_or_another_who_rotates_changes_nothing() {
    let installation = Installation::new();
    live(&installation.node().await).await;
    let expected = whole(&installation.node().await).await;
    for nth in 1..=8 {
        let store = rotor(&installation).await;
        store.faults().lose_answer(nth);
        rotate(&store).await.unwrap_or_else(|error| panic!("without answer {nth}: {error}"));
    }
    assert_whole(&installation.node().await, &expected, "without answers").await;
    let (one, other) = (rotor(&installation).await, rotor(&installation).await);
    let (first, second) = tokio::join!(rotate(&one), rotate(&other));
    assert!(first.is_ok() || second.is_ok(), "{first:?} {second:?}");
    // Whoever came late finds nothing to do, or has done it all.
    rotate(&rotor(&installation).await).await.unwrap();
    assert_whole(&installation.node().await, &expected, "after two at a time").await;
}

#[tokio::test]
async fn nobody_begins_while_keys_change_and_a_node_that_stood_still_writes_nothing_more() {
    let installation = Installation::new();
    let (node, late) = (installation.node().await, installation.node().await);
    node.join(NODE).await.unwrap();
    committed(&node, TENANT, commit(&conversation(1), vec![Record::Insert(message(1, 1))])).await;
    let store = rotor(&installation).await;
    store.announce_rotation().await.unwrap();
    assert!(installation.open(installation.place()).await.is_err());
    store.call_off_rotation().await.unwrap();
    installation.node().await.join(NodeId::from_bytes([2; 16])).await.unwrap();

    store.announce_rotation().await.unwrap();
    assert!(store.bury(NODE, 0).await.unwrap());
    store.begin_rotation().await.unwrap();
    // Too late to be called off.
    store.call_off_rotation().await.unwrap();
    assert!(installation.open(installation.place()).await.is_err());
    // Opened before, and not one of the nodes yet.
    let joined = late.join(NodeId::from_bytes([3; 16])).await;
    assert!(matches!(&joined, Err(StoreError::Unavailable(text)) if text.contains("being changed")), "{joined:?}");
    assert!(late.append([intake(Some(TENANT), 1)].into()).await.is_err());
    store.reseal().await.unwrap();
    store.end_rotation().await.unwrap();
    // It wakes up, hears that it is dead, and would begin again under another id.
    assert_eq!(node.beat(NODE, 1).await, Ok(false));
    let joined = node.join(NodeId::from_bytes([4; 16])).await;
    assert!(matches!(&joined, Err(StoreError::Unavailable(text)) if text.contains("start it again")), "{joined:?}");
    assert!(node.append([intake(Some(TENANT), 2)].into()).await.is_err());
    let fresh = installation.node().await;
    fresh.join(NodeId::from_bytes([5; 16])).await.unwrap();
    fresh.append([intake(Some(TENANT), 3)].into()).await.unwrap();
    assert_eq!(fresh.unfinished(TENANT, None, 9).await, Ok(vec![intake(Some(TENANT), 3)]));
}

#[tokio::test]
async fn who_is_on_the_way_in_keeps_the_keys_and_another_installation_is_let_alone() {
    let (model, installation, neighbour) = (MemoryStore::new(), Installation::new(), Installation::new());
    fill(&model).await;
    let whole: Arrival = arrival(&model).await;
    let (node, theirs) = (installation.node().await, neighbour.node().await);
    fill(&theirs).await;
    node.begin_arrival(&whole).await.unwrap();
    bring_all(&model, &node).await;
    let store = rotor(&installation).await;
    store.announce_rotation().await.unwrap();
    assert_eq!(store.begin_rotation().await.unwrap(), 1, "it is said how many");
    store.reseal().await.unwrap();
    store.end_rotation().await.unwrap();
    let next = installation.node().await;
    assert_eq!(next.begin_arrival(&whole).await, Ok(Welcome::Welcome));
    bring_all(&model, &next).await;
    assert_eq!(next.settle_in(whole, vec![]).await, Ok(Welcome::Welcome));
    for kind in Kind::ALL {
        let expected = all(&model, *kind, 100).await;
        assert_eq!(all(&next, *kind, 100).await, expected, "{kind:?}");
        assert_eq!(all(&neighbour.node().await, *kind, 100).await, expected, "{kind:?}");
    }
}
