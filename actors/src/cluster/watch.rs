//! What this node sees of the others.

use std::collections::BTreeMap;

use engine::cluster::{Member, Standing};
use engine::id::NodeId;
use tokio::time::Instant;

use super::{BELIEVED, LEASE_LIFE};

/// The last beat of each, and since when it stands there by our clock.
#[derive(Default)]
pub(super) struct Watch {
    beats: BTreeMap<NodeId, (u64, Instant)>,
    looked: Option<Instant>,
}

impl Watch {
    /// Whose beat has stood still for [`LEASE_LIFE`], and at which: they may be buried. `now` is when the answer was there.
    pub(super) fn look(&mut self, members: &[Member], now: Instant) -> Vec<(NodeId, u64)> {
        // Whoever was paused or cut off itself has not seen that others stood still.
        let was_blind = self.looked.is_none_or(|last| now.duration_since(last) >= BELIEVED);
        self.looked = Some(now);
        let before = std::mem::take(&mut self.beats);
        for member in members.iter().filter(|member| member.standing != Standing::Dead) {
            let since = match before.get(&member.node) {
                Some((beat, since)) if *beat == member.beat && !was_blind => *since,
                Some(_) | None => now,
            };
            self.beats.insert(member.node, (member.beat, since));
        }
        let still = self.beats.iter().filter(|(_, (_, since))| now.duration_since(*since) >= LEASE_LIFE);
        still.map(|(node, (beat, _))| (*node, *beat)).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const OTHER: NodeId = NodeId::from_bytes([2; 16]);

    fn member(beat: u64) -> [Member; 1] {
        [Member { node: OTHER, beat, standing: Standing::Alive }]
    }

    #[test]
    fn a_beat_that_stands_still_for_long_enough_is_noticed() {
        let (mut watch, start) = (Watch::default(), Instant::now());
        let mut at = |seconds: f64, beat| watch.look(&member(beat), start + Duration::from_secs_f64(seconds));
        assert_eq!(at(0.0, 5), []);
        assert_eq!(at(1.0, 6), []);
        assert_eq!(at(2.5, 6), []);
        assert_eq!(at(3.9, 6), []);
        assert_eq!(at(4.0, 6), [(OTHER, 6)]);
        assert_eq!(at(4.5, 7), [], "it lives");
    }

    #[test]
    fn whoever_was_blind_begins_anew() {
        let (mut watch, start) = (Watch::default(), Instant::now());
        let mut at = |seconds, beat| watch.look(&member(beat), start + Duration::from_secs(seconds));
        assert_eq!(at(0, 5), []);
        assert_eq!(at(60, 5), [], "nobody knows who stood still");
        assert_eq!(at(61, 5), []);
        assert_eq!(at(62, 5), []);
        assert_eq!(at(63, 5), [(OTHER, 5)]);
    }
}
