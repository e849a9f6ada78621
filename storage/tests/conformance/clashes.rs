//! What is told of one person leads to two contacts: they become one, or the number moves.

use engine::contact::{Clash, Contact, Settlement};
use engine::directory::Person;
use engine::id::ContactId;
use engine::identity::Identities;
use engine::ports::{Merged, Merger, Mover, Parted, Resolved, Store};

use crate::fixture::*;

const NUMBER: &str = "5511987654321";
/// The same without its ninth digit.
const SPELLED: &str = "551187654321";

fn who(bsuid: Option<&str>, wa_id: Option<&str>) -> Identities {
    let (bsuid, wa_id) = (bsuid.map(|text| text.parse().unwrap()), wa_id.map(|text| text.parse().unwrap()));
    Identities { bsuid, wa_id, seen_at: Some(NOW), ..Identities::default() }
}

async fn resolved(store: &impl Store, told: &Identities) -> Resolved {
    store.resolve(TENANT, "p", told, None).await.unwrap()
}

async fn found(store: &impl Store, told: &Identities) -> Contact {
    resolved(store, told).await.contact
}

fn mover(from: ContactId, told: &Identities) -> Mover {
    Mover { from, portfolio: "p".into(), told: told.clone() }
}

/// Told once more, twice: it leads to one contact that has the number, and a repeat changes nothing.
async fn is_settled(store: &impl Store, told: &Identities, id: ContactId) {
    let after = resolved(store, told).await;
    assert_eq!((after.contact.id, &after.contact.phone, after.clashes.as_slice()), (id, &told.wa_id, [].as_slice()));
    let again = resolved(store, told).await;
    assert_eq!(again, Resolved { changed: false, ..after });
    for only in [who(None, Some(NUMBER)), who(None, Some(SPELLED)), Identities { wa_id: None, ..told.clone() }] {
        assert_eq!(found(store, &only).await.id, id);
    }
}

pub(crate) async fn keys_that_lead_to_two_are_a_clash_until_they_are_merged(store: &impl Store) {
    settle(store).await;
    let number = found(store, &who(None, Some(NUMBER))).await;
    let (told, spelled) = (who(Some("BR.1"), Some(NUMBER)), who(Some("BR.1"), Some(SPELLED)));
    let writer = found(store, &who(Some("BR.1"), None)).await;
    for (told, changed) in [(&told, false), (&spelled, false), (&told, false)] {
        let both = resolved(store, told).await;
        assert_eq!((&both.contact, both.changed), (&writer, changed), "the number is not theirs yet");
        assert_eq!(both.clashes, [Clash { contact: number.clone(), has_bsuid: false }]);
    }
    let both = resolved(store, &told).await;
    let Settlement::Merge { kept, other } = engine::contact::settle(&both.contact, &told, &both.clashes[0]) else {
        panic!("{both:?}")
    };
    let merger = Merger { kept, other, by: Person::SYSTEM, at: NOW };
    let first = store.merge_contacts(TENANT, merger.clone(), vec![entry("merge")]).await.unwrap();
    assert!(matches!(first, Merged::Merged(_)), "{first:?}");
    is_settled(store, &told, kept).await;
    let again = store.merge_contacts(TENANT, merger, vec![entry("merge")]).await.unwrap();
    assert!(matches!(again, Merged::Known(_)), "{again:?}");
    // Another that is merged with neither is none of theirs.
    assert_eq!(resolved(store, &who(Some("BR.1"), Some("12025550101"))).await.clashes, []);
    assert_eq!(audited(store, TENANT).await, 1);
}

pub(crate) async fn a_number_that_moved_leads_to_whom_whatsapp_showed_and_nowhere_else(store: &impl Store) {
    settle(store).await;
    let before = found(store, &who(Some("BR.2"), Some(NUMBER))).await;
    let told = who(Some("BR.1"), Some(SPELLED));
    let writer = found(store, &who(Some("BR.1"), None)).await;
    let both = resolved(store, &told).await;
    assert_eq!(both.clashes, [Clash { contact: before.clone(), has_bsuid: true }]);
    store.resolve(TENANT, "q", &who(Some("BR.8"), None), None).await.unwrap();
    let elsewhere = store.resolve(TENANT, "q", &who(Some("BR.8"), Some(NUMBER)), None).await.unwrap();
    assert_eq!(elsewhere.clashes, [Clash { contact: before.clone(), has_bsuid: false }], "of another portfolio");
    assert_eq!(engine::contact::settle(&both.contact, &told, &both.clashes[0]), Settlement::Move { from: before.id });

    let left = store.move_number(TENANT, mover(before.id, &told), vec![entry("move")]).await.unwrap().unwrap();
    assert_eq!((left.id, &left.phone, left.bsuid.is_some()), (before.id, &None, true));
    assert_eq!(store.contact(TENANT, before.id).await, Ok(Some(left.clone())));
    is_settled(store, &told, writer.id).await;
    assert_eq!(found(store, &who(Some("BR.2"), None)).await, left, "it keeps its id");
    assert_eq!(store.move_number(TENANT, mover(before.id, &told), vec![entry("move")]).await, Ok(None));
    assert_eq!(store.move_number(OTHER, mover(before.id, &told), vec![entry("move")]).await, Ok(None));
    assert_eq!(store.move_number(TENANT, mover(contact(9).id, &told), vec![entry("move")]).await, Ok(None));
    assert_eq!(audited(store, TENANT).await, 1);
}

pub(crate) async fn a_number_is_lost_by_whoever_became_part_of_them_too(store: &impl Store) {
    settle(store).await;
    let kept = found(store, &who(Some("BR.2"), Some("12025550101"))).await;
    let other = found(store, &who(None, Some(NUMBER))).await;
    let merger = Merger { kept: kept.id, other: other.id, by: person(RAFAEL), at: NOW };
    store.merge_contacts(TENANT, merger, vec![]).await.unwrap();
    let told = who(Some("BR.1"), Some(NUMBER));
    let writer = found(store, &who(Some("BR.1"), None)).await;
    let both = resolved(store, &told).await;
    assert_eq!(
        both.clashes.iter().map(|clash| (clash.contact.id, clash.has_bsuid)).collect::<Vec<_>>(),
        [(kept.id, true)]
    );
    let left = store.move_number(TENANT, mover(kept.id, &told), vec![]).await.unwrap().unwrap();
    assert_eq!((&left.phone, &left.merged[0].phone), (&kept.phone, &None));
    is_settled(store, &told, writer.id).await;
    let parted = store.part_contacts(TENANT, (kept.id, other.id), NOW, vec![]).await.unwrap();
    let Parted::Parted { other, .. } = parted else { panic!("{parted:?}") };
    assert_eq!((other.phone, other.bsuid), (None, None), "it stays, as history");
    is_settled(store, &told, writer.id).await;
}

pub(crate) async fn whom_a_person_has_parted_are_two_for_good(store: &impl Store) {
    settle(store).await;
    let number = found(store, &who(None, Some(NUMBER))).await;
    let writer = found(store, &who(Some("BR.1"), None)).await;
    let merger = Merger { kept: number.id, other: writer.id, by: Person::SYSTEM, at: NOW };
    store.merge_contacts(TENANT, merger, vec![]).await.unwrap();
    let told = who(Some("BR.1"), Some(NUMBER));
    is_settled(store, &told, number.id).await;
    store.part_contacts(TENANT, (number.id, writer.id), NOW, vec![]).await.unwrap();
    let both = resolved(store, &told).await;
    assert_eq!((both.contact.id, both.contact.phone.is_some()), (writer.id, false));
    assert_eq!(engine::contact::settle(&both.contact, &told, &both.clashes[0]), Settlement::Move { from: number.id });
    store.move_number(TENANT, mover(number.id, &told), vec![]).await.unwrap().unwrap();
    is_settled(store, &told, writer.id).await;
    let left = store.contact(TENANT, number.id).await.unwrap().unwrap();
    assert_eq!((left.phone, left.bsuid), (None, None), "it stays, as history");
}
