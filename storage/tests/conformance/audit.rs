use engine::audit::{self, Action, AuditActor, AuditEntry, Link};
use engine::id::{ActorId, ApiKeyId};
use engine::ports::{AuditQuery, ListError, PageRequest, Store};
use engine::time::{Span, Timestamp};

use crate::fixture::*;

pub(crate) fn audit_query(limit: u32) -> AuditQuery {
    AuditQuery { actor: None, action: None, from: None, to: None, page: page(limit) }
}

fn at(n: i64) -> Timestamp {
    NOW.plus(Span::seconds(n))
}

/// One of each kind of actor.
fn entries() -> Vec<AuditEntry> {
    let key = AuditActor::ApiKey { id: ApiKeyId::from_bytes([1; 16]), name: "Shop".into() };
    vec![
        AuditEntry { at: at(1), ..entry("1") },
        AuditEntry::new(at(2), key, Action::ContactRevealed),
        AuditEntry::new(at(3), AuditActor::System, Action::RoleCreated).with("ü", "→"),
        AuditEntry::new(at(4), AuditActor::Nobody, Action::SessionRefused),
    ]
}

pub(crate) async fn records_are_linked_and_read_back(store: &impl Store) {
    store.record(TENANT, entries()).await.unwrap();
    store.record(OTHER, vec![entry("other")]).await.unwrap();
    store.record(TENANT, vec![entry("5")]).await.unwrap();
    assert_eq!((audited(store, TENANT).await, audited(store, OTHER).await), (5, 1));
    let records = store.audit_chain(TENANT, 0, 4).await.unwrap();
    assert_eq!(records.iter().map(|record| record.n).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(records.iter().map(|record| record.entry.clone()).collect::<Vec<_>>(), entries());
    let rest = store.audit_chain(TENANT, 4, 99).await.unwrap();
    let last = records.last().map(|record| Link { n: record.n, hash: record.hash }).unwrap();
    assert_eq!(audit::follow(last, &rest), Ok(store.audit_ends(TENANT).await.unwrap().head));
}

async fn shown(store: &impl Store, query: AuditQuery) -> Vec<u64> {
    let mut shown = Vec::new();
    let mut request = PageRequest { limit: 2, ..query.page.clone() };
    loop {
        let page = store.audit_page(TENANT, AuditQuery { page: request.clone(), ..query.clone() }).await.unwrap();
        shown.extend(page.items.iter().map(|record| record.n));
        request.after = page.next;
        if request.after.is_none() {
            return shown;
        }
    }
}

pub(crate) async fn pages_are_narrowed_and_newest_first(store: &impl Store) {
    store.record(TENANT, entries()).await.unwrap();
    store.record(TENANT, entries()).await.unwrap();
    assert_eq!(shown(store, audit_query(2)).await, [8, 7, 6, 5, 4, 3, 2, 1]);
    let of = |actor: [u8; 16]| AuditQuery { actor: Some(ActorId::from_bytes(actor)), ..audit_query(2) };
    assert_eq!(shown(store, of(*RAFAEL.as_bytes())).await, [5, 1]);
    assert_eq!(shown(store, of([1; 16])).await, [6, 2]);
    let action = |start: &str| AuditQuery { action: Some(start.to_owned()), ..audit_query(2) };
    assert_eq!(shown(store, action("role.")).await, [7, 5, 3, 1]);
    assert_eq!(shown(store, action("role.created")).await, [7, 3]);
    assert_eq!(shown(store, action("role_")).await, Vec::<u64>::new());
    assert_eq!(shown(store, action("%")).await, Vec::<u64>::new());
    let time = AuditQuery { from: Some(at(2)), to: Some(at(4)), ..action("role") };
    assert_eq!(shown(store, time).await, [7, 3]);
    let foreign = engine::ports::Cursor("c.1.1".into());
    let query = AuditQuery { page: PageRequest { after: Some(foreign), limit: 2 }, ..audit_query(2) };
    assert_eq!(store.audit_page(TENANT, query).await, Err(ListError::BadCursor));
}

pub(crate) async fn a_trimmed_chain_goes_on_from_its_anchor(store: &impl Store) {
    // One entry is older than the one before it: nothing behind an entry that is kept is forgotten.
    let ages = [1, 2, 5, 3, 6];
    let entries = ages.iter().map(|age| AuditEntry { at: at(*age), ..entry("x") });
    store.record(TENANT, entries.collect()).await.unwrap();
    let whole = store.audit_chain(TENANT, 0, 9).await.unwrap();
    store.trim_audit(TENANT, at(4), entry("trimmed")).await.unwrap();
    let kept = store.audit_chain(TENANT, 0, 9).await.unwrap();
    assert_eq!((&kept[..3], kept[3].entry.target.as_deref()), (&whole[2..], Some("trimmed")));
    let anchor = store.audit_ends(TENANT).await.unwrap().anchor;
    assert_eq!(anchor, Link { n: 2, hash: whole[1].hash });
    store.trim_audit(TENANT, at(4), entry("again")).await.unwrap();
    assert_eq!(audited(store, TENANT).await, 4, "nothing went, so nothing is told");
    store.record(TENANT, vec![entry("y")]).await.unwrap();
    assert_eq!(audited(store, TENANT).await, 5);
    store.trim_audit(TENANT, at(1_000), entry("all")).await.unwrap();
    let ends = store.audit_ends(TENANT).await.unwrap();
    assert_eq!((ends.anchor.n, ends.head.n, audited(store, TENANT).await), (7, 8, 1));
    store.record(TENANT, vec![entry("z")]).await.unwrap();
    assert_eq!((audited(store, TENANT).await, store.audit_ends(TENANT).await.unwrap().head.n), (2, 9));
}
