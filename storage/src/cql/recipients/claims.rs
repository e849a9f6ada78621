//! Claims: changed by compare-and-set on their turn, many of one partition in one batch.

use engine::campaign::SendState;
use engine::id::ClaimToken;
use engine::ports::StoreError;
use engine::time::Timestamp;
use scylla::value::CqlValue;

use super::super::session::{Lwt, Values};
use super::super::{CqlStore, turns};
use super::{Bucket, Found, big};

/// Claims of one batch.
const BATCH: usize = 100;
/// Batches that are tried before each claim is tried for itself.
const BATCHES_MAX: usize = 3;
const TRIES_MAX: usize = 24;

const CLAIM: &str = "UPDATE recipient SET turn = ?, claimed_by = ?, claimed_at = ?, requeued_at = ?
     WHERE campaign = ? AND bucket = ? AND no = ? IF turn = ?";
const CLAIMS: &str = "UPDATE recipient SET claims = ? WHERE campaign = ? AND bucket = ?";

/// What a claim is to become.
#[derive(Clone, Copy)]
pub(in super::super) struct Claimed {
    holder: Option<(ClaimToken, Timestamp)>,
    /// Waits again since.
    requeued_at: Option<i64>,
}

impl CqlStore {
    /// Changes claims of one partition, as long as `decide` wants some changed. `nos` in order.
    pub(in super::super) async fn change_claims(
        &self,
        bucket: Bucket,
        nos: &[u32],
        decide: impl Fn(SendState) -> Option<Claimed>,
    ) -> Result<Vec<Found>, StoreError> {
        let (Some(first), Some(last)) = (nos.iter().min(), nos.iter().max()) else { return Ok(Vec::new()) };
        let _turn = self.turns.recipients.take(&bucket.home).await;
        let mut is_serial = false;
        for nth in 0..TRIES_MAX {
            let (_, mut found) = self.bucket_rows(bucket, *first, *last, is_serial).await?;
            found.retain(|found| nos.contains(&found.no()));
            let mut changes = Vec::new();
            for found in &found {
                let change = decide(found.send()?);
                changes.extend(change.map(|change| (found.no(), found.row.turn, found.row.requeued_at, change)));
            }
            if changes.is_empty() {
                return Ok(found);
            }
            let size = if nth < BATCHES_MAX { BATCH } else { 1 };
            for chunk in changes.chunks(size) {
                let outcome = self.cql.lwt_batch(claim_batch(bucket, chunk)).await?;
                is_serial |= outcome != Lwt::Applied;
            }
            // What was applied is read back with the rest: it says who has it.
            if is_serial {
                turns::step_aside(nth).await;
            }
        }
        Err(StoreError::Busy)
    }
}

/// Number, turn so far, since when it waits again so far, what is to become of it.
pub(super) type Change = (u32, Option<i64>, Option<i64>, Claimed);

pub(super) fn claim_batch(bucket: Bucket, changes: &[Change]) -> Vec<(&'static str, Values)> {
    let mut parts = Vec::with_capacity(changes.len() + 1);
    for (no, turn, requeued, Claimed { holder, requeued_at }) in changes {
        let [home, number] = bucket.key();
        parts.push((
            CLAIM,
            vec![
                big(turn.unwrap_or_default() + 1),
                holder.map(|(token, _)| CqlValue::Blob(token.as_bytes().to_vec())),
                holder.map(|(_, at)| CqlValue::BigInt(at.0)),
                requeued_at.or(*requeued).map(CqlValue::BigInt),
                home,
                number,
                big(i64::from(*no)),
                turn.map(CqlValue::BigInt),
            ],
        ));
    }
    let [home, number] = bucket.key();
    parts.push((CLAIMS, vec![big(rand::random()), home, number]));
    parts
}

impl Claimed {
    pub(in super::super) fn by(token: ClaimToken, at: Timestamp) -> Self {
        Self { holder: Some((token, at)), requeued_at: None }
    }

    pub(in super::super) fn released() -> Self {
        Self { holder: None, requeued_at: None }
    }

    pub(in super::super) fn again(at: Timestamp) -> Self {
        Self { holder: None, requeued_at: Some(at.0) }
    }
}
