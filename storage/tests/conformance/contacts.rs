use engine::contact::Contact;
use engine::identity::Identities;
use engine::ports::{Cursor, ListError, PageRequest, Store, StoreError};

use crate::fixture::*;

fn who(bsuid: Option<&str>, wa_id: Option<&str>, name: Option<&str>) -> Identities {
    Identities {
        bsuid: bsuid.map(|text| text.parse().unwrap()),
        wa_id: wa_id.map(|text| text.parse().unwrap()),
        name: name.map(Into::into),
        username: None,
        ..Identities::default()
    }
}

pub(crate) async fn a_contact_is_found_by_any_of_its_identities(store: &impl Store) {
    let first = store.resolve(TENANT, "p", &who(None, Some("5511987654321"), Some("Ana")), None).await.unwrap();
    assert!(first.changed);
    assert_eq!(first.contact.name.as_deref(), Some("Ana"));
    let eq = store.resolve(TENANT, "p", &who(Some("BR.1"), Some("551187654321"), None), None).await.unwrap();
    assert_eq!(eq.contact.id, first.contact.id, "the same mobile without its ninth digit");
    assert!(eq.changed, "it has learned a BSUID");
    let by_bsuid = store.resolve(TENANT, "p", &who(Some("BR.1"), None, None), None).await.unwrap();
    assert_eq!(by_bsuid.contact.id, first.contact.id);
    let elsewhere = store.resolve(TENANT, "q", &who(Some("BR.1"), None, None), None).await.unwrap();
    assert_ne!(elsewhere.contact.id, first.contact.id, "a BSUID counts within its portfolio");
    assert_eq!(store.contact(TENANT, first.contact.id).await, Ok(Some(by_bsuid.contact)));
    let nobody = store.resolve(TENANT, "p", &Identities::default(), None).await;
    assert!(matches!(nobody, Err(StoreError::Corrupt(_))), "{nobody:?}");
}

pub(crate) async fn a_changed_number_leads_to_the_same_contact(store: &impl Store) {
    let old = who(None, Some("12025550101"), Some("Ana"));
    let ana = store.resolve(TENANT, "p", &old, None).await.unwrap().contact;
    let new = who(None, Some("12025550199"), None);
    let moved = store.resolve(TENANT, "p", &new, Some(&old)).await.unwrap();
    assert_eq!((moved.contact.id, moved.contact.phone), (ana.id, new.wa_id.clone()));
    assert_eq!(store.resolve(TENANT, "p", &new, None).await.unwrap().contact.id, ana.id);
}

pub(crate) async fn nothing_new_changes_nothing(store: &impl Store) {
    let ana = who(Some("US.1"), Some("12025550101"), Some("Ana"));
    let first = store.resolve(TENANT, "p", &ana, None).await.unwrap();
    let again = store.resolve(TENANT, "p", &ana, None).await.unwrap();
    assert_eq!((again.contact, again.changed), (first.contact, false));
    let renamed = store.resolve(TENANT, "p", &who(Some("US.1"), None, Some("Anna")), None).await.unwrap();
    assert!(renamed.changed);
}

pub(crate) async fn contacts_come_newest_first(store: &impl Store) {
    store.import_contacts(TENANT, "p", (1..=6).map(contact).collect()).await.unwrap();
    store.import_contacts(OTHER, "p", vec![contact(7)]).await.unwrap();
    let mut page = page(2);
    let mut seen = Vec::new();
    loop {
        let found = store.contacts(TENANT, page.clone()).await.unwrap();
        seen.push(found.items.into_iter().map(|contact| contact.id.as_bytes()[0]).collect::<Vec<_>>());
        page.after = found.next;
        if page.after.is_none() {
            break;
        }
    }
    assert_eq!(seen, [[6, 5], [4, 3], [2, 1]]);
    let foreign = store.contacts(TENANT, crate::fixture::page(1)).await.unwrap().next;
    let foreign = PageRequest { after: foreign, limit: 1 };
    assert_eq!(store.contacts(OTHER, foreign).await, Err(ListError::BadCursor));
    let unreadable = PageRequest { after: Some(Cursor("k.zz".into())), limit: 1 };
    assert_eq!(store.contacts(TENANT, unreadable).await, Err(ListError::BadCursor));
}

pub(crate) async fn an_import_of_contacts_leaves_known_ones(store: &impl Store) {
    let ana = store.resolve(TENANT, "p", &who(None, Some("12025550101"), Some("Ana")), None).await.unwrap().contact;
    let phone = |text: &str| Some(text.parse().unwrap());
    let same_number = Contact { name: Some("Other".into()), phone: phone("12025550101"), ..contact(1) };
    let same_id = Contact { name: Some("Other".into()), phone: phone("12025550102"), ..ana.clone() };
    let country = Some("US".to_owned());
    let new = Contact { name: Some("New".into()), phone: phone("12025550103"), country, ..contact(2) };
    store.import_contacts(TENANT, "p", vec![same_number, same_id, new.clone()]).await.unwrap();
    assert_eq!(store.contacts(TENANT, page(9)).await.unwrap().items, [new.clone(), ana]);
    let found = store.resolve(TENANT, "p", &who(None, Some("12025550103"), None), None).await.unwrap();
    assert_eq!((found.contact, found.changed), (new, false));
}
