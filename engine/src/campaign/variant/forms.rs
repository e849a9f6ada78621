//! The templates of a broadcast, ready to be filled in many times, and which of them a person gets.

use super::super::{CampaignRecipient, Launch};
use super::{Group, Letter};
use crate::content::Media;
use crate::template::{Filled, Form, Template, TemplateVariable};

#[derive(Debug, Clone)]
pub struct Forms {
    own: Form,
    others: Vec<Form>,
    winner: Option<Letter>,
}

impl Launch {
    /// Those that it was launched with, A first.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        std::iter::once(&self.template).chain(&self.others)
    }

    pub(in super::super) fn templates_mut(&mut self) -> impl Iterator<Item = &mut Template> {
        std::iter::once(&mut self.template).chain(&mut self.others)
    }

    /// Those that somebody may still get: after a winner, the winner's.
    pub fn templates_in_use(&self) -> impl Iterator<Item = &Template> {
        let winner = self.winner.as_ref().map(|winner| winner.variant.place());
        self.templates()
            .enumerate()
            .filter(move |(place, _)| winner.is_none_or(|winner| winner == *place))
            .map(|it| it.1)
    }

    /// What this group gets. `None`: it is not decided yet.
    pub fn template_of(&self, group: Option<Group>) -> Option<&Template> {
        let letter = letter_of(group, self.winner.as_ref().map(|winner| winner.variant))?;
        self.templates().nth(letter.place())
    }

    /// For whoever fills them in many times. `None`: a template was launched by another version, and cannot be filled in now.
    pub fn forms(&self) -> Option<Forms> {
        let form = |template: &Template| Form::of(template).ok();
        let others = self.others.iter().map(form).collect::<Option<_>>()?;
        Some(Forms { own: form(&self.template)?, others, winner: self.winner.as_ref().map(|winner| winner.variant) })
    }
}

/// Which message a group gets.
fn letter_of(group: Option<Group>, winner: Option<Letter>) -> Option<Letter> {
    match group {
        None => Some(Letter::A),
        Some(Group::Sample(letter)) => Some(letter),
        Some(Group::Rest) => winner,
    }
}

impl Forms {
    fn form(&self, letter: Letter) -> Option<&Form> {
        match letter.place().checked_sub(1) {
            None => Some(&self.own),
            Some(other) => self.others.get(other),
        }
    }

    /// Which message this person gets; `None`: it is not decided yet.
    pub fn letter(&self, recipient: &CampaignRecipient) -> Option<Letter> {
        letter_of(recipient.group, self.winner)
    }

    /// The message as this person gets it. `None`: it is not decided yet which, or it cannot be filled in.
    pub fn fill(&self, recipient: &CampaignRecipient, files: &[Media]) -> Option<Filled> {
        let letter = self.letter(recipient)?;
        self.form(letter)?.fill(recipient.values_of(letter)?, files).ok()
    }

    /// Whether all messages can be filled in, with the values of each.
    pub(in super::super) fn accept(&self, values: &[Vec<TemplateVariable>], files: &[Media]) -> bool {
        let forms = std::iter::once(&self.own).chain(&self.others);
        self.others.len() + 1 == values.len()
            && forms.zip(values).all(|(form, values)| form.fill(values, files).is_ok())
    }
}

impl CampaignRecipient {
    fn values_of(&self, letter: Letter) -> Option<&[TemplateVariable]> {
        match self.group {
            // Only what they get was written down.
            None | Some(Group::Sample(_)) => Some(&self.values),
            Some(Group::Rest) => match letter.place().checked_sub(1) {
                None => Some(&self.values),
                Some(other) => self.other_values.get(other).map(Vec::as_slice),
            },
        }
    }
}
