//! What the tests of Meta's dialect share.

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use engine::id::TenantId;
use engine::intake::IntakeRecord;
use engine::time::{IdSource, Timestamp};
use gateway::meta::split::{self, Route};

pub(crate) const TENANT: TenantId = TenantId::from_bytes([7; 16]);
pub(crate) const RECEIVED: Timestamp = Timestamp(1_795_400_000_000);

struct Count(AtomicU64);

impl IdSource for Count {
    fn next(&self) -> [u8; 16] {
        u128::from(self.0.fetch_add(1, Ordering::Relaxed)).to_be_bytes()
    }
}

/// The number and the account of the samples are connected, others are not.
pub(crate) fn split(body: &[u8]) -> Vec<IntakeRecord> {
    let route = |route: &Route| {
        let number = route.number.as_ref().map(engine::id::PhoneNumberId::as_str);
        let waba = route.waba.as_ref().map(engine::id::WabaId::as_str);
        let known = number.map_or(waba == Some("100000000000001"), |number| number == "200000000000001");
        known.then_some(TENANT)
    };
    split::split(&Bytes::copy_from_slice(body), &Count(AtomicU64::new(1)), RECEIVED, route)
}

/// Every sample body with its name, in order of name.
pub(crate) fn samples() -> Vec<(String, Vec<u8>)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/samples/webhooks");
    let mut samples: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| !path.ends_with("raw_signature_vector.json"))
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap()))
        .collect();
    samples.sort();
    samples
}
