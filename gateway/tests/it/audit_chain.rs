//! `jetto audit verify` finds whatever is changed in the audit log, in any column of any row.

use engine::account::Account;
use engine::administration::{Actor, Founding, found};
use engine::id::{AccountId, MemberId, TenantId};
use engine::ports::{Administration as _, Created};
use engine::time::{Span, Timestamp};
use loadtest::simulator::SimulatorConfig;
use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use serde_json::json;
use storage::sqlite::{SqliteOptions, SqliteStore};

use crate::harness::{Jetto, ORGANIZATION, OWNER, PASSWORD, now_s};

/// The rows' own columns, and what a byte of each can be changed to.
const COLUMNS: &[&str] = &["tenant", "n", "at", "action", "actor", "hash", "body"];

fn file(jetto: &Jetto) -> std::path::PathBuf {
    jetto.data().join("jetto.db")
}

fn open(jetto: &Jetto) -> Connection {
    let connection = Connection::open(file(jetto)).unwrap();
    connection.pragma_update(None, "foreign_keys", false).unwrap();
    connection
}

/// A dozen entries of different kinds in two organizations, and the server is stopped.
async fn written() -> Jetto {
    let mut jetto = Jetto::prepared().await;
    jetto.create_organization("Rival", "owner@rival.example").await;
    jetto.start().await;
    let owner = jetto.owner().await;
    for locale in ["pt-BR", "de", "en"] {
        owner.patch("organization", &json!({"locale": locale})).await.expect(200);
    }
    let team = json!({"name": "Front desk", "members": [owner.id()]});
    owner.post("teams", &team).await.expect(201);
    jetto.sign_in("owner@rival.example").await;
    assert!(jetto.stop().await.success());
    jetto
}

/// Exit code and what was said.
async fn verify(jetto: &Jetto, more: &[&str]) -> (Option<i32>, String) {
    let output = jetto.run(&[&["audit", "verify"], more].concat(), "").await;
    let said = String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap();
    (output.status.code(), said)
}

/// Keeps the file aside while something in it is changed.
async fn with_change(jetto: &Jetto, change: impl FnOnce(&Connection)) -> (Option<i32>, String) {
    let kept = std::fs::read(file(jetto)).unwrap();
    let connection = open(jetto);
    change(&connection);
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    drop(connection);
    let verdict = verify(jetto, &[]).await;
    std::fs::write(file(jetto), kept).unwrap();
    verdict
}

/// One bit of one byte.
fn changed(cell: Cell, place: usize) -> Cell {
    match cell {
        Cell::Null => Cell::Blob(vec![0; 16]),
        Cell::Integer(number) => Cell::Integer(number ^ 1),
        Cell::Real(number) => Cell::Real(-number),
        Cell::Text(text) => {
            let mut bytes = text.into_bytes();
            let place = place % bytes.len();
            bytes[place] ^= 1;
            Cell::Text(String::from_utf8(bytes).unwrap())
        }
        Cell::Blob(mut bytes) => {
            let place = place % bytes.len();
            bytes[place] ^= 1;
            Cell::Blob(bytes)
        }
    }
}

fn rows(connection: &Connection) -> Vec<i64> {
    let mut statement = connection.prepare("SELECT rowid FROM audit ORDER BY rowid").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

#[tokio::test]
async fn one_changed_byte_in_any_column_of_any_row_is_found() {
    let jetto = written().await;
    let (code, said) = verify(&jetto, &[]).await;
    assert_eq!((code, said.lines().count()), (Some(0), 2), "{said}");
    let rows = rows(&open(&jetto));
    assert!(rows.len() >= 7, "{rows:?}");
    for (nth, row) in rows.iter().enumerate() {
        for column in COLUMNS {
            let (code, said) = with_change(&jetto, |connection| {
                let read = format!("SELECT {column} FROM audit WHERE rowid = ?1");
                let cell: Cell = connection.query_row(&read, [row], |row| row.get(0)).unwrap();
                // Another byte of each row, so that all parts of a body have their turn.
                let cell = changed(cell, nth * 7);
                // The place may be taken by the row's neighbour: then both are where they do not belong.
                connection.execute_batch("DROP INDEX audit_by_n").unwrap();
                let write = format!("UPDATE audit SET {column} = ?1 WHERE rowid = ?2");
                assert_eq!(connection.execute(&write, rusqlite::params![cell, row]).unwrap(), 1);
                let unique = "CREATE INDEX audit_by_n ON audit (tenant, n, at, action, actor)";
                connection.execute_batch(unique).unwrap();
            })
            .await;
            assert_eq!(code, Some(1), "row {row}, {column}: {said}");
            assert!(said.contains("the audit log was changed: entry"), "row {row}, {column}: {said}");
        }
    }
    assert_eq!(verify(&jetto, &[]).await.0, Some(0), "and as it was, it holds");
}

#[tokio::test]
async fn every_byte_of_a_body_counts() {
    let jetto = written().await;
    let connection = open(&jetto);
    let row = rows(&connection)[1];
    let read = "SELECT body FROM audit WHERE rowid = ?1";
    let body: Vec<u8> = connection.query_row(read, [row], |row| row.get(0)).unwrap();
    drop(connection);
    for place in 0..body.len() {
        let (code, said) = with_change(&jetto, |connection| {
            let mut changed = body.clone();
            // The case of a letter: the smallest change that still reads as JSON.
            changed[place] ^= 0x20;
            let write = "UPDATE audit SET body = ?1 WHERE rowid = ?2";
            connection.execute(write, rusqlite::params![changed, row]).unwrap();
        })
        .await;
        assert_eq!(code, Some(1), "byte {place} of {}: {said}", String::from_utf8_lossy(&body));
    }
}

#[tokio::test]
async fn a_row_that_is_gone_moved_or_cut_off_at_the_end_is_found() {
    let jetto = written().await;
    let of_first = "(SELECT min(tenant) FROM audit)";
    let swap = |a: i64, b: i64| {
        format!(
            "UPDATE audit SET n = -1 WHERE tenant = {of_first} AND n = {a};
             UPDATE audit SET n = {a} WHERE tenant = {of_first} AND n = {b};
             UPDATE audit SET n = {b} WHERE tenant = {of_first} AND n = -1;"
        )
    };
    let last = format!("(SELECT max(n) FROM audit WHERE tenant = {of_first})");
    for (what, first_bad, change) in [
        ("the first is gone", Some(1), format!("DELETE FROM audit WHERE tenant = {of_first} AND n = 1")),
        ("one is gone", Some(3), format!("DELETE FROM audit WHERE tenant = {of_first} AND n = 3")),
        ("the last is gone", None, format!("DELETE FROM audit WHERE tenant = {of_first} AND n = {last}")),
        ("two are swapped", Some(2), swap(2, 3)),
        ("all are gone", Some(1), format!("DELETE FROM audit WHERE tenant = {of_first}")),
        ("the end was moved", None, "UPDATE audit_end SET head_n = head_n - 1".to_owned()),
        ("the end is gone", Some(1), "DELETE FROM audit_end".to_owned()),
        ("the anchor was moved", None, "UPDATE audit_end SET anchor_n = 1".to_owned()),
    ] {
        let (code, said) = with_change(&jetto, |connection| connection.execute_batch(&change).unwrap()).await;
        assert_eq!(code, Some(1), "{what}: {said}");
        let told = first_bad.map_or("was changed: entry ".to_owned(), |n| format!("was changed: entry {n} "));
        assert!(said.contains(&told), "{what}: {said}");
    }
}

#[tokio::test]
async fn a_byte_changed_behind_the_back_of_sqlite_is_found() {
    let jetto = written().await;
    let kept = std::fs::read(file(&jetto)).unwrap();
    let action = b"settings.changed";
    let places: Vec<usize> = (0..kept.len() - action.len()).filter(|at| kept[*at..].starts_with(action)).collect();
    assert!(places.len() >= 6, "three rows and their places in the index: {places:?}");
    for place in places {
        let mut bytes = kept.clone();
        bytes[place] = b'S';
        std::fs::write(file(&jetto), bytes).unwrap();
        let (code, said) = verify(&jetto, &[]).await;
        assert_eq!(code, Some(1), "byte {place}: {said}");
    }
    std::fs::write(file(&jetto), kept).unwrap();
}

#[tokio::test]
async fn one_organization_can_be_asked_for_and_an_unknown_one_is_told() {
    let jetto = written().await;
    let rivals = "UPDATE audit SET at = at + 1 WHERE tenant = (SELECT max(tenant) FROM audit) AND n = 1";
    open(&jetto).execute_batch(rivals).unwrap();
    let (code, said) = verify(&jetto, &["--organization", ORGANIZATION]).await;
    assert_eq!((code, said.lines().count()), (Some(0), 1), "{said}");
    let (code, said) = verify(&jetto, &["--organization", "Rival"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("entry 1 "), "{said}");
    assert_eq!(verify(&jetto, &["--organization", "Nowhere"]).await.0, Some(1));
}

/// An organization that is older than it keeps its log.
async fn founded(jetto: &Jetto, at: Timestamp) {
    let store = SqliteStore::open(&jetto.data(), SqliteOptions::default()).unwrap();
    let hash = gateway::auth::passwords::hash(PASSWORD).unwrap();
    let owner = Account::new(AccountId::from_bytes([1; 16]), OWNER.into(), "owner".into(), Some(hash), at);
    let (id, member) = (TenantId::from_bytes([2; 16]), MemberId::from_bytes([3; 16]));
    let founding = Founding { id, name: ORGANIZATION.into(), member };
    let (household, audit) = found(&Actor::SYSTEM, founding, &owner, at).unwrap();
    let created = store.create_organization(household, vec![owner], audit).await;
    assert_eq!(created, Ok(Created::Created));
    store.close().await.unwrap();
}

#[tokio::test]
async fn what_is_older_than_the_organization_keeps_is_forgotten_and_that_is_told() {
    let mut jetto = Jetto::empty(SimulatorConfig::default());
    founded(&jetto, Timestamp::from_seconds(now_s().cast_signed()).minus(Span::hours(24 * 402))).await;
    jetto.start().await;
    let owner = jetto.owner().await;
    let trimmed = crate::harness::eventually("housekeeping trims", async || {
        owner.all("audit?action=audit.trimmed").await.first().cloned()
    })
    .await;
    assert_eq!((&trimmed["actor"]["kind"], &trimmed["details"]["kept_days"]), (&json!("system"), &json!("400")));
    assert!(owner.all("audit?action=organization.").await.is_empty());
    assert!(jetto.stop().await.success());
    let (code, said) = verify(&jetto, &[]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("entries 2 to 3 are as they were written"), "{said}");
}
