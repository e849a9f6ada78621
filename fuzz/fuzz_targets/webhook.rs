//! Any body: it is cut without a panic, nothing comes out empty, and every record is parsed or refused.
//! `cp gateway/tests/samples/webhooks/* fuzz/corpus/webhook/` gives it a start.

#![no_main]

use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use engine::id::TenantId;
use engine::time::{IdSource, Timestamp};
use gateway::meta::parse::parse;
use gateway::meta::split::{ITEMS_MAX, split};
use libfuzzer_sys::fuzz_target;

struct Count(AtomicU64);

impl IdSource for Count {
    fn next(&self) -> [u8; 16] {
        u128::from(self.0.fetch_add(1, Ordering::Relaxed)).to_be_bytes()
    }
}

fuzz_target!(|body: &[u8]| {
    let tenant = TenantId::from_bytes([7; 16]);
    let records = split(&Bytes::copy_from_slice(body), &Count(AtomicU64::new(0)), Timestamp(0), |_| Some(tenant));
    assert!(!records.is_empty() && records.len() <= ITEMS_MAX);
    for record in records {
        assert!(record.raw.len() <= body.len() + 8192);
        if let Ok(found) = parse(&record, tenant) {
            assert!(!found.is_empty());
        }
    }
});
