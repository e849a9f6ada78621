use engine::content::{Content, Media, MediaState};
use engine::decision::{MediaJob, Record};
use engine::id::MediaId;
use engine::message::Message;
use engine::ports::{MediaRow, Store};
use engine::time::Span;

use crate::fixture::*;

pub(crate) async fn a_job_comes_and_ends_through_commits(store: &impl Store) {
    let records = vec![Record::Fetch(job(1, 1)), Record::Fetch(job(1, 2)), Record::Fetch(job(1, 1))];
    let state = committed(store, TENANT, commit(&conversation(1), records)).await;
    assert_eq!(store.due_fetches(NOW, 9).await, Ok(vec![(TENANT, job(1, 1)), (TENANT, job(1, 2))]));
    assert_eq!(store.due_fetches(NOW, 1).await.unwrap().len(), 1);
    let pending = Media { size: None, ..media(1, MediaState::Pending) };
    let row = MediaRow { media: pending, conversation: Some(conversation_id(1)), uploader: None };
    assert_eq!(store.media(TENANT, MediaId::from_bytes([1; 16])).await, Ok(Some(row)));
    committed(store, TENANT, commit(&state, vec![Record::Fetched(media(1, MediaState::Ready))])).await;
    let row = store.media(TENANT, MediaId::from_bytes([1; 16])).await.unwrap().unwrap();
    assert_eq!((row.media, row.conversation), (media(1, MediaState::Ready), Some(conversation_id(1))));
    store.finish_fetch(TENANT, media(2, MediaState::Failed)).await.unwrap();
    store.finish_fetch(TENANT, media(9, MediaState::Failed)).await.unwrap();
    assert_eq!(store.due_fetches(NOW, 9).await, Ok(vec![]));
    assert_eq!(store.media(TENANT, MediaId::from_bytes([9; 16])).await, Ok(None));
}

pub(crate) async fn a_postponed_job_is_due_later(store: &impl Store) {
    let records = vec![Record::Fetch(job(1, 1)), Record::Fetch(job(1, 2))];
    committed(store, TENANT, commit(&conversation(1), records)).await;
    let later = NOW.plus(Span::seconds(30));
    store.postpone_fetch(TENANT, MediaId::from_bytes([1; 16]), later).await.unwrap();
    assert_eq!(store.due_fetches(NOW, 9).await, Ok(vec![(TENANT, job(1, 2))]));
    let tried = MediaJob { attempts: 1, ..job(1, 1) };
    assert_eq!(store.due_fetches(later, 9).await, Ok(vec![(TENANT, job(1, 2)), (TENANT, tried)]));
    store.finish_fetch(TENANT, media(1, MediaState::Failed)).await.unwrap();
    store.postpone_fetch(TENANT, MediaId::from_bytes([1; 16]), later).await.unwrap();
    assert_eq!(store.due_fetches(later, 9).await.unwrap().len(), 1, "what has ended is not put off");
}

pub(crate) async fn an_upload_belongs_to_the_conversation_it_is_first_sent_in(store: &impl Store) {
    let id = MediaId::from_bytes([3; 16]);
    store.put_upload(TENANT, media(3, MediaState::Ready), RAFAEL).await.unwrap();
    store.put_upload(TENANT, media(3, MediaState::Failed), MINA).await.unwrap();
    let row = MediaRow { media: media(3, MediaState::Ready), conversation: None, uploader: Some(RAFAEL) };
    assert_eq!(store.media(TENANT, id).await, Ok(Some(row)));
    for n in 1..=2 {
        let content = Content::Image { media: media(3, MediaState::Ready), caption: None };
        let message = Message { content, ..sent(n, n) };
        committed(store, TENANT, commit(&conversation(n), vec![Record::Insert(message)])).await;
        let row = store.media(TENANT, id).await.unwrap().unwrap();
        assert_eq!(row.conversation, Some(conversation_id(1)));
    }
    assert_eq!(store.due_fetches(NOW, 9).await, Ok(vec![]));
}

pub(crate) async fn an_import_makes_ready_files_known(store: &impl Store) {
    let with =
        |n: u8, state| Message { content: Content::Image { media: media(n, state), caption: None }, ..message(1, n) };
    let messages = vec![with(1, MediaState::Ready), with(2, MediaState::Failed)];
    for _ in 0..2 {
        store.import(TENANT, vec![conversation(1)], messages.clone()).await.unwrap();
    }
    let row = MediaRow { media: media(1, MediaState::Ready), conversation: Some(conversation_id(1)), uploader: None };
    assert_eq!(store.media(TENANT, MediaId::from_bytes([1; 16])).await, Ok(Some(row)));
    assert_eq!(store.media(TENANT, MediaId::from_bytes([2; 16])).await, Ok(None), "there are no bytes of it");
    assert_eq!(store.due_fetches(NOW, 9).await, Ok(vec![]));
}
