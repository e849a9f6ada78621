//! Several messages in one broadcast: a sample of the people gets each, and the rest the one that did best. Some may get nothing, to
//! compare with. Who is drawn where follows from the campaign and the person alone: any page, any process, any retry draws the same.

mod compare;
mod forms;
mod winner;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Audience, Campaign, Given, Plan, VariableSource, plan, triggered};
use crate::contact::Contact;
use crate::content::Media;
use crate::id::{CampaignId, ContactId};
use crate::rejection::Rejection;
use crate::template::{Filled, Template, TemplateVariable};

pub use compare::{Evidence, Gap, Share, TestReport, VariantFigures, VariantReport};
pub use forms::Forms;
pub use winner::{Winner, WinnerReason};

/// Of a hundred people, who get nothing at most: a broadcast is for the others.
const HOLD_OUT_MAX: u8 = 50;
const AFTER_MIN_MINUTES: u32 = 15;
const AFTER_MAX_MINUTES: u32 = 72 * 60;
/// What a draw is made for; another text draws other groups.
const DRAW: &str = "jetto 2026 group of a campaign's contact";

/// One of the messages of a broadcast. The plan's own is A.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub enum Letter {
    A,
    B,
    C,
    D,
}

impl Letter {
    pub const ALL: [Self; 4] = [Self::A, Self::B, Self::C, Self::D];

    /// From 0.
    pub const fn place(self) -> usize {
        match self {
            Self::A => 0,
            Self::B => 1,
            Self::C => 2,
            Self::D => 3,
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
        }
    }
}

impl fmt::Display for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a person of a broadcast with several messages was drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// Gets this one, whatever wins.
    Sample(Letter),
    /// Waits for the winner.
    Rest,
}

/// Who of those that wait is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiters {
    /// Not those who wait for a winner: where there is one message, everybody.
    Ready,
    All,
}

impl Waiters {
    pub fn takes(self, group: Option<Group>) -> bool {
        match self {
            Self::All => true,
            Self::Ready => group != Some(Group::Rest),
        }
    }
}

/// Which message does best is found out with a sample.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VariantTest {
    /// Beside the plan's own message, which is A: B, then C and D.
    pub others: Vec<Variant>,
    /// Of a hundred people who are written to, so many get one of the messages at once, each message as many. 100: nobody waits for a
    /// winner, it is only a comparison.
    pub sample: u8,
    pub winner: WinnerRule,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Variant {
    pub template: String,
    pub language: String,
    pub variables: Vec<VariableSource>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum WinnerRule {
    /// Whoever may, says which.
    Person,
    /// The largest share, so long after the last of the sample has left: 15 minutes to 72 hours.
    Best { by: Measure, after_minutes: u32 },
}

/// What people do with a message that went to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    Read,
    Replied,
}

/// One message as it is planned.
#[derive(Debug, Clone, Copy)]
pub struct Wording<'a> {
    pub letter: Letter,
    pub template: &'a str,
    pub language: &'a str,
    pub variables: &'a [VariableSource],
}

impl Wording<'_> {
    /// The values for one person; `Err`: the variable of which nothing is known.
    pub(super) fn values(&self, contact: &Contact) -> Result<Vec<TemplateVariable>, String> {
        plan::values(self.variables, contact)
    }

    /// The message as this person would get it.
    pub fn filled(
        &self,
        template: &Template,
        files: &[Media],
        contact: &Contact,
        given: &Given,
    ) -> Result<Filled, Rejection> {
        plan::check_sources(self.variables, template)?;
        template.fill(&triggered::values_for(self.variables, contact, given)?, files)
    }

    fn is_as(&self, other: &Self) -> bool {
        self.template == other.template && self.language == other.language && self.variables == other.variables
    }
}

impl Plan {
    /// Its messages, A first.
    pub fn wordings(&self) -> impl Iterator<Item = Wording<'_>> {
        let Self { template, language, variables, .. } = self;
        let own = Wording { letter: Letter::A, template, language, variables };
        let others = self.test.iter().flat_map(|test| &test.others).zip(Letter::ALL.into_iter().skip(1));
        let others = others.map(|(Variant { template, language, variables }, letter)| Wording {
            letter,
            template,
            language,
            variables,
        });
        std::iter::once(own).chain(others)
    }

    pub fn wording(&self, letter: Letter) -> Option<Wording<'_>> {
        self.wordings().find(|wording| wording.letter == letter)
    }

    /// With this message for everybody, and nobody left out. `None`: there is no such message.
    pub fn only(&self, letter: Letter) -> Option<Self> {
        let Wording { template, language, variables, .. } = self.wording(letter)?;
        let (template, language, variables) = (template.to_owned(), language.to_owned(), variables.to_vec());
        Some(Self { template, language, variables, test: None, hold_out: None, ..self.clone() })
    }

    pub(super) fn check_test(&self) -> Result<(), Rejection> {
        if self.hold_out.is_some_and(|percent| percent > HOLD_OUT_MAX) {
            return Err(Rejection::Invalid("At most 50 percent of the people can be left out to compare with."));
        }
        if self.audience == Audience::Triggered && (self.test.is_some() || self.hold_out.is_some()) {
            return Err(Rejection::Invalid(
                "Several messages and people to compare with need an audience that is fixed at the start.",
            ));
        }
        let Some(test) = &self.test else { return Ok(()) };
        if test.others.is_empty() || test.others.len() >= Letter::ALL.len() {
            return Err(Rejection::Invalid("A test has 2 to 4 messages."));
        }
        if !(1..=100).contains(&test.sample) {
            return Err(Rejection::Invalid("A test goes to 1 to 100 percent of the people."));
        }
        if let WinnerRule::Best { after_minutes, .. } = test.winner
            && !(AFTER_MIN_MINUTES..=AFTER_MAX_MINUTES).contains(&after_minutes)
        {
            return Err(Rejection::Invalid("A winner is found 15 minutes to 72 hours after the sample has left."));
        }
        let wordings: Vec<_> = self.wordings().collect();
        for (place, wording) in wordings.iter().enumerate() {
            plan::check_count(wording.variables)?;
            let is_new = !wordings.iter().take(place).any(|earlier| earlier.is_as(wording));
            if !is_new && !wording.template.is_empty() {
                return Err(Rejection::Invalid("Two messages of the test are the same."));
            }
        }
        Ok(())
    }

    /// Whether this person gets nothing, so that the others can be compared with somebody.
    pub(super) fn holds_out(&self, campaign: CampaignId, contact: ContactId) -> bool {
        let percent = self.hold_out.unwrap_or_default();
        percent > 0 && part(Draw::of(campaign, contact).hold_out, 100) < u64::from(percent)
    }

    /// `None`: there is one message.
    pub(super) fn group(&self, campaign: CampaignId, contact: ContactId) -> Option<Group> {
        let test = self.test.as_ref()?;
        // So many parts that each message has as many of those of the sample.
        let messages = test.others.len() as u64 + 1;
        let part = part(Draw::of(campaign, contact).group, 100 * messages);
        if part >= u64::from(test.sample) * messages {
            return Some(Group::Rest);
        }
        Letter::ALL.into_iter().find(|letter| letter.place() as u64 == part % messages).map(Group::Sample)
    }
}

/// Two numbers of one person in one campaign that have nothing to do with each other.
struct Draw {
    hold_out: u64,
    group: u64,
}

impl Draw {
    fn of(campaign: CampaignId, contact: ContactId) -> Self {
        let mut hasher = blake3::Hasher::new_derive_key(DRAW);
        hasher.update(campaign.as_bytes()).update(contact.as_bytes());
        let mut drawn = hasher.finalize_xof();
        let mut number = || {
            let mut bytes = [0; 8];
            drawn.fill(&mut bytes);
            u64::from_le_bytes(bytes)
        };
        Self { hold_out: number(), group: number() }
    }
}

/// Into which of so many equal parts it falls.
fn part(drawn: u64, parts: u64) -> u64 {
    u64::try_from((u128::from(drawn) * u128::from(parts)) >> 64).unwrap_or_default()
}

impl Campaign {
    /// Whether people wait for a winner: it has a test with more people than its sample, and nothing is decided.
    pub fn awaits_winner(&self) -> bool {
        let has_rest = self.plan.test.as_ref().is_some_and(|test| test.sample < 100);
        has_rest && self.launch.as_ref().is_some_and(|launch| launch.winner.is_none())
    }

    /// Who may leave now.
    pub fn waiters(&self) -> Waiters {
        let has_winner = self.launch.as_ref().is_some_and(|launch| launch.winner.is_some());
        if has_winner { Waiters::All } else { Waiters::Ready }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::fixture::{draft, priya, tested};
    use crate::time::Timestamp;

    fn contact(n: u32) -> ContactId {
        ContactId::derive(&[b"contact", &n.to_be_bytes()])
    }

    fn groups(plan: &Plan, id: CampaignId, people: u32) -> Vec<Option<Group>> {
        (0..people).map(|n| plan.group(id, contact(n))).collect()
    }

    fn count(groups: &[Option<Group>], group: Group) -> usize {
        groups.iter().filter(|one| **one == Some(group)).count()
    }

    #[test]
    fn the_sample_is_shared_out_evenly_and_drawn_the_same_again() {
        let campaign = tested(30, 3);
        let drawn = groups(&campaign.plan, campaign.id, 30_000);
        assert_eq!(drawn, groups(&campaign.plan, campaign.id, 30_000));
        for letter in Letter::ALL.into_iter().take(3) {
            let share = count(&drawn, Group::Sample(letter));
            assert!((2_850..3_150).contains(&share), "{letter}: {share}");
        }
        assert!((20_700..21_300).contains(&count(&drawn, Group::Rest)));
        assert_eq!(count(&drawn, Group::Sample(Letter::D)), 0, "there is no such message");
        let other = groups(&campaign.plan, CampaignId::from_bytes([6; 16]), 30_000);
        let same = drawn.iter().zip(&other).filter(|(a, b)| a == b).count();
        assert!(same < 18_000, "another campaign draws anew: {same} are where they were");
    }

    #[test]
    fn a_sample_of_everybody_leaves_nobody_waiting_and_one_message_draws_nobody() {
        let campaign = tested(100, 4);
        let drawn = groups(&campaign.plan, campaign.id, 8_000);
        assert_eq!(count(&drawn, Group::Rest), 0);
        assert!(!campaign.awaits_winner());
        assert_eq!(draft().plan.group(draft().id, contact(1)), None);
    }

    #[test]
    fn who_is_held_out_has_nothing_to_do_with_who_gets_what() {
        let mut campaign = tested(50, 2);
        campaign.plan.hold_out = Some(20);
        let held: Vec<_> = (0..20_000).filter(|n| campaign.plan.holds_out(campaign.id, contact(*n))).collect();
        assert!((3_800..4_200).contains(&held.len()), "{}", held.len());
        let drawn: Vec<_> = held.iter().map(|n| campaign.plan.group(campaign.id, contact(*n))).collect();
        assert!((1_850..2_150).contains(&count(&drawn, Group::Rest)), "as many of them as of the others");
        campaign.plan.hold_out = Some(0);
        assert!(!(0..1_000).any(|n| campaign.plan.holds_out(campaign.id, contact(n))));
    }

    #[test]
    fn a_test_that_cannot_be_is_refused() {
        let check = |change: fn(&mut Plan)| {
            let mut plan = tested(20, 2).plan;
            change(&mut plan);
            Campaign::draft(CampaignId::from_bytes([5; 16]), "x", plan, priya(), Timestamp(1)).map(drop)
        };
        let test = |plan: &mut Plan, change: fn(&mut VariantTest)| change(plan.test.as_mut().unwrap());
        assert_eq!(check(|_| ()), Ok(()));
        assert!(check(|plan| plan.hold_out = Some(51)).is_err());
        assert!(check(|plan| plan.test.as_mut().unwrap().others.clear()).is_err());
        assert!(check(|plan| plan.test.as_mut().unwrap().sample = 0).is_err());
        assert!(check(|plan| plan.test.as_mut().unwrap().sample = 101).is_err());
        for after_minutes in [14, 72 * 60 + 1] {
            let mut plan = tested(20, 2).plan;
            plan.test.as_mut().unwrap().winner = WinnerRule::Best { by: Measure::Read, after_minutes };
            assert!(plan.check_test().is_err());
        }
        let mut same = tested(20, 2).plan;
        test(&mut same, |test| test.others = vec![test.others[0].clone(), test.others[0].clone()]);
        assert!(same.check_test().is_err());
        let mut many = tested(20, 4).plan;
        test(&mut many, |test| test.others.push(Variant { template: "e".into(), ..test.others[0].clone() }));
        assert!(many.check_test().is_err());
    }

    #[test]
    fn one_message_alone_is_a_plan_without_a_test() {
        let campaign = tested(20, 2);
        let only = campaign.plan.only(Letter::B).unwrap();
        assert_eq!((only.template.as_str(), only.test.clone(), only.hold_out), ("variant_b", None, None));
        assert_eq!(campaign.plan.only(Letter::C), None);
    }
}
