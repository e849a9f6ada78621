//! A process that writes is killed; what it had answered is there. The test runs itself as that process.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use engine::conversation::Conversation;
use engine::decision::Record;
use engine::id::{ConversationId, IntakeId, MessageId};
use engine::intake::{IntakeMark, IntakeOutcome, IntakeRecord};
use engine::message::Message;
use engine::ports::{Commit, Committed, ConversationStore, EventLog, InboxLog, MessageStore};
use futures_util::future::join_all;
use storage::sqlite::{SqliteOptions, SqliteStore};

use crate::fixture::*;

const DIRECTORY: &str = "JETTO_CRASH_DIRECTORY";
const ROUNDS: usize = 5;
/// Answers before the kill; odd, so that it falls between the commits of a batch.
const ANSWERS: usize = 777;

fn wide(n: u32) -> [u8; 16] {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&n.to_be_bytes());
    id
}

fn nth(n: u32) -> (IntakeRecord, Commit) {
    let id = IntakeId::from_bytes(wide(n));
    let record = IntakeRecord { id, ..intake(Some(TENANT), 0) };
    let state = Conversation { id: ConversationId::from_bytes(wide(n)), ..conversation(1) };
    let message = Message { id: MessageId::from_bytes(wide(n)), conversation_id: state.id, ..message(1, 1) };
    let intake = Some(IntakeMark { id, ..mark(0, IntakeOutcome::Processed) });
    (record, Commit { intake, ..commit(&state, vec![Record::Insert(message)]) })
}

/// The process that is killed: prints the number of each message that was answered.
#[tokio::test]
async fn a_process_that_writes_until_it_is_killed() {
    let Ok(directory) = std::env::var(DIRECTORY) else { return };
    let store = SqliteStore::open(directory.as_ref(), SqliteOptions::default()).unwrap();
    let start = u32::try_from(store.range(TENANT).await.unwrap().head).unwrap();
    for batch in 0.. {
        let first = start + 10_000 + batch * 64;
        join_all((first..first + 64).map(async |n| {
            let (record, commit) = nth(n);
            store.append([record].into()).await.unwrap();
            assert!(matches!(store.commit(TENANT, commit).await.unwrap(), Committed::Applied(_)));
            println!("answered {n}");
        }))
        .await;
    }
}

#[tokio::test]
async fn what_was_answered_before_a_kill_is_there() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..ROUNDS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::a_process_that_writes_until_it_is_killed", "--nocapture"])
            .env(DIRECTORY, dir.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut answers = lines.filter_map(|line| line.split("answered ").nth(1).map(|n| n.parse::<u32>().unwrap()));
        let mut answered: Vec<_> = answers.by_ref().take(ANSWERS).collect();
        assert_eq!(answered.len(), ANSWERS, "round {round}: the process ended by itself");
        child.kill().unwrap();
        child.wait().unwrap();
        // Answers that were on their way through the pipe count too.
        answered.extend(answers);
        check(dir.path(), &answered).await;
    }
}

async fn check(dir: &std::path::Path, answered: &[u32]) {
    let file = rusqlite::Connection::open(dir.join("jetto.db")).unwrap();
    let sound: String = file.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!(sound, "ok");
    drop(file);
    let store = SqliteStore::open(dir, SqliteOptions::default()).unwrap();
    for n in answered {
        let conversation = ConversationId::from_bytes(wide(*n));
        let message = store.message(TENANT, conversation, MessageId::from_bytes(wide(*n))).await.unwrap();
        assert!(message.is_some(), "message {n} was answered and is gone");
        let (entry, _) = store.entry(TENANT, IntakeId::from_bytes(wide(*n))).await.unwrap().unwrap();
        assert_eq!(entry.outcome, IntakeOutcome::Processed);
    }
    let head = store.range(TENANT).await.unwrap().head;
    let mut after = 0;
    while after < head {
        let events = store.events(TENANT, after, 1000).await.unwrap();
        assert_eq!(events.first().map(|event| event.n), Some(after + 1), "the log has a gap");
        after = events.last().unwrap().n;
    }
    let summary = store.summary(TENANT, NOW).await.unwrap();
    let counted = store.counts(TENANT, RAFAEL, engine::access::Visibility::All).await.unwrap();
    assert_eq!((summary.processed, counted.all), (head, head), "counts and rows are of one commit");
}
