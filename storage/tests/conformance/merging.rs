//! Two contacts that are one person.

use engine::consent::{Consent, Opted};
use engine::contact::{Contact, ContactEdit, Left, UNDO_WITHIN};
use engine::id::ContactId;
use engine::identity::Identities;
use engine::ports::{Forgotten, Merged, Merger, Noted, Parted, Store};
use engine::segment::{Node, Question};
use engine::time::{Span, Timestamp};

use crate::contact_changes::said;
use crate::fixture::*;
use crate::notes::note;

fn phone() -> Identities {
    Identities { wa_id: Some("12025550166".parse().unwrap()), ..Identities::default() }
}

fn bsuid() -> Identities {
    Identities { bsuid: Some("US.66".parse().unwrap()), name: Some("Ana".into()), ..Identities::default() }
}

async fn found(store: &impl Store, identities: &Identities) -> Contact {
    store.resolve(TENANT, "p", identities, None).await.unwrap().contact
}

fn tagged(tag: &str) -> ContactEdit {
    ContactEdit { add_tags: vec![tag.parse().unwrap()], ..ContactEdit::default() }
}

/// Known by a number, and the same person by WhatsApp's own id.
async fn pair(store: &impl Store) -> (Contact, Contact) {
    let (phone, bsuid) = (found(store, &phone()).await.id, found(store, &bsuid()).await.id);
    let phone = store.edit_contact(TENANT, phone, tagged("VIP"), vec![]).await.unwrap().unwrap().contact;
    let bsuid = store.edit_contact(TENANT, bsuid, tagged("Exam"), vec![]).await.unwrap().unwrap().contact;
    (phone, bsuid)
}

fn merger(kept: &Contact, other: &Contact) -> Merger {
    Merger { kept: kept.id, other: other.id, by: person(RAFAEL), at: NOW }
}

async fn merge(store: &impl Store, kept: &Contact, other: &Contact) -> Contact {
    match store.merge_contacts(TENANT, merger(kept, other), vec![entry("merge")]).await {
        Ok(Merged::Merged(kept)) => *kept,
        unexpected => panic!("{unexpected:?}"),
    }
}

async fn part(store: &impl Store, kept: ContactId, other: ContactId, now: Timestamp) -> (Contact, Contact, Vec<Left>) {
    match store.part_contacts(TENANT, (kept, other), now, vec![entry("part")]).await {
        Ok(Parted::Parted { kept, other, left }) => (*kept, *other, left),
        unexpected => panic!("{unexpected:?}"),
    }
}

/// With the same ids in every store.
pub(crate) async fn merged_pair(store: &impl Store) {
    let kept = Contact { phone: phone().wa_id, ..contact(5) };
    let other = Contact { bsuid: bsuid().bsuid, ..contact(6) };
    store.import_contacts(TENANT, "p", vec![kept.clone(), other.clone()]).await.unwrap();
    merge(store, &kept, &other).await;
}

pub(crate) async fn two_contacts_become_one_and_two_again(store: &impl Store) {
    settle(store).await;
    let (kept, other) = pair(store).await;
    let mut expected = kept.clone();
    expected.absorb(&other, person(RAFAEL), NOW);
    let merged = merge(store, &kept, &other).await;
    assert_eq!(merged, expected);
    for id in [kept.id, other.id] {
        assert_eq!(store.contact(TENANT, id).await, Ok(Some(expected.clone())));
    }
    let again = store.merge_contacts(TENANT, merger(&kept, &other), vec![entry("merge")]).await;
    assert_eq!(again, Ok(Merged::Known(Box::new(expected))));
    assert_eq!(audited(store, TENANT).await, 1);
    for identities in [phone(), bsuid()] {
        assert_eq!(found(store, &identities).await.id, kept.id);
    }
    // A key that comes with one of the other's goes with the other.
    let new = Identities { wa_id: Some("12025550177".parse().unwrap()), ..bsuid() };
    assert_eq!(found(store, &new).await.id, kept.id);
    store.edit_contact(TENANT, other.id, tagged("Since"), vec![]).await.unwrap();

    let (apart, freed, left) = part(store, kept.id, other.id, NOW.plus(UNDO_WITHIN)).await;
    let remembered = Contact { parted: vec![kept.id], ..other.clone() };
    assert_eq!((&freed, left.as_slice()), (&remembered, [Left::Phone].as_slice()));
    assert!(apart.merged.is_empty() && apart.bsuid.is_none());
    let tags: Vec<_> = apart.tags.iter().map(ToString::to_string).collect();
    assert_eq!(tags, ["Since", "VIP"], "what was changed since stays");
    assert_eq!(audited(store, TENANT).await, 2);
    for contact in [&apart, &freed] {
        assert_eq!(store.contact(TENANT, contact.id).await, Ok(Some(contact.clone())));
    }
    assert_eq!(found(store, &phone()).await.id, kept.id);
    assert_eq!(found(store, &bsuid()).await.id, other.id);
    let only = Identities { bsuid: None, ..new };
    assert_eq!(found(store, &only).await.id, other.id);
    let twice = store.part_contacts(TENANT, (kept.id, other.id), NOW, vec![]).await;
    assert_eq!(twice, Ok(Parted::Unknown));
}

pub(crate) async fn what_is_asked_of_either_is_asked_of_the_one_that_is_kept(store: &impl Store) {
    settle(store).await;
    let (kept, other) = pair(store).await;
    let (early, late) = (said(kept.id, Opted::In, 1), said(other.id, Opted::Out, 2));
    for word in [&early, &late] {
        store.record_consent(TENANT, word.clone(), vec![]).await.unwrap();
    }
    for (contact, n) in [(&kept, 1), (&other, 2), (&kept, 3)] {
        let note = engine::note::Note { contact_id: contact.id, ..note(1, n) };
        assert_eq!(store.add_note(TENANT, note, vec![]).await, Ok(Noted::Noted));
    }
    assert!(merge(store, &kept, &other).await.marketing.is_opted_out());
    for id in [kept.id, other.id] {
        assert_eq!(store.consents(TENANT, id).await, Ok(vec![late.clone(), early.clone()]));
        let first = store.notes(TENANT, id, page(2)).await.unwrap();
        let rest = store.notes(TENANT, id, engine::ports::PageRequest { after: first.next, limit: 2 }).await.unwrap();
        let texts: Vec<_> = first.items.iter().chain(&rest.items).map(|note| note.text.as_str()).collect();
        assert_eq!(texts, ["Note 3", "Note 2", "Note 1"]);
        let others = store.note(TENANT, id, note(1, 2).id).await.unwrap().unwrap();
        assert_eq!(others.contact_id, other.id);
    }
    let in_again = said(other.id, Opted::In, 3);
    let heeded = store.record_consent(TENANT, in_again, vec![]).await.unwrap().unwrap();
    assert_eq!((heeded.id, heeded.marketing.is_opted_out()), (kept.id, false));
    let out = said(other.id, Opted::Out, 4);
    store.record_consent(TENANT, out, vec![]).await.unwrap();
    let about = engine::note::Note { contact_id: other.id, ..note(1, 4) };
    assert_eq!(store.add_note(TENANT, about, vec![]).await, Ok(Noted::Noted));
    assert!(store.delete_note(TENANT, kept.id, note(1, 2).id, vec![]).await.unwrap());

    let (apart, freed, left) = part(store, kept.id, other.id, NOW).await;
    assert_eq!(left, [Left::Marketing]);
    assert!(apart.marketing.is_opted_out() && freed.marketing.is_opted_out(), "whose word it was is not known");
    assert_eq!(store.contact(TENANT, freed.id).await, Ok(Some(freed.clone())));
    let texts = async |id| {
        let notes = store.notes(TENANT, id, page(9)).await.unwrap().items;
        notes.into_iter().map(|note| note.text).collect::<Vec<_>>()
    };
    assert_eq!(texts(kept.id).await, ["Note 4", "Note 3", "Note 1"]);
    assert!(texts(other.id).await.is_empty());
    assert_eq!(store.consents(TENANT, other.id).await, Ok(vec![late]));
    assert_eq!(store.consents(TENANT, kept.id).await.unwrap().len(), 3);
}

pub(crate) async fn who_became_part_of_another_is_on_no_list_and_not_counted(store: &impl Store) {
    settle(store).await;
    let (kept, other) = pair(store).await;
    let third = found(store, &Identities { wa_id: Some("12025550188".parse().unwrap()), ..phone() }).await;
    let counted = async |tree: &str| {
        let tree: Node = serde_json::from_str(tree).unwrap();
        let census = store.census(TENANT, Question::of(&tree, NOW)).await.unwrap();
        (census.contacts, census.reach.people)
    };
    let exam = r#"{"is":{"on":"tag","any_of":["Exam"]}}"#;
    let listed = async || {
        let pages = [store.contacts(TENANT, page(1)).await.unwrap(), store.contacts(TENANT, page(9)).await.unwrap()];
        let scanned = store.scan_contacts(TENANT, None, 9).await.unwrap();
        let scanned: Vec<_> = scanned.into_iter().map(|(_, contact)| contact.id).rev().collect();
        let mut listed: Vec<_> = pages[1].items.iter().map(|contact| contact.id).collect();
        assert_eq!(listed, scanned);
        assert_eq!(pages[0].items.first().map(|contact| contact.id), listed.first().copied());
        listed.reverse();
        listed
    };
    assert_eq!((counted(exam).await, listed().await), ((3, 1), vec![kept.id, other.id, third.id]));
    merge(store, &kept, &other).await;
    assert_eq!((counted(exam).await, listed().await), ((2, 1), vec![kept.id, third.id]));
    part(store, kept.id, other.id, NOW).await;
    assert_eq!((counted(exam).await, listed().await), ((3, 1), vec![kept.id, other.id, third.id]));
    assert_eq!(store.contact(TENANT, kept.id).await.unwrap().unwrap().marketing, Consent::NotAsked);
}

pub(crate) async fn a_merge_is_refused_and_ends(store: &impl Store) {
    settle(store).await;
    let (kept, other) = pair(store).await;
    let third = found(store, &Identities { wa_id: Some("12025550188".parse().unwrap()), ..phone() }).await;
    let try_merge = async |tenant, kept: &Contact, other: &Contact| {
        store.merge_contacts(tenant, merger(kept, other), vec![entry("x")]).await.unwrap()
    };
    assert!(matches!(try_merge(TENANT, &kept, &kept).await, Merged::Refused(_)));
    assert_eq!(try_merge(TENANT, &kept, &contact(9)).await, Merged::Unknown);
    assert_eq!(try_merge(OTHER, &kept, &other).await, Merged::Unknown);
    assert_eq!(audited(store, TENANT).await, 0);
    merge(store, &kept, &other).await;
    assert_eq!(try_merge(TENANT, &third, &other).await, Merged::Unknown, "it is part of another already");
    assert_eq!(try_merge(TENANT, &other, &third).await, Merged::Unknown);
    assert!(matches!(try_merge(TENANT, &third, &kept).await, Merged::Merged(_)));
    let all = store.contact(TENANT, other.id).await.unwrap().unwrap();
    assert_eq!(all.everybody().collect::<Vec<_>>(), [third.id, kept.id, other.id]);
    assert_eq!(found(store, &bsuid()).await.id, third.id);

    let late = NOW.plus(UNDO_WITHIN).plus(Span::seconds(1));
    assert_eq!(store.part_contacts(TENANT, (third.id, kept.id), late, vec![entry("x")]).await, Ok(Parted::TooLate));
    assert_eq!(store.part_contacts(OTHER, (third.id, kept.id), NOW, vec![entry("x")]).await, Ok(Parted::Unknown));
    assert_eq!(store.part_contacts(TENANT, (third.id, other.id), NOW, vec![entry("x")]).await, Ok(Parted::Unknown));
    assert_eq!(audited(store, TENANT).await, 2);
    part(store, third.id, kept.id, NOW).await;
    assert_eq!(found(store, &bsuid()).await.id, kept.id, "that merge still holds");
}

pub(crate) async fn who_is_forgotten_is_forgotten_with_everybody_who_is_the_same_person(store: &impl Store) {
    settle(store).await;
    let (kept, other) = pair(store).await;
    merge(store, &kept, &other).await;
    let state = engine::conversation::Conversation { contact: other.clone(), ..conversation(1) };
    committed(store, TENANT, commit(&state, vec![])).await;
    assert_eq!(store.forget_contact(TENANT, kept.id, vec![]).await, Ok(Forgotten::InUse));
    part(store, kept.id, other.id, NOW).await;
    let third = found(store, &Identities { wa_id: Some("12025550188".parse().unwrap()), ..phone() }).await;
    merge(store, &third, &kept).await;
    assert_eq!(store.forget_contact(TENANT, kept.id, vec![]).await, Ok(Forgotten::Forgotten));
    for id in [third.id, kept.id] {
        assert_eq!(store.contact(TENANT, id).await, Ok(None));
    }
    let again = store.resolve(TENANT, "p", &phone(), None).await.unwrap();
    assert!(again.created && again.contact.tags.is_empty());
}
