//! Four eyes: somebody else looks at a draft before it goes out. What was approved is this draft as it stands; with any change it is
//! asked for again.

use serde::{Deserialize, Serialize};

use super::{Campaign, Phase};
use crate::directory::Person;
use crate::rejection::Rejection;
use crate::time::Timestamp;

/// Longest note, in characters.
const NOTE_MAX: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Approval {
    Asked { by: Person, at: Timestamp },
    Given { by: Person, at: Timestamp },
    SentBack { by: Person, at: Timestamp, note: String },
}

impl Campaign {
    pub fn submitted(&self, by: Person, at: Timestamp) -> Result<Self, Rejection> {
        self.require_draft()?;
        match self.approval {
            Some(Approval::Asked { .. }) => Err(Rejection::Invalid("This broadcast waits for approval already.")),
            Some(Approval::Given { .. }) => Err(Rejection::Invalid("This broadcast is approved already.")),
            Some(Approval::SentBack { .. }) | None => {
                Ok(Self { approval: Some(Approval::Asked { by, at }), ..self.next() })
            }
        }
    }

    pub fn approved(&self, by: Person, at: Timestamp) -> Result<Self, Rejection> {
        self.require_asked(&by)?;
        Ok(Self { approval: Some(Approval::Given { by, at }), ..self.next() })
    }

    pub fn sent_back(&self, by: Person, note: &str, at: Timestamp) -> Result<Self, Rejection> {
        self.require_asked(&by)?;
        let note = note.trim();
        if note.is_empty() || note.chars().count() > NOTE_MAX {
            return Err(Rejection::Invalid("Say why, in 1 to 1,000 characters."));
        }
        let note = note.to_owned();
        Ok(Self { approval: Some(Approval::SentBack { by, at, note }), ..self.next() })
    }

    pub fn is_approved(&self) -> bool {
        matches!(self.approval, Some(Approval::Given { .. }))
    }

    /// Where the organization wants four eyes.
    pub fn require_approval(&self) -> Result<(), Rejection> {
        if self.is_approved() {
            return Ok(());
        }
        Err(Rejection::Invalid("Somebody else must approve this broadcast before it is started."))
    }

    fn require_draft(&self) -> Result<(), Rejection> {
        if self.phase == Phase::Draft {
            return Ok(());
        }
        Err(Rejection::Invalid("This broadcast was started already."))
    }

    /// Asked for, and not by the one who answers, nor is any of it theirs.
    fn require_asked(&self, who: &Person) -> Result<(), Rejection> {
        self.require_draft()?;
        let Some(Approval::Asked { by, .. }) = &self.approval else {
            return Err(Rejection::Invalid("This broadcast does not wait for approval."));
        };
        if [by.id, self.author.id, self.editor.id].contains(&who.id) {
            return Err(Rejection::Invalid(
                "Somebody else must approve this: you wrote it, changed it or asked for it.",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::fixture::{draft, launched, priya};
    use crate::id::MemberId;

    fn person(n: u8) -> Person {
        Person { id: MemberId::from_bytes([n; 16]), name: "Somebody".into() }
    }

    #[test]
    fn only_somebody_else_approves_and_only_what_was_asked_for() {
        let at = Timestamp(5);
        assert!(draft().approved(person(1), at).is_err(), "nobody has asked");
        let asked = draft().submitted(person(1), at).unwrap();
        assert!(asked.submitted(person(1), at).is_err() && asked.require_approval().is_err());
        for own in [priya(), person(1)] {
            assert!(asked.approved(own.clone(), at).is_err() && asked.sent_back(own, "No.", at).is_err());
        }
        let approved = asked.approved(person(2), at).unwrap();
        assert_eq!((approved.require_approval(), approved.revision), (Ok(()), 3));
        assert!(launched(&draft()).submitted(person(1), at).is_err());
    }

    #[test]
    fn whoever_edits_takes_it_out_of_the_others_hands_and_any_change_asks_anew() {
        let at = Timestamp(5);
        let approved = draft().submitted(priya(), at).unwrap().approved(person(2), at).unwrap();
        let edited = approved.edited("Another name", approved.plan.clone(), person(3)).unwrap();
        assert_eq!((edited.approval.clone(), edited.is_approved()), (None, false));
        let asked = edited.submitted(priya(), at).unwrap();
        assert!(asked.approved(person(3), at).is_err(), "the last editor");
        assert!(asked.approved(person(2), at).is_ok());
        assert!(!approved.paced(Some(5)).unwrap().is_approved(), "another pace is another plan");
    }

    #[test]
    fn whoever_sends_it_back_says_why_and_it_may_be_asked_for_again() {
        let at = Timestamp(5);
        let asked = draft().submitted(priya(), at).unwrap();
        assert!(asked.sent_back(person(2), " ", at).is_err());
        let back = asked.sent_back(person(2), "The date is wrong.", at).unwrap();
        assert!(back.require_approval().is_err() && back.approved(person(2), at).is_err());
        assert!(back.submitted(priya(), at).is_ok());
    }
}
