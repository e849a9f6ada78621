//! Which message the rest gets. Decided once, over the campaign's revision, with the figures that it was decided by; whoever comes to decide
//! later finds it decided.

use serde::{Deserialize, Serialize};

use super::super::{Campaign, Class, Phase, Tallies, TallyKey};
use super::{Group, Letter, Measure, VariantFigures, WinnerRule};
use crate::directory::Person;
use crate::rejection::Rejection;
use crate::time::{Span, Timestamp};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Winner {
    pub variant: Letter,
    pub at: Timestamp,
    pub reason: WinnerReason,
    /// Of each message's sample as it was then, A first.
    pub figures: Vec<VariantFigures>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WinnerReason {
    /// The largest share.
    Best,
    /// The first of those with the largest share.
    Tie,
    /// Nobody did what was measured: A, as if there had been no test.
    NobodyDid,
    Person {
        by: Person,
    },
}

impl Campaign {
    /// The last of the sample has left: the time of the test runs from now. `None`: not yet, or that is known, or nobody waits for it.
    pub fn sampled(&self, tallies: &Tallies, now: Timestamp) -> Option<Self> {
        let is_known = self.launch.as_ref()?.sampled_at.is_some();
        let is_out = |class| !matches!(class, Class::Waiting | Class::UnderWay);
        if is_known || self.phase != Phase::Running || !self.is_waited_for(tallies) {
            return None;
        }
        if tallies.sum(|key| matches!(key.group, Some(Group::Sample(_))) && !is_out(key.class)) > 0 {
            return None;
        }
        let mut next = self.next();
        next.launch.as_mut()?.sampled_at = Some(now);
        Some(next)
    }

    /// When a winner is found by itself. `None`: there is one, a person says it, or the sample is still leaving.
    pub fn winner_due(&self) -> Option<Timestamp> {
        let WinnerRule::Best { after_minutes, .. } = self.plan.test.as_ref()?.winner else { return None };
        let sampled_at = self.launch.as_ref()?.sampled_at.filter(|_| self.awaits_winner())?;
        Some(sampled_at.plus(Span::seconds(i64::from(after_minutes) * 60)))
    }

    /// With a winner, when its time has come. `None`: it has not, or there is one.
    pub fn decided(&self, tallies: &Tallies, now: Timestamp) -> Option<Self> {
        let WinnerRule::Best { by, .. } = self.plan.test.as_ref()?.winner else { return None };
        if self.phase != Phase::Running || self.winner_due()? > now {
            return None;
        }
        let figures = self.sample_figures(tallies);
        let (variant, reason) = best(&figures, by);
        self.won(Winner { variant, at: now, reason, figures })
    }

    /// With the winner that a person has chosen, who need not wait for the sample.
    pub fn chosen(&self, variant: Letter, by: Person, tallies: &Tallies, at: Timestamp) -> Result<Self, Rejection> {
        if self.launch.is_none() || self.phase.is_over() {
            return Err(Rejection::Invalid("This broadcast is not running."));
        }
        if self.plan.wording(variant).is_none() {
            return Err(Rejection::Invalid("This broadcast has no such message."));
        }
        if !self.awaits_winner() {
            return Err(Rejection::Invalid("Nobody of this broadcast waits for a winner."));
        }
        let (reason, figures) = (WinnerReason::Person { by }, self.sample_figures(tallies));
        let nobody = Rejection::Invalid("Nobody of this broadcast waits for a winner.");
        self.won(Winner { variant, at, reason, figures }).ok_or(nobody)
    }

    fn won(&self, winner: Winner) -> Option<Self> {
        let mut next = self.next();
        let launch = next.launch.as_mut()?;
        launch.winner = Some(winner);
        Some(next)
    }

    fn sample_figures(&self, tallies: &Tallies) -> Vec<VariantFigures> {
        let of = |letter| VariantFigures::of(tallies, Group::Sample(letter));
        self.plan.wordings().map(|wording| of(wording.letter)).collect()
    }

    fn is_waited_for(&self, tallies: &Tallies) -> bool {
        let waits = |key: &TallyKey| key.group == Some(Group::Rest) && key.class == Class::Waiting;
        self.awaits_winner() && tallies.sum(waits) > 0
    }
}

/// The largest share of those it went to; of several, the first.
fn best(figures: &[VariantFigures], by: Measure) -> (Letter, WinnerReason) {
    let all: Vec<_> = Letter::ALL.into_iter().zip(figures).map(|(letter, one)| (letter, one.outcome(by))).collect();
    if all.iter().all(|(_, (did, _))| *did == 0) {
        return (Letter::A, WinnerReason::NobodyDid);
    }
    // a of b against c of d, without dividing.
    let is_more = |(a, b): (u64, u64), (c, d): (u64, u64)| {
        u128::from(a) * u128::from(d.max(1)) > u128::from(c) * u128::from(b.max(1))
    };
    let (mut first, mut most, mut is_tie) = (Letter::A, (0, 1), false);
    for (letter, outcome) in all {
        if is_more(outcome, most) {
            (first, most, is_tie) = (letter, outcome, false);
        } else {
            is_tie |= !is_more(most, outcome);
        }
    }
    (first, if is_tie { WinnerReason::Tie } else { WinnerReason::Best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::fixture::{draft, launched_test, page, priya, tally, tested};
    use crate::campaign::{PauseReason, freeze};

    const NOW: Timestamp = Timestamp(1_000_000);

    fn key(class: Class, group: Group, replied: bool) -> TallyKey {
        TallyKey { replied, group: Some(group), ..tally(class) }
    }

    fn running() -> Campaign {
        freeze(&launched_test(&tested(20, 2)), &page(&[1], None)).unwrap().0
    }

    /// People of the sample who read A and B, of 100 each, and how many of the sample still wait.
    fn tallies(read: [u64; 2], waiting: u64) -> Tallies {
        let mut all = Tallies::default();
        all.0.insert(key(Class::Waiting, Group::Rest, false), 800);
        for (letter, read) in Letter::ALL.into_iter().zip(read) {
            all.0.insert(key(Class::Read, Group::Sample(letter), false), read);
            all.0.insert(key(Class::Delivered, Group::Sample(letter), false), 100 - read);
        }
        if waiting > 0 {
            all.0.insert(key(Class::Waiting, Group::Sample(Letter::B), false), waiting);
        }
        all
    }

    #[test]
    fn the_time_runs_from_when_the_last_of_the_sample_has_left() {
        let campaign = running();
        assert_eq!(campaign.sampled(&tallies([1, 2], 1), NOW), None);
        assert_eq!((campaign.winner_due(), campaign.decided(&tallies([1, 2], 1), NOW)), (None, None));
        let sampled = campaign.sampled(&tallies([1, 2], 0), NOW).unwrap();
        assert_eq!((sampled.sampled(&tallies([1, 2], 0), NOW), sampled.revision), (None, campaign.revision + 1));
        let due = NOW.plus(Span::hours(1));
        assert_eq!((sampled.winner_due(), sampled.decided(&tallies([1, 2], 0), due.minus(Span(1)))), (Some(due), None));
        let won = sampled.decided(&tallies([1, 2], 0), due).unwrap();
        let winner = won.launch.as_ref().unwrap().winner.clone().unwrap();
        assert_eq!((winner.variant, winner.at, winner.reason), (Letter::B, due, WinnerReason::Best));
        assert_eq!(winner.figures.iter().map(|one| one.read).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((won.decided(&tallies([9, 2], 0), due), won.winner_due()), (None, None), "once");
        assert!(!won.awaits_winner());
    }

    #[test]
    fn nothing_is_decided_while_it_is_paused_and_nothing_where_nobody_waits() {
        let sampled = running().sampled(&tallies([1, 2], 0), NOW).unwrap();
        let reason = PauseReason::Person { by: priya() };
        let later = NOW.plus(Span::hours(2));
        let paused = sampled.paused(reason).unwrap();
        assert_eq!(paused.decided(&tallies([1, 2], 0), later), None);
        let mut nobody = tallies([1, 2], 0);
        nobody.0.retain(|key, _| key.group != Some(Group::Rest));
        assert_eq!(running().sampled(&nobody, NOW), None);
    }

    #[test]
    fn a_tie_goes_to_the_first_and_nothing_at_all_to_a() {
        let of = |did: &[(u64, u64)]| {
            let one =
                |(read, went): &(u64, u64)| VariantFigures { sent: *went, read: *read, ..VariantFigures::default() };
            best(&did.iter().map(one).collect::<Vec<_>>(), Measure::Read)
        };
        assert_eq!(of(&[(0, 100), (0, 100)]), (Letter::A, WinnerReason::NobodyDid));
        assert_eq!(of(&[(0, 0), (0, 0)]), (Letter::A, WinnerReason::NobodyDid));
        assert_eq!(of(&[(5, 50), (10, 100)]), (Letter::A, WinnerReason::Tie));
        assert_eq!(of(&[(4, 50), (10, 100), (20, 200)]), (Letter::B, WinnerReason::Tie));
        assert_eq!(of(&[(10, 100), (10, 99)]), (Letter::B, WinnerReason::Best));
        assert_eq!(of(&[(10, 100), (10, 100), (11, 100)]), (Letter::C, WinnerReason::Best));
        assert_eq!(of(&[(0, 0), (1, 100)]), (Letter::B, WinnerReason::Best));
    }

    #[test]
    fn a_person_may_choose_before_the_time_and_once() {
        let campaign = running();
        let chosen = campaign.chosen(Letter::A, priya(), &tallies([1, 2], 50), NOW).unwrap();
        let winner = chosen.launch.as_ref().unwrap().winner.clone().unwrap();
        assert_eq!((winner.variant, winner.reason), (Letter::A, WinnerReason::Person { by: priya() }));
        assert!(chosen.chosen(Letter::B, priya(), &tallies([1, 2], 0), NOW).is_err());
        assert!(campaign.chosen(Letter::C, priya(), &tallies([1, 2], 0), NOW).is_err(), "there is no C");
        assert!(draft().chosen(Letter::A, priya(), &Tallies::default(), NOW).is_err());
        let over = campaign.cancelled(NOW).unwrap();
        assert!(over.chosen(Letter::A, priya(), &tallies([1, 2], 0), NOW).is_err());
    }

    #[test]
    fn answers_decide_where_answers_are_measured() {
        let mut campaign = running();
        campaign.plan.test.as_mut().unwrap().winner = WinnerRule::Best { by: Measure::Replied, after_minutes: 15 };
        let mut tallies = tallies([90, 2], 0);
        tallies.0.insert(key(Class::Read, Group::Sample(Letter::B), true), 1);
        let sampled = campaign.sampled(&tallies, NOW).unwrap();
        let won = sampled.decided(&tallies, NOW.plus(Span::seconds(15 * 60))).unwrap();
        assert_eq!(won.launch.unwrap().winner.unwrap().variant, Letter::B);
    }
}
