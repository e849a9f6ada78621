//! Which node sends for which number, as seen on the nodes' ways to Meta.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use loadtest::payload::PhoneNumberId;
use tokio::time::Instant;

use crate::proxy::Witness;

#[derive(Clone, Debug)]
struct Sighting {
    node: usize,
    /// By its place among the organizations.
    tenant: usize,
    at: Instant,
}

/// Clones see the same.
#[derive(Clone, Debug)]
pub(crate) struct Sightings {
    /// What a send from each number has in its first line.
    marks: Arc<Vec<String>>,
    seen: Arc<Mutex<Vec<Sighting>>>,
}

impl Sightings {
    pub(crate) fn of<'a>(numbers: impl IntoIterator<Item = &'a PhoneNumberId>) -> Self {
        let marks = numbers.into_iter().map(|number| format!("/{number}/messages "));
        Self { marks: Arc::new(marks.collect()), seen: Arc::default() }
    }

    /// For the proxy between this node and Meta.
    pub(crate) fn witness(&self, node: usize) -> Witness {
        let this = self.clone();
        Arc::new(move |bytes| this.note(node, bytes, Instant::now()))
    }

    fn note(&self, node: usize, bytes: &[u8], at: Instant) {
        for (tenant, mark) in self.marks.iter().enumerate() {
            if bytes.windows(mark.len()).any(|part| part == mark.as_bytes()) {
                self.seen().push(Sighting { node, tenant, at });
            }
        }
    }

    /// Who was seen last.
    pub(crate) fn holder(&self, tenant: usize) -> Option<usize> {
        self.seen().iter().rev().find(|one| one.tenant == tenant).map(|one| one.node)
    }

    /// When the next send of this organization after `since` was seen, by whichever node.
    pub(crate) fn next(&self, tenant: usize, since: Instant) -> Option<Instant> {
        self.seen().iter().find(|one| one.tenant == tenant && one.at > since).map(|one| one.at)
    }

    /// When another node than this one was first seen at it after `since`.
    pub(crate) fn taken_over(&self, tenant: usize, from: usize, since: Instant) -> Option<Instant> {
        let seen = self.seen();
        let is_it = |one: &&Sighting| one.tenant == tenant && one.node != from && one.at > since;
        seen.iter().find(is_it).map(|one| one.at)
    }

    fn seen(&self) -> MutexGuard<'_, Vec<Sighting>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_next_node_at_a_number_is_seen() {
        let numbers = ["200".into(), "201".into()];
        let (sightings, start) = (Sightings::of(&numbers), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        sightings.note(0, b"POST /v24.0/200/messages HTTP/1.1\r\n", at(1));
        sightings.note(0, b"POST /v24.0/200/media HTTP/1.1\r\n", at(2));
        assert_eq!((sightings.holder(0), sightings.holder(1)), (Some(0), None));
        sightings.note(2, b"POST /v24.0/201/messages HTTP/1.1\r\n", at(3));
        assert_eq!(sightings.taken_over(0, 0, at(2)), None, "that was another number");
        sightings.note(1, b"POST /v24.0/200/messages HTTP/1.1\r\n", at(4));
        assert_eq!(sightings.taken_over(0, 0, at(2)), Some(at(4)));
        assert_eq!((sightings.holder(0), sightings.holder(1)), (Some(1), Some(2)));
        assert_eq!((sightings.next(0, at(1)), sightings.next(0, at(4))), (Some(at(4)), None));
    }
}
