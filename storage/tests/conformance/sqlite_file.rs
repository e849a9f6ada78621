//! What only a file can show.

use engine::audit::follow;
use engine::decision::Record;
use engine::ports::{AuditLog, ConversationStore, InboxLog, MessageStore, Store, StoreError};
use futures_util::future::join_all;
use storage::sqlite::{SqliteOptions, SqliteStore};

use crate::fixture::*;
use crate::observation::observe;

fn open(dir: &tempfile::TempDir) -> SqliteStore {
    SqliteStore::open(dir.path(), SqliteOptions::default()).unwrap()
}

async fn fill(store: &impl Store) {
    for n in 1..=5 {
        store.append([intake(Some(TENANT), n)].into()).await.unwrap();
        let records = vec![Record::Insert(sent(n, n)), Record::Enqueue(outgoing(TENANT, n, n))];
        committed(store, TENANT, commit(&conversation(n), records)).await;
    }
}

#[tokio::test]
async fn what_was_answered_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    fill(&store).await;
    let before = observe(&store, TENANT).await;
    drop(store);
    let store = open(&dir);
    assert_eq!(observe(&store, TENANT).await, before);
    let state = store.conversation(TENANT, conversation_id(1)).await.unwrap().unwrap();
    let outcome = store.commit(TENANT, commit(&state, vec![Record::Insert(message(1, 9))])).await.unwrap();
    let engine::ports::Committed::Applied(logged) = outcome else { panic!("{outcome:?}") };
    assert_eq!(logged[0].n, 6, "the log goes on where it was");
}

#[tokio::test]
async fn a_closed_store_leaves_no_log_and_takes_no_writes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    fill(&store).await;
    store.close().await.unwrap();
    let log = std::fs::metadata(dir.path().join("jetto.db-wal")).map_or(0, |file| file.len());
    assert_eq!(log, 0);
    let late = store.append([intake(Some(TENANT), 9)].into()).await;
    assert!(matches!(late, Err(StoreError::Unavailable(_))), "{late:?}");
    assert!(store.conversation(TENANT, conversation_id(1)).await.unwrap().is_some(), "reading goes on");
}

#[tokio::test]
async fn a_full_queue_is_busy_and_loses_nothing_that_it_answered() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(dir.path(), SqliteOptions { queue: 4, ..SqliteOptions::default() }).unwrap();
    let appends = (0..=255).map(|n| store.append([intake(Some(TENANT), n)].into()));
    let outcomes = join_all(appends).await;
    let stored = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(StoreError::Busy))));
    assert!(outcomes.contains(&Err(StoreError::Busy)), "256 at once do not fit into 4");
    assert_eq!(store.unfinished(TENANT, None, 1000).await.unwrap().len(), stored);
    assert_eq!(store.pressure(), storage::sqlite::Pressure::default(), "nothing is left in the queue");
}

#[tokio::test]
async fn a_large_import_lets_live_writes_in_between() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    let messages: Vec<_> = (0..20_000_u32)
        .map(|n| {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&n.to_be_bytes());
            engine::message::Message { id: engine::id::MessageId::from_bytes(id), ..message(1, 1) }
        })
        .collect();
    let import = store.import(TENANT, vec![conversation(1)], messages);
    let live = async {
        let mut appended = 0_u8;
        while store.pressure().queued == 0 {
            tokio::task::yield_now().await;
        }
        for n in 0..20 {
            store.append([intake(Some(TENANT), n)].into()).await.unwrap();
            appended = n;
        }
        let newest = store.history(TENANT, conversation_id(1), page(1)).await.unwrap().items;
        (appended, newest)
    };
    tokio::pin!(import);
    let (appended, _newest) = tokio::select! {
        biased;
        _ = &mut import => panic!("the import was over before 20 live writes got in"),
        live = live => live,
    };
    assert_eq!(appended, 19);
    import.await.unwrap();
    assert_eq!(store.history(TENANT, conversation_id(1), page(100)).await.unwrap().items.len(), 100);
}

/// As the demo does: below the directory from which it was started.
#[tokio::test]
async fn a_data_directory_may_be_named_relative() {
    let dir = tempfile::tempdir_in(".").unwrap();
    let relative = std::path::Path::new(dir.path().file_name().unwrap()).join("data");
    let store = SqliteStore::open(&relative, SqliteOptions::default()).unwrap();
    store.record(TENANT, vec![entry("1")]).await.unwrap();
    store.close().await.unwrap();
    assert!(dir.path().join("data/jetto.db").exists());
}

#[tokio::test]
async fn a_changed_byte_of_any_column_breaks_the_audit_chain() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir);
    store.record(TENANT, vec![entry("1"), entry("2"), entry("3")]).await.unwrap();
    store.close().await.unwrap();
    drop(store);
    let flips = [
        "UPDATE audit SET at = at + 1 WHERE n = 2",
        "UPDATE audit SET action = 'role.deleted' WHERE n = 2",
        "UPDATE audit SET action = 'role.forged' WHERE n = 2",
        "UPDATE audit SET actor = zeroblob(16) WHERE n = 2",
        "UPDATE audit SET actor = NULL WHERE n = 2",
        "UPDATE audit SET hash = zeroblob(32) WHERE n = 2",
        "UPDATE audit SET body = zeroblob(length(body)) WHERE n = 2",
        "UPDATE audit SET body = (SELECT body FROM audit WHERE n = 1) WHERE n = 2",
        "UPDATE audit SET n = 4 WHERE n = 3",
        "DELETE FROM audit WHERE n = 2",
        "DELETE FROM audit WHERE n = 3",
        "UPDATE audit_end SET head_n = 2",
        "UPDATE audit_end SET head_hash = zeroblob(32)",
        "UPDATE audit_end SET anchor_hash = randomblob(32)",
    ];
    let kept = std::fs::read(dir.path().join("jetto.db")).unwrap();
    for flip in flips {
        std::fs::write(dir.path().join("jetto.db"), &kept).unwrap();
        let changed = rusqlite::Connection::open(dir.path().join("jetto.db")).unwrap().execute(flip, []).unwrap();
        assert_eq!(changed, 1, "{flip}");
        let store = open(&dir);
        let ends = store.audit_ends(TENANT).await.unwrap();
        let whole = match store.audit_chain(TENANT, 0, 9).await {
            Ok(records) => follow(ends.anchor, &records) == Ok(ends.head),
            Err(StoreError::Corrupt(_)) => false,
            Err(error) => panic!("{flip}: {error}"),
        };
        assert!(!whole, "{flip}");
        store.close().await.unwrap();
    }
}
