//! How long a segment of a million contacts is counted: at first, again, and after some have changed.
//! `cargo run --release -p storage --example segment_count [contacts]`

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a program for a person at a terminal")]

use engine::contact::{ContactEdit, FieldKind, ImportRow};
use engine::id::{ImportId, TenantId};
use engine::identity::Identities;
use engine::ports::ContactStore as _;
use engine::segment::{Node, Question};
use engine::time::{Span, Timestamp};
use storage::sqlite::{SqliteOptions, SqliteStore};
use tokio::time::Instant;

const TENANT: TenantId = TenantId::from_bytes([1; 16]);
const NOW: Timestamp = Timestamp(1_795_392_000_000);
const PREFIXES: [&str; 6] = ["5511", "91", "20", "234", "1202", "49"];
const NAMES: [&str; 5] = ["Marina Duarte", "Ananya Iyer", "Omar Hassan", "Chidi Obi", "Avery Sample"];
const CHUNK: u32 = 5_000;

/// As the builder asks it: three lists, a stretch of time, a field and a name.
const TREE: &str = r#"{"all":[{"is":{"on":"country","any_of":["BR","IN","EG"]}},
    {"is":{"on":"last_message","when":{"within_days":90}}},
    {"any":[{"is":{"on":"tag","any_of":["VIP"]}},
        {"is":{"on":"field","key":"orders","test":{"at_least":{"kind":"number","value":2}}}}]},
    {"not":{"is":{"on":"name","contains":"hassan"}}}]}"#;

fn row(n: u32) -> ImportRow {
    let of = |all: &[&'static str]| all[usize::try_from(n).unwrap() % all.len()];
    let identities = Identities {
        wa_id: Some(format!("{}{n:09}", of(&PREFIXES)).parse().unwrap()),
        seen_at: Some(NOW.minus(Span::hours(i64::from(n % 365) * 24))),
        wrote: true,
        ..Identities::default()
    };
    let edit = ContactEdit {
        name: Some(Some(format!("{} {n}", of(&NAMES)))),
        add_tags: if n.is_multiple_of(10) { vec!["VIP".parse().unwrap()] } else { Vec::new() },
        fields: vec![("orders".parse().unwrap(), FieldKind::Number.read(&(n % 7).to_string()).ok())],
        ..ContactEdit::default()
    };
    ImportRow { identities, edit, opted: None }
}

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

async fn count(store: &SqliteStore, what: &str) {
    let tree: Node = serde_json::from_str(TREE).unwrap();
    let began = Instant::now();
    let census = store.census(TENANT, Question::of(&tree, NOW)).await.unwrap();
    let took = began.elapsed().as_millis();
    println!("{what:<28} {took:>6} ms  {} of {}", census.reach.people, census.contacts);
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let contacts: u32 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_000_000);
    // Beside the build, not in /tmp: that may be memory.
    let dir = tempfile::tempdir_in(std::env::current_dir().unwrap()).unwrap();
    let store = SqliteStore::open(&dir.path().join("store"), SqliteOptions::default()).unwrap();
    let before = resident_mib();
    let began = Instant::now();
    for start in (0..contacts).step_by(usize::try_from(CHUNK).unwrap()) {
        let rows = (start..contacts.min(start + CHUNK)).map(row).collect();
        store.bring_contacts(TENANT, ImportId::from_bytes([6; 16]), rows, NOW).await.unwrap();
    }
    let rate = u128::from(contacts) * 1000 / began.elapsed().as_millis().max(1);
    println!("{contacts} contacts brought in, {rate}/s, memory {before} -> {} MiB", resident_mib());
    count(&store, "first count, which reads all").await;
    println!("memory {} MiB", resident_mib());
    for _ in 0..3 {
        count(&store, "again").await;
    }
    let some = store.scan_contacts(TENANT, None, 1_000).await.unwrap();
    for (_, contact) in some {
        let edit = ContactEdit { add_tags: vec!["VIP".parse().unwrap()], ..ContactEdit::default() };
        store.edit_contact(TENANT, contact.id, edit, vec![]).await.unwrap();
    }
    count(&store, "after 1,000 have changed").await;
    store.close().await.unwrap();
}
