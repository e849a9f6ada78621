//! After a change of data keys: every sealed value is sealed again by the newest key of its owner, whom its row names by a home.
//! What is sealed by it already is left alone, which is how a repeat goes on where it was cut short.
//!
//! What was written by compare-and-set is changed by one. What was written plainly is written again with the write time that
//! it has: of two values of the same time servers keep the larger, and a value begins with the generation of its key. So nothing
//! that is decided by write times is decided otherwise, neither by a late replay nor by a delete.

mod tables;

use std::collections::HashMap;
use std::sync::Arc;

use engine::id::{ConversationId, TenantId};
use engine::ports::StoreError;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use scylla::deserialize::row::DeserializeRow;

use super::office::{Changes, Decision, Kind, Put};
use super::{CqlStore, names};
use crate::codec;
use crate::crypto::{Column, Keyring, KeyringError, Lookup, Sealer};

/// Parts of the ring that are read one after the other, and how many of them at a time.
const STRETCHES: i128 = 32;
const STRETCHES_AT_ONCE: usize = 4;
/// Rows of one page that are written at a time.
const ROWS_AT_ONCE: usize = 16;
/// Walks until one finds nothing. The second does, unless somebody else writes.
const WALKS_MAX: usize = 4;
/// Rows of an office that one batch changes.
const PUTS: usize = 50;
/// Partitions over which an organization's open changes are spread.
const SHARDS: i8 = 16;

/// Everybody whose keys were changed, by home.
struct Owners {
    by_home: HashMap<Lookup, Arc<Sealer>>,
    by_id: HashMap<TenantId, Arc<Sealer>>,
}

impl Owners {
    fn of(keyring: &Keyring) -> Self {
        let (ours, by_id) = (keyring.installation(), keyring.tenants().into_iter().collect::<HashMap<_, _>>());
        let mut by_home: HashMap<_, _> =
            by_id.values().map(|sealer: &Arc<Sealer>| (names::home_of(sealer), Arc::clone(sealer))).collect();
        by_home.insert(names::home_of(&ours), ours);
        Self { by_home, by_id }
    }

    /// `None`: of another installation, of an organization on its way in, or of one whose keys are gone.
    fn at(&self, home: Option<&[u8]>) -> Option<&Sealer> {
        let home: Lookup = home?.try_into().ok()?;
        self.by_home.get(&home).map(Arc::as_ref)
    }

    /// The value by the newest key; `None`: it is that already, or there is nothing to be done about it.
    fn renewed(
        &self,
        home: Option<&[u8]>,
        column: Column,
        row: &[u8],
        body: &[u8],
    ) -> Result<Option<Vec<u8>>, StoreError> {
        match self.at(home) {
            Some(sealer) => renewed(sealer, column, row, body),
            None => Ok(None),
        }
    }
}

fn renewed(sealer: &Sealer, column: Column, row: &[u8], body: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    if body.is_empty() || !sealer.is_stale(body) {
        return Ok(None);
    }
    sealer.reseal(column, row, body).map(Some)
}

/// All tokens, in parts.
fn stretches() -> impl Iterator<Item = (i64, i64)> {
    let (first, whole) = (i128::from(i64::MIN), 1_i128 << 64);
    let cut = move |n: i128| first + whole * n / STRETCHES;
    let token = |at: i128| i64::try_from(at).unwrap_or(i64::MAX);
    (0..STRETCHES).map(move |n| (token(cut(n)), token(cut(n + 1) - 1)))
}

impl CqlStore {
    /// From now on no process opens the store but by [`Self::open_to_rotate`]. Nothing is changed yet: see
    /// [`Self::call_off_rotation`].
    pub async fn announce_rotation(&self) -> Result<(), KeyringError> {
        self.keyring.announce_rotation().await
    }

    /// One that has not begun to change anything does not take place.
    pub async fn call_off_rotation(&self) -> Result<(), KeyringError> {
        self.keyring.call_off_rotation().await
    }

    /// Gives everybody a new data key, or goes on where that was cut short. Answers how many organizations are on their way in:
    /// they keep theirs. No other process may use the store until [`Self::end_rotation`].
    pub async fn begin_rotation(&self) -> Result<usize, KeyringError> {
        self.keyring.add_data_keys().await
    }

    /// Forgets all data keys but the newest. After [`Self::reseal`], and after all files are sealed again.
    pub async fn end_rotation(&self) -> Result<(), KeyringError> {
        self.keyring.drop_data_keys().await
    }

    /// Seals everything by the newest keys, until a look at everything finds nothing else; how many values were not yet.
    pub async fn reseal(&self) -> Result<u64, StoreError> {
        let owners = Owners::of(&self.keyring);
        let mut resealed = 0;
        for _ in 0..WALKS_MAX {
            let found = Box::pin(self.walk_everything(&owners)).await?;
            if found == 0 {
                return Ok(resealed);
            }
            resealed += found;
        }
        Err(StoreError::Unavailable("somebody else writes: every process that uses the store must have ended".into()))
    }

    async fn walk_everything(&self, owners: &Owners) -> Result<u64, StoreError> {
        let mut found = 0;
        // First, because these write into what is walked over afterwards.
        for (tenant, sealer) in &owners.by_id {
            self.close_changes(*tenant, sealer).await?;
            found += self.reseal_office(*tenant, sealer).await?;
        }
        Ok(found + self.walk_tables(owners).await?)
    }

    /// Every row of a table, once.
    async fn walk<R>(
        &self,
        text: &'static str,
        one: impl AsyncFn(R) -> Result<u64, StoreError>,
    ) -> Result<u64, StoreError>
    where
        R: for<'frame> DeserializeRow<'frame, 'frame>,
    {
        let one = &one;
        let walks = stretches().map(|stretch| async move {
            let mut found = 0;
            let page = async |rows: Vec<R>| {
                let rows = stream::iter(rows.into_iter().map(|row| one(row))).buffer_unordered(ROWS_AT_ONCE);
                found += rows.try_fold(0, async |sum, more| Ok(sum + more)).await?;
                Ok(())
            };
            self.cql.each_page(text, stretch, page).await?;
            Ok(found)
        });
        stream::iter(walks).buffer_unordered(STRETCHES_AT_ONCE).try_fold(0, async |sum, more| Ok(sum + more)).await
    }

    /// Rolls forward what was decided. Whoever announced anything else has ended, so that it goes: what it would have brought
    /// need not be sealed again.
    async fn close_changes(&self, tenant: TenantId, sealer: &Sealer) -> Result<(), StoreError> {
        let home = self.home(tenant);
        for shard in 0..SHARDS {
            let text = "SELECT conversation, change FROM open_change WHERE home = ? AND shard = ?";
            for (conversation, change) in self.cql.rows::<(Vec<u8>, Vec<u8>)>(text, (home.as_slice(), shard)).await? {
                let (id, change) = (ConversationId::from_bytes(names::id(&conversation)?), names::id(&change)?);
                // A compare-and-set that is under way comes to its end by this.
                self.is_decided(self.conversation_name(tenant, id), &change).await?;
                self.settled(tenant, sealer, id).await?;
                self.withdraw(tenant, id, &change).await?;
            }
        }
        Ok(())
    }

    async fn reseal_office(&self, tenant: TenantId, sealer: &Sealer) -> Result<u64, StoreError> {
        let home = self.home(tenant);
        let mut found = 0;
        loop {
            let decide = |_| -> Decision<'_, u64> {
                Box::pin(async move {
                    let rows = self.office(home, Kind::Organization, Kind::Audit).await?;
                    let mut puts = Vec::new();
                    for row in rows.map(|(_, rows)| rows).unwrap_or_default() {
                        let kind = Kind::of(row.kind).ok_or_else(|| codec::corrupt("an unknown row of an office"))?;
                        let Some(column) = kind.column() else { continue };
                        let name = kind.name_of_row(&tenant, &row.id);
                        if let Some(body) = renewed(sealer, column, name, &row.body)? {
                            puts.push(Put { kind, id: row.id, body: Some(body) });
                        }
                    }
                    puts.truncate(PUTS);
                    let stale = puts.len() as u64;
                    Ok(((stale > 0).then(|| Changes { puts, ..Changes::default() }), stale))
                })
            };
            match self.change_office(tenant, sealer, decide).await? {
                0 => return Ok(found),
                stale => found += stale,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_cover_the_ring_without_a_gap() {
        let all: Vec<_> = stretches().collect();
        assert_eq!((all.first().unwrap().0, all.last().unwrap().1), (i64::MIN, i64::MAX));
        assert!(all.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0));
    }
}
