//! How fast webhook items are cut and understood, on one core: `cargo run --release -p gateway --example intake_speed`

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement ends at the first surprise")]

use bytes::Bytes;
use engine::id::TenantId;
use engine::time::Timestamp;
use gateway::meta::parse::parse;
use gateway::meta::split::split;
use gateway::shell::TimeOrderedIds;
use tokio::time::Instant;

const TENANT: TenantId = TenantId::from_bytes([1; 16]);
const ROUNDS: u32 = 200_000;

fn main() {
    let body = Bytes::from_static(include_bytes!("../tests/samples/webhooks/raw_signature_vector.body"));
    let ids = TimeOrderedIds::default();
    let cut = || split(&body, &ids, Timestamp(0), |_| Some(TENANT));
    let begun = Instant::now();
    let items: usize = (0..ROUNDS).map(|_| std::hint::black_box(cut()).len()).sum();
    let splitting = begun.elapsed();
    let records = cut();
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        for record in &records {
            std::hint::black_box(parse(record, TENANT).unwrap());
        }
    }
    let parsing = begun.elapsed();
    let rate = |time: std::time::Duration| f64::from(u32::try_from(items).unwrap()) / time.as_secs_f64();
    println!("cut: {:.0} items/s, understood: {:.0} items/s", rate(splitting), rate(parsing));
}
