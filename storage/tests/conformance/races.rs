use engine::account::Account;
use engine::conversation::Conversation;
use engine::decision::Record;
use engine::household::Write;
use engine::id::{AccountId, TenantId};
use engine::ports::{Changed, Claim, Committed, Created, Rotated, Store};
use engine::time::Span;
use futures_util::future::join_all;

use crate::fixture::*;
use crate::outbox::queue;
use crate::sessions::session;

pub(crate) async fn racing_claims_have_one_winner(store: &impl Store) {
    queue(store, TENANT, 1).await;
    let claims = (0..50).map(|n| store.claim(TENANT, message_id(1), token(n), NOW));
    let won = join_all(claims).await.into_iter().filter(|claim| *claim == Ok(Claim::Won)).count();
    assert_eq!(won, 1);
}

pub(crate) async fn racing_commits_of_one_revision_have_one_winner(store: &impl Store) {
    let commits = (0..50).map(|n| {
        let state = Conversation { unread: u32::from(n), ..conversation(1) };
        store.commit(TENANT, commit(&state, vec![Record::Insert(message(1, n))]))
    });
    let outcomes: Vec<_> = join_all(commits).await.into_iter().map(Result::unwrap).collect();
    let applied = outcomes.iter().filter(|outcome| matches!(outcome, Committed::Applied(_))).count();
    let conflicts = outcomes.iter().filter(|outcome| **outcome == Committed::Conflict).count();
    assert_eq!((applied, conflicts), (1, 49));
    assert_eq!(store.history(TENANT, conversation_id(1), page(9)).await.unwrap().items.len(), 1);
}

pub(crate) async fn racing_commits_of_one_message_apply_once(store: &impl Store) {
    let same = commit(&conversation(1), vec![Record::Insert(message(1, 1))]);
    let commits = (0..50).map(|_| store.commit(TENANT, same.clone()));
    let outcomes: Vec<_> = join_all(commits).await.into_iter().map(Result::unwrap).collect();
    let repeats = outcomes.iter().filter(|outcome| **outcome == Committed::AlreadyApplied).count();
    assert_eq!(repeats, 49);
    assert_eq!(store.range(TENANT).await.unwrap().head, 1);
}

pub(crate) async fn the_log_has_no_gap_under_concurrent_commits(store: &impl Store) {
    // More than one group of the SQLite writer, every third one refused.
    let commits = (0..600_u32).map(|n| {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&n.to_be_bytes());
        let revision = u64::from(n % 3 == 0);
        let state = Conversation { id: engine::id::ConversationId::from_bytes(id), revision, ..conversation(1) };
        store.commit(TENANT, commit(&state, vec![Record::Insert(message(1, 1)), Record::Insert(message(1, 2))]))
    });
    let mut given = Vec::new();
    for outcome in join_all(commits).await {
        match outcome.unwrap() {
            Committed::Applied(logged) => given.extend(logged.into_iter().map(|event| event.n)),
            Committed::Conflict => {}
            Committed::AlreadyApplied => panic!("each has its own conversation"),
        }
    }
    given.sort_unstable();
    assert_eq!(given, (1..=800).collect::<Vec<_>>());
    let logged = store.events(TENANT, 0, 10_000).await.unwrap();
    assert_eq!(logged.into_iter().map(|event| event.n).collect::<Vec<_>>(), given);
}

pub(crate) async fn racing_changes_of_one_revision_have_one_winner(store: &impl Store) {
    settle(store).await;
    let changes = (0..50).map(|n: u8| {
        let write = Write::Rename(n.to_string());
        store.change(TENANT, 1, vec![write], vec![entry(&n.to_string())])
    });
    let outcomes: Vec<_> = join_all(changes).await.into_iter().map(Result::unwrap).collect();
    let won = outcomes.iter().position(|outcome| *outcome == Changed::Applied { revision: 2 }).unwrap();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Changed::Conflict).count(), 49);
    assert_eq!(store.household(TENANT).await.unwrap().unwrap().organization.name, won.to_string());
    let records = store.audit_chain(TENANT, 0, 99).await.unwrap();
    let targets: Vec<_> = records.into_iter().filter_map(|record| record.entry.target).collect();
    assert_eq!(targets, [won.to_string()], "the log has the winner's entry and no other");
}

pub(crate) async fn racing_accounts_share_no_email(store: &impl Store) {
    let created = (0..20).map(|n: u8| {
        let tenant = TenantId::from_bytes([n; 16]);
        let account = Account { id: AccountId::from_bytes([n; 16]), ..account(1) };
        let member = member(RAFAEL, &account);
        store.create_organization(household(tenant, "X", vec![member]), vec![account], vec![entry("x")])
    });
    let won = join_all(created).await.into_iter().filter(|each| *each == Ok(Created::Created)).count();
    assert_eq!((won, store.organizations().await.unwrap().len()), (1, 1));
}

pub(crate) async fn the_audit_chain_holds_under_concurrent_writes(store: &impl Store) {
    settle(store).await;
    // More than one group of the SQLite writer, every third one refused, in two organizations.
    store.create_organization(household(OTHER, "Other", vec![]), vec![], vec![]).await.unwrap();
    let writes = (0..600_u32).map(async |n| {
        let tenant = if n % 2 == 0 { TENANT } else { OTHER };
        let entries = vec![entry(&n.to_string()), entry("second")];
        if n % 3 == 0 {
            let refused = store.change(tenant, 99, vec![Write::Rename("never".into())], entries).await;
            assert_eq!(refused, Ok(Changed::Conflict));
        } else {
            store.record(tenant, entries).await.unwrap();
        }
    });
    join_all(writes).await;
    assert_eq!((audited(store, TENANT).await, audited(store, OTHER).await), (400, 400));
}

pub(crate) async fn racing_uses_of_one_reset_have_one_winner(store: &impl Store) {
    settle(store).await;
    store.put_reset(account(1).id, [1; 32], NOW.plus(Span::hours(1)), vec![]).await.unwrap();
    let taken = join_all((0..20).map(|_| store.take_reset([1; 32], NOW))).await;
    assert_eq!(taken.into_iter().filter(|each| *each == Ok(Some(account(1).id))).count(), 1);
}

/// Two thieves and the owner with one token: one goes on, and whoever comes later than the grace ends it all.
pub(crate) async fn racing_rotations_end_in_one_session_or_none(store: &impl Store) {
    settle(store).await;
    let opened = session(5, 1);
    store.open_session(opened.clone(), vec![]).await.unwrap();
    let late = NOW.plus(Span::seconds(60));
    let rotations = (0..20_u8).map(|n| store.rotate_session(opened.id, [1; 32], [100 + n; 32], late, entry("reuse")));
    let outcomes: Vec<_> = join_all(rotations).await.into_iter().map(Result::unwrap).collect();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Rotated::Fresh(_))), "all within the grace");
    let kept = store.session(opened.id).await.unwrap().unwrap();
    assert_eq!((kept.previous_refresh_hash, kept.rotated_at), (Some([1; 32]), late));
    let later = late.plus(Span::seconds(60));
    let rotations = (0..20).map(|_| store.rotate_session(opened.id, [1; 32], [9; 32], later, entry("reuse")));
    let outcomes: Vec<_> = join_all(rotations).await.into_iter().map(Result::unwrap).collect();
    let reused = outcomes.iter().filter(|outcome| matches!(outcome, Rotated::Reused(_))).count();
    assert_eq!((reused, audited(store, TENANT).await), (1, 1));
}
