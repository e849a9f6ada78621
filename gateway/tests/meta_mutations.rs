//! Whatever becomes of a body on its way: nothing panics, no item is lost, the neighbours of an odd item go on.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests; a panic is the test's failure")]

#[path = "samples/support.rs"]
mod support;

use engine::inbound::Inbound;
use gateway::meta::parse::parse;
use gateway::meta::split::{ITEMS_MAX, NOT_CONNECTED};
use proptest::prelude::*;
use serde_json::{Value, json};
use support::{TENANT, samples, split};

/// One change to a document, somewhere.
#[derive(Debug, Clone)]
enum Mutation {
    Drop,
    Replace(Value),
    Deeper(usize),
    Twice,
    AddKey(String, Value),
}

fn odd_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "[a-z_]{1,12}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[], {}, null, 1])),
        Just(json!("\u{0}\u{202e}\u{feff}")),
        Just(json!("99999999999999999999999")),
    ]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    prop_oneof![
        Just(Mutation::Drop),
        odd_value().prop_map(Mutation::Replace),
        (1_usize..300).prop_map(Mutation::Deeper),
        Just(Mutation::Twice),
        (".{0,8}", odd_value()).prop_map(|(key, value)| Mutation::AddKey(key, value)),
    ]
}

/// Applies `mutation` at the `place`-th value of the document, counted through.
fn mutate(value: &mut Value, place: &mut usize, mutation: &Mutation) {
    if *place == 0 {
        match mutation {
            Mutation::Drop => *value = Value::Null,
            Mutation::Replace(other) => *value = other.clone(),
            Mutation::Deeper(levels) => {
                for _ in 0..*levels {
                    *value = json!([value.take()]);
                }
            }
            Mutation::Twice => *value = json!([value.clone(), value.clone()]),
            Mutation::AddKey(key, other) => {
                if let Some(object) = value.as_object_mut() {
                    object.insert(key.clone(), other.clone());
                }
            }
        }
    }
    *place = place.wrapping_sub(1);
    if *place == usize::MAX {
        return;
    }
    match value {
        Value::Array(list) => {
            for (index, entry) in list.iter_mut().enumerate() {
                if *place == 0 && matches!(mutation, Mutation::Drop) {
                    list.remove(index);
                    *place = usize::MAX;
                    return;
                }
                mutate(entry, place, mutation);
                if *place == usize::MAX {
                    return;
                }
            }
        }
        Value::Object(object) => {
            for key in object.keys().cloned().collect::<Vec<_>>() {
                if *place == 0 && matches!(mutation, Mutation::Drop) {
                    object.remove(&key);
                    *place = usize::MAX;
                    return;
                }
                mutate(&mut object[&key], place, mutation);
                if *place == usize::MAX {
                    return;
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The items of a body, found without the code under test.
fn items(body: &Value) -> Vec<&Value> {
    let lists = ["messages", "statuses", "message_echoes", "calls", "user_preferences", "user_actions"];
    let mut items = Vec::new();
    for entry in body["entry"].as_array().into_iter().flatten() {
        for change in entry["changes"].as_array().into_iter().flatten() {
            for list in lists {
                items.extend(change["value"][list].as_array().into_iter().flatten());
            }
            for chunk in change["value"]["history"].as_array().into_iter().flatten() {
                for thread in chunk["threads"].as_array().into_iter().flatten() {
                    items.extend(thread["messages"].as_array().into_iter().flatten());
                }
            }
        }
    }
    items
}

fn check(body: &[u8]) -> Result<(), TestCaseError> {
    let records = split(body);
    prop_assert!(!records.is_empty());
    for record in &records {
        prop_assert!(record.field.chars().count() <= 64 && record.kind.chars().count() <= 64);
        prop_assert!(record.tenant.is_some() || record.quarantined.is_some());
        if let Ok(found) = parse(record, TENANT) {
            prop_assert!(!found.is_empty());
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_changed_sample_loses_no_item(
        sample in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), mutation()), 1..4),
    ) {
        let samples: Vec<_> = samples();
        let mut body: Value = serde_json::from_slice(&sample.get(&samples).1).unwrap();
        for (place, mutation) in &changes {
            mutate(&mut body, &mut place.index(60), mutation);
        }
        let text = serde_json::to_vec(&body).unwrap();
        check(&text)?;
        let records = split(&text);
        for item in items(&body) {
            let item = serde_json::to_string(item).unwrap();
            let kept = records.iter().any(|record| String::from_utf8_lossy(&record.raw).contains(&item));
            prop_assert!(kept, "{item}");
        }
    }

    #[test]
    fn changed_bytes_never_panic(
        sample in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let samples = samples();
        let mut body = sample.get(&samples).1.clone();
        for (place, byte) in changes {
            let place = place.index(body.len());
            body[place] = byte;
        }
        if is_cut {
            body.truncate(cut.index(body.len()));
        }
        check(&body)?;
    }

    #[test]
    fn any_bytes_are_one_record_or_more(body in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&body)?;
    }
}

fn value() -> Value {
    json!({"messaging_product": "whatsapp",
           "metadata": {"display_phone_number": "12025550100", "phone_number_id": "200000000000001"}})
}

fn text(index: usize) -> Value {
    json!({"from": format!("1202555{index:04}"), "id": format!("wamid.{index}"), "timestamp": "1795392001",
           "type": "text", "text": {"body": format!("message {index}")}})
}

fn body(changes: &[Value]) -> Vec<u8> {
    let entry = json!({"id": "100000000000001", "changes": changes});
    serde_json::to_vec(&json!({"object": "whatsapp_business_account", "entry": [entry]})).unwrap()
}

#[test]
fn a_body_that_is_no_json_is_one_record_with_the_body() {
    let sample = samples().into_iter().find(|(name, _)| name == "in_text.json").unwrap().1;
    let text = String::from_utf8(sample.clone()).unwrap();
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    for body in [
        Vec::new(),
        b"null".to_vec(),
        b"[]".to_vec(),
        b"\"text\"".to_vec(),
        sample[..sample.len() / 2].to_vec(),
        deep(10_000).into_bytes(),
        "[".repeat(10_000).into_bytes(),
        text.replace("Does it", "Does\u{0}it").into_bytes(),
        text.replace("\"object\"", "\"\\ud800\"").into_bytes(),
        text.replace("whatsapp_business_account", "page").into_bytes(),
        text.replace("Does it", "\u{1}").into_bytes(),
        [sample.as_slice(), b"{}"].concat(),
        [b"\xff".as_slice(), &sample].concat(),
    ] {
        let records = split(&body);
        assert_eq!(records.len(), 1);
        assert!(records[0].quarantined.is_some(), "{}", String::from_utf8_lossy(&body));
        assert_eq!(records[0].raw, body);
    }
}

#[test]
fn an_item_that_is_nested_too_deep_stands_alone() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let mut change = value();
    change["messages"] = json!([text(1), {"deep": "HERE"}, text(2)]);
    let body = body(&[json!({"field": "messages", "value": change})]);
    let body = String::from_utf8(body).unwrap().replace("\"HERE\"", &deep);
    let records = split(body.as_bytes());
    assert_eq!(records.len(), 3);
    assert!(parse(&records[1], TENANT).is_err());
    assert!(matches!(parse(&records[2], TENANT).unwrap()[..], [Inbound::Message(_)]));
}

#[test]
fn half_an_emoji_in_one_message_is_no_matter() {
    let mut change = value();
    change["messages"] = json!([text(1), text(2)]);
    let body = body(&[json!({"field": "messages", "value": change})]);
    let body = String::from_utf8(body).unwrap().replace("message 1", "message \\ud83d");
    let records = split(body.as_bytes());
    assert_eq!(records.len(), 2);
    assert!(records.iter().all(|record| record.quarantined.is_none() && parse(record, TENANT).is_ok()));
}

#[test]
fn a_batch_of_1000_with_odd_ones_among_them() {
    let mut change = value();
    let odd = [json!(null), json!(7), json!("x"), json!([]), json!({"type": 3})];
    let items: Vec<_> =
        (0..1000).map(|index| if index % 100 == 50 { odd[index / 100 % 5].clone() } else { text(index) }).collect();
    let contacts: Vec<_> = (0..1000)
        .rev()
        .map(|index| json!({"wa_id": format!("1202555{index:04}"), "profile": {"name": format!("Name {index}")}}))
        .collect();
    change["contacts"] = json!(contacts);
    change["messages"] = json!(items);
    let records = split(&body(&[json!({"field": "messages", "value": change})]));
    assert_eq!(records.len(), 1000);
    for (index, record) in records.iter().enumerate() {
        assert!(record.raw.len() < 600, "{}", record.raw.len());
        let parsed = parse(record, TENANT);
        if index % 100 == 50 {
            assert!(parsed.is_err());
            continue;
        }
        let [Inbound::Message(message)] = &parsed.unwrap()[..] else { panic!("no message") };
        assert_eq!(message.wamid.as_str(), format!("wamid.{index}"));
        assert_eq!(message.peer.name, Some(format!("Name {index}")));
    }
}

#[test]
fn a_thousand_changes_for_fifty_numbers() {
    let changes: Vec<_> = (0..1000)
        .map(|index| {
            let mut change = value();
            change["metadata"]["phone_number_id"] = json!(format!("2000000000000{:02}", index % 50));
            change["messages"] = json!([text(index)]);
            json!({"field": "messages", "value": change})
        })
        .collect();
    let records = split(&body(&changes));
    assert_eq!(records.len(), 1000);
    let connected = records.iter().filter(|record| record.quarantined.is_none()).count();
    assert_eq!(connected, 20, "one number of fifty");
    assert!(records.iter().all(|record| record.number.is_some()));
    assert!(records.iter().filter_map(|record| record.quarantined.as_deref()).all(|reason| reason == NOT_CONNECTED));
    assert!(records.is_sorted_by_key(|record| record.id), "ids follow the order of the body");
}

#[test]
fn what_items_share_does_not_multiply() {
    let mut change = value();
    change["messages"] = json!((0..1000).map(text).collect::<Vec<_>>());
    change["something_new"] = json!("x".repeat(1_000_000));
    let body = body(&[json!({"field": "messages", "value": change})]);
    let records = split(&body);
    assert_eq!(records.len(), 1);
    assert!(records[0].quarantined.as_ref().is_some_and(|reason| reason.contains("shares more")));
    let found = parse(&records[0], TENANT).unwrap();
    assert_eq!(found.len(), 1000, "a replay still understands it");
}

#[test]
fn more_items_than_anybody_sends_stay_one_record() {
    let mut change = value();
    change["messages"] = json!(vec![json!({}); ITEMS_MAX + 1]);
    let body = body(&[json!({"field": "messages", "value": change})]);
    let records = split(&body);
    assert_eq!((records.len(), records[0].raw.len()), (1, body.len()));
}
