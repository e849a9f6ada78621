use proptest::prelude::*;

use super::*;
use crate::consent::{ConsentEntry, Opted};
use crate::contact::{Contact, ContactEdit, FieldDefinition, FieldKind};
use crate::conversation::fixture::{NOW, rafael};
use crate::id::ContactId;
use crate::identity::Identities;
use crate::rejection::Rejection;
use crate::time::Span;

fn node(json: &str) -> Node {
    serde_json::from_str(json).unwrap()
}

fn fields() -> Vec<FieldDefinition> {
    let of = |key: &str, kind| FieldDefinition { key: key.parse().unwrap(), name: key.into(), kind };
    vec![
        of("orders", FieldKind::Number),
        of("city", FieldKind::Text),
        of("since", FieldKind::Date),
        of("member", FieldKind::YesNo),
    ]
}

/// From Brazil, called Marina, VIP, two orders, opted in, wrote ten days ago.
fn marina() -> Contact {
    let mut contact = Contact::new(ContactId::from_bytes([1; 16]));
    contact.learn(&Identities {
        wa_id: Some("5511987654321".parse().unwrap()),
        name: Some("Marina Duarte".into()),
        seen_at: Some(NOW.minus(Span::hours(240))),
        wrote: true,
        ..Identities::default()
    });
    contact.edit(&ContactEdit {
        language: Some(Some("pt_BR".into())),
        add_tags: vec!["VIP".parse().unwrap()],
        fields: [("orders", FieldKind::Number, "2"), ("city", FieldKind::Text, "São Paulo")]
            .map(|(key, kind, text)| (key.parse().unwrap(), kind.read(text).ok()))
            .into(),
        ..ContactEdit::default()
    });
    contact.imports.push(ImportId::from_bytes([6; 16]));
    contact.heed(&ConsentEntry::recorded(contact.id, Opted::In, "form", rafael(), NOW).unwrap());
    contact
}

fn matches(json: &str) -> bool {
    let tree = node(json);
    assert_eq!(tree.check(&fields()), Ok(()), "{json}");
    tree.matches(&ContactFacts::of(&marina()), NOW)
}

#[test]
fn every_condition_asks_what_it_says() {
    let true_of_marina = [
        r#"{"is":{"on":"country","any_of":["IN","BR"]}}"#,
        r#"{"is":{"on":"language","any_of":["pt"]}}"#,
        r#"{"is":{"on":"language","any_of":["pt_BR"]}}"#,
        r#"{"is":{"on":"tag","any_of":["Exam","VIP"]}}"#,
        r#"{"is":{"on":"field","key":"orders","test":{"at_least":{"kind":"number","value":2}}}}"#,
        r#"{"is":{"on":"field","key":"orders","test":{"at_most":{"kind":"number","value":2.5}}}}"#,
        r#"{"is":{"on":"field","key":"city","test":{"is":{"kind":"text","value":"são paulo"}}}}"#,
        r#"{"is":{"on":"field","key":"city","test":{"contains":"PAULO"}}}"#,
        r#"{"is":{"on":"field","key":"since","test":{"known":false}}}"#,
        r#"{"is":{"on":"marketing","any_of":["opted_in"]}}"#,
        r#"{"is":{"on":"last_message","when":{"within_days":11}}}"#,
        r#"{"is":{"on":"last_message","when":{"before_days":10}}}"#,
        r#"{"is":{"on":"created","when":{"within_days":11}}}"#,
        r#"{"is":{"on":"identity","any_of":["bsuid","phone"]}}"#,
        r#"{"is":{"on":"import","any_of":["06060606060606060606060606060606"]}}"#,
        r#"{"is":{"on":"name","contains":"DUARTE"}}"#,
        r#"{"is":{"on":"undeliverable","is":false}}"#,
        r#"{"all":[]}"#,
    ];
    for json in true_of_marina {
        assert!(matches(json), "{json}");
        assert!(!matches(&format!(r#"{{"not":{json}}}"#)), "{json}");
    }
    let false_of_marina = [
        r#"{"is":{"on":"country","any_of":["IN"]}}"#,
        r#"{"is":{"on":"language","any_of":["p_"]}}"#,
        r#"{"is":{"on":"tag","any_of":["vip"]}}"#,
        r#"{"is":{"on":"field","key":"orders","test":{"at_least":{"kind":"number","value":3}}}}"#,
        r#"{"is":{"on":"field","key":"member","test":{"is":{"kind":"yes_no","value":false}}}}"#,
        r#"{"is":{"on":"marketing","any_of":["not_asked","opted_out"]}}"#,
        r#"{"is":{"on":"last_message","when":{"within_days":10}}}"#,
        r#"{"is":{"on":"last_message","when":"never"}}"#,
        r#"{"is":{"on":"identity","any_of":["username"]}}"#,
        r#"{"any":[]}"#,
    ];
    for json in false_of_marina {
        assert!(!matches(json), "{json}");
    }
}

#[test]
fn a_tree_that_is_none_is_refused_in_plain_words() {
    let deep = (0..6).fold(r#"{"all":[]}"#.to_owned(), |inner, _| format!(r#"{{"not":{inner}}}"#));
    let wide = format!(r#"{{"all":[{}]}}"#, vec![r#"{"any":[]}"#; 100].join(","));
    let refused = [
        deep.as_str(),
        wide.as_str(),
        r#"{"is":{"on":"country","any_of":["Brazil"]}}"#,
        r#"{"is":{"on":"country","any_of":[]}}"#,
        r#"{"is":{"on":"language","any_of":["pt-BR"]}}"#,
        r#"{"is":{"on":"field","key":"nothing","test":{"known":true}}}"#,
        r#"{"is":{"on":"field","key":"orders","test":{"is":{"kind":"text","value":"2"}}}}"#,
        r#"{"is":{"on":"field","key":"city","test":{"at_least":{"kind":"text","value":"A"}}}}"#,
        r#"{"is":{"on":"field","key":"orders","test":{"contains":"2"}}}"#,
        r#"{"is":{"on":"created","when":{"within_days":0}}}"#,
        r#"{"is":{"on":"name","contains":"  "}}"#,
    ];
    for json in refused {
        assert!(matches!(node(json).check(&fields()), Err(Rejection::Invalid(_))), "{json}");
    }
    let unreadable =
        [r#"{"is":{"on":"age","any_of":[]}}"#, r#"{"is":{"on":"name","contains":"a","x":1}}"#, r#"{"some":[]}"#];
    for json in unreadable {
        assert!(serde_json::from_str::<Node>(json).is_err(), "{json}");
    }
}

#[test]
fn every_part_is_counted_by_itself() {
    let tree = node(
        r#"{"all":[{"is":{"on":"country","any_of":["BR"]}},
            {"any":[{"is":{"on":"tag","any_of":["VIP"]}},{"is":{"on":"name","contains":"x"}}]},
            {"not":{"is":{"on":"undeliverable","is":true}}}]}"#,
    );
    let question = Question::of(&tree, NOW);
    let mut census = Census::of(&question);
    let mut unreachable = marina();
    unreachable.undeliverable_since = Some(NOW);
    let stranger = Contact::new(ContactId::from_bytes([2; 16]));
    for contact in [marina(), unreachable, stranger] {
        census.add(&question, &ContactFacts::of(&contact));
    }
    assert_eq!(census.parts, [1, 2, 2, 2, 0, 2, 1]);
    assert_eq!(census.contacts, 3);
    assert_eq!(census.reach, Reach { people: 1, can_get_marketing: 1, ..Reach::default() });
    let twice = census.clone().plus(&census);
    assert_eq!((twice.contacts, twice.reach.people, twice.parts[1]), (6, 2, 4));
}

fn any_node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        Just(node(r#"{"is":{"on":"country","any_of":["BR"]}}"#)),
        Just(node(r#"{"is":{"on":"name","contains":"x"}}"#)),
        Just(Node::EVERYBODY),
    ];
    leaf.prop_recursive(4, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Node::All),
            prop::collection::vec(inner.clone(), 0..4).prop_map(Node::Any),
            inner.prop_map(|node| Node::Not(Box::new(node))),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_counted_is_what_matches(tree in any_node()) {
        let facts = ContactFacts::of(&marina());
        let question = Question::of(&tree, NOW);
        let mut census = Census::of(&question);
        census.add(&question, &facts);
        prop_assert_eq!(census.reach.people == 1, tree.matches(&facts, NOW));
        prop_assert_eq!(census.parts[0], census.reach.people);
        prop_assert_eq!(census.parts.len(), tree.nodes());
    }
}
