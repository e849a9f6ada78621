//! How fast the SQLite store is, beside a bare insert loop on the same disk in the same minute, because absolute
//! figures of a shared machine mean little. `cargo run --release -p storage --example hot_path [seconds]`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for a person at a terminal")]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use engine::access::Visibility;
use engine::contact::Contact;
use engine::content::Content;
use engine::conversation::Conversation;
use engine::directory::{NumberRef, Person};
use engine::id::{ContactId, ConversationId, IntakeId, MemberId, MessageId, TeamId, TenantId};
use engine::identity::Identities;
use engine::inbound::{InboundBody, InboundMessage};
use engine::intake::{IntakeMark, IntakeOutcome, IntakeRecord};
use engine::message::{Direction, Message};
use engine::ports::{
    Commit, Committed, ConversationQuery, ConversationStore, InboxLog, MessageStore, PageRequest, View,
};
use engine::time::{Span, Timestamp};
use futures_util::future::join_all;
use storage::sqlite::{SqliteOptions, SqliteStore};
use tokio::time::Instant;

const TENANT: TenantId = TenantId::from_bytes([1; 16]);
const NOW: Timestamp = Timestamp(1_795_392_000_000);
/// Webhooks in flight.
const CALLERS: u32 = 512;
/// Conversations that each caller goes through.
const CONVERSATIONS: u32 = 4;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(5);
    let span = Duration::from_secs(seconds);
    // Beside the build, not in /tmp: that may be memory.
    let dir = tempfile::tempdir_in(std::env::current_dir().unwrap()).unwrap();
    println!("what, per second, share of the bare loop, busy time of its thread per operation in µs");
    let bare = bare_inserts(dir.path(), span);
    println!("{:<40} {:>8.0}/s  1.00  {:>5.1}", "bare INSERT of 700 B, 256 per COMMIT", bare.per_second, bare.busy_us);
    let show = |what: &str, rate: Rate| {
        println!(
            "{what:<40} {:>8.0}/s  {:.2}  {:>5.1}",
            rate.per_second,
            rate.per_second / bare.per_second,
            rate.busy_us
        );
    };

    let store = SqliteStore::open(&dir.path().join("store"), SqliteOptions::default()).unwrap();
    println!("memory after opening {} MiB", resident_mib());
    let ids = AtomicU64::new(0);
    let before = busy_us(WRITER);
    let appended = join_all((0..CALLERS).map(|_| appends(&store, &ids, span))).await;
    show("intake appends", Rate::of(&appended, span, before));
    let before = busy_us(WRITER);
    let committed = join_all((0..CALLERS).map(|caller| commits(&store, &ids, caller, span, false))).await;
    show("commits (no intake)", Rate::of(&committed, span, before));
    let before = busy_us(WRITER);
    let both = join_all((0..CALLERS).map(|caller| commits(&store, &ids, CALLERS + caller, span, true))).await;
    show("messages: append, then commit with mark", Rate::of(&both, span, before));
    println!("memory at the peak {} MiB", resident_mib());
    large(&store).await;
    store.close().await.unwrap();
}

/// The thread that writes, by its name.
const WRITER: &str = "jetto-write";

struct Rate {
    per_second: f64,
    /// On a machine that is busy with other things, this says more than operations per second.
    busy_us: f64,
}

impl Rate {
    fn of(counts: &[u64], span: Duration, busy_before: f64) -> Self {
        let operations = u32::try_from(counts.iter().sum::<u64>()).map(f64::from).unwrap();
        let busy_us = (busy_us(WRITER) - busy_before) / operations;
        Self { per_second: operations / span.as_secs_f64(), busy_us }
    }
}

/// Time that the thread of this name has spent on a processor.
fn busy_us(name: &str) -> f64 {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap().map(|task| task.unwrap().path());
    let named = |task: &PathBuf| std::fs::read_to_string(task.join("comm")).unwrap().trim() == name;
    // A thread that has only just started does not bear its name yet.
    let Some(task) = tasks.into_iter().find(named) else { return 0.0 };
    let on_processor = std::fs::read_to_string(task.join("schedstat")).unwrap();
    on_processor.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1000.0
}

/// What the machine gives: one connection, the same settings, nothing but the rows.
fn bare_inserts(dir: &Path, span: Duration) -> Rate {
    let connection = rusqlite::Connection::open(dir.join("bare.db")).unwrap();
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8000;
             CREATE TABLE bare (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;",
        )
        .unwrap();
    let body = [b'x'; 700];
    let (began, before) = (Instant::now(), busy_us("hot_path"));
    let mut rows = 0_u32;
    while began.elapsed() < span {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        for _ in 0..256 {
            connection.prepare_cached("INSERT INTO bare (body) VALUES (?1)").unwrap().execute([&body[..]]).unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
        rows += 256;
    }
    let busy_us = (busy_us("hot_path") - before) / f64::from(rows);
    Rate { per_second: f64::from(rows) / began.elapsed().as_secs_f64(), busy_us }
}

/// Time first, then chance: as the gateway makes them.
fn next_id(ids: &AtomicU64) -> [u8; 16] {
    let n = ids.fetch_add(1, Ordering::Relaxed);
    let mut id = *MessageId::derive(&[&n.to_be_bytes()]).as_bytes();
    let milliseconds = (n / 50).to_be_bytes();
    for (byte, time) in id.iter_mut().zip(milliseconds.into_iter().skip(2)) {
        *byte = time;
    }
    id
}

fn record(id: IntakeId) -> IntakeRecord {
    IntakeRecord {
        id,
        tenant: Some(TENANT),
        number: Some("200000000000001".parse().unwrap()),
        field: "messages".into(),
        kind: "text".into(),
        raw: Bytes::from_static(&[b'x'; 700]),
        received_at: NOW,
        attempts: 0,
        quarantined: None,
    }
}

async fn appends(store: &SqliteStore, ids: &AtomicU64, span: Duration) -> u64 {
    let began = Instant::now();
    let mut done = 0;
    while began.elapsed() < span {
        store.append([record(IntakeId::from_bytes(next_id(ids)))].into()).await.unwrap();
        done += 1;
    }
    done
}

fn conversation(n: u32) -> Conversation {
    let mut contact = Contact::new(ContactId::derive(&[&n.to_be_bytes()]));
    contact.learn(&peer(n));
    let number = NumberRef {
        phone_number_id: "200000000000001".parse().unwrap(),
        name: "Clínica Aurora".into(),
        display: "+1 202 555 0100".into(),
    };
    let id = ConversationId::of(TENANT, &number.phone_number_id, contact.id);
    Conversation::new(id, contact, number)
}

fn peer(n: u32) -> Identities {
    Identities {
        bsuid: Some(format!("US.{n:020}").parse().unwrap()),
        wa_id: Some(format!("1202{n:07}").parse().unwrap()),
        name: Some(format!("Avery Sample {n}")),
        username: None,
        ..Identities::default()
    }
}

fn inbound(n: u32, id: [u8; 16], at: Timestamp) -> InboundMessage {
    let wamid = format!("wamid.HBgLMTIwMjU1NTAxMjMVAgASGBQz{}", MessageId::from_bytes(id));
    InboundMessage {
        number: "200000000000001".parse().unwrap(),
        peer: peer(n),
        former: None,
        direction: Direction::In,
        live: true,
        opens_window: true,
        wamid: wamid.parse().unwrap(),
        at,
        body: InboundBody::Content(Content::Text { body: "Hello, can I still come by at four today?".into() }),
        reply_to: None,
        forwarded: false,
        referral: None,
        status: None,
    }
}

/// Messages of one caller, each decided by the real rules on the state before it.
async fn commits(store: &SqliteStore, ids: &AtomicU64, caller: u32, span: Duration, with_intake: bool) -> u64 {
    let first = caller * CONVERSATIONS;
    let mut states: Vec<_> = (first..first + CONVERSATIONS).map(|n| (n, conversation(n))).collect();
    let began = Instant::now();
    let mut done = 0_u64;
    while began.elapsed() < span {
        for (n, state) in &mut states {
            let id = next_id(ids);
            let at = NOW.plus(Span(i64::try_from(ids.load(Ordering::Relaxed)).unwrap()));
            let mut intake = None;
            if with_intake {
                store.append([record(IntakeId::from_bytes(id))].into()).await.unwrap();
                let (outcome, conversation) = (IntakeOutcome::Processed, Some(state.id));
                intake = Some(IntakeMark { id: IntakeId::from_bytes(id), outcome, error: None, conversation, at });
            }
            let decision = state.receive(TENANT, &inbound(*n, id, at), None, at).unwrap();
            *state = decision.conversation.clone();
            let (conversation, records, events) = (decision.conversation, decision.records, decision.events);
            let outcome = store.commit(TENANT, Commit { conversation, records, events, intake }).await;
            assert!(matches!(outcome, Ok(Committed::Applied(_))));
            done += 1;
        }
    }
    done
}

fn team(n: u8) -> TeamId {
    TeamId::from_bytes([n; 16])
}

/// A large inbox: how long it takes to import, and how fast it is to read.
async fn large(store: &SqliteStore) {
    const LARGE: u32 = 500_000;
    const LONG: u32 = 200_000;
    let state = |n: u32| Conversation {
        last_activity_at: NOW.minus(Span(i64::from(n))),
        unread: u32::from(n.is_multiple_of(50)),
        revision: 1,
        // Two thirds are of 20 teams, and half of these somebody has.
        team: (!n.is_multiple_of(3)).then(|| team((n % 20) as u8)),
        assignee: (n % 3 > 1).then(|| Person { id: MemberId::from_bytes([(n % 7) as u8; 16]), name: "Rafael".into() }),
        ..conversation(1_000_000 + n)
    };
    let conversations = (0..LARGE).map(state).collect();
    let began = Instant::now();
    store.import(TENANT, conversations, Vec::new()).await.unwrap();
    println!("import of {LARGE} conversations {:.1} s", began.elapsed().as_secs_f64());
    let id = state(7).id;
    let message = |n: u32| Message {
        id: MessageId::derive(&[b"long", &n.to_be_bytes()]),
        conversation_id: id,
        direction: Direction::In,
        content: Content::Text { body: format!("Message {n} of a conversation that has been going on for years") },
        author: None,
        at: NOW.plus(Span(i64::from(n))),
        wamid: None,
        client_id: None,
        reply_to: None,
        reactions: Vec::new(),
        forwarded: false,
        edited: false,
        revoked: false,
        delivery: None,
        referral: None,
    };
    let messages = (0..LONG).map(message).collect();
    let began = Instant::now();
    store.import(TENANT, Vec::new(), messages).await.unwrap();
    println!("import of {LONG} messages {:.1} s", began.elapsed().as_secs_f64());
    let page = || PageRequest { after: None, limit: 50 };
    let me = MemberId::from_bytes([9; 16]);
    times("newest 50 messages", async || drop(store.history(TENANT, id, page()).await.unwrap())).await;
    let of = |teams: u8| Visibility::Team { me, teams: (0..teams).map(team).collect() };
    for (what, view, visibility, unread) in [
        ("list of all", View::All, Visibility::All, false),
        ("list of unread", View::All, Visibility::All, true),
        ("list of a member", View::All, of(0), false),
        ("list of one of 20 teams", View::All, of(1), false),
        ("list of all of 20 teams", View::All, of(20), false),
        ("unread of all of 20 teams", View::All, of(20), true),
        ("unassigned of 20 teams", View::Unassigned, Visibility::All, false),
        ("empty list of one's own", View::Mine(me), Visibility::All, false),
    ] {
        let query = || ConversationQuery { view, unread, visibility: visibility.clone(), page: page() };
        times(what, async || drop(store.conversations(TENANT, query()).await.unwrap())).await;
    }
    times("counts", async || assert!(store.counts(TENANT, me, Visibility::All).await.unwrap().all > 0)).await;
    times("one conversation", async || drop(store.conversation(TENANT, id).await.unwrap())).await;
    println!("memory with all that {} MiB", resident_mib());
    let deadline = Instant::now() + Duration::from_secs(7);
    tokio::time::timeout_at(deadline, std::future::pending::<()>()).await.unwrap_err();
    println!("memory when idle again {} MiB", resident_mib());
}

async fn times(what: &str, read: impl AsyncFn()) {
    let mut times = Vec::new();
    for _ in 0..2000 {
        let began = Instant::now();
        read().await;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    let at = |share: usize| times.get(times.len() * share / 100).unwrap().as_secs_f64() * 1000.0;
    println!("{what:<26} p50 {:.3} ms, p99 {:.3} ms", at(50), at(99));
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
