use engine::access::Visibility;
use engine::conversation::{Conversation, ConversationStatus};
use engine::decision::Record;
use engine::id::ConversationId;
use engine::intake::IntakeOutcome;
use engine::outgoing::OutboxState;
use engine::ports::{
    Commit, Committed, ConversationCounts, ConversationQuery, Cursor, ListError, PageRequest, Store, View,
};
use engine::time::Span;

use crate::fixture::*;

pub(crate) async fn a_commit_writes_everything(store: &impl Store) {
    store.append([intake(Some(TENANT), 1)].into()).await.unwrap();
    let records = vec![Record::Insert(sent(1, 1)), Record::Enqueue(outgoing(TENANT, 1, 1)), Record::Fetch(job(1, 5))];
    let intake = Some(mark(1, IntakeOutcome::Processed));
    let commit = Commit { intake, ..commit(&conversation(1), records) };
    let expected: Vec<_> = (1..).zip(&commit.events).map(|(n, event)| event.log(n).unwrap()).collect();
    assert_eq!(store.commit(TENANT, commit.clone()).await, Ok(Committed::Applied(expected.clone())));
    assert_eq!(store.conversation(TENANT, conversation_id(1)).await, Ok(Some(commit.conversation)));
    assert_eq!(store.message(TENANT, conversation_id(1), message_id(1)).await, Ok(Some(sent(1, 1))));
    assert_eq!(store.outbox_entry(TENANT, message_id(1)).await.unwrap().unwrap().state, OutboxState::Queued);
    assert_eq!(store.due_fetches(NOW, 9).await, Ok(vec![(TENANT, job(1, 5))]));
    assert_eq!(store.events(TENANT, 0, 9).await, Ok(expected));
    assert_eq!(store.entry(TENANT, intake_id(1)).await.unwrap().unwrap().0.outcome, IntakeOutcome::Processed);
    assert_eq!(store.summary(TENANT, NOW).await.unwrap().processed, 1);
}

pub(crate) async fn the_same_commit_twice_is_already_applied_and_marks_a_duplicate(store: &impl Store) {
    let commit = commit(&conversation(1), vec![Record::Insert(message(1, 1))]);
    let before = committed(store, TENANT, commit.clone()).await;
    store.append([intake(Some(TENANT), 2)].into()).await.unwrap();
    let changed = Conversation { unread: 99, ..commit.conversation.clone() };
    let repeat = Commit { conversation: changed, intake: Some(mark(2, IntakeOutcome::Processed)), ..commit };
    assert_eq!(store.commit(TENANT, repeat).await, Ok(Committed::AlreadyApplied));
    assert_eq!(store.conversation(TENANT, conversation_id(1)).await, Ok(Some(before)));
    assert_eq!(store.events(TENANT, 0, 9).await.unwrap().len(), 1);
    let (entry, _) = store.entry(TENANT, intake_id(2)).await.unwrap().unwrap();
    assert_eq!((entry.outcome, entry.conversation_id), (IntakeOutcome::Duplicate, Some(conversation_id(1))));
}

pub(crate) async fn a_wrong_revision_writes_nothing(store: &impl Store) {
    store.append([intake(Some(TENANT), 1)].into()).await.unwrap();
    let first = committed(store, TENANT, commit(&conversation(1), vec![])).await;
    for revision in [0, 1, 5] {
        let stale = Conversation { revision, unread: 7, ..first.clone() };
        let records =
            vec![Record::Insert(sent(1, 1)), Record::Enqueue(outgoing(TENANT, 1, 1)), Record::Fetch(job(1, 1))];
        let intake = Some(mark(1, IntakeOutcome::Processed));
        let stale = Commit { intake, ..commit(&stale, records) };
        let stale = if revision == 1 {
            Commit { conversation: Conversation { revision: 1, ..stale.conversation }, ..stale }
        } else {
            stale
        };
        assert_eq!(store.commit(TENANT, stale).await, Ok(Committed::Conflict), "revision {revision}");
    }
    assert_eq!(store.conversation(TENANT, conversation_id(1)).await, Ok(Some(first)));
    assert_eq!(store.message(TENANT, conversation_id(1), message_id(1)).await, Ok(None));
    assert_eq!(store.outbox_entry(TENANT, message_id(1)).await, Ok(None));
    assert_eq!(store.due_fetches(NOW, 9).await, Ok(vec![]));
    assert_eq!(store.events(TENANT, 0, 9).await, Ok(vec![]));
    assert_eq!(store.entry(TENANT, intake_id(1)).await.unwrap().unwrap().0.outcome, IntakeOutcome::Stored);
    let on_nothing = commit(&Conversation { revision: 3, ..conversation(2) }, vec![]);
    assert_eq!(store.commit(TENANT, on_nothing).await, Ok(Committed::Conflict), "there is no row to be at 3");
}

pub(crate) async fn events_get_places_without_a_gap(store: &impl Store) {
    let first = committed(store, TENANT, commit(&conversation(1), vec![Record::Insert(message(1, 1))])).await;
    let none = committed(store, TENANT, commit(&first, vec![])).await;
    let records = vec![Record::Insert(message(1, 2)), Record::Insert(message(1, 3))];
    let Committed::Applied(logged) = store.commit(TENANT, commit(&none, records)).await.unwrap() else { panic!() };
    assert_eq!(logged.iter().map(|event| event.n).collect::<Vec<_>>(), [2, 3]);
    committed(store, OTHER, commit(&conversation(1), vec![Record::Insert(message(1, 1))])).await;
    assert_eq!(store.range(OTHER).await.unwrap().head, 1, "each tenant has its own log");
}

pub(crate) async fn a_repeat_marks_only_what_still_waits(store: &impl Store) {
    store.append([intake(Some(TENANT), 1)].into()).await.unwrap();
    let intake = Some(mark(1, IntakeOutcome::Processed));
    let commit = Commit { intake, ..commit(&conversation(1), vec![Record::Insert(message(1, 1))]) };
    committed(store, TENANT, commit.clone()).await;
    assert_eq!(store.commit(TENANT, commit).await, Ok(Committed::AlreadyApplied));
    assert_eq!(store.entry(TENANT, intake_id(1)).await.unwrap().unwrap().0.outcome, IntakeOutcome::Processed);
}

/// 1 unassigned, 2 Rafael's, 3 Mina's and unread, 4 Rafael's and snoozed and unread, 5 unassigned and closed, 6 Mina's and closed.
async fn inbox(store: &impl Store) {
    use ConversationStatus::{Closed, Open, Snoozed};
    let rows = [
        (1, None, Open, 0),
        (2, Some(RAFAEL), Open, 0),
        (3, Some(MINA), Open, 2),
        (4, Some(RAFAEL), Snoozed, 1),
        (5, None, Closed, 0),
        (6, Some(MINA), Closed, 0),
    ];
    for (n, assignee, status, unread) in rows {
        let assignee = assignee.map(person);
        let last_activity_at = NOW.plus(Span::seconds(i64::from(n)));
        let state = Conversation { assignee, status, unread, last_activity_at, ..conversation(n) };
        committed(store, TENANT, commit(&state, vec![])).await;
    }
}

async fn list(store: &impl Store, view: View, visibility: Visibility, unread: bool) -> Vec<u8> {
    let query = ConversationQuery { unread, ..query(view, visibility, 100) };
    let found = store.conversations(TENANT, query).await.unwrap();
    found.items.into_iter().map(|conversation| conversation.id.as_bytes()[0]).collect()
}

pub(crate) async fn views_show_what_is_in_them(store: &impl Store) {
    inbox(store).await;
    let all = || Visibility::All;
    assert_eq!(list(store, View::All, all(), false).await, [4, 3, 2, 1]);
    assert_eq!(list(store, View::Mine(RAFAEL), all(), false).await, [4, 2]);
    assert_eq!(list(store, View::Unassigned, all(), false).await, [1]);
    assert_eq!(list(store, View::Closed, all(), false).await, [6, 5]);
    assert_eq!(list(store, View::All, all(), true).await, [4, 3]);
    assert_eq!(list(store, View::Mine(RAFAEL), all(), true).await, [4]);
    assert_eq!(list(store, View::All, team_of(RAFAEL, &[]), false).await, [4, 2, 1]);
    assert_eq!(list(store, View::All, team_of(RAFAEL, &[]), true).await, [4]);
    assert_eq!(list(store, View::Closed, team_of(RAFAEL, &[]), false).await, [5]);
    assert_eq!(list(store, View::All, Visibility::Assigned(MINA), false).await, [3]);
    assert_eq!(list(store, View::Unassigned, Visibility::Assigned(MINA), false).await, [0; 0]);
    assert_eq!(list(store, View::Mine(MINA), team_of(RAFAEL, &[]), false).await, [0; 0]);
    assert_eq!(list(store, View::All, Visibility::Nothing, false).await, [0; 0]);
}

/// 1 the desk's, 2 the desk's and Mina's, 3 the shop's, 4 the shop's and Rafael's and unread, 5 nobody's and unread,
/// 6 the desk's and closed, 7 the desk's and Rafael's and unread.
async fn teams(store: &impl Store) {
    let (desk, shop) = (Some(team_id(1)), Some(team_id(2)));
    let rows = [
        (1, desk, None, 0),
        (2, desk, Some(MINA), 0),
        (3, shop, None, 0),
        (4, shop, Some(RAFAEL), 1),
        (5, None, None, 1),
        (6, desk, None, 0),
        (7, desk, Some(RAFAEL), 1),
    ];
    for (n, team, assignee, unread) in rows {
        let assignee = assignee.map(person);
        let last_activity_at = NOW.plus(Span::seconds(i64::from(n)));
        let status = if n == 6 { ConversationStatus::Closed } else { ConversationStatus::Open };
        let state = Conversation { assignee, team, status, unread, last_activity_at, ..conversation(n) };
        committed(store, TENANT, commit(&state, vec![])).await;
    }
}

pub(crate) async fn teams_see_what_is_theirs(store: &impl Store) {
    teams(store).await;
    let (desk, shop) = (|| team_of(RAFAEL, &[1]), || team_of(MINA, &[2]));
    assert_eq!(list(store, View::All, desk(), false).await, [7, 5, 4, 2, 1]);
    assert_eq!(list(store, View::All, desk(), true).await, [7, 5, 4]);
    assert_eq!(list(store, View::All, shop(), false).await, [5, 4, 3, 2]);
    assert_eq!(list(store, View::All, team_of(RAFAEL, &[1, 2]), false).await, [7, 5, 4, 3, 2, 1]);
    assert_eq!(list(store, View::All, team_of(RAFAEL, &[]), false).await, [7, 5, 4]);
    assert_eq!(list(store, View::Closed, desk(), false).await, [6]);
    assert_eq!(list(store, View::Closed, shop(), false).await, [0; 0]);
    assert_eq!(list(store, View::Unassigned, Visibility::All, false).await, [5, 3, 1]);
    assert_eq!(list(store, View::Unassigned, Visibility::All, true).await, [5]);
    assert_eq!(list(store, View::Unassigned, desk(), false).await, [5, 1]);
    assert_eq!(list(store, View::Mine(RAFAEL), desk(), false).await, [7, 4]);
    assert_eq!(list(store, View::Mine(MINA), desk(), false).await, [2]);
    assert_eq!(list(store, View::Mine(RAFAEL), shop(), false).await, [4]);
    let counts = store.counts(TENANT, RAFAEL, desk()).await;
    assert_eq!(counts, Ok(ConversationCounts { mine: 2, unassigned: 2, all: 5, closed: 1, mine_unread: 2 }));
    let counts = store.counts(TENANT, MINA, shop()).await;
    assert_eq!(counts, Ok(ConversationCounts { mine: 1, unassigned: 2, all: 4, closed: 0, mine_unread: 0 }));
    let three = store.conversation(TENANT, conversation_id(3)).await.unwrap().unwrap();
    committed(store, TENANT, commit(&Conversation { team: Some(team_id(1)), ..three }, vec![])).await;
    assert_eq!(list(store, View::All, shop(), false).await, [5, 4, 2]);
    assert_eq!(list(store, View::Unassigned, desk(), false).await, [5, 3, 1]);
    let counts = store.counts(TENANT, MINA, shop()).await;
    assert_eq!(counts, Ok(ConversationCounts { mine: 1, unassigned: 1, all: 3, closed: 0, mine_unread: 0 }));
}

pub(crate) async fn counts_follow_every_change(store: &impl Store) {
    inbox(store).await;
    let counts = store.counts(TENANT, RAFAEL, Visibility::All).await;
    assert_eq!(counts, Ok(ConversationCounts { mine: 2, unassigned: 1, all: 4, closed: 2, mine_unread: 1 }));
    let counts = store.counts(TENANT, MINA, team_of(MINA, &[])).await;
    assert_eq!(counts, Ok(ConversationCounts { mine: 1, unassigned: 1, all: 2, closed: 2, mine_unread: 1 }));
    let counts = store.counts(TENANT, MINA, Visibility::Assigned(MINA)).await;
    assert_eq!(counts, Ok(ConversationCounts { mine: 1, unassigned: 0, all: 1, closed: 1, mine_unread: 1 }));
    assert_eq!(store.workloads(TENANT).await, Ok([(RAFAEL, 2), (MINA, 1)].into()));
    assert_eq!(store.workloads(OTHER).await, Ok([].into()));
    let three = store.conversation(TENANT, conversation_id(3)).await.unwrap().unwrap();
    let taken = Conversation { assignee: Some(person(RAFAEL)), unread: 0, ..three };
    let closed = Conversation { status: ConversationStatus::Closed, ..taken.clone() };
    let taken = committed(store, TENANT, commit(&taken, vec![])).await;
    let counts = store.counts(TENANT, RAFAEL, Visibility::All).await;
    assert_eq!(counts, Ok(ConversationCounts { mine: 3, unassigned: 1, all: 4, closed: 2, mine_unread: 1 }));
    committed(store, TENANT, commit(&Conversation { revision: taken.revision, ..closed }, vec![])).await;
    let counts = store.counts(TENANT, RAFAEL, Visibility::All).await;
    assert_eq!(counts, Ok(ConversationCounts { mine: 2, unassigned: 1, all: 3, closed: 3, mine_unread: 1 }));
    let nothing = store.counts(TENANT, RAFAEL, Visibility::Nothing).await;
    assert_eq!(nothing, Ok(ConversationCounts::default()));
}

pub(crate) async fn pages_of_equal_times_neither_repeat_nor_lose(store: &impl Store) {
    for n in 1..=7 {
        let assignee = (n % 2 == 0).then(|| person(RAFAEL));
        committed(store, TENANT, commit(&Conversation { assignee, ..conversation(n) }, vec![])).await;
    }
    for visibility in [Visibility::All, team_of(RAFAEL, &[])] {
        let mut query = query(View::All, visibility, 2);
        let mut seen: Vec<Vec<ConversationId>> = Vec::new();
        loop {
            let found = store.conversations(TENANT, query.clone()).await.unwrap();
            seen.push(found.items.into_iter().map(|conversation| conversation.id).collect());
            query.page.after = found.next;
            if query.page.after.is_none() {
                break;
            }
        }
        assert_eq!(
            seen,
            [vec![7, 6], vec![5, 4], vec![3, 2], vec![1]]
                .map(|page| { page.into_iter().map(conversation_id).collect::<Vec<_>>() })
        );
    }
}

pub(crate) async fn a_cursor_of_another_list_is_refused(store: &impl Store) {
    for n in 1..=2 {
        let records = vec![Record::Insert(message(1, n))];
        let before = store.conversation(TENANT, conversation_id(1)).await.unwrap().unwrap_or(conversation(1));
        committed(store, TENANT, commit(&before, records)).await;
    }
    let history = store.history(TENANT, conversation_id(1), page(1)).await.unwrap().next.unwrap();
    for bad in [history, Cursor(String::new()), Cursor("c.1".into()), Cursor("c.x.y".into()), Cursor("🦀".into())] {
        let page = PageRequest { after: Some(bad.clone()), limit: 1 };
        let query = ConversationQuery { page: page.clone(), ..query(View::All, Visibility::All, 1) };
        assert_eq!(store.conversations(TENANT, query).await, Err(ListError::BadCursor), "{bad:?}");
        assert_eq!(store.contacts(TENANT, page).await, Err(ListError::BadCursor), "{bad:?}");
    }
}

pub(crate) async fn conversations_of_a_contact_are_seen_by_those_who_may(store: &impl Store) {
    for (n, assignee, seconds) in [(1, None, 1), (2, Some(RAFAEL), 3), (3, Some(MINA), 2)] {
        let last_activity_at = NOW.plus(Span::seconds(seconds));
        let (contact, assignee) = (contact(1), assignee.map(person));
        let state = Conversation { contact, assignee, last_activity_at, ..conversation(n) };
        committed(store, TENANT, commit(&state, vec![])).await;
    }
    let of = async |visibility| {
        let found = store.conversations_of(TENANT, contact(1).id, visibility).await.unwrap();
        found.into_iter().map(|conversation| conversation.id.as_bytes()[0]).collect::<Vec<_>>()
    };
    assert_eq!(of(Visibility::All).await, [2, 3, 1]);
    assert_eq!(of(team_of(RAFAEL, &[])).await, [2, 1]);
    assert_eq!(of(Visibility::Nothing).await, [0; 0]);
    let state = Conversation { contact: contact(2), ..conversation(4) };
    committed(store, TENANT, commit(&state, vec![])).await;
    let newest = async |tenant, visibility| {
        let asked = [1, 2, 3].map(|n| contact(n).id);
        let found = store.newest_of(tenant, &asked, visibility).await.unwrap();
        let mut found: Vec<_> = found.iter().map(|one| (one.contact.id, one.id.as_bytes()[0])).collect();
        found.sort_unstable();
        found
    };
    assert_eq!(newest(TENANT, Visibility::All).await, [(contact(1).id, 2), (contact(2).id, 4)]);
    assert_eq!(newest(TENANT, team_of(MINA, &[])).await, [(contact(1).id, 3), (contact(2).id, 4)]);
    assert_eq!(newest(TENANT, Visibility::Nothing).await, []);
    assert_eq!(newest(OTHER, Visibility::All).await, []);
}
