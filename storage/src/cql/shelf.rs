//! Lists: pointers without an order, shelves in order of arrival.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use engine::ports::StoreError;

use super::{CqlStore, names};
use crate::crypto::{Column, Lookup, Sealer};

/// Pointers of which this node remembers that they are there.
const STANDING_MAX: usize = 65_536;

/// An entry of a shelf: where it lies and what it leads to.
pub(super) type Entry = (i64, Vec<u8>);

/// A list in order of arrival, and how it is cut.
#[derive(Clone, Copy)]
pub(super) struct Shelf {
    list: Lookup,
    slots: &'static Slots,
}

/// Lengths in microseconds, ages in slots. Between `fresh` and `settled` lies what clocks of nodes may differ by.
struct Slots {
    length: i64,
    /// In one this old or younger it is enough that its pointer was put once.
    fresh: i64,
    /// One that is older and empty is forgotten; who comes back to it puts its pointer again.
    settled: i64,
}

/// Most lists: what is on them stays there.
const HOURS: Slots = Slots { length: 3_600_000_000, fresh: 1, settled: 3 };
/// What everything passes through: what was taken off lies in the way until its slot is forgotten, and servers read past so
/// much of it and no further.
const MINUTES: Slots = Slots { length: 120_000_000, fresh: 1, settled: 5 };

impl From<Lookup> for Shelf {
    fn from(list: Lookup) -> Self {
        Self { list, slots: &HOURS }
    }
}

impl Shelf {
    /// For a list that nothing stays on for long.
    pub(super) fn of_what_passes(list: Lookup) -> Self {
        Self { list, slots: &MINUTES }
    }

    fn slot(&self, place: i64) -> i64 {
        place.div_euclid(self.slots.length)
    }

    fn start(&self, slot: i64) -> i64 {
        slot.saturating_mul(self.slots.length)
    }
}

/// By the list and the key on it.
pub(super) const POINTER: Column = Column { table: "pointer", column: "body" };

pub(super) fn pointer_row(list: &[u8], key: &[u8]) -> Vec<u8> {
    [list, key].concat()
}

/// The text that [`CqlStore::point_sealed`] has put there.
pub(super) fn open_pointer(sealer: &Sealer, list: Lookup, key: &[u8], body: &[u8]) -> Result<Vec<u8>, StoreError> {
    sealer.open(POINTER, &pointer_row(&list, key), body)
}

/// Rows that are the same however often they are put, and that nobody takes away while they are used: putting one again would
/// change nothing.
#[derive(Default)]
pub(super) struct Standing(Mutex<HashSet<(Lookup, i64)>>);

impl Standing {
    pub(super) fn has(&self, list: Lookup, key: i64) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(&(list, key))
    }

    /// After the servers have it.
    pub(super) fn note(&self, list: Lookup, key: i64) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= STANDING_MAX {
            known.clear();
        }
        known.insert((list, key));
    }
}

impl CqlStore {
    pub(super) async fn point(&self, list: Lookup, key: &[u8], body: &[u8]) -> Result<(), StoreError> {
        let text = "INSERT INTO pointer (list, key, body) VALUES (?, ?, ?)";
        self.cql.write(text, (list.as_slice(), key, body)).await
    }

    /// The same, with a text of somebody's.
    pub(super) async fn point_sealed(
        &self,
        sealer: &Sealer,
        list: Lookup,
        key: &[u8],
        text: &[u8],
    ) -> Result<(), StoreError> {
        let body = sealer.seal(POINTER, &pointer_row(&list, key), text)?;
        let home = names::home_of(sealer);
        let text = "INSERT INTO pointer (list, key, body, home) VALUES (?, ?, ?, ?)";
        self.cql.write(text, (list.as_slice(), key, body, home.as_slice())).await
    }

    /// Key and body of each.
    pub(super) async fn pointers(&self, list: Lookup) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        self.cql.rows("SELECT key, body FROM pointer WHERE list = ?", (list.as_slice(),)).await
    }

    pub(super) async fn has_pointer(&self, list: Lookup, key: &[u8]) -> Result<bool, StoreError> {
        let text = "SELECT key FROM pointer WHERE list = ? AND key = ?";
        Ok(!self.cql.rows::<(Vec<u8>,)>(text, (list.as_slice(), key)).await?.is_empty())
    }

    pub(super) async fn unpoint(&self, list: Lookup, key: &[u8]) -> Result<(), StoreError> {
        self.cql.write("DELETE FROM pointer WHERE list = ? AND key = ?", (list.as_slice(), key)).await
    }

    /// `written`: the write time, higher than that of what was done to this entry before. The entry comes before its slot, see
    /// [`Self::forget_slot`].
    pub(super) async fn shelve(
        &self,
        on: impl Into<Shelf>,
        place: i64,
        id: &[u8],
        written: i64,
    ) -> Result<(), StoreError> {
        let on = on.into();
        let slot = on.slot(place);
        let text = "INSERT INTO shelf (list, slot, place, id) VALUES (?, ?, ?, ?) USING TIMESTAMP ?";
        self.cql.write(text, (on.list.as_slice(), slot, place, id, written)).await?;
        let slots = slots_of(self, on.list);
        // Asked after the entry is there: whoever was stopped in between finds that the slot is old.
        let is_fresh = slot >= self.slot_of_now(&on) - on.slots.fresh;
        if is_fresh && self.standing.has(slots, slot) {
            return Ok(());
        }
        self.point(slots, &slot.to_be_bytes(), &[]).await?;
        if is_fresh {
            self.standing.note(slots, slot);
        }
        Ok(())
    }

    fn slot_of_now(&self, on: &Shelf) -> i64 {
        on.slot(self.clock.now().0.saturating_mul(1000))
    }

    pub(super) async fn unshelve(
        &self,
        on: impl Into<Shelf>,
        place: i64,
        id: &[u8],
        written: i64,
    ) -> Result<(), StoreError> {
        let on = on.into();
        let text = "DELETE FROM shelf USING TIMESTAMP ? WHERE list = ? AND slot = ? AND place = ? AND id = ?";
        self.cql.write(text, (written, on.list.as_slice(), on.slot(place), place, id)).await
    }

    /// Slots of the list, oldest first.
    async fn slots(&self, list: Lookup) -> Result<Vec<i64>, StoreError> {
        let found = self.pointers(slots_of(self, list)).await?;
        let number = |key: Vec<u8>| Ok(i64::from_be_bytes(key.try_into().map_err(|_| slot_damage())?));
        let mut slots = found.into_iter().map(|(key, _)| number(key)).collect::<Result<Vec<_>, StoreError>>()?;
        slots.sort_unstable();
        Ok(slots)
    }

    /// At least `limit` entries after `after`, if there are so many, oldest first.
    pub(super) async fn oldest(&self, on: impl Into<Shelf>, after: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let on = on.into();
        let mut found = Vec::new();
        let limit = i32::try_from(limit).unwrap_or(i32::MAX);
        for slot in self.slots(on.list).await?.into_iter().filter(|slot| *slot >= on.slot(after)) {
            let text =
                "SELECT place, id FROM shelf WHERE list = ? AND slot = ? AND place > ? ORDER BY place ASC LIMIT ?";
            let rows: Vec<Entry> = self.cql.rows(text, (on.list.as_slice(), slot, after, limit)).await?;
            if rows.is_empty() && after < on.start(slot) {
                self.forget_slot(&on, slot).await?;
            }
            found.extend(rows);
            if found.len() >= usize::try_from(limit).unwrap_or(usize::MAX) {
                break;
            }
        }
        Ok(found)
    }

    /// At most `limit` entries before `before`, newest first.
    pub(super) async fn newest(&self, on: impl Into<Shelf>, before: i64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let on = on.into();
        let mut found: Vec<Entry> = Vec::new();
        let slots = self.slots(on.list).await?.into_iter().rev();
        for slot in slots.filter(|slot| *slot <= on.slot(before)) {
            let room = limit.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
            if room == 0 {
                break;
            }
            let room = i32::try_from(room).unwrap_or(i32::MAX);
            let text =
                "SELECT place, id FROM shelf WHERE list = ? AND slot = ? AND place < ? ORDER BY place DESC LIMIT ?";
            found.extend(self.cql.rows::<Entry>(text, (on.list.as_slice(), slot, before, room)).await?);
        }
        Ok(found)
    }

    /// All of it; for one that nobody uses any more.
    pub(super) async fn drop_shelf(&self, list: Lookup) -> Result<(), StoreError> {
        for slot in self.slots(list).await? {
            self.cql.write("DELETE FROM shelf WHERE list = ? AND slot = ?", (list.as_slice(), slot)).await?;
        }
        let slots = slots_of(self, list);
        self.cql.write("DELETE FROM pointer WHERE list = ?", (slots.as_slice(),)).await
    }

    /// A slot that is empty and old leads to nothing any more. Who comes back to it writes the entry before the slot, so
    /// that either they see that the slot is gone and make it anew, or this sees the entry.
    async fn forget_slot(&self, on: &Shelf, slot: i64) -> Result<(), StoreError> {
        if slot >= self.slot_of_now(on) - on.slots.settled {
            return Ok(());
        }
        let slots = slots_of(self, on.list);
        self.unpoint(slots, &slot.to_be_bytes()).await?;
        let text = "SELECT place, id FROM shelf WHERE list = ? AND slot = ? LIMIT 1";
        if !self.cql.rows::<Entry>(text, (on.list.as_slice(), slot)).await?.is_empty() {
            self.point(slots, &slot.to_be_bytes(), &[]).await?;
        }
        Ok(())
    }
}

fn slots_of(store: &CqlStore, list: Lookup) -> Lookup {
    store.name("slots", &[&list])
}

fn slot_damage() -> StoreError {
    crate::codec::corrupt("a slot that is not a number")
}

/// Tenant and id in one, for lists of the whole installation.
pub(super) fn pair(tenant: [u8; 16], id: [u8; 16]) -> [u8; 32] {
    let mut both = [0; 32];
    let (first, second) = both.split_at_mut(16);
    first.copy_from_slice(&tenant);
    second.copy_from_slice(&id);
    both
}

pub(super) fn unpair(bytes: &[u8]) -> Result<([u8; 16], [u8; 16]), StoreError> {
    let (first, second) = bytes.split_at_checked(16).ok_or_else(slot_damage)?;
    Ok((names::id(first)?, names::id(second)?))
}
