//! How many recipients of a campaign stand where. Each partition is counted once and remembered, with the marker that every
//! change of it changes: whoever asks again reads the markers, and counts only where one is another.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use engine::campaign::{ByHour, Tallies, TallyKey};
use engine::ports::StoreError;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::recipients::{BUCKET, Bucket, Marker};
use super::{AT_ONCE, CqlStore};
use crate::codec::recipients::Home;
use crate::crypto::Sealer;

/// Partitions whose counts are remembered: of ten million recipients.
const COUNTED_MAX: usize = 10_000;

#[derive(Default)]
pub(super) struct Counted(Mutex<HashMap<(Home, u32), Arc<Count>>>);

struct Count {
    marker: Marker,
    /// Recipients that counted then: while an audience is written down there come more.
    people: u32,
    tallies: Tallies,
    by_hour: ByHour,
}

impl Counted {
    fn get(&self, bucket: Bucket) -> Option<Arc<Count>> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(&(bucket.home, bucket.n)).cloned()
    }

    fn put(&self, bucket: Bucket, count: Arc<Count>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= COUNTED_MAX {
            known.clear();
        }
        known.insert((bucket.home, bucket.n), count);
    }
}

/// touched, claims.
type MarkerRow = (Option<HashMap<Vec<u8>, i64>>, Option<i64>);

impl CqlStore {
    /// Of the partition, as it is now.
    async fn count(&self, sealer: &Sealer, bucket: Bucket, people: u32) -> Result<Arc<Count>, StoreError> {
        if let Some(known) = self.counted.get(bucket).filter(|known| known.people == people) {
            let text = "SELECT touched, claims FROM recipient WHERE campaign = ? AND bucket = ? LIMIT 1";
            let rows: Vec<MarkerRow> = self.cql.rows(text, (bucket.home.as_slice(), bucket.number())).await?;
            let marker = rows.into_iter().next().map(|(touched, claims)| Marker::of(touched, claims));
            if marker.unwrap_or_default() == known.marker {
                return Ok(known);
            }
        }
        // Marker and rows in one read: a server that has the one has the other.
        let first = bucket.n * BUCKET;
        let (marker, rows) = self.bucket_rows(bucket, first, first + (people - 1), false).await?;
        let (mut tallies, mut by_hour) = (Tallies::default(), ByHour::default());
        for found in rows {
            let row = found.bare(sealer)?;
            tallies.add(row.tally());
            by_hour.add(&row);
        }
        let count = Arc::new(Count { marker, people, tallies, by_hour });
        self.counted.put(bucket, Arc::clone(&count));
        Ok(count)
    }

    /// Each partition from that of `from` on with how many people count in it.
    fn buckets(home: Home, from: u32, people: u32) -> impl Iterator<Item = (Bucket, u32)> {
        let last = people.checked_sub(1).map(|last| last / BUCKET);
        let numbers = last.map(|last| (from / BUCKET)..=last).into_iter().flatten();
        numbers.map(move |n| (Bucket { home, n }, (people - n * BUCKET).min(BUCKET)))
    }

    async fn counts(&self, sealer: &Sealer, home: Home, people: u32) -> Result<Vec<Arc<Count>>, StoreError> {
        let counts = stream::iter(Self::buckets(home, 0, people));
        let counts = counts.map(async |(bucket, people)| self.count(sealer, bucket, people).await);
        counts.buffer_unordered(AT_ONCE).try_collect().await
    }

    pub(super) async fn count_all(&self, sealer: &Sealer, home: Home, people: u32) -> Result<Tallies, StoreError> {
        let mut sum = Tallies::default();
        for count in self.counts(sealer, home, people).await? {
            for (key, by) in &count.tallies.0 {
                *sum.0.entry(*key).or_default() += by;
            }
        }
        Ok(sum)
    }

    pub(super) async fn count_hours(&self, sealer: &Sealer, home: Home, people: u32) -> Result<ByHour, StoreError> {
        let mut sum = ByHour::default();
        for count in self.counts(sealer, home, people).await? {
            for (key, by) in &count.by_hour.0 {
                *sum.0.entry(*key).or_default() += by;
            }
        }
        Ok(sum)
    }

    /// Partitions from that of `from` on in which somebody stands where it is asked for, in order.
    pub(super) async fn buckets_with(
        &self,
        sealer: &Sealer,
        home: Home,
        (from, people): (u32, u32),
        is_asked: impl Fn(&TallyKey) -> bool,
    ) -> Result<Vec<(Bucket, u32)>, StoreError> {
        let buckets = stream::iter(Self::buckets(home, from, people));
        let counts =
            buckets.map(async |(bucket, people)| Ok((bucket, people, self.count(sealer, bucket, people).await?)));
        let counts: Vec<_> =
            counts.buffered(AT_ONCE).try_collect::<Vec<_>>().await.map_err(|error: StoreError| error)?;
        let asked = counts.into_iter().filter(|(.., count)| count.tallies.0.keys().any(&is_asked));
        Ok(asked.map(|(bucket, people, _)| (bucket, people)).collect())
    }
}
