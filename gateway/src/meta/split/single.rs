//! The body that holds one message or one status, which nearly every body does: read in two passes instead of one for
//! each level. Whatever is not exactly of that shape is left to the general way, which takes anything.

use bytes::Bytes;
use engine::id::TenantId;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::raw::text;
use super::{NOT_CONNECTED, OBJECT, Piece, Route};
use crate::meta::text::kind;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    object: &'a RawValue,
    #[serde(borrow)]
    entry: (Entry<'a>,),
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow, default, deserialize_with = "present")]
    time: Option<&'a RawValue>,
    #[serde(borrow)]
    changes: (Change<'a>,),
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow)]
    field: &'a RawValue,
    #[serde(borrow)]
    value: &'a RawValue,
}

#[derive(Deserialize)]
struct Value<'a> {
    #[serde(borrow)]
    metadata: Metadata<'a>,
    #[serde(borrow, default, deserialize_with = "present")]
    messages: Option<(Message<'a>,)>,
    #[serde(borrow, default, deserialize_with = "present")]
    statuses: Option<(Status<'a>,)>,
    #[serde(borrow, default, deserialize_with = "present")]
    errors: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    user_actions: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Metadata<'a> {
    #[serde(borrow)]
    phone_number_id: &'a RawValue,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, rename = "type")]
    kind: &'a RawValue,
}

#[derive(Deserialize)]
struct Status<'a> {
    #[serde(borrow)]
    status: &'a RawValue,
}

/// Told from a member that is missing: `null` stands there as any other value does.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

pub(super) fn cut(body: &Bytes, route: &impl Fn(&Route) -> Option<TenantId>) -> Option<Piece> {
    let Envelope { object, entry: (entry,) } = serde_json::from_str(std::str::from_utf8(body).ok()?).ok()?;
    let (change,) = entry.changes;
    if text(object)? != OBJECT || text(change.field)? != "messages" {
        return None;
    }
    let content: Value<'_> = serde_json::from_str(change.value.get()).ok()?;
    let named = match content {
        Value { messages: Some((message,)), statuses: None, errors: None, user_actions: None, .. } => message.kind,
        Value { messages: None, statuses: Some((status,)), errors: None, user_actions: None, .. } => status.status,
        _ => return None,
    };
    let number = text(content.metadata.phone_number_id).and_then(|id| id.parse().ok());
    let route_of = Route { number, waba: text(entry.id).and_then(|id| id.parse().ok()) };
    let tenant = route(&route_of);
    let (time_key, time, time_end) = entry.time.map_or(("", "", ""), |time| ("\"time\":", time.get(), ","));
    let (field, value) = (change.field.get(), change.value.get());
    let raw =
        ["{\"id\":", entry.id.get(), ",", time_key, time, time_end, "\"field\":", field, ",\"value\":", value, "}"];
    Some(Piece {
        tenant,
        number: route_of.number,
        field: "messages".to_owned(),
        kind: kind(&text(named)?),
        raw: Bytes::from(raw.concat()),
        odd: tenant.is_none().then(|| NOT_CONNECTED.to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::cut as cut_generally;
    use super::*;

    fn samples() -> Vec<Bytes> {
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples");
        let files = std::fs::read_dir(format!("{directory}/webhooks")).unwrap();
        let mut samples: Vec<Bytes> = files.map(|file| std::fs::read(file.unwrap().path()).unwrap().into()).collect();
        let more = std::fs::read_to_string(format!("{directory}/more.jsonl")).unwrap();
        samples.extend(more.lines().map(|line| Bytes::from(line.to_owned())));
        samples
    }

    fn route(asked: &Route) -> Option<TenantId> {
        asked.number.as_ref().map(|_| TenantId::from_bytes([7; 16]))
    }

    /// What is taken here is what the general way makes of it.
    fn check(body: &Bytes) -> bool {
        let Some(piece) = cut(body, &route) else { return false };
        assert_eq!(cut_generally(body, &route), Ok(vec![piece]), "{}", String::from_utf8_lossy(body));
        true
    }

    #[test]
    fn both_ways_make_the_same_of_every_sample() {
        let taken = samples().iter().filter(|body| check(body)).count();
        assert!(taken > 20, "only {taken} samples are taken");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

        #[test]
        fn both_ways_make_the_same_of_a_damaged_sample(
            which in any::<prop::sample::Index>(),
            from in any::<prop::sample::Index>(),
            length in 0_usize..24,
            to in any::<prop::sample::Index>(),
            instead in prop::option::of(prop::sample::select(vec!["null", "{}", "[]", "0", "\"\"", "\\u0000", ",", "\"type\":1,"])),
        ) {
            let samples = samples();
            let mut body = which.get(&samples).to_vec();
            let from = from.index(body.len());
            let piece: Vec<u8> = body.drain(from..(from + length).min(body.len())).collect();
            let to = to.index(body.len() + 1);
            match instead {
                Some(instead) => drop(body.splice(from..from, instead.bytes())),
                None => drop(body.splice(to..to, piece)),
            }
            check(&Bytes::from(body));
        }
    }
}
