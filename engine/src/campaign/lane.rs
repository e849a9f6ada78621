//! One number of a broadcast rests while the others go on: it is complained about, or is needed for something else. Who waits for it waits.

use super::{Campaign, Phase};
use crate::id::PhoneNumberId;
use crate::rejection::Rejection;

impl Campaign {
    /// Said twice, it is as it was.
    pub fn lane_rested(&self, number: &PhoneNumberId, rests: bool) -> Result<Self, Rejection> {
        if self.phase == Phase::Draft || self.phase.is_over() {
            return Err(Rejection::Invalid("This broadcast is not running."));
        }
        let place = self.plan.numbers.iter().position(|own| own == number).and_then(|place| u8::try_from(place).ok());
        let lane = place.ok_or(Rejection::Invalid("This broadcast is not sent from this number."))?;
        if self.rests(lane) == rests {
            return Ok(self.clone());
        }
        let mut next = self.next();
        if let Some(launch) = &mut next.launch {
            if rests {
                launch.resting.insert(lane);
            } else {
                launch.resting.remove(&lane);
            }
        }
        Ok(next)
    }

    /// Nobody is sent to from this lane.
    pub fn rests(&self, lane: u8) -> bool {
        self.launch.as_ref().is_some_and(|launch| launch.resting.contains(&lane))
    }
}

#[cfg(test)]
mod tests {
    use crate::campaign::fixture::{draft, launched, page};
    use crate::campaign::freeze;
    use crate::time::Timestamp;

    #[test]
    fn a_lane_rests_until_it_goes_on_and_saying_it_again_changes_nothing() {
        let mut two = draft();
        two.plan.numbers.push("201".parse().unwrap());
        let [first, second] = [0, 1].map(|lane| two.plan.numbers[lane].clone());
        let (running, _) = freeze(&launched(&two), &page(&[1], None)).unwrap();
        let rested = running.lane_rested(&second, true).unwrap();
        assert_eq!((rested.rests(0), rested.rests(1), rested.revision), (false, true, running.revision + 1));
        assert_eq!(rested.lane_rested(&second, true).unwrap(), rested);
        assert_eq!(rested.lane_rested(&first, false).unwrap(), rested);
        let goes_on = rested.lane_rested(&second, false).unwrap();
        assert!(!goes_on.rests(1));
        assert!(running.lane_rested(&"999".parse().unwrap(), true).is_err());
        assert!(two.lane_rested(&first, true).is_err(), "a draft");
        assert!(running.finished(Timestamp(9)).unwrap().lane_rested(&first, true).is_err());
    }
}
