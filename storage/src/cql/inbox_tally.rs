//! How many items came and what became of them. A small row per item, in spans of ten minutes; a span that is over is added up
//! by whoever reads it first, and read as that from then on.
//!
//! A sum counts by when its rows were begun to be read. Who changes a row of a span that may have been added up takes the sum
//! away after it, for as long as clocks may differ: every sum that may lack the row is older than that. So it is exact while
//! the clocks of nodes are less than [`APART`] apart.

use std::collections::BTreeMap;

use engine::id::{IntakeId, TenantId};
use engine::intake::{IntakeOutcome, IntakeSummary};
use engine::ports::StoreError;
use engine::time::Timestamp;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::CqlStore;
use super::inbox_item::{outcome, outcome_code};
use crate::codec;
use crate::crypto::Lookup;

const MINUTE: i64 = 60_000;
/// What lies together and is added up together.
const SPAN: i64 = 10 * MINUTE;
/// A span is written to like that until so long after its end. Items that are finished later cost a write more.
const OPEN: i64 = 5 * MINUTE;
/// What clocks may differ by.
const APART: i64 = 10 * MINUTE;

/// Write time of a span's pointer, below that of every sum.
const LISTED: i64 = 1;
/// Spans that are added up at a time.
const SPANS_AT_ONCE: usize = 8;

/// By minute of receipt and code of the outcome.
type Counts = BTreeMap<(i64, i8), u64>;
/// Span, sum, write time of the sum.
type SpanRow = (Vec<u8>, Option<Vec<u8>>, Option<i64>);

fn end(span: i64) -> i64 {
    (span + 1).saturating_mul(SPAN)
}

fn micros(millis: i64) -> i64 {
    millis.saturating_mul(1_000)
}

impl CqlStore {
    /// Pointers to spans; the body of one is its sum.
    fn tally_spans(&self, tenant: TenantId) -> Lookup {
        self.name_of("tally_spans", tenant, &[])
    }

    pub(super) async fn tally(
        &self,
        tenant: TenantId,
        item: IntakeId,
        received_at: Timestamp,
        outcome: IntakeOutcome,
        written: i64,
    ) -> Result<(), StoreError> {
        let text =
            "INSERT INTO inbox_tally (home, span, minute, item, outcome) VALUES (?, ?, ?, ?, ?) USING TIMESTAMP ?";
        let (span, minute) = (received_at.0.div_euclid(SPAN), received_at.0.div_euclid(MINUTE));
        let home = self.home(tenant);
        let values = (home.as_slice(), span, minute, item.as_bytes().as_slice(), outcome_code(outcome), written);
        self.cql.write(text, values).await?;
        let spans = self.tally_spans(tenant);
        // Asked after the row is there: a sum that does not have it was begun before.
        let now = self.clock.now().0;
        if now >= end(span) + OPEN {
            return self.put_sum(spans, span, &[], micros(now + APART)).await;
        }
        if !self.standing.has(spans, span) {
            self.put_sum(spans, span, &[], LISTED).await?;
            self.standing.note(spans, span);
        }
        Ok(())
    }

    async fn put_sum(&self, spans: Lookup, span: i64, sum: &[u8], written: i64) -> Result<(), StoreError> {
        let text = "INSERT INTO pointer (list, key, body) VALUES (?, ?, ?) USING TIMESTAMP ?";
        self.cql.write(text, (spans.as_slice(), span.to_be_bytes().as_slice(), sum, written)).await
    }

    /// Of what was received in the minute of `since` or later.
    pub(super) async fn counted(&self, tenant: TenantId, since: Timestamp) -> Result<IntakeSummary, StoreError> {
        let text = "SELECT key, body, WRITETIME(body) FROM pointer WHERE list = ? AND key >= ?";
        let first = since.0.div_euclid(SPAN).max(0).to_be_bytes();
        let spans: Vec<SpanRow> = self.cql.rows(text, (self.tally_spans(tenant).as_slice(), first.as_slice())).await?;
        let counts = stream::iter(spans).map(|row| self.span(tenant, row)).buffer_unordered(SPANS_AT_ONCE);
        let counts: Vec<Counts> = counts.try_collect().await?;
        let mut summary = IntakeSummary::default();
        for ((minute, code), count) in counts.into_iter().flatten() {
            if minute < since.0.div_euclid(MINUTE) {
                continue;
            }
            match outcome(code)? {
                IntakeOutcome::Stored => summary.stored += count,
                IntakeOutcome::Processed => summary.processed += count,
                IntakeOutcome::Duplicate => summary.duplicate += count,
                IntakeOutcome::Quarantined => summary.quarantined += count,
            }
        }
        Ok(summary)
    }

    async fn span(&self, tenant: TenantId, (key, sum, written): SpanRow) -> Result<Counts, StoreError> {
        let span = i64::from_be_bytes(key.try_into().map_err(|_| codec::corrupt("a span that is not a number"))?);
        if let Some(sum) = sum.filter(|sum| !sum.is_empty()) {
            return opened(&sum);
        }
        let begun = self.clock.now().0;
        let text = "SELECT minute, outcome FROM inbox_tally WHERE home = ? AND span = ?";
        let rows: Vec<(i64, i8)> = self.cql.rows(text, (self.home(tenant).as_slice(), span)).await?;
        let mut counts = Counts::new();
        for row in rows {
            *counts.entry(row).or_default() += 1;
        }
        if begun >= end(span) + OPEN + APART && written.is_none_or(|written| written < micros(begun)) {
            self.put_sum(self.tally_spans(tenant), span, &closed(&counts), micros(begun)).await?;
        }
        Ok(counts)
    }
}

/// 17 bytes for each: minute, outcome, count.
fn closed(counts: &Counts) -> Vec<u8> {
    let entry = |((minute, code), count): (&(i64, i8), &u64)| {
        [minute.to_be_bytes().as_slice(), &code.to_be_bytes(), &count.to_be_bytes()].concat()
    };
    counts.iter().flat_map(entry).collect()
}

fn opened(sum: &[u8]) -> Result<Counts, StoreError> {
    let damage = || codec::corrupt("a sum of the inbox log");
    let entry = |bytes: &[u8]| {
        let (minute, rest) = bytes.split_first_chunk::<8>().ok_or_else(damage)?;
        let (code, count) = rest.split_first_chunk::<1>().ok_or_else(damage)?;
        let count = count.try_into().map_err(|_| damage())?;
        Ok(((i64::from_be_bytes(*minute), i8::from_be_bytes(*code)), u64::from_be_bytes(count)))
    };
    sum.chunks(17).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_reads_back_and_half_of_one_is_damage() {
        let counts = Counts::from([((28_000_000, 1), 70_000), ((28_000_009, 3), 1)]);
        let bytes = closed(&counts);
        assert_eq!(opened(&bytes).unwrap(), counts);
        assert!(opened(&bytes[..20]).is_err());
    }
}
