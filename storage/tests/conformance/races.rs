use engine::conversation::Conversation;
use engine::decision::Record;
use engine::id::MemberId;
use engine::ports::{Claim, Committed, Store};
use futures_util::future::join_all;

use crate::fixture::*;
use crate::outbox::queue;

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

pub(crate) async fn racing_members_share_no_email(store: &impl Store) {
    let puts = (0..20).map(|n| store.put_member(TENANT, member(MemberId::from_bytes([n; 16]), "X", "x@x.org")));
    let won = join_all(puts).await.into_iter().filter(|put| *put == Ok(true)).count();
    assert_eq!((won, store.members(TENANT).await.unwrap().len()), (1, 1));
}
