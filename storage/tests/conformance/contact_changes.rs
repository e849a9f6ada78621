//! Edits, words on marketing, rows of files, and the counts that follow all of them.

use engine::consent::{Consent, ConsentEntry, Opted};
use engine::contact::{Contact, ContactEdit, FieldKind, ImportRow, Imported, Undone};
use engine::id::{ContactId, ImportId};
use engine::identity::Identities;
use engine::ports::{Forgotten, Store};
use engine::segment::{Node, Question};
use engine::time::Span;

use crate::fixture::*;

const FILE: ImportId = ImportId::from_bytes([6; 16]);

fn phone(n: u32) -> Identities {
    Identities { wa_id: Some(format!("1202555{n:04}").parse().unwrap()), ..Identities::default() }
}

async fn known(store: &impl Store, n: u32) -> Contact {
    store.resolve(TENANT, "p", &phone(n), None).await.unwrap().contact
}

fn edit(name: &str, tag: &str) -> ContactEdit {
    ContactEdit {
        name: Some(Some(name.into())),
        add_tags: vec![tag.parse().unwrap()],
        fields: vec![("orders".parse().unwrap(), FieldKind::Number.read("2").ok())],
        ..ContactEdit::default()
    }
}

pub(crate) fn said(contact: ContactId, opted: Opted, seconds: i64) -> ConsentEntry {
    let at = NOW.plus(Span::seconds(seconds));
    ConsentEntry::recorded(contact, opted, "on the phone", person(RAFAEL), at).unwrap()
}

async fn counted(store: &impl Store, tree: &str) -> (u64, u64) {
    let tree: Node = serde_json::from_str(tree).unwrap();
    let census = store.census(TENANT, Question::of(&tree, NOW)).await.unwrap();
    (census.contacts, census.reach.people)
}

pub(crate) async fn an_edit_changes_what_it_names_and_says_so_once(store: &impl Store) {
    settle(store).await;
    let before = known(store, 1).await;
    let (edit, log) = (edit("Ana", "VIP"), vec![entry("edit")]);
    for changed in [true, false] {
        let edited = store.edit_contact(TENANT, before.id, edit.clone(), log.clone()).await.unwrap().unwrap();
        let mut expected = before.clone();
        expected.edit(&edit);
        assert_eq!((edited.changed, &edited.contact), (changed, &expected));
        assert_eq!(store.contact(TENANT, before.id).await, Ok(Some(expected)));
    }
    assert_eq!(audited(store, TENANT).await, 1);
    let named = Identities { name: Some("bia".into()), ..phone(1) };
    let learned = store.resolve(TENANT, "p", &named, None).await.unwrap();
    assert_eq!((learned.contact.name.as_deref(), learned.created), (Some("Ana"), false));
    assert!(store.edit_contact(TENANT, contact(9).id, edit.clone(), log.clone()).await.unwrap().is_none());
    assert!(store.edit_contact(OTHER, before.id, edit, log).await.unwrap().is_none());
}

pub(crate) async fn a_word_on_marketing_is_on_the_ledger_once_and_heeded_by_its_time(store: &impl Store) {
    settle(store).await;
    let id = known(store, 1).await.id;
    let (first, second, third) = (said(id, Opted::Out, 1), said(id, Opted::In, 2), said(id, Opted::Out, 3));
    for (word, is_out) in [(&first, true), (&third, true), (&second, true), (&first, true)] {
        let heeded = store.record_consent(TENANT, word.clone(), vec![entry("word")]).await.unwrap().unwrap();
        assert_eq!(heeded.marketing.is_opted_out(), is_out);
        assert_eq!(store.contact(TENANT, id).await, Ok(Some(heeded)));
    }
    assert_eq!(store.consents(TENANT, id).await, Ok(vec![third, second, first.clone()]));
    assert_eq!(audited(store, TENANT).await, 3);
    let nobody = said(contact(9).id, Opted::Out, 1);
    assert_eq!(store.record_consent(TENANT, nobody.clone(), vec![]).await, Ok(None));
    assert_eq!(store.record_consent(OTHER, first, vec![]).await, Ok(None));
    assert_eq!(store.consents(TENANT, nobody.contact_id).await, Ok(vec![]));
    assert_eq!(store.consents(OTHER, id).await, Ok(vec![]));
}

pub(crate) async fn contacts_are_scanned_oldest_first(store: &impl Store) {
    let mut expected = Vec::new();
    for n in 0..5 {
        expected.push(known(store, n).await);
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = store.scan_contacts(TENANT, after, 2).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.len() <= 2);
        after = Some(last.0);
        found.extend(page.into_iter().map(|(_, contact)| contact));
    }
    assert_eq!(found, expected);
    assert_eq!(store.scan_contacts(OTHER, None, 9).await, Ok(vec![]));
    // Who goes on from a place meets nobody twice, whoever was there.
    let (place, second) = store.scan_contacts(TENANT, None, 2).await.unwrap().remove(1);
    assert_eq!(store.forget_contact(TENANT, second.id, vec![]).await, Ok(Forgotten::Forgotten));
    let rest = store.scan_contacts(TENANT, Some(place), 9).await.unwrap();
    assert_eq!(rest.into_iter().map(|(_, contact)| contact).collect::<Vec<_>>(), expected[2..]);
}

pub(crate) async fn a_count_follows_every_change(store: &impl Store) {
    let vips = r#"{"is":{"on":"tag","any_of":["VIP"]}}"#;
    let out = r#"{"is":{"on":"marketing","any_of":["opted_out"]}}"#;
    let many = r#"{"is":{"on":"field","key":"orders","test":{"at_least":{"kind":"number","value":2}}}}"#;
    assert_eq!(counted(store, vips).await, (0, 0));
    let (ana, ben) = (known(store, 1).await, known(store, 2).await);
    assert_eq!(counted(store, vips).await, (2, 0));
    store.edit_contact(TENANT, ana.id, edit("Ana", "VIP"), vec![]).await.unwrap();
    assert_eq!((counted(store, vips).await, counted(store, many).await), ((2, 1), (2, 1)));
    store.record_consent(TENANT, said(ben.id, Opted::Out, 1), vec![]).await.unwrap();
    assert_eq!(counted(store, out).await, (2, 1));
    let seen = Identities { seen_at: Some(NOW), wrote: true, ..phone(2) };
    store.resolve(TENANT, "p", &seen, None).await.unwrap();
    assert_eq!(counted(store, r#"{"is":{"on":"last_message","when":{"within_days":1}}}"#).await, (2, 1));
    assert_eq!(store.forget_contact(TENANT, ben.id, vec![]).await, Ok(Forgotten::Forgotten));
    assert_eq!(counted(store, out).await, (1, 0));
    let cem = known(store, 3).await;
    assert_eq!(counted(store, vips).await, (2, 1));
    store.edit_contact(TENANT, cem.id, edit("Cem", "VIP"), vec![]).await.unwrap();
    assert_eq!(counted(store, vips).await, (2, 2));
    let others = store.census(OTHER, Question::of(&Node::EVERYBODY, NOW)).await.unwrap();
    assert_eq!(others.contacts, 0);
}

pub(crate) async fn tags_are_counted_with_every_change(store: &impl Store) {
    let told = async |tenant| {
        let tags = store.tags(tenant).await.unwrap();
        tags.into_iter().map(|counted| (counted.tag.to_string(), counted.contacts)).collect::<Vec<_>>()
    };
    assert!(told(TENANT).await.is_empty());
    let (ana, ben) = (known(store, 1).await, known(store, 2).await);
    for (contact, tag) in [(&ana, "VIP"), (&ana, "Exam"), (&ben, "VIP")] {
        store.edit_contact(TENANT, contact.id, edit("x", tag), vec![]).await.unwrap();
    }
    assert_eq!(told(TENANT).await, [("VIP".into(), 2), ("Exam".into(), 1)]);
    let without = ContactEdit { remove_tags: vec!["VIP".parse().unwrap()], ..ContactEdit::default() };
    store.edit_contact(TENANT, ben.id, without, vec![]).await.unwrap();
    assert_eq!(told(TENANT).await, [("Exam".into(), 1), ("VIP".into(), 1)]);
    assert_eq!(store.forget_contact(TENANT, ana.id, vec![]).await, Ok(Forgotten::Forgotten));
    assert!(told(TENANT).await.is_empty() && told(OTHER).await.is_empty());
}

fn row(n: u32, name: &str) -> ImportRow {
    let identities = Identities { seen_at: Some(NOW), ..phone(n) };
    ImportRow { identities, edit: edit(name, "File"), opted: Some((Opted::In, "yes".into())) }
}

pub(crate) async fn rows_of_a_file_are_taken_in_once_and_taken_back(store: &impl Store) {
    let files = r#"{"is":{"on":"import","any_of":["06060606060606060606060606060606"]}}"#;
    let before = known(store, 1).await;
    let rows = vec![row(1, "Ana"), row(2, "Ben"), row(3, "Cem")];
    let first = store.bring_contacts(TENANT, FILE, rows.clone(), NOW).await;
    assert_eq!(first, Ok(vec![Imported::Changed, Imported::Created, Imported::Created]));
    let again =
        [(false, true), (true, false), (true, false)].map(|(created, changed)| Imported::Again { created, changed });
    assert_eq!(store.bring_contacts(TENANT, FILE, rows, NOW).await, Ok(again.into()));
    assert_eq!(counted(store, files).await, (3, 3));
    let all = store.scan_contacts(TENANT, None, 9).await.unwrap();
    let all: Vec<_> = all.into_iter().map(|(_, contact)| contact).collect();
    let names: Vec<_> = all.iter().map(|contact| contact.name.as_deref()).collect();
    assert_eq!(names, [Some("Ana"), Some("Ben"), Some("Cem")]);
    let [ana, ben, cem] = [all[0].id, all[1].id, all[2].id];
    assert!(matches!(all[1].marketing, Consent::OptedIn { .. }));
    assert_eq!(store.consents(TENANT, ben).await.unwrap().len(), 1);

    let state = engine::conversation::Conversation { contact: all[2].clone(), ..conversation(1) };
    committed(store, TENANT, commit(&state, vec![])).await;
    assert_eq!(store.undo_contact(OTHER, ben, FILE).await, Ok(Undone::Untouched));
    assert_eq!(store.undo_contact(TENANT, ana, FILE).await, Ok(Undone::Restored));
    assert_eq!(store.undo_contact(TENANT, ben, FILE).await, Ok(Undone::Removed));
    assert_eq!(store.undo_contact(TENANT, cem, FILE).await, Ok(Undone::Left));
    for untouched in [ana, ben] {
        assert_eq!(store.undo_contact(TENANT, untouched, FILE).await, Ok(Undone::Untouched));
    }
    let country = store.contact(TENANT, ana).await.unwrap().unwrap();
    assert_eq!((country.name, country.tags, country.imports), (before.name, before.tags, before.imports));
    assert_eq!(store.contact(TENANT, ben).await, Ok(None));
    assert_eq!(counted(store, files).await, (2, 1));
}

pub(crate) async fn a_forgotten_contact_leaves_nothing_and_may_come_again(store: &impl Store) {
    settle(store).await;
    let ana = known(store, 1).await;
    store.edit_contact(TENANT, ana.id, edit("Ana", "VIP"), vec![]).await.unwrap();
    store.record_consent(TENANT, said(ana.id, Opted::Out, 1), vec![]).await.unwrap();
    assert_eq!(store.forget_contact(OTHER, ana.id, vec![entry("x")]).await, Ok(Forgotten::Unknown));
    assert_eq!(store.forget_contact(TENANT, ana.id, vec![entry("gone")]).await, Ok(Forgotten::Forgotten));
    assert_eq!(store.forget_contact(TENANT, ana.id, vec![entry("gone")]).await, Ok(Forgotten::Unknown));
    assert_eq!(audited(store, TENANT).await, 1);
    assert_eq!(store.contact(TENANT, ana.id).await, Ok(None));
    assert!(store.contacts(TENANT, page(9)).await.unwrap().items.is_empty());
    let again = store.resolve(TENANT, "p", &phone(1), None).await.unwrap();
    assert!(again.created && again.contact.name.is_none() && again.contact.tags.is_empty());
    assert_eq!(store.consents(TENANT, again.contact.id).await, Ok(vec![]));
    assert_eq!(store.contacts(TENANT, page(9)).await.unwrap().items, vec![again.contact.clone()]);

    let state = engine::conversation::Conversation { contact: again.contact.clone(), ..conversation(1) };
    committed(store, TENANT, commit(&state, vec![])).await;
    assert_eq!(store.forget_contact(TENANT, again.contact.id, vec![]).await, Ok(Forgotten::InUse));
    assert!(store.contact(TENANT, again.contact.id).await.unwrap().is_some());
}
