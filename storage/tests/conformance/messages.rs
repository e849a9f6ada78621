use engine::content::{ChoiceKind, Content, MediaState, OrderItem, SharedContact, TemplateContent};
use engine::conversation::Conversation;
use engine::decision::Record;
use engine::delivery::{Failure, FailureAction, Status};
use engine::id::MessageId;
use engine::inbound::StatusUpdate;
use engine::message::{Message, Quote, Reaction, ReactionFrom, Referral};
use engine::ports::{Located, Store, StoreError};
use engine::time::{Span, Timestamp};

use crate::fixture::*;

async fn insert(store: &impl Store, before: &Conversation, messages: Vec<Message>) -> Conversation {
    let records = messages.into_iter().map(Record::Insert).collect();
    committed(store, TENANT, commit(before, records)).await
}

pub(crate) async fn history_is_by_time_then_by_arrival(store: &impl Store) {
    let late = Message { at: NOW.plus(Span::seconds(1)), ..message(1, 1) };
    let state = insert(store, &conversation(1), vec![late, message(1, 3)]).await;
    insert(store, &state, vec![message(1, 2), message(1, 4)]).await;
    let mut page = page(2);
    let mut seen = Vec::new();
    loop {
        let found = store.history(TENANT, conversation_id(1), page.clone()).await.unwrap();
        seen.push(found.items.into_iter().map(|message| message.id.as_bytes()[0]).collect::<Vec<_>>());
        page.after = found.next;
        if page.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [[1, 4], [2, 3]]);
    assert!(store.history(TENANT, conversation_id(9), page).await.unwrap().items.is_empty());
}

pub(crate) async fn an_update_replaces_what_is_there_and_only_that(store: &impl Store) {
    let state = insert(store, &conversation(1), vec![message(1, 1), message(1, 2)]).await;
    let edited = Message { edited: true, content: Content::Text { body: "new".into() }, ..message(1, 1) };
    let moved = Message { at: NOW.minus(Span::seconds(5)), ..message(1, 2) };
    let records = vec![Record::Update(edited.clone()), Record::Update(moved.clone()), Record::Update(message(1, 3))];
    committed(store, TENANT, commit(&state, records)).await;
    let history = store.history(TENANT, conversation_id(1), page(9)).await.unwrap();
    assert_eq!(history.items, [edited, moved]);
}

pub(crate) async fn only_what_went_out_is_found_by_its_wamid(store: &impl Store) {
    let queued = Message { wamid: None, ..sent(1, 2) };
    let state = insert(store, &conversation(1), vec![message(1, 1), queued]).await;
    assert_eq!(store.locate(TENANT, &"wamid.1".parse().unwrap()).await, Ok(None));
    assert_eq!(store.locate(TENANT, &"wamid.2".parse().unwrap()).await, Ok(None));
    committed(store, TENANT, commit(&state, vec![Record::Update(sent(1, 2))])).await;
    let located = Located { conversation: conversation_id(1), message: message_id(2) };
    assert_eq!(store.locate(TENANT, &"wamid.2".parse().unwrap()).await, Ok(Some(located)));
}

pub(crate) async fn a_parked_status_is_kept_once_and_taken_once(store: &impl Store) {
    let status = |status: Status, n: i64| StatusUpdate {
        number: "200".parse().unwrap(),
        wamid: "wamid.1".parse().unwrap(),
        callback: None,
        status,
        pricing: None,
        at: Timestamp(n),
    };
    let (read, sent) = (status(Status::Read, 2), status(Status::Sent, 1));
    for update in [&read, &sent, &read] {
        store.park_status(TENANT, update).await.unwrap();
    }
    let wamid = "wamid.1".parse().unwrap();
    assert_eq!(store.unpark_statuses(TENANT, &wamid).await, Ok(vec![read, sent]));
    assert_eq!(store.unpark_statuses(TENANT, &wamid).await, Ok(vec![]));
}

pub(crate) async fn an_import_leaves_what_is_there(store: &impl Store) {
    let state = insert(store, &conversation(1), vec![message(1, 1)]).await;
    let other = Conversation { unread: 3, revision: 1, ..conversation(2) };
    let conversations = vec![Conversation { unread: 9, revision: 1, ..conversation(1) }, other.clone()];
    let changed = Message { forwarded: true, ..message(1, 1) };
    store.import(TENANT, conversations, vec![changed, message(1, 2), sent(2, 3)]).await.unwrap();
    assert_eq!(store.conversation(TENANT, state.id).await, Ok(Some(state.clone())));
    assert_eq!(store.conversation(TENANT, other.id).await, Ok(Some(other.clone())));
    let history = store.history(TENANT, state.id, page(9)).await.unwrap();
    assert_eq!(history.items, [message(1, 2), message(1, 1)]);
    assert_eq!(store.locate(TENANT, &"wamid.3".parse().unwrap()).await.unwrap().unwrap().message, message_id(3));
    assert_eq!(store.counts(TENANT, RAFAEL, engine::access::Visibility::All).await.unwrap().unassigned, 2);
    assert_eq!(store.events(TENANT, 0, 9).await.unwrap().len(), 1, "an import is silent");
    assert_eq!(store.unsettled(TENANT, None, 9).await, Ok(vec![]));
    // Life goes on where the import ended.
    insert(store, &other, vec![message(2, 4)]).await;
    let history = store.history(TENANT, other.id, page(9)).await.unwrap();
    assert_eq!(history.items, [message(2, 4), sent(2, 3)]);
}

pub(crate) async fn an_import_of_strays_writes_nothing(store: &impl Store) {
    let outcome = store.import(TENANT, vec![conversation(1)], vec![message(1, 1), message(2, 2)]).await;
    assert!(matches!(outcome, Err(StoreError::Corrupt(_))), "{outcome:?}");
    assert_eq!(store.conversation(TENANT, conversation_id(1)).await, Ok(None));
}

fn contents() -> Vec<Content> {
    let media = media(3, MediaState::Ready);
    vec![
        Content::Text { body: "naïve\n\"quoted\" \u{0} 🦀".into() },
        Content::Image { media: media.clone(), caption: Some("x".into()) },
        Content::Audio { media: media.clone(), voice: true },
        Content::Sticker { media, animated: true },
        Content::Location {
            latitude: -23.550_520_1 / 7.0,
            longitude: 0.1 + 0.2,
            name: None,
            address: Some("Praça".into()),
            url: None,
        },
        Content::Contacts {
            contacts: vec![SharedContact {
                name: "A".into(),
                phones: vec!["+1".into()],
                emails: vec![],
                organization: None,
            }],
        },
        Content::Choice { kind: ChoiceKind::List, id: Some("1".into()), title: "t".into(), description: None },
        Content::Order {
            catalog_id: "c".into(),
            text: None,
            items: vec![OrderItem { product: "p".into(), quantity: 2, price: "1.5".into(), currency: "BRL".into() }],
        },
        Content::Template(TemplateContent {
            name: "t".into(),
            language: "en".into(),
            category: "UTILITY".into(),
            header: None,
            body: "b".into(),
            footer: None,
            buttons: vec!["x".into()],
            cards: Vec::new(),
            parameters: vec![],
        }),
        Content::Reaction { emoji: Some("👍".into()), target: None },
        Content::System { kind: "k".into(), body: "b".into() },
        Content::Unsupported { kind: None, code: Some(131_051), detail: None },
    ]
}

pub(crate) async fn every_kind_of_content_reads_back_as_it_was(store: &impl Store) {
    let mut messages: Vec<_> = (1..).zip(contents()).map(|(n, content)| Message { content, ..message(1, n) }).collect();
    let mut full = sent(1, 100);
    full.reply_to = Some(Quote { id: Some(MessageId::from_bytes([4; 16])), author: None, snippet: "s".into() });
    full.reactions = vec![Reaction { from: ReactionFrom::Customer, emoji: "🎉".into() }];
    (full.forwarded, full.edited, full.revoked) = (true, true, true);
    full.referral = Some(Referral { headline: Some("h".into()), body: None, source_url: Some("https://x".into()) });
    let failure = Failure { code: Some(131_026), text: "t".into(), action: Some(FailureAction::FixNumber) };
    full.delivery.as_mut().unwrap().merge(Status::Failed(failure), NOW);
    messages.push(full);
    insert(store, &conversation(1), messages.clone()).await;
    messages.reverse();
    assert_eq!(store.history(TENANT, conversation_id(1), page(100)).await.unwrap().items, messages);
}
