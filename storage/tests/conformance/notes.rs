//! What members write about contacts.

use engine::id::NoteId;
use engine::identity::Identities;
use engine::note::{NOTES_MAX, Note};
use engine::ports::{Forgotten, ListError, Noted, PageRequest, Store};
use engine::time::Span;

use crate::fixture::*;

/// Of the contact of that number, made so many seconds after the first moment.
pub(crate) fn note(contact_n: u8, n: u8) -> Note {
    let (id, at) = (NoteId::from_bytes([n; 16]), NOW.plus(Span::seconds(i64::from(n))));
    Note::new(id, contact(contact_n).id, &format!("Note {n}"), person(RAFAEL), at).unwrap()
}

pub(crate) async fn noted(store: &impl Store, note: &Note) {
    assert_eq!(store.add_note(TENANT, note.clone(), vec![]).await, Ok(Noted::Noted));
}

async fn two_contacts(store: &impl Store) {
    settle(store).await;
    store.import_contacts(TENANT, "p", vec![contact(1), contact(2)]).await.unwrap();
}

async fn read(store: &impl Store, n: u8, limit: u32) -> Vec<Note> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = store.notes(TENANT, contact(n).id, PageRequest { after, limit }).await.unwrap();
        assert!(page.items.len() <= limit as usize);
        items.extend(page.items);
        match page.next {
            Some(next) => after = Some(next),
            None => return items,
        }
    }
}

pub(crate) async fn notes_come_newest_first_and_change(store: &impl Store) {
    two_contacts(store).await;
    let at_once = Note { at: note(1, 2).at, ..note(1, 4) };
    for note in [&note(1, 3), &note(1, 1), &note(1, 2), &at_once] {
        let log = vec![entry("note")];
        assert_eq!(store.add_note(TENANT, note.clone(), log.clone()).await, Ok(Noted::Noted));
        assert_eq!(store.add_note(TENANT, note.clone(), log).await, Ok(Noted::Known));
    }
    noted(store, &note(2, 9)).await;
    assert_eq!(audited(store, TENANT).await, 4);
    let expected = vec![note(1, 3), at_once, note(1, 2), note(1, 1)];
    for limit in [1, 2, 9] {
        assert_eq!(read(store, 1, limit).await, expected, "{limit}");
    }
    let of_conversations = store.contacts(TENANT, page(1)).await.unwrap().next;
    let foreign = PageRequest { after: of_conversations, limit: 9 };
    assert_eq!(store.notes(TENANT, contact(1).id, foreign).await, Err(ListError::BadCursor));

    let (one, later) = (contact(1).id, NOW.plus(Span::seconds(60)));
    let key = (one, note(1, 2).id);
    for _ in 0..2 {
        let rewritten = store.rewrite_note(TENANT, key, "Again", later, vec![entry("again")]).await.unwrap().unwrap();
        assert_eq!((rewritten.text.as_str(), rewritten.at, rewritten.edited_at), ("Again", note(1, 2).at, Some(later)));
        assert_eq!(store.note(TENANT, one, note(1, 2).id).await, Ok(Some(rewritten)));
    }
    assert_eq!(audited(store, TENANT).await, 5);
    for (tenant, of) in [(OTHER, one), (TENANT, contact(2).id)] {
        let key = (of, note(1, 2).id);
        assert_eq!(store.note(tenant, of, note(1, 2).id).await, Ok(None));
        assert_eq!(store.rewrite_note(tenant, key, "x", later, vec![entry("x")]).await, Ok(None));
        assert_eq!(store.delete_note(tenant, of, note(1, 2).id, vec![entry("x")]).await, Ok(false));
    }
    for is_there in [true, false] {
        assert_eq!(store.delete_note(TENANT, one, note(1, 2).id, vec![entry("gone")]).await, Ok(is_there));
    }
    assert_eq!(audited(store, TENANT).await, 6);
    assert_eq!(read(store, 1, 1).await.len(), 3);
    assert_eq!(store.notes(OTHER, one, page(9)).await.unwrap().items, vec![]);
    let nobodys = note(9, 7);
    assert_eq!(store.add_note(TENANT, nobodys, vec![entry("x")]).await, Ok(Noted::NoContact));
    assert_eq!(store.add_note(OTHER, note(1, 8), vec![entry("x")]).await, Ok(Noted::NoContact));
}

pub(crate) async fn a_contact_has_so_many_notes(store: &impl Store) {
    two_contacts(store).await;
    for n in 0..NOTES_MAX {
        let id = NoteId::derive(&[&n.to_le_bytes()]);
        noted(store, &Note { id, ..note(1, 1) }).await;
    }
    assert_eq!(store.add_note(TENANT, note(1, 2), vec![entry("x")]).await, Ok(Noted::Full));
    assert_eq!(
        store.delete_note(TENANT, contact(1).id, NoteId::derive(&[&7_usize.to_le_bytes()]), vec![]).await,
        Ok(true)
    );
    noted(store, &note(1, 2)).await;
    noted(store, &note(2, 3)).await;
    assert_eq!(read(store, 1, 100).await.len(), NOTES_MAX);
}

pub(crate) async fn notes_go_with_their_contact(store: &impl Store) {
    two_contacts(store).await;
    let known = Identities { wa_id: Some("12025550107".parse().unwrap()), ..Identities::default() };
    let made = store.resolve(TENANT, "p", &known, None).await.unwrap().contact;
    let about = Note { contact_id: made.id, ..note(1, 1) };
    noted(store, &about).await;
    noted(store, &note(1, 2)).await;
    assert_eq!(store.forget_contact(TENANT, made.id, vec![]).await, Ok(Forgotten::Forgotten));
    assert_eq!(store.note(TENANT, made.id, about.id).await, Ok(None));
    let again = store.resolve(TENANT, "p", &known, None).await.unwrap().contact;
    assert_eq!(again.id, made.id);
    assert_eq!(store.notes(TENANT, made.id, page(9)).await.unwrap().items, vec![]);
    assert_eq!(read(store, 1, 9).await, vec![note(1, 2)]);
}
