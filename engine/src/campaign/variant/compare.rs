//! How the messages did against each other, and whether that is more than chance: a two-sided test of two proportions at 95 percent. With
//! three or four messages each is held to a stricter bound (Bonferroni), so that all statements together are wrong in 5 of 100 cases.

use serde::{Deserialize, Serialize};

use super::super::{Campaign, Class, Skip, Tallies, TallyKey};
use super::{Group, Letter, Measure, Winner, Wording};
use crate::time::Timestamp;

/// How many standard errors apart is more than chance, by how many messages are held against the best.
const APART: [f64; 3] = [1.959_963_985, 2.241_402_728, 2.393_979_800];
/// Fewer people than this who would do it, or not do it, on either side if there were no difference: nothing can be said.
const EXPECTED_MIN: f64 = 5.0;

/// What became of those who got one message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VariantFigures {
    pub people: u64,
    /// Handed to WhatsApp, whatever became of it.
    pub sent: u64,
    /// With those who read it.
    pub delivered: u64,
    pub read: u64,
    pub replied: u64,
    pub failed: u64,
}

impl VariantFigures {
    pub fn of(tallies: &Tallies, group: Group) -> Self {
        let mut figures = Self::default();
        for (key, count) in tallies.0.iter().filter(|(key, _)| key.group == Some(group)) {
            let counted = |is_in: bool| if is_in { *count } else { 0 };
            figures.people += count;
            figures.sent += counted(!matches!(key.class, Class::Waiting | Class::UnderWay));
            figures.delivered += counted(matches!(key.class, Class::Delivered | Class::Read));
            figures.read += counted(key.class == Class::Read);
            figures.replied += counted(key.replied);
            figures.failed += counted(matches!(key.class, Class::Failed(_)));
        }
        figures
    }

    /// How many did it, of those whom it may have reached.
    pub(super) fn outcome(&self, by: Measure) -> (u64, u64) {
        let did = match by {
            Measure::Read => self.read,
            Measure::Replied => self.replied,
        };
        (did, self.sent.saturating_sub(self.failed).max(did))
    }
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TestReport {
    /// A first.
    pub variants: Vec<VariantReport>,
    /// Who waits for a winner.
    pub waiting: u64,
    /// Since when all of the sample have left.
    pub sampled_at: Option<Timestamp>,
    /// When a winner is found by itself.
    pub due_at: Option<Timestamp>,
    pub winner: Option<Winner>,
    /// What the rest made of the winner.
    pub rest: Option<VariantFigures>,
    /// Who got nothing, to compare with.
    pub held_out: u64,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VariantReport {
    pub variant: Letter,
    pub template: String,
    pub language: String,
    /// Of those drawn for it: the rest, who got only the winner, cannot be compared.
    pub figures: VariantFigures,
    pub read: Share,
    pub replied: Share,
}

/// Who did something, of those whom the message may have reached.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Share {
    /// 0 to 1.
    pub rate: f64,
    /// How far behind the best message; `null`: it is the best.
    pub behind: Option<Gap>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Gap {
    /// 0 to 1.
    pub rate: f64,
    pub evidence: Evidence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Chance alone makes such a difference in less than 5 of 100 cases.
    MoreThanChance,
    MayBeChance,
    /// Nothing can be said of so few.
    NotEnough,
}

impl TestReport {
    /// `None`: there is one message.
    pub fn of(campaign: &Campaign, tallies: &Tallies) -> Option<Self> {
        campaign.plan.test.as_ref()?;
        let wordings: Vec<_> = campaign.plan.wordings().collect();
        let figures: Vec<_> =
            wordings.iter().map(|wording| VariantFigures::of(tallies, Group::Sample(wording.letter))).collect();
        let (read, replied) = (shares(&figures, Measure::Read), shares(&figures, Measure::Replied));
        let each = wordings.iter().zip(figures).zip(read.into_iter().zip(replied));
        let variants = each.map(|((wording, figures), (read, replied))| {
            let Wording { letter: variant, template, language, .. } = *wording;
            VariantReport { variant, template: template.into(), language: language.into(), figures, read, replied }
        });
        let waits = |key: &TallyKey| key.group == Some(Group::Rest) && key.class == Class::Waiting;
        let launch = campaign.launch.as_ref();
        let winner = launch.and_then(|launch| launch.winner.clone());
        Some(Self {
            variants: variants.collect(),
            waiting: if campaign.awaits_winner() { tallies.sum(waits) } else { 0 },
            sampled_at: launch.and_then(|launch| launch.sampled_at),
            due_at: campaign.winner_due(),
            rest: winner.is_some().then(|| VariantFigures::of(tallies, Group::Rest)),
            winner,
            held_out: launch.and_then(|it| it.frozen.skipped.get(&Skip::HoldOut)).copied().unwrap_or_default(),
        })
    }
}

fn shares(figures: &[VariantFigures], by: Measure) -> Vec<Share> {
    let outcomes: Vec<_> = figures.iter().map(|one| one.outcome(by)).collect();
    let rates: Vec<_> = outcomes.iter().map(|outcome| rate(*outcome)).collect();
    let best = (0..rates.len()).reduce(|best, next| if rates.get(next) > rates.get(best) { next } else { best });
    let Some(best) = best else { return Vec::new() };
    let (Some(most), Some(top)) = (outcomes.get(best), rates.get(best)) else { return Vec::new() };
    let others = figures.len().saturating_sub(1);
    let share = |(place, (outcome, rate)): (usize, (&(u64, u64), &f64))| {
        let gap = || Gap { rate: top - rate, evidence: evidence(*most, *outcome, others) };
        Share { rate: *rate, behind: (place != best).then(gap) }
    };
    outcomes.iter().zip(&rates).enumerate().map(share).collect()
}

fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

fn rate((did, of): (u64, u64)) -> f64 {
    if of == 0 { 0.0 } else { number(did) / number(of) }
}

/// Two proportions against what both together would be. `others`: how many are held against the best.
fn evidence(a: (u64, u64), b: (u64, u64), others: usize) -> Evidence {
    let (of_a, of_b) = (number(a.1), number(b.1));
    let pooled = rate((a.0 + b.0, a.1 + b.1));
    if of_a.min(of_b) * pooled.min(1.0 - pooled) < EXPECTED_MIN {
        return Evidence::NotEnough;
    }
    let apart = APART.get(others.saturating_sub(1)).copied().unwrap_or(f64::INFINITY);
    if deviations(a, b).abs() >= apart { Evidence::MoreThanChance } else { Evidence::MayBeChance }
}

/// How many standard errors the two are apart.
fn deviations(a: (u64, u64), b: (u64, u64)) -> f64 {
    let pooled = rate((a.0 + b.0, a.1 + b.1));
    let error = (pooled * (1.0 - pooled) * (1.0 / number(a.1) + 1.0 / number(b.1))).sqrt();
    (rate(a) - rate(b)) / error
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::fixture::{draft, launched_test, tally, tested};

    fn is_near(found: f64, known: f64) -> bool {
        (found - known).abs() < 5e-5
    }

    #[test]
    fn two_proportions_are_as_far_apart_as_the_tables_say() {
        // Computed apart from this code, with Python's statistics.
        let known = [
            ((250, 1_000), (200, 1_000), 2.677_40),
            ((120, 500), (100, 500), 1.526_76),
            ((45, 100), (30, 80), 1.014_19),
            ((30, 80), (45, 100), -1.014_19),
        ];
        for (a, b, z) in known {
            assert!(is_near(deviations(a, b), z), "{a:?} {b:?}: {}", deviations(a, b));
        }
    }

    #[test]
    fn what_may_be_chance_is_called_so_and_more_messages_need_more() {
        assert_eq!(evidence((250, 1_000), (200, 1_000), 1), Evidence::MoreThanChance);
        assert_eq!(evidence((250, 1_000), (200, 1_000), 3), Evidence::MoreThanChance);
        assert_eq!(evidence((120, 500), (100, 500), 1), Evidence::MayBeChance);
        // z = 2.11: enough for two messages, not for three.
        assert_eq!(evidence((239, 1_000), (200, 1_000), 1), Evidence::MoreThanChance);
        assert_eq!(evidence((239, 1_000), (200, 1_000), 2), Evidence::MayBeChance);
        assert_eq!(evidence((239, 1_000), (200, 1_000), 3), Evidence::MayBeChance);
        assert_eq!(evidence((4, 10), (0, 10), 1), Evidence::NotEnough);
        assert_eq!(evidence((0, 0), (0, 0), 1), Evidence::NotEnough);
        assert_eq!(evidence((100, 100), (99, 100), 1), Evidence::NotEnough, "nearly everybody");
    }

    #[test]
    fn a_report_compares_the_samples_and_shows_the_rest_apart() {
        let mut tallies = Tallies::default();
        let mut add = |class, group, replied, count| {
            let key = TallyKey { replied, group: Some(group), ..tally(class) };
            tallies.0.insert(key, count);
        };
        for (letter, read) in [(Letter::A, 200), (Letter::B, 250)] {
            add(Class::Read, Group::Sample(letter), false, read - 10);
            add(Class::Read, Group::Sample(letter), true, 10);
            add(Class::Delivered, Group::Sample(letter), false, 900 - read);
            add(Class::Sent, Group::Sample(letter), false, 100);
            add(Class::Failed(crate::campaign::FailureClass::Permanent), Group::Sample(letter), false, 7);
        }
        add(Class::Waiting, Group::Rest, false, 500);
        let mut campaign = launched_test(&tested(20, 2));
        campaign.launch.as_mut().unwrap().frozen.skipped.insert(Skip::HoldOut, 33);
        let report = TestReport::of(&campaign, &tallies).unwrap();
        assert_eq!((report.waiting, report.held_out, report.rest), (500, 33, None));
        let [a, b] = &report.variants[..] else { panic!("two messages") };
        assert_eq!((a.template.as_str(), b.template.as_str()), ("kasturi_turns_six", "variant_b"));
        let figures = VariantFigures { people: 1_007, sent: 1_007, delivered: 900, read: 250, replied: 10, failed: 7 };
        assert_eq!((b.figures, b.read.behind), (figures, None));
        let gap = a.read.behind.unwrap();
        assert!(is_near(gap.rate, 0.05) && is_near(a.read.rate, 0.2), "{gap:?}");
        assert_eq!(gap.evidence, Evidence::MoreThanChance);
        assert_eq!((a.replied.behind, b.replied.behind.unwrap().evidence), (None, Evidence::MayBeChance));
        assert_eq!(TestReport::of(&draft(), &tallies), None);
    }
}
