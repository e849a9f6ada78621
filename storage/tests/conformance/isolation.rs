//! Whatever belongs to one tenant does not exist for another one that has learned its ids.

use engine::access::Visibility;
use engine::content::MediaState;
use engine::conversation::Conversation;
use engine::decision::Record;
use engine::directory::Member;
use engine::household::Write;
use engine::id::{ApiKeyId, MediaId};
use engine::identity::Identities;
use engine::inbound::StatusUpdate;
use engine::intake::{IntakeOutcome, IntakeSummary};
use engine::ports::{ChainEnds, Changed, Claim, ConversationCounts, IntakeQuery, LogRange, Store, View};

use crate::audit::audit_query;
use crate::fixture::*;
use crate::observation::{Observation, observe};
use crate::sessions::session;

const FILE: MediaId = MediaId::from_bytes([3; 16]);

fn identities() -> Identities {
    Identities { wa_id: Some("12025550101".parse().unwrap()), ..Identities::default() }
}

pub(crate) fn status() -> StatusUpdate {
    StatusUpdate {
        number: "200".parse().unwrap(),
        wamid: "wamid.9".parse().unwrap(),
        callback: None,
        status: engine::delivery::Status::Read,
        pricing: None,
        at: NOW,
    }
}

/// One of everything for `TENANT`.
async fn fill(store: &impl Store) {
    settle(store).await;
    store.record(TENANT, vec![entry("1")]).await.unwrap();
    store.put_number(TENANT, number("200")).await.unwrap();
    store.open_session(session(5, 1), vec![]).await.unwrap();
    store.append([intake(Some(TENANT), 1)].into()).await.unwrap();
    store.resolve(TENANT, "p", &identities(), None).await.unwrap();
    store.put_upload(TENANT, media(3, MediaState::Ready), RAFAEL).await.unwrap();
    store.park_status(TENANT, &status()).await.unwrap();
    let records = vec![Record::Insert(sent(1, 1)), Record::Enqueue(outgoing(TENANT, 1, 1)), Record::Fetch(job(1, 1))];
    committed(store, TENANT, commit(&conversation(1), records)).await;
}

pub(crate) async fn another_tenants_ids_find_nothing(store: &impl Store) {
    fill(store).await;
    assert_eq!(store.household(OTHER).await, Ok(None));
    assert!(store.numbers(OTHER).await.unwrap().is_empty());
    assert_eq!(store.audit_ends(OTHER).await, Ok(ChainEnds::default()));
    assert_eq!(store.audit_chain(OTHER, 0, 9).await, Ok(vec![]));
    assert!(store.audit_page(OTHER, audit_query(9)).await.unwrap().items.is_empty());
    assert_eq!(store.entry(OTHER, intake_id(1)).await, Ok(None));
    assert_eq!(store.unfinished(OTHER, Some(intake_id(1)), 9).await, Ok(vec![]));
    let entries = store.entries(OTHER, IntakeQuery { outcome: None, page: page(9) }).await.unwrap();
    assert!(entries.items.is_empty());
    assert_eq!(store.summary(OTHER, NOW).await, Ok(IntakeSummary::default()));
    assert_eq!(store.conversation(OTHER, conversation_id(1)).await, Ok(None));
    let list = store.conversations(OTHER, query(View::All, Visibility::All, 9)).await.unwrap();
    assert!(list.items.is_empty());
    assert_eq!(store.counts(OTHER, RAFAEL, Visibility::All).await, Ok(ConversationCounts::default()));
    assert_eq!(store.conversations_of(OTHER, contact(1).id, Visibility::All).await, Ok(vec![]));
    assert_eq!(store.newest_of(OTHER, &[contact(1).id], Visibility::All).await, Ok(vec![]));
    assert_eq!(store.message(OTHER, conversation_id(1), message_id(1)).await, Ok(None));
    assert!(store.history(OTHER, conversation_id(1), page(9)).await.unwrap().items.is_empty());
    assert_eq!(store.locate(OTHER, &"wamid.1".parse().unwrap()).await, Ok(None));
    assert_eq!(store.unpark_statuses(OTHER, &"wamid.9".parse().unwrap()).await, Ok(vec![]));
    let contact = store.contacts(TENANT, page(1)).await.unwrap().items.remove(0);
    assert_eq!(store.contact(OTHER, contact.id).await, Ok(None));
    assert!(store.contacts(OTHER, page(9)).await.unwrap().items.is_empty());
    assert_eq!(store.outbox_entry(OTHER, message_id(1)).await, Ok(None));
    assert_eq!(store.unsettled(OTHER, None, 9).await, Ok(vec![]));
    assert_eq!(store.range(OTHER).await, Ok(LogRange { oldest: 0, head: 0 }));
    assert_eq!(store.events(OTHER, 0, 9).await, Ok(vec![]));
    assert_eq!(store.media(OTHER, FILE).await, Ok(None));
}

pub(crate) async fn another_tenants_ids_change_nothing(store: &impl Store) {
    fill(store).await;
    let before: Observation = observe(store, TENANT).await;
    let theirs = household(OTHER, "Rival", vec![]);
    store.create_organization(theirs, vec![], vec![]).await.unwrap();
    let put = Write::PutMember(Member { name: "Rival".into(), ..member(RAFAEL, &account(1)) });
    let changed = store.change(OTHER, 1, vec![put, Write::EndSessions(RAFAEL)], vec![entry("2")]).await;
    assert_eq!(changed, Ok(Changed::Applied { revision: 2 }));
    let rename = engine::directory::NumberChange { name: Some("Rival".into()), ..Default::default() };
    assert!(store.change_number(OTHER, &"200".parse().unwrap(), rename, vec![]).await.unwrap().is_none());
    assert!(store.number(&"200".parse().unwrap()).await.unwrap().unwrap() == (TENANT, number("200")));
    store.touch_api_key(OTHER, ApiKeyId::from_bytes([1; 16]), NOW).await.unwrap();
    store.trim_audit(OTHER, NOW.plus(engine::time::Span::hours(1)), entry("t")).await.unwrap();
    store.mark(OTHER, mark(1, IntakeOutcome::Processed)).await.unwrap();
    assert_eq!(store.raise_attempts(OTHER, intake_id(1)).await, Ok(0));
    assert_eq!(store.reopen(OTHER, intake_id(1)).await, Ok(None));
    assert_eq!(store.claim(OTHER, message_id(1), token(1), NOW).await, Ok(Claim::Lost));
    store.release(OTHER, message_id(1), token(1)).await.unwrap();
    store.finish_fetch(OTHER, media(1, MediaState::Failed)).await.unwrap();
    store.postpone_fetch(OTHER, job(1, 1).media, NOW.plus(engine::time::Span::hours(1))).await.unwrap();
    store.trim(OTHER, 0).await.unwrap();
    store.resolve(OTHER, "p", &identities(), None).await.unwrap();
    store.import(OTHER, vec![Conversation { unread: 9, ..conversation(1) }], vec![message(1, 9)]).await.unwrap();
    let records = vec![Record::Settle(message_id(1)), Record::Fetched(media(3, MediaState::Failed))];
    let intake = Some(mark(1, IntakeOutcome::Processed));
    let outside = engine::ports::Commit { intake, ..commit(&conversation(2), records) };
    committed(store, OTHER, outside).await;
    assert_eq!(observe(store, TENANT).await, before);
    assert_eq!(
        store.household(TENANT).await.unwrap().unwrap(),
        household(TENANT, "Clinic", vec![member(RAFAEL, &account(1))])
    );
    assert_eq!(audited(store, TENANT).await, 1);
    assert!(store.session(session(5, 1).id).await.unwrap().is_some());
    assert_eq!(store.due_fetches(NOW, 9).await.unwrap().len(), 1);
}
